"""`train` and `load`: a table in, predictions out, the same after a round trip through the disk."""

import json
import os
import re
import warnings

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.reading import table_from
from cutaway.errors import DataWarning


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
    return ca.train(houses(), "dear", epochs=15, drop=["price"], out=folder, engine="numpy", metric="balanced_accuracy")


def test_it_learns(numbers, classes):
    assert numbers.task == "regression" and classes.task == "classification"
    assert numbers.scores.better and numbers.scores.value < 0.4 * numbers.scores.baseline
    assert classes.scores.value > 0.8 and classes.scores.baseline < 0.7
    assert classes.classes == ("no", "yes")
    for run in (numbers, classes):
        low, high = run.scores.interval
        assert low <= run.scores.value <= high
        assert run.scores.rows == 32 and run.data["tested"] == 32
        assert run.data["trained"] + run.data["tested"] == 160
        low, high = run.estimate.interval
        assert low <= run.estimate.value <= high and run.estimate.rows == run.data["watched"]
    assert numbers.data["watched"] == 19 and classes.data["watched"] == 128
    assert len(classes.network) == 8


def test_columns_are_told(numbers):
    kinds = {column.name: column.kind.value for column in numbers.columns}
    assert kinds["id"] == "identifier" and kinds["dear"] == "dropped" and kinds["sold"] == "date"
    assert kinds["street"] == "category" and numbers.preprocessing.code_sizes


def test_probabilities(classes):
    fresh = houses(40, seed=6)
    probabilities = classes.predict_proba(fresh)
    assert probabilities.shape == (40, 2)
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert np.array_equal(classes.predict(fresh) == "yes", probabilities[:, 1] > classes.target.threshold)
    each = [np.exp(z - z.max(1, keepdims=True)) for z in classes.network.members(_encoded(classes, fresh))]
    powers = np.mean([e / e.sum(1, keepdims=True) for e in each], axis=0) ** (1 / classes.target.temperature)
    assert np.allclose(probabilities, powers / powers.sum(1, keepdims=True), atol=1e-5)


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
    run = ca.train(data, "y", effort="quick", epochs=3, out=tmp_path / "run", engine="numpy", report=False)
    # Where a column lies is kept: its range, and its median, which of an odd number of rows is one of them.
    known = {secrets.min(), secrets.max(), *(encoder.centre for encoder in run.preprocessing.encoders)}
    for item in run.path.iterdir():
        content = item.read_bytes()
        assert b"person-" not in content
        for value in secrets:
            if value not in known:
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
    from cutaway.runs import bag as module

    place = tmp_path / "data.csv"
    place.write_text("x,y\n" + "".join(f"{n / 3},{n / 7}\n" for n in range(30)))
    inner = module.learn

    def spy(*given, **options):
        place.unlink()
        return inner(*given, **options)

    monkeypatch.setattr(module, "learn", spy)
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
    ten = {"x": np.arange(10.0) / 3, "y": np.arange(10.0) ** 2 / 7}
    assert ca.train(ten, "y", effort="quick", epochs=2).scores.rows == 2
    with pytest.raises(ca.InputError, match=r"2 rows with a value of 'y' are too few"):
        ca.train({"x": [0.0, 1.0], "y": ["a", "b"]}, "y", effort="quick", epochs=2)
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
    again = ca.load(tmp_path / "run")
    assert again.scores == run.scores and again.rival == run.rival
    assert 0 < run.rival.value < 2 * run.scores.baseline


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
    "target dropped": ({"drop": ["y"]}, "'y' is the target and can be nothing else"),
    "engine": ({"engine": "torch"}, "engine is 'torch'"),
    "epochs": ({"epochs": 0}, "^epochs must be"),
    "half an epoch": ({"epochs": 1.5}, "^epochs must be a whole number of at least 1, got 1.5"),
    "true epochs": ({"epochs": True}, "^epochs must be"),
    "seed": ({"seed": -1}, "seed must be a whole number"),
    "half a seed": ({"seed": 1.5}, "seed must be a whole number"),
    "huge seed": ({"seed": 2**32}, "seed must be a whole number of at most 4294967295, got 4294967296"),
    "unknown number": ({"number": ["w"]}, "no column 'w'"),
    "one class": ({"data": {"x": X, "y": ["a"] * 30}}, "only the value 'a'"),
    "constant": ({"data": {"x": X, "y": np.ones(30)}}, "only the value '1'"),
    "no target value": ({"data": {"x": X, "y": np.full(30, np.nan)}}, "no value"),
    "text for regression": ({"data": {"x": X, "y": ["a", "b"] * 15}, "task": "regression"}, "regression needs numbers"),
    "infinite target": ({"data": {"x": X, "y": [*X[:-1], np.inf]}}, "row 30: inf"),
    "only the target": ({"data": {"y": X}}, "no column is left to learn from"),
    "infinite target after a missing one": ({"data": {"x": X, "y": [np.nan, *X[:-2], np.inf]}}, "row 30: inf"),
    "test is a text": ({"test": "x"}, "x: there is no such file"),
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
    from cutaway.runs import learn as module

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

    from cutaway.runs import bag as module

    table, options = {"x": X, "y": X * 2}, {"effort": "quick", "engine": "numpy", "out": tmp_path / "run"}
    ca.train(table, "y", epochs=2, **options)
    inner = module.learn

    def impatient(*given, **settings):
        seen = []

        def stop(record):
            seen.append(record)
            if len(seen) == 5:
                os.kill(os.getpid(), signal.SIGINT)

        return inner(*given, **{**settings, "listeners": [*settings["listeners"], stop]})

    monkeypatch.setattr(module, "learn", impatient)
    for seed, name in enumerate(("run-interrupted", "run-interrupted-2")):
        run = ca.train(table, "y", epochs=5000, seed=seed, **options)
        assert run.interrupted and run.path == tmp_path / name
    assert not ca.load(tmp_path / "run").interrupted and ca.load(tmp_path / "run-interrupted").interrupted
    assert sorted(item.name for item in tmp_path.iterdir()) == ["run", "run-interrupted", "run-interrupted-2"]


def test_what_is_decided_is_told_before_training(monkeypatch):
    from cutaway.runs import bag as module

    heard = []
    inner = module.learn

    def spy(*given, **options):
        heard.append("learn")
        return inner(*given, **options)

    monkeypatch.setattr(module, "learn", spy)
    run = ca.train({"id": np.arange(30), "x": X, "y": X * 2}, "y", number=["id"], effort="quick", epochs=1,
                   engine="numpy", told=heard.append)  # fmt: skip
    assert heard[1] == "learn" and heard[0].columns == run.columns and heard[0].settings == run.settings
    assert run.settings["number"] == ["id"] and run.preprocessing.columns == ("id", "x")


def test_predicting_what_was_seen_warns_of_nothing(numbers):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        numbers.predict(houses(30, seed=0))


# ---- which rows are learned from, and what they are scored by --------------------------------------------------


def visits(rows=90, seed=0):
    """Three visits a patient, a day each, and a number that only the visit's x tells."""
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, rows)
    return {
        "patient": np.array([f"p{n // 3}" for n in range(rows)], dtype=object),
        "day": np.datetime64("2024-01-01") + np.arange(rows),
        "x": x,
        "counts": np.where(np.arange(rows) % 2, 1.0, 3.0),
        "y": 2 * x + random.normal(0, 0.05, rows),
    }


BRIEF = {"effort": "quick", "epochs": 3, "engine": "numpy", "compare": False}


def test_groups_stay_together_and_are_no_input(monkeypatch):
    from cutaway.runs import train_table as module

    cut = []
    inner = module.divide

    def spy(*given):
        cut.append(inner(*given))
        return cut[-1]

    monkeypatch.setattr(module, "divide", spy)
    run = ca.train(visits(), "y", group="patient", drop=["counts"], **BRIEF)
    tested, rest = (set(part.column("patient")) for part in (cut[0].tested, cut[0].rows))
    assert tested and rest and not tested & rest
    told = next(column for column in run.columns if column.name == "patient")
    assert told.kind.value == "dropped" and "belong together" in told.reason
    assert "patient" not in run.preprocessing.columns and run.settings["group"] == "patient"


def test_what_is_tested_is_later(monkeypatch):
    from cutaway.runs import train_table as module

    cut = []
    inner = module.divide
    monkeypatch.setattr(module, "divide", lambda *given: cut.append(inner(*given)) or cut[-1])
    ca.train(visits(), "y", time_column="day", **BRIEF)
    (learned, watched), days = cut[0].folds[0], cut[0].rows.column("day")
    assert days[learned].max() < days[watched].min() <= days.max() < cut[0].tested.column("day").min()


def test_rows_count_by_their_weight():
    """The baseline of a regression is the mean; the score of it weighs rows: both differ from those without weights."""
    data = visits()
    test = visits(60, seed=3)
    run = ca.train(data, "y", test=test, weight="counts", drop=["patient", "day"], **BRIEF)
    error = run.predict(test) - test["y"]
    assert run.scores.value == pytest.approx(np.sqrt(np.average(error**2, weights=test["counts"])), rel=1e-9)
    assert run.scores.value != pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-6)
    assert "counts" not in run.preprocessing.columns


def test_rows_of_ones_own(tmp_path):
    """Rows to test and to watch may come as files: all of the table is then learned from."""
    lines = [",".join(map(str, row)) for row in zip(*visits(60, seed=3).values(), strict=True)]
    (tmp_path / "test.csv").write_text("\n".join([",".join(visits(3)), *lines]))
    run = ca.train(visits(), "y", test=tmp_path / "test.csv", validation=visits(30, seed=4), drop=["day"], **BRIEF)
    assert run.data["trained"] == 120 and run.data["watched"] == 30 and run.data["tested"] == 60
    assert run.settings["test"].endswith("test.csv") and run.estimate.rows == 30 and run.scores.rows == 60
    assert run.scores.value == pytest.approx(_rmse(run, visits(60, seed=3)), rel=1e-9)
    assert run.estimate.value == pytest.approx(_rmse(run, visits(30, seed=4)), rel=1e-5)


def _rmse(run, data):
    return np.sqrt(np.mean((run.predict(data) - data["y"]) ** 2))


def test_rows_to_test_that_are_a_table_in_memory_are_not_written_down(tmp_path):
    run = ca.train(visits(), "y", test=visits(30, seed=5), drop=["day"], out=tmp_path / "run", **BRIEF)
    assert len(str(run.settings["test"])) < 40
    assert repr(float(visits(30, seed=5)["x"][3])) not in (tmp_path / "run" / "run.json").read_text()


def test_another_metric():
    sklearn = pytest.importorskip("sklearn.metrics")
    data = {**visits(), "high": np.where(visits()["y"] > 0.4, "yes", "no").astype(object)}
    test = visits(80, seed=6)
    test["high"] = np.where(test["y"] > 0.4, "yes", "no").astype(object)
    options = {"test": test, "drop": ["y", "patient", "day"], **BRIEF}
    run = ca.train(data, "high", metric="roc_auc", **options)
    expected = sklearn.roc_auc_score(test["high"] == "yes", run.predict_proba(test)[:, 1])
    assert run.scores.metric == "roc_auc" and run.scores.value == pytest.approx(expected, abs=1e-12)
    run = ca.train(data, "high", metric="f1", **options)
    expected = sklearn.f1_score(test["high"] == "yes", run.predict(test) == "yes")
    assert run.scores.value == pytest.approx(expected, abs=1e-12)
    with pytest.raises(ca.InputError, match="rmsle"):
        ca.train(visits(), "y", metric="rmsle", **BRIEF)


def test_boosted_trees_beside_it():
    """The figure of the rival is that of scikit-learn's trees on the same rows; not asked for, there is none."""
    ensemble = pytest.importorskip("sklearn.ensemble")
    data, test = visits(200), visits(80, seed=6)
    options = {"test": test, "drop": ["counts", "patient", "day"], **BRIEF}
    run = ca.train(data, "y", **{**options, "compare": True})
    trees = ensemble.HistGradientBoostingRegressor(random_state=0).fit(data["x"][:, None], data["y"])
    low, high = data["y"].min(), data["y"].max()
    expected = np.sqrt(np.mean((np.clip(trees.predict(test["x"][:, None]), low, high) - test["y"]) ** 2))
    assert run.rival.value == pytest.approx(expected, rel=1e-4)
    assert ca.train(data, "y", **options).rival is None


def test_the_comparison_with_trees_is_of_the_figures_shown():
    """Also where a threshold other than one half says which of two classes is predicted."""

    def rare(rows, seed):
        data = visits(rows, seed)
        return {"x": data["x"], "z": data["y"] - data["x"] + np.sin(np.arange(rows)), "high": data["y"] > 1.2}

    options = {"validation": rare(200, 1), "test": rare(200, 2), "metric": "f1", **BRIEF, "epochs": 1}
    run = ca.train(rare(120, 0), "high", **{**options, "compare": True})
    assert run.target.threshold != 0.5
    gap = float(re.search(r"by (\d[\d.e-]*) of F1", run.rival.sentence)[1])
    assert gap == pytest.approx(abs(run.scores.value - run.rival.value), rel=0.01)


def test_intervals_hold_their_share():
    run = ca.train(visits(400), "y", drop=["counts", "patient", "day"], **{**BRIEF, "epochs": 10})
    fresh = visits(1500, seed=8)
    for share in (0.5, 0.8):
        low, high = run.predict_interval(fresh, share).T
        assert np.mean((low <= fresh["y"]) & (fresh["y"] <= high)) == pytest.approx(share, abs=0.17)
    with pytest.raises(ca.InputError, match=r"share is 0.7; the run knows 0.5, 0.8"):
        run.predict_interval(fresh, 0.7)


def test_a_limit_of_seconds_is_kept():
    import time

    began = time.perf_counter()
    run = ca.train(visits(300), "y", effort="quick", limit=3, engine="numpy", compare=False, epochs=100_000)
    assert time.perf_counter() - began < 8
    assert 1 <= run.settings["epochs"] < 100_000 and not run.interrupted


def test_words_are_not_chosen_by_the_labels_of_rows_that_are_held_out():
    """Of hundreds of words some go with labels drawn at random; chosen by them, they would seem to tell."""
    random = np.random.default_rng(0)
    words = [f"w{number}" for number in range(400)]
    texts = np.array([" ".join(random.choice(words, 12)) for _ in range(300)], object)
    labels = np.array(random.permutation(["no", "yes"] * 150), object)
    run = ca.train({"note": texts, "y": labels}, "y", text=["note"], test=0, epochs=12, compare=False, engine="numpy",
                progress=False)  # fmt: skip
    assert run.estimate.interval[0] < 0.5 < run.estimate.interval[1]


def test_rows_of_weight_0_are_as_if_they_were_not_there():
    table = table_from(houses(120, seed=3))
    table.columns["w"] = np.where(np.arange(120) < 60, 1.0, 0.0)
    settings = {"effort": "quick", "epochs": 3, "engine": "numpy", "compare": False, "progress": False, "weight": "w"}
    some = ca.train(table, "price", **settings)
    only = ca.train(table.select(np.arange(60)), "price", **settings)
    assert some.scores.value == only.scores.value
    assert "60 row(s) of weight 0 left out" in some.notes


@pytest.mark.parametrize("place", ["test", "validation"])
def test_a_metric_that_a_table_of_ones_own_does_not_allow_is_refused_before_training(place):
    other = houses(40, seed=8)
    other["price"][3] = 0.0
    with pytest.raises(ca.InputError, match="mape"):
        ca.train(houses(80), "price", metric="mape", effort="quick", engine="numpy", **{place: other})
