"""Features that are the same in every row."""

from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.inputs import input_facts
from cutaway.diagnosis.preflight.constant_feature import constant_feature
from cutaway.training.step import Batch
from tests.diagnosis.preflight.trained import altered, classifier, first, found, three_classes

X, Y = three_classes(300)


def test_some_are_a_note_that_names_them():
    run = classifier(np.insert(X, [1, 3], [[2.0, -5.0]], axis=1), Y)
    finding = found(run, "constant_feature")
    assert first(run) is None and finding.note
    assert "(1, 4)" in finding.sentence and finding.measured == 2 / 6 and finding.fix.action == "drop_constant"


def test_rounding_is_no_deviation():
    column = np.full((300, 1), 1e6, np.float32)
    column[::2] += 0.0625
    assert input_facts(Batch(np.hstack([X, column]), Y, None), None).constant == ("4",)
    assert input_facts(Batch(np.hstack([X, column - 1e6]), Y, None), None).constant == ()


def test_no_cause_of_harm():
    x = np.hstack([X, np.ones((300, 9), np.float32)])
    run = classifier(x, Y, optimizer=ca.GradientDescent(1e-5))
    assert run.verdict.harm and found(run, "constant_feature") is None


def test_all_of_them():
    """No simple method is better than chance either, so that there is no harm to be measured."""
    with pytest.warns(ca.errors.FindingWarning, match="constant_feature"):
        run = classifier(np.ones((300, 4), np.float32), Y, epochs=20)
    assert first(run) == "constant_feature" and len(run.findings) == 1


def test_one_row_or_one_target_is_nothing_to_tell_apart():
    one = input_facts(Batch(np.ones((1, 4), np.float32), np.ones(1), None), None)
    evidence = classifier(np.ones((300, 4), np.float32), Y, epochs=1).evidence
    assert constant_feature(evidence) is not None
    assert constant_feature(altered(evidence, inputs=one)) is None
    assert constant_feature(altered(evidence, targets=replace(evidence.targets, std=0.0))) is None


def test_silent_where_all_vary_and_on_pictures_with_a_border():
    assert found(classifier(X, Y, epochs=1), "constant_feature") is None
    pictures = np.pad(np.abs(X).reshape(300, 2, 2, 1), ((0, 0), (3, 3), (3, 3), (0, 0)))
    assert (
        found(classifier(pictures, Y, ca.Conv2D(4, 3), ca.ReLU(), ca.Flatten(), epochs=1), "constant_feature") is None
    )
