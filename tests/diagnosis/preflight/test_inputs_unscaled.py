"""Inputs that are not scaled."""

import numpy as np
import pytest

import cutaway as ca
from tests.diagnosis.preflight.trained import classifier, first, found, numbers, regressor, three_classes

X, Y = three_classes()


def test_one_column_far_larger_is_the_first_finding():
    x, y = numbers()
    run = regressor(x * np.array([1, 1, 1, 1, 3000], np.float32), y)
    assert first(run) == "inputs_unscaled" and "feature 4 (" in run.findings[0].sentence
    assert " and 1 (" not in run.findings[0].sentence  # of the others nothing is wrong
    assert run.findings[0].measured == pytest.approx(3000 * np.sqrt((x[:, 4] ** 2).mean()), rel=0.1)


def test_two_that_are_far_too_large_are_named_together():
    x, y = numbers()
    finding = found(regressor(x * np.array([1, 2000, 1, 1, 3000], np.float32), y, epochs=1), "inputs_unscaled")
    assert "features 1 (" in finding.sentence and " and 4 (" in finding.sentence


def test_all_columns_far_smaller():
    run = classifier(X * 1e-3, Y, optimizer=ca.GradientDescent(0.05))
    assert first(run) == "inputs_unscaled" and "next to nothing" in run.findings[0].sentence


def test_large_and_small_columns_together():
    x = X * np.array([3, 1, 1, 0.003], np.float32)
    assert "large and small" in found(classifier(x, Y, epochs=1), "inputs_unscaled").sentence


def test_what_does_no_harm_is_a_note():
    run = classifier(X * 300 + 200, Y, ca.Dense(32), ca.Tanh())
    assert found(run, "inputs_unscaled").note == (first(run) is None)


def test_silent_where_a_layer_scales_first():
    scaled = ca.Standardize.fit(X * 300 + 200)
    for layer in (ca.BatchNorm(), scaled):
        run = classifier(X * 300 + 200, Y, layer, ca.Dense(32), ca.ReLU())
        assert first(run) is None and found(run, "inputs_unscaled") is None


def test_silent_on_outliers_and_on_rare_categories():
    x = np.hstack([X, np.zeros((len(X), 1), np.float32)])
    x[5, 1], x[7:10, 4] = 15, 1  # standardised data has such rows; a category of 3 rows in 600 deviates by 0.07
    assert found(classifier(x, Y, epochs=3), "inputs_unscaled") is None
