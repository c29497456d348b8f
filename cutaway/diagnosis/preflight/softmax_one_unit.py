"""Softmax over a single unit: its output is 1 whatever the input is."""

from __future__ import annotations

from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.head import NOTHING_LEARNED, head_of, paired, softmax_size
from cutaway.losses.cross_entropy import ONE_UNIT
from cutaway.records import Finding, Fix


@check(certain=True, explains=NOTHING_LEARNED)
def softmax_one_unit(evidence: Evidence) -> Finding | None:
    """Find a softmax over an axis of size 1: e^z / e^z = 1, with slope 0, so that nothing below it learns.

    In front of a loss of scores, cross-entropy that takes the softmax of a single output itself is the same mistake;
    `CrossEntropy` refuses it with these words.
    """
    found = next((layer for layer in evidence.layers if softmax_size(layer) == 1), None)
    if found is None:
        return None
    head = head_of(evidence)
    return Finding(
        check="softmax_one_unit",
        sentence=ONE_UNIT,
        quantity="deviation of its output over the rows",
        measured=found.output_std,
        normal=(0.01, None),
        layer=found.path,
        fix=paired(evidence)
        if head is not None and head.path == found.path
        else Fix("", "take the softmax out, or put ReLU in its place", "ca.ReLU()"),
        confidence=0.99,
    )
