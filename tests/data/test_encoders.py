import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cutaway.data.boolean_encoder import BooleanEncoder
from cutaway.data.category_encoder import CategoryEncoder
from cutaway.data.columns import describe_columns
from cutaway.data.date_encoder import DateEncoder
from cutaway.data.encoders import TableEncoder
from cutaway.data.number_encoder import NumberEncoder
from cutaway.data.table import Table
from cutaway.errors import InputError


def objects(*values):
    return np.array(values, dtype=object)


def test_numbers_follow_the_formula():
    values = np.array([1.0, 2.0, 4.0, 8.0, 100.0])
    encoder = NumberEncoder.fit("x", values)
    assert (encoder.centre, encoder.spread) == (4.0, 6.0)
    z = (values - 4.0) / 6.0
    expected = z / np.sqrt(1 + (z / 3) ** 2)
    assert encoder.transform(values)[:, 0] == pytest.approx(expected, rel=1e-6)


def test_numbers_that_hardly_vary_use_half_the_range_and_constants_give_zeros():
    assert NumberEncoder.fit("x", np.array([0.0] * 9 + [8.0])).spread == 4.0
    constant = NumberEncoder.fit("x", np.full(5, 7.0))
    assert constant.transform(np.array([7.0, 9.0, np.nan])).tolist() == [[0.0]] * 3


def test_missing_numbers_take_the_median_and_are_marked():
    encoder = NumberEncoder.fit("x", np.array([1.0, 2.0, 3.0, np.nan]))
    assert encoder.names == ("x", "x is missing")
    assert encoder.transform(np.array([2.0, np.nan])).tolist() == [[0.0, 0.0], [0.0, 1.0]]
    assert encoder.transform(objects("$1,000", "much", None))[1:].tolist() == [[0.0, 1.0]] * 2


@settings(max_examples=60, deadline=None)
@given(values=arrays.arrays(np.float64, st.integers(1, 20)))
def test_any_numbers_are_encoded_finite_within_three(values):
    encoded = NumberEncoder.fit("x", values).transform(np.append(values, [np.inf, -np.inf, np.nan]))
    assert encoded.dtype == np.float32 and np.all(np.abs(encoded) <= 3.0)


def test_two_categories_are_one_signed_column():
    encoder = CategoryEncoder.fit("sex", objects("m", "f", None, "m"))
    assert encoder.names == ("sex is m",)
    assert encoder.transform(objects("m", "f", None, "x")).ravel().tolist() == [1.0, -1.0, 0.0, 0.0]
    assert encoder.unseen(objects("m", "x", None)) == 1


def test_eight_categories_are_eight_columns_and_nine_are_codes():
    eight = objects(*"abcdefgh")
    assert CategoryEncoder.fit("c", eight).transform(eight).tolist() == np.eye(8).tolist()
    nine = objects(*"abcdefghi", "i", None)
    encoder = CategoryEncoder.fit("c", nine)
    assert encoder.code_size == 10
    assert encoder.transform(objects("i", "a", "h", "unknown", None)).ravel().tolist() == [1, 2, 9, 0, 0]


def test_beyond_ten_thousand_the_rest_are_rare():
    frequent = [f"f{place}" for place in range(10_000)]
    values = objects(*frequent, *frequent, "once", "twice")
    encoder = CategoryEncoder.fit("c", values)
    assert encoder.code_size == 10_002
    assert encoder.transform(objects("once", "new", None)).ravel().tolist() == [10_001, 10_001, 0]


def test_a_category_reads_the_same_as_text_and_as_number():
    encoder = CategoryEncoder.fit("class", objects("1", "2", "3"))
    assert encoder.transform(np.array([3.0, 1.0, np.nan])).tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("pair", [("yes", "no"), ("TRUE", "False"), ("y", "n"), ("t", "F"), ("on", "off")])
def test_booleans_in_five_spellings(pair):
    encoder = BooleanEncoder.fit("b", objects(*pair))
    assert encoder.transform(objects(*pair, None, "maybe")).ravel().tolist() == [1.0, -1.0, 0.0, 0.0]
    assert encoder.transform(np.array([True, False])).ravel().tolist() == [1.0, -1.0]
    assert encoder.transform(np.array([1.0, 0.0, np.nan])).ravel().tolist() == [1.0, -1.0, 0.0]


def test_dates_are_a_position_and_places_on_circles():
    days = np.array(["2024-01-01", "2024-04-02", "2025-01-01", "NaT"], dtype="datetime64[us]")
    encoder = DateEncoder.fit("d", days)
    assert encoder.names[:2] == ("d", "d is missing") and encoder.names[2] == "d month sin"
    encoded = dict(zip(encoder.names, encoder.transform(days).T, strict=True))
    assert encoded["d month sin"] == pytest.approx([0, 1, 0, 0], abs=1e-6)
    assert encoded["d month cos"] == pytest.approx([1, 0, 1, 0], abs=1e-6)
    # 1 January 2024 was a Monday, 2 April 2024 a Tuesday, 1 January 2025 a Wednesday
    assert encoded["d weekday sin"] == pytest.approx([0, np.sin(2 * np.pi / 7), np.sin(4 * np.pi / 7), 0])
    assert encoded["d is missing"].tolist() == [0, 0, 0, 1]
    assert encoder.position.centre == pytest.approx(2024 + 92 / 366)
    assert "d hour sin" not in encoder.names


def test_hours_only_where_there_are_times_and_text_dates_are_read():
    encoder = DateEncoder.fit("d", np.array(["2024-01-01T06", "2024-01-01T12"], dtype="datetime64[us]"))
    assert encoder.transform(objects("2024-01-01T18:00", "soon"))[:, -2:].tolist() == [
        [-1.0, pytest.approx(0, abs=1e-6)],
        [0.0, 0.0],
    ]


def training_table():
    rows = 60
    place = np.arange(rows)
    return Table(
        {
            "town": np.array([f"town {number % 12}" for number in place], dtype=object),
            "size": np.sqrt(place + 1.0),
            "new": np.array([["yes", "no"][number % 2] for number in place], dtype=object),
            "kind": np.array([["a", "b", "c", None][number % 4] for number in place], dtype=object),
            "sold": np.datetime64("2024-01-01", "us") + place * np.timedelta64(36, "h"),
            "price": np.sin(place),
        },
        "training.csv",
    )


def fitted():
    table = training_table()
    return TableEncoder.fit(table, describe_columns(table, "price")), table


def test_codes_come_last_and_names_fit_the_width():
    encoder, table = fitted()
    x = encoder.transform(table)
    assert x.shape == (60, len(encoder.names)) and x.dtype == np.float32
    assert encoder.names[-1] == "town" and encoder.code_sizes == (13,)
    assert set(x[:, -1]) == set(range(1, 13))
    assert encoder.columns == ("size", "sold", "new", "kind", "town")


def test_another_order_more_columns_and_dirt_change_nothing_else():
    encoder, table = fitted()
    shuffled = Table({name: table.columns[name] for name in reversed(table.names)})
    shuffled.columns["extra"] = np.zeros(60)
    x, counts = encoder.transform_counted(shuffled)
    assert np.array_equal(x, encoder.transform(table)) and counts.sentences() == []


def test_what_was_not_seen_is_counted_and_taken_as_missing():
    encoder, _ = fitted()
    new = Table(
        {
            "town": objects("town 3", "elsewhere", None),
            "size": objects("2.5", "large", None),
            "kind": objects("a", None, "z"),
            "sold": objects("2024-02-01", "soon", None),
        }
    )
    x, counts = encoder.transform_counted(new)
    assert np.all(np.isfinite(x)) and x[1:, -1].tolist() == [0, 0]
    assert counts.missing_columns == ["new"]
    assert counts.unseen_categories == {"town": 1, "kind": 1}
    assert counts.unreadable == {"size": 1, "sold": 1}
    assert counts.newly_missing == {"town": 1, "size": 1, "sold": 1}
    assert len(counts.sentences()) == 8
    assert encoder.transform(Table({"other": np.zeros(2)})).shape == (2, encoder.width)


def test_json_round_trip_is_exact():
    encoder, table = fitted()
    again = TableEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    assert again == encoder
    assert np.array_equal(again.transform(table), encoder.transform(table))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.pop("version"),
        lambda data: data.update(version=2),
        lambda data: data.update(encoders=[]),
        lambda data: data["encoders"][0].update(kind="os.system"),
        lambda data: data["encoders"][0].update(centre="1"),
        lambda data: data["encoders"][0].update(centre=float("nan")),
        lambda data: data["encoders"][0].update(more=1),
        lambda data: data["encoders"].append(data["encoders"][0]),
        lambda data: data["encoders"].reverse(),
        lambda data: data["encoders"][-1].update(categories=["a", "a"]),
        lambda data: data["encoders"][-1].update(categories=["a", 1]),
        lambda data: data.update(may_miss=["other"]),
        lambda data: data.pop("european"),
        lambda data: data["european"].update({data["encoders"][0]["column"]: 1}),
        lambda data: data.update(may_miss=[["other"]]),
    ],
)
def test_spoilt_json_is_refused(spoil):
    data = fitted()[0].to_json()
    spoil(data)
    with pytest.raises(InputError):
        TableEncoder.from_json(data)


def test_no_column_left_is_an_error_that_says_why():
    table = Table({"same": np.zeros(5), "y": np.arange(5.0)}, "t.csv")
    with pytest.raises(InputError, match=r"t.csv: no column is left .*'same' is constant"):
        TableEncoder.fit(table, describe_columns(table, "y"))
