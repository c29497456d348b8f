"""Softmax over a single unit: its output is 1 whatever the input is."""

from __future__ import annotations

from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(certain=True, explains=("target_out_of_range", "loss_output_mismatch"))
def softmax_one_unit(evidence: Evidence) -> Finding | None:
    """Find a softmax over an axis of size 1: e^z / e^z = 1, with slope 0, so that nothing below it learns."""
    for layer in evidence.layers:
        if layer.kind == "Softmax" and layer.units == 1 and layer.settings.get("axis", -1.0) == -1.0:
            classes = evidence.targets.task != "numbers"
            head = (
                "Sigmoid() and BinaryCrossEntropy(from_logits=False)" if classes else "no activation and SquaredError()"
            )
            return Finding(
                check="softmax_one_unit",
                sentence="softmax over a single unit is 1 for every input, and has no slope: nothing can be learned",
                quantity="deviation of its output over the rows",
                measured=layer.output_std,
                normal=(0.01, None),
                layer=layer.path,
                fix=Fix(
                    "paired_head",
                    f"end the network in one unit with {head}",
                    "ca.Sequential(…, ca.Dense(1), ca.Sigmoid())" if classes else "ca.Sequential(…, ca.Dense(1))",
                ),
                confidence=0.99,
            )
    return None
