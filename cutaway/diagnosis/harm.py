"""Is the training hurting? Without harm nothing is a finding, however unusual its numbers are."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.course import error_of_gap
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.reached import References


@dataclass(frozen=True)
class Harm:
    """What the training suffers from.

    kind      "diverged", "below", "by heart", or "" for nothing that could be seen
    sentence  the same in words; without a kind, why it cannot be judged whether there is harm, "" where it can
    """

    kind: str
    sentence: str

    def __bool__(self) -> bool:
        return bool(self.kind)


def harm(evidence: Evidence, foreseen: bool = False) -> Harm:
    """Return what harm there is; none where the delivered weights are as good as what simple methods reach.

    diverged   a loss or a weight was not finite, or the loss ends far above its lowest
    below      the score of the delivered weights is below what a simple method reaches on the same rows (`References`):
               by more than chance, or surely so on the rows learned from as well; or surely below chance; where none
               can be tried, or targets surely have to do with the inputs, rows learned from are answered no better than
               by one who knows nothing
    by heart   rows learned from are answered clearly better than rows held out, by many weights of a few rows: so few
               that simple methods learn no more from them

    A score that is not above chance by more than its error, where simple methods are not either, tells nothing: then
    there is no harm, and a sentence that says so.

    foreseen   whether a cause is known beforehand: then a shortfall row by row of fewer errors will do, and one below
               a kernel ridge as small as below least squares
    """
    score, known, outcome = final_score(evidence), evidence.references, evidence.outcome
    comparable = score is not None and tells(known)
    short = known.best - score if score is not None else math.inf
    errors, least = at.ROW_BY_ROW_ERRORS, fair(known, foreseen)
    if foreseen:
        errors = at.SHORTFALL_ERRORS
    allowed = at.SHORTFALL_ERRORS * known.error
    if outcome is not None and outcome.error is not None:
        # One answer that is wild makes the error as large as the shortfall; all rows together then say more. And rows
        # that were learned from are a second witness where they are answered so much worse, too.
        witness = outcome.score < least
        allowed = (at.SHORTFALL_ERRORS if witness else errors) * min(outcome.error, known.error)
    below = ""
    if comparable and score is not None and score < least and short > allowed:
        reached = f"{known.best_method} reaches {known.best:.3f}, chance {known.chance:.3f}"
        below = f"{measure(evidence)} is {score:.3f}, {reached}"
    elif score is not None and score < least:
        below = _below_on_its_own(evidence, foreseen)
    fine = comparable and not below
    diverged = "" if fine else _diverged(evidence)
    if diverged:
        return Harm("diverged", diverged)
    below = below or ("" if fine else _below_chance(evidence, errors)) or _nothing_learned(evidence)
    return Harm("below", below) if below else _by_heart(evidence) or _unjudged(evidence)


def _below_on_its_own(evidence: Evidence, foreseen: bool) -> str:
    """Return that rows learned from are answered surely worse than simple methods answer them, left out; else "".

    They are more than those held out, and flatter a network, which has learned from them. Where they belong together or
    repeat each other they flatter simple methods as well: these count with no more than they reach on rows held out, up
    to two standard errors.
    """
    outcome, known = evidence.outcome, evidence.references
    if outcome is None or outcome.own is None or outcome.own_error is None or known.own is None:
        return ""
    own, more = known.own, at.SHORTFALL_ERRORS * known.error
    kernels = (own.kernel, known.kernel)
    own = replace(
        own,
        linear=min(own.linear, known.linear + more),
        neighbour=min(own.neighbour, known.neighbour + more),
        kernel=None if kernels[0] is None or kernels[1] is None else min(kernels[0], kernels[1] + more),
    )
    error = min(outcome.own_error, own.error)
    if not tells(own) or outcome.own >= fair(own, foreseen) or own.best - outcome.own <= at.SHORTFALL_ERRORS * error:
        return ""
    reached = f"{own.best_method} reaches {own.best:.3f} on them, each left out in turn, chance {own.chance:.3f}"
    return f"{measure(evidence)} on rows that were learned from is {outcome.own:.3f}, {reached}"


def fair(known: References, foreseen: bool = False) -> float:
    """Return the score below which a network is hurt: less than what simple methods reach, each by its own share.

        max over methods of  reached − s (reached − chance)

    s of   least squares                                 `SHORTFALL`
           the lower of nearest row and kernel ridge     `SHORTFALL`
           the nearest row                               `NEIGHBOUR_SHORTFALL`
           a kernel ridge                                `KERNEL_SHORTFALL`; `SHORTFALL` where a cause is foreseen

    Where no kernel ridge can be tried the nearest row stands for it.
    """
    kernel = known.neighbour if known.kernel is None else known.kernel
    spares = (
        (known.linear, at.SHORTFALL),
        (min(known.neighbour, kernel), at.SHORTFALL),
        (known.neighbour, at.NEIGHBOUR_SHORTFALL),
        (kernel, at.SHORTFALL if foreseen else at.KERNEL_SHORTFALL),
    )
    return max(known.chance, *(reached - share * (reached - known.chance) for reached, share in spares))


def tells(known: References) -> bool:
    """Return whether simple methods gain enough over chance for a network to be compared with them."""
    errors = at.RELATED_ERRORS if known.unrelated <= at.RELATED else at.REFERENCE_ERRORS
    return known.best > known.chance and known.best - known.chance >= errors * known.error


def measure(evidence: Evidence) -> str:
    """Return what scores are called."""
    return "R²" if evidence.targets.task == "numbers" else "accuracy"


def _below_chance(evidence: Evidence, errors: float) -> str:
    """Return that the best constant answer is surely better, by so many standard errors; else ""."""
    score, chance, outcome = final_score(evidence), evidence.references.chance, evidence.outcome
    if score is None or outcome is None or not outcome.chance_error:
        return ""
    if score >= chance - errors * outcome.chance_error:
        return ""
    same = "the mean" if evidence.targets.task == "numbers" else "the commonest class"
    return f"{measure(evidence)} is {score:.3f}, and always to answer {same} has {chance:.3f}"


def _nothing_learned(evidence: Evidence) -> str:
    """Return that no more is known of rows learned from than of their commonest class or mean, by score and by loss.

    Only where no simple method says what can be learned, or targets surely have to do with the inputs; and after enough
    steps; else "".
    """
    known, outcome, steps = evidence.references, evidence.outcome, evidence.steps
    if outcome is None or outcome.constant is None or outcome.constant_error is None:
        return ""
    if (known.simple and known.unrelated > at.RELATED) or steps < at.MANY_STEPS or outcome.constant >= 1:
        return ""
    if outcome.score - outcome.constant > at.NO_BETTER * outcome.constant_error:
        return ""
    expected = evidence.output.expected
    losses = [record.loss for record in evidence.history if math.isfinite(record.loss)]
    # Of classes of which one is common the answers may stay the same while their probabilities are learned.
    if losses and math.isfinite(expected) and min(losses) < expected - at.AS_NOTHING * abs(expected):
        return ""
    return (
        f"after {steps} steps {measure(evidence)} on rows that were learned from is {outcome.score:.3f}, no better "
        f"than that of one who knows nothing ({outcome.constant:.3f})"
    )


def _by_heart(evidence: Evidence) -> Harm:
    """Return that a few rows are known by heart, by many times as many weights; else no harm."""
    outcome, rows = evidence.outcome, evidence.inputs.rows
    weights = sum(math.prod(each.shape) for layer in evidence.layers for each in layer.parameters)
    if outcome is None or outcome.validation_score is None or not evidence.network_vitals:
        return Harm("", "")
    if rows >= at.FEW_ROWS or weights < at.WEIGHTS_A_ROW * rows:
        return Harm("", "")
    gap = outcome.score - outcome.validation_score
    if gap < max(2 * error_of_gap(evidence, outcome.score, outcome.validation_score), at.GAP):
        return Harm("", "")
    of = measure(evidence)
    return Harm(
        "by heart",
        f"{of} is {outcome.score:.3f} on the {rows} rows learned from and {outcome.validation_score:.3f} on rows held "
        f"out, of {weights:,} weights",
    )


def _unjudged(evidence: Evidence) -> Harm:
    """Return no harm; where the score is no better than chance, with the words that it cannot be judged."""
    score, known, outcome = final_score(evidence), evidence.references, evidence.outcome
    if score is None or outcome is None:
        return Harm("", "")
    error = known.error if outcome.chance_error is None else outcome.chance_error
    if score - known.chance > at.NO_BETTER * error:
        return Harm("", "")
    where = "rows held out" if outcome.validation_score is not None else "its own rows"
    words, rows = f"cannot be judged: {measure(evidence)} {score:.3f} on {where}", known.judged or known.rows
    if not tells(known) and max(score, known.best) - known.chance > (1 - known.chance) / 2:
        return Harm("", f"{words} may be chance ({known.chance:.3f} ± {error:.2g}): {rows} rows are too few to tell")
    if not known.simple:
        others = "and there is no simple method to compare it with"
    elif not tells(known):
        others = "nor are simple methods: the inputs may tell nothing of the targets, or the rows be too few"
    else:
        others = f"and {rows} rows are too few to tell it from {known.best:.3f}"
    return Harm("", f"{words} is no better than chance ({known.chance:.3f} ± {error:.2g}), {others}")


def _diverged(evidence: Evidence) -> str:
    """Return in words how the training diverged, "" where it did not."""
    if any(event.what == "not finite" for event in evidence.events):
        return "the loss or a weight became non-finite"
    losses = [record.loss for record in evidence.history]
    if any(not math.isfinite(loss) for loss in losses):
        return "the loss became non-finite"
    start = [evidence.output.loss] if math.isfinite(evidence.output.loss) else []
    lowest = min(losses + start, default=0.0)
    if losses and losses[-1] > at.DIVERGED * lowest and losses[-1] > min(start + losses[:1]):
        return f"the loss ended at {losses[-1]:.3g}, far above its lowest of {lowest:.3g}"
    return ""


def final_score(evidence: Evidence) -> float | None:
    """Return the score of the delivered weights on rows held out, else on the probe rows; None before training."""
    if evidence.outcome is None:
        return None
    held_out = evidence.outcome.validation_score
    return evidence.outcome.score if held_out is None else held_out
