"""A network that answers otherwise in evaluation than in training."""

import cutaway as ca
from tests.diagnosis.preflight.trained import classifier, first, found, three_classes

X, Y = three_classes()


def test_running_figures_that_do_not_follow():
    run = classifier(3 * X + 5, Y, ca.Dense(32), ca.BatchNorm(momentum=1e-4), ca.ReLU())
    assert first(run) == "train_evaluate_mismatch" and run.findings[0].layer == "1"
    last = run.network_vitals[-1]
    assert run.findings[0].measured == last.settled / last.loss > 1.5


def test_silent_on_batch_norm_that_follows_and_on_dropout():
    run = classifier(3 * X + 5, Y, ca.Dense(32), ca.BatchNorm(), ca.ReLU())
    assert found(run, "train_evaluate_mismatch") is None and first(run) is None
    run = classifier(X, Y, ca.Dense(64), ca.ReLU(), ca.Dropout(0.5))
    assert found(run, "train_evaluate_mismatch") is None


def test_silent_before_the_first_step():
    run = classifier(3 * X + 5, Y, ca.Dense(32), ca.BatchNorm(), ca.ReLU(), epochs=1, observe=False)
    assert run.verdict is None
