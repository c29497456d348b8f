"""Words that stand where a value is not known, in a column of numbers or dates."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.columns import ColumnKind, describe_columns
from cutaway.data.reading import read_table, table_from
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
    assert two.columns["x"].dtype == np.float64
    slip = table_from({"x": ["k.A."] * 12 + ["ca 7"] + [str(n / 4) for n in range(187)], "y": list(range(200))})
    assert np.isnan(slip.columns["x"][:13]).all()
    digits = read_table(written_rows(written, lambda n: f"{'3+' if n % 10 == 0 else n % 3},{n}", header="x,y"))
    assert described(digits)["x"].kind is ColumnKind.CATEGORY
    more = read_table(
        written_rows(written, cell(["k.A.", "low", "high", "none at all", "little", "much"]), header="x,y")
    )
    assert more.columns["x"].dtype == object


def test_dates_but_for_a_word(written):
    table = read_table(written_rows(written, lambda n: f"{'k.A.' if n % 15 == 0 else f'{n % 28 + 1}.3.2020'};{n}"))
    assert table.columns["x"][1] == np.datetime64("2020-03-02") and np.isnat(table.columns["x"][15])
    assert described(table)["x"].kind is ColumnKind.DATE


def test_few_whole_numbers_and_a_word_are_classes_of_a_target_and_a_number_as_input(written):
    table = read_table(written_rows(written, lambda n: f"{'1X2'[n % 3]};{'1X2'[n % 3]};{n / 7:.3f}", header="x;y;z"))
    assert table.columns["y"].dtype == object
    table.columns["x"] = table.columns["x"][::-1]
    found = described(table)["x"]
    assert found.kind is ColumnKind.NUMBER
    assert found.reason.startswith("1 to 2, 2 distinct, 67 texts such as 'X' taken as missing")
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


def test_a_word_of_a_number_column_is_a_category_of_another():
    data = {
        "crp": ["low", "low", *(f"{n / 3:.2f}" for n in range(198))],
        "risk": [["low", "medium", "high"][n % 3] for n in range(200)],
        "y": [n / 7 for n in range(200)],
    }
    found = described(table_from(data))
    assert (found["crp"].kind, found["crp"].missing) == (ColumnKind.NUMBER, 2)
    assert (found["risk"].missing, found["risk"].distinct) == (0, 3)


def test_long_digits_among_words_are_codes():
    table = table_from(
        {"card": ["k.A." if n % 9 == 0 else str(10**16 + 37 * n) for n in range(90)], "y": list(range(90))}
    )
    assert described(table)["card"].kind is not ColumnKind.NUMBER


def test_in_new_rows_only_a_known_column_is_one_of_numbers_but_for_words():
    new = {"x": ["A", "12", "7", "12", "9", "4"]}
    assert table_from(new, {}).columns["x"].tolist() == new["x"]  # a category A must not become missing
    np.testing.assert_array_equal(table_from(new, {"x": False}).columns["x"], [np.nan, 12, 7, 12, 9, 4])


def test_a_column_that_is_to_be_a_category_keeps_its_words_and_so_do_classes():
    lines = ["N" if n % 5 == 0 else str(n % 40 + 1) for n in range(200)]
    data = {"line": lines, "x": [n / 3 for n in range(200)], "y": [n % 7 / 2 for n in range(200)]}
    how = {"effort": "quick", "epochs": 1, "engine": "numpy", "progress": False, "compare": False}
    run = train(data, "y", category=["line"], **how)
    encoder = next(each for each in run.preprocessing.encoders if each.column == "line")
    assert "N" in encoder.categories and len(encoder.categories) > 30
    x, counts = run.preprocessing.transform_counted(table_from(data, run.preprocessing.european))
    assert not counts.sentences() and len(x) == 200
    assert "N" in train(data, "line", task="classification", **how).classes


def test_a_target_with_words_is_read_alike_again(written, tmp_path):
    path = written_rows(
        written, lambda n: f"{'k.A.' if n % 9 == 4 else f'{n * 1.25:.2f}'.replace('.', ',')};{n}", header="price;x"
    )
    run = train(
        path, "price", out=tmp_path / "run", effort="quick", epochs=2, engine="numpy", progress=False, compare=False
    )
    again = ca.load(tmp_path / "run").preprocessing.european
    np.testing.assert_array_equal(read_table(path, again).columns["price"], read_table(path).columns["price"])
    more = train(path, "price", start=run, epochs=1, engine="numpy", progress=False, compare=False)
    assert more.target.column == "price"


def test_fewer_than_ten_rows_are_refused():
    data = {"x": [float(n) for n in range(9)], "y": [n * n / 3 for n in range(9)]}
    with pytest.raises(InputError, match=r"9 rows with a value of 'y' are too few .* expected at least 10"):
        train(data, "y", effort="quick", epochs=1, engine="numpy", progress=False)
