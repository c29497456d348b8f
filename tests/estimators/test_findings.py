"""What an estimator says of its training: a warning for each cause, the causes as an attribute, and no rows kept."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import r2_score

import cutaway as ca
from cutaway.diagnosis.harm import Harm
from cutaway.diagnosis.verdict import Verdict
from cutaway.errors import FindingWarning
from cutaway.records import Finding
from cutaway.runs import diagnosing

X = np.random.default_rng(0).normal(size=(150, 3))
CAUSE = Finding("dead_relu", "half of the units are dead", "share", 0.5, (None, 0.3), "1", 40)
QUICK = {"effort": "quick", "epochs": 2, "engine": "numpy", "random_state": 0}


def test_a_cause_is_warned_of_at_the_line_that_fits(monkeypatch):
    monkeypatch.setattr(diagnosing, "verdict", lambda evidence: Verdict((CAUSE,), (), Harm("", "")))
    with pytest.warns(FindingWarning, match="dead_relu in layer '1' at step 40") as told:
        net = ca.NetworkRegressor(**QUICK).fit(X, X[:, 0])
    assert [(one.category, one.filename) for one in told] == [(FindingWarning, __file__)]
    assert net.findings_ == (CAUSE,)


@pytest.mark.parametrize("kind", ["numbers", "classes", "weighted"])
def test_data_that_is_well_is_silent(kind):
    net = ca.NetworkRegressor(effort="quick", engine="numpy", random_state=0)
    y = X[:, 0] * X[:, 1] + X[:, 2]
    if kind != "numbers":
        net = ca.NetworkClassifier(effort="quick", engine="numpy", random_state=0)
        y = np.where(y > (0 if kind == "classes" else 1.0), "b", "a")
    if kind == "weighted":
        net.set_params(class_weight="balanced")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.fit(X, y)
    assert net.findings_ == () and net.run_.evidence is not None


def test_no_row_is_kept(monkeypatch):
    monkeypatch.setattr(diagnosing, "verdict", lambda evidence: Verdict((CAUSE,), (), Harm("", "")))
    net = ca.NetworkRegressor(**QUICK).fit(X, X[:, 0])
    assert net.run_.setup is None
    back = pickle.loads(pickle.dumps(net))
    assert back.findings_ == (CAUSE,) and np.array_equal(back.predict(X), net.predict(X))
    few = len(pickle.dumps(clone(net).fit(X, X[:, 0])))
    assert len(pickle.dumps(clone(net).fit(np.tile(X, (4, 1)), np.tile(X[:, 0], 4)))) < few + 3 * X.nbytes


def test_it_is_judged_by_all_rows_held_out_rather_than_by_those_of_one_member():
    y = X[:, 0] + 0.3 * np.random.default_rng(1).normal(size=len(X))
    net = ca.NetworkRegressor(effort="quick", members=3, epochs=20, engine="numpy", random_state=0).fit(X, y)
    known = net.run_.evidence
    assert known.outcome.validation_score == pytest.approx(r2_score(y, net.out_of_fold_), abs=2e-3)
    assert known.references.error == pytest.approx(
        np.sqrt(2 * (1 / 150 + 1 / 50)) * (1 - known.references.best), rel=0.02
    )
