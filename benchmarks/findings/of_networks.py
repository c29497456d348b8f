"""Examples of what is wrong with layers and first weights, and of how signals and gradients fare."""

from __future__ import annotations

import math
from typing import Any

import cutaway as ca
from benchmarks.findings.example import Example, Make, Points, course, fitted, pair, told
from benchmarks.findings.rows import clouds, moons
from cutaway.diagnosis.course import looks, rms_gradient
from cutaway.diagnosis.evidence import Evidence


class Enlarged(ca.Layer):
    """Outputs times a factor."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def forward(self, x: Any, ctx: Any) -> Any:
        return x * self.factor


def _enlarged(factor: float) -> Make:
    def made() -> Evidence:
        x, y = moons()
        return fitted([ca.Dense(32), ca.ReLU(), ca.Dense(2), Enlarged(factor)], x, y, "cross_entropy", ca.Adam(0.01))

    return made


def _normalised(momentum: float) -> Make:
    def made() -> Evidence:
        x, y = clouds()
        layers = [ca.Dense(32), ca.BatchNorm(momentum=momentum), ca.ReLU(), ca.Dense(3)]
        return fitted(layers, 3 * x + 5, y, "cross_entropy", ca.Adam(0.01))

    return made


def _deep(activation: type[ca.Layer], deviation: float | None) -> Make:
    """Return a maker of eight layers of ten units, from weights of that deviation or the usual ones."""

    def made() -> Evidence:
        how = {} if deviation is None else {"initializer": ca.Normal(deviation)}
        layers = [layer for _ in range(8) for layer in (ca.Dense(10, **how), activation())]
        return fitted([*layers, ca.Dense(2)], *moons(), "cross_entropy", ca.Adam(1e-3))

    return made


def _matrices(evidence: Evidence) -> list[Any]:
    return [each for layer in evidence.layers for each in layer.parameters if len(each.shape) > 1]


def _signal(evidence: Evidence) -> float:
    """Return what the hidden layers multiply a signal with, over what keeps it alive."""
    return math.prod(math.hypot(each.mean, each.std) / each.wanted for each in _matrices(evidence)[:-1])


def _hidden_deviation(evidence: Evidence) -> float:
    """Return the deviation of the hidden activations, the smallest over layers."""
    return min(layer.output_std for layer in evidence.layers if layer.kind in ("ReLU", "Tanh", "Softmax"))


def _narrowest(evidence: Evidence) -> float:
    return float(min(each.shape[-1] for each in _matrices(evidence)[:-1]))


def _gradients(choose: Any) -> Any:
    """Return the quantity that is the gradient of a layer over that of the last, look after look."""

    def of(evidence: Evidence) -> Points:
        points = []
        for look in looks(evidence):
            sizes = [rms_gradient(evidence, vitals) for vitals in look.learning]
            if sizes[-1] > 0:
                points.append((float(look.whole.step), choose(sizes[:-1]) / sizes[-1]))
        return points

    return of


def _worst(name: str, *kinds: str) -> Any:
    """Return the quantity that is a layer's figure, of the worst layer of these kinds but the head."""

    def of(evidence: Evidence) -> Points:
        return [
            (float(look.whole.step), max([getattr(each, name) or 0.0 for each in look.layers if each.kind in kinds]))
            for look in looks(evidence)
        ]

    return of


def _dropped(evidence: Evidence) -> float:
    rates = [layer.settings.get("rate", 0.0) for layer in evidence.layers if layer.kind == "Dropout"]
    return max([0.0, *map(float, rates)])


EXAMPLES = (
    Example("hidden_softmax", *pair("softmax between layers", "blobs", "tanh 16", 0.01), _hidden_deviation,
            "deviation of the hidden activations"),
    Example("no_nonlinearity", *pair("no activation", "moons"), told("no_nonlinearity", 1.0),
            "layers of sums in a row without a bend"),
    Example("constant_init", *pair("weights all the same", "blobs"), told("constant_init", 0.0),
            "share of the units that have a twin"),
    Example("init_scale", *pair("weights too small", "moons", "relu 24-24-24", 0.03), _signal,
            "what the layers multiply a signal with", log=True),
    Example("dropout_too_high", *pair("dropout too high", "blobs"), _dropped, "rate of dropout"),
    Example("initial_loss", _enlarged(400.0), _enlarged(1.0), lambda seen: seen.output.loss,
            "loss before the first step", log=True),
    Example("disconnected_layer", *pair("activation without slope", "moons"),
            lambda seen: _matrices(seen)[0].gradient, "gradient of the first layer at first"),
    Example("bottleneck", *pair("bottleneck of one unit", "blobs"), _narrowest, "units of the narrowest hidden layer"),
    Example("exploding_gradient", _deep(ca.ReLU, 3.0), _deep(ca.ReLU, None),
            course(lambda look: look.whole.gradient_norm), "length of the gradient", log=True),
    Example("train_evaluate_mismatch", _normalised(1e-4), _normalised(0.1),
            course(lambda look: look.whole.settled / max(look.whole.loss, 1e-12)),
            "loss in evaluation over that in training", log=True,
            held_out=True),
    Example("saturated", *pair("saturated tanh", "blobs", "tanh 32-32"), _worst("saturated", "Tanh"),
            "share of outputs at the end of their range"),
    Example("dead_relu", *pair("dead ReLU", "moons"), _worst("silent", "ReLU"), "share of dead units, worst layer"),
    Example("vanishing_gradient", _deep(ca.Sigmoid, None), _deep(ca.Tanh, None), _gradients(min),
            "smallest gradient over that of the last layer", log=True),
    Example("frozen_weights", *pair("layers frozen", "blobs"),
            course(lambda look: min(each.update_ratio or 0.0 for each in look.learning)),
            "smallest step of a layer over its weights", log=True),
    Example("collapsed_output", *pair("branch cut off", "moons"),
            course(lambda look: look.whole.commonest), "share of rows given the commonest answer"),
)  # fmt: skip
