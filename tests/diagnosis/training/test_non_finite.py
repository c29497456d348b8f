"""What went non-finite first is named by layer and operation, as data."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.training.non_finite import non_finite
from cutaway.records import Event
from cutaway.storage.record_lines import data_of, record_from
from tests.diagnosis.trained import evidence_of, moons, sine, stack


class Logarithm(ca.Layer):
    def forward(self, x, ctx):
        return ca.ops.log(ca.ops.maximum(x, 0.0))


class Reciprocal(ca.Layer):
    """Fine for the rows before the first step, and 1 / 0 for weights of 0."""

    def __init__(self):
        self.factor = ca.Parameter((), ca.Constant(1.0))

    def forward(self, x, ctx):
        return x * ca.ops.log(self.factor)


def test_a_layer_that_is_not_finite_before_the_first_step():
    evidence = evidence_of(ca.Sequential(ca.Dense(4), Logarithm(), ca.Dense(2)), moons(), "adam", epochs=3)
    finding = non_finite(evidence)
    assert (finding.layer, finding.step) == ("1", 0)


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_a_layer_that_breaks_on_the_way(engine):
    net = ca.Sequential(ca.Dense(4), Reciprocal(), ca.Dense(1))
    evidence = evidence_of(net, sine(), ca.GradientDescent(0.05), epochs=30, engine=engine)
    broke = [event for event in evidence.events if event.what == "not finite"]
    if broke:  # the factor went below 0
        assert (broke[0].layer, broke[0].operation) == ("1", "log")
        finding = non_finite(evidence)
        assert finding.layer == "1" and "log" in finding.sentence


def test_a_loss_that_overflows_names_the_loss():
    x = np.random.default_rng(0).uniform(-1, 1, (60, 3))
    evidence = evidence_of(ca.Sequential(ca.Dense(1)), (x, 1e25 * x[:, :1]), ca.GradientDescent(1e-3), epochs=3)
    finding = non_finite(evidence)
    assert finding is not None and finding.layer is None


def test_healthy_ones_have_none():
    assert non_finite(evidence_of(stack(16), moons(), ca.Adam(0.01))) is None


def test_old_records_of_events_are_read():
    event = Event(3, "not finite", "…", "1", "log")
    data = data_of(event)
    assert record_from(dict(data)) == event
    old = {name: value for name, value in data.items() if name not in ("layer", "operation")}
    assert record_from(old) == Event(3, "not finite", "…")
    with pytest.raises(ca.InputError, match="layer is 7"):
        record_from({**data, "layer": 7})
