"""Standardised targets: the network learns small numbers, and answers in the user's units."""

import numpy as np

import cutaway as ca
from cutaway.runs.repairing import closed
from tests.diagnosis.fixes.making import after, refused, setup_of, trained


def test_targets_are_standardised_by_the_training_rows_and_the_closing_layer_undoes_it():
    y = np.random.default_rng(0).normal([1000, -3], [250, 0.1], (50, 2))
    setup = setup_of(ca.Sequential(ca.Dense(2)), y / 1000, y, "squared_error", held_out=10)
    changed = after(setup, "standardise_targets")
    assert np.allclose(changed.rows.y.mean(axis=0), 0, atol=1e-5) and np.allclose(
        changed.rows.y.std(axis=0), 1, atol=1e-4
    )
    assert np.allclose(changed.closing(changed.held_out.y), y[40:], rtol=1e-4)


def test_the_trained_network_answers_in_the_units_of_the_targets():
    x = np.linspace(-1, 1, 128)[:, None]
    y = 5000 + 800 * x
    setup = setup_of(ca.Sequential(ca.Dense(1)), x, y, "squared_error", ca.Adam(0.05), epochs=60)
    changed = after(setup, "standardise_targets")
    assert np.abs(closed(trained(changed), changed.closing)(x) - y).max() < 80
    assert np.abs(trained(setup)(x) - y).max() > 4000  # as it was, it does not come near


def test_classes_and_what_is_closed_are_left_alone():
    x = np.random.default_rng(0).normal(0, 1, (30, 2))
    assert refused(setup_of(ca.Sequential(ca.Dense(2)), x, np.arange(30) % 2, "cross_entropy"), "standardise_targets")
    once = after(setup_of(ca.Sequential(ca.Dense(1)), x, 99 * x[:, :1], "squared_error"), "standardise_targets")
    assert refused(once, "standardise_targets")
