"""Words that stand where a value is not known: what the column is then, and what they are in the others."""

import json

import numpy as np
import pytest

from cutaway.data.columns import ColumnKind, describe_columns
from cutaway.data.encoders import TableEncoder
from cutaway.data.reading import read_table, table_from
from cutaway.data.streaming import TableStream
from cutaway.errors import InputError
from cutaway.runs.train import train


def written_rows(written, cell, rows=200, header="x;y", name="table.csv"):
    return written(header + "\n" + "".join(f"{cell(row)}\n" for row in range(rows)), name)


def described(table, target="y", **asked):
    return {column.name: column for column in describe_columns(table, target, **asked)}


@pytest.mark.parametrize("word", ["k.A.", "unbekannt", "n/v "])
@pytest.mark.parametrize(("rows", "every"), [(200, 15), (12, 12), (25, 13), (40, 2)])
def test_numbers_but_for_a_word(written, word, rows, every):
    path = written_rows(
        written, lambda n: f"{word if n % every == 0 else f'{n * 1.25:.2f}'.replace('.', ',')};{n}", rows
    )
    table = read_table(path)
    expected = np.array([np.nan if n % every == 0 else n * 1.25 for n in range(rows)])
    np.testing.assert_array_equal(table.columns["x"], expected)
    count = len(range(0, rows, every))
    assert f"column 'x': {count} cell(s) that are not a number taken as missing: '{word.strip()}'" in table.notes
    found = described(table)["x"]
    assert (found.kind, found.missing) == (ColumnKind.NUMBER, count)


def test_two_words_and_a_slip_but_not_three_words(written):
    def cell(words):
        return lambda n: f"{words[n // 5 % len(words)] if n % 5 == 0 else n / 4},{n}"

    two = read_table(written_rows(written, cell(["k.A.", "low", "K.A."]), header="x,y"))
    assert two.columns["x"].dtype == np.float64 and two.marks == {"k.a.", "low"}
    slip = table_from({"x": ["k.A."] * 12 + ["ca 7"] + [str(n / 4) for n in range(187)], "y": list(range(200))})
    assert np.isnan(slip.columns["x"][:13]).all() and slip.marks == {"k.a."}
    digits = read_table(written_rows(written, lambda n: f"{'3+' if n % 10 == 0 else n % 3},{n}", header="x,y"))
    assert described(digits)["x"].kind is ColumnKind.CATEGORY
    more = read_table(
        written_rows(written, cell(["k.A.", "low", "high", "none at all", "little", "much"]), header="x,y")
    )
    assert more.columns["x"].dtype == object and not more.marks


def test_dates_but_for_a_word(written):
    table = read_table(written_rows(written, lambda n: f"{'k.A.' if n % 15 == 0 else f'{n % 28 + 1}.3.2020'};{n}"))
    assert table.columns["x"][1] == np.datetime64("2020-03-02") and np.isnat(table.columns["x"][15])
    assert table.marks == {"k.a."} and described(table)["x"].kind is ColumnKind.DATE


def test_few_whole_numbers_and_a_word_are_classes_of_a_target_and_a_number_as_input(written):
    table = read_table(written_rows(written, lambda n: f"{'1X2'[n % 3]};{'1X2'[n % 3]};{n / 7:.3f}", header="x;y;z"))
    assert table.columns["y"].dtype == object
    table.columns["x"] = table.columns["x"][::-1]
    found = described(table)["x"]
    assert (
        found.kind is ColumnKind.NUMBER and found.reason == "1 to 2, 2 distinct, 67 texts such as 'X' taken as missing"
    )
    codes = read_table(written_rows(written, lambda n: f"{'k.A.' if n % 9 == 0 else f'0{n % 90 + 1000}'};{n}"))
    assert described(codes)["x"].kind is not ColumnKind.NUMBER


def test_what_is_left_out_says_how_many_are_numbers():
    words = ["low", "high", "none", "much", "little", "fair"]
    table = table_from(
        {
            "x": [words[n % 6] if n % 5 == 0 else str(n) for n in range(200)],
            "few": [words[n % 6] if n % 5 == 0 else str(n % 7) for n in range(200)],
            "y": list(range(200)),
        }
    )
    found = described(table)
    assert found["x"].kind is ColumnKind.IDENTIFIER and found["few"].kind is ColumnKind.CATEGORY
    for name in ("x", "few"):
        # "none" is a spelling of a missing value.
        assert f"({160} of them are numbers: number=['{name}'] takes the rest as missing)" in found[name].reason
    assert described(table, number=["x"])["x"].kind is ColumnKind.NUMBER


def houses(rows=200):
    return {
        "area": ["k.A." if n % 15 == 0 else f"{n / 3:.2f}".replace(".", ",") for n in range(rows)],
        "town": ["K.A." if n % 20 == 7 else ["Delft", "Gouda", "Leiden"][n % 3] for n in range(rows)],
        "kept": ["k.A." if n % 20 == 3 else ["red", "blue"][n % 2] for n in range(rows)],
        "y": [["good", "k.A.", "bad"][n // 3 % 3] for n in range(rows)],
    }


def test_a_word_that_is_missing_in_one_column_is_missing_in_all_but_the_target():
    table = table_from(houses())
    found = described(table, category=["kept"])
    assert found["town"].missing == 10 and found["town"].distinct == 3
    assert found["town"].reason.endswith("10 'K.A.' taken as missing, as in a column of numbers or dates")
    assert (found["kept"].missing, found["kept"].distinct) == (0, 3)
    assert "k.A." in table.columns["y"]
    encoder = TableEncoder.fit(table, list(found.values()))
    assert [name for name in encoder.names if name.startswith("town")] == [
        "town is Delft", "town is Gouda", "town is Leiden"
    ]  # fmt: skip
    assert "kept is k.A." in encoder.names

    again = TableEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    assert again == encoder and again.marks["town"] == ("k.a.",) and "kept" not in again.marks
    new = {"area": ["k.A.", "k.A.", "7,5"], "town": ["k.A.", "Delft", "Rome"], "kept": ["k.A.", "red", "blue"]}
    rows = table_from(new, again.european)
    np.testing.assert_array_equal(
        rows.columns["area"], [np.nan, np.nan, 7.5]
    )  # two of three are words, and it is known
    x, counts = again.transform_counted(rows)
    place = encoder.names.index("town is Delft")
    assert x[:, place : place + 3].tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert counts.sentences() == ["column 'town': 1 of 3 values are categories not seen in training, taken as unknown"]


def test_a_word_that_stands_once_is_no_mark_and_old_encoders_have_none():
    table = houses()
    table["area"] = ["Delft", *(f"{n / 3:.2f}" for n in range(199))]
    table = table_from(table)
    assert not table.marks and described(table)["town"].missing == 0
    encoder = TableEncoder.fit(table, describe_columns(table, "y"))
    assert "marks" not in encoder.to_json() and TableEncoder.from_json(encoder.to_json()) == encoder


def test_in_new_rows_only_a_known_column_is_one_of_numbers_but_for_words():
    new = {"x": ["A", "12", "7", "12", "9", "4"]}
    assert table_from(new, {}).columns["x"].tolist() == new["x"]  # a category A must not become missing
    np.testing.assert_array_equal(table_from(new, {"x": False}).columns["x"], [np.nan, 12, 7, 12, 9, 4])


def test_a_stream_knows_the_words_too(written):
    path = written_rows(written, lambda n: f"{'k.A.' if n % 9 == 0 else n / 3};{n}")
    with TableStream(path) as stream:
        assert stream.marks == {"k.a."} == next(stream.batches(3)).select(np.arange(1)).without(["y"]).marks


def test_fewer_than_ten_rows_are_refused():
    data = {"x": [float(n) for n in range(9)], "y": [n * n / 3 for n in range(9)]}
    with pytest.raises(InputError, match=r"9 rows with a value of 'y' are too few .* expected at least 10"):
        train(data, "y", effort="quick", epochs=1, engine="numpy", progress=False)
