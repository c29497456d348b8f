"""Examples of steps that are too long, too short, too few or too noisy, and of what a training ends with."""

from __future__ import annotations

from typing import Any

import numpy as np

import cutaway as ca
from benchmarks.findings.example import Example, Make, Points, course, fitted, pair, watched
from benchmarks.findings.rows import clouds, moons, plane, sine
from cutaway.diagnosis.course import trend
from cutaway.diagnosis.evidence import Evidence


class Logarithm(ca.Layer):
    """x · ln f for a learned factor f, which has no logarithm once a step has led it below 0."""

    def __init__(self) -> None:
        self.factor = ca.Parameter((), ca.Constant(1.5))

    def forward(self, x: Any, ctx: Any) -> Any:
        return x * ca.ops.log(self.factor)


def _in_torch(set_back: bool) -> Make:
    """Return a maker of a regression in PyTorch, whose gradients add up where nobody sets them back."""

    def made() -> Evidence:
        import torch

        torch.manual_seed(0)
        x = torch.randn(320, 3)
        y = x[:, :1] * x[:, 1:2] + 0.1 * torch.randn(320, 1)
        model = torch.nn.Sequential(torch.nn.Linear(3, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
        return watched(model, (x, y), torch.optim.SGD(model.parameters(), 0.05), torch.nn.MSELoss(), 20, set_back)

    return made


def _with_logarithm(rate: float) -> Make:
    return lambda: fitted([ca.Dense(16), ca.Tanh(), Logarithm(), ca.Dense(1)], *sine(), "squared_error",
                          ca.GradientDescent(rate), epochs=20)  # fmt: skip


def _rows_a_step(rows: Any, units: int, size: int, epochs: int) -> Make:
    return lambda: fitted([ca.Dense(units), ca.Tanh(), ca.Dense(1)], *rows, "squared_error",
                          ca.GradientDescent(0.1), epochs=epochs, batch_size=size, validation=None)  # fmt: skip


def _weighted(wrong: bool) -> Make:
    """Return a maker of a trained network that goes on, with the labels of the rows that weigh most turned round."""

    def made() -> Evidence:
        x, y = moons()
        some = np.arange(len(y)) % 5 == 0
        net = ca.Sequential(ca.Dense(16), ca.ReLU(), ca.Dense(16), ca.ReLU(), ca.Dense(2))
        fitted([net], x, y, "cross_entropy", ca.Adam(0.01), epochs=20)
        told = np.where(some & wrong, 1 - y, y)
        return fitted([net], x, told, "cross_entropy", ca.Adam(0.01), epochs=20,
                      sample_weight=np.where(some, 1.0, 1e-3))  # fmt: skip

    return made


def _dead(bias: float) -> Make:
    layers = [ca.Dense(16, bias_initializer=ca.Constant(bias)), ca.ReLU(), ca.Dense(3)]
    return lambda: fitted(layers, *clouds(), "cross_entropy", ca.Adam(0.01))


def _fast(rate: float) -> Make:
    return lambda: fitted([ca.Dense(16), ca.ReLU(), ca.Dense(1)], *sine(), "squared_error", ca.Adam(rate), epochs=60)


def _unweighed(last: float) -> Make:
    loss = ca.losses.CrossEntropy(class_weight=[1.0, 1.0, last])
    return lambda: fitted([ca.Dense(32), ca.ReLU(), ca.Dense(3)], *clouds(), loss, ca.Adam(0.01), epochs=30)


def _short(epochs: int) -> Make:
    layers = [ca.Dense(16), ca.ReLU(), ca.Dense(16), ca.ReLU(), ca.Dense(1)]
    return lambda: fitted(layers, *sine(), "squared_error", ca.Adam(5e-4), epochs=epochs)


def _noise_of_gradient(evidence: Evidence) -> Points:
    """Return signal over noise of a step's gradient, in the first half of the looks."""
    seen = evidence.network_vitals[: max(2, len(evidence.network_vitals) // 2)]
    rows, size = min(256, evidence.inputs.rows), evidence.plan.batch_size
    inverse = [(float(each.step), 1 / min(max(each.agreement, 1e-3), 1 - 1e-6) - 1) for each in seen]
    return [(step, 2 * size / rows / noise) for step, noise in inverse]


def _over_nothing(evidence: Evidence) -> Points:
    return [(float(record.step), record.loss / evidence.output.expected) for record in evidence.history]


def _gap(evidence: Evidence) -> Points:
    return [
        (float(each.step), each.score - each.validation_score)
        for each in evidence.network_vitals
        if each.validation_score is not None
    ]


_update = course(lambda look: look.update)
EXAMPLES = (
    Example("regularisation_too_strong", *pair("weight decay too strong", "blobs"),
            course(lambda look: look.whole.penalty), "share of decay in a step"),
    Example("too_few_updates", *pair("too few epochs", "blobs", "relu 24-24-24", 0.01),
            lambda seen: float(seen.plan.updates), "steps of the training", log=True),
    Example("gradients_kept", _in_torch(set_back=False), _in_torch(set_back=True),
            course(lambda look: look.whole.gradient_norm), "length of the gradient", log=True, band=False),
    Example("optimizer_config", *pair("epsilon of Adam too large", "blobs"),
            lambda seen: seen.optimizer.epsilon or 0.0, "epsilon of Adam", log=True),
    Example("learning_rate_too_high", *pair("learning rate too high", "moons"), _update,
            "size of a step over that of the weights", log=True),
    Example("non_finite", _with_logarithm(0.4), _with_logarithm(0.02), course(lambda look: look.whole.gradient_norm),
            "length of the gradient", log=True, band=False),
    Example("learning_rate_too_low", *pair("learning rate too low", "moons"), _update,
            "size of a step over that of the weights", log=True),
    Example("oscillation", _rows_a_step(sine(40, 0.5), 8, 1, 60), _rows_a_step(sine(40, 0.5), 8, 16, 60),
            lambda seen: trend(seen).noise, "deviation of the loss from its trend"),
    Example("batch_noise", _rows_a_step(plane(), 4, 1, 40), _rows_a_step(plane(), 4, 32, 40), _noise_of_gradient,
            "signal over noise of a step's gradient", log=True),
    Example("loss_metric_disagree", _weighted(True), _weighted(False), course(lambda look: look.whole.score),
            "accuracy on rows learned from", band=False),
    Example("plateau_from_start", _dead(-50.0), _dead(0.0), _over_nothing, "loss over that of knowing nothing"),
    Example("late_plateau", _fast(0.1), _fast(0.01), lambda seen: trend(seen).noise,
            "deviation of the loss from its trend"),
    Example("overfit", *pair("few rows, large network", "moons"), _gap, "score on rows learned minus held out",
            held_out=True),
    Example("not_enough_epochs", _short(30), _short(400), lambda seen: trend(seen).share,
            "share of the fall in the last 30 %"),
    Example("underfit", *pair("network too small", "moons"), course(lambda look: look.whole.score),
            "accuracy on rows learned from"),
    Example("class_forgotten", _unweighed(0.0), _unweighed(1.0),
            lambda seen: min(seen.outcome.recalls) if seen.outcome else 0.0, "lowest recall of a class"),
)  # fmt: skip
