"""Members with rows of their own: folds, the last best epoch, left-out rows, rates, starts and a limit."""

import time

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.splits import folds
from cutaway.losses import ClassificationError, CrossEntropy, SquaredError
from cutaway.records import Progress
from cutaway.training.members import Members
from cutaway.training.order import member_orders
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer

ENGINES = ["numpy", "xla"]


def noisy(rows=60, seed=0):
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, (rows, 1)).astype(np.float32)
    return x, (np.sin(3 * x) + 0.3 * random.standard_normal((rows, 1))).astype(np.float32)


def trained(x, y, divided, *, engine="numpy", loss=None, network=None, optimizer=None, listeners=(), **settings):
    network = network or ca.Sequential(ca.Dense(16), ca.Tanh(), ca.Dense(y.shape[1] if y.ndim > 1 else 2))
    if not network.built:
        network.build(x[:1], 0)
    settings = {"epochs": 20, "batch_size": 8, "watch": False, **settings}
    plan = Plan(members=len(divided), folds=divided, **settings)
    trainer = Trainer(
        network, loss or SquaredError(), optimizer or ca.Adam(0.05), plan, engine=engine, listeners=listeners
    )
    return trainer.train(Batch(x, y, None))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_member_of_folds_is_what_training_on_its_rows_alone_gives(engine):
    x, y = noisy()
    divided = folds(60, 3, seed=0)
    together = trained(x, y, divided, engine=engine)
    for member, (learned, watched) in enumerate(divided):
        alone = ca.Sequential(ca.Dense(16), ca.Tanh(), ca.Dense(1)).build(x[:1], member)
        run = ca.fit(alone, x[learned], y[learned], loss="squared_error", optimizer=ca.Adam(0.05), epochs=20,
                     batch_size=8, validation=(x[watched], y[watched]), seed=member, engine="numpy")  # fmt: skip
        tolerance = {"rtol": 1e-5, "atol": 1e-6} if engine == "numpy" else {"rtol": 2e-2, "atol": 2e-3}
        np.testing.assert_allclose(together.params["0.weight"][member], alone[0].weight, **tolerance)
        np.testing.assert_allclose(together.outputs[member, : len(watched)], run.predict(x[watched]), **tolerance)


@pytest.mark.parametrize("engine", ENGINES)
def test_members_of_unequal_folds_watch_their_own_rows_only(engine):
    x, y = noisy(50)
    divided = [(np.arange(10, 50), np.arange(10)), (np.arange(30), np.arange(30, 50))]
    result = trained(x, y, divided, engine=engine)
    assert result.outputs.shape == (2, 20, 1)
    for member, (_, watched) in enumerate(divided):
        best = min(record.members[member] for record in result.history)
        found = np.mean((result.outputs[member, : len(watched)] - y[watched]) ** 2)
        assert found == pytest.approx(best, rel=1e-4)


def test_rows_that_fill_no_batch_are_left_out_and_others_each_epoch():
    parts = [np.arange(100, 110), np.arange(200, 211)]
    seen = [set(), set()]
    for epoch in range(30):
        order = member_orders(parts, 4, [0, 1], epoch, drop_last=True)
        assert order.shape == (2, 2, 4) and (order >= 0).all()
        for member, part in enumerate(parts):
            rows = order[member].ravel()
            assert set(rows) <= set(part) and len(set(rows)) == 8
            seen[member] |= set(rows)
    assert [len(each) for each in seen] == [10, 11]


def test_of_equally_good_epochs_the_last_is_kept_and_patience_counts_from_the_first():
    members = Members(1, patience=3)
    kept = [bool(members.improved(np.array([value]), epoch)[0]) for epoch, value in enumerate([0.5, 0.2, 0.2, 0.3], 1)]
    assert kept == [True, True, True, False]
    assert members.best_epoch[0] == 2
    assert not members.improved(np.array([np.nan]), 5).any()


@pytest.mark.parametrize("engine", ENGINES)
def test_the_judge_chooses_the_weights_not_the_training_loss(engine):
    random = np.random.default_rng(0)
    x = random.normal(size=(80, 2)).astype(np.float32)
    y = ((x[:, 0] + 0.8 * random.normal(size=80)) > 0).astype(np.int32)
    divided = folds(80, 2, seed=0, labels=y)
    result = trained(x, y, divided, engine=engine, loss=CrossEntropy(), judge=ClassificationError(), epochs=40)
    for member, (_, watched) in enumerate(divided):
        errors = [record.members[member] for record in result.history]
        wrong = np.mean(result.outputs[member, : len(watched)].argmax(axis=1) != y[watched])
        assert wrong == pytest.approx(min(errors))
        assert all(round(error * len(watched), 3) % 1 == 0 for error in errors)  # shares of rows, no cross-entropy


def test_a_rate_of_its_own_is_what_a_member_learns_with():
    x, y = noisy()
    divided = [(np.arange(60), np.arange(0))] * 2
    slow = trained(x, y, divided, optimizer=ca.GradientDescent(0.1), rates=[1.0, 0.0])
    first = ca.Sequential(ca.Dense(16), ca.Tanh(), ca.Dense(1)).build(x[:1], 1)
    np.testing.assert_array_equal(slow.params["0.weight"][1], first[0].weight)
    assert not np.allclose(slow.params["0.weight"][0], 0)


def test_training_goes_on_from_the_weights_it_is_given():
    x, y = noisy()
    divided = [(np.arange(60), np.arange(0))] * 2
    before = trained(x, y, divided)
    after = trained(x, y, divided, start=before.params, epochs=1, optimizer=ca.GradientDescent(1e-6))
    for path, array in before.params.items():
        np.testing.assert_allclose(after.params[path], array, atol=1e-4)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_limit_leaves_the_epochs_that_fit_and_says_how_many(engine):
    x, y = noisy(2000)
    told = []
    start = time.perf_counter()
    result = trained(x, y, [(np.arange(2000), np.arange(0))], engine=engine, epochs=1_000_000, limit=2.0,
                     listeners=[told.append])  # fmt: skip
    assert time.perf_counter() - start < 10
    assert 1 <= result.epochs < 1_000_000 and result.history[-1].epoch == result.epochs
    planned = [record for record in told if isinstance(record, Progress)]
    assert planned[0].epochs == result.epochs and planned[0].step == 0


def test_a_limit_that_is_not_reached_changes_nothing():
    x, y = noisy()
    divided = folds(60, 2, seed=0)
    whole, limited = trained(x, y, divided, epochs=5), trained(x, y, divided, epochs=5, limit=600.0)
    for path, array in whole.params.items():
        np.testing.assert_array_equal(array, limited.params[path])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("members", [None, 2])
def test_an_epoch_whose_rows_all_weigh_nothing_is_no_divergence(engine, members):
    """One row of twenty counts, and each epoch leaves four out: in about one of five it is among those."""
    x, y = noisy(20)
    weight = np.zeros(20, np.float32)
    weight[3] = 1
    network = ca.Sequential(ca.Dense(1)).build(x[:1], 0)
    plan = Plan(members=members, epochs=40, batch_size=16, drop_last=True, watch=False)
    trainer = Trainer(network, SquaredError(), ca.GradientDescent(0.1), plan, engine=engine)
    result = trainer.train(Batch(x, y, weight))
    assert any((plan.order(20, epoch) != 3).all(axis=(-2, -1)).any() for epoch in range(40))
    assert not result.events and not result.diverged
    assert all(np.isfinite(record.loss) for record in result.history)
    # The rate was never lowered: the line passes through the one row that counts.
    kernel, bias = result.params["0.weight"], result.params["0.bias"]
    line = x[3] * kernel[..., 0, 0] + bias[..., 0]
    np.testing.assert_allclose(line, np.full(line.shape, y[3, 0]), rtol=0.02)


@pytest.mark.parametrize("engine", ENGINES)
def test_members_that_choose_together_keep_the_epoch_with_the_best_mean(engine):
    x, y = noisy()
    divided = folds(60, 3, seed=0)
    result = trained(x, y, divided, engine=engine, together=True, optimizer=ca.Adam(0.3), epochs=30)
    best = [record for record in result.history if record.best][-1]
    assert best.validation == min(record.validation for record in result.history)
    for member, (_, watched) in enumerate(divided):
        found = np.mean((result.outputs[member, : len(watched)] - y[watched]) ** 2)
        assert found == pytest.approx(best.members[member], rel=1e-4)
