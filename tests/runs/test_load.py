"""`load`: a run back from disk is the run that was saved, and what was changed on disk is refused."""

import json

import numpy as np
import pytest

import cutaway as ca
from cutaway.storage.architecture import ModelFileError

X = np.arange(30.0) / 3


def houses(rows=120, seed=0):
    """Numbers, missing values, categories, and a price that follows from them."""
    random = np.random.default_rng(seed)
    rooms = random.integers(1, 8, rows).astype(float)
    town = random.choice(["Delft", "Gouda", "Leiden"], rows).astype(object)
    area = rooms * 20 + random.normal(0, 5, rows)
    price = 1000 * area + np.where(town == "Delft", 40_000, 0) + random.normal(0, 2_000, rows)
    area[::9] = np.nan
    dear = np.where(price > np.median(price), "yes", "no").astype(object)
    return {"rooms": rooms, "area": area, "town": town, "price": price, "dear": dear}


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "houses"
    return ca.train(houses(), "price", effort="quick", epochs=20, drop=["dear"], out=folder, engine="numpy")


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """Several networks, with a temperature and a threshold chosen by what they held out."""
    folder = tmp_path_factory.mktemp("runs") / "dear"
    return ca.train(
        houses(160), "dear", epochs=4, drop=["price"], out=folder, engine="numpy", metric="balanced_accuracy"
    )


def test_load_predicts_the_same_bits(numbers, classes):
    fresh = {name: values for name, values in houses(50, seed=5).items() if name not in ("price", "dear")}
    for run in (numbers, classes):
        again = ca.load(run.path)
        assert isinstance(again, ca.TableRun)
        assert np.array_equal(again.predict(fresh), run.predict(fresh))
        assert again.summary() == run.summary()
        assert again.history == run.history and again.vitals == run.vitals and again.events == run.events
        assert again.columns == run.columns and again.scores == run.scores
        assert again.estimate == run.estimate is not None and again.rival == run.rival is not None
        assert again.target == run.target and again.settings == run.settings and again.data == run.data
        alone = ca.load(run.path / "network.safetensors")
        assert np.array_equal(alone.predict(fresh), run.predict(fresh))
    assert classes.target.temperature != 1 and classes.target.threshold != 0.5 and len(classes.network) == 8
    assert (
        ca.load(numbers.path).predict_interval(fresh, 0.8).tobytes() == numbers.predict_interval(fresh, 0.8).tobytes()
    )
    assert ca.load(classes.path).predict_proba(fresh).tobytes() == classes.predict_proba(fresh).tobytes()


def test_records_may_hold_any_text(tmp_path):
    def enough(record):
        if hasattr(record, "loss"):
            raise ca.StopTraining("a\u2028b\x85c")

    net = ca.Sequential(ca.Dense(1))
    run = ca.fit(net, X[:, None], X, loss="squared_error", epochs=2, engine="numpy", callbacks=[enough])
    assert ca.load(run.save(tmp_path / "run")).events == run.events
    assert ca.load(ca.Run(net).save(tmp_path / "bare")).history == []


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
        lambda facts: facts["scores"].update(metric="luck"),
        lambda facts: facts["estimate"].update(interval=[1, "2"]),
        lambda facts: facts["estimate"].pop("rows"),
        lambda facts: facts["rival"].update(value="3"),
        lambda facts: facts["rival"].pop("sentence"),
        _with(rival=[]),
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


def test_what_an_older_run_does_not_tell_is_none(numbers, tmp_path):
    folder = numbers.save(tmp_path / "run")
    facts = json.loads((folder / "run.json").read_text())
    del facts["estimate"], facts["rival"]
    (folder / "run.json").write_text(json.dumps(facts))
    again = ca.load(folder)
    assert again.estimate is None and again.rival is None and again.scores == numbers.scores


def test_a_rival_with_one_figure_only_comes_back(tmp_path):
    """Few rows: none are held out, so boosted trees have no figure there; without a test they have no other."""
    run = ca.train({"x": X, "y": X * 2}, "y", effort="quick", epochs=1, engine="numpy", out=tmp_path / "few")
    assert run.estimate is None and run.rival.estimate is None and run.rival.value > 0
    assert ca.load(tmp_path / "few").rival == run.rival
    data = {"x": np.arange(60.0) / 3, "y": np.arange(60.0) / 7}
    run = ca.train(data, "y", test=0, effort="quick", epochs=1, engine="numpy", out=tmp_path / "untested")
    assert run.scores is None and run.rival.value is None and run.rival.estimate > 0
    again = ca.load(tmp_path / "untested")
    assert again.rival == run.rival and again.estimate == run.estimate and again.scores is None


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


def test_importing_the_package_imports_no_reader():
    """What is heavy is imported when it is first used, so that `import cutaway` stays quick."""
    import subprocess
    import sys

    heavy = ["duckdb", "sklearn", "rich", "cyclopts", "jax", "safetensors", "scipy", "narwhals", "cutaway.data.reading"]
    code = f"import sys, cutaway; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
