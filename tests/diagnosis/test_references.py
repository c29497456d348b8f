"""What simple methods reach, against scikit-learn's with each row left out in turn."""

import numpy as np
import pytest

from cutaway.diagnosis.references import references
from cutaway.losses import CrossEntropy, SquaredError
from cutaway.training.step import Batch

sklearn = pytest.importorskip("sklearn")


def test_numbers_against_ridge_and_neighbours():
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import LeaveOneOut, cross_val_predict
    from sklearn.neighbors import KNeighborsRegressor

    random = np.random.default_rng(0)
    x = random.normal(size=(80, 5)) * [1, 10, 0.1, 5, 2] + 3
    y = x @ random.normal(size=5) + random.normal(size=80)
    found = references(SquaredError(), Batch(x, y[:, None], None), 80)
    standard = (x - x.mean(0)) / x.std(0)
    near = cross_val_predict(KNeighborsRegressor(1), standard, y, cv=LeaveOneOut())
    total = ((y - y.mean()) ** 2).sum()
    assert found.neighbour == pytest.approx(max(-1, 1 - ((near - y) ** 2).sum() / total), abs=1e-9)
    ridge = RidgeCV(np.logspace(-6, 3, 40))
    answers = cross_val_predict(ridge, standard, y, cv=LeaveOneOut())
    assert found.linear == pytest.approx(1 - ((answers - y) ** 2).sum() / total, abs=0.02)
    assert found.chance == 0 and found.best == max(found.linear, found.neighbour)


def test_classes_against_neighbours_and_chance():
    from sklearn.datasets import load_wine
    from sklearn.model_selection import LeaveOneOut, cross_val_score
    from sklearn.neighbors import KNeighborsClassifier

    x, y = load_wine(return_X_y=True)
    found = references(CrossEntropy(), Batch(x, y.astype(np.int32), None), 178)
    near = cross_val_score(KNeighborsClassifier(1), (x - x.mean(0)) / x.std(0), y, cv=LeaveOneOut()).mean()
    assert found.neighbour == pytest.approx(near, abs=1e-9)
    assert found.chance == pytest.approx(np.bincount(y).max() / 178)
    assert 0.95 < found.linear <= 1  # linear discriminants are known to reach 98.9 % on wine


def test_tokens_have_no_reference_but_chance():
    tokens = np.random.default_rng(0).integers(0, 9, (50, 12)).astype(np.int32)
    found = references(CrossEntropy(), Batch(tokens, tokens, None), 50)
    assert found.linear == found.neighbour == found.chance == np.bincount(tokens.ravel()).max() / tokens.size
