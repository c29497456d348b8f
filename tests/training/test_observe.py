"""Vitals against figures by hand; of a loss that is summed over rows they are those of a batch."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.training.observe import observe
from cutaway.training.step import Batch, Carry

RATE, BATCH = 1e-3, 16


def seen(loss, rate, batch_size=BATCH):
    random = np.random.default_rng(0)
    x = random.normal(size=(64, 3)).astype(np.float32)
    network = ca.Sequential(ca.Dense(5), ca.Tanh(), ca.Dense(1))
    network.build(x, 0, np.float32)
    optimizer = ca.GradientDescent(rate)
    params = network.parameters()
    carry = Carry(params, network.state(), optimizer.init(params))
    rows = Batch(x, (x[:, :1] * x[:, 1:2]).astype(np.float32), None)
    return observe(network, loss, optimizer, carry, rows, 0, 100, held_out=rows, batch_size=batch_size)


def test_a_sum_is_the_mean_times_the_rows_of_a_step():
    layers, whole = seen(ca.losses.ResidualSumOfSquares(), RATE)
    others, mean = seen(ca.losses.SquaredError(), RATE * BATCH)  # the same steps
    assert whole.loss == pytest.approx(BATCH * mean.loss, rel=1e-5)
    assert whole.settled == pytest.approx(BATCH * mean.settled, rel=1e-5)
    assert whole.gradient_norm == pytest.approx(BATCH * mean.gradient_norm, rel=1e-5)
    assert whole.agreement == pytest.approx(mean.agreement, abs=1e-5)
    for name in ("promised", "stepped", "stepped_far"):
        assert getattr(whole, name) == pytest.approx(BATCH * getattr(mean, name), rel=1e-3)
    for one, other in zip(layers, others, strict=True):
        assert (one.update_ratio is None) == (one.weight_norm is None)
        assert one.update_ratio is None or one.update_ratio == pytest.approx(other.update_ratio, rel=1e-4)
    assert whole.score == mean.score and (whole.rows, whole.validation_rows) == (64, 64)


def test_the_mean_has_no_batch():
    assert seen(ca.losses.SquaredError(), RATE, 16) == seen(ca.losses.SquaredError(), RATE, None)


def test_figures_of_a_small_network_by_hand():
    """Least squares through one ReLU, in float64: output, gradient, step and scores as their formulas have them."""
    random = np.random.default_rng(1)
    x, new = random.normal(size=(40, 3)), random.normal(size=(25, 3))
    network = ca.Sequential(ca.Dense(6), ca.ReLU(), ca.Dense(1)).build(x, 0, np.float64)
    network[0].bias = np.array([-9.0, 0.1, -0.1, 0.2, 9.0, 0.0])
    w, b, v, c = network[0].weight, network[0].bias, network[2].weight, network[2].bias

    def answers(x, w, b, v, c):
        return np.maximum(x @ w + b, 0) @ v + c

    y, other = (answers(rows, w, b, v, c) + 0.5 * random.normal(size=(len(rows), 1)) for rows in (x, new))
    optimizer, params = ca.GradientDescent(0.05), network.parameters()
    carry = Carry(params, network.state(), optimizer.init(params))
    batches = Batch(x, y, None), Batch(new, other, None)
    layers, whole = observe(network, ca.SquaredError(), optimizer, carry, batches[0], 2, 10, held_out=batches[1])
    hidden = np.maximum(x @ w + b, 0)
    g = 2 * (hidden @ v + c - y) / len(x)
    into = (g @ v.T) * (hidden > 0)
    grads = {"0.weight": x.T @ into, "0.bias": into.sum(0), "2.weight": hidden.T @ g, "2.bias": g.sum(0)}
    assert whole.gradient_norm == pytest.approx(np.sqrt(sum(np.sum(each**2) for each in grads.values())))
    assert [each.silent for each in layers] == [0, 1 / 6, 0] and np.all(hidden[:, 0] == 0)
    for vitals, output in zip(layers, (x @ w + b, hidden, hidden @ v + c), strict=True):
        assert (vitals.output_mean, vitals.output_std) == pytest.approx((output.mean(), output.std()))
    assert [each.path for each in layers if each.weight_norm is None] == ["1"]
    size = np.sqrt(np.sum(w**2) + np.sum(b**2))
    slope = np.sqrt(np.sum(grads["0.weight"] ** 2) + np.sum(grads["0.bias"] ** 2))
    assert (layers[0].weight_norm, layers[0].gradient_norm) == pytest.approx((size, slope))
    assert layers[0].update_ratio == pytest.approx(0.05 * slope / size)
    assert whole.promised == pytest.approx(0.05 * whole.gradient_norm**2)
    for told, times in ((whole.loss, 0), (whole.settled, 0), (whole.stepped, 0.05), (whole.stepped_far, 0.5)):
        moved = [array - times * grads[path] for path, array in params.items()]
        assert told == pytest.approx(np.mean((answers(x, *moved) - y) ** 2))
    for told, rows, truth in ((whole.score, x, y), (whole.validation_score, new, other)):
        left = np.sum((answers(rows, w, b, v, c) - truth) ** 2)
        assert told == pytest.approx(1 - left / np.sum((truth - truth.mean()) ** 2))


def test_rows_held_out_may_be_longer_than_those_learned_from():
    """Sequences of two lengths do not fit into one pass; dropout and batch norm are at rest in either."""
    random = np.random.default_rng(2)
    network = ca.Sequential(
        ca.Dense(4), ca.BatchNorm(), ca.Tanh(), ca.Dropout(0.5), ca.GlobalAveragePool(), ca.Dense(1)
    )  # fmt: skip
    short, long = (random.normal(size=(30, length, 3)).astype(np.float32) for length in (5, 8))
    network.build(short, 0)
    optimizer, params = ca.Adam(), network.parameters()
    carry = Carry(params, network.state(), optimizer.init(params))
    y = short.sum(axis=(1, 2))[:, None]
    seen = network, ca.SquaredError(), optimizer, carry, Batch(short, y, None), 0, 9
    same, other = (observe(*seen, held_out=Batch(x, y, None))[1] for x in (short, long))
    assert same.score == pytest.approx(same.validation_score) and same.score == pytest.approx(other.score)
    left = np.sum((network(long) - y) ** 2)
    assert other.validation_score == pytest.approx(max(-1, 1 - left / np.sum((y - y.mean()) ** 2)), rel=1e-5)
