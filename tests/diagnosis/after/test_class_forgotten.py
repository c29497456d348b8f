"""A class that is never recognised."""

import numpy as np

import cutaway as ca
from cutaway.diagnosis.targets import recalls
from tests.diagnosis.preflight.trained import classifier, first, found, three_classes

X, Y = three_classes()


def test_a_class_that_the_loss_does_not_count():
    run = classifier(X, Y, loss=ca.losses.CrossEntropy(class_weight=[1.0, 1.0, 0.0]))
    finding = found(run, "class_forgotten")
    assert finding is not None and "class 2" in finding.sentence
    assert run.verdict.harm and first(run) is not None


def test_silent_where_all_are_recognised():
    run = classifier(X, Y)
    assert found(run, "class_forgotten") is None and min(run.evidence.outcome.recalls) > 0.8


def test_silent_on_a_class_that_nothing_recognises():
    random = np.random.default_rng(0)
    y = np.where((Y == 0) & (random.random(len(Y)) < 0.2), 3, Y)  # a fifth of class 0 is called 3, at random
    run = classifier(X, y, outputs=4)
    assert run.evidence.outcome.recalls[3] < 0.2 and found(run, "class_forgotten") is None


def test_recalls_against_scikit_learn():
    from sklearn.metrics import recall_score

    random = np.random.default_rng(0)
    outputs, y = random.standard_normal((90, 4)), random.integers(0, 4, 90).astype(np.int32)
    shares, support = recalls(ca.losses.CrossEntropy(), outputs, y)
    assert np.allclose(shares, recall_score(y, outputs.argmax(axis=1), average=None))
    assert support == tuple(np.bincount(y))
    yes = random.integers(0, 2, (90, 1)).astype(np.float32)
    shares, _ = recalls(ca.losses.BinaryCrossEntropy(), outputs[:, :1], yes)
    assert np.allclose(shares, recall_score(yes.ravel(), outputs[:, 0] > 0, average=None))
    assert recalls(ca.losses.SquaredError(), outputs, outputs) == ((), ())
