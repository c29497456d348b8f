import csv
import sys

import numpy as np
import pytest

from cutaway.data.reading import read_table
from cutaway.data.table import Table
from cutaway.data.writing import write_table
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
