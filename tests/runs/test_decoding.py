"""From outputs to answers: the temperature is applied where it was fitted, after the mean."""

from dataclasses import replace

import numpy as np

import cutaway as ca
from cutaway.data.targets import ClassTarget
from cutaway.runs.calibration import as_scores, tempered
from cutaway.runs.decoding import mean_answers


def members(count=3, seed=0):
    net = ca.Sequential(ca.Dense(3)).build(4)
    random = np.random.default_rng(seed)
    params = {key: random.normal(size=(count, *a.shape)).astype(np.float32) for key, a in net.parameters().items()}
    return ca.Ensemble(net, params, {})


def test_the_temperature_is_applied_to_the_mean_of_the_members():
    target, network = ClassTarget("y", ("a", "b", "c")), members()
    x = np.random.default_rng(1).normal(size=(9, 4)).astype(np.float32)
    plain = mean_answers(network, target, x)
    np.testing.assert_allclose(plain, np.mean([tempered(net(x), 1.0) for net in network], axis=0), rtol=1e-6)
    hot = mean_answers(network, replace(target, temperature=2.5), x)
    np.testing.assert_allclose(hot, tempered(as_scores(plain), 2.5), rtol=1e-12)
    np.testing.assert_allclose(hot.sum(axis=1), 1)


def test_answers_depend_on_neither_the_batch_nor_the_order():
    target, network = ClassTarget("y", ("a", "b", "c")), members()
    x = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)
    whole = mean_answers(network, target, x)
    np.testing.assert_allclose(mean_answers(network, target, x, rows=7), whole, rtol=0, atol=1e-12)
    np.testing.assert_allclose(mean_answers(network, target, x[::-1])[::-1], whole, rtol=0, atol=1e-12)
