"""Losses: one number for how wrong the outputs are."""

from cutaway.errors import InputError
from cutaway.losses.cross_entropy import BinaryCrossEntropy, CrossEntropy
from cutaway.losses.hinge import Hinge
from cutaway.losses.loss import Loss
from cutaway.losses.regression import AbsoluteError, Huber, ResidualSumOfSquares, SquaredError

BY_NAME: dict[str, type[Loss]] = {
    "squared_error": SquaredError,
    "residual_sum_of_squares": ResidualSumOfSquares,
    "absolute_error": AbsoluteError,
    "huber": Huber,
    "hinge": Hinge,
    "cross_entropy": CrossEntropy,
    "binary_cross_entropy": BinaryCrossEntropy,
}

# What the same losses are called elsewhere, to answer with the name here.
ALSO_CALLED = {
    "mse": "squared_error",
    "mean_squared_error": "squared_error",
    "rss": "residual_sum_of_squares",
    "mae": "absolute_error",
    "l1": "absolute_error",
    "ce": "cross_entropy",
    "categorical_crossentropy": "cross_entropy",
    "sparse_categorical_crossentropy": "cross_entropy",
    "bce": "binary_cross_entropy",
    "binary_crossentropy": "binary_cross_entropy",
}


def as_loss(loss: str | Loss) -> Loss:
    """Return the loss that a name stands for, with its default settings; a loss as it is.

    >>> as_loss("squared_error")
    SquaredError()
    """
    if isinstance(loss, Loss):
        return loss
    if isinstance(loss, str) and loss in BY_NAME:
        return BY_NAME[loss]()
    known = f"; its name here is {ALSO_CALLED[loss]!r}" if isinstance(loss, str) and loss in ALSO_CALLED else ""
    raise InputError(f"loss: got {loss!r}, expected one of {', '.join(BY_NAME)}, or a Loss{known}")


__all__ = [
    "BY_NAME", "AbsoluteError", "BinaryCrossEntropy", "CrossEntropy", "Hinge", "Huber", "Loss",
    "ResidualSumOfSquares", "SquaredError", "as_loss",
]  # fmt: skip
