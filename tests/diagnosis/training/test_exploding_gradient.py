"""A signal or a blame that grows from layer to layer."""

import cutaway as ca
from cutaway.diagnosis.training.exploding_gradient import exploding_gradient
from tests.diagnosis.trained import evidence_of, moons, sine, stack


def test_weights_that_let_the_signal_grow():
    evidence = evidence_of(stack(*(10,) * 8, start=ca.Normal(3.0)), moons(), ca.Adam(1e-3))
    finding = exploding_gradient(evidence)
    assert finding is not None and finding.measured > 1e2 and finding.layer is not None


def test_blame_that_grows_on_its_way_back():
    """Each layer multiplies blame by its weights, about 6 in size; the signal is kept small by tanh."""

    class Squashed(ca.Layer):
        def forward(self, x, ctx):
            return ca.ops.sin(x)

    evidence = evidence_of(stack(*(12,) * 6, act=Squashed, start=ca.Normal(2.0)), moons(), ca.Adam(1e-4))
    finding = exploding_gradient(evidence)
    assert finding is not None and finding.measured > 1e3 and finding.layer == "0"


def test_healthy_deep_ones_have_none():
    for net, rows in ((stack(*(16,) * 8), moons()), (stack(*(16,) * 5, act=ca.Tanh, out=1), sine())):
        assert exploding_gradient(evidence_of(net, rows, ca.Adam(3e-3))) is None


def test_large_targets_alone_are_none():
    x, y = sine()
    assert exploding_gradient(evidence_of(stack(16, 16, out=1), (x, 1000 * y), ca.Adam(0.01))) is None
