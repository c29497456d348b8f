"""What is said of a text, `cutaway generate`, and the loss of each line of another text."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

import cutaway as ca
from cutaway.cli.generate import generate
from cutaway.cli.main import main
from cutaway.cli.predict_text import predict_text
from cutaway.cli.text_summary import (
    by_heart,
    explained,
    readable,
    score_table,
    show_after,
    show_before,
    show_sample,
    training,
    verdict,
)
from cutaway.data.text import Text
from cutaway.errors import InputError
from cutaway.records import Event
from cutaway.runs.load import load_as
from cutaway.runs.text_run import TextRun
from cutaway.runs.text_scores import TextScores
from cutaway.runs.train_text import train_text

VERSE = "the cat sat on the mat,\nthe rat ate the cat.\n" * 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a run that has learned a little."""
    place = tmp_path_factory.mktemp("text") / "run"
    train_text(Text(VERSE), effort="quick", engine="numpy", context=16, epochs=3, out=place)
    return place


def test_it_writes_on(folder, capsys):
    assert generate(folder, prompt="the cat", length=40, seed=3) == 0
    told = capsys.readouterr()
    expected = load_as(TextRun, folder).generate("the cat", 40, seed=3)
    assert told.out == f"the cat{expected}\n" and told.err == ""
    assert generate(folder, prompt="the cat", length=40, seed=3, quiet=True) == 0
    assert capsys.readouterr().out == f"{expected}\n"


def test_json(folder, capsys):
    assert generate(folder, prompt="ÿthe", length=10, temperature=0, top_k=2, json_=True) == 0
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert found["text"] == load_as(TextRun, folder).generate("the", 10, temperature=0)
    assert found["unknown"] == {"ÿ": 1} and "ÿ" in told.err


def test_the_whole_job(tmp_path, monkeypatch, capsys):
    """The commands as they are typed, one after another."""
    monkeypatch.chdir(tmp_path)
    Path("cat.txt").write_text(VERSE)
    brief = ("--effort", "quick", "--engine", "numpy", "--context", "16", "--epochs", "1")
    assert main(["train", "cat.txt", *brief]) == 0
    told = capsys.readouterr().out
    assert "cat.txt: 1,800 characters" in told and "cutaway generate runs/cat --prompt" in told
    files = {"network.safetensors", "records.jsonl", "run.json", "sample.txt", "report.html", "diagnosis.json"}
    way = {"trajectory.safetensors", "moments.safetensors"}
    assert {item.name for item in Path("runs/cat").iterdir()} == files | way
    assert main(["generate", "runs/cat", "--prompt", "the", "--length", "20", "--top-k", "3"]) == 0
    assert len(capsys.readouterr().out) == len("the") + 20 + 1
    assert main(["predict", "runs/cat", "cat.txt", "-o", "losses.tsv"]) == 0
    assert len(Path("losses.tsv").read_text().splitlines()) == 81
    assert main(["train", "cat.txt", *brief, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["kind"] == "text" and found["scores"]["characters"] == 180 and found["sample"]
    assert main(["train", "cat.txt", *brief[:-2], "--epochs", "0.5", "--quiet"]) == 0
    assert 0 < ca.load("runs/cat").history[-1].step < found["steps"]
    Path("table.csv").write_text("x,y\n" + "".join(f"{place},{place % 7}\n" for place in range(50)))
    assert main(["train", "table.csv", "--target", "y", *brief[:4], "--epochs", "1", "--no-compare", "--quiet"]) == 0
    for wrong, words in (
        (["train", "cat.txt", "--metric", "rmse"], "--metric"),
        (["train", "cat.txt", "--test", "cat.txt"], "share"),
        (["train", "cat.txt", "--epochs", "many"], "'many' is not a number"),
        (["train", "table.csv", "--target", "y", "--epochs", "0.75"], "epochs must be a whole number"),
        (["generate", "runs/cat", "--length", "0"], "length"),
        (["generate", "runs/table"], "learned from a table; expected one that learned from a text"),
        (["train", "table.csv", "--target", "y", "--from", "runs/cat"], "learned from a text; expected one"),
        (["predict", "runs/cat", "cat.txt", "-o", "losses.txt"], ".csv"),
        (["predict", "runs/cat", "runs/cat/network.safetensors"], "no text"),
    ):
        assert main(wrong) == 2
        assert words in capsys.readouterr().err


def test_what_is_no_run_on_a_text(tmp_path, folder):
    with pytest.raises(InputError, match="no such run"):
        generate(tmp_path / "none")
    with pytest.raises(InputError, match="temperature"):
        generate(folder, temperature=-1.0)


@pytest.mark.skipif(os.name != "posix", reason="signals are of Unix")
def test_ctrl_c_ends_it_cleanly(folder):
    program = "import sys; from pathlib import Path; from cutaway.cli.generate import generate; "
    program += f"sys.exit(generate(Path({str(folder)!r}), length=1_000_000))"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as writer:
        assert writer.stdout is not None and writer.stderr is not None
        first = writer.stdout.read(1)
        time.sleep(0.2)
        writer.send_signal(signal.SIGINT)
        rest, complaints = writer.communicate(timeout=60)
    assert writer.returncode == 130 and complaints == b""
    assert first and rest.endswith(b"\n")


def test_each_line_has_a_loss(folder, tmp_path, capsys):
    run = load_as(TextRun, folder)
    other = tmp_path / "other.txt"
    other.write_text("the cat sat on the mat,\nzebra\n\nÿÿ\n")
    out = tmp_path / "losses.csv"
    assert predict_text(run, other, out, False, False) == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert [row["line"] for row in rows] == ["1", "2", "3", "4"]
    assert [row["characters"] for row in rows] == ["24", "6", "1", "3"]
    assert float(rows[0]["loss"]) == pytest.approx(run.lines(other.read_text())[0].loss, rel=1e-4)
    assert float(rows[3]["loss"]) > float(rows[1]["loss"]) > float(rows[0]["loss"])
    assert float(rows[0]["bits_per_character"]) == pytest.approx(float(rows[0]["loss"]) / 0.6931472, rel=1e-3)
    said = capsys.readouterr().err
    assert "4 characters that training did not have count as one unknown character: ÿ z b" in said
    assert "4 lines, 34 characters" in said

    assert predict_text(run, other, None, False, True) == 0
    printed = capsys.readouterr()
    assert printed.out == out.read_text() and printed.err == ""
    assert predict_text(run, other, None, True, False) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["lines"] == 4 and len(told["line"]) == 4
    assert told["loss"] == pytest.approx(run.losses(other.read_text()).mean(), rel=1e-6)


def test_what_the_terminal_shows(folder):
    run, console = load_as(TextRun, folder), Console(width=100, file=io.StringIO())
    show_before(run, console, Path("cat.txt"))
    show_sample(console, 10, 2.5, "one\ntwo")
    show_after(run, console, folder, Path("cat.txt"), True)
    told = console.file.getvalue()
    for words in ("cat.txt: 1,800 characters in 80 lines", "the next of 14 different characters and an unknown one",
                  "the last 180 are set aside", "bits a character", "nats a token",
                  "on 180 characters set aside",
                  "counting, 4 characters back", "how often each comes", "What it writes (sample.txt)",
                  "in place of the earlier run", "--prompt 'the cat'", "cutaway generate"):  # fmt: skip
        assert words in " ".join(told.split())
    assert "after 10 steps" not in told and "--resume" not in told
    terminal = Console(width=100, file=io.StringIO(), force_terminal=True)
    show_sample(terminal, 10, 2.5, "one\ntwo")
    assert "after 10 steps, 2.500 nats" in terminal.file.getvalue()
    assert max(map(len, told.split("saved")[0].splitlines())) <= 100


def test_a_training_cut_short_says_so(folder):
    run = load_as(TextRun, folder)
    steps = run.history[-1].step
    run.settings |= {"planned": steps + 1000, "limit": 60.0}
    assert f"{steps:,} of {steps + 1000:,} steps, all that the time allowed" in training(run)[0][1]
    run.scores = replace(run.scores, tokens=90, characters=90)
    assert dict(explained(run))["scored"] == "the first 90 characters of 180, all that the time allowed"
    run.events.append(Event(7, "interrupted", "Ctrl-C in epoch 4 of 10; what was learned is kept"))
    assert dict(training(run))["interrupted"] == "Ctrl-C after step 7; what was learned is kept"
    assert "time" not in training(run)[0][1]


def test_an_interrupted_training_says_how_to_go_on(folder, tmp_path):
    console = Console(width=100, file=io.StringIO())
    (tmp_path / "run" / "checkpoint").mkdir(parents=True)
    show_after(load_as(TextRun, folder), console, tmp_path / "run", Path("cat.txt"), False)
    assert "to go on  the same command with --resume" in console.file.getvalue()


def scored(folder, **changed):
    run = load_as(TextRun, folder)
    run.scores = TextScores(**{**vars(run.scores), **changed})
    return run


def shown(table):
    console = Console(width=100, file=io.StringIO())
    console.print(table)
    return console.file.getvalue()


def test_the_verdict_is_honest(folder):
    enough = {"loss": 1.0, "interval": (0.9, 1.1), "tokens": 1000, "characters": 1000}
    good = scored(folder, **enough, ngram=1.2)
    assert verdict(good)[0].startswith("The network expects")
    assert verdict(scored(folder, **enough, ngram=1.05))[0].startswith("No better")
    assert verdict(scored(folder, **enough, ngram=0.8))[0].startswith("Counting expects")
    few = scored(folder, **{**enough, "tokens": 319}, ngram=1.2)
    assert verdict(few)[0].startswith("Too little text to judge by: 319 tokens") and not few.scores.better
    assert " to 1." not in shown(score_table(few)) and " to 1." in shown(score_table(good))
    assert "in brackets" not in dict(explained(few)) and "in brackets" in dict(explained(good))
    good.learned = 0.5 * good.estimate.loss
    assert "known by heart" in by_heart(good)
    good.learned = good.estimate.loss
    assert "known by heart" not in by_heart(good)


def test_what_a_terminal_would_obey_is_not_printed():
    assert readable("a\x1b[31m\nb\t\u202e") == "a\\x1b[31m\nb\t\\u202e"
