"""`cutaway diagnose`, and what `cutaway train` says of a training that is not well: the cause first, and once."""

import json
import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import cutaway as ca
from cutaway.cli.main import main
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.harm import Harm
from cutaway.diagnosis.verdict import Verdict
from cutaway.records import Event, Finding, Fix, Proof
from cutaway.runs import diagnosing
from cutaway.storage.diagnosis_file import restored

QUICK = ["--effort", "quick", "--epochs", "2", "--engine", "numpy", "--no-compare"]
NOTE = Finding("constant_feature", "a column is always the same", "columns", 1.0, (None, 0.0), note=True)
CAUSE = Finding(
    "dead_relu", "half of the units are dead", "share of dead units", 0.5, (None, 0.3), "1", 40,
    Fix("leaky", "let a little through", "ca.LeakyReLU()"), 0.9, False,
    (Finding("plateau_from_start", "the loss stays", "share of the fall", 0.0, (0.01, None)),),
    Proof((0.5, 0.6), (0.9, 0.92), 100, 1.0, True),
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run that is well, one with a certain mistake, one without a diagnosis."""
    folder = tmp_path_factory.mktemp("diagnose")
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 2))
    how = {"loss": "squared_error", "validation": 0.25, "engine": "numpy", "progress": False}
    well = ca.Sequential(ca.Dense(16), ca.Tanh(), ca.Dense(1))
    ca.fit(well, x, x[:, 0] * x[:, 1], epochs=150, optimizer=ca.Adam(0.02), path=folder / "well", **how)
    ca.fit(ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(1), ca.Softmax()), x, x[:, 0] > 0, epochs=4,
           path=folder / "ill", **how)  # fmt: skip
    ca.fit(ca.Sequential(ca.Dense(1)), x, x[:, 0], epochs=1, observe=False, path=folder / "bare", **how)
    return folder


@pytest.fixture
def found(made, tmp_path):
    """A run whose verdict is what a test wants it to be."""

    def become(findings=(), notes=(), harm=("", "")):
        run = ca.load(made / "well")
        run.verdict = Verdict(tuple(findings), tuple(notes), Harm(*harm))
        return str(run.save(tmp_path / "run"))

    return become


def told(capsys, *arguments):
    assert main(["diagnose", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_the_cause_is_in_the_first_line(made, capsys):
    lines = told(capsys, made / "ill").splitlines()
    assert lines[0].startswith("softmax_one_unit in layer '3': softmax over a single unit is 1 for every input")
    assert "(normal: at least 0.01)" in lines[1] and lines[2].startswith("  what to do: ")
    assert told(capsys, made / "ill", "--quiet") == f"{lines[0]}\n"


def test_of_a_run_that_is_well_it_says_what_was_looked_for(made, capsys):
    first, second = told(capsys, made / "well").splitlines()[:2]
    assert (
        first.startswith("nothing is wrong that could be found: of ")
        and "none was found, before the first step and at" in first
    )
    assert "R² 0." in second and "on rows held out; kernel ridge regression " in second
    assert told(capsys, made / "well", "--quiet") == f"{first}\n"


def test_scores_of_other_rows_say_of_how_many(made, tmp_path, capsys):
    """Of members that each held out other rows the score is of all, that of simple methods of the first one's."""
    run = ca.load(made / "well")
    run.evidence = replace(run.evidence, outcome=replace(run.evidence.outcome, rows=200))
    run.save(tmp_path / "run")
    assert " on 200 rows held out; on 50 of them " in told(capsys, tmp_path / "run")
    assert " on rows held out; " in told(capsys, made / "well")


def test_of_a_training_that_was_stopped_it_says_so(made, tmp_path, capsys):
    run = ca.load(made / "well")
    run.events.append(Event(10, "interrupted", "Ctrl-C"))
    del run.history[9:]
    run.save(tmp_path / "run")
    assert "; it was stopped after 9 epochs of 150\n" in told(capsys, tmp_path / "run").replace("\n  ", " ")


def test_what_cannot_be_judged_is_not_called_well(found, capsys):
    run = found(harm=("", "cannot be judged: accuracy 0.5 on rows held out is no better than chance"))
    assert told(capsys, run).splitlines()[0].startswith("cannot be judged: accuracy 0.5 on rows held out")
    assert told(capsys, run, "--quiet").startswith("cannot be judged: ") and "nothing is wrong" not in told(capsys, run)
    assert json.loads(told(capsys, run, "--json"))["well"] is None


def test_all_that_a_finding_has(found, capsys):
    place = found([CAUSE], [NOTE], ("below", "R² is 0.1, least squares reaches 0.9"))
    text = told(capsys, place)
    lines = text.splitlines()
    assert lines[0] == "dead_relu in layer '1' at step 40: half of the units are dead"
    assert "share of dead units: 0.5 (normal: at most 0.3)" in lines[1]
    assert "let a little through: ca.LeakyReLU()" in lines[2]
    assert lines[3].endswith("tried for 100 steps, 2 times: 0.55 without, 0.91 with it: it helps")
    assert "follows from it: plateau_from_start" in text
    assert "what it suffers from: R² is 0.1, least squares reaches 0.9" in text and "nearest row" not in text
    assert "1 thing is unusual" in text and "--notes" in text and "always the same" not in text
    assert "constant_feature: a column is always the same" in told(capsys, place, "--notes")


def test_several_causes_come_in_their_order(found, capsys):
    lines = told(capsys, found([CAUSE, replace(CAUSE, check="oscillation")]), "--quiet").splitlines()
    assert [line.split()[0] for line in lines] == ["dead_relu", "oscillation"]


def test_json_has_all_of_it(made, found, capsys):
    data = json.loads(told(capsys, made / "ill", "--json"))
    assert not data["well"] and data["findings"][0]["check"] == "softmax_one_unit" and data["harm"]
    assert restored(Evidence, data["evidence"], "evidence") == ca.load(made / "ill").evidence
    odd = json.loads(told(capsys, found([replace(CAUSE, measured=float("nan"))]), "--json"))
    assert odd["findings"][0]["measured"] is None
    assert json.loads(told(capsys, made / "well", "--json"))["well"] is True


def test_text_of_a_file_cannot_steer_the_terminal(found, capsys):
    text = told(capsys, found([replace(CAUSE, sentence="\x1b[2Jall is well")]))
    assert "\x1b" not in text and "\\x1b[2Jall is well" in text


@pytest.mark.parametrize(
    ("name", "words"), [("bare", "holds no diagnosis"), ("none", "there is no such run"), ("broken", "diagnosis.json")]
)
def test_what_has_none_exits_2(made, tmp_path, capsys, name, words):
    if name != "none":
        shutil.copytree(made / ("bare" if name == "bare" else "ill"), tmp_path / name)
    if name == "broken":
        (tmp_path / name / "diagnosis.json").write_text('{"cutaway": 1}')
    assert main(["diagnose", str(tmp_path / name)]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and words in captured.err


# ---- cutaway train ---------------------------------------------------------------------------------------------


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(80, 2))
    rows = "".join(f"{a:.4f},{b:.4f},{a * b:.4f}\n" for a, b in x)
    (tmp_path / "t.csv").write_text(f"a,b,y\n{rows}")
    return ["train", "t.csv", "--target", "y", *QUICK]


def verdicts(monkeypatch, before, after):
    """Have the diagnosis find these before the first step and after the last."""
    monkeypatch.setattr(
        diagnosing, "verdict", lambda evidence: Verdict(tuple(after if evidence.trained else before), (), Harm("", ""))
    )


def test_training_says_each_finding_once_and_above_the_summary(table, monkeypatch, capsys):
    early = replace(CAUSE, check="leakage", sentence="the answer is in a column", layer=None, step=0)
    verdicts(monkeypatch, [early], [early, CAUSE])
    assert main(table) == 0
    out = capsys.readouterr().out
    assert out.count("leakage") == out.count("dead_relu") == 1
    assert (
        out.index("network") < out.index("leakage: the answer") < out.index("dead_relu in layer") < out.index("trained")
    )
    facts = json.loads(Path("runs/t/run.json").read_text())
    assert [each["check"] for each in facts["findings"]] == ["leakage", "dead_relu"]
    assert told(capsys, "runs/t").startswith("leakage: the answer is in a column\n")


def test_training_that_is_well_says_nothing_of_it(table, monkeypatch, capsys):
    verdicts(monkeypatch, [], [])
    assert main(table) == 0
    out = capsys.readouterr()
    assert "finding" not in out.out and "normal" not in out.out and out.err == ""
    assert told(capsys, "runs/t").startswith("nothing is wrong")


def test_quiet_and_json(table, monkeypatch, capsys):
    verdicts(monkeypatch, [CAUSE], [CAUSE])
    assert main([*table, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main([*table, "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == "" and json.loads(captured.out)["findings"][0]["check"] == "dead_relu"


# ---- --fix -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A run of fit on inputs that are not scaled, and its rows in a file."""
    folder = tmp_path_factory.mktemp("broken")
    random = np.random.default_rng(0)
    x = random.normal(size=(300, 3)) * [1, 2000, 1] + 300
    y = np.sin(x[:, 0]) + x[:, 2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ca.fit(ca.Sequential(ca.Dense(16), ca.ReLU(), ca.Dense(1)), x, y, loss="squared_error", engine="numpy",
               optimizer=ca.GradientDescent(0.05), epochs=20, validation=0.25, path=folder / "ill",
               progress=False)  # fmt: skip
    np.savez(folder / "rows.npz", X=x, y=y)
    np.savez(folder / "others.npz", X=x[::-1], y=y)
    return folder


def content(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_run_is_repaired_beside_the_old_one(broken, tmp_path, capsys):
    before = content(broken / "ill")
    lines = told(capsys, broken / "ill", "--fix", "--data", broken / "rows.npz").splitlines()
    assert lines[0].startswith("inputs_unscaled: the inputs are not scaled")
    assert any(line.startswith("  tried for ") and line.endswith("it helps, the loss is lower") for line in lines)
    assert any(line.startswith("experiments took") and " s allowed" in line for line in lines)
    assert any(line.startswith("tried: inputs_unscaled") and line.endswith(", kept") for line in lines)
    assert lines[-2].startswith("score before -1.000, after 0.9") and lines[-1] == f"written {broken / 'ill-repaired'}"
    assert content(broken / "ill") == before
    x = np.load(broken / "rows.npz")
    answers = ca.load(broken / "ill-repaired").predict(x["X"].astype(np.float32)).ravel()
    assert np.corrcoef(answers, x["y"])[0, 1] > 0.9
    assert told(capsys, broken / "ill-repaired").startswith("nothing is wrong")
    out = tmp_path / "mended"
    data = json.loads(
        told(capsys, broken / "ill", "--fix", "--data", broken / "rows.npz", "--out", out, "--budget", "0", "--json")
    )
    assert data["written"] == str(out) and data["after"] > 0.9 > data["before"] and data["tried"][0]["kept"]
    assert data["findings"][0]["proof"] is None and (out / "run.json").exists()


def test_with_rows_alone_fixes_are_tried_and_none_is_applied(broken, tmp_path, capsys):
    shutil.copytree(broken / "ill", tmp_path / "ill")
    text = told(capsys, tmp_path / "ill", "--data", broken / "rows.npz")
    assert "  tried for " in text and "\nexperiments took" in text and "before" not in text
    assert [item.name for item in tmp_path.iterdir()] == ["ill"]


def test_a_healthy_run_has_nothing_to_repair(made, capsys):
    lines = told(capsys, made / "well", "--fix").splitlines()
    assert lines[0].startswith("nothing is wrong") and lines[-1] == "nothing to repair"
    assert not (made / "well-repaired").exists()
    assert main(["diagnose", str(made / "well"), "--data", "none.npz"]) == 2  # though nothing is to be tried
    assert "none.npz is not there" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fix"], "--data rows.npz"),
        (["--fix", "--data", "others.npz"], "not the rows that it learned from: X holds other values"),
        (["--fix", "--data", "none.npz"], "none.npz is not there"),
        (["--fix", "--data", "rows.npz", "--out", "ill"], "the run itself"),
        (["--fix", "--data", "rows.npz", "--out", "rows.npz"], "is a file"),
        (["--out", "other"], "add --fix"),
        (["--budget", "0.1"], "add --fix, or --data"),
        (["--fix", "--budget", "-1"], "at least 0"),
    ],
    ids=str,
)
def test_wrong_input_exits_2_and_touches_nothing(broken, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(broken)
    before, held = content(broken / "ill"), sorted(item.name for item in broken.iterdir())
    assert main(["diagnose", "ill", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and words in captured.err
    assert content(broken / "ill") == before and sorted(item.name for item in broken.iterdir()) == held


def test_a_table_with_a_leaking_column(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    a, b = random.uniform(-1, 1, (2, 200))
    yes = a + 0.5 * b + 0.3 * random.normal(size=200) > 0
    rows = [
        f"{i:.4f},{j:.4f},{('open', 'paid')[k]},{('no', 'yes')[k]}\n"
        for i, j, k in zip(a, b, yes.tolist(), strict=True)
    ]
    Path("t.csv").write_text("".join(["a,b,status,y\n", *rows]))
    assert main(["train", "t.csv", "--target", "y", *QUICK[:2], "--epochs", "12", *QUICK[4:], "--quiet"]) == 0
    before = content(Path("runs/t"))
    capsys.readouterr()
    lines = told(capsys, "runs/t", "--fix").splitlines()
    assert lines[0].startswith("leakage: ") and lines[-1] == "written runs/t-repaired"
    assert any(line.startswith("accuracy on rows held out before 1.000, after 0.") for line in lines)
    assert content(Path("runs/t")) == before
    assert "status" not in ca.load("runs/t-repaired").preprocessing.columns
    Path("t.csv").rename("moved.csv")
    assert main(["diagnose", "runs/t", "--fix"]) == 2 and "is not there" in capsys.readouterr().err
    assert told(capsys, "runs/t", "--fix", "--data", "moved.csv", "--quiet").count("\n") == 1
    Path("moved.csv").write_text("".join(["a,b,status,y\n", *rows[1:]]))
    assert main(["diagnose", "runs/t", "--fix", "--data", "moved.csv"]) == 2
    assert "not, or no longer, what the run learned from" in capsys.readouterr().err


def test_no_repaired_run_is_ever_written_over(broken, tmp_path, capsys):
    run = tmp_path / "ill"
    shutil.copytree(broken / "ill", run)
    how = ["--fix", "--data", broken / "rows.npz", "--budget", "0"]
    names = [told(capsys, run, *how).splitlines()[-1] for _ in range(3)]
    assert names == [f"written {tmp_path / name}" for name in ("ill-repaired", "ill-repaired-2", "ill-repaired-3")]
    before = content(tmp_path / "ill-repaired")
    assert main(["diagnose", str(run), *map(str, how), "--out", str(tmp_path / "ill-repaired")]) == 2
    assert "where a run is, which would be lost" in capsys.readouterr().err
    assert content(tmp_path / "ill-repaired") == before
