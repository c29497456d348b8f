"""Layers that no blame reaches."""

import pytest

import cutaway as ca
from cutaway.autodiff import value_of
from cutaway.diagnosis.preflight.disconnected_layer import disconnected_layer
from cutaway.errors import FindingWarning
from tests.diagnosis.preflight.examined import HEALTHY, NUMBERS, X, evidence_of, healthy, mlp, net


class Values(ca.Layer):
    """Hands on the numbers alone, without their history."""

    def forward(self, x, ctx):
        return value_of(x)


class Forgets(ca.Layer):
    """Computes with one of two layers, and calls the other for nothing."""

    def __init__(self):
        self.used, self.forgotten = ca.Dense(8), ca.Dense(8)

    def forward(self, x, ctx):
        self.forgotten(x, ctx=ctx)
        return self.used(x, ctx=ctx)


def look(network, optimizer="adam"):
    return disconnected_layer(evidence_of(network, X, NUMBERS, "squared_error", optimizer))


def test_numbers_without_history_cut_off_what_is_below():
    finding = look(net(ca.Dense(8), ca.ReLU(), ca.Dense(8), ca.ReLU(), Values(), ca.Dense(1)))
    assert finding.layer == "2" and finding.measured == 0


def test_a_layer_that_is_forgotten_is_named():
    assert look(net(Forgets(), ca.ReLU(), ca.Dense(1))).layer == "0.forgotten"


def test_a_step_function_is_named_and_is_the_first_finding_where_it_hurts():
    with pytest.warns(FindingWarning, match="disconnected_layer in layer '3'"):
        run = ca.fit(
            net(ca.Dense(4), ca.ReLU(), ca.Dense(4), ca.Step(), ca.Dense(1)), X, NUMBERS + 3 * X[:, :1],
            loss="squared_error", optimizer=ca.Adam(0.01), epochs=60, progress=False,
        )  # fmt: skip
    assert run.findings[0].check == "disconnected_layer"
    mended = run.diagnose(fix=True)
    assert mended.log[0].checks == ("disconnected_layer",) and mended.log[0].kept
    assert not any(isinstance(layer, ca.Step) for layer in mended.run.network)


def test_a_step_function_at_the_end_is_for_a_person_to_replace():
    finding = look(net(ca.Dense(4), ca.ReLU(), ca.Dense(1), ca.Step()))
    assert finding.layer == "3" and (finding.fix.action, finding.fix.code) == ("", "ca.Sigmoid()")


class Closed(ca.Layer):
    """Hands on nothing."""

    def forward(self, x, ctx):
        return x * 0.0


def test_what_gives_the_same_whatever_comes_in_is_named():
    shut = look(net(ca.Dense(8), ca.ReLU(), Closed(), ca.Dense(1)))
    assert shut.layer == "2" and shut.fix.action == "leave_out"
    dead = net(ca.Dense(8, bias_initializer=ca.Constant(-90.0)), ca.ReLU(), ca.Dense(1))
    assert look(dead) is None  # of dead units another check tells
    assert look(net(ca.Dense(8), ca.ReLU(), ca.Dense(8, initializer=ca.Constant(0.0)), ca.Dense(1))) is None


def test_a_zero_that_is_not_moved_is_named():
    shut = net(ca.Dense(8), ca.ReLU(), ca.Dense(8, initializer=ca.Constant(0.0)), ca.Tanh(), ca.Dense(1))
    assert look(shut) is None  # it learns, and then blame gets through
    frozen = look(shut, ca.Adam(learning_rate_factors={"2.*": 0.0}))
    assert frozen.layer == "2" and frozen.fix.action == "unfreeze"


def test_layers_that_are_kept_still_on_purpose_are_fine():
    assert look(mlp(ca.Dense(1)), ca.Adam(learning_rate_factors={"0.*": 0.0, "2.*": 0.0})) is None
    below = net(ca.Dense(8), ca.ReLU(), Values(), ca.Dense(1))
    assert look(below, ca.Adam(learning_rate_factors={"0.*": 0.0})) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_it_is_silent_on(name):
    assert disconnected_layer(healthy(name)) is None
