"""Softmax twice: what is already a probability is taken for a score, and squeezed into probabilities again."""

from __future__ import annotations

import math

from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence, LayerFacts
from cutaway.diagnosis.head import NOTHING_LEARNED, PASSING, head_of, paired, softmax_axis_of
from cutaway.records import Finding, Fix


@check(certain=True, explains=NOTHING_LEARNED)
def double_softmax(evidence: Evidence) -> Finding | None:
    """Find a softmax (or sigmoid) at the end in front of a loss that takes scores, and one right behind another.

        softmax of a probability of 1 among C classes:  e / (e + C − 1),      sigmoid of it:  e / (e + 1) = 0.73

    No answer can be surer than that, and the slope is small where the network is sure: the loss stays high however well
    the classes are told apart, and the probabilities are wrong. A sigmoid in front of a sigmoid can never say no.
    """
    head, out = head_of(evidence), evidence.output
    if head is None or (out.units < 2 and out.head != "sigmoid"):
        return None
    binary = evidence.loss.name == "BinaryCrossEntropy"
    before = _input_of(evidence, head)
    if before is not None and _squeezes(head) and _squeezes(before):
        fix = Fix("paired_head", "leave one of the two out, and let the loss take the other", "ca.CrossEntropy()")
        return _finding(f"{_named(head)} is taken of what {_named(before)} gave", head, out.units, binary, fix)
    if evidence.loss.takes == "logits" and (
        (out.head == "softmax" and out.axis == -1) or (out.head == "sigmoid" and binary)
    ):
        loss = evidence.loss.name
        text = f"the network ends in {out.head}, and {loss} takes it for scores and applies it again"
        fix = paired(evidence)
        other = Fix(fix.action, f"leave the {out.head} out, or give {loss}(from_logits=False)", f"{loss}()")
        return _finding(text, head, out.units, binary, other)
    return None


def _squeezes(layer: LayerFacts) -> bool:
    return softmax_axis_of(layer) == -1 or layer.kind == "Sigmoid"


def _named(layer: LayerFacts) -> str:
    return f"the {layer.kind.lower()} {layer.path!r}"


def _input_of(evidence: Evidence, layer: LayerFacts) -> LayerFacts | None:
    """Return the layer in front of another, behind those that hand on what they are given."""
    before = evidence.layer(layer.follows) if layer.follows is not None else None
    while before is not None and before.kind in PASSING:
        before = evidence.layer(before.follows) if before.follows is not None else None
    return before


def _finding(what: str, layer: LayerFacts, units: int, binary: bool, fix: Fix) -> Finding:
    most = math.e / (math.e + (1 if binary else units - 1))
    return Finding(
        check="double_softmax",
        sentence=f"{what}: no answer can be surer than {most:.2f}"
        + (", and none can be below one half" if binary else ""),
        quantity="largest probability that it can give",
        measured=most,
        normal=(1.0, 1.0),
        layer=layer.path,
        fix=fix,
        confidence=0.9,
    )
