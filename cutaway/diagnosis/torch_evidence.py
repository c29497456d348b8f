"""What was heard of a training in PyTorch, as evidence: the same facts as of a training here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway.diagnosis import evidence as facts
from cutaway.diagnosis.examination import HEADS, expected_loss
from cutaway.diagnosis.head import PASSING, softmax_axis_of, unreachable
from cutaway.diagnosis.inputs import input_facts
from cutaway.diagnosis.references import references
from cutaway.diagnosis.targets import recalls, target_facts
from cutaway.diagnosis.torch_look import array_of
from cutaway.errors import InputError
from cutaway.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    Loss,
    ResidualSumOfSquares,
    SquaredError,
)
from cutaway.records import Event, LayerVitals, NetworkVitals, StepRecord
from cutaway.training.score import score_of
from cutaway.training.step import Batch
from cutaway.training.watching import PROBE_ROWS

# The course of the loss is told in so many pieces.
PIECES = 40
# Sums of rows this near to 1 are those of a softmax, of at least so many rows.
SUMS_TO_ONE, ROWS_TO_TELL = 1e-4, 8
LOSSES: dict[str, Callable[[bool], tuple[Loss, str]]] = {
    "CrossEntropyLoss": lambda _: (CrossEntropy(), "logits"),
    "NLLLoss": lambda _: (CrossEntropy(), "log_probabilities"),
    "BCEWithLogitsLoss": lambda _: (BinaryCrossEntropy(), "logits"),
    "BCELoss": lambda _: (BinaryCrossEntropy(from_logits=False), "probabilities"),
    "MSELoss": lambda summed: (ResidualSumOfSquares() if summed else SquaredError(), "numbers"),
    "L1Loss": lambda _: (AbsoluteError(), "numbers"),
    "HuberLoss": lambda _: (Huber(), "numbers"),
    "SmoothL1Loss": lambda _: (Huber(), "numbers"),
}
# The rate that each optimizer's paper, or common use, starts from.
USUAL = {"SGD": 0.01, "Adam": 0.001, "AdamW": 0.001, "RMSprop": 0.001}


@dataclass(frozen=True)
class Watched:
    """How rows held out were answered after so many batches: loss and score, in evaluation mode."""

    batches: int
    loss: float
    score: float


@dataclass
class Heard:
    """What the hooks have heard so far.

    ours, takes   the loss of this package that is the same, and what it takes; `summed` is whether it is a sum
    losses        of each batch learned from, as tensors; `rates` and `steps` of the optimizer
    kept          rows learned from, each once, in the order they came; `seen` are their hashes
    first         outputs and loss of the first step; `layers` are the facts then, `head` the path of what made them
    gradients_kept   steps of gradients that had those of the step before in them
    left_out      paths of parameters that ask for a gradient, and that the optimizer does not hold
    watched       rows held out, measured now and then
    """

    ours: Loss
    takes: str
    summed: bool = False
    validation: tuple[Any, Any] | None = None
    steps: int = 0
    gradients_kept: int = 0
    batch: int = 0
    losses: list[Any] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    kept: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    stretched: str = ""
    first: tuple[np.ndarray, float] | None = None
    head: str | None = None
    layers: dict[str, facts.LayerFacts] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    layer_vitals: list[LayerVitals] = field(default_factory=list)
    network_vitals: list[NetworkVitals] = field(default_factory=list)
    watched: list[Watched] = field(default_factory=list)
    broken: Event | None = None

    def keep(self, x: np.ndarray, y: np.ndarray) -> None:
        """Keep rows that were not seen before: a row that comes again in the next epoch would be its own neighbour."""
        new = []
        for place in range(min(len(x), len(y))):
            key = hash((x[place].tobytes(), y[place].tobytes()))
            if key not in self.seen:
                self.seen.add(key)
                new.append(place)
        if new:
            self.kept.append((x[new], y[new]))

    def watch_over(self, loss: float, score: float) -> None:
        """Hear how rows held out are answered after the step that was just taken."""
        self.watched.append(Watched(len(self.losses), loss, score))


def prepared(loss: Loss, outputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return outputs with classes last, and targets as a loss of this package wants them."""
    if isinstance(loss, CrossEntropy) and outputs.ndim > 2:
        outputs = np.moveaxis(outputs, 1, -1)
    if outputs.ndim == 1:
        outputs = outputs[:, None]
    return outputs, loss.prepare(targets, tuple(outputs.shape))


def held_out_of(validation: Any) -> tuple[Any, Any] | None:
    """Return rows held out as tensors; `InputError` where they are not inputs and as many targets."""
    if validation is None:
        return None
    if not isinstance(validation, (tuple, list)) or len(validation) != 2 or len(validation[0]) != len(validation[1]):
        raise InputError("watch: validation is not (inputs, targets), as many of the one as of the other")
    import torch

    x, y = (torch.as_tensor(part) for part in validation)
    return x, y


def evidence_of(heard: Heard, optimizer: Any, said: Sequence[tuple[np.ndarray, np.ndarray]]) -> facts.Evidence:
    """Return what was heard as evidence.

    said   outputs as the model is now, and targets: of rows learned from, and of rows held out where there are
    """
    assert heard.first is not None
    loss, (answers, first_loss) = heard.ours, heard.first
    x, y = (np.concatenate(part) for part in zip(*heard.kept, strict=True))
    shown, y = prepared(loss, np.concatenate([answers] * -(-len(y) // len(answers)))[: len(y)], y)
    rows = Batch(_features_last(x), y, None)
    held_out = None
    if heard.validation is not None:
        watched, truth = (array_of(part) for part in heard.validation)
        like = np.concatenate([answers] * -(-len(truth) // len(answers)))[: len(truth)]
        held_out = Batch(_features_last(watched), prepared(loss, like, truth)[1], None)
    layers = tuple(heard.layers.values())
    kind, axis = head_of_outputs(heard, layers, shown)
    judged, groups = answers.reshape(len(answers), -1), optimizer.param_groups
    name = type(optimizer).__name__
    whole = any(layer.kind.startswith("Embedding") for layer in layers)
    watched_rows = 0 if held_out is None else len(held_out.x)
    with np.errstate(all="ignore"):
        return facts.Evidence(
            inputs=input_facts(rows, held_out, whole=whole),
            targets=target_facts(y, shown.shape[-1], heard.stretched, None if held_out is None else held_out.y),
            loss=facts.LossFacts(type(loss).__name__, heard.takes, heard.summed),
            optimizer=facts.OptimizerFacts(
                name=name, learning_rate=max(heard.rates), usual=USUAL.get(name, max(heard.rates)),
                momentum=float(groups[0].get("momentum", groups[0].get("betas", (0.0,))[0])),
                epsilon=groups[0].get("eps"), weight_decay=float(groups[0].get("weight_decay", 0.0)),
                gradients_kept=heard.gradients_kept / max(1, heard.steps - 1),
            ),
            plan=facts.PlanFacts(
                epochs=max(1, heard.steps * heard.batch // len(x)), batch_size=heard.batch, updates=heard.steps,
                shuffle=False,  # rows are kept in the order they came: whatever order that is, is the training's
                validation_rows=watched_rows,
            ),
            layers=layers,
            output=facts.OutputFacts(
                head=kind, axis=axis, unreachable=unreachable(kind, y), units=shown.shape[-1],
                low=float(judged.min()), high=float(judged.max()), row_low=float(judged.sum(-1).min()),
                row_high=float(judged.sum(-1).max()), loss=first_loss,
                expected=expected_loss(loss, rows, shown.shape), doubled=2.0 if heard.summed else 1.0,
            ),
            references=references(loss, rows, min(watched_rows or len(x), PROBE_ROWS), whole),
            layer_vitals=tuple(heard.layer_vitals),
            network_vitals=tuple(heard.network_vitals),
            history=tuple(history_of(heard)),
            events=() if heard.broken is None else (heard.broken,),
            outcome=outcome_of(loss, said),
        )  # fmt: skip


def head_of_outputs(heard: Heard, layers: Sequence[facts.LayerFacts], shown: np.ndarray) -> tuple[str, int]:
    """Return what makes the outputs, and the axis of a softmax, by the layer that does; else by their own numbers.

    Rows of numbers from 0 to 1 whose sums are all 1 come of a softmax, however it was written.
    """
    head = heard.layers.get(heard.head) if heard.head is not None else None
    if head is None or head.kind in PASSING:
        head = next((layer for layer in reversed(layers) if layer.kind not in PASSING), None)
    kind = "linear" if head is None else HEADS.get(head.kind, "linear")
    if kind == "softmax" and head is not None:
        return kind, softmax_axis_of(head) or -1
    flat = shown.reshape(-1, shown.shape[-1])
    told = len(flat) >= ROWS_TO_TELL and flat.min() >= 0 and bool((np.abs(flat.sum(axis=1) - 1) < SUMS_TO_ONE).all())
    return ("softmax" if told and kind == "linear" else kind), -1


def _features_last(x: np.ndarray) -> np.ndarray:
    return np.moveaxis(x, 1, -1) if x.ndim > 2 and x.dtype.kind == "f" else x


def history_of(heard: Heard) -> list[StepRecord]:
    """Return the course of the loss in pieces; where rows are held out, one up to each time they were measured."""
    losses = np.array([float(value) for value in heard.losses])
    ends = [int(end) for end in np.cumsum([len(part) for part in np.array_split(losses, min(PIECES, len(losses)))])]
    values: list[float | None] = [None] * len(ends)
    if heard.watched:
        ends, values = [each.batches for each in heard.watched], [each.loss for each in heard.watched]
    a_step = len(losses) / max(1, heard.steps)  # batches: a step may be taken of the gradients of several
    lowest, begin, found = np.inf, 0, []
    for number, (end, value) in enumerate(zip(ends, values, strict=True), 1):
        best = value is not None and value < lowest
        lowest = min(lowest, value) if value is not None else lowest
        found.append(
            StepRecord(
                epoch=number, step=round(end / a_step), loss=float(losses[begin:end].mean()),
                validation=value, best=best, learning_rate=heard.rates[min(round(end / a_step), len(heard.rates)) - 1],
                seconds=0.0,
            )
        )  # fmt: skip
        begin = end
    if heard.watched and not np.isfinite(losses[begin:]).all():  # broke since
        found.append(StepRecord(len(found) + 1, heard.steps, float(losses[begin:].mean()), None, heard.rates[-1], 0.0))
    return found


def outcome_of(loss: Loss, said: Sequence[tuple[np.ndarray, np.ndarray]]) -> facts.Outcome:
    """Return how good the model is now, on rows learned from and on rows held out."""
    parts = [prepared(loss, *part) for part in said]
    scores = [score_of(loss, *part)[0] for part in parts]
    recognised, support = recalls(loss, *(np.concatenate(part) for part in zip(*parts, strict=True)))
    return facts.Outcome(scores[0], scores[1] if len(scores) > 1 else None, recognised, support)
