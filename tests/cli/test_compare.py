"""`cutaway compare`: the same rows for both, the figures of the metric, and refusals that say what to do."""

import json
import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import cutaway as ca
from cutaway.cli.main import main
from cutaway.errors import DataWarning
from cutaway.runs.compare import compare


def table(rows=120, seed=0):
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, rows)
    town = random.choice(["Delft", "Gouda"], rows)
    y = 3 * x + (town == "Delft") + random.normal(0, 0.1, rows)
    return "x,town,y,kind\n" + "".join(
        f"{a:.4f},{b},{c:.4f},{'high' if c > 0.5 else 'low'}\n" for a, b, c in zip(x, town, y, strict=True)
    )


OPTIONS = {"effort": "quick", "engine": "numpy", "compare": False}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A table, new rows, and runs: short and long, of classes, of another split, of a test table, without a test."""
    folder = tmp_path_factory.mktemp("compare")
    (folder / "t.csv").write_text(table())
    (folder / "new.csv").write_text(table(60, seed=1))
    for name, options in {
        "short": {"epochs": 1},
        "long": {"epochs": 40},
        "seed": {"epochs": 1, "seed": 1},
        "own": {"epochs": 1, "test": folder / "new.csv"},
        "untested": {"epochs": 1, "test": 0},
        "mae": {"epochs": 1, "metric": "mae"},
    }.items():
        ca.train(folder / "t.csv", "y", drop=["kind"], out=folder / name, **OPTIONS, **options)
    for name, epochs in (("brief", 1), ("kinds", 20)):
        ca.train(folder / "t.csv", "kind", drop=["y"], out=folder / name, epochs=epochs, **OPTIONS)
    return folder


def test_the_rows_set_aside_are_those_that_were_scored(made):
    short, long = (ca.load(made / name) for name in ("short", "long"))
    found = compare(short, long)
    assert found.figures == pytest.approx((short.scores.value, long.scores.value), rel=1e-12)
    assert found.rows == short.scores.rows == 24
    assert found.better == found.names[1] == str(made / "long")
    assert found.gain == pytest.approx(short.scores.value - long.scores.value)
    back = compare(made / "long", made / "short")
    assert back.better == found.better and back.gain == -found.gain


def test_classes(made):
    brief, kinds = (ca.load(made / name) for name in ("brief", "kinds"))
    found = compare(brief, kinds)
    assert found.figures == (brief.scores.value, kinds.scores.value)
    assert found.metric.name == "accuracy"
    told = compare(brief, kinds, metric="log_loss")
    truth, probabilities = _answers(kinds, made / "new.csv", "kind")
    expected = -np.mean(np.log(probabilities[np.arange(len(truth)), truth]))
    assert told.rows == 24
    assert compare(brief, kinds, made / "new.csv", metric="log_loss").figures[1] == pytest.approx(expected)


def _answers(run, place, column):
    lines = [line.split(",") for line in Path(place).read_text().splitlines()]
    at = lines[0].index(column)
    truth = np.array([run.classes.index(line[at]) for line in lines[1:]])
    return truth, run.predict_proba(place)


def test_the_threshold_of_a_run_decides_its_choices(made):
    run = ca.load(made / "kinds")
    moved = replace(run, target=replace(run.target, threshold=0.999999))
    truth, probabilities = _answers(run, made / "new.csv", "kind")
    found = compare(run, moved, made / "new.csv")
    assert found.figures[0] == np.mean(probabilities.argmax(axis=1) == truth)
    assert found.figures[1] == np.mean((probabilities[:, 1] > 0.999999) == truth) != found.figures[0]


def test_other_rows(made):
    found = compare(made / "short", made / "long", made / "new.csv")
    long = ca.load(made / "long")
    truth = np.array([float(line.split(",")[2]) for line in (made / "new.csv").read_text().splitlines()[1:]])
    error = long.predict(made / "new.csv") - truth
    assert found.figures[1] == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-12)
    assert found.rows == 60
    with pytest.warns(DataWarning, match="learned from"):
        compare(made / "short", made / "long", made / "t.csv")


def test_weights_count_where_both_runs_have_them(made, tmp_path):
    rows = (made / "t.csv").read_text().splitlines()
    weighted = [f"{line},{1 if line.endswith('high') else 0}" for line in rows[1:]]
    (tmp_path / "w.csv").write_text("\n".join([f"{rows[0]},w", *weighted]))
    runs = [
        ca.train(tmp_path / "w.csv", "y", drop=["kind"], weight="w", epochs=epochs, **OPTIONS) for epochs in (1, 30)
    ]
    found = compare(*runs)
    assert found.figures == pytest.approx([run.scores.value for run in runs], rel=1e-12)


def test_rows_of_weight_zero_are_left_out_of_the_cut_as_they_were_in_training(tmp_path):
    head, *lines = table().splitlines()
    weighed = [f"{line},{place % 3},{place % 3 + 1}" for place, line in enumerate(lines)]
    (tmp_path / "t.csv").write_text("\n".join([f"{head},counts,more", *weighed]))
    for name, settings in {
        "short": {"epochs": 1, "weight": "counts"},
        "long": {"epochs": 30, "weight": "counts"},
        "more": {"epochs": 1, "weight": "more", "drop": ["kind", "counts"]},
    }.items():
        ca.train(tmp_path / "t.csv", "y", out=tmp_path / name, **{"drop": ["kind", "more"], **OPTIONS, **settings})
    short, long, more = (ca.load(tmp_path / name) for name in ("short", "long", "more"))
    found = compare(short, long)
    assert found.rows == short.scores.rows == 16  # a fifth of the 80 that count
    assert found.figures == pytest.approx((short.scores.value, long.scores.value), rel=1e-12)
    with pytest.raises(ca.InputError, match=r"those of weight 0 by 'counts' .*by 'more' in the other"):
        compare(short, more)


def test_runs_that_learned_in_parts_are_compared_on_given_rows_only(made):
    runs = [ca.load(made / name) for name in ("short", "long")]
    whole, sampled = runs, [replace(run, settings={**run.settings, "sample": 100}) for run in runs]
    with pytest.raises(ca.InputError, match=r"sample of 100 aside, which is not drawn again; .*--data FILE"):
        compare(*sampled)
    with pytest.raises(ca.InputError, match=r"sample is None in one, 100 in the other; .*--data FILE"):
        compare(whole[0], sampled[1])
    assert compare(*sampled, made / "new.csv").figures == compare(*whole, made / "new.csv").figures


def test_later_rows_and_groups_and_series(tmp_path):
    """However the rows were set aside, the same ones are found again."""
    rows = [f"{day},{'abcdef'[day % 6]},{np.sin(day / 3):.4f},{np.cos(day / 3):.4f}" for day in range(90)]
    (tmp_path / "t.csv").write_text("\n".join(["day,shop,x,y", *rows]))
    for options in ({"time_column": "day"}, {"group": "shop"}, {"time_column": "day", "lag": 2}):
        runs = [ca.train(tmp_path / "t.csv", "y", epochs=epochs, **OPTIONS, **options) for epochs in (1, 5)]
        found = compare(*runs)
        assert found.figures == pytest.approx([run.scores.value for run in runs], rel=1e-9)
        assert found.rows == runs[0].scores.rows


WRONG = {
    "another split": (("short", "seed"), {}, "different rows aside: seed is 0 in one, 1 in the other"),
    "another test": (("own", "own"), {}, r"tested on a table of its own, .*new\.csv; give it"),
    "no test": (("untested", "untested"), {}, "set no rows aside"),
    "another task": (("short", "kinds"), {}, "predicts 'y'"),
    "another metric": (("short", "mae"), {}, "name one as metric"),
    "no such metric": (("short", "long"), {"metric": "f1"}, "is for classification"),
    "without the target": (("short", "long"), {"data": {"x": [1.0], "town": ["Delft"]}}, "no column 'y'"),
    "target missing": (("short", "long"), {"data": {"x": [1.0], "y": [np.nan]}}, "no row has a value of 'y'"),
    "unknown class": (("brief", "kinds"), {"data": {"x": [1.0, 2.0], "kind": ["low", "odd"]}}, "'odd' is none of"),
    "text": (("short", "long"), {"data": {"x": [1.0, 2.0], "y": ["low", "odd"]}}, "expected numbers"),
    "no run": (("short", "none"), {}, "there is no such run"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_compared(made, name):
    runs, options, words = WRONG[name]
    with pytest.raises(ca.InputError, match=words):
        compare(made / runs[0], made / runs[1], **options)


def test_a_file_that_changed_or_went(made, tmp_path):
    for name in ("short", "long"):
        shutil.copytree(made / name, tmp_path / name)
        facts = json.loads((tmp_path / name / "run.json").read_text())
        facts["data"]["path"] = str(tmp_path / "t.csv")
        (tmp_path / name / "run.json").write_text(json.dumps(facts))
    with pytest.raises(ca.InputError, match=r"t\.csv is not there any more; .*--data FILE"):
        compare(tmp_path / "short", tmp_path / "long")
    (tmp_path / "t.csv").write_text(table(seed=5))
    with pytest.raises(ca.InputError, match=r"t\.csv is no longer the file .*--data FILE"):
        compare(tmp_path / "short", tmp_path / "long")
    (tmp_path / "t.csv").write_text(table())
    assert compare(tmp_path / "short", tmp_path / "long").rows == 24


def test_arrays_are_no_tables(tmp_path):
    run = ca.fit(ca.Sequential(ca.Dense(1)), np.eye(3), np.ones(3), loss="squared_error", epochs=1, engine="numpy")
    run.save(tmp_path / "arrays")
    with pytest.raises(ca.InputError, match="learned from arrays"):
        compare(tmp_path / "arrays", tmp_path / "arrays")


def test_the_command(made, capsys, monkeypatch):
    monkeypatch.chdir(made)
    assert main(["compare", "short", "long"]) == 0
    told = capsys.readouterr().out
    long = ca.load("long")
    for words in (
        "24 both set aside",
        "RMSE, lower is better",
        f"{long.scores.value:.4g}",
        "above 0 where long is better",
        "long is better by",
    ):
        assert words in told
    assert max(map(len, told.splitlines())) <= 100
    assert main(["compare", "long", "short", "--json", "--data", "new.csv", "--metric", "mae"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["better"] == "long" and facts["metric"] == "mae" and facts["rows"] == 60 and facts["gain"] < 0
    assert main(["compare", "short", "long", "--quiet", "--data", "t.csv"]) == 0
    assert capsys.readouterr().out.count("\n") == 1
    with warnings.catch_warnings():
        assert main(["compare", "short", "long", "--json", "--data", "t.csv"]) == 0
    assert "learned from" in json.loads(capsys.readouterr().out)["notes"][0]
    for arguments, words in (
        (["short", "seed"], "--data FILE"),
        (["short"], "OTHER is missing"),
        (["short", "long", "--data", "none.csv"], "none.csv"),
    ):
        assert main(["compare", *arguments]) == 2
        told = capsys.readouterr()
        assert words.lower() in told.err.lower() and told.err.count("\n") == 1 and told.out == ""
