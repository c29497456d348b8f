"""Each loss against its formula in plain NumPy, against PyTorch where it has one, and its gradient."""

import numpy as np
import pytest

from cutaway import ops
from cutaway.autodiff import check_gradients, gradients
from cutaway.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    CrossEntropy,
    Hinge,
    Huber,
    ResidualSumOfSquares,
    SquaredError,
)
from cutaway.tensor import Tensor

RANDOM = np.random.default_rng(0)
ROWS, K = 7, 3
OUTPUTS = RANDOM.normal(0, 2, (ROWS, K))
NUMBERS = RANDOM.normal(0, 2, (ROWS, K))
CLASSES = np.array([0, 2, 1, 1, 0, 2, 2])
PROBABILITIES = RANDOM.dirichlet([1, 1, 1], ROWS)
YES = RANDOM.integers(0, 2, (ROWS, K)).astype(float)
WEIGHT = RANDOM.uniform(0.1, 2, ROWS)
CLASS_WEIGHT = np.array([0.5, 2.0, 3.0])


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def surprise(z, t):
    return -(t * np.log(softmax(z))).sum(axis=1)


def binary(z, t):
    return -(t * np.log(sigmoid(z)) + (1 - t) * np.log(1 - sigmoid(z)))


def huber(d, delta):
    return np.where(abs(d) <= delta, d**2 / 2, delta * (abs(d) - delta / 2)).mean(axis=1)


ONE_HOT = np.eye(K)[CLASSES]
COLUMN, SIGNS = OUTPUTS[:, :1], 2 * YES[:, :1] - 1
# loss, outputs, targets, the loss of each row, the weight that follows from its target
FORMULAS = {
    "squared": (SquaredError(), OUTPUTS, NUMBERS, ((OUTPUTS - NUMBERS) ** 2).mean(axis=1), 1),
    "absolute": (AbsoluteError(), OUTPUTS, NUMBERS, abs(OUTPUTS - NUMBERS).mean(axis=1), 1),
    "huber": (Huber(), OUTPUTS, NUMBERS, huber(OUTPUTS - NUMBERS, 1), 1),
    "huber 0.3": (Huber(0.3), OUTPUTS, NUMBERS, huber(OUTPUTS - NUMBERS, 0.3), 1),
    "hinge": (Hinge(), COLUMN, YES[:, 0], np.maximum(0, 1 - COLUMN * SIGNS)[:, 0], 1),
    "hinge, signs": (Hinge(), COLUMN, SIGNS, np.maximum(0, 1 - COLUMN * SIGNS)[:, 0], 1),
    "classes": (CrossEntropy(), OUTPUTS, CLASSES, surprise(OUTPUTS, ONE_HOT), 1),
    "probabilities": (CrossEntropy(), OUTPUTS, PROBABILITIES, surprise(OUTPUTS, PROBABILITIES), 1),
    "smoothed": (
        CrossEntropy(label_smoothing=0.2), OUTPUTS, CLASSES, surprise(OUTPUTS, 0.8 * ONE_HOT + 0.2 / K), 1,
    ),
    "from probabilities": (
        CrossEntropy(from_logits=False), softmax(OUTPUTS), CLASSES, surprise(OUTPUTS, ONE_HOT), 1,
    ),
    "class weights": (
        CrossEntropy(class_weight=CLASS_WEIGHT), OUTPUTS, CLASSES, surprise(OUTPUTS, ONE_HOT),
        CLASS_WEIGHT[CLASSES],
    ),
    "class weights by number": (
        CrossEntropy(class_weight={1: 0.1}), OUTPUTS, CLASSES, surprise(OUTPUTS, ONE_HOT),
        np.array([1, 0.1, 1])[CLASSES],
    ),
    "class weights of probabilities": (
        CrossEntropy(class_weight={1: 0.1}), OUTPUTS, PROBABILITIES, surprise(OUTPUTS, PROBABILITIES),
        PROBABILITIES @ [1, 0.1, 1],
    ),
    "binary": (BinaryCrossEntropy(), OUTPUTS, YES, binary(OUTPUTS, YES).mean(axis=1), 1),
    "binary, smoothed": (
        BinaryCrossEntropy(label_smoothing=0.2), OUTPUTS, YES,
        binary(OUTPUTS, 0.8 * YES + 0.1).mean(axis=1), 1,
    ),
    "binary from probabilities": (
        BinaryCrossEntropy(from_logits=False), sigmoid(OUTPUTS), YES, binary(OUTPUTS, YES).mean(axis=1), 1,
    ),
    "binary class weights": (
        BinaryCrossEntropy(class_weight=[0.3, 2]), COLUMN, YES[:, 0], binary(COLUMN, YES[:, :1])[:, 0],
        np.where(YES[:, 0], 2, 0.3),
    ),
}  # fmt: skip
each_formula = pytest.mark.parametrize(("loss", "outputs", "targets", "rows", "own"), FORMULAS.values(), ids=FORMULAS)


@each_formula
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["alike", "weighted"])
def test_value_is_the_formula(loss, outputs, targets, rows, own, weight):
    w = np.ones(ROWS) * own * (1 if weight is None else weight)
    np.testing.assert_allclose(loss(outputs, targets, weight), np.sum(w * rows) / np.sum(w), rtol=1e-12)


def test_residual_sum_of_squares_is_a_sum():
    squares = (OUTPUTS - NUMBERS) ** 2
    np.testing.assert_allclose(ResidualSumOfSquares()(OUTPUTS, NUMBERS), squares.sum(), rtol=1e-12)
    weighted = ResidualSumOfSquares()(OUTPUTS, NUMBERS, WEIGHT)
    np.testing.assert_allclose(weighted, WEIGHT @ squares.sum(axis=1), rtol=1e-12)


@each_formula
def test_gradient_is_the_measured_slope(loss, outputs, targets, rows, own):
    def value(outputs):
        return loss(outputs, targets, WEIGHT)

    for seed in range(2):
        assert check_gradients(value, [outputs], node=Tensor, seed=seed) < 1e-8


@each_formula
def test_padded_rows_change_nothing(loss, outputs, targets, rows, own):
    def run(outputs, targets, weight):
        tensor = Tensor(outputs)
        value = loss.value(tensor, loss.prepare(targets, outputs.shape), weight)
        return value.value, gradients(value, tensor)

    value, slope = run(outputs, targets, WEIGHT)
    twice, padding = np.concatenate((outputs, 1 - outputs)), np.concatenate((targets, targets[::-1]))
    padded, slopes = run(twice, padding, np.concatenate((WEIGHT, 0 * WEIGHT)))
    np.testing.assert_allclose(padded, value, rtol=1e-13)
    np.testing.assert_allclose(slopes[:ROWS], slope, rtol=1e-13)
    assert not slopes[ROWS:].any()
    empty, nothing = run(outputs, targets, 0 * WEIGHT)
    assert empty == 0 and not nothing.any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@each_formula
def test_the_loss_has_the_type_of_the_outputs(loss, outputs, targets, rows, own, dtype):
    assert loss(outputs.astype(dtype), targets, WEIGHT).dtype == dtype
    assert loss(outputs.astype(dtype), targets).dtype == dtype


@each_formula
def test_numpy_and_xla_agree_in_float32(loss, outputs, targets, rows, own):
    jax = pytest.importorskip("jax")
    x, w = outputs.astype(np.float32), WEIGHT.astype(np.float32)
    prepared = loss.prepare(targets, x.shape)
    prepared = prepared.astype(np.float32) if prepared.dtype.kind == "f" else prepared

    def both(x, prepared, w):
        tensor = Tensor(x)
        value = loss.value(tensor, prepared, w)
        return value.value, gradients(value, tensor)

    with jax.numpy_dtype_promotion("strict"):
        there = jax.jit(both)(x, prepared, w)
    for ours, theirs in zip(both(x, prepared, w), there, strict=True):
        assert ours.dtype == theirs.dtype == np.float32
        np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("sure", [1e4, -1e4])
def test_large_logits_are_no_trouble(sure):
    logits = Tensor(np.array([[sure, 0.0], [0.0, sure]], np.float32))
    value = CrossEntropy()(logits, [0, 1])
    assert float(value.value) == (0 if sure > 0 else 1e4)
    right = [[0, 0], [0, 0]] if sure > 0 else [[-0.5, 0.5], [0.5, -0.5]]
    np.testing.assert_array_equal(gradients(value, logits), right)
    logit = Tensor(np.array([[sure]], np.float32))
    value = BinaryCrossEntropy()(logit, [1])
    assert float(value.value) == (0 if sure > 0 else 1e4)
    np.testing.assert_array_equal(gradients(value, logit), [[0 if sure > 0 else -1]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_of_zero_and_one_stay_finite(dtype):
    certain = Tensor(np.array([[1.0, 0.0], [1.0, 0.0]], dtype))
    value = CrossEntropy(from_logits=False)(certain, [0, 1])
    np.testing.assert_allclose(value.value, -np.log(1e-30) / 2, rtol=1e-6)
    assert np.isfinite(gradients(value, certain)).all()
    value = BinaryCrossEntropy(from_logits=False)(certain, np.array([[1, 0], [0, 1]]))
    np.testing.assert_allclose(value.value, -np.log(1e-30) / 2, rtol=1e-6)
    assert np.isfinite(gradients(value, certain)).all()


@pytest.mark.parametrize("logit", [-10.0, -30.0, -60.0])
def test_probabilities_that_are_sure_and_wrong_are_blamed_as_logits_are(logit):
    one, two = (Tensor(np.array([row], np.float32)) for row in ([logit], [logit, 0.0]))
    value = BinaryCrossEntropy(from_logits=False)(ops.sigmoid(one), [1])
    np.testing.assert_allclose(value.value, -logit, rtol=1e-5)
    np.testing.assert_allclose(gradients(value, one), [[-1]], rtol=1e-4)
    value = CrossEntropy(from_logits=False)(ops.softmax(two), [0])
    np.testing.assert_allclose(value.value, -logit, rtol=1e-5)
    np.testing.assert_allclose(gradients(value, two), [[-1, 1]], rtol=1e-4)


def test_weights_do_not_change_the_type_of_a_sum():
    outputs = Tensor(np.array([[0.5], [2.0]], np.float32))
    value = ResidualSumOfSquares()(outputs, [1, 0], np.array([1.0, 3.0]))
    assert value.dtype == np.float32 and gradients(value, outputs).dtype == np.float32


def test_outputs_that_are_whole_numbers_or_a_list_lose_no_fraction():
    assert float(SquaredError()(np.array([[1], [2]]), [1.5, 2.0], [0.5, 0.5])) == 0.125
    assert float(AbsoluteError()([1.0, 2.0], [1.5, 2.0])) == 0.25
