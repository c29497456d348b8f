"""Many networks in one against the same networks one by one."""

import numpy as np
import pytest

import cutaway as ca

MEMBERS, ROWS, FEATURES = 3, 6, 4
X = np.random.default_rng(0).standard_normal((ROWS, FEATURES))


def network():
    layers = ca.MemberScale(MEMBERS), ca.Dense(5), ca.Tanh(), ca.MemberDense(2, MEMBERS, bias_initializer=ca.Normal())
    return ca.Sequential(*layers).build(FEATURES, seed=2, dtype=np.float64)


def test_each_member_is_a_network_of_its_own():
    net = network()
    outputs = net(X)
    assert outputs.shape == (ROWS, MEMBERS, 2)
    for m in range(MEMBERS):
        hidden = np.tanh((X * net[0].factor[m]) @ net[1].weight + net[1].bias)
        np.testing.assert_allclose(outputs[:, m], hidden @ net[3].weight[m] + net[3].bias[m], rtol=1e-12, atol=1e-14)


def test_how_they_start():
    net = ca.Sequential(ca.MemberScale(40), ca.MemberDense(50, 40)).build(30)
    np.testing.assert_array_equal(np.unique(net[0].factor), [-1, 1])
    weight = net[1].weight
    assert weight.shape == (40, 30, 50)
    # He's variance is 2 / 30 for each member, whatever their number.
    assert abs(weight.var() - 2 / 30) < 5 * (2 / 30) * np.sqrt(2 / weight.size)
    assert not np.allclose(weight[0], weight[1])


def test_they_learn_and_come_back_from_a_file(tmp_path):
    y = X @ [1.0, -2.0, 0.5, 0.0]
    net = ca.Sequential(ca.MemberScale(MEMBERS), ca.Dense(8), ca.ReLU(), ca.MemberDense(1, MEMBERS))
    loss = ca.MeanOverMembers(ca.SquaredError())
    run = ca.fit(net, X, y, loss=loss, optimizer=ca.Adam(0.02), epochs=300, engine="numpy", path=tmp_path / "run")
    assert run.history[-1].loss < 0.01
    np.testing.assert_array_equal(ca.load(tmp_path / "run").network(X), net(X))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ca.MemberScale(0), "MemberScale: members must be a whole number of at least 1, got 0"),
        (lambda: ca.MemberDense(0, 2), "MemberDense: units must be a whole number of at least 1, got 0"),
        (lambda: ca.MemberDense(1, True), "MemberDense: members must be a whole number of at least 1, got True"),
        (lambda: ca.MemberScale(2)(np.ones((2, 3, 4))), r"MemberScale: got an input of shape \(1, 3, 4\)"),
        (lambda: ca.MemberDense(1, 2)(np.ones((4, 3, 5))), r"shape \(1, 3, 5\), expected \(batch, 2, features\)"),
        (lambda: ca.MemberDense(1, 2)(np.ones((4, 2))), r"shape \(1, 2\), expected \(batch, 2, features\)"),
    ],
)
def test_refusals(make, words):
    with pytest.raises(ca.InputError, match=words):
        make()
