"""What a person relies on: the same seed, the same weights; the best weights kept; engines and members agree."""

from __future__ import annotations

import numpy as np
import pytest

import cutaway as ca
from tests.learning.data import digits, load

ENGINES = ["numpy", "xla"]


@pytest.fixture(autouse=True)
def _needs_jax(request):
    if "xla" in request.node.name or "both_engines" in request.node.name:
        pytest.importorskip("jax")


def plain():
    return ca.Sequential(ca.Dense(24), ca.ReLU(), ca.Dense(10))


def rich():
    return ca.Sequential(
        ca.Dense(24), ca.BatchNorm(), ca.ReLU(), ca.Dropout(0.2), ca.Residual(ca.Sequential(ca.Dense(24), ca.Tanh())),
        ca.LayerNorm(), ca.Dense(10),
    )  # fmt: skip


def fitted(network, engine, **settings):
    x, y, _, _ = digits()
    # 300 rows in batches of 32 leave a last batch of 12, padded.
    given = {"epochs": 3, "batch_size": 32, "optimizer": ca.Adam(0.005), "observe": False, **settings}
    run = ca.fit(network, x[:300], y[:300], loss="cross_entropy", engine=engine, **given)
    return run, network.parameters()


def same(a, b):
    return all(np.array_equal(a[path], b[path]) for path in a)


def close(a, b):
    """Whether arrays agree to the rounding of some tens of float32 steps."""
    return a.keys() == b.keys() and all(np.allclose(a[path], b[path], rtol=1e-4, atol=1e-5) for path in a)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_seed_gives_the_same_bits_and_another_does_not(engine):
    _, first = fitted(rich(), engine, seed=5)
    _, again = fitted(rich(), engine, seed=5)
    _, other = fitted(rich(), engine, seed=6)
    assert same(first, again)
    assert not same(first, other)


@pytest.mark.parametrize("engine", ENGINES)
def test_watching_does_not_change_what_is_learned(engine):
    _, alone = fitted(rich(), engine)
    _, watched = fitted(rich(), engine, observe=True)
    assert same(alone, watched)


@pytest.mark.parametrize(
    ("make", "optimizer"),
    # Not Adam for the second: batch norm takes away all blame of the bias before it, up to rounding, and Adam
    # enlarges that rounding to steps of full length.
    [(plain, ca.Adam(0.005)), (rich, ca.Momentum(0.01))],
    ids=["plain", "rich"],
)
def test_both_engines_reach_the_same(make, optimizer):
    x, _, _, _ = digits()
    first, second = make(), make()
    run, weights = fitted(first, "numpy", optimizer=optimizer)
    other, compiled = fitted(second, "xla", optimizer=optimizer)
    assert close(weights, compiled)
    assert close(first.state(), second.state())
    assert [r.loss for r in run.history] == pytest.approx([r.loss for r in other.history], rel=1e-5)
    assert np.allclose(first(x), second(x), rtol=1e-4, atol=1e-4)
    assert run.history[-1].loss < 0.6 * run.history[0].loss


@pytest.mark.parametrize("engine", ENGINES)
def test_a_member_is_what_a_single_training_with_its_seed_gives(engine):
    *_, x_test, y_test = digits()
    validation = (x_test[:100], y_test[:100])
    run, _ = fitted(plain(), engine, members=3, seed=10, validation=validation)
    assert len(run.network) == 3
    for place, member in enumerate(run.network):
        _, single = fitted(plain(), engine, seed=10 + place, validation=validation)
        assert close(member.parameters(), single), place
    outputs = run.network.members(x_test)
    assert np.allclose(run.network(x_test), outputs.mean(axis=0), atol=1e-6)
    alone = np.mean([ca.metrics.accuracy(answer, y_test) for answer in outputs])
    assert ca.metrics.accuracy(run.network(x_test), y_test) > alone, "together they are better than one by one"


def test_members_on_both_engines_agree():
    settings = {"members": 2, "epochs": 2, "optimizer": ca.Momentum(0.01)}
    eager, _ = fitted(rich(), "numpy", **settings)
    compiled, _ = fitted(rich(), "xla", **settings)
    assert close(eager.network.params, compiled.network.params)
    assert close(eager.network.state, compiled.network.state)


@pytest.mark.parametrize("engine", ENGINES)
def test_early_stopping_restores_the_best_weights(engine):
    """Few noisy rows and a large network: validation turns after some epochs."""
    x, y = load("diabetes")
    y = (y - y.mean()) / y.std()
    held_out = x[60:260], y[60:260]
    net = ca.Sequential(ca.Dense(64), ca.ReLU(), ca.Dense(1))
    run = ca.fit(
        net, x[:60], y[:60], loss="squared_error", optimizer=ca.Adam(0.01), epochs=200, validation=held_out,
        early_stopping=10, engine=engine, observe=False,
    )  # fmt: skip
    losses = [record.validation for record in run.history]
    best = int(np.argmin(losses))
    assert len(losses) == best + 11 < 200, "ten epochs without improvement end it"
    assert losses[-1] > losses[best], "the last weights are not the best"
    assert float(ca.SquaredError()(net(held_out[0]), held_out[1])) == pytest.approx(losses[best], rel=1e-4)
    assert run.best.epoch == best + 1
    assert "no better validation loss for 10 epochs" in run.events[-1].message


def test_without_validation_the_last_weights_are_kept():
    x, y = load("iris")
    net = ca.Sequential(ca.Dense(3))
    run = ca.fit(net, x, y, loss="cross_entropy", epochs=5, engine="numpy")
    assert run.best is run.history[-1]
    assert float(ca.CrossEntropy()(net(x), y)) < run.history[-1].loss


def test_a_second_fit_goes_on_where_the_first_ended():
    net = plain()
    first, _ = fitted(net, "numpy")
    second, _ = fitted(net, "numpy")
    assert second.history[0].loss < 1.5 * first.history[-1].loss < first.history[0].loss


def test_a_weight_changed_by_hand_is_what_training_starts_from():
    net = plain().build(64)
    net[2].bias[:] = 50 * np.eye(10)[3]
    run, _ = fitted(net, "numpy", epochs=1)
    assert run.history[0].loss > 10, "it starts out certain that everything is a 3"


def test_row_weights_decide_which_rows_are_learned():
    x, y, _, _ = digits()
    weight = (y[:300] < 5).astype(float)
    net = plain()
    fitted(net, "numpy", sample_weight=weight, epochs=10)
    answers = net(x[:300]).argmax(axis=-1)
    assert np.mean(answers[weight == 1] == y[:300][weight == 1]) > 0.95
    assert np.mean(answers[weight == 0] == y[:300][weight == 0]) < 0.2


def test_a_listener_may_end_it():
    def after_two(record):
        if getattr(record, "epoch", 0) == 2 and hasattr(record, "loss"):
            raise ca.StopTraining("enough")

    run, _ = fitted(plain(), "numpy", epochs=50, callbacks=[after_two])
    assert len(run.history) == 2
    assert run.events[-1].what == "stopped"
