"""What a plan says: epochs of some of the rows, and who is shown the weights."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.losses import SquaredError
from cutaway.training.loop import rows_within
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer


def line(rows=100):
    x = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
    return Batch(x, 2 * x, None)


@pytest.mark.parametrize("members", [None, 2])
def test_an_epoch_of_some_steps_sees_other_rows_each_time_and_none_twice(members):
    plan = Plan(epochs=2, batch_size=8, steps=3, members=members)
    orders = [plan.order(100, epoch).reshape(members or 1, -1) for epoch in range(2)]
    for order in orders:
        assert all(len(set(own)) == 24 for own in order.tolist())
    assert (orders[0] != orders[1]).any() and plan.steps_of_epoch(100) == 3


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_the_loss_of_an_epoch_of_some_steps_is_the_mean_of_the_rows_it_saw(engine):
    network = ca.Sequential(ca.Dense(1, initializer=ca.Constant(0.0))).build(1)
    plan = Plan(epochs=1, batch_size=4, steps=5, shuffle=False, watch=False)
    rows = line()
    run = Trainer(network, SquaredError(), ca.GradientDescent(1e-12), plan, engine=engine).train(rows)
    assert run.history[0].step == 5
    assert run.history[0].loss == pytest.approx(float(np.mean(rows.y[:20] ** 2)), rel=1e-5)


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_weights_are_shown_as_they_are_after_each_epoch(engine):
    network = ca.Sequential(ca.Dense(1)).build(1)
    seen = []
    plan = Plan(
        epochs=3, batch_size=10, watch=False, shown=lambda epoch, carry: seen.append((epoch, carry.params["0.weight"]))
    )
    run = Trainer(network, SquaredError(), ca.GradientDescent(0.1), plan, engine=engine).train(line())
    assert [epoch for epoch, _ in seen] == [1, 2, 3]
    np.testing.assert_array_equal(seen[-1][1], run.params["0.weight"])
    assert abs(seen[0][1] - 2) > abs(seen[1][1] - 2) > abs(seen[2][1] - 2)


def test_large_networks_are_evaluated_on_fewer_rows_at_once():
    assert rows_within(4096, 1e6, 10.0) == 4096 and rows_within(4096, 1e6, 1e5) == 10 and rows_within(8, 1.0, 1e9) == 1
