"""Softmax between two layers: the units of a row must share a sum of 1, and nearly all that they say is lost."""

from __future__ import annotations

from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence, LayerFacts
from cutaway.diagnosis.head import NOTHING_LEARNED, head_of, over_rows, softmax_size
from cutaway.diagnosis.layer_facts import HANDING, SUMS
from cutaway.records import Finding, Fix


@check(explains=NOTHING_LEARNED)
def hidden_softmax(evidence: Evidence) -> Finding | None:
    """Find a softmax whose input are the sums of a layer and whose output goes into the sums of the next.

    Its outputs are 1/n on average, and so is their slope: with n units the signal forward and the blame back shrink
    about n-fold. A softmax whose output weighs other numbers, as in attention, goes into a product and is none.
    """
    head = head_of(evidence)
    for layer in evidence.layers:
        size = softmax_size(layer)
        if size is None or size < 2 or over_rows(layer) or (head is not None and head.path == layer.path):
            continue
        before = evidence.layer(layer.follows) if layer.follows is not None else None
        if before is None or before.kind not in (*SUMS, *HANDING) or not _summed_next(evidence, layer):
            continue
        return Finding(
            check="hidden_softmax",
            sentence=f"a softmax stands between two layers: its {size} outputs must share a sum of 1, so that each is "
            f"about {1 / size:.2g} and hardly moves",
            quantity="deviation of its outputs",
            measured=layer.output_std,
            normal=(0.1, None),
            layer=layer.path,
            fix=Fix("insert_activation", "put ReLU in its place", "ca.ReLU()", {"layer": layer.path}),
            confidence=0.8,
        )
    return None


def _summed_next(evidence: Evidence, layer: LayerFacts) -> bool:
    """Whether a layer's output goes into the sums of another, perhaps through layers that hand it on."""
    for after in evidence.layers:
        if after.follows == layer.path and after.path != layer.path:
            if after.kind in SUMS:
                return True
            if after.kind in HANDING and _summed_next(evidence, after):
                return True
    return False
