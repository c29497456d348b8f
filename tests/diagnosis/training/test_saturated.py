"""Hidden units at the ends of their range, in the layer where they are."""

import pytest

import cutaway as ca
from cutaway.diagnosis.training.saturated import saturated
from tests.diagnosis.trained import evidence_of, moons, stack


@pytest.mark.parametrize(("act", "size"), [(ca.Tanh, 10.0), (ca.Sigmoid, 20.0)])
def test_large_weights_before_the_second_layer(act, size):
    net = ca.Sequential(ca.Dense(16), act(), ca.Dense(16, initializer=ca.Normal(size)), act(), ca.Dense(2))
    finding = saturated(evidence_of(net, moons(), ca.Adam(1e-3)))
    assert finding.layer == "3" and finding.step == 0 and finding.measured > 0.5
    assert finding.fix.action == "initialise"


@pytest.mark.parametrize("act", [ca.Tanh, ca.Sigmoid])
def test_healthy_ones_have_none(act):
    assert saturated(evidence_of(stack(16, 16, act=act), moons(), ca.Adam(0.01))) is None


def test_a_head_that_is_sure_is_well():
    net = ca.Sequential(ca.Dense(16), ca.ReLU(), ca.Dense(1), ca.Sigmoid())
    x, y = moons()
    loss = ca.BinaryCrossEntropy(from_logits=False)
    evidence = evidence_of(net, (x, y[:, None].astype(float)), ca.Adam(0.03), loss=loss, epochs=60)
    assert any(vitals.saturated and vitals.saturated > 0.5 for vitals in evidence.layer_vitals)
    assert saturated(evidence) is None
