"""Examples of a head and a loss that do not go together."""

from __future__ import annotations

from typing import Any

import numpy as np

import cutaway as ca
from benchmarks.findings.example import Example, Make, course, fitted, pair, told
from benchmarks.findings.rows import moons, sine
from cutaway.autodiff import primitive
from cutaway.diagnosis.evidence import Evidence


def _output_deviation(evidence: Evidence) -> list[tuple[float, float]]:
    return [(float(each.step), each.output_std) for each in evidence.network_vitals]


def _sure_and_wrong(loss: str) -> Make:
    """Return a maker of a network that is sure of one answer before the first step."""

    def made() -> Evidence:
        x, y = moons()
        sure = ca.Dense(1, bias_initializer=ca.Constant(-12.0))
        layers: list[ca.Layer] = [ca.Dense(16), ca.ReLU(), sure, *([ca.Sigmoid()] if loss == "squared_error" else [])]
        return fitted(layers, x, y.astype(np.float32), loss, ca.GradientDescent(0.1))

    return made


@primitive
def _wrong(x: Any) -> Any:
    return x * x, lambda g: (lambda: -2 * g * x,)


@primitive
def _right(x: Any) -> Any:
    return x * x, lambda g: (lambda: 2 * g * x,)


class Square(ca.Layer):
    """x², with the backward rule of one's own; with `wrong`, one whose sign is the wrong way round."""

    def __init__(self, wrong: bool) -> None:
        self.wrong = wrong

    def forward(self, x: Any, ctx: Any) -> Any:
        return (_wrong if self.wrong else _right)(x)


def _squares(wrong: bool) -> Make:
    def made() -> Evidence:
        x, y = sine()
        return fitted([ca.Dense(16, initializer=ca.Glorot()), Square(wrong), ca.Dense(1)], x, y, "squared_error",
                      ca.GradientDescent(0.002))  # fmt: skip

    return made


EXAMPLES = (
    Example("softmax_one_unit", *pair("softmax over one unit", "sine"), _output_deviation,
            "deviation of the outputs over the rows"),
    Example("softmax_axis", *pair("softmax over the rows", "moons"), told("softmax_axis", 1.0),
            "largest sum of a row's probabilities", log=True),
    Example("double_softmax", *pair("softmax twice", "blobs"), told("double_softmax", 1.0),
            "largest probability that it can give"),
    Example("logits_as_probabilities", *pair("scores as probabilities", "blobs"),
            told("logits_as_probabilities", 0.0), "lowest output that is taken for a probability"),
    Example("loss_output_mismatch", *pair("sigmoids, categorical loss", "blobs"), told("loss_output_mismatch", 1.0),
            "largest sum of a row's probabilities", band=False),
    Example("target_out_of_range", *pair("sigmoid head, targets beyond", "sine"),
            lambda seen: seen.output.unreachable, "share of the targets that it cannot say"),
    Example("squared_error_of_classes", _sure_and_wrong("squared_error"), _sure_and_wrong("binary_cross_entropy"),
            course(lambda look: look.whole.score), "accuracy on rows learned from", band=False),
    Example("loss_summed", *pair("loss summed", "moons", "relu 48-48 batch norm", 0.1),
            lambda seen: seen.output.doubled, "loss of rows taken twice over once"),
    Example("gradient_wrong", _squares(True), _squares(False),
            lambda seen: max([1e-12, *(each.error for each in seen.gradients)]),
            "gradient minus slope, as a share of them", log=True),
)  # fmt: skip
