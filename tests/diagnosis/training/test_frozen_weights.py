"""Layers that have a gradient and are not moved."""

import cutaway as ca
from cutaway.diagnosis.training.frozen_weights import frozen_weights
from tests.diagnosis.trained import evidence_of, moons, stack


def test_layers_that_the_optimizer_leaves():
    optimizer = ca.Adam(3e-3, learning_rate_factors={"2.*": 0.0})
    finding = frozen_weights(evidence_of(stack(16, 16), moons(), optimizer))
    assert finding.layer == "2" and finding.measured == 0.0
    assert finding.sentence.startswith("the optimizer does not hold the weights of layer '2', or moves them at a rate")
    optimizer = ca.Momentum(0.01, learning_rate_factors={"0.*": 0.0, "2.*": 0.0})
    finding = frozen_weights(evidence_of(stack(16, 16), moons(), optimizer))
    assert finding.layer == "0" and "'0', '2'" in finding.sentence


def test_where_nothing_moves_at_all():
    optimizer = ca.Adam(3e-3, learning_rate_factors={"*": 0.0})
    evidence = evidence_of(stack(16), moons(), optimizer)
    assert frozen_weights(evidence) is not None and evidence.history[0].loss == evidence.history[-1].loss


def test_layers_that_move_slowly_are_not_frozen():
    optimizer = ca.Adam(3e-3, learning_rate_factors={"0.*": 1e-3})
    assert frozen_weights(evidence_of(stack(16, 16), moons(), optimizer)) is None


def test_a_layer_that_no_gradient_reaches_is_not_frozen():
    net = ca.Sequential(
        ca.Dense(8), ca.ReLU(), ca.Dense(8, bias_initializer=ca.Constant(-50.0)), ca.ReLU(), ca.Dense(2)
    )
    assert frozen_weights(evidence_of(net, moons(), ca.Adam(3e-3))) is None
