"""What targets may look like, and what those that do not fit are told."""

import numpy as np
import pytest

from cutaway import losses
from cutaway.errors import InputError
from cutaway.losses import BinaryCrossEntropy, CrossEntropy, Hinge, Huber, Loss, SquaredError, as_loss

OUTPUTS = np.array([[0.0, 1.0, 2.0], [3.0, 0.0, 1.0], [0.5, 0.0, 0.1], [1.0, 1.0, 1.0]])
COLUMN = OUTPUTS[:, :1]
CLASSES = np.array([2, 0, 1, 2])
ON_COLUMNS = [
    "squared_error",
    "residual_sum_of_squares",
    "absolute_error",
    "huber",
    "hinge",
    "binary_cross_entropy",
]


@pytest.mark.parametrize(
    "targets",
    [
        CLASSES.tolist(), CLASSES[:, None], CLASSES.astype(np.uint8), CLASSES.astype(float),
        CLASSES[:, None].astype(np.float32), np.eye(3)[CLASSES], np.eye(3, dtype=int)[CLASSES],
        np.eye(3, dtype=bool)[CLASSES],
    ],
    ids=["list", "column", "uint8", "whole floats", "float column", "one-hot", "one-hot int", "one-hot bool"],
)  # fmt: skip
def test_classes_in_every_form(targets):
    np.testing.assert_allclose(CrossEntropy()(OUTPUTS, targets), CrossEntropy()(OUTPUTS, CLASSES), rtol=1e-12)


def test_a_class_for_each_place_of_a_sequence():
    outputs, classes = np.random.default_rng(0).normal(size=(4, 5, 3)), np.arange(20).reshape(4, 5) % 3
    np.testing.assert_allclose(
        CrossEntropy()(outputs, classes), CrossEntropy()(outputs.reshape(20, 3), classes.ravel()), rtol=1e-12
    )


@pytest.mark.parametrize("name", ON_COLUMNS)
def test_a_line_is_a_column(name):
    loss, t = as_loss(name), np.array([1.0, 0.0, 1.0, 1.0])
    expected = loss(COLUMN, t[:, None])
    for outputs, targets in (
        (COLUMN, t),
        (COLUMN, t.astype(int)),
        (COLUMN[:, 0], t),
        (COLUMN[:, 0], t[:, None]),
    ):
        np.testing.assert_allclose(loss(outputs, targets), expected, rtol=1e-12)


@pytest.mark.parametrize("name", ON_COLUMNS)
@pytest.mark.parametrize(
    ("outputs", "targets"),
    [
        ((4, 3), (4,)), ((4, 3), (12,)), ((4, 3), (3, 4)), ((4, 3), (3,)), ((4, 3), (4, 1)), ((4, 3), (1, 3)),
        ((4, 3), ()), ((4, 1), (1,)), ((4, 1), (4, 3)), ((4,), (4, 4)), ((4,), (1,)), ((4, 1), (5,)),
        ((4, 2, 3), (2, 3)),
    ],
    ids=str,
)  # fmt: skip
def test_nothing_is_stretched_silently(name, outputs, targets):
    with pytest.raises(InputError) as error:
        as_loss(name)(np.ones(outputs), np.ones(targets))
    words = str(error.value)
    assert f"outputs have shape {outputs}, targets {targets}" in words
    assert f"give targets of shape {outputs}" in words


@pytest.mark.parametrize("targets", [(3,), (1,), (4, 2), (1, 3), (5, 1), (), (4, 3, 1)], ids=str)
def test_cross_entropy_says_which_shapes_it_takes(targets):
    with pytest.raises(InputError) as error:
        CrossEntropy()(OUTPUTS, np.zeros(targets, int))
    assert "expected class numbers (4,) or probabilities (4, 3)" in str(error.value)
    assert f"targets {targets}" in str(error.value)


@pytest.mark.parametrize("weight", [(4, 1), (1,), (3,), (4, 4), ()], ids=str)
@pytest.mark.parametrize("loss", [SquaredError(), CrossEntropy()], ids=repr)
def test_weights_are_one_a_row(loss, weight):
    with pytest.raises(InputError) as error:
        loss(OUTPUTS, np.eye(3)[CLASSES], np.ones(weight))
    assert f"got shape {weight}, expected one number a row, (4,)" in str(error.value)


@pytest.mark.parametrize("weight", [[0, 0, 0, 0], [1, -1, 1, 1], [1, np.nan, 1, 1]], ids=str)
def test_weights_are_not_negative(weight):
    with pytest.raises(InputError, match="finite numbers of at least 0, and one above 0"):
        SquaredError()(COLUMN, CLASSES, weight)


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        ([2, 0, 3, 2], "target 3 in row 2 is not a class; the network has 3 outputs.*from 0 to 2"),
        ([2, -1, 1, 2], "target -1 in row 1 is not a class"),
        ([[2], [0], [1], [7]], "target 7 in row 3 is not a class"),
        ([2**32, 0, 1, 2], "target 4294967296 in row 0 is not a class"),
        ([2, 0, 0.5, 2], "target 0.5 in row 2 is not a class"),
        ([2, 0, np.nan, 2], "target nan in row 2 is not a finite number"),
        (
            ["a", "b", "c", "a"],
            r"text \('a', 'b', 'c'\), expected numbers; .* np.unique\(y, return_inverse=True\), or .*NetworkC",
        ),
        ([[1, 0, 0], [0, 1, 1], [1, 0, 0], [1, 0, 0]], "row 1 is not a probability.*BinaryCrossEntropy"),
        ([[1, 0, 0], [0, 1, 0], [1, 0, 0], [1.5, -0.5, 0]], "row 3 is not a probability"),
    ],
    ids=str,
)
def test_cross_entropy_names_the_target(targets, words):
    with pytest.raises(InputError, match=words):
        CrossEntropy()(OUTPUTS, targets)


def test_the_row_of_a_sequence():
    with pytest.raises(InputError, match="target 9 in row 2 is"):
        CrossEntropy()(np.zeros((4, 2, 3)), [[0, 0], [0, 0], [0, 9], [0, 0]])


@pytest.mark.parametrize(
    ("loss", "targets", "words"),
    [
        (SquaredError(), [1, np.inf, 0, 0], "SquaredError: target inf in row 1 is not a finite number"),
        (
            SquaredError(),
            ["a", "b", "c", "d"],
            r"SquaredError: targets are text \('a', 'b', 'c', …\), expected numbers",
        ),
        (SquaredError(), ["1", "2.5", "3", "4"], r"written as text .* y = np.asarray\(y, float\)"),
        (
            SquaredError(),
            [None, "b", {}, "d"],
            r"targets are object \(None, 'b', \{\}, …\), expected numbers, all of one",
        ),
        (BinaryCrossEntropy(), [0, 1, 2, 1], "targets reach from 0 to 2; expected 0 .* to 1"),
        (Hinge(), [0, 1, -1, 1], "expected −1 and \\+1"),
    ],
    ids=str,
)
def test_other_losses_refuse_targets(loss, targets, words):
    with pytest.raises(InputError, match=words):
        loss(COLUMN, targets)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: CrossEntropy(label_smoothing=1.0), "0 ≤ ε < 1, got 1.0"),
        (lambda: BinaryCrossEntropy(label_smoothing=-0.1), "0 ≤ ε < 1, got -0.1"),
        (lambda: CrossEntropy(class_weight=[1, -1]), "at least 0"),
        (lambda: CrossEntropy(class_weight=[1, np.nan]), "at least 0"),
        (lambda: CrossEntropy(class_weight={"yes": 1.0}), "by class number from 0, got \\['yes'\\]"),
        (lambda: CrossEntropy(class_weight={-1: 1.0}), "by class number"),
        (lambda: CrossEntropy(class_weight=[1, 1, 1, 1])(OUTPUTS, CLASSES), "4 class weights for 3 outputs"),
        (lambda: BinaryCrossEntropy(class_weight=[1]), "two weights, no and yes"),
        (
            lambda: BinaryCrossEntropy(class_weight=[1, 2])(OUTPUTS, 0 * OUTPUTS),
            "for one output, the network has 3",
        ),
        (lambda: Huber(0), "delta must be above 0, got 0"),
        (lambda: as_loss("squared"), "got 'squared', expected one of squared_error"),
    ],
)
def test_wrong_settings(wrong, words):
    with pytest.raises(InputError, match=words):
        wrong()


def test_names_and_printing():
    for name, kind in losses.BY_NAME.items():
        assert type(as_loss(name)) is kind
    mine = Huber(0.5)
    assert as_loss(mine) is mine
    assert repr(mine) == "Huber(delta=0.5)"
    with pytest.raises(TypeError, match="define rows"):
        Loss()(COLUMN, CLASSES)
