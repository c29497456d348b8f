"""scikit-learn's own checks of an estimator."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import cutaway as ca

QUICK = {"effort": "quick", "epochs": 20, "engine": "numpy", "random_state": 0}
# A row of weight 2 is one row of a step, two equal rows are two, and which rows make a step together is chance.
EXPECTED = {"check_sample_weight_equivalence_on_dense_data": "mini-batches hold a number of rows, not of weight"}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
@parametrize_with_checks(
    [ca.NetworkClassifier(**QUICK), ca.NetworkRegressor(**QUICK)], expected_failed_checks=lambda estimator: EXPECTED
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def test_one_failure_is_expected_and_it_does_fail():
    """Or it would have to be expected no longer."""
    from sklearn.utils.estimator_checks import check_sample_weight_equivalence_on_dense_data

    for estimator in (ca.NetworkClassifier(**QUICK), ca.NetworkRegressor(**QUICK)):
        with pytest.raises(AssertionError, match="not equivalent"):
            check_sample_weight_equivalence_on_dense_data(type(estimator).__name__, estimator)


def test_at_most_twelve_parameters():
    assert len(ca.NetworkClassifier().get_params()) <= 12
