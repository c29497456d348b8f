"""A loss that is summed over the rows."""

import pytest

import cutaway as ca
from cutaway.diagnosis.preflight.loss_summed import loss_summed
from tests.diagnosis.preflight.examined import CLASSES, HEALTHY, NUMBERS, X, evidence_of, healthy, mlp


class Total(ca.losses.CrossEntropy):
    """Cross-entropy that adds up the rows."""

    def quotient(self, total, weight):
        return total


class InItsOwnWay(ca.losses.CrossEntropy):
    def value(self, outputs, targets, weight=None):
        return self.parts(outputs, targets, weight)[0]


def test_a_sum_is_told_by_taking_the_rows_twice():
    # A loss that adds up in its own way only a person can mend.
    for loss, y, units, fix in (
        ("residual_sum_of_squares", NUMBERS, 1, "mean_loss"), (Total(), CLASSES, 3, "mean_loss"),
        (InItsOwnWay(), CLASSES, 3, ""),
    ):  # fmt: skip
        finding = loss_summed(evidence_of(mlp(ca.Dense(units)), X, y, loss, ca.GradientDescent(0.01)))
        assert finding.measured == pytest.approx(2, rel=1e-3) and finding.fix.action == fix
        assert "32 times as long" in finding.sentence


def test_it_is_the_first_finding_where_the_steps_are_too_long_for_it():
    with pytest.warns(UserWarning):
        run = ca.fit(
            mlp(ca.Dense(1)), X, NUMBERS, loss="residual_sum_of_squares", optimizer=ca.GradientDescent(5.0), epochs=20
        )
    assert run.findings[0].check == "loss_summed" and run.findings[0].confidence == 0.8
    well = ca.fit(mlp(ca.Dense(1)), X, NUMBERS, loss="squared_error", optimizer=ca.GradientDescent(0.05), epochs=20)
    assert "loss_summed" not in [note.check for note in [*well.findings, *well.verdict.notes]]


def test_it_is_a_note_where_the_sum_was_asked_for_and_the_rate_suits_it():
    run = ca.fit(
        mlp(ca.Dense(1)), X, X[:, :1] + X[:, 1:2], loss="residual_sum_of_squares", optimizer=ca.Adam(0.01), epochs=60
    )
    assert not run.findings and "loss_summed" in [note.check for note in run.verdict.notes]


def test_weights_of_classes_are_no_sum():
    loss = ca.CrossEntropy(class_weight=[1, 5, 20])
    assert loss_summed(evidence_of(mlp(ca.Dense(3)), X, CLASSES, loss, ca.GradientDescent(0.01))) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_it_is_silent_on(name):
    assert loss_summed(healthy(name)) is None


def test_a_root_of_the_mean_is_no_sum():
    class Root(ca.losses.SquaredError):
        def quotient(self, total, weight):
            return super().quotient(total, weight) ** 0.5

    assert loss_summed(evidence_of(mlp(ca.Dense(1)), X, NUMBERS, Root())) is None
