"""Numbers that are none: refused by `fit` in the finding's words, and found in evidence from elsewhere."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.inputs import input_facts
from cutaway.diagnosis.preflight.non_finite_data import in_words, non_finite_data
from cutaway.diagnosis.targets import target_facts
from cutaway.training.step import Batch
from tests.diagnosis.preflight.trained import altered, numbers, regressor

X, Y = numbers(200)
WELL = regressor(X, Y, epochs=1).evidence


def test_fit_refuses_in_the_same_words():
    x = X.copy()
    x[7, 2] = x[9, 4] = np.nan
    with pytest.raises(ca.errors.InputError) as caught:
        regressor(x, Y)
    assert in_words(2, ("2", "4"), 7) in str(caught.value) and "leave the rows out" in str(caught.value)


def test_evidence_from_elsewhere():
    x, y = X.copy(), Y[:, None].copy()
    x[7, 2] = np.nan
    x[9] = np.inf
    y[5] = np.nan
    inputs, targets = input_facts(Batch(x, y, None), None, ("a", "b", "c", "d", "e")), target_facts(y, 1)
    assert (inputs.missing, inputs.missing_in, inputs.first_missing) == (6, ("a", "b", "c", "d", "e"), 7)
    assert (targets.missing, targets.first_missing) == (1, 5)
    finding = non_finite_data(altered(WELL, inputs=inputs, targets=targets))
    assert finding.measured == 7 and "first in row 7" in finding.sentence and "first in row 5" in finding.sentence
    # what is known of the other numbers is as without these
    rest = np.delete(x, [7, 9], axis=0)
    assert inputs.largest == np.abs(rest).max() or inputs.largest <= np.abs(X).max()
    assert np.isfinite([inputs.largest, inputs.spread, inputs.size, targets.mean, targets.std]).all()


def test_large_numbers_are_numbers():
    x = X.copy()
    x[3, 1] = 3e38
    assert input_facts(Batch(x, Y[:, None], None), None).missing == 0
    assert non_finite_data(WELL) is None
