import csv
import sys
from codecs import BOM_UTF8

import numpy as np
import pytest

from cutaway.data.loading import loaded
from cutaway.data.reading import read_table
from cutaway.data.table import Table
from cutaway.data.writing import write_arrived, write_table
from cutaway.errors import InputError


def objects(*values):
    return np.array(values, dtype=object)


def test_what_is_written_is_read_back(tmp_path):
    table = Table(
        {
            "n": np.array([1.0, np.nan, 3.0]),
            "x": np.array([0.1, 1e-300, np.inf]),
            "s": objects('with "quotes"', "comma, and\nnew line", None),
            "d": np.array(["2024-01-02", "NaT", "2024-01-04"], dtype="datetime64[us]"),
            "t": np.array(["2024-01-02T03:04", "NaT", "2024-01-04"], dtype="datetime64[us]"),
        }
    )
    write_table(table, tmp_path / "out.csv")
    again = read_table(tmp_path / "out.csv")
    assert again.names == table.names
    for name in table.names:
        assert again.columns[name].dtype == table.columns[name].dtype
        for old, new in zip(table.columns[name], again.columns[name], strict=True):
            assert old == new or (old != old and new != new)
    assert (tmp_path / "out.csv").read_text().splitlines()[1].startswith("1,0.1,")


def test_formulas_are_disarmed_and_numbers_are_not(tmp_path):
    cells = ["=1+1", "+cmd", "-5", "-x", "@sum", "+1.5e3", "plain"]
    write_table(Table({"=name": objects(*cells)}), tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = [row[0] for row in csv.reader(file)]
    assert rows == ["'=name", "'=1+1", "'+cmd", "-5", "'-x", "'@sum", "+1.5e3", "plain"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    place = tmp_path / "out.csv"
    place.write_text("old")

    def interrupt(values):
        raise KeyboardInterrupt

    monkeypatch.setattr("cutaway.data.writing._cells", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_table(Table({"x": np.zeros(2)}), place)
    assert place.read_text() == "old" and list(tmp_path.iterdir()) == [place]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_file_can_be_read_by_whom_the_system_says(tmp_path):
    (tmp_path / "plain").write_text("x")
    write_table(Table({"x": np.zeros(2)}), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_places_that_cannot_be_written(tmp_path):
    for place, words in (
        (tmp_path, "is a folder"),
        (tmp_path / "no" / "out.csv", "no folder"),
        (tmp_path / "out.parquet", "end the name in .csv"),
    ):
        with pytest.raises(InputError, match=words):
            write_table(Table({"x": np.zeros(2)}), place)


def test_tabs_where_the_name_says_so(tmp_path):
    write_table(Table({"a": np.zeros(1), "b": objects("x,y")}), tmp_path / "out.tsv")
    assert (tmp_path / "out.tsv").read_text() == "a\tb\n0\tx,y\n"


RENTS = (
    "Fläche;Ort;seit;Miete;Grund\n"
    "71,5;Köln;03.12.2019;1.234,50;-1,5\n"
    'k.A.;"Bonn; Beuel";31.01.2020;900,00;-\n'
    "80,0;=1+1;01.02.2021;k.A.;+2,0\n"
) + "".join(f"{40 + place},25;Köln;{place + 1:02}.05.2020;{300 + place},10;0,5\n" for place in range(12))


def beside(path, out, **added):
    """What is written of a file with further columns."""
    with loaded(path) as file:
        write_arrived(file, added, out)
    return out.read_bytes().decode()


def test_rows_are_written_as_they_arrived(tmp_path):
    """Separator, decimal commas, dates and words for what is missing stay; only a formula does not."""
    (tmp_path / "rents.csv").write_text(RENTS, encoding="cp1252")
    new = {
        "guess": np.array([1.25, -2.0, 1e-7] + [0.5] * 12),
        "kind": objects("a.b", None, "c;d", *["x"] * 12),
        "whole": np.array([0.0, 1.0, 2.0] + [3.0] * 12),
    }
    told = beside(tmp_path / "rents.csv", tmp_path / "out.csv", **new)
    behind = (";guess;kind;whole", ";1,25;a.b;0", ";-2,0;;1", ';1e-07;"c;d";2', *[";0,5;x;3"] * 12)
    lines = RENTS.replace(";=1+1;", ";'=1+1;").splitlines()
    assert told.splitlines() == [line + more for line, more in zip(lines, behind, strict=True)]
    before, after = read_table(tmp_path / "rents.csv"), read_table(tmp_path / "out.csv")
    for name in ("Fläche", "seit", "Miete"):
        assert before.columns[name].dtype.kind in "fM"
        np.testing.assert_array_equal(before.columns[name], after.columns[name])
    np.testing.assert_array_equal(after.columns["guess"], new["guess"])


def test_numbers_have_a_comma_only_where_those_of_the_file_do(tmp_path):
    for text, row in (
        ("a;b\n1.5;x\n2.5;y\n", "1.5;x;0.5"),
        ("a;b\n1;x,y\n2;y\n", "1;x,y;0.5"),
        ("a|b\n 007 |x\n008|y\n", " 007 |x|0.5"),
        ('a,b\n"1,25",x\n"2,5",y\n', '"1,25",x,"0,5"'),
        ("a\tb\n1,25\tx\n2,5\ty\n", '"1,25",x,"0,5"'),
        ("Title\na;b\n1.50;x\n2.50\n", "1.50;x;0.5"),
    ):
        (tmp_path / "t.csv").write_text(text)
        assert beside(tmp_path / "t.csv", tmp_path / "out.csv", p=np.array([0.5, 1.5])).splitlines()[1] == row
    assert (
        beside(tmp_path / "t.csv", tmp_path / "out.tsv", p=np.array([0.5, 1.5]))
        == "a\tb\tp\n1.50\tx\t0.5\n2.50\t\t1.5\n"
    )


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8", b""), ("utf-8-sig", BOM_UTF8), ("utf-16", BOM_UTF8)])
def test_a_byte_order_mark_stays(tmp_path, encoding, mark):
    (tmp_path / "t.csv").write_text("Ort;Miete\nKöln;1\nBonn;2\n", encoding=encoding)
    beside(tmp_path / "t.csv", tmp_path / "out.csv", p=np.array([0.5, 1.5]))
    written = (tmp_path / "out.csv").read_bytes()
    assert written.startswith(mark + b"Ort") and "Köln;1;0.5" in written.decode("utf-8-sig")
    assert read_table(tmp_path / "out.csv").names[0] == "Ort"


def test_large_files_are_written_as_they_arrived(tmp_path, monkeypatch):
    """Cells in a database on disk, in several batches; numbers that are kept as numbers lose zeros at their end."""
    monkeypatch.setattr("cutaway.data.loading.LARGE", 1)
    monkeypatch.setattr("cutaway.data.writing.BATCH", 7)
    rows = [f"{place};{place / 8};{place},5;{place % 28 + 1:02}.01.2024" for place in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["n;x;y;d", *rows]))
    told = beside(tmp_path / "t.csv", tmp_path / "out.csv", p=np.arange(40.0) + 0.5)
    wanted = [f"{place};{place / 8:g};{row.split(';', 2)[2]};{place},5" for place, row in enumerate(rows)]
    assert told.splitlines() == ["n;x;y;d;p", *wanted]
