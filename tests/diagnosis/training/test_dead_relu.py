"""Units that are 0 for every row; units that are 0 for many are well."""

import numpy as np

import cutaway as ca
from cutaway.diagnosis.training.dead_relu import dead_relu
from cutaway.diagnosis.verdict import verdict
from tests.diagnosis.trained import evidence_of, moons, stack


class Low(ca.Initializer):
    """Biases of which so many are far below 0."""

    def __init__(self, share):
        self.share = share

    def __call__(self, random, shape):
        """Return them."""
        return np.where(np.arange(shape[0]) < self.share * shape[0], -50.0, 0.0)


def network(share, layer):
    biases = [ca.Constant(0.0), ca.Constant(0.0)]
    biases[layer] = Low(share)
    return ca.Sequential(
        ca.Dense(20, bias_initializer=biases[0]), ca.ReLU(),
        ca.Dense(20, bias_initializer=biases[1]), ca.ReLU(), ca.Dense(2),
    )  # fmt: skip


def test_a_layer_all_dead_is_the_cause_and_named():
    for layer, path in ((0, "1"), (1, "3")):
        evidence = evidence_of(network(1.0, layer), moons(), ca.Adam(3e-3))
        finding = dead_relu(evidence)
        assert (finding.layer, finding.measured) == (path, 1.0)
        assert "dead_relu" in [each.check for each in verdict(evidence).findings] or any(
            "dead_relu" in [part.check for part in each.consequences] for each in verdict(evidence).findings
        )


def test_most_of_a_layer():
    finding = dead_relu(evidence_of(network(0.8, 1), moons(), ca.Adam(3e-3)))
    assert finding.layer == "3" and finding.measured >= 0.8


def test_a_few_dead_units_are_left_alone():
    assert dead_relu(evidence_of(network(0.2, 1), moons(), ca.Adam(3e-3))) is None


def test_units_that_are_mostly_0_are_well():
    """Biases a little below 0: each unit is silent for most rows, none for all."""
    net = ca.Sequential(ca.Dense(32, bias_initializer=ca.Constant(-1.0)), ca.ReLU(), ca.Dense(2))
    evidence = evidence_of(net, moons(), ca.Adam(3e-3))
    assert dead_relu(evidence) is None
    assert np.mean(evidence.layers[0].output_mean) < 0


def test_a_network_that_learned_in_spite_of_it_has_no_finding():
    assert not verdict(evidence_of(network(0.6, 0), moons(), ca.Adam(0.01), epochs=80)).findings


def test_leaky_units_cannot_die():
    net = stack(16, 16, act=ca.LeakyReLU)
    assert dead_relu(evidence_of(net, moons(), ca.Adam(3e-3))) is None
