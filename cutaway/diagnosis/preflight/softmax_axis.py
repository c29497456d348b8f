"""Softmax over the wrong axis: rows share their probabilities, instead of the classes of a row."""

from __future__ import annotations

from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.head import NOTHING_LEARNED, head_of, over_rows, softmax_axis_of
from cutaway.records import Finding, Fix


@check(certain=True, explains=("logits_as_probabilities", *NOTHING_LEARNED))
def softmax_axis(evidence: Evidence) -> Finding | None:
    """Find a softmax over the rows of the batch, and one at the end over anything but the outputs.

    Over the rows, what a row gets depends on the others beside it, and its probabilities do not sum to 1. Inside a
    network a softmax over another axis may be attention; at its end it is none.
    """
    head = head_of(evidence)
    for layer in evidence.layers:
        axis = softmax_axis_of(layer)
        last = head is not None and head.path == layer.path
        if axis is None or axis == -1 or not (over_rows(layer) or last):
            continue
        what = "the rows of the batch" if over_rows(layer) else f"axis {axis}"
        return Finding(
            check="softmax_axis",
            sentence=f"the softmax goes over {what} instead of over the {layer.units} outputs of each row, so that "
            "what it gives are no probabilities",
            quantity="largest sum of a row's outputs" if last else "axis, counted from the last",
            measured=evidence.output.row_high if last else float(axis),
            normal=(1.0, 1.0) if last else (-1.0, -1.0),
            layer=layer.path,
            fix=Fix("paired_head", "take the softmax over the last axis", "ca.Softmax()")
            if last
            else Fix("", "take the softmax over the last axis", "ca.Softmax()"),
            confidence=0.95,
        )
    return None
