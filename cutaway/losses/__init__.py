"""Losses: one number for how wrong the outputs are."""

from cutaway.errors import InputError
from cutaway.losses.classification_error import ClassificationError
from cutaway.losses.cross_entropy import BinaryCrossEntropy, CrossEntropy
from cutaway.losses.hinge import Hinge
from cutaway.losses.loss import Loss
from cutaway.losses.members import MeanOverMembers
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

# What the same losses are called elsewhere, without case, _ and "loss", to answer with the name here.
ALSO_CALLED = {
    "mse": "squared_error",
    "meansquarederror": "squared_error",
    "l2": "squared_error",
    "rss": "residual_sum_of_squares",
    "mae": "absolute_error",
    "meanabsoluteerror": "absolute_error",
    "l1": "absolute_error",
    "ce": "cross_entropy",
    "log": "cross_entropy",
    "nll": "cross_entropy",
    "crossentropy": "cross_entropy",
    "categoricalcrossentropy": "cross_entropy",
    "sparsecategoricalcrossentropy": "cross_entropy",
    "bce": "binary_cross_entropy",
    "bcewithlogits": "binary_cross_entropy",
    "binarycrossentropy": "binary_cross_entropy",
}


def as_loss(loss: object) -> Loss:
    """Return the loss that a name stands for, with its default settings; a loss as it is.

    >>> as_loss("squared_error")
    SquaredError()
    """
    if isinstance(loss, Loss):
        return loss
    if isinstance(loss, str) and loss in BY_NAME:
        return BY_NAME[loss]()
    hint = f"; write the brackets: {loss.__name__}()" if isinstance(loss, type) else ""
    known = ALSO_CALLED.get(str(loss).lower().replace("_", "").removesuffix("loss"))
    hint = f"; its name here is {known!r}" if known else hint
    raise InputError(f"loss: got {loss!r}, expected one of {', '.join(BY_NAME)}, or a Loss{hint}")


__all__ = [
    "BY_NAME", "AbsoluteError", "BinaryCrossEntropy", "ClassificationError", "CrossEntropy", "Hinge", "Huber", "Loss",
    "MeanOverMembers", "ResidualSumOfSquares", "SquaredError", "as_loss",
]  # fmt: skip
