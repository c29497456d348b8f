"""A loss that falls while the answers get worse: rows of another kind weigh nearly everything."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.training.loss_metric_disagree import loss_metric_disagree
from tests.diagnosis.trained import evidence_of, moons, stack


def test_weights_that_ask_for_the_opposite():
    x, y = moons()
    wrong = np.arange(len(y)) % 5 == 0
    net = stack(16, 16)
    evidence_of(net, (x, y), ca.Adam(0.01), epochs=20)
    told = np.where(wrong, 1 - y, y)
    evidence = evidence_of(net, (x, told), ca.Adam(0.01), sample_weight=np.where(wrong, 1.0, 1e-3), epochs=20)
    finding = loss_metric_disagree(evidence)
    assert finding is not None and finding.measured > 0.1


def test_where_both_get_better_or_stand_still_there_is_none():
    for epochs in (5, 60):
        assert loss_metric_disagree(evidence_of(stack(16, 16), moons(), ca.Adam(0.01), epochs=epochs)) is None


@pytest.mark.parametrize("optimizer", [ca.Adam(1e-3), ca.Adam(1e-7)])
def test_scores_near_chance_go_up_and_down_by_luck(optimizer):
    """Sums alone cannot tell the quarters of a square apart, nor can steps of nothing."""
    for seed in range(3):
        x = np.random.default_rng(seed).uniform(-1, 1, (400, 2))
        y = ((x[:, 0] > 0) ^ (x[:, 1] > 0)).astype(np.float32)
        net = ca.Sequential(ca.Dense(32), ca.Dense(32), ca.Dense(1))
        evidence = evidence_of(net, (x, y), optimizer, seed=seed)
        assert loss_metric_disagree(evidence) is None
