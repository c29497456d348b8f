"""The share of wrong rows, against a count by hand and scikit-learn."""

import numpy as np
import pytest

import cutaway as ca

RANDOM = np.random.default_rng(0)
SCORES, CLASSES, WEIGHT = RANDOM.normal(size=(50, 4)), RANDOM.integers(0, 4, 50), RANDOM.uniform(0, 2, 50)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["alike", "weighted"])
def test_it_is_one_minus_the_accuracy(weight):
    metrics = pytest.importorskip("sklearn.metrics")
    accuracy = metrics.accuracy_score(CLASSES, SCORES.argmax(axis=1), sample_weight=weight)
    np.testing.assert_allclose(ca.ClassificationError()(SCORES, CLASSES, weight), 1 - accuracy, rtol=1e-12)


def test_the_first_of_the_largest_counts():
    scores = [[1.0, 1.0, 0.0], [0.0, 2.0, 2.0], [0.0, 0.0, 0.0]]
    loss = ca.ClassificationError()
    assert loss.rows(np.array(scores), loss.prepare([0, 2, 0], (3, 3))).tolist() == [0, 1, 0]


def test_targets_may_be_columns_or_probabilities():
    error = ca.ClassificationError()(SCORES, CLASSES)
    assert ca.ClassificationError()(SCORES, CLASSES[:, None]) == error
    assert ca.ClassificationError()(SCORES, 0.1 + 0.6 * np.eye(4)[CLASSES]) == error


def test_rows_with_places_are_averaged():
    loss = ca.ClassificationError()
    assert loss(np.array([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]]), [[0, 1], [1, 1]]) == 0.25


def test_members_answer_by_their_mean_probability():
    # The sure one outvotes the other two, though most members, and the mean of the scores, say otherwise.
    scores = np.array([[[0.0, 3.0], [0.0, -0.5], [0.0, -4.0]], [[2.0, 0.0], [0.0, 0.5], [0.0, 0.5]]])
    chances = (1 / (1 + np.exp(scores[..., 0] - scores[..., 1]))).mean(axis=1)
    expected = (chances > 0.5).astype(int)
    loss = ca.ClassificationError(members=True)
    assert loss(scores, expected) == 0 and loss(scores, 1 - expected) == 1
    np.testing.assert_allclose(loss.judged(scores, expected)[0][:, 1], chances, rtol=1e-12)


@pytest.mark.parametrize("tensor", [False, True], ids=["arrays", "tensors"])
def test_numpy_and_xla_agree_and_there_is_no_slope(tensor):
    jax = pytest.importorskip("jax")
    loss = ca.ClassificationError()
    prepared = loss.prepare(CLASSES, SCORES.shape)
    with jax.numpy_dtype_promotion("strict"):
        there = jax.jit(lambda x, y, w: loss.parts(ca.Tensor(x) if tensor else x, y, w))(
            SCORES.astype(np.float32), prepared, WEIGHT.astype(np.float32)
        )
    here = loss.parts(ca.Tensor(SCORES) if tensor else SCORES, prepared, WEIGHT)
    assert not any(isinstance(part, ca.Tensor) for part in here)
    np.testing.assert_allclose(there, here, rtol=1e-6)


@pytest.mark.parametrize(
    ("loss", "shape", "targets", "words"),
    [
        (ca.ClassificationError(), (3, 1), [0, 0, 0], "a score for each of two or more"),
        (ca.ClassificationError(), (3,), [0, 0, 0], "a score for each of two or more"),
        (ca.ClassificationError(), (3, 2), [0, 0], r"ClassificationError: outputs have shape \(3, 2\), targets \(2,\)"),
        (ca.ClassificationError(), (3, 2), [0, 2, 0], "target 2 in row 1 is not a class"),
        (ca.ClassificationError(members=True), (3, 2), [0, 1, 0], r"expected \(batch, k, classes\)"),
    ],
)
def test_refusals(loss, shape, targets, words):
    with pytest.raises(ca.InputError, match=words):
        loss(np.zeros(shape), targets)
