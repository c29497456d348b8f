"""Layers that no blame reaches: the loss does not depend on them, or something without a slope stands behind them."""

from __future__ import annotations

from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence, LayerFacts, ParameterFacts
from cutaway.diagnosis.head import head_of
from cutaway.diagnosis.layer_facts import RECTIFIERS
from cutaway.records import Finding, Fix

# Activations, which may be dead or saturated.
ACTIVATIONS = (*RECTIFIERS, "SELU", "Sigmoid", "Tanh", "Softmax")


@check(
    explains=(
        "frozen_weights", "vanishing_gradient", "collapsed_output", "plateau_from_start", "late_plateau", "underfit",
        "learning_rate_too_low", "not_enough_epochs",
    )
)  # fmt: skip
def disconnected_layer(evidence: Evidence) -> Finding | None:
    """Find weights that the loss does not depend on, and weights whose gradient is exactly 0 and must stay so.

    Exactly 0 it stays below a step function, which has no slope, below weights that are 0 and are not moved, and below
    what gives the same whatever comes in (units that are dead or saturated are looked for elsewhere). Below a layer
    that starts at 0 and learns, it is 0 before the first step only, which is no fault; and weights that are kept still
    on purpose need no blame.
    """
    loose = [
        (layer, parameter)
        for layer in evidence.layers
        for parameter in layer.parameters
        if parameter.moved and not parameter.reached
    ]
    if loose:
        layer, parameter = loose[-1]
        return _finding(
            layer.path,
            f"the loss does not depend on {parameter.path!r}: no blame reaches it, and it stays as it is",
            0.0,
            Fix("", "use what the layer gives, and compute with tensors, not with their values", ""),
        )
    still: LayerFacts | None = None
    for layer in evidence.layers:
        if still is None:
            still = layer if _without_blame(layer) else None
            continue
        if layer.kind == "Step":
            last = head_of(evidence)
            is_head = last is not None and last.path == layer.path
            words = "put an activation with a slope in its place"
            return _finding(
                layer.path,
                f"the step function has no slope: no blame gets through to layer {still.path!r} below it",
                0.0,
                Fix("", words, "ca.Sigmoid()")
                if is_head
                else Fix("insert_activation", words, "ca.ReLU()", {"layer": layer.path}),
            )
        shut = next((each for each in layer.parameters if not each.moved and _is_zero(each)), None)
        if shut is not None:
            return _finding(
                layer.path,
                f"{shut.path!r} is 0 and is not moved: no signal gets through it, and no blame back",
                0.0,
                Fix("unfreeze", f"let {shut.path!r} learn, or start it from other values", ""),
            )
        if _is_shut(evidence, layer):
            return _finding(
                layer.path,
                f"{layer.kind} gives the same for every input: no signal gets through it, and no blame back",
                0.0,
                Fix("leave_out", "leave it out, or have it hand on what it is given", ""),
            )
        still = layer if _without_blame(layer) else still
    return None


def _without_blame(layer: LayerFacts) -> bool:
    """Whether a layer has matrices to learn, and their gradients are exactly 0."""
    matrices = [each for each in layer.parameters if each.moved and len(each.shape) > 1]
    return bool(matrices) and all(each.gradient == 0 for each in matrices)


def _is_shut(evidence: Evidence, layer: LayerFacts) -> bool:
    """Whether a layer that learns nothing, and is no activation, gives one number where its input has many."""
    before = evidence.layer(layer.follows) if layer.follows is not None else None
    learns = any(parameter.moved for parameter in layer.parameters)
    if before is None or learns or layer.kind in ACTIVATIONS:
        return False
    return layer.output_low == layer.output_high and before.output_low < before.output_high


def _is_zero(parameter: ParameterFacts) -> bool:
    """Whether a factor (no bias) is 0 throughout."""
    return parameter.mean == 0 and parameter.std == 0 and "bias" not in parameter.path.rpartition(".")[2]


def _finding(path: str, sentence: str, measured: float, fix: Fix) -> Finding:
    return Finding(
        check="disconnected_layer",
        sentence=sentence,
        quantity="gradient before the first step",
        measured=measured,
        normal=(1e-12, None),
        layer=path,
        fix=fix,
        confidence=0.85,
    )
