"""Which rows are learned from, watched and tested."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.table import Table
from cutaway.data.targets import ClassTarget, NumberTarget
from cutaway.runs.parts import FEWEST_TO_WATCH, Division, divide


def table(rows=100, seed=0):
    random = np.random.default_rng(seed)
    return Table({
        "x": random.normal(size=rows),
        "shop": np.array([f"s{place % 10}" for place in range(rows)], object),
        "day": random.permutation(rows).astype(np.float64),
        "count": random.integers(1, 5, rows).astype(np.float64),
        "y": random.normal(size=rows),
    })  # fmt: skip


NUMBER = NumberTarget("y", 0.0, 1.0, -9.0, 9.0)


def places(parts, whole):
    """The rows of the parts as row numbers of the whole, told by their x."""
    found = {value: place for place, value in enumerate(whole.columns["x"].tolist())}
    inside = [found[value] for value in parts.rows.columns["x"].tolist()]
    tested = [] if parts.tested is None else [found[value] for value in parts.tested.columns["x"].tolist()]
    return inside, tested


@pytest.mark.parametrize("how", [Division(), Division(group="shop"), Division(time="day"), Division(weight="count")])
def test_no_row_is_on_two_sides(how):
    whole = table()
    parts = divide(whole, NUMBER, ["x"], how, members=4)
    inside, tested = places(parts, whole)
    assert not set(inside) & set(tested) and len(inside) + len(tested) == 100
    for learned, watched in parts.folds:
        assert not set(learned.tolist()) & set(watched.tolist())
        assert len(learned) + len(watched) == len(inside)


def test_each_row_is_watched_once_by_members_that_take_turns():
    parts = divide(table(), NUMBER, ["x"], Division(), members=4)
    watched = np.concatenate([watched for _, watched in parts.folds])
    assert sorted(watched) == list(range(80)) and parts.watched.all()


def test_a_group_stays_on_one_side_of_every_cut():
    whole = table()
    parts = divide(whole, NUMBER, ["x"], Division(group="shop"), members=4)
    shops = parts.rows.columns["shop"]
    assert not set(shops) & set(parts.tested.columns["shop"])
    for learned, watched in parts.folds:
        assert not set(shops[learned]) & set(shops[watched])


def test_what_is_watched_and_tested_is_later():
    parts = divide(table(), NUMBER, ["x"], Division(time="day"), members=4)
    days = parts.rows.columns["day"]
    assert days.max() < parts.tested.columns["day"].min()
    assert all(days[learned].max() < days[watched].min() for learned, watched in parts.folds)


def test_tables_of_ones_own_are_watched_and_tested_and_nothing_else_is():
    test, validation = table(20, seed=1), table(30, seed=2)
    parts = divide(table(), NUMBER, ["x"], Division(test=test, validation=validation), members=2)
    assert parts.tested.columns["x"].tolist() == test.columns["x"].tolist()
    for learned, watched in parts.folds:
        assert len(learned) == 100
        assert parts.rows.columns["x"][watched].tolist() == validation.columns["x"].tolist()


def test_rows_of_an_own_table_without_or_with_an_unknown_class_are_counted():
    labels = np.array(["a", "b"] * 50, object)
    whole = Table({"x": np.arange(100.0), "y": labels})
    test = Table({"x": np.arange(4.0), "y": np.array(["a", None, "new", "b"], object)})
    parts = divide(whole, ClassTarget("y", ("a", "b")), ["x"], Division(test=test), members=1)
    assert parts.tested.rows == 2
    assert [note.split(": ")[1] for note in parts.notes] == [
        "1 row(s) without a value of the target left out", "1 row(s) of a class that is not learned left out",
    ]  # fmt: skip


def test_equal_rows_on_both_sides_are_told():
    whole = Table({"x": np.repeat(np.arange(50.0), 2), "y": np.repeat(np.arange(50.0), 2)})
    parts = divide(whole, NUMBER, ["x"], Division(), members=1)
    assert "stand among those learned from as well" in parts.notes[0]


def test_weights_have_mean_one_and_follow_their_rows():
    whole = table()
    parts = divide(whole, NUMBER, ["x"], Division(weight="count"), members=2)
    counts = parts.rows.columns["count"]
    np.testing.assert_allclose(parts.weight, counts / counts.mean())
    assert len(parts.tested_weight) == parts.tested.rows


@pytest.mark.parametrize(
    ("values", "words"),
    [([1.0, np.nan], "in every row"), ([1.0, -1.0], "at least 0"), ([0.0, 0.0], "is 0 in"), (["a", "b"], "a number")],
)
def test_a_weight_that_is_none_is_refused(values, words):
    whole = table()
    column = np.array(values * 50, object if isinstance(values[0], str) else np.float64)
    whole.columns["count"] = column
    with pytest.raises(ca.InputError, match=words):
        divide(whole, NUMBER, ["x"], Division(weight="count"), members=2)


def test_of_few_rows_none_is_watched():
    rows = FEWEST_TO_WATCH - 1
    parts = divide(table(rows), NUMBER, ["x"], Division(test=0.0), members=3)
    assert parts.tested is None and not parts.watched.any()
    assert all(len(learned) == rows for learned, _ in parts.folds)


def test_fewer_groups_than_members_take_turns_too():
    whole = table()
    whole.columns["shop"] = np.array(["a", "b", "c"] * 33 + ["a"], object)
    parts = divide(whole, NUMBER, ["x"], Division(test=0.0, group="shop"), members=8)
    assert len(parts.folds) == 8 and parts.watched.all()
    for learned, watched in parts.folds:
        assert not set(whole.columns["shop"][learned]) & set(whole.columns["shop"][watched])


def test_of_one_group_that_is_left_nothing_is_held_out_and_that_is_said():
    whole = table()
    whole.columns["shop"] = np.array(["a", "b"] * 50, object)
    parts = divide(whole, NUMBER, ["x"], Division(test=0.4, group="shop"), members=4)
    assert parts.tested.rows == 50 and not parts.watched.any()
    assert parts.notes[-1].startswith("too few groups to hold any out")
    assert "of 2 groups ('shop') 1 are set aside" in parts.notes[0]


def test_where_there_is_a_time_what_is_watched_is_later_whatever_the_group():
    parts = divide(table(), NUMBER, ["x"], Division(time="day", group="shop"), members=4)
    days = parts.rows.columns["day"]
    assert all(days[learned].max() < days[watched].min() for learned, watched in parts.folds)
    assert days.max() < parts.tested.columns["day"].min()


def test_members_that_watch_few_rows_choose_their_epoch_together():
    few, many = (divide(table(rows), NUMBER, ["x"], Division(test=0.0), members=4) for rows in (100, 600))
    alike = divide(table(), NUMBER, ["x"], Division(time="day"), members=4)
    assert (few.together, many.together, alike.together) == (True, False, False)
