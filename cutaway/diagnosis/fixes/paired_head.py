"""End the network in what suits the task, with the loss that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cutaway.diagnosis.alteration import Alteration, with_rows
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.layers import Dense, Layer
from cutaway.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    CrossEntropy,
    Hinge,
    Huber,
    Loss,
    MeanOverMembers,
    ResidualSumOfSquares,
    SquaredError,
)
from cutaway.records import Finding
from cutaway.training.score import task_of
from cutaway.training.step import Batch

# Layers at the end of a network that only bend what the last sums gave, or hand it on.
ENDINGS = (
    "Softmax", "Sigmoid", "Tanh", "ReLU", "LeakyReLU", "ELU", "SELU", "GELU", "GELUTanh", "SiLU", "Mish", "Softplus",
    "Step", "Dropout", "Identity",
)  # fmt: skip
# Losses for numbers, which stay as they are.
FOR_NUMBERS = (SquaredError, AbsoluteError, Huber, ResidualSumOfSquares)


@dataclass(frozen=True)
class Head:
    """How many outputs a task has, the loss that takes them as scores, and its targets."""

    units: int
    loss: Loss
    y: np.ndarray


def paired_head(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup with a linear head of as many units as the task has, and the loss that takes its scores.

        numbers            the columns, SquaredError (or the loss for numbers that was there)
        yes or no          one unit, BinaryCrossEntropy
        one of C classes   C units, CrossEntropy
        several yes or no  one unit each, BinaryCrossEntropy

    Layers below stay as they are; so does the last layer of sums where it has as many units. None for losses over
    members, and where all of that is so already.
    """
    if isinstance(setup.loss, MeanOverMembers):
        return None
    head = head_for(setup.loss, np.asarray(setup.rows.y), evidence.output.units)
    alteration = Alteration(setup)
    ended = [layer for facts in evidence.layers if (layer := alteration.layers.get(facts.path)) is not None]
    cut: list[Layer] = []
    while ended and type(ended[-1]).__name__ in ENDINGS:
        cut.append(ended.pop())
    if not ended or (not cut and repr(head.loss) == repr(setup.loss) and evidence.output.units == head.units):
        return None
    for layer in cut:
        alteration.exchange(layer)
    last = ended[-1]
    facts = evidence.layer(alteration.path(last))
    if facts is None or facts.units != head.units:
        if isinstance(last, Dense):
            alteration.exchange(last, Dense(head.units))
        else:
            alteration.last(Dense(head.units))
    held_out: Batch | None = None
    if setup.held_out is not None:
        held_out = with_rows(setup.held_out, y=head_for(setup.loss, np.asarray(setup.held_out.y), head.units, head).y)
    return alteration.done(loss=head.loss, rows=with_rows(setup.rows, y=head.y), held_out=held_out)


def head_for(loss: Loss, y: np.ndarray, outputs: int, like: Head | None = None) -> Head:
    """Return the head for targets as `loss` prepared them; with `like`, of the same task as that one.

    >>> head_for(SquaredError(), np.array([[0.0], [1.0]], np.float32), 1)
    Head(units=1, loss=BinaryCrossEntropy(from_logits=True, label_smoothing=0.0), y=array([[0.],
           [1.]], dtype=float32))
    """
    if isinstance(loss, Hinge):
        y = (y > 0).astype(y.dtype)
    if like is not None:
        return replace(like, y=y)
    task = task_of(y)
    options = {name: getattr(loss, name) for name in ("label_smoothing", "class_weight") if hasattr(loss, name)}
    if task == "numbers" and not isinstance(loss, CrossEntropy):
        return Head(y.shape[-1], loss if isinstance(loss, FOR_NUMBERS) else SquaredError(), y)
    if task == "classes":
        return Head(max(outputs, int(y.max()) + 1), CrossEntropy(**options), y)
    if task == "one_hot" or (isinstance(loss, CrossEntropy) and y.ndim > 1):
        return Head(y.shape[-1], CrossEntropy(**options), y)
    if y.shape[-1] != 1:
        options.pop("class_weight", None)
    return Head(y.shape[-1] if y.ndim > 1 else 1, BinaryCrossEntropy(**options), y.reshape(len(y), -1))
