"""What simple methods reach, against scikit-learn's: with each row left out in turn, and on rows held out."""

import numpy as np
import pytest

from cutaway.diagnosis.references import CHOOSING_ROWS, references
from cutaway.diagnosis.simple_methods import RIDGES
from cutaway.losses import CrossEntropy, SquaredError
from cutaway.training.score import marks_of_numbers, standard_error
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


def learned_and_held_out(count=160, features=7, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, features)) * np.arange(1, features + 1)
    y = x @ random.normal(size=(features, 2)) * [1.0, 5.0] + 10 * random.normal(size=(count, 2))
    return (x[:100], y[:100]), (x[100:], y[100:])


@pytest.mark.parametrize("features", [7, 130])  # fewer than rows, and more
def test_rows_held_out_against_ridge_and_neighbours(features):
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score
    from sklearn.neighbors import KNeighborsRegressor

    learned, held_out = learned_and_held_out(features=features)
    known = references(SquaredError(), Batch(*learned, None), 9, held_out=Batch(*held_out, None))
    x, new = ((part - learned[0].mean(0)) / learned[0].std(0) for part in (learned[0], held_out[0]))
    near = KNeighborsRegressor(1).fit(x, learned[1]).predict(new)
    # A column weighs by its variance, as in the network's score.
    assert known.neighbour == pytest.approx(
        max(-1, r2_score(held_out[1], near, multioutput="variance_weighted")), abs=1e-6
    )
    x, new = (np.hstack([part, np.ones((len(part), 1))]) for part in (x, new))
    mean = (x**2).sum() / len(x)
    ridges = [Ridge(share * mean, fit_intercept=False).fit(x, learned[1]).predict(new) for share in RIDGES]
    reached = [max(-1, r2_score(held_out[1], said, multioutput="variance_weighted")) for said in ridges]
    assert min(abs(known.linear - each) for each in reached) < 1e-6
    assert known.rows == 100 and known.judged == 60 and len(known.marks) == 60
    assert np.mean(known.marks) == pytest.approx(known.best, abs=1e-3)


def test_classes_held_out_against_neighbours_and_chance():
    from sklearn.datasets import load_wine
    from sklearn.neighbors import KNeighborsClassifier

    x, y = load_wine(return_X_y=True)
    order = np.random.default_rng(1).permutation(len(x))
    learned, held_out = order[:120], order[120:]
    parts = [Batch(x[part], y[part].astype(np.int32), None) for part in (learned, held_out)]
    known = references(CrossEntropy(), parts[0], 120, held_out=parts[1])
    standard = (x - x[learned].mean(0)) / x[learned].std(0)
    near = KNeighborsClassifier(1).fit(standard[learned], y[learned])
    assert known.neighbour == pytest.approx(near.score(standard[held_out], y[held_out]), abs=1e-9)
    assert known.chance == pytest.approx((y[held_out] == np.bincount(y[learned]).argmax()).mean())
    assert set(known.marks) <= {0.0, 1.0} and np.mean(known.marks) == pytest.approx(known.best)


def products(count, seed=0):
    """Return six normal features, and whether the sum of their squares is above its median, 5.35."""
    x = np.random.default_rng(seed).normal(size=(count, 6))
    return x, ((x**2).sum(axis=1) > 5.35).astype(np.int32)


def alike(x, others, width):
    """Return values of the kernel exp(-d / width) + 1 by scikit-learn."""
    from sklearn.metrics.pairwise import rbf_kernel

    return rbf_kernel(x, others, gamma=1 / width) + 1


def median_square(x):
    from sklearn.metrics import euclidean_distances

    return np.median(euclidean_distances(x, squared=True)[~np.eye(len(x), dtype=bool)])


def left_out(x, y, width):
    """Return for each ridge the share that scikit-learn gets right by it of rows left out in turn."""
    from sklearn.kernel_ridge import KernelRidge

    likeness, scores = alike(x, x, width), []
    for ridge in RIDGES:
        right = 0
        for row in range(len(x)):
            others = np.arange(len(x)) != row
            model = KernelRidge(kernel="precomputed", alpha=ridge * likeness.trace() / len(x))
            model.fit(likeness[np.ix_(others, others)], np.eye(2)[y[others]])
            right += model.predict(likeness[row : row + 1, others]).argmax() == y[row]
        scores.append(right / len(x))
    return scores


def test_squares_that_only_a_kernel_knows_against_kernel_ridge_regression():
    from sklearn.kernel_ridge import KernelRidge

    (x, y), (new, asked) = products(250), products(200, seed=1)
    found = references(CrossEntropy(), Batch(x, y, None), 200, held_out=Batch(new, asked, None))
    known, there = (x - x.mean(0)) / x.std(0), (new - x.mean(0)) / x.std(0)
    width = median_square(known[:: -(-len(known) // CHOOSING_ROWS)])  # what is chosen, is by 125 of the rows
    ridge = RIDGES[int(np.argmax(left_out(known[::2], y[::2], width)))]
    model = KernelRidge(kernel="precomputed", alpha=2 * ridge).fit(alike(known, known, width), np.eye(2)[y])
    score = (model.predict(alike(there, known, width)).argmax(axis=1) == asked).mean()
    assert found.kernel == pytest.approx(score, abs=1e-9)
    assert found.best == found.kernel > max(found.linear, found.neighbour) + 0.1
    assert found.best_method == "kernel ridge regression" and found.unrelated == 0


def test_a_kernel_left_out_in_turn_against_learning_anew_each_time():
    x, y = products(60)
    known = (x - x.mean(0)) / x.std(0)
    found = references(CrossEntropy(), Batch(x, y, None), 60)
    assert found.kernel == pytest.approx(max(left_out(known, y, median_square(known))), abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_a_kernel_is_not_tried_where_most_rows_are_the_same(seed):
    random = np.random.default_rng(seed)
    x = np.tile(random.normal(size=7), (100, 1))
    x[:20] = random.normal(size=(20, 7))
    found = references(CrossEntropy(), Batch(x, random.integers(0, 2, 100).astype(np.int32), None), 100)
    assert found.kernel is None and "kernel ridge regression" not in found.reached


def test_a_heavy_tail_is_no_rounding():
    from sklearn.kernel_ridge import KernelRidge

    random = np.random.default_rng(3)
    x = np.exp(3 * random.standard_normal((250, 1)))
    y = np.log(x) + 0.1 * random.standard_normal((250, 1))
    new, asked = x[200:], y[200:]
    x, y = x[:200], y[:200]
    found = references(SquaredError(), Batch(x, y, None), 50, held_out=Batch(new, asked, None))
    known, there = (x - x.mean(0)) / x.std(0), (new - x.mean(0)) / x.std(0)
    width, scores = median_square(known[:: -(-len(known) // CHOOSING_ROWS)]), []
    for ridge in RIDGES:
        model = KernelRidge(kernel="precomputed", alpha=2 * ridge).fit(alike(known, known, width), y)
        scores.append(marks_of_numbers(model.predict(alike(there, known, width)), asked).mean())
    assert any(found.kernel == pytest.approx(score, abs=1e-4) for score in scores)
    assert found.kernel > 0.3


def test_rows_that_belong_together_do_not_flatter_the_nearest_row():
    """Five rows of each of thirty people: what a row of the same person says is of no use for other people."""
    random = np.random.default_rng(0)
    people = random.normal(size=(30, 6))
    x = np.repeat(people, 5, axis=0) + 0.05 * random.normal(size=(150, 6))
    y = np.repeat(random.integers(0, 2, 30), 5).astype(np.int32)
    rows, others = Batch(x[:100], y[:100], None), Batch(x[100:], y[100:], None)
    assert references(CrossEntropy(), rows, 100).neighbour > 0.95
    assert references(CrossEntropy(), rows, 100, held_out=others).neighbour < 0.75


def test_targets_that_are_the_inputs_have_no_reference_but_chance():
    x = np.random.default_rng(0).normal(size=(80, 6))
    found = references(SquaredError(), Batch(x, 3 * x + 1, None), 80)
    assert not found.simple and found.best == found.chance == 0
    assert references(SquaredError(), Batch(x, 3 * x[:, :5] + 1, None), 80).simple


@pytest.mark.parametrize("task", ["numbers", "classes"])
def test_the_error_is_that_of_many_draws(task):
    """Two methods that are equally good, on rows drawn anew again and again."""
    random, differences, errors = np.random.default_rng(0), [], []
    for _ in range(400):
        if task == "numbers":
            truth = random.normal(size=(90, 1))
            both = 0.7 * truth + 0.3 * random.normal(size=truth.shape)
            marks = [marks_of_numbers(both + 0.2 * random.normal(size=truth.shape), truth) for _ in range(2)]
        else:
            easy = random.random(90) < 0.6
            marks = [np.where(easy, 1.0, (random.random(90) < 0.5).astype(float)) for _ in range(2)]
        differences.append(marks[0].mean() - marks[1].mean())
        errors.append(standard_error(*marks, answers=None if task == "numbers" else 1))
    assert np.mean(errors) == pytest.approx(np.std(differences), rel=0.15)
    assert np.mean(np.abs(differences) > 3 * np.array(errors)) < 0.01


def test_beside_rows_held_out_training_rows_are_answered_too_each_left_out_in_turn():
    learned, held_out = (Batch(*part, None) for part in learned_and_held_out())
    found = references(SquaredError(), learned, 60, held_out=held_out).own
    alone = references(SquaredError(), learned, 100)
    assert (found.linear, found.neighbour) == pytest.approx((alone.linear, alone.neighbour))
    assert found.kernel == pytest.approx(alone.kernel, abs=0.1)  # by the same rows, and a ridge that fewer chose
    assert alone.own is None and found.rows == found.judged == len(found.marks) == 100
    assert np.mean(found.marks) == pytest.approx(found.best, abs=1e-3)
