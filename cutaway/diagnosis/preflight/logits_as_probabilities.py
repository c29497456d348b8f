"""Scores taken for probabilities: the loss takes their logarithm, which there is not for what is below 0."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.head import NOTHING_LEARNED, head_of, paired
from cutaway.diagnosis.layer_facts import SUMS
from cutaway.records import Finding, Fix


@check(certain=True, explains=("non_finite", "exploding_gradient", "learning_rate_too_high", *NOTHING_LEARNED))
def logits_as_probabilities(evidence: Evidence) -> Finding | None:
    """Find outputs below 0, above 1 or (over classes) with sums other than 1 in front of a loss of probabilities.

    The loss clips them to what has a logarithm, and what is clipped has no slope: those outputs learn nothing, and
    others are pushed without an end, since nothing makes one class pay for another.
    """
    out, head = evidence.output, head_of(evidence)
    loss = evidence.loss
    if loss.takes == "log_probabilities":
        if out.high <= at.NO_PROBABILITY:
            return None
        return _finding(evidence, "largest output, which should be a logarithm", out.high, (None, 0.0))
    if loss.takes != "probabilities" or out.head in ("softmax", "sigmoid"):
        return None
    classes = loss.name == "CrossEntropy" and out.units > 1
    if out.low < -at.NO_PROBABILITY:
        return _finding(evidence, "lowest output", out.low, (0.0, 1.0))
    if out.high > 1 + at.NO_PROBABILITY:
        return _finding(evidence, "largest output", out.high, (0.0, 1.0))
    if classes and out.row_high > 1 + at.NO_PROBABILITY:
        return _finding(evidence, "largest sum of a row's outputs", out.row_high, (1.0, 1.0))
    if classes and out.row_low < 1 - at.NO_PROBABILITY:
        return _finding(evidence, "lowest sum of a row's outputs", out.row_low, (1.0, 1.0))
    if out.head != "linear" or (head is not None and head.kind in SUMS):
        return _finding(evidence, "lowest output", out.low, (0.0, 1.0))  # within 0 … 1 by chance, so far
    return None


def _finding(evidence: Evidence, quantity: str, measured: float, normal: tuple[float | None, float | None]) -> Finding:
    loss, head = evidence.loss, head_of(evidence)
    out = "sums" if evidence.output.head == "linear" else evidence.output.head
    what = "logarithms of probabilities" if loss.takes == "log_probabilities" else "probabilities"
    fix = paired(evidence)
    return Finding(
        check="logits_as_probabilities",
        sentence=f"{loss.name} takes the outputs for {what}, and the network ends in {out}, which are none",
        quantity=quantity,
        measured=measured,
        normal=normal,
        layer=None if head is None else head.path,
        fix=Fix(fix.action, "let the loss take scores", f"loss=ca.{loss.name}()"),
        confidence=0.95,
    )
