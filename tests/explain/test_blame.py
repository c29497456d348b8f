import numpy as np
import pytest

import cutaway as ca
from cutaway.explain import trace

from .networks import built


def traced():
    net = ca.Sequential(ca.Dense(6), ca.Tanh(), ca.Dense(2)).build(3)
    random = np.random.default_rng(0)
    return net, trace(net, random.standard_normal((5, 3)), [0, 1, 1, 0, 1], "cross_entropy")


def test_prediction_and_measurement_agree():
    for blame in traced()[1].blame(26, nudge=1e-4):
        assert blame.predicted < 0
        assert blame.measured == pytest.approx(blame.predicted, rel=1e-2, abs=1e-9)
        assert blame.slope == pytest.approx(blame.gradient, rel=1e-6, abs=1e-9)


def test_the_steepest_come_first_and_none_is_missing():
    net, found = traced()
    blames = found.blame(1000)
    sizes = [abs(blame.gradient) for blame in blames]
    assert sizes == sorted(sizes, reverse=True)
    assert len(blames) == sum(np.count_nonzero(found.gradients[path]) for path in net.parameters())
    every = np.concatenate([np.abs(found.gradients[path]).ravel() for path in net.parameters()])
    np.testing.assert_allclose([abs(blame.gradient) for blame in found.blame(7)], np.sort(every)[::-1][:7])


def test_a_nudge_by_hand_does_what_was_measured():
    net, found = traced()
    blame = found.blame(1, nudge=0.05)[0]
    x, y = found.inputs["x"], found.inputs["y"]
    layer = net[int(blame.path.split(".")[0])]
    getattr(layer, blame.path.split(".")[1])[blame.index] += blame.nudge
    after = float(ca.CrossEntropy()(net(x), y.argmax(axis=-1) if y.ndim > 1 else y))
    assert after - found.value == pytest.approx(blame.measured, abs=1e-6)
    assert after < found.value


@pytest.mark.parametrize("name", ["Repeat", "TransformerBlock", "Conv2D", "LSTM", "BatchNorm"])
def test_through_layers_that_are_opened(name):
    network, x = built(name)
    found = trace(network, x)
    for blame in found.blame(5):
        assert blame.slope == pytest.approx(blame.gradient, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize(("count", "nudge", "words"), [(0, 0.01, "count"), (3, 0, "nudge"), (2.5, 0.1, "count")])
def test_wrong_settings(count, nudge, words):
    with pytest.raises(ca.InputError, match=words):
        traced()[1].blame(count, nudge)
