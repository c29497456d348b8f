"""Single steps through `fit`, where what must happen is known exactly."""

from __future__ import annotations

import numpy as np
import pytest

import cutaway as ca
from tests.learning.data import load

RATE = 1e-7


def network(*middle, last=1):
    return ca.Sequential(ca.Dense(6), *middle, ca.Dense(last))


NETWORKS = {
    "line": ca.Sequential(ca.Dense(1)),
    **{
        type(activation).__name__: network(activation)
        for activation in (
            ca.Identity(), ca.ReLU(), ca.LeakyReLU(), ca.ELU(), ca.SELU(), ca.GELU(), ca.GELUTanh(), ca.SiLU(),
            ca.Mish(), ca.Softplus(), ca.Sigmoid(), ca.Tanh(), ca.Softmax(),
        )
    },
    "batch norm": network(ca.BatchNorm(), ca.Tanh()),
    "layer norm": network(ca.LayerNorm(), ca.Tanh()),
    "dropout": network(ca.Tanh(), ca.Dropout(0.5)),
    "residual": network(ca.Residual(ca.Sequential(ca.Dense(6), ca.Tanh()))),
    "embedding": ca.Sequential(ca.Embedding(3, 4), ca.Flatten(), ca.Dense(6), ca.Tanh(), ca.Dense(1)),
}  # fmt: skip
LOSSES = {
    "squared error": (ca.SquaredError(), 2),
    "sum of squares": (ca.ResidualSumOfSquares(), 2),
    "absolute error": (ca.AbsoluteError(), 2),
    "huber": (ca.Huber(0.5), 2),
    "hinge": (ca.Hinge(), 2),
    "cross-entropy": (ca.CrossEntropy(label_smoothing=0.1, class_weight=[1.0, 2.0, 3.0]), 3),
    "binary cross-entropy": (ca.BinaryCrossEntropy(label_smoothing=0.1), 2),
}


def assert_one_step_does_what_its_gradient_predicts(net, loss, x, y):
    """A step −η g lowers the loss by η |g|², for a small η and the true gradient g, and for no other."""
    random = np.random.default_rng(0)
    net.build(x, dtype=np.float64)
    # Away from where it starts: ones and zeros would hide what a rule leaves out.
    moved = {path: array + random.normal(0, 0.3, array.shape) for path, array in net.parameters().items()}
    net.load({**moved, **net.state()})

    def measured():
        ctx = ca.Context(mode="train", random=ca.Random(np.uint32(0), np.int32(0)))
        return float(loss(net(x, ctx=ctx), y))

    before, weights = measured(), net.parameters()
    ca.fit(
        net, x, y, loss=loss, optimizer=ca.GradientDescent(RATE), epochs=1, batch_size=None, shuffle=False,
        engine="numpy", observe=False,
    )  # fmt: skip
    length = sum(np.sum(((weights[path] - array) / RATE) ** 2) for path, array in net.parameters().items())
    assert length > 1e-3
    assert (before - measured()) / RATE == pytest.approx(length, rel=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_one_step_of_every_layer(name):
    x, y = load("iris")
    x = x[40:80]
    rows = (y[40:80, None] + np.arange(3)) % 3 if name == "embedding" else x[:, :3]
    # The target is no mean of a group, for which some layers' gradients would vanish.
    assert_one_step_does_what_its_gradient_predicts(NETWORKS[name], ca.SquaredError(), rows, x[:, 3:] + x[:, :1] ** 2)


@pytest.mark.parametrize("name", LOSSES)
def test_one_step_of_every_loss(name):
    loss, outputs = LOSSES[name]
    x, y = load("iris")
    targets = y[30:120] if outputs == 3 else np.stack([y[30:120] > 0, y[30:120] > 1], axis=1).astype(float)
    assert_one_step_does_what_its_gradient_predicts(network(ca.Tanh(), last=outputs), loss, x[30:120], targets)


def expected_place(step, count):
    """Return where a bias of 0 is after `count` steps of a pull of constant strength 1."""
    place = 0.0
    for t in range(1, count + 1):
        place = step(place, t)
    return place


@pytest.mark.parametrize(
    ("optimizer", "step"),
    [
        (ca.GradientDescent(0.1), lambda w, t: w + 0.1),
        (ca.Momentum(0.1), lambda w, t: w + 0.1 * (1 - 0.9**t) / 0.1),
        (ca.Nesterov(0.1), lambda w, t: w + 0.1 * (1 + 0.9 * (1 - 0.9**t) / 0.1)),
        (ca.RMSProp(0.1), lambda w, t: w + 0.1 / np.sqrt(1 - 0.9**t)),
        (ca.Adam(0.1), lambda w, t: w + 0.1),
        (ca.AdamW(0.1, weight_decay=0.5), lambda w, t: w + 0.1 - 0.1 * 0.5 * w),
        (ca.GradientDescent(0.1, clip_norm=0.25), lambda w, t: w + 0.025),
        (ca.GradientDescent(0.1, clip_value=0.5), lambda w, t: w + 0.05),
        (ca.GradientDescent(ca.Cosine(0.1)), lambda w, t: w + 0.05 * (1 + np.cos(np.pi * (t - 1) / 20))),
    ],
    ids=lambda value: repr(value) if isinstance(value, ca.Optimizer) else "",
)
def test_every_optimizer_under_a_constant_pull(optimizer, step):
    """Absolute error far from the target pulls with 1, however far it is."""
    net = ca.Sequential(ca.Dense(1)).build(1, dtype=np.float64)
    ca.fit(
        net, np.zeros((4, 1)), np.full(4, 1000.0), loss="absolute_error", optimizer=optimizer, epochs=20,
        batch_size=None, engine="numpy", observe=False,
    )  # fmt: skip
    assert net[0].bias.item() == pytest.approx(expected_place(step, 20), rel=1e-6)
