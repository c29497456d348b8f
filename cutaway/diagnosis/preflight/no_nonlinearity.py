"""No bend between two layers of sums: together they are one such layer, whatever their weights."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence, LayerFacts
from cutaway.diagnosis.head import PASSING, RANGES
from cutaway.diagnosis.layer_facts import HANDING, SUMS
from cutaway.records import Finding, Fix

# Layers that bend nothing, besides those that hand on what they are given.
STRAIGHT = ("Standardize", "Embedding", "ColumnEmbedding", "MemberScale", "LearnedPositions", "Unembedding")


@check(
    explains=(
        "vanishing_gradient", "plateau_from_start", "late_plateau", "underfit", "collapsed_output", "not_enough_epochs",
    )
)  # fmt: skip
def no_nonlinearity(evidence: Evidence) -> Finding | None:
    """Find two layers of sums one after the other with no activation between.

        (x W₁ + b₁) W₂ + b₂ = x (W₁ W₂) + (b₁ W₂ + b₂)

    A middle that is narrower than what comes in and what goes out is left alone: it is a factorisation of low rank,
    made on purpose. It is likely the cause where the whole network is linear and a method that bends does better than
    least squares; where only one of several activations is missing, it hardly is.
    """
    pair = next(
        ((before, layer) for layer in evidence.layers if (before := _sums_before(evidence, layer)) is not None), None
    )
    if pair is None:
        return None
    first, second = pair
    known = evidence.references
    linear = _is_linear(evidence)
    gained = max(score for name, score in known.reached.items() if name != "least squares") - known.linear
    whole = ": the whole network is one weighted sum" if linear else ""
    return Finding(
        check="no_nonlinearity",
        sentence=f"there is no activation between layers {first.path!r} and {second.path!r}: together they are one "
        f"layer of sums{whole}",
        quantity="layers of sums in a row without an activation",
        measured=float(max(_in_a_row(evidence, layer) for layer in evidence.layers)),
        normal=(None, 1.0),
        layer=first.path,
        fix=Fix(
            "insert_activation",
            f"put an activation behind layer {first.path!r}",
            f"ca.Dense({first.units}), ca.ReLU()",
        ),
        confidence=0.4 if not linear or gained <= 0 else 0.85 if gained > at.BENT_ERRORS * known.error else 0.55,
    )


def _before(evidence: Evidence, layer: LayerFacts) -> LayerFacts | None:
    """Return the layer whose output a layer gets, perhaps through layers that hand it on."""
    before = evidence.layer(layer.follows) if layer.follows is not None else None
    while before is not None and before.kind in HANDING:
        before = evidence.layer(before.follows) if before.follows is not None else None
    return before


def _sums_before(evidence: Evidence, layer: LayerFacts) -> LayerFacts | None:
    """Return the layer of sums in front of another one, where no bend is between, and no narrow middle."""
    before = _before(evidence, layer) if layer.kind in SUMS else None
    if before is None or before.kind not in SUMS:
        return None
    fan_in = max((parameter.fan_in for parameter in before.parameters if len(parameter.shape) > 1), default=0)
    return before if before.units >= min(fan_in, layer.units) else None


def _in_a_row(evidence: Evidence, layer: LayerFacts) -> int:
    """Return how many layers of sums in a row end in this one."""
    before = _sums_before(evidence, layer)
    return 1 if before is None else 1 + _in_a_row(evidence, before)


def _is_linear(evidence: Evidence) -> bool:
    """Whether nothing bends but what stands at the very end."""
    kinds = [layer.kind for layer in evidence.layers if layer.kind not in PASSING]
    if kinds and evidence.output.head in RANGES:
        kinds.pop()
    return all(kind in (*SUMS, *HANDING, *STRAIGHT) for kind in kinds)
