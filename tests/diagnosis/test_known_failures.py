"""Failures that people asked about, trained as they wrote them: the first finding is the cause."""

import warnings

import pytest

import cutaway as ca
from tests.diagnosis.known_failures import FAILURES, HEALTHY, Failure


def trained(failure: Failure) -> ca.Run:
    net, x, y = failure.make()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ca.TrainingWarning)
        return ca.fit(
            net, x, y, loss=failure.loss, optimizer=failure.optimizer, epochs=failure.epochs,
            batch_size=failure.batch_size, validation=failure.validation, engine="numpy", **failure.also,
        )  # fmt: skip


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_the_cause_is_named_first(failure):
    found = [finding.check for finding in trained(failure).findings]
    assert found and found[0] in failure.expected, f"found {found}, expected {failure.expected}"


@pytest.mark.parametrize("failure", HEALTHY, ids=lambda failure: failure.name)
def test_healthy_ones_are_left_in_peace(failure):
    assert trained(failure).findings == ()
