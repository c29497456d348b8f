"""Optimizers: how a gradient becomes a step. They see arrays only."""

from collections.abc import Callable

from cutaway.errors import InputError
from cutaway.optimizers.adam import Adam, AdamW
from cutaway.optimizers.gradient_descent import GradientDescent, Momentum, Nesterov
from cutaway.optimizers.optimizer import Optimizer
from cutaway.optimizers.rmsprop import RMSProp
from cutaway.schedules import (
    ConstantRate,
    Cosine,
    CosLog4,
    Exponential,
    FlatCos,
    OneCycle,
    Schedule,
    StepDecay,
    WarmUp,
)

BY_NAME: dict[str, Callable[[], Optimizer]] = {
    "gradient_descent": GradientDescent,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": AdamW,
}


def as_optimizer(optimizer: object) -> Optimizer:
    """Return the optimizer that a name stands for, with its default settings; an optimizer as it is.

    >>> as_optimizer("adam")
    Adam(0.001)
    """
    if isinstance(optimizer, Optimizer):
        return optimizer
    if isinstance(optimizer, str) and optimizer in BY_NAME:
        return BY_NAME[optimizer]()
    hint = f"; write the brackets: {optimizer.__name__}()" if isinstance(optimizer, type) else ""
    hint = "; its name here is 'gradient_descent'" if str(optimizer).lower() == "sgd" else hint
    raise InputError(f"optimizer: got {optimizer!r}, expected one of {', '.join(BY_NAME)}, or an Optimizer{hint}")


__all__ = [
    "BY_NAME", "Adam", "AdamW", "ConstantRate", "CosLog4", "Cosine", "Exponential", "FlatCos", "GradientDescent",
    "Momentum", "Nesterov", "OneCycle", "Optimizer", "RMSProp", "Schedule", "StepDecay", "WarmUp",
    "as_optimizer",
]  # fmt: skip
