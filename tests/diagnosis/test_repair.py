"""Repair: broken trainings become good ones, healthy ones stay, and nothing worse is delivered."""

import json
from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.experiment import experiment
from cutaway.diagnosis.harm import Harm
from cutaway.diagnosis.repair import Training, repair
from cutaway.diagnosis.verdict import Verdict
from cutaway.errors import InputError
from cutaway.records import Finding, Fix
from cutaway.runs.repairing import closed, diagnose, train_again
from cutaway.training.score import score_of
from tests.diagnosis.fixes.making import evidence_of, finding, setup_of

pytestmark = pytest.mark.filterwarnings(
    "ignore::cutaway.errors.TrainingWarning"
)  # some are broken so that they diverge

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(0, 1, (500, 5))
NUMBERS = np.sin(2 * X[:, :1]) + X[:, 1:2]
YES = (NUMBERS[:, 0] > 0).astype(float)
LINE = (X[:, 0] + X[:, 1] > 0).astype(float)
HURT, WELL = Verdict((), (), Harm("below", "it is below")), Verdict((), (), Harm("", ""))
SCALES = np.array([1.0, 2000.0, 1.0, 0.01, 1.0])


def relu(units, *ending, start=None):
    start = start or ca.He()
    return ca.Sequential(ca.Dense(32, initializer=start), ca.ReLU(), ca.Dense(units, initializer=start), *ending)


def small(**plan):
    """A setup for trainings by a table of scores, so that each turn is known beforehand."""
    return setup_of(ca.Sequential(ca.Dense(4), ca.ReLU(), ca.Dense(1)), X[:60], NUMBERS[:60], "squared_error", **plan)


CASES = {
    "inputs_unscaled": (relu(1), X * SCALES + 300, NUMBERS, "squared_error", ca.GradientDescent(0.05)),
    "targets_unscaled": (relu(1), X, 1e5 + 3e4 * NUMBERS, "squared_error", ca.Adam(0.01)),
    "softmax_one_unit": (relu(1, ca.Softmax()), X, YES, "squared_error", ca.Adam(0.01)),
    "learning_rate_too_high": (relu(1), X, LINE, "binary_cross_entropy", ca.GradientDescent(300.0)),
    "constant_init": (relu(1, start=ca.Constant(0.1)), X, NUMBERS, "squared_error", ca.Adam(0.01)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_broken_training_is_repaired(name):
    network, x, y, loss, optimizer = CASES[name]
    run = ca.fit(network, x, y, loss=loss, optimizer=optimizer, epochs=40, validation=0.25)
    weights = {path: array.copy() for path, array in network.parameters().items()}
    found = run.diagnose(fix=True)
    assert found.findings and found.log and any(attempt.kept for attempt in found.log), found
    assert found.after > max(0.75, found.before + 0.1), found
    assert all(np.array_equal(weights[path], array) for path, array in network.parameters().items())
    # What is delivered takes the user's own rows, and answers in the user's own units.
    answers, truth = found.run.predict(x.astype(np.float32)), y.reshape(len(y), -1)
    if loss == "squared_error" and name != "softmax_one_unit":
        assert 1 - np.mean((answers - truth) ** 2) / np.var(truth) > 0.75
    else:
        assert np.mean((answers > 0) == (truth > 0.5)) > 0.75
    assert "score before" in repr(found)


def test_a_healthy_run_is_left_alone():
    run = ca.fit(relu(1), X, NUMBERS, loss="squared_error", optimizer=ca.Adam(0.01), epochs=60, validation=0.25)
    found = run.diagnose(fix=True)
    assert not found.findings and found.run is run and found.before == found.after and not found.log
    assert "nothing is wrong" in repr(found) and found.seconds == 0


def both(done):
    return done.best, list(done.log)


def test_what_does_not_help_is_undone_and_nothing_worse_is_delivered():
    setup = small(epochs=1)

    def training(of, score):
        return Training(of, evidence_of(of), HURT, score, score)

    first = training(setup, 0.6)
    causes = [finding("batch_size", factor=0.5), finding("epochs", factor=2), finding("clip", norm=1.0)]
    seen = []

    def train(of):
        seen.append(of)
        return training(of, 0.9 if of.plan.epochs == 2 else 0.3)

    best, log = both(repair(first, causes, train, 1.0))
    assert best.score == 0.9 and [attempt.kept for attempt in log] == [False, True]
    assert seen[0].plan.batch_size == 16 and seen[1].plan.batch_size == 32  # the first fix was taken back
    best, log = both(repair(first, causes[:1], train, 1.0))
    assert best is first and [attempt.kept for attempt in log] == [False]


def test_what_changed_nothing_alone_is_gone_on_from_where_no_other_cause_is_left():
    setup = small(epochs=2)
    then = (finding("epochs", factor=2),)

    def train(of):
        mended = of.plan.batch_size == 16 and of.plan.epochs == 4
        found = Verdict(() if mended else then, (), Harm("", ""))
        return Training(of, evidence_of(of), found, 0.9 if mended else 0.6, of)

    best, log = both(repair(train(setup), [finding("batch_size", factor=0.5)], train, 0.0))
    assert best.score == 0.9 and [(attempt.after, attempt.kept) for attempt in log] == [(0.6, True), (0.9, True)]
    best, log = both(repair(train(setup), [finding("clip", norm=1.0)], train, 0.0))
    assert best.score == 0.6 and best.run is setup and not any(attempt.kept for attempt in log)


def test_once_no_cause_is_left_what_goes_well_with_the_last_fix_is_tried_beside_it():
    setup = small(epochs=2)
    known = {(2, 0.01): 0.2, (2, 0.1): 0.8, (2, 0.0333): 0.7, (6, 0.1): 0.9, (2, 0.03): 0.8, (6, 0.03): 0.9}

    def train(of):
        score = known[of.plan.epochs, round(of.optimizer.learning_rate.rate, 4)]
        return Training(of, evidence_of(of), WELL, score, of)

    first = replace(train(setup), verdict=HURT)
    best, log = both(repair(first, [finding("learning_rate", check="learning_rate_too_low", factor=10.0)], train, 0.0))
    assert [(attempt.before, attempt.after, attempt.kept) for attempt in log] == [
        (0.2, 0.8, True), (0.8, 0.7, False), (0.8, 0.9, True),  # a third of the rate, then three times as long
    ]  # fmt: skip
    assert best.run.plan.epochs == 6 and [attempt.beside for attempt in log] == [False, True, True]
    assert str(log[2]).startswith("beside the fix of learning_rate_too_low: train three times as long: 0.800 to 0.900")
    # What would only take the fix back is left out.
    _, log = both(repair(first, [finding("learning_rate", check="learning_rate_too_low", factor=3.0)], train, 0.0))
    assert [(attempt.after, attempt.kept) for attempt in log] == [(0.8, True), (0.9, True)]
    # Beside a fix of the data there is nothing.
    mended = repair(first, [finding("standardise_inputs")], lambda of: replace(train(of), score=0.8), 0.0)
    assert len(mended.log) == 1


def test_what_was_tried_beside_a_fix_is_not_forbidden_where_it_is_a_cause_of_its_own():
    setup = small(epochs=2)
    cause = finding("learning_rate", check="learning_rate_too_high", factor=0.1)

    def train(of):
        rate, mended = of.optimizer.learning_rate.rate, of.plan.batch_size == 16
        score = 0.99 if mended and rate < 5e-4 else 0.8 if mended and rate < 5e-3 else 0.6 if mended else 0.3
        return Training(of, evidence_of(of), replace(HURT, findings=(cause,) if score == 0.8 else ()), score, of)

    best, log = both(repair(train(setup), [finding("batch_size", check="too_few_updates", factor=0.5)], train, 0.0))
    assert best.score == 0.99 and [(each.kept, each.beside) for each in log[:3]] == [
        (True, False), (True, True), (True, False),
    ]  # fmt: skip


def test_one_that_waits_and_is_well_does_not_keep_others_from_being_gone_on_from():
    setup = small(epochs=2)
    then = (finding("epochs", factor=2),)

    def train(of):
        if of.plan.batch_size == 16:
            return Training(of, evidence_of(of), WELL, 0.605, of)
        longer, slower = of.plan.epochs == 4, of.optimizer.learning_rate.rate < 5e-3
        return Training(
            of, evidence_of(of), replace(HURT, findings=then if slower else ()), 0.95 if longer else 0.6, of
        )

    causes = [finding("batch_size", factor=0.5), finding("learning_rate", factor=0.1)]
    best, log = both(repair(train(setup), causes, train, 0.0))
    assert best.score == 0.95 and [attempt.kept for attempt in log[:3]] == [False, True, True]


def test_what_is_tried_last_stands_on_the_best_and_delivers_nothing_that_changed_nothing(monkeypatch):
    setup = small(epochs=2)
    normalised = finding("batch_norm", check="not_learning")
    monkeypatch.setattr(
        "cutaway.diagnosis.repair._last_resort",
        lambda base, undone, budget: None if ("batch_norm", "") in undone else normalised,
    )

    def train(of):
        normal = any(isinstance(layer, ca.BatchNorm) for layer in of.network.layers)
        score = 0.9 if normal else 0.6 if of.optimizer.learning_rate.rate > 0.02 else 0.3
        return Training(of, evidence_of(of), WELL if normal else HURT, score, of)

    causes = [finding("learning_rate", check="learning_rate_too_low", factor=10.0)]
    best, log = both(repair(train(setup), causes, train, 0.0))
    assert best.score == 0.9 and [attempt.kept for attempt in log] == [True, False, False, True]
    assert best.run.plan.epochs == 2


def test_where_harm_is_left_and_no_cause_is_known_what_often_helps_is_tried_and_done():
    setup = setup_of(relu(1), X[:200], NUMBERS[:200], "squared_error", ca.GradientDescent(1e-5), held_out=60, epochs=20)
    first = replace(train_again(setup), verdict=HURT)
    best, log = both(repair(first, (), train_again, 5.0))
    assert log[0].checks == ("not_learning",) and log[0].kept and "raise the learning rate" in log[0].sentences[0]
    assert best.score > first.score + 0.1


def test_scales_of_inputs_and_targets_are_mended_together():
    run = ca.fit(relu(1), X * SCALES + 300, 1e5 + 3e4 * NUMBERS, loss="squared_error",
                 optimizer=ca.GradientDescent(0.05), epochs=40, validation=0.25)  # fmt: skip
    found = run.diagnose(fix=True)
    assert set(found.log[0].checks) >= {"inputs_unscaled", "targets_unscaled"} and found.after > 0.75
    assert np.abs(found.run.predict(X * SCALES + 300).mean() - 1e5) < 2e4


def test_without_fix_experiments_are_made_only_where_something_is_wrong():
    healthy = ca.fit(relu(1), X, NUMBERS, loss="squared_error", optimizer=ca.Adam(0.01), epochs=60)
    assert healthy.diagnose().seconds == 0
    broken = ca.fit(relu(1), X * SCALES + 300, NUMBERS, loss="squared_error", optimizer=ca.GradientDescent(0.05),
                    epochs=20)  # fmt: skip
    found = broken.diagnose()
    assert found.findings[0].proof is not None and found.run is None and "experiments took" in repr(found)
    assert broken.diagnose(budget=0).findings[0].proof is None
    with pytest.raises(InputError, match="at least 0"):
        broken.diagnose(budget=-1)


def test_a_run_without_rows_is_suspected_and_one_that_nobody_watched_is_refused():
    run = ca.fit(relu(1, ca.Softmax()), X, YES, loss="squared_error", epochs=3)
    run.setup = None
    found = run.diagnose()
    assert found.suspected and found.findings[0].proof is None and repr(found).startswith("1. suspected: softmax_one")
    with pytest.raises(InputError, match="rows"):
        run.diagnose(fix=True)
    with pytest.raises(InputError, match="observe"):
        ca.fit(relu(1), X, NUMBERS, loss="squared_error", epochs=2, observe=False).diagnose()


def test_rare_classes_are_judged_by_balanced_accuracy():
    """Of 600 rows 24 are of the rare class: who never says it is right 96 times of 100."""
    random = np.random.default_rng(0)
    which = np.repeat([0, 1], [576, 24])
    x = (random.normal(size=(600, 4)) + 1.0 * which[:, None] * [1, 1, 0, 0]).astype(np.float32)
    order = random.permutation(600)
    setup = setup_of(relu(2), x[order], which[order], "cross_entropy", ca.Adam(0.003), held_out=200, epochs=12)
    first = train_again(setup)
    assert first.score > 0.93 and first.balanced < 0.75
    cause = finding("class_weight", check="class_imbalance")
    proof = experiment(setup, cause, 3.0)
    assert proof.helps and proof.score == proof.measure == "balanced accuracy" and proof.beside[0] == "accuracy"
    assert proof.gain > 0.1 and proof.beside[2] < proof.beside[1]  # accuracy alone would have called it harm
    done = repair(first, [cause], train_again, 0.0)
    assert done.log[0].kept and done.log[0].measure == "balanced accuracy"
    assert done.best.balanced > first.balanced + 0.1 and done.best.score <= first.score
    # The mean of the two shares that are recognised, counted by hand.
    said = done.best.run.network(setup.held_out.x).argmax(axis=1)
    truth = setup.held_out.y
    assert done.best.balanced == pytest.approx(np.mean([(said[truth == label] == label).mean() for label in (0, 1)]))


def test_a_run_that_holds_no_rows_out_is_repaired_on_rows_that_no_training_learned_from():
    run = ca.fit(relu(1, ca.Softmax()), X, YES, loss="squared_error", optimizer=ca.Adam(0.01), epochs=40)
    found = run.diagnose(fix=True, budget=0)
    assert found.repaired and "both trained without 20% of the rows" in repr(found)
    held, learned = found.run.setup.held_out, found.run.setup.rows
    assert (len(held.x), len(learned.x)) == (100, 400)
    right = (found.run.network(held.x) > 0) == (held.y > 0.5)
    assert found.after == pytest.approx(right.mean()) and found.after > 0.75


def test_what_only_a_person_can_do_is_said():
    run = ca.fit(relu(1, ca.Softmax()), X, YES, loss="squared_error", optimizer=ca.Adam(0.01), epochs=3)
    ill = Finding("softmax_one_unit", "", "", 0.0, (None, None), fix=Fix("class_weight", "let rare classes count more"))
    run.verdict = Verdict((ill,), (), Harm("below", "it is bad"))
    found = run.diagnose(fix=True, budget=0)
    assert found.by_hand == ("softmax_one_unit: only a person can do it: let rare classes count more",)
    assert "not tried: softmax_one_unit" in repr(found) and not found.log


def test_members_are_repaired_as_members():
    run = ca.fit(relu(1), X, 1e5 + 3e4 * NUMBERS, loss="squared_error", optimizer=ca.Adam(0.01), epochs=30,
                 validation=0.25, members=2, engine="numpy")  # fmt: skip
    found = diagnose(run, fix=True)
    assert found.after > 0.7 and len(found.run.network) >= 1
    assert np.abs(found.run.predict(X).mean() - 1e5) < 2e4


def test_a_closing_layer_turns_members_and_networks_alike():
    net = ca.Sequential(ca.Dense(1)).build(5)
    twins = ca.Ensemble(net, {path: np.stack([array, array]) for path, array in net.parameters().items()}, {})
    closing = ca.Standardize((-5.0,), (0.1,))
    alone = ca.Ensemble(net[0], {path[2:]: array for path, array in twins.params.items()}, {})
    for network in (net, twins, alone, net[0]):
        assert np.allclose(closed(network, closing)(X), 10 * (net(X) + 5), rtol=1e-4, atol=1e-4)
    assert score_of(ca.SquaredError(), closed(net, None)(X), net(X))[0] == 1.0


def test_a_repaired_run_is_saved_and_comes_back(tmp_path):
    run = ca.fit(relu(1), X, 1e5 + 3e4 * NUMBERS, loss="squared_error", optimizer=ca.Adam(0.01), epochs=20,
                 validation=0.25)  # fmt: skip
    repaired = run.diagnose(fix=True).run
    repaired.save(tmp_path / "repaired")
    assert np.array_equal(ca.load(tmp_path / "repaired").predict(X), repaired.predict(X))
    assert json.loads((tmp_path / "repaired" / "run.json").read_text())["kind"] == "network"
