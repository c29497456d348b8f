"""What the command line says is to be done can be typed there: no line of Python for what a recipe decides."""

import json
from dataclasses import replace

import numpy as np
import pytest

from cutaway.cli.main import main
from cutaway.diagnosis.harm import Harm
from cutaway.diagnosis.verdict import Verdict
from cutaway.records import Finding, Fix
from cutaway.runs import diagnosing
from cutaway.runs.typed_fixes import as_typed


def found(check, fix):
    return Finding(check, "so it is", "quantity", 1.0, (None, 0.0), fix=fix)


LEAK = found("leakage", Fix("", "leave it out", "drop=['the price, again']"))
DEAD = found("dead_relu", Fix("leaky", "let a little through", "ca.LeakyReLU()"))


@pytest.mark.parametrize(
    ("check", "fix", "code"),
    [
        ("leakage", Fix("", "", 'drop=["Bob\'s"]'), "--drop 'Bob'\"'\"'s'"),
        ("not_enough_epochs", Fix("epochs", "", "epochs=300"), "--epochs 300"),
        ("too_few_updates", Fix("batch_size", "take smaller batches", "batch_size=32"), "--epochs"),
        ("learning_rate_too_high", Fix("learning_rate", "", "learning_rate=0.01"), ""),
        ("inputs_unscaled", Fix("standardise_inputs", "", "ca.Standardize.fit(X)"), ""),
    ],
)
def test_code_becomes_an_option_or_goes(check, fix, code):
    (typed,) = as_typed([found(check, fix)])
    assert typed.fix.code == code and typed.check == check


def test_what_was_interrupted_goes_on_rather_than_begin_anew_with_fewer_epochs():
    stopped = "after 3 epochs of 30, where it was stopped, the loss is still falling: 60 % of its whole fall was in the"
    (typed,) = as_typed([replace(found("not_enough_epochs", Fix("epochs", "", "epochs=12")), sentence=stopped)])
    assert typed.fix.code == "--resume" and "epochs" not in typed.fix.sentence


def test_a_finding_without_a_fix_stays():
    bare = found("not_learning", None)
    assert as_typed([bare]) == (bare,)


def test_train_and_diagnose_say_options(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(60, 2))
    lines = ["a,b,y", *(f"{one:.4f},{other:.4f},{one + other:.4f}" for one, other in x)]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(diagnosing, "verdict", lambda evidence: Verdict((LEAK, DEAD), (DEAD,), Harm("", "")))
    quick = ["--effort", "quick", "--epochs", "2", "--engine", "numpy", "--no-compare", "--no-report"]
    assert main(["train", "t.csv", "--target", "y", *quick]) == 0
    for out in (capsys.readouterr().out, main(["diagnose", "runs/t"]) or capsys.readouterr().out):
        assert "what to do: leave it out: --drop 'the price, again'\n" in out
        assert "what to do: let a little through\n" in out and "ca." not in out and "drop=" not in out
    assert main(["diagnose", "runs/t", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["findings"][0]["fix"]["code"] == "--drop 'the price, again'" and facts["notes"][0]["fix"]["code"] == ""
