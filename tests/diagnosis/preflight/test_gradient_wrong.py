"""Gradients of layers and losses of one's own."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.autodiff import primitive
from cutaway.diagnosis.gradient_facts import slope_error
from cutaway.diagnosis.preflight.gradient_wrong import gradient_wrong
from cutaway.errors import FindingWarning
from tests.diagnosis.preflight.examined import CLASSES, HEALTHY, NUMBERS, X, evidence_of, healthy, net


@primitive
def square(x):
    """The square, with a rule that forgets the 2."""
    return x * x, lambda g: (lambda: g * x,)


@primitive
def cube(x):
    """The third power, with the right rule."""
    return x * x * x, lambda g: (lambda: 3 * g * x * x,)


@primitive
def short(x):
    """Twice x, with seven digits."""
    return x.astype(np.float32) * 2, lambda g: (lambda: 2 * g,)


@primitive
def sharp(x):
    """A rounding that hands its blame straight through."""
    return np.round(x), lambda g: (lambda: g,)


class Power(ca.Layer):
    """f(factor · x) for one of the operations above."""

    def __init__(self, operation):
        self.operation = operation
        self.factor = ca.Parameter(("features",), ca.Constant(0.7))

    def forward(self, x, ctx):
        return self.operation(x * self.factor)


class Rectifier(ca.Layer):
    """ReLU by hand, whose bend is at the zeros that the one before leaves."""

    def forward(self, x, ctx):
        return ca.ops.maximum(x, 0.0)


class Noise(ca.Layer):
    """Chance that nothing seeds."""

    def forward(self, x, ctx):
        return x * np.random.default_rng().uniform(0.5, 1.5)


class Single(ca.Layer):
    """A layer that computes in float32."""

    def forward(self, x, ctx):
        return short(x)


class Flipped(ca.losses.Loss):
    """Squared error with its sign the wrong way round."""

    def rows(self, outputs, targets):
        return -ca.ops.mean((outputs - targets) ** 2.0, axis=1)


class Surprise(ca.losses.CrossEntropy):
    """Cross-entropy in a class of one's own."""


class Opposite(ca.losses.CrossEntropy):
    """Cross-entropy with its sign the wrong way round."""

    def rows(self, outputs, targets):
        return -super().rows(outputs, targets)


def found(*layers, y=NUMBERS, loss="squared_error"):
    return gradient_wrong(evidence_of(net(ca.Dense(8), *layers), X, y, loss))


def test_a_rule_that_forgets_a_factor_is_found_in_its_layer():
    finding = found(Power(square), ca.Dense(1))
    assert finding.layer == "1" and "Power" in finding.sentence
    assert finding.measured == pytest.approx(0.5, abs=1e-6)  # g x for 2 g x
    assert found(Power(cube), ca.Dense(1)) is None


def test_inside_another_layer_the_inner_one_is_named():
    block = ca.Residual(net(Rectifier(), Power(square)))
    assert found(block, ca.Dense(1)).layer == "1.inner.1"


def test_straight_through_a_rounding_it_is_told():
    assert found(Power(sharp), ca.Dense(1)).measured == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("layer", [Rectifier, Noise, Single])
def test_bends_chance_and_few_digits_are_no_fault(layer):
    assert found(ca.ReLU(), layer(), ca.Dense(1)) is None


@pytest.mark.parametrize(("loss", "y", "units"), [(Flipped(), NUMBERS, 1), (Opposite(), CLASSES, 3)])
def test_a_loss_with_the_wrong_sign_is_found(loss, y, units):
    finding = found(ca.Dense(units), y=y, loss=loss)
    assert finding.layer is None and finding.measured > 0.5 and "sign" in finding.sentence


def test_a_loss_of_ones_own_that_is_right_is_fine():
    assert found(ca.Dense(3), y=CLASSES, loss=Surprise()) is None


def test_it_is_the_first_finding_of_a_training_that_it_hurts():
    with pytest.warns(FindingWarning):
        run = ca.fit(
            net(ca.Dense(8), ca.ReLU(), ca.Dense(1)), X, NUMBERS + X[:, :1], loss=Flipped(), epochs=20, progress=False
        )
    assert run.findings[0].check == "gradient_wrong"


def test_the_error_is_that_of_a_closed_form():
    # d sin = cos; a rule that says 0.9 cos is off by 0.1 of the larger of the two.
    @primitive
    def sine(x):
        return np.sin(x), lambda g: (lambda: 0.9 * g * np.cos(x),)

    error, worst = slope_error(lambda given: sine(given["x"]) + given["y"], {"x": np.array([0.3]), "y": np.zeros(1)})
    assert slope_error(lambda given: sine(given["x"]), {"x": np.array([0.3])})[0] == pytest.approx(0.1, abs=1e-6)
    assert 0 < error < 0.1 and worst == "x"


@pytest.mark.parametrize("name", HEALTHY)
def test_it_is_silent_on(name):
    assert gradient_wrong(healthy(name)) is None
