"""Hidden layers that are too narrow."""

import cutaway as ca
from tests.diagnosis.preflight.trained import classifier, first, found, numbers, regressor, three_classes

X, Y = three_classes(features=6)


def test_one_unit_in_the_middle():
    layers = ca.Dense(16), ca.Tanh(), ca.Dense(1), ca.Tanh(), ca.Dense(16), ca.Tanh()
    octant = ((X[:, :3] > X[:, :3].mean(axis=0)) @ [4, 2, 1]).astype(int)  # eight classes in a row is a long way
    run = classifier(X, octant, *layers, outputs=8)
    assert first(run) == "bottleneck" and run.findings[0].layer == "2" and run.findings[0].measured == 1


def test_the_fix_names_the_layer_and_does_no_harm_stays_a_note():
    x, y = numbers()
    run = regressor(x[:, 1:2], y * 0 + x[:, 1], ca.Dense(8), ca.Tanh(), ca.Dense(1), ca.Identity(), epochs=60)
    assert first(run) is None


def test_silent_where_a_way_leads_around():
    inner = ca.Sequential(ca.Dense(1), ca.Tanh(), ca.Dense(6))
    run = classifier(X, Y, ca.Residual(inner), ca.Dense(16), ca.ReLU())
    assert found(run, "bottleneck") is None


def test_silent_on_a_single_output_and_on_few_inputs():
    x, y = numbers()
    assert found(regressor(x, y), "bottleneck") is None
    assert found(regressor(x[:, :2], y, ca.Dense(2), ca.Tanh(), epochs=1), "bottleneck") is None


def test_silent_on_an_encoder_of_its_own_inputs():
    network = ca.Sequential(ca.Dense(8), ca.Tanh(), ca.Dense(2), ca.Dense(8), ca.Tanh(), ca.Dense(6))
    run = ca.fit(network, X, X, loss="squared_error", epochs=2, engine="numpy")
    assert found(run, "bottleneck") is None
