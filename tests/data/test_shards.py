"""A table in several files is the table that they are together."""

import gzip

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.reading import read_table
from cutaway.data.shards import shards_of
from cutaway.data.sort import sort_of
from cutaway.data.streaming import TableStream
from cutaway.errors import InputError
from cutaway.runs.fingerprint import fingerprint

LINES = [f"{place},{place % 7}.5,{('Delft', 'Gouda')[place % 2]},{place // 30 % 2}" for place in range(60)]
HEADER = "a,b,town,y"


def written(folder, name, lines, header=HEADER, packed=False):
    folder.mkdir(exist_ok=True)
    content = "\n".join([header, *lines])  # the last line has no end
    (folder / name).write_bytes(gzip.compress(content.encode()) if packed else content.encode())


@pytest.fixture
def whole(tmp_path):
    written(tmp_path, "whole.csv", LINES)
    return tmp_path / "whole.csv"


def same(one, other):
    assert one.names == other.names and one.rows == other.rows
    for name in one.names:
        assert one.column(name).dtype == other.column(name).dtype
        assert one.column(name).tolist() == other.column(name).tolist()


@pytest.mark.parametrize("pattern", ["", "*.csv*", "part-*"])
def test_csv_files_are_read_in_the_order_of_their_numbers(tmp_path, whole, pattern):
    folder = tmp_path / "shards"
    for part in range(12):  # part-10 after part-9, not after part-1
        written(folder, f"part-{part}.csv" + ".gz" * (part == 3), LINES[5 * part : 5 * part + 5], packed=part == 3)
    (folder / "_SUCCESS").write_text("")
    found = read_table(folder / pattern if pattern else folder)
    same(found, read_table(whole))
    assert found.notes[0] == "12 files are read as one table, from part-0.csv to part-11.csv"


def parquet(place, rows, columns="range AS a, range % 7 + 0.5 AS b, ['Delft', 'Gouda'][range % 2 + 1] AS town"):
    import duckdb

    place.parent.mkdir(exist_ok=True)
    duckdb.execute(f"COPY (SELECT {columns} FROM range({rows[0]}, {rows[1]})) TO '{place}' (FORMAT parquet)")


def test_parquet_files_are_read_where_they_lie_and_streamed_as_one(tmp_path):
    for part in range(11):
        parquet(tmp_path / "shards" / f"{part}.parquet", (10 * part, 10 * part + 10))
    parquet(tmp_path / "whole.parquet", (0, 110))
    same(read_table(tmp_path / "shards"), read_table(tmp_path / "whole.parquet"))
    with TableStream(tmp_path / "shards" / "*.parquet") as stream:
        assert stream.rows == 110
        np.testing.assert_array_equal(np.concatenate([part.column("a") for part in stream.batches(16)]), range(110))


def test_parts_that_do_not_fit_are_named(tmp_path):
    parquet(tmp_path / "wrong" / "1.parquet", (0, 3))
    parquet(tmp_path / "wrong" / "2.parquet", (0, 3), "range AS a, range AS c")
    with pytest.raises(InputError, match=r"2\.parquet: lacks \['b', 'town'\] and has \['c'\] besides, unlike 1\.parq"):
        read_table(tmp_path / "wrong")
    written(tmp_path / "other", "1.csv", LINES[:3])
    written(tmp_path / "other", "2.csv", LINES[:3], header="b,a,town,y")
    with pytest.raises(InputError, match=r"2\.csv: its first line is 'b,a,town,y', that of 1\.csv 'a,b,town,y'; all"):
        read_table(tmp_path / "other")
    parquet(tmp_path / "mixed" / "1.parquet", (0, 3))
    written(tmp_path / "mixed", "2.csv", LINES[:3])
    with pytest.raises(InputError, match=r"2\.csv: is delimited, 1\.parquet is parquet; expected parts of one kind"):
        read_table(tmp_path / "mixed")
    with pytest.raises(InputError, match="no file fits this pattern"):
        read_table(tmp_path / "*.parquet")
    (tmp_path / "nothing").mkdir()
    with pytest.raises(InputError, match="is a folder without tables"):
        read_table(tmp_path / "nothing")


def test_parts_of_other_kinds_and_without_rows(tmp_path):
    folder = tmp_path / "shards"
    for part in range(3):
        parquet(folder / f"{part}.parquet", (0, 3), "range AS a, range AS b")
    parquet(folder / "3.parquet", (0, 3), "range AS a, NULL::VARCHAR AS b")  # no value: its type says nothing
    parquet(folder / "4.parquet", (0, 0), "range::VARCHAR AS a, range AS b")
    found = read_table(folder)
    assert found.rows == 12 and found.notes[1:] == ["4.parquet: has no rows"]
    assert found.column("a").dtype == found.column("b").dtype == np.float64
    parquet(folder / "3.parquet", (0, 3), "range / 2 AS a, 'x' || range AS b")
    with pytest.raises(InputError, match=r"3\.parquet: column 'b' is VARCHAR, in 0\.parquet it is BIGINT; all parts"):
        read_table(folder)
    (folder / "3.parquet").write_bytes(b"")
    with pytest.raises(InputError, match=r"3\.parquet: has 0 bytes, and is no parquet file; write it again"):
        read_table(folder)


def test_a_file_whose_name_is_a_pattern_is_that_file(tmp_path):
    written(tmp_path, "a[1].csv", LINES)
    written(tmp_path, "a1.csv", LINES[:2])
    assert shards_of(tmp_path / "a[1].csv") is None and read_table(tmp_path / "a[1].csv").rows == 60


def test_without_a_target_it_is_asked_for(tmp_path, whole):
    written(tmp_path / "shards", "1.csv", LINES)
    for place in (tmp_path / "shards", tmp_path / "shards" / "*.csv"):
        with pytest.raises(InputError, match="is a table in files, which needs a target"):
            sort_of(place)


def test_a_run_on_shards_is_the_run_on_the_table(tmp_path, whole):
    for part in range(3):
        written(tmp_path / "shards", f"{part}.csv", LINES[20 * part : 20 * part + 20])
    how = {"effort": "quick", "epochs": 3, "compare": False, "progress": False, "engine": "numpy"}
    one, other = ca.train(whole, "y", **how), ca.train(tmp_path / "shards" / "?.csv", "y", **how)
    np.testing.assert_array_equal(one.predict(whole), other.predict(tmp_path / "shards"))
    before = other.data["fingerprint"]
    assert fingerprint(tmp_path / "shards", read_table(whole)) == before
    written(tmp_path / "shards", "2.csv", LINES[40:59])
    assert fingerprint(tmp_path / "shards", read_table(whole)) != before
