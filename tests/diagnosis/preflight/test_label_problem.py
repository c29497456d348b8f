"""Labels that are no class, and shapes that stretch."""

from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.preflight.label_problem import label_problem
from cutaway.diagnosis.targets import target_facts
from tests.diagnosis.preflight.trained import altered, classifier, first, found, three_classes

X, Y = three_classes(200)
WELL = classifier(X, Y, epochs=1).evidence


def test_fit_refuses_labels_from_one_and_says_what_to_do():
    with pytest.raises(
        ca.errors.InputError, match=r"target 3 in row \d+ is not a class.* of 200 targets.*from 0: y - 1"
    ):
        classifier(X, Y + 1)
    with pytest.raises(ca.errors.InputError, match="number the classes from 0"):
        classifier(X, np.where(Y == 2, 7, Y))


@pytest.mark.parametrize(("labels", "code"), [(Y + 1, "y = y - 1"), (Y - 1, "np.unique(y)"), (3 * Y, "np.unique(y)")])
def test_labels_that_are_no_class(labels, code):
    facts = target_facts(labels.astype(np.int32), 3)
    wrong = (labels < 0) | (labels > 2)
    assert (facts.wrong, facts.first_wrong) == (wrong.sum(), np.argmax(wrong))
    assert sum(facts.counts) == 200 - wrong.sum()
    finding = label_problem(altered(WELL, targets=facts))
    assert finding.measured == wrong.sum() and finding.fix.code == code


def test_shapes_that_stretch():
    facts = target_facts(np.zeros(200, np.float32), 1, stretched="(200,) beside (200, 1)")
    finding = label_problem(altered(WELL, targets=facts))
    assert "(200,) beside (200, 1)" in finding.sentence and finding.measured == len(X) * 0.75


def test_outputs_that_no_row_asks_for_are_a_note():
    assert label_problem(WELL) is None
    finding = label_problem(altered(WELL, targets=target_facts(np.array([0, 2, 2, 0], np.int32), 5)))
    assert finding.note and finding.measured == 3 and "3 of the 5 outputs (1, 3, 4)" in finding.sentence
    columns = np.eye(4, dtype=np.float32)[np.arange(200) % 3]
    assert target_facts(columns, 4).unused == (3,) and target_facts(columns[:, :3], 3).unused == ()
    run = classifier(X, Y, outputs=6)
    assert first(run) is None and found(run, "label_problem").note


def test_words_that_no_text_holds_are_nothing():
    whole = replace(WELL.inputs, whole=True)
    assert label_problem(altered(WELL, inputs=whole, targets=target_facts(np.zeros(200, np.int32), 5))) is None


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_targets_that_are_all_the_same_are_said_before_the_first_step(loss):
    targets = np.full(200, 2, np.int64 if loss == "cross_entropy" else np.float32)
    network = ca.Sequential(ca.Dense(8), ca.ReLU(), ca.Dense(3 if loss == "cross_entropy" else 1))
    with pytest.warns(ca.errors.FindingWarning, match="all 150 targets are 2: there is nothing to learn"):
        run = ca.fit(network, X, targets, loss=loss, epochs=30, validation=0.25, engine="numpy")
    assert [finding.check for finding in run.findings] == ["label_problem"]
