"""Steps too large: the weights are thrown across the valley instead of down it."""

from __future__ import annotations

import math

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.course import Look, first_loss, hidden, longest_run, looks, own_rows_learned
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(
    explains=(
        "non_finite", "exploding_gradient", "vanishing_gradient", "dead_relu", "saturated", "frozen_weights",
        "oscillation", "batch_noise", "loss_metric_disagree", "collapsed_output", "plateau_from_start", "late_plateau",
        "underfit", "not_enough_epochs", "overfit", "too_few_updates", "class_forgotten", "train_evaluate_mismatch",
    )
)  # fmt: skip
def learning_rate_too_high(evidence: Evidence) -> Finding | None:
    """Find steps that throw the weights about, and a loss that shows it.

    A step is too long where it changes the weights by more than a tenth of their size, or where the loss after it is
    hardly lower, or higher, than before: for L(w − Δ) ≈ L − g·Δ + ½ Δᵀ H Δ the gain is g·Δ at most, a half of that at
    the best length, and negative beyond twice that. It is the cause where the loss then (1) became non-finite, (2) rose
    above what it was before the first step, (3) never got below that of knowing nothing, (4) stayed far above its
    lowest, (5) where steps remained so long, or (6) the rate is hundreds of times the usual one. And (7) units that
    were neither saturated nor dead before the first step and soon were have been thrown there.

    Reference: Ben Braiek, Khomh, "Testing feedforward neural networks training programs", TOSEM 2023 (a tenth).
    """
    seen = looks(evidence)
    start = first_loss(evidence)
    if not seen or not math.isfinite(start):
        return None
    # Momentum has none yet at the first look: its steps become as much longer.
    still = at.HIGHEST_UPDATE + (math.log10(1 - _momentum(evidence)) if seen[0].whole.step == 0 else 0.0)
    long = [_too_long(look) or (place == 0 and _size(look) > still) for place, look in enumerate(seen)]
    begin, length = longest_run([_size(look) > at.HIGHEST_UPDATE for look in seen])
    losses = [record.loss for record in evidence.history]
    if any(event.what == "not finite" for event in evidence.events) and (any(long) or _recovered(evidence)):
        place = long.index(True) if any(long) else 0
        return _finding(evidence, seen[place], "the loss became non-finite", 0.9)
    if own_rows_learned(evidence) and not _stays_above(evidence, start):
        return None
    if long[0] and any(not loss <= at.RISEN * start for loss in losses):
        highest = max(losses, key=lambda loss: loss if math.isfinite(loss) else math.inf)
        return _finding(evidence, seen[0], f"the loss rose from {start:.3g} to {highest:.3g}", 0.9)
    known = evidence.output.expected
    if long[0] and len(losses) > 1 and math.isfinite(known) and min(losses) > at.NO_BETTER_LOSS * known > 0:
        return _finding(evidence, seen[0], f"the loss never got far below that of knowing nothing, {known:.3g}", 0.7)
    if any(long) and _stays_above(evidence, start):
        told = f"the loss stayed above {at.BOUNCED:g} times its lowest"
        return _finding(evidence, seen[long.index(True)], told, 0.85)
    if length >= min(at.PERSISTENT, max(2, len(seen))):
        return _finding(evidence, seen[begin], "and it stayed so", 0.8)
    if beyond_use(evidence):
        told = f"and it is {times_usual(evidence):,.0f} times the usual one"
        return _finding(evidence, seen[long.index(True)], told, 0.8)
    thrown = _thrown(evidence, seen, long)
    if thrown is not None:
        path, what = thrown
        return _finding(evidence, seen[0], f"so that layer {path!r} was soon {what}", 0.65)
    return None


def beyond_use(evidence: Evidence) -> bool:
    """Whether the rate is so far above what is usual, and its steps so long, that no scaling of the data would help."""
    return times_usual(evidence) > at.BEYOND_USE and any(_too_long(look) for look in looks(evidence))


def times_usual(evidence: Evidence) -> float:
    """Return how many times the usual rate it is; momentum lengthens steps, and counts."""
    facts = evidence.optimizer
    return facts.learning_rate / (1 - _momentum(evidence)) / facts.usual if facts.usual > 0 else 1.0


def _momentum(evidence: Evidence) -> float:
    """Return by how much momentum lengthens steps, as the share 1 − 1/factor; 0 where the optimizer has none."""
    plain = evidence.optimizer.name in ("Momentum", "Nesterov", "SGD")
    return min(0.999, evidence.optimizer.momentum) if plain else 0.0


def _size(look: Look) -> float:
    """Return the size of a step over that of the weights, as a power of ten."""
    return math.log10(look.update) if look.update else -math.inf


def _too_long(look: Look) -> bool:
    kept = look.kept_promise
    return _size(look) > at.HIGHEST_UPDATE or (
        kept is not None and kept < at.KEPT_PROMISE and _size(look) > at.SMALL_UPDATE
    )


def _stays_above(evidence: Evidence, start: float) -> bool:
    """Whether the loss of several epochs in a row of the second half is large, and far above its lowest until then."""
    lowest, above = start, []
    for record in evidence.history:
        above.append(record.loss > at.BOUNCED * lowest and record.loss > at.NOT_SMALL * start)
        lowest = min(lowest, record.loss) if math.isfinite(record.loss) else lowest
    return longest_run(above[len(above) // 2 :])[1] >= at.PERSISTENT


def _recovered(evidence: Evidence) -> bool:
    """Whether a tenth of the rate went well where the whole had not."""
    broke = [event for event in evidence.events if event.what == "not finite"]
    after = [record.loss for record in evidence.history if record.step > broke[0].step]
    return len(broke) == 1 and len(after) > 1 and all(math.isfinite(loss) for loss in after)


def _thrown(evidence: Evidence, seen: list[Look], long: list[bool]) -> tuple[str, str] | None:
    """Return the path of a hidden layer whose units began in the middle of their range and were soon at its ends.

    The ends of a sigmoid or tanh, or the 0 of a ReLU: for that, the first step must have been long.
    """
    for layer in evidence.layers:
        course = [vitals for look in seen for vitals in look.layers if vitals.path == layer.path]
        if layer.units <= at.NARROWEST or len(course) < at.PERSISTENT or not hidden(evidence, layer.path):
            continue
        shares = [vitals.saturated for vitals in course if vitals.saturated is not None]
        if shares and shares[0] < at.NOT_YET_SATURATED and all(share > at.SATURATED for share in shares[1:]):
            return layer.path, "saturated"
        silent = [vitals.silent for vitals in course]
        if layer.kind == "ReLU" and long[0] and silent[0] < at.NOT_YET_SATURATED and min(silent[1:]) > at.DEAD:
            return layer.path, "dead"
    return None


def _finding(evidence: Evidence, look: Look, what: str, confidence: float) -> Finding:
    rate, kept = evidence.optimizer.learning_rate, look.kept_promise
    size = _size(look)
    by_size = size > at.HIGHEST_UPDATE or kept is None
    way = "a step changes the weights by more than a tenth" if by_size else "a step overshoots what it aims for"
    factor = _factor(evidence, size)
    return Finding(
        check="learning_rate_too_high",
        sentence=f"the learning rate of {rate:.3g} is too high: {way}, {what}",
        quantity="size of a step over that of the weights"
        if by_size
        else "what a step gains over what the slope promised",
        measured=10**size if by_size else float(kept if kept is not None else 0.0),
        normal=(1e-4, 10**at.HIGHEST_UPDATE) if by_size else (at.KEPT_PROMISE, 1.0),
        step=look.whole.step,
        fix=Fix(
            "learning_rate",
            f"lower the learning rate, to about {rate * factor:.1g}",
            f"learning_rate={rate * factor:.1g}",
            {"factor": factor},
        ),
        confidence=confidence,
    )


def _factor(evidence: Evidence, size: float) -> float:
    """Return what to multiply the rate by, one digit of it, for steps of a hundredth of the weights.

    size   of a step over that of the weights, as a power of ten, where it is too long

    Beside weights that were thrown far away the same step is short: the first look, at weights as they were drawn,
    counts too. A thousandth of the rate is enough, unless that is still more than ten times the usual one.
    """
    facts = evidence.optimizer
    longest = max(size, at.HIGHEST_UPDATE, *(_size(look) for look in looks(evidence)[:1]))
    usable = 10 * facts.usual / facts.learning_rate if facts.usual > 0 and facts.learning_rate > 0 else 1e-3
    return float(f"{min(0.3, max(min(1e-3, usable), 10 ** (at.GOOD_UPDATE - longest))):.1g}")
