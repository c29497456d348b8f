"""`cutaway diagnose`, and what `cutaway train` says of a training that is not well: the cause first, and once."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import cutaway as ca
from cutaway.cli.main import main
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.harm import Harm
from cutaway.diagnosis.verdict import Verdict
from cutaway.records import Finding, Fix, Proof
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
    ca.fit(well, x, x[:, 0] * x[:, 1], epochs=60, optimizer=ca.Adam(0.01), path=folder / "well", **how)
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
    assert first.startswith("nothing is wrong: of ") and "none was found, before the first step and at" in first
    assert "R² 0." in second and "on rows held out; least squares " in second
    assert told(capsys, made / "well", "--quiet") == f"{first}\n"


def test_all_that_a_finding_has(found, capsys):
    place = found([CAUSE], [NOTE], ("below", "R² is 0.1, least squares reaches 0.9"))
    text = told(capsys, place)
    lines = text.splitlines()
    assert lines[0] == "dead_relu in layer '1' at step 40: half of the units are dead"
    assert "share of dead units: 0.5 (normal: at most 0.3)" in lines[1]
    assert "let a little through: ca.LeakyReLU()" in lines[2]
    assert "tried for 100 steps, 2 times: 0.55 without, 0.91 with it" in lines[3]
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
