"""First weights fitted to rows: variance 1 at every layer, biases among the sums, and nothing else changed."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.layers import Context

RANDOM = np.random.default_rng(0)
# Columns of very different spread, two of them copies of each other, one constant.
X = RANDOM.normal(2, [0.01, 1, 30, 1, 0], (400, 5))
X[:, 3] = X[:, 1]


def dense(units, rows=5, **settings):
    return ca.Dense(units, initializer=ca.UnitVariance(), bias_initializer=ca.RandomSimplex(rows), **settings)


def stack(dtype=np.float64, seed=3, x=X):
    layers = dense(30, ntk=True), ca.SELU(), ca.Dropout(0.5), dense(20), ca.SELU(), dense(2, ntk=True)
    return ca.Sequential(*layers).build(x, seed=seed, dtype=dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_of_every_layer_have_variance_one(dtype):
    net = stack(dtype)
    ctx = Context(taps=[])
    net(X.astype(dtype), ctx=ctx)
    sums = [tap.output for tap in ctx.taps if isinstance(tap.layer, ca.Dense)]
    assert len(sums) == 3
    for z in sums:
        np.testing.assert_allclose(z.var(axis=0, dtype=np.float64), 1, rtol=2e-4 if dtype == np.float32 else 1e-10)


def test_weights_are_the_plain_draw_divided():
    net, plain = stack(), stack(x=5)
    ratio = net[0].weight / plain[0].weight
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[0], ratio.shape), rtol=1e-12)
    np.testing.assert_allclose(1 / ratio[0], (X @ plain[0].weight / np.sqrt(5)).std(axis=0), rtol=1e-12)


def test_biases_lie_within_the_sums():
    net = ca.Sequential(dense(3000, rows=5)).build(X, dtype=np.float64)
    z = X @ net[0].weight
    assert np.all((-net[0].bias > z.min(axis=0)) & (-net[0].bias < z.max(axis=0)))
    # A mean of five draws with weights uniform on the simplex has variance Σ E λⱼ² = 5 · 2 / (5 · 6) of one draw's.
    shifted = -net[0].bias - z.mean(axis=0)
    assert abs(np.var(shifted) - 1 / 3) < 0.05
    one = ca.Sequential(dense(50, rows=1)).build(X, dtype=np.float64)
    nearest = np.abs(X @ one[0].weight + one[0].bias).min(axis=0)
    np.testing.assert_allclose(nearest, 0, atol=1e-12)


def test_the_same_seed_and_rows_give_the_same_weights_and_a_deeper_network_the_same_first_ones():
    first, again, other = stack(), stack(), stack(seed=4)
    for path, array in first.parameters().items():
        np.testing.assert_array_equal(array, again.parameters()[path])
        assert not np.array_equal(array, other.parameters()[path])
    alone = ca.Sequential(dense(30, ntk=True)).build(X, seed=3, dtype=np.float64)
    np.testing.assert_array_equal(alone[0].weight, first[0].weight)
    np.testing.assert_array_equal(alone[0].bias, first[0].bias)


@pytest.mark.parametrize("example", [5, (5,)])
def test_without_rows_they_are_plain(example):
    net = ca.Sequential(dense(400)).build(example)
    assert not net[0].bias.any()
    assert abs(net[0].weight.var() - 1) < 5 * np.sqrt(2 / net[0].weight.size)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rows", [np.full((300, 5), 0.3), np.zeros((7, 5)), X[:1]], ids=["constant", "zero", "one"])
def test_rows_without_spread_leave_the_weights_as_they_are(rows, dtype):
    net = ca.Sequential(dense(8)).build(rows, seed=1, dtype=dtype)
    np.testing.assert_array_equal(net[0].weight, ca.Sequential(dense(8)).build(5, seed=1, dtype=dtype)[0].weight)
    np.testing.assert_allclose(net(rows), 0, atol=2e-5)


def test_each_member_by_itself():
    head = ca.MemberDense(2, 3, initializer=ca.UnitVariance(), bias_initializer=ca.RandomSimplex())
    net = ca.Sequential(ca.MemberScale(3, ca.Normal()), dense(6), ca.Tanh(), head).build(X, dtype=np.float64)
    assert net(X).shape == (400, 3, 2)
    np.testing.assert_allclose(net(X).var(axis=0), 1, rtol=1e-10)


def test_other_networks_are_built_from_one_row_as_before():
    class Counting(ca.Layer):
        seen = 0

        def forward(self, x, ctx):
            Counting.seen = len(x)
            return x

    ca.Sequential(Counting(), ca.Dense(2)).build(X)
    assert Counting.seen == 1
    ca.Sequential(Counting(), dense(2)).build(X)
    assert Counting.seen == len(X)


def test_refusals():
    with pytest.raises(ca.InputError, match=r"needs a matrix \(in, units\), got shape \(2,\)"):
        ca.Sequential(ca.Dense(2, bias_initializer=ca.UnitVariance())).build(X)
    with pytest.raises(ca.InputError, match="rows must be a whole number of at least 1, got 0"):
        ca.RandomSimplex(0)
