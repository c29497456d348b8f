"""Targets that are not scaled."""

import numpy as np

import cutaway as ca
from tests.diagnosis.preflight.trained import classifier, first, found, numbers, regressor, three_classes

X, Y = numbers()


def test_thousands_are_the_first_finding():
    run = regressor(X, 1000 * Y + 3000, optimizer=ca.Adam(1e-3))
    assert first(run) == "targets_unscaled"
    assert run.findings[0].fix.action == "standardise_targets"
    assert abs(run.findings[0].measured / (1000 * Y.std()) - 1) < 0.1


def test_small_deviation_beside_a_large_mean():
    assert "mean" in found(regressor(X, Y + 100, epochs=1), "targets_unscaled").quantity
    assert found(regressor(X, Y / 1000, epochs=1), "targets_unscaled").measured < 0.002


def test_silent_up_to_ten_and_on_classes():
    assert found(regressor(X, 5 * Y + 10, epochs=1), "targets_unscaled") is None
    x, y = three_classes()
    assert found(classifier(x, y, epochs=1), "targets_unscaled") is None


def test_silent_where_the_network_speaks_in_their_size():
    network = ca.Sequential(ca.Dense(16), ca.Tanh(), ca.Dense(1), ca.Standardize([-3.0], [1e-3]))
    run = ca.fit(network, X, 1000 * Y + 3000, loss="squared_error", epochs=1, engine="numpy")
    assert np.ptp(network(X)) > 300 and found(run, "targets_unscaled") is None
