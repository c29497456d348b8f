"""Units that start alike."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.preflight.constant_init import constant_init
from cutaway.errors import FindingWarning
from tests.diagnosis.preflight.examined import CLASSES, HEALTHY, NUMBERS, X, evidence_of, healthy, mlp, net


@pytest.mark.parametrize("value", [0.0, 0.01, 0.3])
def test_it_is_the_first_finding_and_units_do_stay_alike(value):
    network = mlp(ca.Dense(1, initializer=ca.Constant(value)), activation=ca.Tanh, initializer=ca.Constant(value))
    with pytest.warns(FindingWarning, match="constant_init in layer '0'"):
        run = ca.fit(network, X, NUMBERS, loss="squared_error", optimizer=ca.Adam(0.01), epochs=10, progress=False)
    first = run.findings[0]
    assert (first.check, first.layer, first.measured, first.fix.action) == ("constant_init", "0", 1, "initialise")
    weight = run.network[0].weight
    assert np.abs(weight - weight[:, :1]).max() < 1e-4 * max(1e-3, np.abs(weight).max())


def test_zeros_under_relu_are_found_in_their_layer():
    network = net(ca.Dense(8), ca.ReLU(), ca.Dense(8, initializer=ca.Constant(0.0)), ca.ReLU(), ca.Dense(1))
    assert constant_init(evidence_of(network, X, NUMBERS, "squared_error")).layer == "2"


def test_half_of_the_units_copied_from_the_others():
    network = mlp(ca.Dense(1)).build(X, 0)
    network[2].weight = np.tile(network[2].weight[:, :12], 2)
    network[4].weight = np.tile(network[4].weight[:12], (2, 1))
    from cutaway.diagnosis.examination import examine
    from cutaway.losses import as_loss
    from cutaway.optimizers import as_optimizer
    from cutaway.training.plan import Plan
    from cutaway.training.step import Batch

    rows = Batch(X, NUMBERS, None)
    finding = constant_init(
        examine(network, as_loss("squared_error"), as_optimizer("adam"), rows, None, Plan(epochs=1, batch_size=8))
    )
    assert finding.layer == "2" and finding.measured == 1


def test_equal_weights_that_different_weights_follow_are_no_fault():
    network = net(ca.Dense(16, initializer=ca.Constant(0.1)), ca.Tanh(), ca.Dense(1))
    assert constant_init(evidence_of(network, X, NUMBERS, "squared_error")) is None


def test_a_last_layer_of_zeros_and_classes_that_do_not_occur_are_no_fault():
    network = mlp(ca.Dense(40, initializer=ca.Constant(0.0)))
    assert constant_init(evidence_of(network, X, CLASSES, "cross_entropy")) is None


def test_a_branch_that_starts_at_zero_is_no_fault():
    zero = ca.Constant(0.0)
    inner = net(ca.Dense(16, bias=False), ca.ReLU(), ca.Dense(6, initializer=zero))
    assert constant_init(evidence_of(net(ca.Residual(inner), ca.Dense(1)), X, NUMBERS, "squared_error")) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_it_is_silent_on(name):
    assert constant_init(healthy(name)) is None
