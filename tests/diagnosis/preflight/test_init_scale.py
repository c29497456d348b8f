"""First weights that are too small or too large."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.preflight.init_scale import init_scale
from cutaway.errors import FindingWarning
from tests.diagnosis.preflight.examined import HEALTHY, NUMBERS, X, evidence_of, healthy, mlp, net


def stack(depth, initializer, activation=ca.ReLU, width=32, last=None):
    layers = [layer for _ in range(depth) for layer in (ca.Dense(width, initializer=initializer), activation())]
    return net(*layers, ca.Dense(1, initializer=last or initializer))


def look(network):
    return init_scale(evidence_of(network, X, NUMBERS, "squared_error"))


def test_a_deep_stack_of_small_weights_is_the_first_finding():
    with pytest.warns(FindingWarning, match="init_scale"):
        run = ca.fit(
            stack(6, ca.Uniform(-0.03, 0.03)), X, NUMBERS + 2 * X[:, :1], loss="squared_error",
            optimizer=ca.GradientDescent(0.01), epochs=20, progress=False,
        )  # fmt: skip
    first = run.findings[0]
    assert first.check == "init_scale" and "too small" in first.sentence and first.fix.action == "initialise"
    # √(1 / 6) and five times √(1 / 32) against 0.03 / √3, the last layer left out.
    expected = (0.03 / 3**0.5) ** 6 / np.prod([min(6**-0.5, (2 / 38) ** 0.5), *[32**-0.5] * 5])
    assert first.measured == pytest.approx(expected, rel=0.1)


def test_one_layer_that_is_too_large_is_named():
    network = net(
        ca.Dense(32),
        ca.ReLU(),
        ca.Dense(32, initializer=ca.Normal(4.0)),
        ca.ReLU(),
        ca.Dense(32),
        ca.ReLU(),
        ca.Dense(1),
    )
    finding = look(network)
    assert finding.layer == "2" and finding.measured == pytest.approx(4 / (2 / 32) ** 0.5, rel=0.1)
    assert "too large" in finding.sentence


@pytest.mark.parametrize(
    "network",
    [
        stack(10, ca.He()),
        stack(10, ca.Glorot(), ca.Tanh),
        stack(10, ca.LeCun(), ca.SELU),
        stack(10, ca.Orthogonal(2**0.5)),
        stack(3, ca.He(), last=ca.Normal(1e-4)),  # a small last layer is a calm start
        mlp(ca.Dense(1), initializer=ca.Normal(0.1)),  # off by a little, in few layers
        net(ca.Dense(3, initializer=ca.Normal(1.0)), ca.Tanh(), ca.Dense(1, initializer=ca.Normal(1.0))),
        net(
            ca.Dense(32),
            *[ca.Residual(net(ca.Dense(32, initializer=ca.Normal(1e-3)), ca.ReLU())) for _ in range(4)],
            ca.Dense(1),
        ),
    ],
)
def test_usual_and_careful_starts_are_fine(network):
    assert look(network) is None


def test_a_norm_behind_it_makes_any_size_do():
    layers = [
        layer for _ in range(5) for layer in (ca.Dense(32, initializer=ca.Normal(5.0)), ca.BatchNorm(), ca.ReLU())
    ]
    assert look(net(*layers, ca.Dense(1))) is None
    bare = [layer for layer in layers if not isinstance(layer, ca.BatchNorm)]
    assert look(net(*bare, ca.Dense(1))) is not None


@pytest.mark.parametrize("name", HEALTHY)
def test_it_is_silent_on(name):
    assert init_scale(healthy(name)) is None
