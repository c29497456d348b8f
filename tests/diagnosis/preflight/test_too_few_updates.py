"""Too few steps."""

import pytest

import cutaway as ca
from cutaway.diagnosis.preflight.too_few_updates import too_few_updates
from tests.diagnosis.preflight.trained import first, found, numbers, regressor

X, Y = numbers()


def test_few_epochs():
    run = regressor(X, Y, epochs=2, optimizer=ca.Adam(1e-3))
    assert first(run) == "too_few_updates"
    assert run.findings[0].measured == 30 and run.findings[0].fix.action == "epochs"


def test_batches_of_all_rows():
    run = regressor(X, Y, epochs=10, batch_size=None, optimizer=ca.Adam(1e-3))
    assert first(run) == "too_few_updates" and run.findings[0].fix.action == "batch_size"


def test_a_note_where_they_were_enough():
    run = regressor(X, Y, epochs=12)
    assert first(run) is None and found(run, "too_few_updates").note


def test_silent_on_a_long_plan_that_is_too_slow():
    run = regressor(X, Y, optimizer=ca.Adam(1e-6))
    assert run.verdict.harm and found(run, "too_few_updates") is None


@pytest.mark.filterwarnings("ignore::cutaway.errors.TrainingWarning")
def test_silent_where_it_diverged():
    run = regressor(X, Y, epochs=5, optimizer=ca.GradientDescent(50.0))
    assert first(run) not in (None, "too_few_updates")


def test_it_explains_no_weights_that_do_not_move():
    assert not {"frozen_weights", "vanishing_gradient"} & set(too_few_updates.explains)
    optimizer = ca.Adam(1e-2, learning_rate_factors={"0.*": 0.0, "2.*": 0.0})
    run = regressor(X, Y, ca.Dense(4), ca.Tanh(), ca.Dense(4), ca.Tanh(), epochs=10, optimizer=optimizer)
    assert "frozen_weights" in [finding.check for finding in (*run.findings, *run.verdict.notes)]
