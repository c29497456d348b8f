"""Experiments: a fix that helps is shown to help, one that does nothing is not, and the same figures come out again."""

import time
from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.experiment import Experiments, experiment, helps, surely_above
from cutaway.diagnosis.harm import Harm
from cutaway.diagnosis.proving import candidates, proved, ranked
from cutaway.diagnosis.trial import Length, Result, results_of, steps_of
from cutaway.diagnosis.verdict import Verdict
from cutaway.records import Proof
from cutaway.training.score import score_of
from cutaway.training.trainer import Trainer
from tests.diagnosis.fixes.making import evidence_of, finding, setup_of

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(0, 1, (300, 4))
CLASS = np.digitize(X[:, 0] + 0.5 * X[:, 1], [-0.5, 0.5])


def classes(optimizer, **plan):
    net = ca.Sequential(ca.Dense(16), ca.ReLU(), ca.Dense(3))
    return setup_of(net, X, CLASS, "cross_entropy", optimizer, held_out=90, **plan)


def test_a_learning_rate_that_is_far_too_high_is_shown_to_be_and_the_best_of_several_is_offered():
    setup = classes(ca.GradientDescent(100.0))
    tried = Experiments(setup, evidence_of(setup), 2.0).tried(finding("learning_rate", factor=0.1))
    assert tried.proof.helps and len(tried.proof.without) == len(tried.proof.with_fix) == 3
    assert np.mean(tried.proof.with_fix) > np.mean(tried.proof.without) + 0.1
    assert 0.001 <= tried.fix.settings["factor"] <= 0.1 and "learning rate" in tried.fix.sentence


def test_a_learning_rate_that_is_far_too_low_is_shown_to_be():
    tried = Experiments(setup := classes(ca.GradientDescent(1e-5)), evidence_of(setup), 2.0).tried(
        finding("learning_rate", factor=10)
    )
    assert tried.proof.helps and tried.fix.settings["factor"] >= 10


def test_a_weight_decay_that_is_far_too_strong_is_lowered_far_enough():
    setup = classes(ca.AdamW(0.01, weight_decay=90.0), epochs=30)
    tried = Experiments(setup, evidence_of(setup), 3.0).tried(finding("weight_decay", factor=0.1))
    assert tried.proof.helps and tried.fix.settings["factor"] <= 0.01 and "weight decay" in tried.fix.sentence


def test_what_changes_nothing_that_matters_is_not_said_to_help():
    for action, settings in (("clip", {"norm": 1e6}), ("dropout", {"rate": 0.01}), ("leaky", {})):
        setup = classes(ca.AdamW(0.01, weight_decay=1e-4), epochs=40)
        proof = experiment(setup, finding(action, **settings), 2.0)
        assert proof is not None and not proof.helps, action


def test_the_same_setup_and_seed_give_the_same_figures():
    one, two = (experiment(classes(ca.Adam(1e-4), seed=3), finding("learning_rate", factor=10), 1.0) for _ in range(2))
    assert (one.without, one.with_fix, one.steps) == (two.without, two.with_fix, two.steps)


def test_the_control_is_the_training_as_the_trainer_does_it():
    setup = classes(ca.Adam(0.01), epochs=8)
    found = results_of([setup], Length(None, "numpy"), np.inf)
    done = Trainer(setup.network, setup.loss, setup.optimizer, setup.plan).train(setup.rows, setup.held_out)
    outputs = setup.network.bind(done.params, done.state)(setup.held_out.x)
    assert found[0].score == score_of(setup.loss, outputs, setup.held_out.y)[0]
    assert np.isclose(found[0].loss, float(setup.loss(outputs, setup.held_out.y)), rtol=1e-5)


def test_both_sides_start_from_the_same_weights_and_the_network_is_left_alone():
    setup = classes(ca.Adam(0.01))
    before = {path: array.copy() for path, array in setup.network.parameters().items()}
    experiments = Experiments(setup, evidence_of(setup), 1.0)
    experiments.tried(finding("clip", norm=1e-3))
    assert all(start.network is setup.network for start in experiments.starts())
    assert [start.plan.seed for start in experiments.starts()] == [0, 1, 2]
    assert all(np.array_equal(before[path], array) for path, array in setup.network.parameters().items())


def test_where_all_orders_are_one_the_first_weights_are_drawn_anew_unless_set_by_hand():
    setup = classes(ca.Adam(0.01), batch_size=300)
    drawn = Experiments(setup, evidence_of(setup), 1.0).starts()
    weights = [start.network[0].weight for start in drawn]
    assert np.array_equal(weights[0], setup.network[0].weight) and not np.array_equal(weights[0], weights[1])
    setup.network[0].weight = np.ones((4, 16))
    by_hand = Experiments(setup, evidence_of(setup), 1.0).starts()
    assert all((start.network[0].weight == 1).all() for start in by_hand)


def test_it_keeps_to_its_budget_and_does_without_where_that_is_too_small():
    setup = classes(ca.Adam(0.01), epochs=2000)
    began = time.perf_counter()
    proof = experiment(setup, finding("clip", norm=0.1), 1.0)
    assert proof is not None and 50 <= proof.steps < steps_of(setup) and time.perf_counter() - began < 6
    assert experiment(setup, finding("clip", norm=0.1), 0.001) is None
    assert experiment(setup, finding("epochs", factor=3), 1.0) is None  # not to be shown in part


def test_more_epochs_are_tried_in_full():
    short = classes(ca.Adam(0.003), epochs=2)
    proof = experiment(short, finding("epochs", factor=20), 4.0)
    assert proof.helps and proof.steps == steps_of(short) == 14


def test_the_statistics_tell_luck_from_gain():
    assert surely_above(np.array([0.1, 0.12, 0.11]), 0.05)
    assert not surely_above(np.array([0.3, -0.1, 0.0]), 0.01)  # the mean of 0.067 is no two errors of 0.12
    rising = [Result(0.9, 0.5 - 0.1 * k) for k in range(3)]
    assert helps([Result(0.9, 1.0)] * 3, rising, alike=True)  # by loss
    assert not helps([Result(0.9, 1.0)] * 3, rising, alike=False)  # losses of two kinds are not compared
    assert not helps([Result(0.9, 1.0)] * 3, [Result(0.8, 0.1)] * 3, alike=True)  # a better loss, fewer right answers
    assert helps([Result(0.5, np.nan)] * 3, [Result(0.5, 1.0)] * 3, alike=True)


def test_members_and_folds_are_tried_as_the_first_of_them_alone():
    setup = classes(ca.GradientDescent(1e-5), seed=5)
    places = np.arange(210)
    plan = replace(
        setup.plan, members=2, folds=[(places[:150], places[150:]), (places[60:], places[:60])], rates=[1, 2]
    )
    experiments = Experiments(replace(setup, plan=plan), evidence_of(setup), 1.0)
    assert len(experiments.setup.rows.x) == 150 and len(experiments.setup.held_out.x) == 60
    assert experiments.tried(finding("learning_rate", factor=10)).proof.helps


@pytest.mark.parametrize("undecided", [False, True])
def test_causes_are_ranked_by_what_was_shown(undecided):
    setup = classes(ca.GradientDescent(100.0))
    first = replace(finding("clip", check="exploding_gradient", norm=1e9), confidence=0.6)
    second = replace(finding("learning_rate", check="learning_rate_too_high", factor=0.1), confidence=0.6)
    findings = (first, second)
    if undecided:
        findings = (replace(first, check="not_learning", fix=None, consequences=findings, confidence=0.0),)
    ordered, spent = proved(setup, evidence_of(setup), Verdict(findings, (), Harm("below", "it is bad")), 3.0)
    assert ordered[0].check == "learning_rate_too_high" and ordered[0].proof.helps and ordered[0].confidence > 0.9
    assert (len(ordered) == 1) is undecided and spent > 0


def test_a_certain_mistake_keeps_its_place():
    no, yes = (Proof((0.5,), (score,), 100, 1.0, score > 0.5) for score in (0.5, 0.9))
    certain = replace(finding("paired_head", check="softmax_one_unit"), proof=no)
    other = replace(finding("clip", check="exploding_gradient"), proof=yes)
    assert [each.check for each in ranked([certain, other], [certain, other])] == [certain.check, other.check]
    assert candidates([finding("drop_repeats"), finding(""), certain]) == [certain]


def test_targets_of_other_units_are_compared_by_score_alone():
    x = X[:, :1]
    setup = setup_of(ca.Sequential(ca.Dense(1)), x, 3000 + 800 * x, "squared_error", ca.Adam(0.05), held_out=90)
    proof = experiment(setup, finding("standardise_targets"), 2.0)
    assert proof.helps and max(proof.without) < 0 < 0.5 < min(proof.with_fix)


def test_an_end_in_time_is_judged_on_the_rows_that_it_holds_out():
    setup = setup_of(ca.Sequential(ca.Dense(3)), X, CLASS, "cross_entropy", epochs=30)
    assert experiment(setup, finding("early_stop"), 2.0) is not None


def test_xla_runs_the_same_experiment():
    pytest.importorskip("jax")
    setup = classes(ca.GradientDescent(0.1), epochs=10)
    on = {engine: results_of([setup, setup], Length(70, engine), np.inf) for engine in ("numpy", "xla")}
    assert np.allclose(*([each.score for each in results] for results in on.values()), atol=0.02)
