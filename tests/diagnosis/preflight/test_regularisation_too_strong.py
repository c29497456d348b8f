"""Weight decay that outweighs the loss."""

import pytest

import cutaway as ca
from tests.diagnosis.preflight.trained import first, found, numbers, regressor

X, Y = numbers()


@pytest.mark.parametrize(
    "optimizer",
    [ca.AdamW(1e-2, weight_decay=20.0), ca.GradientDescent(0.05, weight_decay=2.0)],
    ids=["adam", "descent"],
)
def test_decay_that_leaves_no_weights(optimizer):
    run = regressor(X, Y, optimizer=optimizer)
    assert first(run) == "regularisation_too_strong"
    assert run.findings[0].fix.settings == {"factor": 0.01}


@pytest.mark.parametrize(
    "optimizer", [ca.AdamW(1e-2, weight_decay=0.1), ca.Adam(1e-2), ca.GradientDescent(0.05, weight_decay=1e-3)]
)
def test_silent_on_usual_decay(optimizer):
    run = regressor(X, Y, optimizer=optimizer, epochs=60)
    assert first(run) is None and found(run, "regularisation_too_strong") is None


def test_silent_where_the_rate_is_the_fault():
    run = regressor(X, Y, optimizer=ca.AdamW(1e-6, weight_decay=0.1))
    assert run.verdict.harm and found(run, "regularisation_too_strong") is None
