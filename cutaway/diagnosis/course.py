"""The course of a training in numbers: how its loss went, and how each look at it found the layers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median

from cutaway.diagnosis.evidence import Evidence
from cutaway.records import LayerVitals, NetworkVitals
from cutaway.training.watching import PROBE_ROWS

# The part of a training that is its end.
LATE = 0.3
# A change of the loss below this share of it is rounding.
ROUNDING = 1e-5
# A score lower by this share of what the reference gains over chance is below it.
SHORT = 0.05


@dataclass(frozen=True)
class Look:
    """What was seen at one moment: the whole network, and its layers in the order of computation."""

    whole: NetworkVitals
    layers: tuple[LayerVitals, ...]

    @property
    def learning(self) -> list[LayerVitals]:
        """The layers that have parameters."""
        return [vitals for vitals in self.layers if vitals.gradient_norm is not None]

    @property
    def update(self) -> float | None:
        """The size of a step over that of the weights, the median over layers; None where no layer tells."""
        ratios = [vitals.update_ratio for vitals in self.learning if vitals.update_ratio is not None]
        finite = [ratio for ratio in ratios if math.isfinite(ratio)]
        return median(finite) if finite else None

    @property
    def kept_promise(self) -> float | None:
        """What a step gains over what the slope promises: 1 far below the best length, ½ at it, negative beyond twice.

        For L(w − Δ) = L − g·Δ + ½ Δᵀ H Δ it is 1 − ½ Δᵀ H Δ / g·Δ. None where the slope promises too little to be
        told from rounding.
        """
        whole = self.whole
        if whole.promised is None or whole.stepped is None or not whole.promised > ROUNDING * abs(whole.loss):
            return None
        return (whole.loss - whole.stepped) / whole.promised

    @property
    def far_promise(self) -> float | None:
        """The same of a step ten times as long."""
        whole = self.whole
        if whole.promised is None or whole.stepped_far is None or not 10 * whole.promised > ROUNDING * abs(whole.loss):
            return None
        return (whole.loss - whole.stepped_far) / (10 * whole.promised)


def moment(vitals: NetworkVitals) -> tuple[int, int]:
    """Return when a look was: after steps were undone, an epoch later may be at the same step."""
    return vitals.epoch, vitals.step


def looks(evidence: Evidence) -> list[Look]:
    """Return the looks that were taken, in the order of steps."""
    return [
        Look(whole, tuple(vitals for vitals in evidence.layer_vitals if (vitals.epoch, vitals.step) == moment(whole)))
        for whole in evidence.network_vitals
    ]


def curve(evidence: Evidence) -> list[tuple[float, float]]:
    """Return (step, training loss) of each epoch at its middle; of few epochs, of the first and the last look too.

    Looks are at other rows, so that their losses are not quite to be compared with those of epochs.
    """
    points = []
    before = 0
    for record in evidence.history:
        points.append(((before + record.step) / 2, record.loss))
        before = record.step
    if evidence.network_vitals and len(points) < 4:
        first, last = evidence.network_vitals[0], evidence.network_vitals[-1]
        points = [(float(first.step), first.loss), *points, (float(last.step), last.loss)]
    return [(step, loss) for step, loss in points if math.isfinite(loss)]


def first_loss(evidence: Evidence) -> float:
    """Return the loss before the first step."""
    if evidence.network_vitals and math.isfinite(evidence.network_vitals[0].loss):
        return evidence.network_vitals[0].loss
    return evidence.output.loss


def late(points: list[tuple[float, float]], part: float = LATE) -> list[tuple[float, float]]:
    """Return the points of the last part of the steps, at least the last two."""
    if len(points) < 3:
        return points
    begin = points[-1][0] - part * (points[-1][0] - points[0][0])
    return points[min(len(points) - 2, next(i for i, (step, _) in enumerate(points) if step >= begin)) :]


@dataclass(frozen=True)
class Trend:
    """How the loss went at the end of a training.

    fall    by how much it fell there, along a straight line, as a share of its mean there
    share   the same as a share of its fall from what knowing nothing costs, or from where it began if that is lower:
            `LATE` for a straight line, near 0 once it is down; 1 while it falls and is not yet below that
    sure    the fall over its standard error
    noise   deviation from the line over its mean
    """

    fall: float
    share: float
    sure: float
    noise: float


def trend(evidence: Evidence, part: float = LATE) -> Trend:
    """Return how the loss went in the last part, by least squares; nothing is sure of fewer than three points."""
    points = curve(evidence)
    if len(points) < 2:
        return Trend(0.0, 0.0, 0.0, 0.0)
    end = late(points, part)
    steps, losses = [step for step, _ in end], [loss for _, loss in end]
    middle, mean = sum(steps) / len(steps), sum(losses) / len(losses)
    spread = sum((step - middle) ** 2 for step in steps)
    slope = sum((step - middle) * (loss - mean) for step, loss in end) / spread if spread else 0.0
    fall = -slope * (steps[-1] - steps[0])
    left = sum((loss - mean - slope * (step - middle)) ** 2 for step, loss in end)
    error = math.sqrt(left / max(1, len(end) - 2) / spread) * (steps[-1] - steps[0]) if spread else 0.0
    whole = _before(evidence) - losses[-1]
    size = abs(mean) or 1.0
    return Trend(
        fall=fall / size,
        share=min(1.0, fall / whole) if whole > ROUNDING * size else (1.0 if fall > 0 else 0.0),
        sure=fall / max(error, 1e-9 * size) if len(end) > 2 else 0.0,
        noise=math.sqrt(left / len(end)) / size,
    )


def _before(evidence: Evidence) -> float:
    """Return the loss before the first step, or of knowing nothing, whichever is lower."""
    first, expected = first_loss(evidence), evidence.output.expected
    return min(first, expected) if math.isfinite(expected) else first


def rms_gradient(evidence: Evidence, vitals: LayerVitals) -> float:
    """Return the root mean square of a layer's gradient over its numbers."""
    facts = evidence.layer(vitals.path)
    count = sum(math.prod(parameter.shape) for parameter in facts.parameters) if facts is not None else 1
    return (vitals.gradient_norm or 0.0) / math.sqrt(max(1, count))


def healthy_update(evidence: Evidence, look: Look) -> float | None:
    """Return the size of a step over that of weights as they should start, the median over layers.

    Weights that are far too large make steps look small; so they count as twice what they should be, at most.
    """
    ratios = []
    for vitals in look.learning:
        if vitals.update_ratio is None or not vitals.weight_norm or not math.isfinite(vitals.update_ratio):
            continue
        facts = evidence.layer(vitals.path)
        parameters = facts.parameters if facts is not None else ()
        wanted = math.sqrt(sum(each.wanted**2 * math.prod(each.shape) for each in parameters))
        size = min(vitals.weight_norm, 2 * wanted) if wanted else vitals.weight_norm
        ratios.append(vitals.update_ratio * vitals.weight_norm / size)
    return median(ratios) if ratios else None


def score_on_known(evidence: Evidence) -> float | None:
    """Return the score on rows that were learned from, at the end or of the weights delivered; None before training."""
    if evidence.outcome is None:
        return None
    return max([evidence.outcome.score, *(vitals.score for vitals in evidence.network_vitals[-1:])])


def error_of_gap(evidence: Evidence, score: float, held_out: float) -> float:
    """Return the standard error of a score on rows learned from minus that on rows held out, as many as were looked at.

    √(v(a)/n + v(b)/m),   v = p (1 − p) of accuracies, 2 (1 − R²)² of R²
    """
    last = evidence.network_vitals[-1]
    rows = last.rows or min(PROBE_ROWS, evidence.inputs.rows)
    watched = last.validation_rows or min(PROBE_ROWS, evidence.plan.validation_rows)
    return math.hypot(_error(evidence, score, rows), _error(evidence, held_out, watched))


def _error(evidence: Evidence, score: float, rows: int) -> float:
    """Return the standard error of a score on so many rows."""
    rows = max(1, rows)
    if evidence.targets.task == "numbers":
        return math.sqrt(2 / rows) * (1 - score)
    return math.sqrt(max(score * (1 - score), 1 / rows) / rows)


def own_rows_learned(evidence: Evidence) -> bool:
    """Whether at the end rows learned from are answered as well as simple methods answer rows not seen.

    Then what harm there is lies in other rows, and not in how the training went.
    """
    seen = evidence.network_vitals
    return bool(seen) and seen[-1].score >= evidence.references.best > evidence.references.chance


def below_reference(evidence: Evidence) -> bool:
    """Whether even rows that were learned from are answered worse than simple methods answer rows not seen."""
    score, known = score_on_known(evidence), evidence.references
    return score is not None and score < known.best - max(SHORT * (known.best - known.chance), known.error)


def hidden(evidence: Evidence, path: str) -> bool:
    """Whether a layer with parameters comes after this one, so that it is not the network's head."""
    paths = [layer.path for layer in evidence.layers]
    if path not in paths:
        return False
    return any(layer.parameters for layer in evidence.layers[paths.index(path) + 1 :])


def longest_run(said: list[bool]) -> tuple[int, int]:
    """Return where the longest run of true begins, and how long it is; (−1, 0) where nothing is true.

    >>> longest_run([False, True, True, False, True]), longest_run([False])
    ((1, 2), (-1, 0))
    """
    best, begin = (-1, 0), 0
    for place, true in enumerate(said):
        begin = begin if true else place + 1
        if place + 1 - begin > best[1]:
            best = (begin, place + 1 - begin)
    return best
