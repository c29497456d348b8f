import bz2
import codecs
import gzip
import io
import json
import lzma
import os
import time
import zipfile

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from cutaway.data.reading import read_table, table_from
from cutaway.errors import InputError

PLAIN = "age,town\n31,Delft\n42,Gouda\n"


def lists(table):
    return {
        name: [None if value != value else value for value in values.tolist()] for name, values in table.columns.items()
    }


EXPECTED = {"age": [31.0, 42.0], "town": ["Delft", "Gouda"]}


def zipped(content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("inside.csv", content)
    return target.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.rstrip().encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace("Delft\n", "Delft\r\n").encode(),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace(",", "|").encode(),
        PLAIN.replace(",", ", ").encode(),
        b"sep=;\n" + PLAIN.replace(",", ";").encode(),
        codecs.BOM_UTF8 + PLAIN.encode(),
        PLAIN.encode("utf-16"),
        PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-32"),
        gzip.compress(PLAIN.encode(), mtime=0),
        bz2.compress(PLAIN.encode()),
        lzma.compress(PLAIN.encode()),
        zipped(PLAIN.encode()),
        b"Report of the towns\n\n" + PLAIN.encode(),
        PLAIN.replace("42", "age,town\n42").encode(),
        PLAIN.replace("\n", ",\n").encode(),
    ],
)
def test_every_way_of_writing_gives_the_same_table(written, content):
    assert lists(read_table(written(content))) == EXPECTED


def test_aligned_text_is_read_by_its_blanks(written):
    table = read_table(written("  x    y\n 1.5  20\n 3     4\n", "table.txt"))
    assert lists(table) == {"x": [1.5, 3.0], "y": [20.0, 4.0]}


def test_latin_1_and_quoted_newlines(written):
    table = read_table(written('name,note\nJosé,"two\nlines, ""quoted"""\n'.encode("latin-1")))
    assert lists(table) == {"name": ["José"], "note": ['two\nlines, "quoted"']}
    assert any("cp1252" in note for note in table.notes)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1,234", "12", "5,678.5"], [1234.0, 12.0, 5678.5]),
        (["12 %", "7%", "0.5 %"], [12.0, 7.0, 0.5]),
        (["$5", "-$1,000", "$2.50"], [5.0, -1000.0, 2.5]),
        (["1 234 567", "20", "3"], [1234567.0, 20.0, 3.0]),
        (["1,5", "2,25", "1.234,5"], [1.5, 2.25, 1234.5]),
        (["−3", "4", "5"], [-3.0, 4.0, 5.0]),
        (["?", "3", "N/A"], [None, 3.0, None]),
        (["-", "None", "1e3"], [None, None, 1000.0]),
        (["inf", "-inf", "0"], [np.inf, -np.inf, 0.0]),
        (["007", "042", "123"], ["007", "042", "123"]),
        (["9007199254740993", "9007199254740995", "1"], ["9007199254740993", "9007199254740995", "1"]),
        (["yes", "No", "YES", "yes"], ["yes", "No", "yes", "yes"]),
        (["A1", "12", "x"], ["A1", "12", "x"]),
        (["1_000", "2", "3"], ["1_000", "2", "3"]),
    ],
)
def test_cells_become_values(written, cells, expected):
    rows = "".join(f'"{cell}",{place}\n' for place, cell in enumerate(cells))
    assert lists(read_table(written("x,place\n" + rows)))["x"] == expected


def test_semicolons_make_an_open_comma_a_decimal_point(written):
    assert lists(read_table(written("x;y\n1,234;a\n2,500;b\n")))["x"] == [1.234, 2.5]
    assert lists(read_table(written('x,y\n"1,234",a\n"2,500",b\n')))["x"] == [1234.0, 2500.0]


def test_a_little_dirt_in_a_column_of_numbers_is_missing_and_named(written):
    rows = "".join(f"{number}\tz\n" for number in range(40))
    table = read_table(written("x\ty\n" + rows + "unknown\tz\n"))
    assert np.isnan(table.columns["x"][-1]) and table.columns["x"][39] == 39.0
    assert any("'x'" in note and "'unknown'" in note for note in table.notes)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2024-02-29", "", "2023-12-31"], ["2024-02-29", None, "2023-12-31"]),
        (["2024-02-29 06:00", "2024-03-01 18:30", "2024/3/1 00:00"], ["2024-02-29T06", None, "2024-03-01"]),
        (["31/01/2024", "02/03/2024", "x"], None),
        (["31/01/2024", "02/03/2024", ""], ["2024-01-31", "2024-03-02", None]),
        (["01/31/2024", "02/03/2024", ""], ["2024-01-31", "2024-02-03", None]),
        (["1.2.2024", "3.2.2024", ""], ["2024-02-01", "2024-02-03", None]),
        (["1 Feb 2024", "29 Feb 2024", "NA"], ["2024-02-01", "2024-02-29", None]),
        (["Feb 1, 2024", "Mar 2, 2024", "NA"], ["2024-02-01", "2024-03-02", None]),
    ],
)
def test_dates(written, cells, expected):
    rows = "".join(f'"{cell}",{place}\n' for place, cell in enumerate(cells))
    values = read_table(written("when,place\n" + rows)).columns["when"]
    if expected is None:
        assert values.dtype == object
        return
    assert values.dtype == np.dtype("datetime64[us]")
    for value, day in zip(values, expected, strict=True):
        if day is not None:
            assert value == np.datetime64(day, "us")


def test_headers_blank_repeated_or_absent(written):
    assert read_table(written("a,,a\n1,2,3\n")).names == ("a", "column_2", "a_2")
    assert lists(read_table(written("1.5,2\n3,4\n"))) == {"column_1": [1.5, 3.0], "column_2": [2.0, 4.0]}
    assert read_table(written("0,1,2\n5,6,7\n")).names == ("0", "1", "2")
    assert read_table(written("a,b\nr1,1,2\nr2,3,4\n")).names == ("row_name", "a", "b")


def test_short_rows_are_filled_up_and_long_rows_refused_by_line(written):
    table = read_table(written('a,b,c\n1,"x\ny",3\n4,5\n6,7,8\n'))
    assert lists(table)["c"] == [3.0, None, 8.0]
    assert any("line 4" in note for note in table.notes)
    with pytest.raises(InputError, match=r"table.csv: lines 3, 5: 4 cells where the header names 3"):
        read_table(written("a,b,c\n1,2,3\n1,2,3,4\n1,2,3\n1,2,3,4\n"))
    with pytest.raises(InputError, match=r"table.csv: line 3: .*quote"):
        read_table(written('a,b\n1,2\n3,"open\n5,6\n'))


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "table.csv", "the file is empty"),
        (b"\n\n  \n", "table.csv", "holds no text|no rows"),
        (b"a,b\n", "table.csv", "holds a header .'a', 'b'. and no rows"),
        (b"\x00\x01\x02\x03" * 50, "table.csv", "is not text"),
        (gzip.compress(PLAIN.encode(), mtime=0)[:-9], "table.csv.gz", "cannot be unpacked"),
        (gzip.compress(b"", mtime=0), "table.csv.gz", "empty file"),
        (b"PAR1 but nothing else", "table.parquet", "cannot be read as parquet"),
        (b"a,b\n1,2\n", "table.parquet", "named as parquet"),
        (b'{"a": 1}\n{"a": ', "table.jsonl", "cannot be read as json"),
        (b'[{"a": [1, 2]}]', "table.json", r"column 'a' holds .*\[\] in each cell"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(written, content, name, words):
    with pytest.raises(InputError, match=words) as caught:
        read_table(written(content, name))
    assert name in str(caught.value) and "\n" not in str(caught.value)


def test_paths_that_hold_no_file(written, tmp_path):
    written(PLAIN, "houses.csv")
    with pytest.raises(InputError, match=r"no such file; .*did you mean 'houses.csv'"):
        read_table(tmp_path / "house.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        read_table(tmp_path / "empty")
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "no folder" / "x.csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of Unix")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match="not a regular file"):
        read_table(tmp_path / "pipe.csv")


def test_names_with_signs_of_patterns_and_quotes(written):
    assert lists(read_table(written(PLAIN, "a[1]*'b.csv"))) == EXPECTED


def test_json_lines_and_lists_of_records(written):
    records = [{"age": 31, "ok": True, "when": "2024-01-02"}, {"age": None, "town": "Gouda", "ok": None}]
    for content, name in (
        (json.dumps(records), "t.json"),
        ("\n".join(map(json.dumps, records)), "t.jsonl"),
        (gzip.compress("\n".join(map(json.dumps, records)).encode()), "t.jsonl.gz"),
    ):
        table = read_table(written(content, name))
        assert lists(table)["age"] == [31.0, None]
        assert table.columns["ok"].tolist() == [True, None]
        assert table.columns["town"].tolist() == [None, "Gouda"]
        assert table.columns["when"].dtype == np.dtype("datetime64[us]")


def test_parquet_keeps_types(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    place = tmp_path / "t.parquet"
    duckdb.connect().execute(
        "COPY (SELECT * FROM (VALUES (1, true, DATE '2024-01-02', 'x', 1.25::DECIMAL(8,2), "
        "9007199254740993), "
        "(NULL, false, NULL, '?', NULL, 5)) AS t(i, b, d, s, m, long)) TO '" + str(place) + "' (FORMAT parquet)"
    )
    table = read_table(place)
    assert lists(table)["i"] == [1.0, None] and lists(table)["m"] == [1.25, None]
    assert table.columns["b"].dtype == np.bool_
    assert table.columns["d"][0] == np.datetime64("2024-01-02")
    assert table.columns["s"].tolist() == ["x", None]
    assert table.columns["long"].tolist() == ["9007199254740993", "5"]


def test_housing_is_read_fast_and_right(shared):
    place = shared("housing.csv")
    read_table(place)  # the first call also loads the database
    start = time.perf_counter()
    table = read_table(place)
    elapsed = time.perf_counter() - start
    assert (table.rows, len(table.names), table.notes) == (20640, 10, [])
    assert np.isnan(table.columns["total_bedrooms"]).sum() == 207
    assert table.columns["median_house_value"].mean() == pytest.approx(206855.816909)
    assert elapsed < 2.0  # 0.1 s on a machine of its own


def test_table_from_frames_arrays_and_records():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "age": pandas.array([31, None], dtype="Int64"),
            "town": ["Delft", None],
            "paid": ["$5", "$1,200"],
            "kind": pandas.Categorical(["b", "a"]),
            "ok": [True, False],
            "when": pandas.to_datetime(["2024-01-02", None]),
        }
    )
    table = table_from(frame)
    assert lists(table)["age"] == [31.0, None] and lists(table)["paid"] == [5.0, 1200.0]
    assert table.columns["town"].tolist() == ["Delft", None]
    assert table.columns["kind"].tolist() == ["b", "a"]
    assert table.columns["ok"].dtype == np.bool_
    assert np.isnat(table.columns["when"][1]) and table.columns["when"][0] == np.datetime64("2024-01-02")
    assert table_from(np.arange(6).reshape(3, 2)).columns["x1"].tolist() == [1.0, 3.0, 5.0]
    assert lists(table_from([{"a": 1}, {"b": "x"}])) == {"a": [1.0, None], "b": [None, "x"]}
    assert table_from(table) is table


@pytest.mark.parametrize("make", ["polars", "pyarrow"])
def test_table_from_other_frames(make):
    library = pytest.importorskip(make)
    columns = {"age": [31, None], "town": ["Delft", "?"]}
    frame = library.DataFrame(columns) if make == "polars" else library.table(columns)
    assert lists(table_from(frame)) == {"age": [31.0, None], "town": ["Delft", None]}


@pytest.mark.parametrize("data", [np.zeros(3), 7, ["a"], {"a": 3}, {"a": [[1], [2]]}, {"a": [1], "b": [1, 2]}])
def test_table_from_what_is_no_table(data):
    with pytest.raises(InputError):
        table_from(data)


CELLS = st.text(
    alphabet=st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=("Cs",)), max_size=12
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_any_quoted_text_is_read_or_refused_clearly(written, rows):
    quoted = ['"' + '","'.join(cell.replace('"', '""') for cell in row) + '"' for row in rows]
    try:
        table = read_table(written("first,second\n" + "\n".join(quoted) + "\n"))
    except InputError as error:
        assert "table.csv" in str(error)
        return
    assert table.rows == len(rows)
    for place, name in enumerate(table.names):
        for value, row in zip(table.columns[name], rows, strict=True):
            if isinstance(value, str):
                assert value == row[place].strip(" \t\r\n\u00a0")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=80))
def test_no_bytes_break_reading(written, content):
    try:
        read_table(written(content))
    except InputError as error:
        assert "table.csv" in str(error)


@pytest.mark.parametrize("size", [300, 4096])
def test_programs_are_no_text(tmp_path, size):
    """Their many zero bytes are no UTF-16 either."""
    start = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00\x01" + bytes(11) + b"\x40" + bytes(39)
    (tmp_path / "x.csv").write_bytes((start * 80)[:size])
    with pytest.raises(InputError, match="is not text"):
        read_table(tmp_path / "x.csv")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(tmp_path, encoding):
    (tmp_path / "x.csv").write_bytes("a,b\n1,größer\n2,kleiner\n".encode(encoding))
    assert read_table(tmp_path / "x.csv").columns["b"].tolist() == ["größer", "kleiner"]


def test_rows_of_a_long_file_stay_together(tmp_path):
    """A column that is searched for missing words keeps the order of the others, on however many threads."""
    rows = 300_000  # several row groups of the database
    lines = (f"{place},{place % 7} of seven" if place % 1000 else f"{place}, N/A " for place in range(rows))
    (tmp_path / "t.csv").write_text("n,word\n" + "\n".join(lines) + "\n")
    table = read_table(tmp_path / "t.csv")
    words = np.array([f"{place % 7} of seven" if place % 1000 else None for place in range(rows)], dtype=object)
    np.testing.assert_array_equal(table.columns["n"], np.arange(rows))
    assert (table.columns["word"] == words).all()
    assert (table_from({"word": words}).columns["word"] == words).all()
