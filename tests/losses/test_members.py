"""The mean over members against each member's loss by itself, and its gradient."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.autodiff import check_gradients, gradients

RANDOM = np.random.default_rng(0)
ROWS, MEMBERS, K = 7, 4, 3
SCORES, NUMBERS = RANDOM.normal(0, 2, (ROWS, MEMBERS, K)), RANDOM.normal(0, 2, (ROWS, MEMBERS, 1))
CLASSES, WEIGHT = RANDOM.integers(0, K, ROWS), RANDOM.uniform(0.1, 2, ROWS)
LOSSES = {
    "squared": (ca.SquaredError(), NUMBERS, RANDOM.normal(0, 2, ROWS)),
    "squared, two outputs": (
        ca.SquaredError(),
        RANDOM.normal(0, 1, (ROWS, MEMBERS, 2)),
        RANDOM.normal(0, 1, (ROWS, 2)),
    ),
    "sum of squares": (ca.ResidualSumOfSquares(), NUMBERS, RANDOM.normal(0, 2, ROWS)),
    "classes": (ca.CrossEntropy(), SCORES, CLASSES),
    "classes, smoothed and weighted": (ca.CrossEntropy(label_smoothing=0.1, class_weight=[1, 2, 3]), SCORES, CLASSES),
    "probabilities": (ca.CrossEntropy(), SCORES, RANDOM.dirichlet([1, 1, 1], ROWS)),
    "yes or no": (ca.BinaryCrossEntropy(class_weight=[1, 3]), NUMBERS, CLASSES % 2),
}
each_loss = pytest.mark.parametrize(("loss", "outputs", "targets"), LOSSES.values(), ids=LOSSES)


@each_loss
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["alike", "weighted"])
def test_it_is_the_mean_of_the_members_losses(loss, outputs, targets, weight):
    alone = [float(loss(outputs[:, m], targets, weight)) for m in range(MEMBERS)]
    np.testing.assert_allclose(ca.MeanOverMembers(loss)(outputs, targets, weight), np.mean(alone), rtol=1e-12)


@each_loss
def test_gradient_is_the_measured_slope_and_each_members_own(loss, outputs, targets):
    together = ca.MeanOverMembers(loss)
    assert check_gradients(lambda outputs: together(outputs, targets, WEIGHT), [outputs], node=ca.Tensor) < 1e-8
    tensor, alone = ca.Tensor(outputs), ca.Tensor(outputs[:, 2])
    slope = gradients(together(tensor, targets, WEIGHT), tensor)
    np.testing.assert_allclose(slope[:, 2] * MEMBERS, gradients(loss(alone, targets, WEIGHT), alone), rtol=1e-11)


@each_loss
def test_numpy_and_xla_agree_in_float32(loss, outputs, targets):
    jax = pytest.importorskip("jax")
    together, x = ca.MeanOverMembers(loss), outputs.astype(np.float32)
    prepared = together.prepare(targets, x.shape)
    prepared = prepared.astype(np.float32) if prepared.dtype.kind == "f" else prepared

    def both(x, prepared):
        tensor = ca.Tensor(x)
        value = together.value(tensor, prepared, None)
        return value.value, gradients(value, tensor)

    with jax.numpy_dtype_promotion("strict"):
        there = jax.jit(both)(x, prepared)
    for ours, theirs in zip(both(x, prepared), there, strict=True):
        assert ours.dtype == theirs.dtype == np.float32
        np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-6)


def test_what_is_judged_is_the_mean_of_the_predictions():
    together = ca.MeanOverMembers(ca.CrossEntropy())
    chances, truth = together.judged(SCORES, together.prepare(CLASSES, SCORES.shape))
    raised = np.exp(SCORES)
    np.testing.assert_allclose(chances, (raised / raised.sum(axis=2, keepdims=True)).mean(axis=1), rtol=1e-12)
    np.testing.assert_array_equal(truth, CLASSES)
    together = ca.MeanOverMembers(ca.SquaredError())
    predicted, truth = together.judged(NUMBERS, together.prepare(WEIGHT, NUMBERS.shape))
    np.testing.assert_allclose(predicted, NUMBERS.mean(axis=1), rtol=1e-12)
    np.testing.assert_array_equal(truth, WEIGHT[:, None])


def test_refusals():
    together = ca.MeanOverMembers(ca.CrossEntropy())
    assert repr(together) == "MeanOverMembers(loss=CrossEntropy(from_logits=True, label_smoothing=0.0))"
    with pytest.raises(ca.InputError, match=r"shape \(7, 3\), expected \(batch, k, outputs\)"):
        together(SCORES[:, 0], CLASSES)
    with pytest.raises(ca.InputError, match=r"outputs have shape \(7, 3\), targets \(6,\)"):
        together(SCORES, CLASSES[1:])
    with pytest.raises(ca.InputError, match=r"write the brackets: CrossEntropy\(\)"):
        ca.MeanOverMembers(ca.CrossEntropy)
