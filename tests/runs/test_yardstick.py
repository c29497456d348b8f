import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from cutaway.data.columns import Column, ColumnKind, describe_columns
from cutaway.data.splits import folds
from cutaway.data.table import Table
from cutaway.data.targets import ClassTarget, NumberTarget
from cutaway.errors import InputError
from cutaway.runs.yardstick import yardstick


@pytest.fixture(autouse=True)
def one_thread():
    """For scikit-learn's own trees too, which wait long for threads on cores that others use."""
    with threadpool_limits(limits=1, user_api="openmp"):
        yield


def column(name, kind):
    return Column(name, ColumnKind(kind), "as given", 0, 0)


def texts(values):
    return np.array(values, dtype=object)


def test_is_scikit_learns_on_the_same_folds():
    x, y = load_iris(return_X_y=True)
    names = texts(["setosa", "versicolor", "virginica"])[y]
    table = Table({**{f"x{i}": x[:, i] for i in range(4)}, "species": names})
    target, parts = ClassTarget.fit("species", names), folds(150, 3, 0, y)
    weight = np.random.default_rng(0).uniform(0.5, 2, 150)
    columns = describe_columns(table, "species")
    found = yardstick(table, columns, target, parts, tested=table.select(np.arange(7)), weight=weight, seed=5)
    for rest, part in parts:
        theirs = HistGradientBoostingClassifier(random_state=5).fit(x[rest], y[rest], sample_weight=weight[rest])
        np.testing.assert_allclose(found.held_out[part], theirs.predict_proba(x[part]))
    theirs = HistGradientBoostingClassifier(random_state=5).fit(x, y, sample_weight=weight)
    np.testing.assert_allclose(found.tested, theirs.predict_proba(x[:7]))


def mixed(rows, seed):
    """A table of every kind of column, a target of numbers, and the columns as scikit-learn would take them."""
    random = np.random.default_rng(seed)
    number = np.where(random.random(rows) < 0.1, np.nan, random.normal(size=rows))
    code = random.integers(0, 6, rows)
    paid = random.random(rows) < 0.5
    days = random.integers(0, 4000, rows)
    y = 1e6 + 1e3 * (np.nan_to_num(number) + (code == 3) * 5 + paid + days / 1000 + random.normal(size=rows) / 10)
    table = Table(
        {
            "number": number, "town": texts([f"t{c}" for c in code]), "paid": paid,
            "sold": (np.datetime64("2010-01-01", "us") + days.astype("timedelta64[D]")), "y": y,
        }
    )  # fmt: skip
    columns = [
        column("number", "number"), column("town", "category"), column("paid", "boolean"), column("sold", "date"),
    ]  # fmt: skip
    return table, columns, np.column_stack([number, code, paid, days]), y


def test_kinds_of_columns():
    table, columns, x, y = mixed(600, 0)
    rest, part = np.arange(400), np.arange(400, 600)
    found = yardstick(table, columns, NumberTarget.fit("y", y), [(rest, part)]).held_out
    theirs = HistGradientBoostingRegressor(categorical_features=[1], random_state=0).fit(x[rest], y[rest])
    # Targets are standardised, and codes in another order: trees are the same but for ties.
    assert np.sqrt(np.mean((found[part] - theirs.predict(x[part])) ** 2)) < 0.05 * y.std()
    assert np.isnan(found[rest]).all()
    assert np.sqrt(np.mean((found[part] - y[part]) ** 2)) < 0.25 * y.std()
    # A column left out, and what is no input, are not used.
    less = yardstick(table, [*columns[2:], column("number", "identifier")], NumberTarget.fit("y", y), [(rest, part)])
    assert np.sqrt(np.mean((less.held_out[part] - y[part]) ** 2)) > 0.5 * y.std()


def test_many_categories():
    """Each of the frequent ones is known apart; the rare ones share a code; new ones are missing."""
    random = np.random.default_rng(0)
    frequent = np.repeat(np.arange(100), 40)
    rare = np.arange(100, 600)
    code = random.permutation(np.concatenate([frequent, rare]))
    values = np.where(code < 100, code % 7, 50.0)
    table = Table({"code": texts([f"c{c}" for c in code]), "y": values})
    new = Table({"code": texts(["c13", "c599", "unheard", None]), "y": np.zeros(4)})
    found = yardstick(table, [column("code", "category")], NumberTarget.fit("y", values), [], tested=new).tested
    assert found[0] == pytest.approx(6, abs=1.5) and found[1] == pytest.approx(50, abs=2) and np.isfinite(found).all()


def test_folds_that_repeat_are_averaged():
    table, columns, _, y = mixed(120, 1)
    target, half = NumberTarget.fit("y", y), np.arange(120) < 60
    one, other = [(np.flatnonzero(~half), np.flatnonzero(half))], [(np.arange(70, 120), np.flatnonzero(half))]
    each = [yardstick(table, columns, target, part).held_out for part in (one, other)]
    both = yardstick(table, columns, target, one + other).held_out
    np.testing.assert_allclose(both[half], (each[0][half] + each[1][half]) / 2)


def test_a_class_missing_from_a_fold_has_a_probability_all_the_same():
    labels = texts(["a"] * 30 + ["b"] * 30 + ["c"])
    table = Table({"x": np.arange(61.0), "y": labels})
    target = ClassTarget.fit("y", labels)
    rest, part = np.arange(60), np.array([60])
    found = yardstick(table, [column("x", "number")], target, [(rest, part)]).held_out[60]
    assert found[2] == pytest.approx(1 / 63) and found.sum() == pytest.approx(1) and found[1] > 0.9
    one_class = yardstick(table, [column("x", "number")], target, [(np.arange(30), np.arange(30, 61))]).held_out[30:]
    np.testing.assert_allclose(one_class, np.tile([31 / 33, 1 / 33, 1 / 33], (31, 1)))


ODD = {
    "all missing": np.full(40, np.nan),
    "infinite": np.where(np.arange(40) % 3 == 0, np.inf, -np.inf),
    "enormous": np.where(np.arange(40) % 2 == 0, 1e308, -1e308),
    "constant": np.ones(40),
    "no dates": np.full(40, "NaT", "datetime64[us]"),
    "no texts": texts([None] * 40),
    "all different": texts([f"t{i}" for i in range(40)]),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("kind", ["number", "category", "boolean", "date"])
def test_odd_columns(name, kind):
    for target_values in (texts(["a", "b"] * 20), np.arange(40.0) * 1e306):
        table = Table({"odd": ODD[name], "y": target_values})
        classes = target_values.dtype == object
        target = ClassTarget.fit("y", target_values) if classes else NumberTarget.fit("y", target_values)
        found = yardstick(
            table, [column("odd", kind)], target, folds(40, 4, 0), tested=Table({"other": np.zeros(3)}),
        )  # fmt: skip
        assert np.isfinite(found.held_out).all() and np.isfinite(found.tested).all()
        if classes:
            np.testing.assert_allclose(found.held_out.sum(axis=1), 1)


def test_hardly_any_rows_and_no_columns():
    two = Table({"x": np.array([1.0, 2.0]), "y": texts(["a", "b"])})
    target = ClassTarget.fit("y", two.columns["y"])
    found = yardstick(two, [column("x", "number")], target, folds(2, 2, 0), tested=two.select(np.zeros(0, int)))
    np.testing.assert_allclose(found.held_out, [[1 / 3, 2 / 3], [2 / 3, 1 / 3]])
    assert found.tested.shape == (0, 2)
    none = yardstick(two, [], target, [], tested=two, weight=np.array([3.0, 1.0])).tested
    np.testing.assert_allclose(none, [[0.75, 0.25]] * 2)
    numbers = Table({"x": np.array([1.0, 2.0, 3.0]), "y": np.array([1.0, 2.0, 6.0])})
    parts = [(np.array([0, 1]), np.array([2]))]
    for columns in ([], [column("x", "number")]):
        found = yardstick(numbers, columns, NumberTarget.fit("y", numbers.columns["y"]), parts)
        assert found.held_out[2] == pytest.approx(1.5)


def test_rows_without_weight_are_not_there():
    table, columns, _, y = mixed(200, 2)
    weight = (np.arange(200) < 150) * 1.0
    target = NumberTarget.fit("y", y)
    found = yardstick(table, columns, target, [], tested=table, weight=weight).tested
    alone = yardstick(table.select(np.arange(150)), columns, target, [], tested=table).tested
    np.testing.assert_allclose(found, alone)
    gone = yardstick(table, columns, target, [], tested=table, weight=np.zeros(200)).tested
    np.testing.assert_allclose(gone, target.mean)
    with pytest.raises(InputError, match=r"yardstick: weights have shape \(3,\)"):
        yardstick(table, columns, target, [], weight=np.ones(3))


def test_a_class_of_one_row_among_many():
    """Beyond 10,000 rows scikit-learn sets rows aside by class, which one row cannot be divided for."""
    x = np.arange(10_050.0)
    labels = texts(["a", "b"] * 5025)
    labels[17] = "alone"
    table = Table({"x": x % 50, "y": labels})
    found = yardstick(table, [column("x", "number")], ClassTarget.fit("y", labels), [], tested=table).tested
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found.argmax(axis=1) == np.arange(10_050) % 2 * 2).mean() > 0.99
