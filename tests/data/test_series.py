import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutaway.data.columns import describe_columns
from cutaway.data.series import last_rows, time_like, with_lags, with_lags_after
from cutaway.data.table import Table
from cutaway.errors import InputError


def days(*numbers):
    return np.array([np.datetime64("2024-01-01", "us") + np.timedelta64(n, "D") for n in numbers])


def shops(rows, seed=0, groups=("a", "b", "c")):
    random = np.random.default_rng(seed)
    return Table(
        {
            "shop": random.choice(np.array(groups, dtype=object), rows),
            "day": random.permutation(rows).astype(np.float64),
            "sold": random.normal(size=rows),
            "price": np.where(random.random(rows) < 0.1, np.nan, random.random(rows)),
        },
        "shops.csv",
    )


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(8, 40), lags=st.integers(1, 3), seed=st.integers(0, 9))
def test_lags_are_those_of_pandas(rows, lags, seed):
    pandas = pytest.importorskip("pandas")
    table = shops(rows, seed)
    sizes = [int(np.sum(table.columns["shop"] == name)) for name in "abc"]
    if max(sizes) <= lags:
        with pytest.raises(InputError, match="the longest series has"):
            with_lags(table, "day", lags, ["sold"], "shop")
        return
    lagged = with_lags(table, "day", lags, ["sold", "price"], "shop")
    frame = pandas.DataFrame(table.columns).sort_values("day")
    for name in ("sold", "price"):
        for lag in range(1, lags + 1):
            frame[f"{name} {lag} before"] = frame.groupby("shop")[name].shift(lag)
    frame = frame[frame.groupby("shop").cumcount() >= lags]
    assert lagged.names == tuple(frame.columns)
    for name in lagged.names:
        expected = frame[name].to_numpy()
        if name == "shop":
            assert lagged.columns[name].tolist() == expected.tolist()
        else:
            assert np.array_equal(lagged.columns[name], expected, equal_nan=True)
    left_out = rows - lagged.rows
    assert (
        lagged.notes[-1]
        == f"{left_out} row(s) without {lags} earlier values left out (the first {lags} of each 'shop')"
    )


def test_the_table_itself_stays_and_the_present_value_is_in_no_new_column():
    table = shops(30)
    before = {name: values.copy() for name, values in table.columns.items()}
    lagged = with_lags(table, "day", 2, ["sold"])
    assert table.names == tuple(before) and all(
        np.array_equal(table.columns[n], v, equal_nan=n == "price") for n, v in before.items()
    )
    changed = Table({**table.columns, "sold": np.where(table.columns["day"] == 20, 99.0, table.columns["sold"])})
    other = with_lags(changed, "day", 2, ["sold"])
    differ = {
        name: np.flatnonzero(lagged.columns[name] != other.columns[name]).tolist()
        for name in other.names
        if name.startswith("sold")
    }
    # Rows start with day 2: what is sold on day 20 is seen on day 21 and 22, and not on day 20.
    assert differ == {"sold": [18], "sold 1 before": [19], "sold 2 before": [20]}


@settings(max_examples=40, deadline=None)
@given(lags=st.integers(1, 4), cut=st.integers(12, 35), seed=st.integers(0, 9), grouped=st.booleans())
def test_new_rows_see_the_stored_past_as_if_all_had_been_there(lags, cut, seed, grouped):
    table, group = shops(40, seed), "shop" if grouped else None
    past = table.select(table.columns["day"] < cut)
    new = table.select(table.columns["day"] >= cut)
    stored = last_rows(past, "day", lags, ["sold", "price"], group)
    assert all(len(values) <= lags * (3 if grouped else 1) for values in stored.values())
    built = with_lags_after(stored, new, "day", lags, ["sold", "price"], group)
    assert built.columns["day"].tolist() == new.columns["day"].tolist()  # in the order in which they came
    whole = {int(day): row for row, day in enumerate(table.columns["day"])}
    for row, day in enumerate(new.columns["day"]):
        series = [
            d for d in sorted(whole) if not grouped or table.columns["shop"][whole[d]] == new.columns["shop"][row]
        ]
        at = series.index(int(day))
        for lag in range(1, lags + 1):
            expected = table.columns["sold"][whole[series[at - lag]]] if at >= lag else np.nan
            assert np.array_equal(built.columns[f"sold {lag} before"][row], expected, equal_nan=True)


def test_a_target_to_be_predicted_is_missing_for_the_rows_after_it():
    table = Table({"day": days(0, 1, 2), "sold": np.array([5.0, 6.0, 7.0]), "price": np.array([1.0, 2.0, 3.0])})
    stored = last_rows(table, "day", 2, ["sold", "price"])
    new = Table({"price": np.array([5.0, 4.0]), "day": days(4, 3)})
    built = with_lags_after(stored, new, "day", 2, ["sold", "price"])
    assert "sold" not in built.names and new.names == ("price", "day")
    found = {
        name: [None if v != v else v for v in built.columns[name].tolist()] for name in built.names if "before" in name
    }
    assert found == {
        "sold 1 before": [None, 7.0],
        "sold 2 before": [7.0, 6.0],
        "price 1 before": [4.0, 3.0],
        "price 2 before": [3.0, 2.0],
    }
    again = Table({"day": days(9), "shop": np.array(["new"], dtype=object)})
    grouped = Table({**table.columns, "shop": np.array(["a", "a", "a"], dtype=object)})
    unknown = with_lags_after(last_rows(grouped, "day", 1, ["sold"], "shop"), again, "day", 1, ["sold"], "shop")
    assert np.isnan(unknown.columns["sold 1 before"][0])


def test_uneven_steps_are_told():
    table = Table({"day": days(0, 1, 2, 3, 13), "sold": np.arange(5.0)})
    assert with_lags(table, "day", 1, ["sold"]).notes == [
        "column 'day': steps are uneven; the longest is 10 times the usual one, and 'before' counts rows",
        "1 row(s) without 1 earlier values left out (the first 1 of the series)",
    ]
    months = np.array(["2023-12-01", "2024-01-01", "2024-02-01", "2024-03-01"], dtype="datetime64[us]")
    assert len(with_lags(Table({"day": months, "sold": np.arange(4.0)}), "day", 1, ["sold"]).notes) == 1


SERIES = {"day": days(1, 0, 2), "sold": np.array([1.0, 2.0, 3.0]), "shop": np.array(["a", "b", "a"], dtype=object)}


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (
            {"day": days(1, 0, 1)},
            {},
            r"t.csv: the time 'day' is 2024-01-02 twice, in rows 1 and 3 .*which column tells",
        ),
        ({"day": days(1, 1, 1)}, {"group": "shop"}, r"is 2024-01-02 twice of 'a', in rows 1 and 3 \(1 such pair"),
        ({"day": np.array([3.0, 1.5, 1.5])}, {}, r"is 1.5 twice, in rows 2 and 3"),
        ({"day": np.array(["soon", None, "x"], dtype=object)}, {}, "the time 'day' holds text such as 'soon'"),
        ({"day": np.array([True, False, True])}, {}, "holds text such as 'true'; expected dates"),
        ({"day": np.array([days(1)[0], np.datetime64("NaT"), days(2)[0]])}, {}, "'day' is missing in 1 row.*row 2"),
        ({"shop": np.array(["a", None, "a"], dtype=object)}, {"group": "shop"}, "'shop' is missing in 1 row"),
        ({}, {"columns": ["shop"]}, "'shop' holds no numbers"),
        ({}, {"columns": "sold"}, "expected a list of names"),
        ({}, {"columns": ["prise"]}, "no column 'prise'"),
        ({}, {"time_column": "dai"}, "no column 'dai'; did you mean 'day'"),
        ({}, {"group": "shp"}, "no column 'shp'"),
        ({}, {"lags": 0}, "0 earlier values; expected at least 1"),
        ({}, {"lags": 3}, r"the longest series has 3 row.*need at least 4"),
        ({"sold 1 before": np.zeros(3)}, {}, "there is a column 'sold 1 before' already"),
    ],
)
def test_what_is_no_series(change, options, words):
    table = Table({**SERIES, **change}, "t.csv")
    with pytest.raises(InputError, match=words):
        with_lags(table, **{"time_column": "day", "lags": 1, "columns": ["sold"]} | options)


def test_new_rows_that_do_not_follow_the_past():
    stored = last_rows(Table(SERIES), "day", 2, ["sold"])
    for new, words in (
        ({"day": days(3, 2)}, r"row 2 is of 2024-01-03, not later than 2024-01-03, where .*1 such row"),
        ({"day": days(4, 4)}, r"is 2024-01-05 twice, in rows 1 and 2"),
        ({"day": np.array([5.0])}, "holds float64, and in training datetime64"),
    ):
        with pytest.raises(InputError, match=words):
            with_lags_after(stored, Table(new, "new.csv"), "day", 2, ["sold"])
    with pytest.raises(InputError, match="the past lacks the column 'price'"):
        with_lags_after(stored, Table({"day": days(5)}), "day", 2, ["price"])


def test_columns_that_are_like_time():
    table = Table(
        {"Date": days(*range(9)), "fiscal_year": np.arange(9.0) % 4, "age": np.arange(9.0) % 5, "y": np.arange(9.0)}
    )
    assert time_like(describe_columns(table, "y")) == ["Date", "fiscal_year"]
