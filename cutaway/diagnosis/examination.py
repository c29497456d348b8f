"""The examination before the first step: what the network, the loss, the optimizer and the rows are, as evidence."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.evidence import (
    Evidence,
    LossFacts,
    OptimizerFacts,
    Outcome,
    OutputFacts,
    PlanFacts,
)
from cutaway.diagnosis.gradient_facts import gradient_facts
from cutaway.diagnosis.head import unreachable
from cutaway.diagnosis.inputs import input_facts
from cutaway.diagnosis.layer_facts import LayerLook, layer_facts
from cutaway.diagnosis.mislabelled import labels_of
from cutaway.diagnosis.references import references
from cutaway.diagnosis.targets import recalls, target_facts
from cutaway.layers import ColumnEmbedding, Embedding, Layer
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
from cutaway.optimizers import Optimizer
from cutaway.schedules import Schedule
from cutaway.training.plan import Plan
from cutaway.training.score import marks_of, marks_of_nothing, score_of, standard_error
from cutaway.training.step import Batch
from cutaway.training.watching import PROBE_ROWS, spaced

# Rows that the network computes before the first step, at most.
ROWS = 2000
# Rows that tell whether a loss is a mean or a sum.
TOLD_BY = 64
# Activations whose name a head is told by; any other last layer is told by "linear".
HEADS = {
    "Softmax": "softmax", "Sigmoid": "sigmoid", "Tanh": "tanh", "ReLU": "relu", "Softplus": "softplus", "Step": "step",
}  # fmt: skip


def examine(
    network: Layer,
    loss: Loss,
    optimizer: Optimizer,
    rows: Batch,
    held_out: Batch | None,
    plan: Plan,
    engine: str = "numpy",
    names: Sequence[str] = (),
    most: int = ROWS,
    judged: int = PROBE_ROWS,
) -> Evidence:
    """Return the evidence there is before the first step; nothing is changed.

    names    of the features
    most     rows that the network computes, where it is so large that `ROWS` would take long
    judged   rows that scores will be measured on, at most, of those learned from and of those held out
    """
    some = Batch(*(None if part is None else part[:: max(1, -(-len(rows.x) // most))] for part in rows))
    look = LayerLook.take(network, loss, some)
    layers = layer_facts(network, optimizer, look)
    outputs = look.outputs
    head = look.head[0] if look.head[0] in HEADS.values() else "linear"
    whole = any(isinstance(layer, (Embedding, ColumnEmbedding)) for _, layer in network.named_layers())
    count = int(outputs.shape[-1]) if outputs.ndim > 1 else 1
    per_epoch = plan.steps_of_epoch(len(rows.x))

    def told(part: Batch) -> np.ndarray:
        y = np.asarray(part.y)
        return (y > 0).astype(np.float32) if isinstance(loss, Hinge) else y

    targets = target_facts(told(rows), count, held_out=None if held_out is None else told(held_out))
    looked_up = whole and rows.x.dtype.kind in "iu"
    inputs = input_facts(rows, held_out, names, looked_up)
    # Rows held out that are spread otherwise fool simple methods as they fool the network: then training rows must do.
    alike = inputs.shift <= at.SHIFT or inputs.shift_chance > at.SHIFT_CHANCE
    asked = None if held_out is None else spaced(held_out, judged)
    few = judged if asked is None else len(asked.x)
    # A sum over the rows is told as that of a batch, as the steps have it.
    share = min(plan.batch_size, len(rows.x)) / len(some.x) if loss.summed else 1.0
    return Evidence(
        inputs=inputs,
        targets=targets,
        loss=LossFacts(_kernel(loss), _takes(loss), loss.summed, getattr(loss, "class_weight", None) is not None),
        optimizer=optimizer_facts(optimizer, plan),
        plan=PlanFacts(
            epochs=plan.epochs, batch_size=plan.batch_size, updates=per_epoch * plan.epochs, shuffle=plan.shuffle,
            validation_rows=0 if held_out is None else len(held_out.x), engine=engine,
        ),
        layers=layers,
        output=OutputFacts(
            head=head,
            units=count,
            low=float(outputs.min()),
            high=float(outputs.max()),
            row_low=float(outputs.sum(axis=-1).min()),
            row_high=float(outputs.sum(axis=-1).max()),
            loss=share * look.loss,
            expected=share * expected_loss(loss, some, outputs.shape),
            doubled=_doubled(loss, outputs, some),
            axis=look.head[1] if head == "softmax" else -1,
            unreachable=unreachable(head, np.asarray(rows.y)),
        ),
        references=references(loss, rows, few, looked_up, names, asked if alike else None),
        gradients=gradient_facts(network, loss, some),
    )  # fmt: skip


def optimizer_facts(optimizer: Optimizer, plan: Plan) -> OptimizerFacts:
    """Return what is said of the optimizer; of schedules the largest value, of members the largest rate."""
    factor = max(plan.rates) if plan.rates else 1.0
    kind: Any = type(optimizer)
    default = _default_rate(kind)
    usual = optimizer.learning_rate if default is inspect.Parameter.empty else default
    betas = getattr(optimizer, "betas", None)
    return OptimizerFacts(
        name=type(optimizer).__name__,
        learning_rate=factor * _largest(optimizer.learning_rate),
        usual=_largest(usual),
        momentum=float(getattr(optimizer, "momentum", betas[0] if betas else 0.0)),
        epsilon=getattr(optimizer, "epsilon", None),
        weight_decay=_largest(optimizer.weight_decay),
        clip_norm=optimizer.clip_norm,
    )


@cache
def _default_rate(kind: type) -> Any:
    """Return the learning rate of a kind of optimizer where none is given; to ask its signature takes long."""
    return inspect.signature(kind).parameters["learning_rate"].default


def _largest(value: float | Schedule) -> float:
    return (
        max(float(value(np.float64(t))) for t in np.linspace(0, 1, 101))
        if isinstance(value, Schedule)
        else float(value)
    )


def _inner(loss: Loss) -> Loss:
    return loss.loss if isinstance(loss, MeanOverMembers) else loss


def _kernel(loss: Loss) -> str:
    return type(_inner(loss)).__name__


def _takes(loss: Loss) -> str:
    inner = _inner(loss)
    if isinstance(inner, (CrossEntropy, BinaryCrossEntropy)):
        return "logits" if inner.from_logits else "probabilities"
    if isinstance(inner, Hinge):
        return "logits"
    numbers = isinstance(inner, (SquaredError, AbsoluteError, Huber, ResidualSumOfSquares))
    return "numbers" if numbers else "unknown"


def expected_loss(loss: Loss, rows: Batch, shape: tuple[int, ...]) -> float:
    """Return the loss of outputs that are the same for every row, the best of those: shares of classes, or the mean."""
    inner, y = _inner(loss), np.asarray(rows.y)
    whole = y.dtype.kind in "iu"
    if whole:
        shares = np.bincount(y.ravel(), minlength=shape[-1])[: shape[-1]] / y.size
    else:
        shares = y.reshape(-1, y.shape[-1] if y.ndim > 1 else 1).mean(axis=0, dtype=np.float64)
    answer: Any = shares
    if isinstance(inner, (CrossEntropy, BinaryCrossEntropy)):
        chances = np.clip(shares, 1e-7, 1 - 1e-7)
        logits = np.log(chances) if isinstance(inner, CrossEntropy) else np.log(chances / (1 - chances))
        answer = logits if inner.from_logits else chances
    if np.size(answer) not in (1, shape[-1]):
        return float("nan")
    outputs = np.broadcast_to(np.asarray(answer, np.float64), shape)
    with np.errstate(all="ignore"):
        return float(loss.value(np.array(outputs), y, rows.weight))


def _doubled(loss: Loss, outputs: np.ndarray, rows: Batch) -> float:
    """Return the loss of rows taken twice over that of the rows: 1 of a mean, 2 of a sum; a few rows tell it."""
    outputs, rows = outputs[:: -(-len(outputs) // TOLD_BY)], spaced(rows, TOLD_BY)
    with np.errstate(all="ignore"):
        once = float(loss.value(outputs, rows.y, rows.weight))
        weight = None if rows.weight is None else np.tile(rows.weight, 2)
        twice = float(loss.value(np.concatenate([outputs] * 2), np.concatenate([rows.y] * 2), weight))
        return twice / once if np.isfinite([once, twice]).all() and once != 0 else 1.0


def with_records(
    evidence: Evidence,
    trained: Any,
    network: Layer,
    loss: Loss,
    rows: Batch,
    held_out: Batch | None,
    judged: int = PROBE_ROWS,
) -> Evidence:
    """Return the evidence with what a training recorded (a `Trained` or a run), and how good its network is.

    judged   rows that scores are measured on, at most, of those learned from and of those held out; fewer than
             `PROBE_ROWS` where the network is so large that more would take long
    """
    parts = [spaced(part, judged) for part in (rows, held_out) if part is not None]
    answers = [network(part.x) for part in parts]
    recognised, support = recalls(loss, np.concatenate(answers), np.concatenate([np.asarray(part.y) for part in parts]))
    scores = [score_of(loss, said, part.y)[0] for said, part in zip(answers, parts, strict=True)]
    learned, asked = np.asarray(parts[0].y), np.asarray(parts[-1].y)
    task = evidence.targets.task
    one = None if task == "numbers" else int(np.prod(asked.shape[1:] if task in ("classes", "several") else ()))
    marks = [marks_of(loss, said, np.asarray(part.y)) for said, part in zip(answers, parts, strict=True)]
    nothing = [marks_of_nothing(loss, learned, np.asarray(part.y)) for part in parts]
    simple, known = np.asarray(evidence.references.marks), evidence.references.own
    own = own_error = None
    if known is not None and judged >= PROBE_ROWS:
        part = spaced(rows, len(known.marks))  # those that simple methods learned from
        said = network(part.x)
        own, others = score_of(loss, said, part.y)[0], np.asarray(known.marks)
        own_error = standard_error(marks_of(loss, said, np.asarray(part.y)), others, one)
    return replace(
        evidence,
        mislabelled=labels_of(rows, held_out) if evidence.references.clear >= at.NOISE else None,  # it takes a moment
        layer_vitals=tuple(trained.vitals),
        network_vitals=tuple(trained.network_vitals),
        history=tuple(trained.history),
        events=tuple(trained.events),
        outcome=Outcome(
            score=scores[0],
            validation_score=scores[1] if held_out is not None else None,
            recalls=recognised,
            support=support,
            error=standard_error(marks[-1], simple, one)
            if held_out is not None and len(simple) == len(asked)
            else None,
            chance_error=standard_error(marks[-1], nothing[-1], one),
            constant=float(nothing[0].mean()),
            constant_error=standard_error(marks[0], nothing[0], one),
            own=own,
            own_error=own_error,
        ),
    )
