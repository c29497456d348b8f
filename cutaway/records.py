"""What a training run reports: plain data, the same for every reporter, in memory and in `records.jsonl`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class StepRecord:
    """One line of a run's history, at the end of an epoch.

    epoch, step      how many are done
    loss             mean training loss over the epoch, as the steps saw it
    validation       loss on the validation rows, None without them
    metrics          other figures on the validation rows, by name
    learning_rate    of the last step
    seconds          since training began
    best             whether the validation loss is the lowest so far; with members, its mean over them
    With members, the loss figures are means over the members and `members` holds each one's validation loss.
    """

    epoch: int
    step: int
    loss: float
    validation: float | None
    learning_rate: float
    seconds: float
    best: bool = False
    metrics: Mapping[str, float] = field(default_factory=dict)
    members: tuple[float, ...] = ()


@dataclass(frozen=True)
class LayerVitals:
    """How one layer is doing, measured on a fixed set of probe rows before step `step`.

    path, kind       which layer ("2", "ReLU")
    output_mean, output_std  of the layer's output
    silent           share of its units that are 0 for every probe row
    saturated        share of its outputs within 1 % of the end of their range (sigmoid, tanh), else None
    weight_norm      length of its own parameters, None where it has none
    gradient_norm    length of the loss's gradient with respect to them
    update_ratio     length of the step the optimizer would take, over weight_norm
    """

    epoch: int
    step: int
    path: str
    kind: str
    output_mean: float
    output_std: float
    silent: float
    saturated: float | None
    weight_norm: float | None
    gradient_norm: float | None
    update_ratio: float | None


@dataclass(frozen=True)
class NetworkVitals:
    """How the whole network is doing, measured on fixed probe rows beside the layers' vitals.

        loss              on the probe rows, in training mode without rows left out
        settled           the same in evaluation mode: dropout off, running statistics in batch norm
        score             how good its answers are on the probe rows: accuracy of classes, R² of numbers; 1 is perfect
        validation_score  the same on rows held out, None without them
        output_std        deviation of the outputs over the rows, the mean over outputs
        commonest         share of the rows that are answered with the commonest class; None for numbers
        gradient_norm     length of the gradient with respect to all parameters
        agreement         cosine between the gradients of two halves of the probe rows: 1 no noise, 0 nothing but noise;
                          None where it was not measured
        penalty           share that weight decay has in the step, λ‖w‖ / (‖g‖ + λ‖w‖)
        promised          by how much the next step would lower the loss if the slope stayed what it is, ⟨g, w − w′⟩
        stepped           what the loss would be after the next step; of a step that is too long, above `loss`
        stepped_far       what it would be after a step in the same direction ten times as long
        rows, validation_rows  how many probe rows it was measured on, and how many held out; 0 where that is not known
    Of a loss that is summed over the rows, losses and gradients are those of a batch rather than of all probe rows.
    """

    epoch: int
    step: int
    loss: float
    settled: float
    score: float
    validation_score: float | None
    output_std: float
    commonest: float | None
    gradient_norm: float
    agreement: float | None
    penalty: float
    promised: float | None = None
    stepped: float | None = None
    stepped_far: float | None = None
    rows: int = 0
    validation_rows: int = 0


@dataclass(frozen=True)
class Fix:
    """What would help, in words, as code, and as something that can be done.

    action     name of the change in `cutaway.diagnosis.fixes`, "" where only a person can make it
    sentence   what to do, in words
    code       the same as a line of Python, "" where there is none
    settings   arguments of the action
    """

    action: str
    sentence: str
    code: str = ""
    settings: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Proof:
    """What an experiment made of a fix: trainings with and without it from the same state, on the same batches.

    without, with_fix   score of each pair, one pair for each order of the batches
    steps               how many steps each took
    seconds             what the experiment took
    helps               whether the gain matters and all of its interval is above 0
    score               what the scores are: "accuracy", "R²", "balanced accuracy"
    measure             what the gain is of: the score, or "loss", of which it is the share by which it fell
    gain, low, high     mean over the pairs of how much better it is with the fix, and the interval around it; None in
                        proofs of earlier versions
    chance              the chance that `low` is too high, set by how many fixes were tried
    tries               how many fixes that chance was divided among
    beside              of another score, its name, its mean without and with the fix, where there are two
    held_out            whether the rows were held out; else they are those that it learned from, of which there are few
    """

    without: tuple[float, ...]
    with_fix: tuple[float, ...]
    steps: int
    seconds: float
    helps: bool
    score: str = "score"
    measure: str = "score"
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float = 0.05
    tries: int = 1
    beside: tuple[str, float, float] | None = None
    held_out: bool = True


@dataclass(frozen=True)
class Finding:
    """A cause why a network does not learn, or does worse than it could.

    check         name of the check that found it ("softmax_one_unit")
    sentence      the cause in plain words
    quantity      what was measured, in words
    measured      the number
    normal        the range it has in a healthy run, (lowest, highest), None for no limit
    layer         path of the layer it is in, None where it is in none
    step          first step at which it was seen, 0 before the first
    fix           what to do
    confidence    probability that this is the cause
    note          whether it is true but does no harm that could be measured
    consequences  findings that this one explains
    proof         what an experiment with the fix gave, None where none was made
    """

    check: str
    sentence: str
    quantity: str
    measured: float
    normal: tuple[float | None, float | None]
    layer: str | None = None
    step: int = 0
    fix: Fix | None = None
    confidence: float = 0.9
    note: bool = False
    consequences: tuple[Finding, ...] = ()
    proof: Proof | None = None


@dataclass(frozen=True)
class Progress:
    """How far a training of `epochs` has come: `step` of `steps` are done. Announced, not kept."""

    epoch: int
    step: int
    steps: int
    seconds: float
    epochs: int


@dataclass(frozen=True)
class Event:
    """Something that happened to a run beyond an epoch: an engine chosen, a roll-back, an interruption.

    layer      path of the layer that it happened in, None where it happened in none or that is not known
    operation  the operation that made what is not finite, "loss" or "step" for the optimizer's; "" where none did
    """

    step: int
    what: str
    message: str
    layer: str | None = None
    operation: str = ""


def as_data(record: Any) -> dict[str, Any]:
    """Return a record as data for JSON, with its kind first.

    >>> as_data(Event(3, "stopped", "asked to"))
    {'record': 'Event', 'step': 3, 'what': 'stopped', 'message': 'asked to', 'layer': None, 'operation': ''}
    """
    return {"record": type(record).__name__, **vars(record)}
