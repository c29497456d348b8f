"""Targets that have nothing to do with the inputs: of a join in the wrong order, or of one side shuffled."""

from __future__ import annotations

from math import prod
from statistics import median

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.course import trend
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.harm import harm
from cutaway.records import Finding, Fix

# Looks that are the end of a training.
LAST = 3
# With fewer rows of all classes but the commonest there is next to nothing to be told.
FEWEST_OTHERS = 10


@check(certain=True, explains=("overfit", "label_noise", "plateau_from_start", "underfit", "collapsed_output"))
def labels_unrelated(evidence: Evidence) -> Finding | None:
    """Find a training that was no better than chance on rows it did not see, where no simple method is either.

    Least squares, the nearest row and kernel ridge regression answer no better than for permuted targets, nor does the
    network on held-out rows, though it had time. Surest where it fits the rows that it learned: then it can learn, and
    there was nothing to find. A note only where that says little: of few rows, or of many features of which perhaps few
    matter, and while a network that learned nothing yet is still on its way. Where one wild target outweighs all others
    neither least squares nor a score says anything.
    """
    known, outcome = evidence.references, evidence.outcome
    if outcome is None or outcome.validation_score is None or known.rows < at.FEWEST_ROWS:
        return None
    if known.unrelated < at.UNRELATED or evidence.targets.wild > at.WILD:
        return None
    if evidence.plan.updates < at.FEWEST_UPDATES or harm(evidence).kind == "diverged":
        return None
    if evidence.targets.counts and sum(evidence.targets.counts) - max(evidence.targets.counts) < FEWEST_OTHERS:
        return None
    error = known.error if outcome.chance_error is None else outcome.chance_error
    # The weights delivered are those that were luckiest on held-out rows; in the middle of all looks there is no luck.
    # Some networks learn late: then the last looks are better.
    looks = [look.validation_score for look in evidence.network_vitals[1:] if look.validation_score is not None]
    score = max(median(looks), median(looks[-LAST:])) if looks else 1.0
    score = min(score, outcome.validation_score)
    if score > known.chance + at.NO_BETTER * error:
        return None
    fitted = max([outcome.score, *(vitals.score for vitals in evidence.network_vitals)])
    learned = known.error if outcome.constant_error is None else min(known.error, outcome.constant_error)
    memorised = fitted > known.chance + at.MEMORISED * learned
    # A network that learns by heart has seen more rows than least squares did; pictures it sees place by place.
    rows, shape = (evidence.inputs.rows if memorised else known.rows), evidence.inputs.shape
    wide = rows < at.ROWS_A_FEATURE * prod(shape) and not (memorised and len(shape) > 1)
    end = trend(evidence)
    learning = fitted <= known.chance + at.SURE * learned and end.fall > at.STILL_FALLING and end.sure > at.SURE
    though = (
        f", though it reaches {fitted:.3f} on rows it learned"
        if memorised
        else ", and on rows it learned the network is no better either"
    )
    return Finding(
        check="labels_unrelated",
        sentence="the targets seem to have nothing to do with the inputs: neither simple methods nor "
        f"the network (score {score:.3f} on held-out rows) is better than chance "
        f"({known.chance:.3f}){though}",
        quantity="probability that permuted targets are predicted as well",
        measured=known.unrelated,
        normal=(None, at.UNRELATED),
        fix=Fix("", "check that rows of inputs and targets are in the same order: how they were joined, and shuffled"),
        confidence=0.9 if memorised else 0.6,
        note=learning or wide or known.rows < at.ENOUGH_ROWS,
    )
