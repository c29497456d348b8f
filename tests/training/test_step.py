"""A step is a pure function: what goes in is not changed, what comes out is the equations'."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.backends import backend_named
from cutaway.training.step import Batch, Carry, make_chunk, make_step


def line(weight=2.0):
    net = ca.Sequential(ca.Dense(1)).build(1, dtype=np.float64)
    net[0].weight = [[weight]]
    return net


def start(net, optimizer):
    return Carry(net.parameters(), net.state(), optimizer.init(net.parameters()))


def test_one_step_of_gradient_descent_on_a_line_by_hand():
    # y = w x with w = 2, b = 0 at x = 3, target 5: L = (6 − 5)², dL/dw = 2·1·3 = 6, dL/db = 2
    net, optimizer = line(), ca.GradientDescent(0.1)
    step = make_step(net, ca.SquaredError(), optimizer)
    carry, loss = step(start(net, optimizer), Batch(np.array([[3.0]]), np.array([[5.0]]), None), 0, 1)
    assert loss == 1.0
    assert carry.params["0.weight"] == pytest.approx(2 - 0.1 * 6, rel=1e-6)
    assert carry.params["0.bias"] == pytest.approx(-0.1 * 2, rel=1e-6)
    assert carry.moments["step"] == 1
    assert net[0].weight == 2.0


def test_padding_changes_nothing():
    net = ca.Sequential(ca.Dense(4), ca.BatchNorm(), ca.Tanh(), ca.Dense(1)).build(2, dtype=np.float64)
    optimizer = ca.Adam(0.1)
    step = make_step(net, ca.SquaredError(), optimizer)
    random = np.random.default_rng(0)
    x, y = random.standard_normal((5, 2)), random.standard_normal((5, 1))
    plain, loss = step(start(net, optimizer), Batch(x, y, None), np.uint32(0), 10)
    padded_x, padded_y = np.concatenate([x, 9 + x[:3]]), np.concatenate([y, y[:3] - 7])
    padded, same = step(
        start(net, optimizer), Batch(padded_x, padded_y, np.array([1.0] * 5 + [0] * 3)), np.uint32(0), 10
    )
    assert loss == pytest.approx(same, rel=1e-12)
    for part, other in zip(plain, padded, strict=True):
        for key in part:
            np.testing.assert_allclose(part[key], other[key], rtol=1e-9, atol=1e-12)


def test_a_chunk_runs_count_steps_and_adds_up_the_losses():
    net, optimizer = line(), ca.GradientDescent(0.01)
    step = make_step(net, ca.SquaredError(), optimizer)
    x = np.arange(1.0, 6.0)[:, None]
    rows = Batch(x, 3 * x, None)
    order = np.array([[0, 1], [2, 3], [4, -1], [0, 0]])
    chunk = make_chunk(step, backend_named("numpy"), masked=True)
    carry, total = chunk(start(net, optimizer), np.zeros(()), rows, order, 3, np.uint32(0), np.float32(3))
    by_hand, expected = start(net, optimizer), 0.0
    for places in ([0, 1], [2, 3], [4]):
        by_hand, loss = step(by_hand, Batch(x[places], 3 * x[places], None), np.uint32(0), np.float32(3))
        expected += loss * len(places)
    assert total == pytest.approx(expected, rel=1e-6)
    assert carry.params["0.weight"] == pytest.approx(by_hand.params["0.weight"], rel=1e-6)


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_the_total_of_a_chunk_tells_of_weights_that_are_not_finite(engine):
    from cutaway.training.engines import Engine

    net = line().build(1)
    run = Engine(engine, net, ca.SquaredError(), ca.GradientDescent(1e38), masked=False, members=None)
    rows = run.place(Batch(np.full((2, 1), 1e3, np.float32), np.zeros((2, 1), np.float32), None))
    carry = run.start(start(net, ca.GradientDescent()))
    # One step: its loss is finite, the weights it leaves are not.
    carry, total = run.chunk(carry, np.zeros((), np.float32), rows, np.array([[0, 1]], np.int32), 1, np.uint32(0), 1)
    assert not np.isfinite(np.asarray(carry.params["0.weight"])).all()
    assert np.isnan(np.asarray(total))
