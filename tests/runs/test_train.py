"""`train` and `load`: a table in, predictions out, the same after a round trip through the disk."""

import json
import os
import warnings

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.reading import table_from
from cutaway.runs.table_run import DataWarning
from cutaway.storage.architecture import ModelFileError


def houses(rows=160, seed=0):
    """A table with everything a table has: numbers, missing values, few and many categories, dates, identifiers."""
    random = np.random.default_rng(seed)
    rooms = random.integers(1, 8, rows).astype(float)
    town = random.choice(["Delft", "Gouda", "Leiden"], rows).astype(object)
    street = np.array([f"street {n}" for n in random.integers(0, 15, rows)], dtype=object)
    area = rooms * 20 + random.normal(0, 5, rows)
    price = 1000 * area + np.where(town == "Delft", 40_000, 0) + random.normal(0, 2_000, rows)
    area[::9] = np.nan
    return {
        "id": np.arange(rows),
        "rooms": rooms,
        "area": area,
        "town": town,
        "street": street,
        "sold": np.datetime64("2020-01-01") + random.integers(0, 900, rows),
        "garden": random.random(rows) < 0.5,
        "price": price,
        "dear": np.where(price > np.median(price), "yes", "no").astype(object),
    }


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "houses"
    return ca.train(houses(), "price", effort="quick", epochs=60, drop=["dear"], out=folder, engine="numpy")


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "dear"
    return ca.train(houses(), "dear", epochs=15, drop=["price"], out=folder, engine="numpy")


def test_it_learns(numbers, classes):
    assert numbers.task == "regression" and classes.task == "classification"
    assert numbers.scores.better and numbers.scores.value < 0.4 * numbers.scores.baseline
    assert classes.scores.value > 0.8 and classes.scores.baseline < 0.7
    assert classes.classes == ("no", "yes")
    for run in (numbers, classes):
        low, high = run.scores.interval
        assert low <= run.scores.value <= high
        assert run.scores.rows == 32 and run.data["tested"] == 32
        assert run.data["trained"] + run.data["watched"] + run.data["tested"] == 160


def test_columns_are_told(numbers):
    kinds = {column.name: column.kind.value for column in numbers.columns}
    assert kinds["id"] == "identifier" and kinds["dear"] == "dropped" and kinds["sold"] == "date"
    assert kinds["street"] == "category" and numbers.preprocessing.code_sizes


def test_load_predicts_the_same_bits(numbers, classes):
    fresh = {name: values for name, values in houses(50, seed=5).items() if name not in ("price", "dear")}
    for run in (numbers, classes):
        again = ca.load(run.path)
        assert isinstance(again, ca.TableRun)
        assert np.array_equal(again.predict(fresh), run.predict(fresh))
        assert again.summary() == run.summary()
        assert again.history == run.history and again.vitals == run.vitals and again.events == run.events
        assert again.columns == run.columns and again.scores == run.scores
        alone = ca.load(run.path / "network.safetensors")
        assert np.array_equal(alone.predict(fresh), run.predict(fresh))
    assert ca.load(classes.path).predict_proba(fresh).tobytes() == classes.predict_proba(fresh).tobytes()


def test_probabilities(classes):
    fresh = houses(40, seed=6)
    probabilities = classes.predict_proba(fresh)
    assert probabilities.shape == (40, 2)
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert np.array_equal(classes.predict(fresh), np.array(classes.classes, dtype=object)[probabilities.argmax(axis=1)])
    each = [np.exp(z - z.max(1, keepdims=True)) for z in classes.network.members(_encoded(classes, fresh))]
    assert np.allclose(probabilities, np.mean([e / e.sum(1, keepdims=True) for e in each], axis=0), atol=1e-6)


def _encoded(run, data):
    return run.preprocessing.transform(table_from(data))


def test_numbers_have_no_probabilities(numbers):
    with pytest.raises(ca.InputError, match="'price' is a number"):
        numbers.predict_proba(houses(5))


def test_data_frames_of_any_kind_in_any_order(numbers):
    pandas = pytest.importorskip("pandas")
    data = houses(30, seed=7)
    expected = numbers.predict(data)
    frame = pandas.DataFrame(data)
    assert np.array_equal(numbers.predict(frame), expected)
    assert np.array_equal(numbers.predict(frame[sorted(frame.columns, reverse=True)]), expected)
    assert np.array_equal(numbers.predict(frame.to_dict("records")), expected)
    polars = pytest.importorskip("polars")
    assert np.array_equal(numbers.predict(polars.from_pandas(frame)), expected)


def test_what_training_did_not_see_is_counted(numbers):
    data = houses(10, seed=8)
    del data["garden"]
    data["town"][:3] = "Atlantis"
    data["rooms"][4] = np.nan
    with pytest.warns(DataWarning) as told:
        predicted = numbers.predict(data)
    assert np.isfinite(predicted).all()
    words = str(told[0].message)
    assert "'garden' is not there" in words
    assert "'town': 3 of 10 values are categories not seen in training" in words
    assert "'rooms': 1 of 10 values are missing, though none was in training" in words


def test_rows_of_another_table_are_refused(numbers):
    with pytest.raises(ca.InputError, match="none of the columns that the run learned from is there"):
        numbers.predict({"height": [1.0, 2.0]})


def test_large_inputs_go_in_tiles(numbers):
    data = houses(100, seed=9)
    assert np.allclose(numbers.predict(data, rows=7), numbers.predict(data), rtol=1e-5)


def test_the_same_seed_gives_the_same_run(numbers, tmp_path):
    ca.train(houses(), "price", effort="quick", epochs=60, drop=["dear"], out=tmp_path / "again", engine="numpy")
    first = (numbers.path / "network.safetensors").read_bytes()
    assert (tmp_path / "again" / "network.safetensors").read_bytes() == first
    other = ca.train(houses(), "price", effort="quick", epochs=60, drop=["dear"], seed=1, engine="numpy")
    assert other.scores != numbers.scores


def test_no_training_row_is_kept(tmp_path):
    random = np.random.default_rng(3)
    secrets = 1e6 + random.random(60) * 1e6
    data = {"secret": secrets, "name": [f"person-{n}" for n in range(60)], "y": secrets * 2 + random.random(60)}
    run = ca.train(data, "y", effort="quick", epochs=3, out=tmp_path / "run", engine="numpy")
    ends = {secrets.min(), secrets.max()}
    for item in run.path.iterdir():
        content = item.read_bytes()
        assert b"person-" not in content
        for value in secrets:
            if value not in ends:
                assert f"{value:.6g}"[:9].encode() not in content or item.suffix == ".json"
                assert repr(float(value)).encode() not in content
                assert np.float32(value).tobytes() not in content and np.float64(value).tobytes() not in content


def test_the_rows_set_aside_change_nothing_that_is_delivered(tmp_path):
    """Neither weights nor preprocessing nor the target's scale know them; only the score does."""
    from cutaway.data.splits import split_rows

    data = {name: houses()[name] for name in ("rooms", "area", "town", "street", "sold", "price")}
    rest, tested = split_rows(160, 0.2, 0)
    changed = {name: np.array(values) for name, values in data.items()}
    for values in changed.values():
        values[tested] = values[rest[: len(tested)]]
    changed["price"][tested] *= 1000
    runs = [
        ca.train(table, "price", effort="quick", epochs=4, engine="numpy", out=tmp_path / str(place))
        for place, table in enumerate((data, changed))
    ]
    files = [(run.path / "network.safetensors").read_bytes() for run in runs]
    assert files[0] == files[1]
    assert runs[0].history[-1].loss == runs[1].history[-1].loss
    assert runs[1].scores.value > 100 * runs[0].scores.value


def test_a_file_that_is_gone_after_it_was_read_loses_no_work(tmp_path, monkeypatch):
    from cutaway.runs import train as module

    place = tmp_path / "data.csv"
    place.write_text("x,y\n" + "".join(f"{n / 3},{n / 7}\n" for n in range(30)))
    inner = module.fit

    def spy(*given, **options):
        place.unlink()
        return inner(*given, **options)

    monkeypatch.setattr(module, "fit", spy)
    run = ca.train(place, "y", effort="quick", epochs=1, out=tmp_path / "run", engine="numpy")
    assert run.data["fingerprint"].startswith("sha256:")


@pytest.mark.parametrize("day_first", [True, False])
def test_new_rows_are_read_as_those_of_training_were(tmp_path, day_first):
    """1/12/2020 alone says not which is the month, and "1,234" not whether it is below two; training's rows did."""
    form = "%d/%m/%Y" if day_first else "%m/%d/%Y"
    days = np.arange("2020-01-01", "2021-01-01", dtype="datetime64[D]").tolist()
    late = [day.month > 6 for day in days]
    numbers = [f"{place},{place:03}" if place % 2 else f"{place},5" for place in range(1, len(days) + 1)]
    rows = [f'{day.strftime(form)},"{n}",{y}' for day, n, y in zip(days, numbers, late, strict=True)]
    place = tmp_path / "days.csv"
    place.write_text("\n".join(["when,size,y", *rows]))
    run = ca.train(place, "y", effort="quick", epochs=1, engine="numpy", out=tmp_path / "run")
    new = tmp_path / "new.csv"
    new.write_text('when,size\n1/12/2020,"1,234"\n2/11/2020,"2,500"\n')
    for loaded in (run, ca.load(tmp_path / "run")):
        assert loaded.preprocessing.european == {"when": day_first, "size": True}
        table = table_from(new, loaded.preprocessing.european)
        assert table.columns["size"].tolist() == [1.234, 2.5]
        months = table.columns["when"].astype("datetime64[M]").astype(int) % 12 + 1
        assert months.tolist() == ([12, 11] if day_first else [1, 2])
        texts = {"when": ["1/12/2020", "2/11/2020"], "size": ["1,234", "2,500"]}
        assert np.array_equal(loaded.predict(texts), loaded.predict(new))


def test_records_may_hold_any_text(tmp_path):
    def enough(record):
        if hasattr(record, "loss"):
            raise ca.StopTraining("a\u2028b\x85c")

    net = ca.Sequential(ca.Dense(1))
    run = ca.fit(net, X[:, None], X, loss="squared_error", epochs=2, engine="numpy", callbacks=[enough])
    assert ca.load(run.save(tmp_path / "run")).events == run.events
    assert ca.load(ca.Run(net).save(tmp_path / "bare")).history == []


def test_run_json_is_plain_and_complete(numbers):
    facts = json.loads((numbers.path / "run.json").read_text())
    assert facts["target"] == "price" and facts["settings"]["seed"] == 0
    assert facts["versions"]["cutaway"] == ca.__version__
    assert facts["data"]["fingerprint"].startswith("sha256:") and facts["data"]["path"] is None
    assert {column["name"] for column in facts["columns"]} == set(houses(1)) - {"price"}


def test_without_a_test_there_is_no_score():
    run = ca.train({"x": np.linspace(0, 1, 30), "y": np.linspace(5, 9, 30)}, "y", test=0, effort="quick", epochs=1)
    assert run.scores is None and run.summary()["scores"] is None


def test_few_rows():
    run = ca.train({"x": [0.0, 1.0], "y": ["a", "b"]}, "y", effort="quick", epochs=2)
    assert run.scores is None
    run = ca.train({"x": [0.5, 1.5, 2.5], "y": [0.1, 1.7, 2.2]}, "y", effort="quick", epochs=2)
    assert run.scores.rows == 1
    run = ca.train({"x": np.arange(20.0) / 3, "y": ["a"] * 10 + ["b"] * 9 + ["c"]}, "y", effort="quick", epochs=2)
    assert run.classes == ("a", "b", "c") and "it can be trained on, but not tested" in run.task_reason


def test_a_target_that_is_missing_in_some_rows():
    y = np.arange(40.0) / 3
    y[:4] = np.nan
    run = ca.train({"x": np.arange(40.0) / 7, "y": y}, "y", effort="quick", epochs=1)
    assert run.data["rows"] == 40 and run.data["without_target"] == 4
    assert any("4 row(s) without a value of the target" in note for note in run.notes)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_targets_of_any_size(tmp_path, scale):
    run = ca.train({"x": X, "y": scale * (X - 4)}, "y", effort="quick", epochs=40, out=tmp_path / "run", engine="numpy")
    assert 0 < run.scores.value < run.scores.baseline
    assert ca.load(tmp_path / "run").scores == run.scores


X = np.arange(30.0) / 3
WRONG = {
    "unknown target": ({"target": "z"}, "no column 'z'; did you mean|no column 'z'; there are"),
    "near target": ({"target": "Y"}, "did you mean 'y'"),
    "unknown category": ({"category": ["w"]}, "no column 'w'"),
    "unknown drop": ({"drop": ["w"]}, "no column 'w'"),
    "a text as list": ({"drop": "x"}, "lists of column names"),
    "everything dropped": ({"drop": ["x"]}, "no column is left to learn from"),
    "test": ({"test": 1.5}, "share of rows to set aside is 1.5"),
    "negative test": ({"test": -0.1}, "share of rows"),
    "effort": ({"effort": "qick"}, "did you mean 'quick'"),
    "task": ({"task": "clasification"}, "did you mean 'classification'"),
    "two targets": ({"target": ["y"]}, "expected the name of one column"),
    "target dropped": ({"drop": ["y"]}, "'y' is the target and cannot be left out"),
    "engine": ({"engine": "torch"}, "engine is 'torch'"),
    "epochs": ({"epochs": 0}, "^epochs must be"),
    "half an epoch": ({"epochs": 1.5}, "^epochs must be a whole number of at least 1, got 1.5"),
    "true epochs": ({"epochs": True}, "^epochs must be"),
    "seed": ({"seed": -1}, "seed is -1"),
    "half a seed": ({"seed": 1.5}, "seed is 1.5"),
    "huge seed": ({"seed": 2**32}, "seed is 4294967296, expected a whole number from 0 to 4294967295"),
    "unknown number": ({"number": ["w"]}, "no column 'w'"),
    "one class": ({"data": {"x": X, "y": ["a"] * 30}}, "only the value 'a'"),
    "constant": ({"data": {"x": X, "y": np.ones(30)}}, "only the value '1'"),
    "no target value": ({"data": {"x": X, "y": np.full(30, np.nan)}}, "no value"),
    "text for regression": ({"data": {"x": X, "y": ["a", "b"] * 15}, "task": "regression"}, "regression needs numbers"),
    "infinite target": ({"data": {"x": X, "y": [*X[:-1], np.inf]}}, "row 30: inf"),
    "only the target": ({"data": {"y": X}}, "no column is left to learn from"),
    "infinite target after a missing one": ({"data": {"x": X, "y": [np.nan, *X[:-2], np.inf]}}, "row 30: inf"),
    "test is a text": ({"test": "x"}, "share of rows to set aside is 'x'"),
    "no rows": ({"data": {"x": [], "y": []}}, "no rows"),
    "not a table": ({"data": 3}, "not a table"),
    "no such file": ({"data": "none.csv"}, "none.csv"),
    "unequal": ({"data": {"x": X, "y": X[:5]}}, "equally long"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_gets_one_message_and_leaves_nothing(tmp_path, name):
    options, words = WRONG[name]
    given = {"data": {"x": X, "y": X * 2}, "target": "y", "out": tmp_path / "run", "epochs": 1, **options}
    with pytest.raises(ca.InputError, match=words):
        ca.train(**given)
    assert sorted(item.name for item in tmp_path.iterdir()) == []


def test_nan_in_arrays_is_refused_by_fit():
    x = np.eye(4)
    x[2, 1] = np.nan
    with pytest.raises(ca.InputError, match="nan in row 2, column 1"):
        ca.fit(ca.Dense(1), x, np.ones(4), loss="squared_error")


def test_ctrl_c_keeps_what_was_learned(tmp_path, monkeypatch):
    import signal

    from cutaway.records import StepRecord
    from cutaway.runs import fit as module

    class Impatient(module.ProgressBar):
        def __call__(self, record):
            if isinstance(record, StepRecord) and record.epoch == 3:
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(module, "ProgressBar", Impatient)
    run = ca.train({"x": X, "y": X * 2}, "y", effort="quick", epochs=500, out=tmp_path / "run", engine="numpy")
    assert run.interrupted and 1 <= len(run.history) < 10
    assert ca.load(tmp_path / "run").interrupted


def test_ctrl_c_replaces_no_finished_run(tmp_path, monkeypatch):
    import signal

    from cutaway.runs import train as module

    table, options = {"x": X, "y": X * 2}, {"effort": "quick", "engine": "numpy", "out": tmp_path / "run"}
    ca.train(table, "y", epochs=2, **options)
    inner = module.fit

    def impatient(*given, **settings):
        seen = []

        def stop(record):
            seen.append(record)
            if len(seen) == 5:
                os.kill(os.getpid(), signal.SIGINT)

        return inner(*given, **settings, callbacks=[stop])

    monkeypatch.setattr(module, "fit", impatient)
    for _ in range(2):
        run = ca.train(table, "y", epochs=5000, **options)
        assert run.interrupted and run.path == tmp_path / "run-interrupted"
    assert not ca.load(tmp_path / "run").interrupted and ca.load(tmp_path / "run-interrupted").interrupted
    assert sorted(item.name for item in tmp_path.iterdir()) == ["run", "run-interrupted"]


def test_what_is_decided_is_told_before_training(monkeypatch):
    from cutaway.runs import train as module

    heard = []
    inner = module.fit

    def spy(*given, **options):
        heard.append("fit")
        return inner(*given, **options)

    monkeypatch.setattr(module, "fit", spy)
    run = ca.train({"id": np.arange(30), "x": X, "y": X * 2}, "y", number=["id"], effort="quick", epochs=1,
                   engine="numpy", told=heard.append)  # fmt: skip
    assert heard[1] == "fit" and heard[0].columns == run.columns and heard[0].settings == run.settings
    assert run.settings["number"] == ["id"] and run.preprocessing.columns == ("id", "x")


# ---- load ---------------------------------------------------------------------------------------------------


def test_a_run_of_fit_is_saved_and_loaded(tmp_path):
    net = ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(1))
    run = ca.fit(net, X[:, None], X, loss="squared_error", epochs=3, validation=0.2, engine="numpy")
    again = ca.load(run.save(tmp_path / "line"))
    assert type(again) is ca.Run
    assert again.predict(X[:, None]).tobytes() == run.predict(X[:, None]).tobytes()
    assert again.history == run.history and again.engine == "numpy" and again.path == tmp_path / "line"


class Twice(ca.Layer):
    def forward(self, x, ctx):
        return x + x


def test_own_layers(tmp_path):
    net = ca.Sequential(Twice(), ca.Dense(1))
    run = ca.fit(net, X[:, None], X, loss="squared_error", epochs=2, engine="numpy")
    run.save(tmp_path / "own")
    with pytest.raises(ModelFileError, match=r"layers=\[Twice\]"):
        ca.load(tmp_path / "own")
    again = ca.load(tmp_path / "own", layers=[Twice])
    assert again.predict(X[:, None]).tobytes() == run.predict(X[:, None]).tobytes()


def test_what_is_not_there(tmp_path):
    with pytest.raises(ca.InputError, match="there is no such run"):
        ca.load(tmp_path / "none")
    with pytest.raises(ca.InputError, match="is not a run"):
        ca.load(tmp_path)
    (tmp_path / "text.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ModelFileError, match="damaged"):
        ca.load(tmp_path / "text.csv")


def _with(**changes):
    return lambda facts: facts.update(changes)


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts.pop("engine"),
        lambda facts: facts.pop("scores") and facts.update(scores=3),
        lambda facts: facts["scores"].update(interval=[1]),
        lambda facts: facts["scores"].update(others={"a": "b"}),
        lambda facts: facts["scores"].update(more=1),
        lambda facts: facts["columns"][0].update(kind="magic"),
        lambda facts: facts["columns"][0].update(missing="3"),
        _with(columns={}), _with(columns=[3]), _with(notes=[3]), _with(seconds="x"), _with(data=[]), _with(cutaway=9),
    ],
)  # fmt: skip
def test_a_changed_run_json_is_refused(numbers, tmp_path, change):
    folder = numbers.save(tmp_path / "run")
    facts = json.loads((folder / "run.json").read_text())
    change(facts)
    (folder / "run.json").write_text(json.dumps(facts))
    with pytest.raises(ModelFileError, match=r"run\.json"):
        ca.load(folder)


@pytest.mark.parametrize(
    "line",
    [
        "{", "[]", "{}", '{"record": "Run"}', '{"record": "Event", "step": 1}',
        '{"record": "Event", "step": "1", "what": "a", "message": "b"}',
        '{"record": "Event", "step": 1, "what": "a", "message": "b", "more": 1}',
    ],
)  # fmt: skip
def test_changed_records_are_refused(numbers, tmp_path, line):
    folder = numbers.save(tmp_path / "run")
    (folder / "records.jsonl").write_text(line + "\n")
    with pytest.raises(ModelFileError, match=r"records\.jsonl, line 1"):
        ca.load(folder)


def test_predicting_what_was_seen_warns_of_nothing(numbers):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        numbers.predict(houses(30, seed=0))


def test_importing_the_package_imports_no_reader():
    """What is heavy is imported when it is first used, so that `import cutaway` stays quick."""
    import subprocess
    import sys

    heavy = ["duckdb", "sklearn", "rich", "cyclopts", "jax", "safetensors", "scipy", "narwhals", "cutaway.data.reading"]
    code = f"import sys, cutaway; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
