import numpy as np
import pytest

import cutaway as ca
from cutaway.explain import step

from .test_html import words as words_of

X = np.random.default_rng(0).standard_normal((10, 3))
Y = X[:, :1] * X[:, 1:2]


def network(*more):
    return ca.Sequential(ca.Dense(5), ca.Tanh(), *more, ca.Dense(1)).build(3, seed=4)


def test_plain_descent_is_minus_rate_times_slope():
    net = network()
    found = step(net, X, Y, "squared_error", ca.GradientDescent(0.1))
    assert found.rule == "Δw = −η g, η = 0.1"
    (update,) = found.updates
    for path, before in update.before.items():
        np.testing.assert_allclose(update.changed[path], before - 0.1 * update.gradients[path], rtol=1e-12)
        np.testing.assert_array_equal(net.parameters()[path], before.astype(np.float32))
    assert update.predicted == pytest.approx(-0.1 * sum(float(np.sum(g * g)) for g in update.gradients.values()))
    assert found.loss_after < found.loss_before
    assert found.loss_before == pytest.approx(update.loss, rel=1e-12)


@pytest.mark.parametrize(
    "optimizer",
    [ca.GradientDescent(0.1), ca.Momentum(0.05), ca.Nesterov(0.05), ca.RMSProp(0.01), ca.Adam(0.01), ca.AdamW(0.01)],
)
@pytest.mark.parametrize("batch_size", [1, 4, None])
def test_it_is_the_step_that_training_takes(optimizer, batch_size):
    shown, trained = network(ca.BatchNorm()), network(ca.BatchNorm())
    found = step(shown, X, Y, "squared_error", optimizer, batch_size=batch_size, apply=True)
    ca.fit(
        trained, X, Y, loss="squared_error", optimizer=optimizer, epochs=1, batch_size=batch_size, shuffle=False,
        engine="numpy", observe=False,
    )  # fmt: skip
    assert len(found.updates) == {1: 10, 4: 3, None: 1}[batch_size]
    for path, array in {**trained.parameters(), **trained.state()}.items():
        np.testing.assert_allclose({**shown.parameters(), **shown.state()}[path], array, rtol=2e-3, atol=1e-4)


def test_the_rule_in_letters():
    from cutaway.explain.step import rule

    assert rule(ca.Nesterov(0.1)).startswith("Δw = −η (g + μ v)")
    assert rule(ca.AdamW(0.1)).startswith("Δw = −η m̂ / (√v̂ + ε) − η λ w")
    assert rule(ca.Momentum(0.1, clip_norm=1.0)).endswith("η = 0.1, g clipped")


def test_the_slopes_are_those_of_the_ledger():
    found = step(network(), X[:1], Y[:1], "squared_error")
    for path, gradient in found.updates[0].gradients.items():
        np.testing.assert_allclose(found.trace.gradients[path], gradient, rtol=1e-12)
    assert found.trace.value == pytest.approx(found.updates[0].loss, rel=1e-12)


def test_the_largest_changes_come_first_and_add_up():
    update = step(network(), X, Y, "squared_error", ca.Adam(0.01)).updates[0]
    every = update.largest(1000)
    sizes = [abs(change.change) for change in every]
    assert sizes == sorted(sizes, reverse=True)
    assert len(every) == sum(array.size for array in update.before.values())
    for change in every:
        assert change.after == pytest.approx(change.before + change.change)
        assert update.before[change.path][change.index] == change.before


def test_printed_as_a_page_and_as_data():
    found = step(network(), X, Y, "squared_error", batch_size=5)
    page = words_of(found.html())
    assert all(change.name in page for change in found.updates[0].largest())
    words = str(found)
    assert "All 2 steps of the epoch" in words
    assert "The network is as it was." in words
    assert found.to_json()["updates"][1]["rows"] == 5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y": Y[:3]}, "one target"),
        ({"batch_size": 0}, "batch_size"),
        ({"network": None}, "expected a layer"),
        ({"optimizer": "sgd"}, "gradient_descent"),
        ({"loss": "mse"}, "squared_error"),
    ],
)
def test_wrong_input(change, words):
    given = {"network": network(), "x": X, "y": Y, "loss": "squared_error", **change}
    with pytest.raises(ca.InputError, match=words):
        step(**given)
