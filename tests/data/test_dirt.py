"""Tables as people have them: one test for each kind of dirt, in the order in which a table meets it."""

import codecs
import gzip
import io
import json
import os
import time
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cutaway.data import delimited, loading
from cutaway.data.columns import ColumnKind, describe_columns
from cutaway.data.duplicates import duplicate_rows
from cutaway.data.encoders import TableEncoder
from cutaway.data.lines import place_of
from cutaway.data.reading import read_table, table_from
from cutaway.data.series import time_like
from cutaway.data.splits import split_rows
from cutaway.data.streaming import TableStream
from cutaway.data.table import Table
from cutaway.data.targets import ClassTarget, NumberTarget, choose_target, with_target_present
from cutaway.errors import InputError
from cutaway.runs.train import train

PLAIN = "size,town,price\n31,Delft,1.5\n42,Gouda,2.5\n"
READ = {"size": [31.0, 42.0], "town": ["Delft", "Gouda"], "price": [1.5, 2.5]}


def lists(table):
    return {
        name: [None if value != value else value for value in values.tolist()] for name, values in table.columns.items()
    }


def columns(table, target="y", **asked):
    return {column.name: column for column in describe_columns(table, target, **asked)}


def lines(row, rows=40, header="x,y"):
    return header + "\n" + "".join(row(number) + "\n" for number in range(rows))


def objects(*values):
    return np.array(values, dtype=object)


def learnt(data, target="y", **options):
    return train(data, target, effort="quick", epochs=2, engine="numpy", progress=False, **options)


# ---- files ------------------------------------------------------------------------------------------------------


def test_an_empty_file(written):
    with pytest.raises(InputError, match=r"table.csv: the file is empty; expected a header line"):
        learnt(written(""))


def test_a_header_only(written):
    with pytest.raises(InputError, match=r"table.csv: holds a header \('x', 'y'\) and no rows"):
        learnt(written("x,y\n"))


def test_one_row(written):
    with pytest.raises(InputError, match=r"target 'y' holds only the value '2' in 1 row"):
        learnt(written("x,y\n1,2\n"))


def test_one_column(written):
    with pytest.raises(InputError, match=r"no column is left to learn from .there is only the target"):
        learnt(written("y\n" + "1\n2\n3.5\n" * 9))


def test_a_byte_order_mark(written):
    assert lists(read_table(written(codecs.BOM_UTF8 + PLAIN.encode()))) == READ


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16(written, encoding):
    table = read_table(written(PLAIN.replace("Gouda", "Ĝouda").encode(encoding)))
    assert lists(table) == READ | {"town": ["Delft", "Ĝouda"]} and "utf-16" in table.notes[0]


def test_latin_1(written):
    table = read_table(written(PLAIN.replace("Gouda", "Gøuda €").encode("cp1252")))
    assert table.columns["town"][1] == "Gøuda €" and "read as cp1252" in table.notes[0]


def test_crlf(written):
    assert lists(read_table(written(PLAIN.replace("\n", "\r\n")))) == READ


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_semicolons_tabs_and_bars(written, separator):
    assert lists(read_table(written(PLAIN.replace(",", separator)))) == READ


def test_decimal_comma(written):
    table = read_table(written("x;y\n1,5;2\n1.234,25;3\n7;4\n"))
    assert lists(table)["x"] == [1.5, 1234.25, 7.0]
    assert table.notes == [
        "column 'x': cells such as '1,5' and '1.234,25' read as numbers (the comma is a decimal point)"
    ]
    assert lists(read_table(written('x,y\n"0,5",2\n"1,25",3\n'))) == {"x": [0.5, 1.25], "y": [2.0, 3.0]}


def test_quoted_newlines_and_the_lines_that_rows_are_on(written):
    path = written('Title\n\nx,note,y\n1,"two\nlines",3\n\n2,"c\r\nd",4\nX , note,y\n3,"say ""e""",5\n')
    table = read_table(path)
    assert table.columns["note"].tolist() == ["two\nlines", "c\r\nd", 'say "e"']
    assert [place_of(table, row) for row in range(3)] == ["line 4", "line 7", "line 10"]
    path.write_text("x,note,y\n1,2,3\n")
    assert place_of(table, 2) == "row 3"
    assert place_of(table_from({"x": [1, 2]}), 1) == "row 2"


def test_ragged_rows_are_named_by_line(written):
    table = read_table(written('a,b,c\n1,"x\ny",3\n4,5\n6,7,8\n9\n'))
    assert lists(table)["c"] == [3.0, None, 8.0, None]
    assert table.notes == ["2 row(s) with too few cells filled up with missing values: lines 4, 6"]
    with pytest.raises(InputError, match=r"table.csv: lines 4, 7: 4 cells where the header names 3; .*double quotes"):
        read_table(written('a,b,c\n1,"x\ny",3\n1,2,3,4\n1,2,3\n1,2,3\n1,2,3,4\n'))


def test_duplicate_and_blank_headers(written):
    table = read_table(written("a,,a,y\n1,2,3,4\n"))
    assert table.names == ("a", "column_2", "a_2", "y")
    assert table.notes == ["repeated column names changed: 'a' to 'a_2'", "columns without a name: called 'column_2'"]


def test_a_header_repeated_among_the_rows(written):
    table = read_table(written(lines(lambda n: f"{n / 3},{n}" if n % 9 else ["x,y", " X , y"][n % 2])))
    assert table.columns["x"].dtype == np.float64 and table.rows == 35
    assert table.notes == ["the header is repeated 5 time(s) among the rows: left out"]


# ---- cells ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1,234", "12", "5,678.5"], [1234.0, 12.0, 5678.5]),
        (["12 %", "7%", "0.5 %"], [12.0, 7.0, 0.5]),
        (["$5", "-$1,000", "€ 2.50"], [5.0, -1000.0, 2.5]),
        (["?", "3", "-"], [None, 3.0, None]),
        (["NA", "None", "4"], [None, None, 4.0]),
    ],
)
def test_numbers_as_text(written, cells, expected):
    table = read_table(written("x,y\n" + "".join(f'"{cell}",{place}\n' for place, cell in enumerate(cells))))
    assert lists(table)["x"] == expected
    repaired = [cell for cell in cells if any(sign in cell for sign in ",%$")]
    assert bool(repaired) == any(f"'{repaired[0]}'" in note for note in table.notes if repaired)
    assert TableEncoder.fit(table, describe_columns(table, "y")).columns == ("x",)


def test_mixed_columns(written):
    """A word among numbers is missing and counted; many words make a category; codes stay codes."""
    table = read_table(written(lines(lambda n: f"{'<0.1' if n % 9 == 0 else n * 1.3},{n % 4},{n % 7}", header="x,k,y")))
    found = columns(table)["x"]
    assert found.kind is ColumnKind.NUMBER and found.reason.endswith("5 texts such as '<0.1' taken as missing")
    x = TableEncoder.fit(table, [found]).transform(table)
    assert x[:, 1].tolist() == [float(n % 9 == 0) for n in range(40)]
    one = read_table(written(lines(lambda n: f"{'oops' if n == 3 else n * 1.3},{n % 7}")))
    assert one.notes == ["column 'x': 1 cell(s) that are not a number taken as missing: 'oops'"]
    four = read_table(written(lines(lambda n: f"{['a1', '12', 'b', '7.5'][n % 4]},{n % 7}")))
    assert columns(four)["x"].kind is ColumnKind.CATEGORY
    tickets = read_table(written(lines(lambda n: f"{'PC ' if n % 9 == 0 else ''}{n * 37 + 1000},{n % 7}")))
    assert columns(tickets)["x"].kind is ColumnKind.IDENTIFIER


def test_whole_numbers_past_two_to_the_53rd(written):
    table = read_table(written(lines(lambda n: f"{2**53 + 1 + n % 3},{n % 7}")))
    assert table.columns["x"][:3].tolist() == ["9007199254740993", "9007199254740994", "9007199254740995"]
    assert table.notes == ["column 'x': whole numbers beyond 2^53, which would lose digits: kept as codes, not numbers"]
    assert columns(table)["x"].kind is ColumnKind.CATEGORY


@pytest.mark.parametrize(
    "cells", [["2024-02-29", "2023-12-31"], ["29/02/2024", "31/12/2023"], ["Feb 29, 2024", "Dec 31, 2023"]]
)
def test_dates(written, cells):
    table = read_table(written(lines(lambda n: f'"{cells[n % 2] if n % 5 else ""}",{n % 7}')))
    assert table.columns["x"][1] == np.datetime64(["2024-02-29", "2023-12-31"][1])
    column = columns(table)["x"]
    assert (column.kind, column.missing) == (ColumnKind.DATE, 8)
    assert column.reason == "dates from 2023-12-31 to 2024-02-29"


@pytest.mark.parametrize("pair", [("yes", "no"), ("TRUE", "false"), ("Y", "n"), ("t", "F"), ("on", "Off")])
def test_booleans_in_five_spellings(written, pair):
    table = read_table(written(lines(lambda n: f"{pair[n % 2]},{n % 7}")))
    assert columns(table)["x"].kind is ColumnKind.BOOLEAN
    x = TableEncoder.fit(table, describe_columns(table, "y")).transform(table)
    assert x[:4].ravel().tolist() == [1.0, -1.0, 1.0, -1.0]


def test_infinities(written):
    table = read_table(written(lines(lambda n: f"{['inf', '-Infinity', n / 3, n / 2][n % 4]},{n % 7}")))
    assert columns(table)["x"].reason.endswith(", 20 infinite")
    x = TableEncoder.fit(table, describe_columns(table, "y")).transform(table)
    assert x[:2].ravel().tolist() == [3.0, -3.0] and np.isfinite(x).all()
    with pytest.raises(InputError, match=r"inf is not a finite number"):
        learnt(written(lines(lambda n: f"{n / 3},{'inf' if n == 5 else n}")))


# ---- columns ----------------------------------------------------------------------------------------------------


def odd():
    return read_table_from(
        lambda n: f"7,,{n / 3},{n / 3:.4f}0,{n / 3:.4f},u{max(n, 2)}z,{1000 + 37 * max(n, 1)},{n % 7},{n % 7}.0",
        "same,none,a,b,c,name,customer_id,y,copy",
    )


def read_table_from(row, header, rows=60):
    text = lines(row, rows, header).encode()
    return table_from(
        {
            name: [line.split(",")[place] or None for line in text.decode().splitlines()[1:]]
            for place, name in enumerate(header.split(","))
        }
    )


def test_a_constant_column():
    assert columns(odd())["same"].reason == "the same value in every row (7): left out"


def test_an_all_missing_column():
    assert columns(odd())["none"].reason == "every value is missing: left out"


def test_a_nearly_unique_column():
    found = columns(odd())
    assert found["name"].kind is found["customer_id"].kind is ColumnKind.IDENTIFIER
    assert "short and nearly all different: an identifier" in found["name"].reason
    assert found["customer_id"].reason.startswith("59 whole numbers, nearly all different, and so named")


def test_duplicated_columns():
    found = columns(odd())
    assert (
        found["c"].kind is ColumnKind.DUPLICATE and found["c"].reason == "equals the column 'b' in every row: left out"
    )
    assert found["b"].kind is ColumnKind.NUMBER


def test_a_copy_of_the_target_and_the_target_in_other_words():
    found = columns(odd())
    assert (
        found["copy"].kind is ColumnKind.LEAK and found["copy"].reason == "equals the target 'y' in every row: left out"
    )
    table = table_from({"code": [1, 2, 3] * 20, "x": list(range(5)) * 12, "y": ["a", "b", "c"] * 20})
    assert (
        columns(table)["code"].reason
        == "1 to 3, 3 distinct; each value goes with one of 'y': leave it out if it is known later"
    )
    assert "goes with" not in columns(table)["x"].reason
    with pytest.raises(InputError, match=r"no column is left .*'copy' is leak"):
        learnt(table_from({"y": [1.5, 2.5, 4.0] * 9, "copy": [1.5, 2.5, 4.0] * 9}))


# ---- the target -------------------------------------------------------------------------------------------------


def test_a_target_missing_in_some_rows(written):
    path = written(lines(lambda n: f"{n / 3},{'' if n % 5 == 0 else n % 3}"))
    table, left_out = with_target_present(read_table(path), "y")
    assert (table.rows, left_out) == (32, 8) and table.notes == ["8 row(s) without a value of the target 'y' left out"]


def test_one_class(written):
    with pytest.raises(InputError, match="target 'y' holds only the value 'a' in 40 row"):
        learnt(written(lines(lambda n: f"{n / 3},a")))


def test_a_class_with_one_member(written):
    path = written(lines(lambda n: f"{n / 3},{'b' if n == 7 else 'ac'[n % 2]}"))
    target, reason = choose_target(read_table(path), "y")
    assert reason.endswith("one row only of b: it can be trained on, but not tested")
    codes = target.encode(read_table(path).columns["y"])
    rest, tested = split_rows(40, 0.2, 0, codes)
    assert 1 in codes[rest] and 1 not in codes[tested]


def test_a_constant_target_of_numbers(written):
    with pytest.raises(InputError, match=r"target 'y' holds only the value '2.5' in 40 row"):
        learnt(written(lines(lambda n: f"{n / 3},2.5")))


def test_a_target_of_few_different_numbers_says_what_was_chosen():
    classes, said = choose_target(Table({"y": np.arange(60.0) % 3}), "y")
    assert isinstance(classes, ClassTarget) and "task='regression' to predict them as numbers" in said
    number, said = choose_target(Table({"y": np.repeat([3.0, 4, 8], [30, 20, 10])}), "y")
    assert isinstance(number, NumberTarget) and "task='classification' to predict them as classes" in said


# ---- a file to predict ------------------------------------------------------------------------------------------


def fitted():
    number = np.arange(60)
    table = Table(
        {
            "size": np.sqrt(number + 1.0),
            "town": objects(*(f"town {n % 12}" for n in number)),
            "note": objects(*(f"wine of {['red', 'white', 'sweet'][n % 3]} grapes, bottle {n}" for n in number)),
            "y": np.sin(number) + number % 3,
        }
    )
    return TableEncoder.fit(table, describe_columns(table, "y"), target=table.columns["y"]), table


def test_a_prediction_file_in_another_column_order():
    encoder, table = fitted()
    turned = Table({name: table.columns[name] for name in reversed(table.names)})
    x, counts = encoder.transform_counted(turned)
    assert np.array_equal(x, encoder.transform(table)) and counts.sentences() == []


def test_a_prediction_file_with_extra_and_missing_columns():
    encoder, table = fitted()
    x, counts = encoder.transform_counted(Table({"extra": np.zeros(60), "size": table.columns["size"]}))
    assert np.array_equal(x[:, 0], encoder.transform(table)[:, 0]) and not x[:, 1:].any()
    assert counts.sentences() == [
        f"column '{name}' is not there: taken as missing in every row" for name in ("note", "town")
    ]


def test_unseen_categories():
    encoder, table = fitted()
    new = Table({**table.select(np.arange(2)).columns, "town": objects("town 3", "elsewhere")})
    x, counts = encoder.transform_counted(new)
    assert counts.unseen_categories == {"town": 1} and x[1, -1] == 0 and x[0, -1] > 0


def test_new_missing_values():
    encoder, _ = fitted()
    new = Table({"size": np.array([np.nan, 2.0]), "town": objects(None, "town 1"), "note": objects("wine", None)})
    x, counts = encoder.transform_counted(new)
    assert counts.newly_missing == {"size": 1, "town": 1, "note": 1} and np.isfinite(x).all()


# ---- rows -------------------------------------------------------------------------------------------------------


def test_exact_duplicates_across_the_split():
    table = table_from(
        {
            "x": [1.0, None, 2.0, 1.0, None, 2.0, 3.0],
            "town": ["a", None, "b", "a", None, "c", "a"],
            "day": [None, np.datetime64("2024-01-01")] + [None] * 2 + [np.datetime64("2024-01-01")] + [None] * 2,
        }
    )
    first, second = np.array([0, 1, 2]), np.array([3, 4, 5, 6])
    assert duplicate_rows(table, ["x", "town", "day"], first, second) == 2
    assert duplicate_rows(table, ["x"], first, second) == 3
    assert duplicate_rows(table, ["town"], second, first) == 2
    random = np.random.default_rng(0)
    many = Table({f"c{place}": random.integers(0, 4, 500).astype(float) for place in range(4)})
    rest, part = split_rows(500, 0.3, 0)
    rows = [tuple(values[row] for values in many.columns.values()) for row in range(500)]
    expected = sum(rows[row] in {rows[other] for other in rest} for row in part)
    assert duplicate_rows(many, many.names, rest, part) == expected > 0


def test_a_time_column_is_named_so_that_a_random_split_can_be_warned_of(written):
    path = written(
        lines(
            lambda n: f"2024-01-{n % 28 + 1},{2000 + n % 9},{n % 5 + 20},{n % 3},{n % 7}",
            60,
            "sold,build_year,age,times_late,y",
        )
    )
    assert time_like(describe_columns(read_table(path), "y")) == ["sold", "build_year"]


def test_a_million_categories():
    towns = np.array([f"t{number}" for number in range(1_000_000)], dtype=object)
    towns[:3] = "t7"
    table = Table({"town": towns, "x": np.arange(1e6) % 11, "y": np.arange(1e6) % 7})
    assert columns(table)["town"].kind is ColumnKind.IDENTIFIER
    begun = time.perf_counter()
    described = describe_columns(table, "y", category=["town"])
    encoder = TableEncoder.fit(table, described)
    x = encoder.transform(table)
    assert time.perf_counter() - begun < 60  # 6 s on a machine of its own
    assert encoder.code_sizes == (10_002,) and x.shape == (1_000_000, 2)
    assert x[0, 1] == 1 and x[-1, 1] == 10_001
    assert len(json.dumps(encoder.to_json())) < 1e6


# ---- packed and other files -------------------------------------------------------------------------------------


def test_gz(written):
    assert lists(read_table(written(gzip.compress(PLAIN.encode()), "t.csv.gz"))) == READ


def test_zip(written):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inside.csv", PLAIN)
    assert lists(read_table(written(packed.getvalue(), "t.zip"))) == READ
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("another.csv", PLAIN)
    with pytest.raises(InputError, match="the archive holds 2 files"):
        read_table(written(packed.getvalue(), "t.zip"))


def test_parquet(written, tmp_path):
    import duckdb

    place = tmp_path / "t.parquet"
    duckdb.execute(f"COPY (SELECT * FROM read_csv('{written(PLAIN)}')) TO '{place}' (FORMAT parquet)")
    assert lists(read_table(place)) == READ


def test_json_lines(written):
    rows = [dict(zip(READ, values, strict=True)) for values in zip(*READ.values(), strict=True)]
    assert lists(read_table(written("\n".join(map(json.dumps, rows)), "t.jsonl"))) == READ


def test_a_path_that_is_missing(written):
    path = written(PLAIN, "houses.csv")
    with pytest.raises(InputError, match=r"no such file; .*did you mean 'houses.csv'"):
        learnt(path.with_name("house.csv"))


@pytest.mark.skipif(os.name != "posix", reason="links and permissions are of Unix")
def test_a_path_that_is_unreadable(written, tmp_path):
    loop = tmp_path / "loop.csv"
    loop.symlink_to(loop)
    with pytest.raises(InputError, match=r"loop.csv: cannot be read: .*symbolic links"):
        learnt(loop)
    path = written(PLAIN)
    path.chmod(0)
    if not os.access(path, os.R_OK):  # root may read everything
        with pytest.raises(InputError, match=r"table.csv: cannot be read: Permission denied"):
            learnt(path)


@pytest.mark.parametrize("reader", [read_table, TableStream])
def test_a_file_that_changes_while_it_is_read(written, monkeypatch, reader):
    path = written(PLAIN)
    usual = delimited.find_dialect

    def meanwhile(*arguments):
        with path.open("a") as file:
            file.write("1,Leiden,3.5\n")
        return usual(*arguments)

    monkeypatch.setattr(delimited, "find_dialect", meanwhile)
    with pytest.raises(InputError, match=r"table.csv: the file changed while it was being read; try again"):
        reader(path)


def test_a_file_larger_than_memory(written, monkeypatch):
    """Here "memory" is four rows; `test_streaming` measures real memory."""
    monkeypatch.setattr(loading, "LARGE", 1)
    path = written(lines(lambda n: f"{'$' if n == 39 else ''}{n},{'ab'[n % 2]}", header="x,y"))
    with TableStream(path) as stream:
        sample = stream.sample(4, 0)
        batches = list(stream.batches(4))
    assert [batch.rows for batch in batches] == [4] * 10 and sample.rows == 4
    assert np.concatenate([batch.columns["x"] for batch in batches]).tolist() == list(range(40))
    assert {float(x): y for x, y in zip(sample.columns["x"], sample.columns["y"], strict=True)} == {
        x: "ab"[int(x) % 2] for x in sample.columns["x"].tolist()
    }


# ---- any dirt at once -------------------------------------------------------------------------------------------

ODD = st.one_of(
    st.none(),
    st.sampled_from(
        ["", "?", "NA", "-", "yes", "No", "12 %", "$5", "1,234", "1.5", "2024-01-02", "1/2/2020", "007", "∞"]
    ),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=8),
)
KINDS = (
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(-3, 3),
    st.integers(-3, 3),
    st.integers(-(2**62), 2**62),
    st.booleans(),
    st.sampled_from(["red", "green", None]),
    st.dates(),
    st.datetimes(),
    st.just("same"),
    st.none(),
    st.lists(st.sampled_from(["good", "bad", "wine", "très", "酒", "ß"]), max_size=9).map(" ".join),
    ODD,
)


@st.composite
def dirty_columns(draw, rows):
    kind = draw(st.sampled_from(KINDS))
    return draw(st.lists(st.one_of(kind, st.none()) if draw(st.booleans()) else kind, min_size=rows, max_size=rows))


@st.composite
def dirty_tables(draw):
    rows = draw(st.integers(2, 12))
    names = draw(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=5, unique=True))
    return {name: draw(dirty_columns(rows)) for name in names} | {"y": [place / 3 for place in range(rows)]}


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(trained=dirty_tables(), predicted=dirty_tables(), turned=st.booleans())
def test_any_dirty_table_is_encoded_and_any_other_predicted(trained, predicted, turned):
    table = table_from(trained)
    try:
        encoder = TableEncoder.fit(table, describe_columns(table, "y"), target=table.columns["y"])
    except InputError as fault:
        assert "no column is left to learn from" in str(fault)
        kinds = {column.kind for column in describe_columns(table, "y")}
        assert not any(kind.used for kind in kinds - {ColumnKind.TEXT})
        return
    encoder = TableEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    x, counts = encoder.transform_counted(table)
    assert x.shape == (table.rows, encoder.width) and np.isfinite(x).all()
    assert counts.missing_columns == [] and not counts.newly_missing and not counts.unseen_categories
    new = table_from(dict(reversed(predicted.items())) if turned else predicted, encoder.european)
    x, counts = encoder.transform_counted(new)
    assert x.shape == (new.rows, encoder.width) and np.isfinite(x).all()
    for place, size in enumerate(encoder.code_sizes, encoder.width - len(encoder.code_sizes)):
        assert set(x[:, place]) <= set(range(size))
    assert counts.missing_columns == [name for name in encoder.columns if name not in predicted]
    for name in encoder.columns:
        missing = [value is None or value != value for value in new.columns.get(name, np.empty(0)).tolist()]
        expected = sum(missing) if name not in encoder.may_miss else 0
        assert counts.newly_missing.get(name, 0) == expected
    assert len(counts.sentences()) == len(counts.missing_columns) + sum(
        len(counted)
        for counted in (counts.unseen_categories, counts.unknown_texts, counts.unreadable, counts.newly_missing)
    )
