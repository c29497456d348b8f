"""Experiments: a fix that helps is shown to help, one that does nothing is not, and the same figures come out again."""

import time
from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.budget import Budget
from cutaway.diagnosis.experiment import ORDERS, Experiments, compared, experiment
from cutaway.diagnosis.harm import Harm
from cutaway.diagnosis.pace import slowness
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
    assert tried.proof.helps and len(tried.proof.without) == len(tried.proof.with_fix) == ORDERS
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
    found = results_of([setup], Length(None, "numpy"))
    done = Trainer(setup.network, setup.loss, setup.optimizer, setup.plan).train(setup.rows, setup.held_out)
    outputs = setup.network.bind(done.params, done.state)(setup.held_out.x)
    assert found[0].score == score_of(setup.loss, outputs, setup.held_out.y)[0]
    assert np.isclose(found[0].loss, float(setup.loss(outputs, setup.held_out.y)), rtol=1e-5)


def test_pairs_start_from_weights_drawn_anew_and_the_network_is_left_alone():
    setup = classes(ca.Adam(0.01))
    before = {path: array.copy() for path, array in setup.network.parameters().items()}
    experiments = Experiments(setup, evidence_of(setup), 1.0)
    experiments.tried(finding("clip", norm=1e-3))
    weights = [start.network[0].weight for start in experiments.starts()]
    assert np.array_equal(weights[0], setup.network[0].weight) and not np.array_equal(weights[0], weights[1])
    assert [start.plan.seed for start in experiments.starts()] == [0, 1, 2, 3, 4]
    assert all(np.array_equal(before[path], array) for path, array in setup.network.parameters().items())


def test_weights_that_were_set_by_hand_stay_and_the_orders_differ():
    setup = classes(ca.Adam(0.01), batch_size=30)
    setup.network[0].weight = np.ones((4, 16))
    experiments = Experiments(setup, evidence_of(setup), 1.0)
    assert all((start.network[0].weight == 1).all() for start in experiments.starts())
    proof = experiments.tried(finding("clip", norm=1e-3)).proof
    assert len(set(proof.without)) > 1


def test_it_keeps_to_its_budget_and_does_without_where_that_is_too_small():
    setup = classes(ca.Adam(0.01), epochs=2000)
    began = time.process_time()
    proof = experiment(setup, finding("clip", norm=0.1), 1.0)
    assert proof is not None and 50 <= proof.steps < steps_of(setup)
    assert time.process_time() - began < 2.0 * slowness()
    assert experiment(setup, finding("clip", norm=0.1), 0.001) is None
    assert experiment(setup, finding("epochs", factor=3), 1.0) is None  # not to be shown in part


def test_more_epochs_are_tried_in_full():
    short = classes(ca.Adam(0.003), epochs=2)
    proof = experiment(short, finding("epochs", factor=20), 4.0)
    assert proof.helps and proof.steps == steps_of(short) == 14


def test_the_statistics_tell_luck_from_gain():
    def helps(one, other, alike):
        return compared(one, other, alike, 0.05).helps

    rising = [Result(0.9, 0.5 - 0.1 * k) for k in range(5)]
    assert helps([Result(0.9, 1.0)] * 5, rising, alike=True)  # by loss
    assert not helps([Result(0.9, 1.0)] * 5, rising, alike=False)  # losses of two kinds are not compared
    assert not helps([Result(0.9, 1.0)] * 5, [Result(0.8, 0.1)] * 5, alike=True)  # a better loss, fewer right answers
    assert helps([Result(0.5, np.nan)] * 5, [Result(0.5, 1.0)] * 5, alike=True)
    once = [Result(score, 1.0) for score in (0.9, 0.5, 0.5, 0.5, 0.5)]
    assert not helps([Result(0.5, 1.0)] * 5, once, alike=True)  # a gain of 0.08 in the mean, by one order of five


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
    budget = Budget(3.0)
    ordered = proved(setup, evidence_of(setup), Verdict(findings, (), Harm("below", "it is bad")), budget)
    assert ordered[0].check == "learning_rate_too_high" and ordered[0].proof.helps and ordered[0].confidence > 0.9
    assert (len(ordered) == 1) is undecided and budget.spent > 0 and budget.planned <= 3.0


def test_a_certain_mistake_keeps_its_place():
    no, yes = (Proof((0.5,), (score,), 100, 1.0, score > 0.5) for score in (0.5, 0.9))
    certain = replace(finding("paired_head", check="softmax_one_unit"), proof=no)
    other = replace(finding("clip", check="exploding_gradient"), proof=yes)
    assert [each.check for each in ranked([certain, other], [certain, other])] == [certain.check, other.check]
    assert candidates([finding(""), certain]) == [certain]


def test_targets_of_other_units_are_compared_by_score_alone():
    x = X[:, :1]
    setup = setup_of(ca.Sequential(ca.Dense(1)), x, 3000 + 800 * x, "squared_error", ca.Adam(0.05), held_out=90)
    proof = experiment(setup, finding("standardise_targets"), 2.0)
    assert proof.helps and max(proof.without) < 0 < 0.5 < min(proof.with_fix)


def test_a_training_that_holds_no_rows_out_is_tried_on_rows_that_no_side_learned_from():
    setup = setup_of(ca.Sequential(ca.Dense(3)), X, CLASS, "cross_entropy", epochs=30)
    experiments = Experiments(setup, evidence_of(setup), 2.0)
    held, learned = experiments.setup.held_out, experiments.setup.rows
    assert (len(held.x), len(learned.x)) == (60, 240)
    rows = {row.tobytes() for row in learned.x}
    assert not any(row.tobytes() in rows for row in held.x)
    assert experiments.tried(finding("clip", norm=0.1)).proof.held_out
    few = setup_of(ca.Sequential(ca.Dense(3)), X[:25], CLASS[:25], "cross_entropy", epochs=60)
    assert not experiment(few, finding("clip", norm=0.1), 2.0).held_out  # of 25 rows none can be spared


def test_what_is_learned_by_heart_is_not_said_to_help():
    """Targets that are noise: a network eight times as wide knows its rows better, and no others."""
    random = np.random.default_rng(5)
    x, y = random.normal(size=(120, 4)), random.normal(size=(120, 1))
    setup = setup_of(ca.Sequential(ca.Dense(2), ca.ReLU(), ca.Dense(1)), x, y, "squared_error", epochs=100)
    proof = experiment(setup, finding("widen", factor=16), 3.0)
    assert proof is not None and not proof.helps


def test_xla_runs_the_same_experiment():
    pytest.importorskip("jax")
    setup = classes(ca.GradientDescent(0.1), epochs=10)
    on = {engine: results_of([setup, setup], Length(70, engine)) for engine in ("numpy", "xla")}
    assert np.allclose(*([each.score for each in results] for results in on.values()), atol=0.02)
