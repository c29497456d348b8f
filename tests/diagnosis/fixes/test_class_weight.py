"""Class weights: each class has the same share of the loss."""

import numpy as np

import cutaway as ca
from tests.diagnosis.fixes.making import after, refused, setup_of

X = np.random.default_rng(0).normal(0, 1, (100, 2))


def test_each_class_weighs_the_same_in_all():
    for loss, units, y, counts in (
        ("cross_entropy", 3, np.repeat([0, 1, 2], [80, 15, 5]), [80, 15, 5]),
        ("binary_cross_entropy", 1, np.repeat([0.0, 1.0], [90, 10]), [90, 10]),
    ):
        changed = after(setup_of(ca.Sequential(ca.Dense(units)), X, y, loss), "class_weight")
        assert np.allclose(np.multiply(counts, changed.loss.class_weight), 100 / len(counts))


def test_numbers_and_what_is_weighed_are_left_alone():
    assert refused(setup_of(ca.Sequential(ca.Dense(1)), X, X[:, :1], "squared_error"), "class_weight")
    weighed = ca.CrossEntropy(class_weight=[1.0, 2.0])
    assert refused(setup_of(ca.Sequential(ca.Dense(2)), X, np.arange(100) % 2, weighed), "class_weight")
