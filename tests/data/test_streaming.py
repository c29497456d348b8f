import gzip
import subprocess
import sys

import numpy as np
import pytest

from cutaway.data import loading
from cutaway.data.columns import describe_columns
from cutaway.data.encoders import TableEncoder
from cutaway.data.reading import read_table
from cutaway.data.streaming import TableStream
from cutaway.data.table import missing_mask
from cutaway.errors import InputError

ROWS = 2500


def dirty_lines():
    """Dirt of which a part alone would be read in another way than the whole."""
    for row in range(ROWS):
        number = "oops" if row == 7 else "$1,250" if row == 2400 else str(row / 4)
        code = f"{row % 90:02d}"
        day = f"{row % 28 + 1}/{row % 12 + 1}/2024" if row > 20 else f"{row % 12 + 1}/1/2024"
        said = ["yes", "No", "NO", ""][row % 4]
        yield f'"{number}",{code},{day},{said},"two, {row}",{row % 3}'


HEADER = "number,code,day,said,note,y"


def same(one, other):
    assert one.dtype == other.dtype
    assert np.array_equal(missing_mask(one), missing_mask(other))
    kept = ~missing_mask(one)
    assert one[kept].tolist() == other[kept].tolist()


@pytest.fixture(params=["in memory", "on disk"])
def dirty(request, written, monkeypatch):
    if request.param == "on disk":
        monkeypatch.setattr(loading, "LARGE", 1)
    lines = list(dirty_lines())
    lines[1200:1200] = [HEADER]
    return written(gzip.compress(("\n".join([HEADER, *lines]) + "\n").encode()), "t.csv.gz")


def test_batches_are_the_table_in_parts(dirty):
    whole = read_table(dirty)
    assert whole.rows == ROWS and whole.columns["number"][2400] == 1250 and np.isnan(whole.columns["number"][7])
    assert whole.columns["code"][:2].tolist() == ["00", "01"]
    with TableStream(dirty) as stream:
        assert (stream.rows, stream.names, stream.european) == (ROWS, whole.names, whole.european)
        assert stream.notes == whole.notes and any("header is repeated 1 time" in note for note in stream.notes)
        for _ in range(2):  # as often as asked
            batches = list(stream.batches(999))
            assert [batch.rows for batch in batches] == [999, 999, 502]
            for name in whole.names:
                same(np.concatenate([batch.columns[name] for batch in batches]), whole.columns[name])
        assert sum(batch.rows for batch in stream) == ROWS
        same(stream.column("said"), whole.columns["said"])
        with pytest.raises(InputError, match="no column 'x'"):
            stream.column("x")


def test_a_sample_is_rows_of_the_file_and_the_seed_decides(dirty):
    whole = read_table(dirty)
    with TableStream(dirty) as stream:
        one, again, other = stream.sample(400, 1), stream.sample(400, 1), stream.sample(400, 2)
        drawn = [int(note.split()[1]) for note in one.columns["note"]]
        assert len(set(drawn)) == 400 and drawn == sorted(drawn)
        assert drawn == [int(note.split()[1]) for note in again.columns["note"]]
        assert drawn != [int(note.split()[1]) for note in other.columns["note"]]
        # 400 uniform draws of 0..2499: their mean is within five standard errors of the middle.
        assert abs(np.mean(drawn) - (ROWS - 1) / 2) < 5 * ROWS / np.sqrt(12 * 400)
        for name in whole.names:
            same(one.columns[name], whole.columns[name][drawn])
        assert stream.sample(10**9, 0).rows == ROWS
        for wrong in (lambda: stream.sample(0, 0), lambda: next(stream.batches(0))):
            with pytest.raises(InputError, match="expected at least 1"):
                wrong()


def test_encoding_in_parts_is_encoding_at_once(dirty):
    whole = read_table(dirty)
    with TableStream(dirty) as stream:
        sample = stream.sample(1000, 0)
        encoder = TableEncoder.fit(sample, describe_columns(sample, "y"))
        assert np.array_equal(stream.encoded(encoder, 700), encoder.transform(whole))


def test_parquet_in_parts(tmp_path):
    import duckdb

    place = tmp_path / "t.parquet"
    duckdb.execute(
        f"COPY (SELECT i, i % 2 = 0 AS even, DATE '2024-01-01' + (i % 30)::INTEGER AS day, '$' || i AS price "
        f"FROM range(1000) t(i)) TO '{place}' (FORMAT parquet)"
    )
    whole = read_table(place)
    with TableStream(place) as stream:
        batches = list(stream.batches(300))
        assert stream.rows == 1000 and batches[-1].columns["price"].tolist() == list(range(900, 1000))
        for name in whole.names:
            same(np.concatenate([batch.columns[name] for batch in batches]), whole.columns[name])


def test_a_table_too_wide_for_little_memory_gets_more(dirty, monkeypatch):
    monkeypatch.setattr(loading, "LARGE", 1)
    monkeypatch.setattr(loading, "MEMORY", ("1MB", "1GB"))
    assert read_table(dirty).rows == ROWS
    monkeypatch.setattr(loading, "MEMORY", ("1MB",))
    with pytest.raises(InputError, match=r"t.csv.gz: its rows need more memory than there is"):
        read_table(dirty)


def test_a_stream_says_what_reading_says(written):
    for content, words in (("", "the file is empty"), ("a,b\n", "no rows"), ('a,b\n1,2\n3,"x\n', "line 3")):
        with pytest.raises(InputError, match=words):
            TableStream(written(content))


PROGRAM = """
import resource, sys
import numpy, duckdb
from cutaway.data.columns import describe_columns
from cutaway.data.encoders import TableEncoder
from cutaway.data.reading import read_table
from cutaway.data.streaming import TableStream
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
duckdb.connect().execute("SELECT 1")
before = peak()
if sys.argv[2] == "whole":
    table = read_table(sys.argv[1])
    x = TableEncoder.fit(table, describe_columns(table, "y")).transform(table)
else:
    with TableStream(sys.argv[1]) as stream:
        sample = stream.sample(10_000, 0)
        x = stream.encoded(TableEncoder.fit(sample, describe_columns(sample, "y")))
assert x.shape == (150_000, 29)
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of the peak differs between systems")
def test_a_large_file_needs_little_memory(tmp_path):
    """A file of 81 MB: whole, its columns are 36 MB and its cells in memory took 250; the database is given 128 MB."""
    import duckdb

    place = tmp_path / "large.csv"
    columns = ", ".join(f"round(random() * 100, 15) AS f{number}" for number in range(29))
    duckdb.execute(f"COPY (SELECT {columns}, random() AS y FROM range(150_000)) TO '{place}' (HEADER)")
    assert place.stat().st_size > loading.LARGE
    peaks = {}
    for way in ("whole", "stream"):
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(place), way], capture_output=True, text=True, check=True
        )
        peaks[way] = float(run.stdout)
    assert peaks["whole"] < 190 and peaks["stream"] < 230, peaks
