"""Tables that are large: columns fetched when they are asked for, or rows learned from in parts, from disk."""

import gc
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

import cutaway as ca
from cutaway.backends.processes import Processes
from cutaway.data import loading, streaming
from cutaway.data.columns import describe_columns
from cutaway.data.encoders import TableEncoder
from cutaway.data.reading import read_table
from cutaway.data.streaming import StoredTable, lean_table
from cutaway.data.table import Table
from cutaway.data.targets import ClassTarget, NumberTarget
from cutaway.errors import InputError
from cutaway.memory import available_memory
from cutaway.runs import rival_on_sample as of_sample
from cutaway.runs import streamed
from cutaway.runs.parts import Division, divide
from cutaway.runs.streamed import Streamed

QUICK = {"effort": "quick", "epochs": 8, "compare": False, "progress": False}


def lines(rows=1200, seed=0):
    """Numbers and towns; `size` is a number of them, `kind` a class, sorted so that a file has all of one first."""
    random = np.random.default_rng(seed)
    a, b = np.sort(random.uniform(-1, 1, rows)), random.uniform(-1, 1, rows)
    for place in range(rows):
        size = f"{a[place] + b[place] ** 2:.5f}" if place % 50 else ""
        town = ("Delft", "Gouda", "")[place % 3]
        kind = "round" if a[place] > 0.2 * b[place] else "square"
        yield f"{a[place]:.5f},{b[place]:.5f},{town},{size},{kind}"


@pytest.fixture
def csv(tmp_path):
    place = tmp_path / "t.csv"
    place.write_text("\n".join(["a,b,town,size,kind", *lines()]) + "\n")
    return place


@pytest.fixture
def little_memory(monkeypatch):
    """Have every file be too large, and a sample of a third of these rows."""
    monkeypatch.setattr(streaming, "HELD", 0)
    monkeypatch.setattr(streamed, "available_memory", lambda: 1000.0)
    monkeypatch.setattr(streamed, "SAMPLE", 400)
    monkeypatch.setattr(streamed, "BATCH", 250)
    monkeypatch.setattr(streamed, "BLOCK", 16)


def weights(run):
    return run.network.parameters()


# ---- a table whose columns are fetched when they are asked for ------------------------------------------------


def same(one, other):
    assert one.dtype == other.dtype and one.tolist().__repr__() == other.tolist().__repr__()


def test_a_stored_table_is_the_table(csv, monkeypatch):
    whole = read_table(csv)
    assert not isinstance(lean_table(csv), StoredTable)
    monkeypatch.setattr(streaming, "HELD", 0)
    stored = lean_table(csv)
    assert isinstance(stored, StoredTable)
    chosen = np.random.default_rng(0).permutation(1200)[:300]
    mask = np.arange(300) % 3 == 0
    pairs = [
        (stored, whole),
        (stored.select(chosen), whole.select(chosen)),
        (stored.select(chosen).select(mask), whole.select(chosen).select(mask)),
        (stored.without(["b", "none"]).select(chosen), whole.without(["b"]).select(chosen)),
        (lean_table(whole).select(chosen), whole.select(chosen)),
    ]
    for lazy, plain in pairs:
        assert isinstance(lazy, StoredTable)
        assert (lazy.rows, lazy.names, lazy.notes) == (plain.rows, plain.names, plain.notes)
        for name in plain.names:
            same(lazy.column(name), plain.column(name))
    with pytest.raises(InputError, match=r"no column 'sizes'.*'size'"):
        stored.column("sizes")
    assert type(stored.in_memory()) is Table


@pytest.mark.parametrize("target", ["size", "kind"])
def test_a_run_on_a_stored_table_is_the_run_on_the_table(csv, target, monkeypatch):
    how = {**QUICK, "compare": True, "engine": "numpy"}
    whole = ca.train(csv, target, **how)
    monkeypatch.setattr(streaming, "HELD", 0)
    stored = ca.train(csv, target, **how)
    frame = ca.train({name: list(values) for name, values in read_table(csv).columns.items()}, target, **how)
    for run in (stored, frame):
        for path, array in weights(whole).items():
            np.testing.assert_array_equal(weights(run)[path], array)
        assert (run.scores, run.estimate, run.rival) == (whole.scores, whole.estimate, whole.rival)
        assert run.columns == whole.columns
    assert stored.notes == whole.notes and stored.data == whole.data


def test_a_validation_table_is_watched_beside_a_stored_one(csv, tmp_path, monkeypatch):
    more = tmp_path / "more.csv"
    more.write_text("\n".join(["a,b,town,size,kind", *lines(60, seed=1)]) + "\n")
    table, goal = read_table(csv), ClassTarget("kind", ("round", "square"))
    monkeypatch.setattr(streaming, "HELD", 0)
    how = Division(validation=read_table(more), seed=3)
    plain, lazy = (divide(each, goal, ["a", "b"], how, 2) for each in (table, lean_table(csv)))
    for name in ("a", "town", "kind"):
        same(lazy.rows.column(name), plain.rows.column(name))
    assert lazy.rows.rows == plain.rows.rows == 960 + 60


def test_the_database_goes_when_nothing_refers_to_it(csv, tmp_path, monkeypatch):
    monkeypatch.setattr(streaming, "HELD", 0)
    monkeypatch.setattr(loading, "LARGE", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    table = lean_table(csv)
    part = table.select(np.arange(3))
    del table
    assert any(path.name.startswith("cutaway-") for path in tmp_path.iterdir()) and len(part.column("a")) == 3
    del part
    gc.collect()
    assert not any(path.name.startswith("cutaway-") for path in tmp_path.iterdir())


# ---- rows learned from in parts -------------------------------------------------------------------------------


def begun(csv, target, goal_of, members=2):
    """The sample of a file, divided, and an encoder fitted on it."""
    found = Streamed.of(lean_table(csv), target, seed=0)
    columns = describe_columns(found.sample, target)
    goal = goal_of(found.sample.column(target))
    parts = divide(found.sample, goal, ["a", "b", "town"], Division(together=True), members)
    return found, goal, parts, TableEncoder.fit(parts.rows, columns, rows=parts.learned)


def test_a_small_table_is_not_streamed(csv):
    assert Streamed.of(lean_table(csv), "size", 0) is None and Streamed.of(read_table(csv), "size", 0) is None
    assert 1e6 < available_memory() < 1e15


def test_of_several_processes_the_one_with_the_least_memory_decides(csv, monkeypatch):
    """Else one would stream a table, from a sample of its own size, that another learns from as a whole."""

    class Others:
        """Another process has 4 MiB."""

        def most(self, values):
            return np.maximum(values, -4)

    monkeypatch.setattr(streaming, "HELD", 0)
    monkeypatch.setattr(streamed, "SHARE", 0.01)
    monkeypatch.setattr(streamed, "SMALLEST_SAMPLE", 100)
    assert Streamed.of(lean_table(csv), "size", 0) is None
    monkeypatch.setattr(streamed, "processes", lambda: Processes(2, 1, Others()))
    found = Streamed.of(lean_table(csv), "size", 0)
    assert found is not None and found.stream.rows == 1200


def test_of_many_columns_the_sample_has_fewer_rows(csv, little_memory, monkeypatch):
    assert Streamed.of(lean_table(csv), "size", 0).sample.rows == pytest.approx(400, abs=20)
    monkeypatch.setattr(streamed, "SMALLEST_SAMPLE", 5)
    monkeypatch.setattr(streamed, "available_memory", lambda: 40_000.0)
    found = Streamed.of(lean_table(csv), "kind", 0)  # a tenth of the memory holds 100 rows of five columns
    assert found.sample.rows == 100 and len(set(found.numbers)) == 100
    expected = read_table(csv)
    for name in expected.names:
        same(found.sample.column(name), expected.column(name)[found.numbers])


def test_every_row_is_encoded_once_but_those_watched_and_set_aside(csv, little_memory):
    whole = read_table(csv)
    found, goal, parts, encoder = begun(csv, "size", lambda values: NumberTarget.fit("size", values))
    encoded = found.encoded(encoder, goal, parts)
    watched = parts.rows.select(np.flatnonzero(parts.watched))
    apart = {
        pair for table in (watched, parts.tested) for pair in zip(table.column("a"), table.column("b"), strict=True)
    }
    kept = np.array([pair not in apart for pair in zip(whole.column("a"), whole.column("b"), strict=True)])
    kept &= ~np.isnan(whole.column("size"))
    assert 0 < len(apart) < 200 and all((parts.folds[0][1] == other).all() for _, other in parts.folds)

    def in_order(x, y):
        both = np.column_stack([x, y])
        return both[np.lexsort(both.T)]

    expected = in_order(encoder.transform(whole.select(kept)), goal.encode(whole.column("size")[kept]))
    np.testing.assert_array_equal(in_order(encoded.rows.x, encoded.rows.y), expected)
    assert encoded.absent == 24 and encoded.unknown == 0
    numbers = whole.column("size")[kept]
    assert encoded.target.low <= numbers.min() and encoded.target.high >= numbers.max()
    assert np.corrcoef(encoded.rows.x[:200, 0], np.arange(200))[0, 1] < 0.5  # sorted in the file, not as written


@pytest.mark.parametrize("effort", ["quick", "standard"])
@pytest.mark.parametrize("target", ["size", "kind"])
def test_a_streamed_run_is_as_good_as_a_whole_one(csv, target, effort, little_memory, monkeypatch, tmp_path):
    how = {**QUICK, "effort": effort, "engine": "numpy", "epochs": 12 if effort == "quick" else 4}
    run = ca.train(csv, target, out=tmp_path / "run", **how)
    assert any("learned from in parts" in note and "1,200 rows" in note for note in run.notes)
    assert run.data["rows"] == 1200 and run.scores.rows == run.data["tested"] == pytest.approx(80, abs=4)
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", None)
    whole = ca.train(csv, target, **how)
    for found, usual in ((run.scores, whole.scores), (run.estimate, whole.estimate)):
        assert found.better
        if target == "kind":
            assert found.value > usual.value - 0.1
        else:
            assert found.value < 1.5 * usual.value + 0.05
    again = ca.load(tmp_path / "run")
    assert again.notes == run.notes
    np.testing.assert_array_equal(again.predict(csv), run.predict(csv))


def test_a_streamed_run_goes_on_from_another(csv, little_memory):
    first = ca.train(csv, "kind", **QUICK)
    second = ca.train(csv, "kind", start=first, **QUICK)
    assert second.scores.better and "go on from an earlier run" in second.settings["recipe"]


def test_rows_without_a_target_and_of_rare_classes_are_left_out_and_told(tmp_path, little_memory):
    place = tmp_path / "rare.csv"
    whole = list(lines())
    drawn = np.random.default_rng(0).uniform(size=1200)
    rows = [
        line.rsplit(",", 1)[0] + "," + ("" if u < 0.1 else line.rsplit(",", 1)[1])
        for line, u in zip(whole, drawn, strict=True)
    ]
    sample = Streamed.of(lean_table(written(place, rows)), "kind", 0)
    rare = next(number for number in range(1200) if number not in sample.numbers and drawn[number] >= 0.1)
    rows[rare] = rows[rare].rsplit(",", 1)[0] + ",hexagon"
    run = ca.train(written(place, rows), "kind", **QUICK)
    assert "1 row(s) of classes too rare to be in the sample left out" in run.notes
    absent = sum(u < 0.1 for u in drawn)
    assert run.data["without_target"] == absent
    assert run.classes == ("round", "square") and run.data["trained"] + run.data["tested"] == 1200 - absent - 1


def written(place, rows):
    place.write_text("\n".join(["a,b,town,size,kind", *rows]) + "\n")
    return place


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"group": "town"}, "group"),
        ({"time_column": "a"}, "time_column"),
        ({"weight": "b"}, "weight"),
        ({"effort": "best"}, "effort 'best'"),
    ],
)
def test_what_needs_whole_columns_is_refused_in_one_message(csv, wish, words, little_memory):
    with pytest.raises(InputError, match=f"{words} cannot be used with a table .* leave that out, give some"):
        ca.train(csv, "kind", **{**QUICK, **wish})


def test_a_target_that_is_not_finite_is_refused_with_its_row(tmp_path, little_memory):
    rows = [line if line.split(",")[3] else line.rsplit(",", 2)[0] + ",0.5,round" for line in lines()]
    place = written(tmp_path / "t.csv", rows)
    sample = Streamed.of(lean_table(place), "size", 0)
    wrong = next(number for number in range(300, 1200) if number not in sample.numbers)
    cells = rows[wrong].split(",")
    rows[wrong] = ",".join([*cells[:3], "inf", cells[4]])
    with pytest.raises(InputError, match=f"target 'size', row {wrong + 1}: inf is not a finite number"):
        ca.train(written(place, rows), "size", **QUICK)


def test_nothing_is_left_behind(csv, little_memory, tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    ca.train(csv, "kind", **{**QUICK, "epochs": 1})
    gc.collect()
    assert list(folder.iterdir()) == []


def test_trees_of_a_large_table_grow_on_some_of_its_rows_and_say_so(csv, monkeypatch):
    monkeypatch.setattr(of_sample, "TREES_ROWS", 300)
    how = {**QUICK, "compare": True}
    assert "on 300 rows" not in ca.train(csv, "size", **how).rival.name
    monkeypatch.setattr(of_sample, "MANY_CELLS", 2000)
    run = ca.train(csv, "size", **how)
    assert run.rival.name.endswith("trees on 300 rows") and run.rival.sentence.endswith("grew on 300 of the 941 rows")
    deviation = np.nanstd(read_table(csv).column("size"))
    assert run.rival.value < 0.5 * deviation and run.rival.estimate < 0.5 * deviation


def test_trees_beside_a_streamed_run_say_that_they_saw_the_sample_only(csv, little_memory):
    run = ca.train(csv, "kind", **{**QUICK, "epochs": 1, "compare": True})
    grown = 400 - run.data["tested"]
    assert run.rival.name == f"boosted trees on {grown} rows"
    assert run.rival.sentence.endswith(f"grew on {grown} of the {1200 - run.data['tested'] - 48:,} rows")


MEASURE = """
import sys, threading, time
import numpy as np
from cutaway.backends.processes import Processes
from cutaway.data import loading, streaming
from cutaway.data.columns import describe_columns
from cutaway.data.encoders import TableEncoder
from cutaway.data.streaming import lean_table
from cutaway.data.targets import NumberTarget
from cutaway.layers import Dense, Sequential
from cutaway.losses import SquaredError
from cutaway.optimizers import Adam
from cutaway.recipes.recipe import Recipe
from cutaway.runs import rival_on_sample as of_sample
from cutaway.runs import streamed
from cutaway.runs.parts import Division, divide

loading.LARGE, loading.MEMORY = 1, ("32MB", "1GB")
streaming.HELD, streamed.available_memory, streamed.SAMPLE = 0, lambda: 0.0, 20_000
most = 0

def look():
    # Pages of mapped files are the system's to take back; what counts is memory of the process's own.
    global most
    while True:
        told = dict(line.split(":", 1) for line in open("/proc/self/status"))
        most = max(most, int(told["RssAnon"].split()[0]))
        time.sleep(0.01)

threading.Thread(target=look, daemon=True).start()
found = streamed.Streamed.of(lean_table(sys.argv[1]), "y", 0)
goal = NumberTarget.fit("y", found.sample.column("y"))
parts = divide(found.sample, goal, ["x0"], Division(together=True), 1)
encoder = TableEncoder.fit(parts.rows, describe_columns(found.sample, "y"))
encoded = found.encoded(encoder, goal, parts, progress=False)
recipe = Recipe(Sequential(Dense(1)), SquaredError(), SquaredError(), Adam(0.01), 2, 16_384, "a line")
bag = streamed.learn_streamed(recipe, encoded, parts, encoder, engine="numpy", progress=False)
print(most / 1e3, bag.learned.history[-1].validation, bag.learned.history[0].validation)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells memory by /proc")
def test_memory_does_not_grow_with_the_rows(tmp_path):
    import duckdb

    peaks, columns, counts = [], 8, (500_000, 2_000_000)
    for rows in counts:
        path = tmp_path / f"{rows}.parquet"
        drawn = ", ".join(f"random() AS x{place}" for place in range(columns))
        duckdb.execute(f"COPY (SELECT *, x0 - x1 AS y FROM (SELECT {drawn} FROM range({rows}))) TO '{path}'")
        told = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
        peak, last, first = map(float, told.stdout.split())
        assert last < first
        peaks.append(peak)
    cells = 8 * (counts[1] - counts[0]) * columns / 1e6
    assert peaks[1] - peaks[0] < 0.4 * cells, f"{peaks} MB, of {cells:.0f} MB of cells more"
