"""The report holds what the run shows: the same rows, the same figures, and nothing that a page could run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shlex
import shutil
from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.cli.main import main
from cutaway.data.reading import table_from
from cutaway.errors import InputError, TrainingWarning
from cutaway.metrics.figures import measured
from cutaway.records import Finding, Fix
from cutaway.studio import report
from cutaway.studio.report import LARGEST, embedded, page, report_page
from cutaway.studio.report_contents import contents
from cutaway.studio.report_course import findings
from cutaway.studio.report_rows import set_aside
from cutaway.studio.words import WORDS
from tests.studio.reported import HOSTILE, HOW, LABELS, classes, held, numbers, trained

pytestmark = pytest.mark.filterwarnings("ignore::cutaway.errors.FindingWarning")


@pytest.fixture(scope="module")
def weather(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("weather"), classes(), "weather")


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("line"), numbers(), "y", epochs=40)


@pytest.fixture(scope="module")
def told(weather):
    return contents(weather)


def again(run):
    """The rows that a run set aside as the report says they are, read from the file by their numbers."""
    table = table_from(run.data["path"])
    places = set_aside(run).places
    return table.select(places), places


def test_the_rows_set_aside_are_found_again(weather):
    table, places = again(weather)
    assert len(places) == weather.data["tested"] == len(set(places.tolist()))
    right = np.mean(weather.predict(table) == table.column("weather"))
    assert right == pytest.approx(weather.scores.value, rel=1e-12)


def test_the_summary_has_the_figures_of_the_run(weather, told):
    score = told["summary"]["score"]
    assert (score["value"], tuple(score["interval"])) == (weather.scores.value, weather.scores.interval)
    assert score["shown"] == measured(weather.scores.metric, weather.scores.value)  # as in the terminal
    (name, aside, out), (always, baseline, _) = told["summary"]["board"]["rows"]
    assert (name, aside["value"], out["value"]) == ("the network", weather.scores.value, weather.estimate.value)
    assert always == f"always saying {weather.scores.always}" and baseline["value"] == weather.scores.baseline
    assert any("Only 32 rows" in words for words in told["summary"]["watch"])


def test_the_confusion_is_that_of_scikit_learn(weather, told):
    metrics = pytest.importorskip("sklearn.metrics")
    table, _ = again(weather)
    expected = metrics.confusion_matrix(
        table.column("weather").astype(str), weather.predict(table).astype(str), labels=list(weather.classes)
    )
    found = told["mistakes"]
    assert found["counts"] == expected.tolist() and found["classes"] == list(weather.classes) == sorted(LABELS)
    assert found["wrong"] == expected.sum() - np.trace(expected) == len(found["worst"]["rows"])
    sure = [row["sure"] for row in found["worst"]["rows"]]
    assert sure == sorted(sure, reverse=True) and all(
        row["truth"] != row["predicted"] for row in found["worst"]["rows"]
    )


def test_the_worst_rows_are_those_of_the_file(line):
    found = contents(line)["mistakes"]["worst"]
    table = table_from(line.data["path"])
    for row in found["rows"]:
        one = table.select(np.array([row["row"] - 1]))
        assert row["truth"] == one.column("y")[0]
        assert row["predicted"] == pytest.approx(line.predict(one)[0], rel=1e-9)
        assert row["error"] == pytest.approx(row["predicted"] - row["truth"])
    errors = np.abs(line.predict(again(line)[0]) - again(line)[0].column("y"))
    assert abs(found["rows"][0]["error"]) == pytest.approx(errors.max(), rel=1e-9)


def test_importance_is_that_of_scikit_learn(line):
    inspection, base = pytest.importorskip("sklearn.inspection"), pytest.importorskip("sklearn.base")
    table, _ = again(line)

    class Model(base.RegressorMixin, base.BaseEstimator):
        def fit(self, x, y):
            return self

        def predict(self, x):
            return line.predict({"a": x[:, 0], "b": x[:, 1]})

    x, y = np.stack([table.column("a"), table.column("b")], axis=1), table.column("y")
    expected = inspection.permutation_importance(
        Model(), x, y, scoring="neg_root_mean_squared_error", n_repeats=40, random_state=0
    )
    found = {each["column"]: each for each in contents(line)["importance"]["columns"]}
    for place, name in enumerate("ab"):
        spread = expected.importances_std[place]
        assert found[name]["fall"] == pytest.approx(expected.importances_mean[place], abs=3 * spread)
        assert found[name]["low"] <= found[name]["fall"] <= found[name]["high"]
    assert found["a"]["fall"] > 1 > 10 * abs(found["b"]["fall"])


def test_residuals_and_intervals_are_counted(line):
    found = contents(line)["residuals"]
    table, _ = again(line)
    off = line.predict(table) - table.column("y")
    assert found["mean"] == pytest.approx(off.mean()) and found["mae"] == pytest.approx(np.abs(off).mean())
    for each in found["held"]:
        ends = line.predict_interval(table, each["share"])
        inside = (ends[:, 0] <= table.column("y")) & (table.column("y") <= ends[:, 1])
        assert each["held"] == pytest.approx(inside.mean())
        assert each["interval"][0] <= each["held"] <= each["interval"][1]
    assert sum(found["counts"]) + found["beyond"] == len(off) == found["rows"]
    edges = np.array(found["edges"])
    assert found["counts"][3] == ((off >= edges[3]) & (off < edges[4])).sum()


def test_calibration_is_binned_as_counted_by_hand(weather, told):
    table, _ = again(weather)
    sure = weather.predict_proba(table).max(axis=1)
    right = weather.predict(table) == table.column("weather")
    bins = told["calibration"]["bins"]
    assert sum(each["share"] for each in bins) == pytest.approx(1)
    assert sum(each["share"] * each["sure"] for each in bins) == pytest.approx(sure.mean())
    assert sum(each["share"] * each["right"] for each in bins) == pytest.approx(right.mean())
    assert told["calibration"]["error"] == pytest.approx(weather.scores.others["calibration error"])


def test_explanations_are_those_of_explain_and_add_up(weather, told):
    for row in told["explained"]["rows"]:
        known = weather.explain(row=row["row"] - 1)
        assert {each["column"]: each["share"] for each in row["columns"]} == {
            each.column: pytest.approx(each.contribution, abs=0.02 * abs(row["to"] - row["from"]))
            for each in known.columns
        }
        total = sum(each["share"] for each in row["columns"])
        assert total + row["gap"] == pytest.approx(row["to"] - row["from"])


def test_curves_and_vitals_are_the_records(weather, told):
    assert told["curves"]["loss"] == pytest.approx([record.loss for record in weather.history], rel=1e-5)
    assert told["curves"]["best"] == weather.best.epoch
    vitals = told["replay"]["vitals"]
    record = next(each for each in weather.vitals if each.epoch == vitals["at"][-1] and each.gradient_norm)
    layer = next(each for each in vitals["layers"] if each["path"] == record.path)
    assert layer["gradient_norm"][-1] == pytest.approx(record.gradient_norm, rel=1e-5)
    assert told["replay"]["way"]["at"] == weather.way.epochs.tolist()


def test_two_inputs_have_the_answers_of_the_run_everywhere(line):
    found = contents(line)["replay"]["boundary"]
    across, up = found["axes"]
    outputs = np.frombuffer(base64.b64decode(found["answer"]["outputs"]["f4"]), "<f4").reshape(40, 40)
    a = across["low"] + (across["high"] - across["low"]) * 7 / 39
    b = up["low"] + (up["high"] - up["low"]) * 30 / 39
    assert outputs[30, 7] == pytest.approx(line.predict({"a": [a], "b": [b]})[0], rel=1e-5)
    looks = [each["at"] for each in found["frames"]]
    assert looks[0] == 0 and looks[-1] == 40 and looks == sorted(looks)
    first, last = (np.frombuffer(base64.b64decode(found["frames"][place]["outputs"]["f4"]), "<f4") for place in (0, -1))
    slope = np.corrcoef(last.reshape(40, 40).mean(axis=0), np.arange(40))[0, 1]
    assert slope > 0.95 and np.std(first) < 0.5 * np.std(last)


def test_the_page_is_one_file_that_nothing_in_it_can_break(weather):
    text = (weather.path / "report.html").read_text(encoding="utf-8")
    assert len(text.encode()) <= LARGEST
    told = held(text)
    assert told == json.loads(embedded(contents(weather)))
    assert HOSTILE in [each["column"] for each in told["importance"]["columns"]]
    assert text.count("</script>") == 2 and "onerror" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    script = re.search(r'<script type="module">(.*)</script>', text, re.DOTALL)[1]
    style = re.search(r"<style>(.*)</style>", text, re.DOTALL)[1]
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    for kind, content in (("script-src", script), ("style-src", style)):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert not re.findall(r'(?:src|href)="(?!data:)', text.replace(script, ""))


def test_without_rows_no_row_is_in_it(tmp_path):
    random = np.random.default_rng(3)
    secrets = 1e6 + random.random(80) * 1e6
    data = {"secret": secrets, "name": [f"person-{n}" for n in range(80)], "y": secrets * 2 + random.random(80)}
    run = ca.train(data, "y", epochs=3, compare=False, **HOW)
    place = run.report(tmp_path / "page.html", rows=False, data=data)
    text = place.read_text()
    known = {secrets.min(), secrets.max()}
    assert "person-" not in text and all(repr(float(value)) not in text for value in secrets if value not in known)
    whole = report_page(run, data=data)
    assert sum(repr(float(value)) in whole or f"{value:.10g}" in whole for value in secrets) >= 12


def test_rows_that_are_gone_or_changed_are_not_pretended(weather, tmp_path):
    shutil.copytree(weather.path, tmp_path / "run")
    run = ca.load(tmp_path / "run")
    run.data["path"] = str(tmp_path / "gone.csv")
    found = contents(run)
    assert not any(found[name] for name in ("mistakes", "importance", "calibration", "explained"))
    assert found["summary"]["score"]["value"] == run.scores.value and found["curves"]
    assert "is not there any more" in found["left_out"][0]
    changed = {**classes(), "noise": np.zeros(160)}
    with pytest.raises(InputError, match="score on them is another one"):
        set_aside(run, {name: values[::-1] for name, values in changed.items()})


def test_the_command_makes_the_same_run(weather, tmp_path, monkeypatch):
    shutil.copy(weather.data["path"], tmp_path / "data.csv")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(contents(weather)["made"]["command"])
    assert words[:3] == ["cutaway", "train", "data.csv"]
    assert main([*words[1:], "--out", "again", "--quiet", "--no-report"]) == 0
    one, other = (folder / "network.safetensors" for folder in (weather.path, tmp_path / "again"))
    assert one.read_bytes() == other.read_bytes()
    assert not (tmp_path / "again" / "report.html").exists()


def test_the_command_line(weather, tmp_path, capsys):
    assert main(["report", str(weather.path), "-o", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"report": str(tmp_path / "report.html"), "bytes": (tmp_path / "report.html").stat().st_size}
    assert main(["report", str(weather.path), "-o", str(tmp_path / "page.txt")]) == 2
    assert "expected a folder, or a file such as report.html" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "nothing")]) == 2


def test_a_report_that_fails_takes_nothing_away(tmp_path, monkeypatch):
    def broken(*arguments, **options):
        raise InputError("the disk is full")

    monkeypatch.setattr("cutaway.studio.report.write_report", broken)
    with pytest.warns(TrainingWarning, match="no report: the disk is full"):
        run = trained(tmp_path, numbers(60), "y", epochs=2)
    assert ca.load(run.path).scores == run.scores and not (run.path / "report.html").exists()


def test_a_run_of_arrays_has_one_too(tmp_path):
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (80, 2))
    net = ca.Sequential(ca.Dense(8), ca.Tanh(), ca.Dense(1))
    run = ca.fit(net, x, x[:, 0] * x[:, 1], loss="squared_error", epochs=9, validation=0.2, trajectory=True)
    assert run.path is None
    with pytest.raises(InputError, match="has no folder"):
        run.report()
    told = held(run.report(tmp_path / "a.html").read_text())
    assert told["kind"] == "network" and told["summary"]["score"]["value"] == run.best.validation
    frames = told["replay"]["boundary"]["frames"]
    assert [each["at"] for each in frames] == list(range(10))
    outputs = np.frombuffer(base64.b64decode(told["replay"]["boundary"]["answer"]["outputs"]["f4"]), "<f4")
    axes = told["replay"]["boundary"]["axes"]
    corner = run.network(np.array([[axes[0]["low"], axes[1]["low"]]], np.float32))
    assert outputs[0] == pytest.approx(float(corner[0, 0]), rel=1e-5)


def test_letters_that_end_a_script_are_written_otherwise():
    told = {"title": "a</title>", "text": "<!--<script>\u2029\ud800"}
    text = page(told)
    assert "<title>a&lt;/title&gt;" in text
    assert json.loads(embedded(told))["text"].startswith("<!--<script>\u2029")
    assert "<!--<script>" not in text.split("<style>")[1].split('<script type="module">')[0]


def test_a_page_that_would_be_too_large_loses_what_it_has_and_says_so(weather, told, monkeypatch):
    there = [part for part in report.MISSED if told[part] is not None]
    assert "replay" in there and any(told[part] is None for part in report.MISSED)
    sizes, less = [], told
    for part in there:
        less = {**less, part: None}
        sizes.append(len(page(less).encode()))
    monkeypatch.setattr(report, "LARGEST", sizes[1] + 500)  # room for two sections less and the sentences about them
    found = held(report_page(weather))
    gone = [each.partition(":")[0] for each in found["left_out"] if "larger than 2 MB" in each]
    assert gone == there[:2]
    assert all((found[part] is None) == (told[part] is None or part in gone) for part in report.MISSED)
    monkeypatch.setattr(report, "LARGEST", sizes[-1] - 1)
    with pytest.raises(InputError, match=r"still has [\d,]+ bytes"):
        report_page(weather)


def test_a_share_of_wrong_answers_is_not_called_a_loss(weather, told, line, tmp_path):
    assert told["curves"]["measure"] == "share wrong"
    wrong = np.array(told["curves"]["validation"]) * weather.data["watched"]  # a share of so many rows
    np.testing.assert_allclose(wrong, wrong.round(), atol=1e-3)
    assert contents(line)["curves"]["measure"] == "loss"
    by_loss = trained(tmp_path, classes(), "weather", metric="log_loss", epochs=3)
    assert contents(by_loss)["curves"]["measure"] == "loss"


def test_the_studio_of_a_run_does_not_call_it_a_loss_either(weather, line):
    from cutaway.studio.run_past import recording_of

    shares = recording_of(weather).evaluations
    assert [each.metrics["share wrong"] for each in shares] == [record.validation for record in weather.history]
    assert all(np.isnan(each.held_out) for each in shares)
    assert [each.held_out for each in recording_of(line).evaluations] == [each.validation for each in line.history]


def test_the_words_of_a_report_are_explained_in_it(weather, line):
    for run in (weather, line):
        told = contents(run)
        shown = {each["name"] for each in told["summary"]["also"]}
        shown |= {layer["kind"] for layer in told["replay"]["vitals"]["layers"]}
        shown |= {"accuracy" if run is weather else "RMSE", "epoch", "update ratio", "output std"}
        assert shown - set(told["words"]) == set()
        assert told["words"].items() <= WORDS.items()


def test_a_report_advises_what_can_be_typed(weather, monkeypatch):
    fix = Fix("batch_size", "take smaller batches", "batch_size=32", {"factor": 0.5})
    few = Finding("too_few_updates", "too few", "updates", 3.0, (100.0, None), fix=fix)
    drop = Finding("leakage", "so it is", "share", 1.0, (None, 0.5), fix=Fix("", "leave it out", "drop=['a copy']"))
    monkeypatch.setattr(weather, "verdict", replace(weather.verdict, findings=[few], notes=[drop]))
    assert [each["fix"] for each in findings(weather)] == [
        {"sentence": "train for several times as many epochs", "code": "--epochs"},
        {"sentence": "leave it out", "code": "--drop 'a copy'"},
    ]
