"""A sum becomes a mean: twice the rows are no longer twice the loss."""

import numpy as np

import cutaway as ca
from cutaway import ops
from cutaway.losses import CrossEntropy
from tests.diagnosis.fixes.making import after, refused, setup_of


def test_the_loss_no_longer_grows_with_the_rows():
    x = np.random.default_rng(0).normal(0, 1, (20, 2))
    setup = setup_of(ca.Sequential(ca.Dense(1)), x, x[:, :1], "residual_sum_of_squares")
    loss, outputs = after(setup, "mean_loss").loss, setup.network(x)
    twice = np.concatenate([outputs] * 2), np.concatenate([setup.rows.y] * 2)
    assert np.isclose(loss(*twice), loss(outputs, setup.rows.y))
    assert np.isclose(20 * loss(outputs, setup.rows.y), setup.loss(outputs, setup.rows.y))
    assert refused(setup_of(ca.Sequential(ca.Dense(1)), x, x[:, :1], "squared_error"), "mean_loss")


class Summed(CrossEntropy):
    """A loss of one's own, with weights of the classes, too."""

    def quotient(self, total, weight):
        return total


class SummedInItsOwnWay(ca.losses.Loss):
    def value(self, outputs, targets, weight=None):
        return ops.sum(ops.squared_error(outputs, targets))


def test_a_loss_of_ones_own_has_the_same_gradient_divided_by_the_weight_of_the_rows():
    random = np.random.default_rng(1)
    x, y = random.normal(0, 1, (30, 2)), random.integers(0, 3, 30)
    setup = setup_of(ca.Sequential(ca.Dense(3)), x, y, Summed(class_weight=[1.0, 2.0, 4.0]))
    mean = after(setup, "mean_loss").loss
    assert not mean.summed and isinstance(mean, Summed) and setup.loss.summed
    logits, weight = setup.network(x), random.uniform(0.5, 2, 30)
    for given in (None, weight):
        usual = CrossEntropy(class_weight=[1.0, 2.0, 4.0])
        np.testing.assert_allclose(mean(logits, y, given), usual(logits, y, given), rtol=1e-6)
    assert refused(setup_of(ca.Sequential(ca.Dense(1)), x, x[:, :1], SummedInItsOwnWay()), "mean_loss")


def test_members_have_the_mean_of_their_loss():
    x = np.random.default_rng(0).normal(0, 1, (20, 2))
    net = ca.Sequential(ca.layers.MemberScale(3), ca.layers.MemberDense(1, 3))
    setup = setup_of(net, x, x[:, :1], ca.losses.MeanOverMembers(ca.losses.ResidualSumOfSquares()))
    mean = after(setup, "mean_loss").loss
    assert isinstance(mean, ca.losses.MeanOverMembers) and isinstance(mean.loss, ca.losses.SquaredError)
