"""First weights far too small or too large: the signal dies on its way through the layers, or floods them."""

from __future__ import annotations

import math

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence, LayerFacts
from cutaway.diagnosis.head import head_of
from cutaway.diagnosis.layer_facts import HANDING, SUMS
from cutaway.records import Finding, Fix

# Layers that bring what they are given to a size of their own, whatever the weights before them are.
NORMALISING = ("BatchNorm", "LayerNorm", "RMSNorm", "GroupNorm")


@check(
    explains=(
        "initial_loss", "exploding_gradient", "vanishing_gradient", "dead_relu", "saturated", "collapsed_output",
        "plateau_from_start", "late_plateau", "frozen_weights", "oscillation", "underfit", "not_enough_epochs",
    )
)  # fmt: skip
def init_scale(evidence: Evidence) -> Finding | None:
    """Find weights beyond what keeps a signal alive, in so many layers that the signal does not live.

        healthy deviations: from the smaller of √(1 / fan in) and √(2 / (fan in + fan out)) to √(2 / fan in)
        r = deviation over the nearer end of that; what the signal is multiplied with is the product of r over layers

    LeCun's, Glorot's, He's, orthogonal and PyTorch's uniform weights all are within half and twice that. Layers that a
    normalising layer follows do not count, nor do small weights where they do no harm: in the last layer, and in a
    branch that is added to what it came from.
    """
    chain = _main_chain(evidence)
    small: list[tuple[float, LayerFacts]] = []
    large: list[tuple[float, LayerFacts]] = []
    for layer in evidence.layers:
        ratio = _ratio(layer)
        if _normalised(evidence, layer):
            continue
        if ratio > at.LARGE_WEIGHTS:
            large.append((ratio, layer))
        elif ratio < at.SMALL_WEIGHTS and layer.path in chain:
            small.append((ratio, layer))
    grown, lost = (math.prod(ratio for ratio, _ in found) for found in (large, small))
    if grown > at.SIGNAL_GROWN and grown * lost >= 1:
        _, worst = max(large, key=lambda found: found[0])
        return _finding(worst, grown, "large", len(large))
    if lost < at.SIGNAL_LOST:
        _, worst = min(small, key=lambda found: found[0])
        return _finding(worst, lost, "small", len(small))
    return None


def _finding(layer: LayerFacts, product: float, what: str, count: int) -> Finding:
    deviation = _deviation(layer)
    where = f"{count} layers" if count > 1 else "one layer"
    return Finding(
        check="init_scale",
        sentence=f"the first weights of {where} are too {what}, so that the signal "
        + ("dies out" if what == "small" else "grows out of hand")
        + f": here their deviation is {deviation:.2g}, where {_healthy(layer)[1]:.2g} keeps it alive",
        quantity="what those layers multiply the signal with, over what is healthy",
        measured=product,
        normal=(at.SIGNAL_LOST, at.SIGNAL_GROWN),
        layer=layer.path,
        fix=Fix(
            "initialise",
            "start from weights that suit the activation: He's before ReLU and its kin, Glorot's before tanh",
            f"ca.Dense({layer.units}, initializer=ca.He())",
        ),
        confidence=0.75,
    )


def _deviation(layer: LayerFacts) -> float:
    """Return the root mean square of a layer's matrix, as it meets the signal."""
    matrix = next(parameter for parameter in layer.parameters if len(parameter.shape) > 1)
    size = math.hypot(matrix.mean, matrix.std)
    return size / math.sqrt(matrix.shape[-2]) if layer.settings.get("ntk") else size


def _healthy(layer: LayerFacts) -> tuple[float, float]:
    """Return the smallest and the largest deviation that the usual first weights have."""
    matrix = next(parameter for parameter in layer.parameters if len(parameter.shape) > 1)
    fan_in, fan_out = matrix.shape[-2:] if layer.kind == "MemberDense" else (matrix.fan_in, matrix.fan_out)
    return min(math.sqrt(1 / fan_in), math.sqrt(2 / (fan_in + fan_out))), math.sqrt(2 / fan_in)


def _ratio(layer: LayerFacts) -> float:
    """Return how far a layer's weights are below (< 1) or above (> 1) what is healthy; 1 where that cannot be told."""
    matrices = [parameter for parameter in layer.parameters if len(parameter.shape) > 1]
    if layer.kind not in SUMS or len(matrices) != 1 or math.prod(matrices[0].shape) < at.FEWEST_WEIGHTS:
        return 1.0
    size, (low, high) = _deviation(layer), _healthy(layer)
    return size / low if size < low else size / high if size > high else 1.0


def _main_chain(evidence: Evidence) -> set[str]:
    """Return the paths of the layers from which the signal goes to the head without being mixed, but the last sums."""
    chain: list[LayerFacts] = []
    layer = head_of(evidence)
    while layer is not None:
        chain.append(layer)
        layer = evidence.layer(layer.follows) if layer.follows is not None else None
    sums = [layer.path for layer in chain if layer.kind in SUMS]
    return set(sums[1:])


def _normalised(evidence: Evidence, layer: LayerFacts) -> bool:
    """Whether a normalising layer comes next, perhaps behind layers that hand on what they are given."""
    for after in evidence.layers:
        if after.follows == layer.path and after.path != layer.path:
            if after.kind in NORMALISING:
                return True
            if after.kind in HANDING and _normalised(evidence, after):
                return True
    return False
