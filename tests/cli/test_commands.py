"""The command line: what is printed, what is written, and the exit code, for right and wrong input."""

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cutaway.cli.main import main

TABLE = "size,town,price\n" + "".join(
    f"{40 + 7 * n % 90},{('Delft', 'Gouda')[n % 2]},{(40 + 7 * n % 90) * 3 + 50 * (n % 2)}\n" for n in range(60)
)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in, with a table of houses."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "houses.csv").write_text(TABLE)
    return tmp_path


def run(*arguments):
    return main(list(arguments))


BRIEF = ("--effort", "quick", "--epochs", "3", "--engine", "numpy")
QUICK = (*BRIEF, "--no-compare")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run on houses."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "houses.csv").write_text(TABLE)
    assert run("train", f"{folder}/houses.csv", "--target", "price", "--quiet", *QUICK, "-o", f"{folder}/run") == 0
    return folder / "run"


def test_train_predict(here, capsys):
    assert run("train", "houses.csv", "--target", "price", "--effort", "quick", "--engine", "numpy") == 0
    told = capsys.readouterr().out
    for words in ("houses.csv: 60 rows, 3 columns", "regression:", "town", "category", "typical error (RMSE), lower is",
                  "12 rows set aside", "gradient-boosted trees", "always saying", "8 of 10 new rows",
                  "cutaway predict runs/houses houses.csv -o predictions.csv"):  # fmt: skip
        assert words in told
    assert sorted(item.name for item in Path("runs/houses").iterdir()) == [
        "diagnosis.json",
        "moments.safetensors",  # of a table of two columns, whose report shows how its boundary moved
        "network.safetensors",
        "records.jsonl",
        "report.html",
        "run.json",
        "trajectory.safetensors",
    ]

    assert run("predict", "runs/houses", "houses.csv", "-o", "out.csv") == 0
    assert "60 rows, with prediction added" in capsys.readouterr().err
    rows = list(csv.DictReader(Path("out.csv").read_text().splitlines()))
    assert list(rows[0]) == ["size", "town", "price", "prediction"]
    assert len(rows) == 60 and all(float(row["prediction"]) > 0 for row in rows)
    assert max(len(row["prediction"]) for row in rows) <= 9

    assert run("predict", "runs/houses", "houses.csv", "--quiet") == 0
    printed = capsys.readouterr()
    assert printed.out == Path("out.csv").read_text() and printed.err == ""


def test_classes_have_probabilities(here, capsys):
    assert run("train", "houses.csv", "--target", "town", "--quiet", *QUICK, "--out", "town") == 0
    assert capsys.readouterr().out == ""
    assert run("predict", "town", "houses.csv", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"rows", "notes", "prediction", "probability_Delft", "probability_Gouda"}
    assert run("predict", "town", "houses.csv", "-o", "once.csv", "--quiet") == 0
    assert run("predict", "town", "once.csv", "-o", "twice.csv", "--quiet") == 0
    names = Path("twice.csv").read_text().splitlines()[0].split(",")
    assert names[-3:] == ["prediction_2", "probability_Delft_2", "probability_Gouda_2"]


def test_other_columns_and_new_categories_are_counted(here, trained, capsys):
    (here / "new.csv").write_text("note,town,size\nx,Gouda,50\ny,Atlantis,\n")
    assert run("predict", str(trained), "new.csv", "-o", "out.csv") == 0
    told = capsys.readouterr().err
    assert "'town': 1 of 2 values are categories not seen" in told
    assert "'size': 1 of 2 values are missing, though none was in training" in told
    assert Path("out.csv").read_text().startswith("note,town,size,prediction\nx,Gouda,50,")


def test_cells_are_written_as_they_stood(here, trained, capsys):
    lines = ["seit;town;size;Grund", "03.12.2019;Gouda;50,5;k.A.", "31.01.2020;Delft;71,25;1.000,0"]
    (here / "new.csv").write_text("\n".join(lines) + "\n")
    assert run("predict", str(trained), "new.csv", "-o", "out.csv", "--quiet") == 0
    written = Path("out.csv").read_text().splitlines()
    assert run("predict", str(trained), "new.csv", "--quiet") == 0
    assert capsys.readouterr().out.splitlines() == written
    assert run("predict", str(trained), "new.csv", "--json") == 0
    numbers = [f"{value:.8g}".replace(".", ",") for value in json.loads(capsys.readouterr().out)["prediction"]]
    assert written == [f"{line};{more}" for line, more in zip(lines, ["prediction", *numbers], strict=True)]


def test_intervals_of_numbers(here, trained, capsys):
    from cutaway import load

    assert run("predict", str(trained), "houses.csv", "-o", "out.csv", "--interval", "0.8") == 0
    assert "with prediction, low, high added" in capsys.readouterr().err
    margin = dict(load(trained).target.margins)[0.8]
    for row in csv.DictReader(Path("out.csv").read_text().splitlines()):
        low, middle, high = (float(row[name]) for name in ("low", "prediction", "high"))
        assert (middle - low, high - middle) == pytest.approx((margin, margin), rel=1e-4)
    (here / "named.csv").write_text("size,town,low\n50,Delft,1\n")
    assert run("predict", str(trained), "named.csv", "--interval", "0.5", "--json") == 0
    assert {"low_2", "high", "prediction"} < set(json.loads(capsys.readouterr().out))
    assert run("train", "houses.csv", "--target", "town", "--quiet", *QUICK, "--out", "town") == 0
    assert run("predict", "town", "houses.csv", "--interval", "0.9") == 2
    assert "'town' has classes" in capsys.readouterr().err


def test_every_option_reaches_the_run(here, capsys):
    lines = [f"{day},{'abcde'[day % 5]},{1 + day % 2},{day * 7 % 11},{day * 7 % 11 * 3 + day % 2}" for day in range(80)]
    for name, part in (("t", lines), ("more", lines[60:]), ("watch", lines[40:60])):
        (here / f"{name}.csv").write_text("\n".join(["day,shop,often,x,y", *part]))
    options = (
        "--test",
        "more.csv",
        "--validation",
        "watch.csv",
        "--weight",
        "often",
        "--metric",
        "mae",
        "--time",
        "1m",
    )
    assert run("train", "t.csv", "--target", "y", *options, "--task", "regression", "--json", *QUICK) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["settings"]["weight"] == "often" and told["settings"]["test"].endswith("more.csv")
    assert told["scores"]["metric"] == "mae" and told["scores"]["rows"] == 20 and told["rival"] is None
    assert told["data"]["watched"] == 20 and told["data"]["trained"] == 100
    shares = ("--test", "0.25", "--group", "shop", "--time-column", "day", "--time", "90", "--drop", "often")
    assert run("train", "t.csv", "--target", "y", *shares, "--task", "regression", "--json", *QUICK) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["settings"]["group"] == "shop" and told["settings"]["time_column"] == "day"
    assert told["scores"]["rows"] == told["data"]["tested"] == 20


def test_json_summary(here, capsys):
    assert run("train", "houses.csv", "--target", "price", "--json", *BRIEF, "--seed", "4", "--drop", "town") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["settings"]["seed"] == 4 and told["settings"]["drop"] == ["town"]
    assert told["run"] == "runs/houses" and told["scores"]["metric"] == "rmse"
    assert told["estimate"]["rows"] == 7 and told["scores"]["rows"] == 12
    assert told["rival"]["value"] > 0 and told["rival"]["sentence"] and told["verdict"]
    assert told["agreement"] in ("as expected", "worse", "better")
    assert [share for share, _ in told["margins"]] == [0.5, 0.8]


def test_an_earlier_run_is_replaced_and_said(here, capsys):
    run("train", "houses.csv", "--target", "price", "--quiet", *QUICK)
    assert run("train", "houses.csv", "--target", "price", *QUICK) == 0
    assert "in place of the earlier run" in capsys.readouterr().out
    (here / "runs" / "houses" / "mine.txt").write_text("")
    assert run("train", "houses.csv", "--target", "price", *QUICK) == 2
    assert "mine.txt" in capsys.readouterr().err


def test_what_was_read_is_shown_before_training(here, monkeypatch, capsys):
    """Also into a pipe, and without blanks at the ends of lines."""
    import cutaway.runs.bag as module

    told = []

    def spy(*given, **options):
        told.append(capsys.readouterr().out)
        return inner(*given, **options)

    inner = module.learn
    monkeypatch.setattr(module, "learn", spy)
    (here / "t.csv").write_text("row,town,y\n" + "".join(f"{n},{'ab'[n % 2]},{n % 3 % 2}\n" for n in range(40)))
    assert run("train", "t.csv", "--target", "y", *QUICK) == 0
    after = capsys.readouterr().out
    for words in ("t.csv: 40 rows", "--task regression", "(--number row to use it as a number)", "hidden layers"):
        assert words in " ".join(told[0].split()) and words not in after
    assert "trained" in after and "saved" in after
    assert not any(line.endswith(" ") for line in (told[0] + after).splitlines())
    assert run("train", "t.csv", "--target", "y", "--number", "row", *QUICK) == 0
    assert "0 to 39, 40 distinct: a number as asked" in told[1]


def test_an_unwritable_place_is_told_before_training(here, capsys, monkeypatch):
    import cutaway.runs.bag

    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("cutaway.storage.run_folder.tempfile.mkdtemp", refuse)
    monkeypatch.setattr(cutaway.runs.bag, "learn", None)
    assert run("train", "houses.csv", "--target", "price", "-o", "somewhere/new") == 2
    assert "somewhere/new: cannot be written" in capsys.readouterr().err


def test_columns_that_differ_in_case(here, trained, capsys):
    (here / "new.csv").write_text("size,Town\n50,Gouda\n70,Delft\n")
    assert run("predict", str(trained), "new.csv", "-o", "out.csv") == 0
    assert "column 'town' is not there ('Town' is, which differs in case)" in capsys.readouterr().err


def test_data(here, capsys):
    assert run("data", "wine") == 0
    assert "cutaway train wine.csv --target class" in capsys.readouterr().out
    assert run("data", "wine") == 0  # the same again is no harm
    capsys.readouterr()
    assert run("data", "wine", "-o", "houses.csv") == 2
    assert "holds something else" in capsys.readouterr().err
    assert (here / "houses.csv").read_text() == TABLE
    assert run("data") == 0
    assert "breast_cancer  predicts diagnosis" in capsys.readouterr().out
    assert run("data", "wein", "-o", "w.csv") == 2
    assert "did you mean 'wine'" in capsys.readouterr().err
    assert run("data", "iris", "--json") == 0
    assert json.loads(capsys.readouterr().out)["target"] == "species"


def one_class():
    return "a,b\n" + "1.5,x\n" * 30


WRONG = {
    "missing file": ("none.csv", None, ["--target", "y"], "none.csv"),
    "near file": ("house.csv", None, ["--target", "y"], "house.csv"),
    "a folder of tables": (".", None, ["--target", "y"], "no column 'y'"),
    "unknown column": ("houses.csv", TABLE, ["--target", "prise"], "no column 'prise'; did you mean 'price'"),
    "unknown category": ("houses.csv", TABLE, ["--target", "price", "--category", "twon"], "did you mean 'town'"),
    "empty": ("t.csv", "", ["--target", "y"], "t.csv"),
    "no rows": ("t.csv", "a,b\n", ["--target", "b"], "no rows"),
    "one class": ("t.csv", one_class(), ["--target", "b"], "only the value 'x'"),
    "text where numbers belong": (
        "t.csv",
        "a,b\n" + "1,few\n" * 20 + "3,many\n" * 20,
        ["--target", "b", "--task", "regression"],
        "t.csv: target 'b' holds text such as 'few'; regression needs numbers",
    ),
    "no target": ("houses.csv", TABLE, [], "--target"),
    "test": ("houses.csv", TABLE, ["--target", "price", "--test", "2"], "2"),
    "test no number": ("houses.csv", TABLE, ["--target", "price", "--test", "x"], "--test: 'x' is no file here"),
    "test on itself": (
        "houses.csv",
        TABLE,
        ["--target", "price", "--test", "houses.csv"],
        "is the table to learn from",
    ),
    "watch itself": ("houses.csv", TABLE, ["--target", "price", "--validation", "houses.csv"], "--validation houses"),
    "no validation": ("houses.csv", TABLE, ["--target", "price", "--validation", "none.csv"], "none.csv"),
    "time in words": (
        "houses.csv",
        TABLE,
        ["--target", "price", "--time", "soon"],
        "--time: 'soon' is no time; expected sec",
    ),
    "no time": ("houses.csv", TABLE, ["--target", "price", "--time", "0s"], "--time: '0s' is no time"),
    "negative time": ("houses.csv", TABLE, ["--target", "price", "--time=-5"], "--time: '-5' is no time"),
    "days": ("houses.csv", TABLE, ["--target", "price", "--time", "2d"], "such as 60s, 2m or 1h"),
    "unknown metric": ("houses.csv", TABLE, ["--target", "price", "--metric", "rsme"], "metric 'rsme' is unknown"),
    "metric of classes": ("houses.csv", TABLE, ["--target", "price", "--metric", "f1"], "is for classification"),
    "metric of other numbers": (
        "t.csv",
        "a,b\n" + "".join(f"{n},{n - 9.5}\n" for n in range(40)),
        ["--target", "b", "--metric", "rmsle"],
        "rmsle",
    ),
    "unknown group": ("houses.csv", TABLE, ["--target", "price", "--group", "twon"], "did you mean 'town'"),
    "unknown weight": ("houses.csv", TABLE, ["--target", "price", "--weight", "sise"], "did you mean 'size'"),
    "unknown time": ("houses.csv", TABLE, ["--target", "price", "--time-column", "when"], "no column 'when'"),
    "text as weight": ("houses.csv", TABLE, ["--target", "price", "--weight", "town"], "is Delft in row 1"),
    "target as group": ("houses.csv", TABLE, ["--target", "price", "--group", "price"], "is the target"),
    "effort": ("houses.csv", TABLE, ["--target", "price", "--effort", "huge"], "--effort"),
    "epochs": ("houses.csv", TABLE, ["--target", "price", "--epochs", "0"], "epochs"),
    "seed": ("houses.csv", TABLE, ["--target", "price", "--seed", "-1"], "seed"),
    "half an epoch": ("houses.csv", TABLE, ["--target", "price", "--epochs", "1.5"], "at least 1, got 1.5"),
    "negative epochs": ("houses.csv", TABLE, ["--target", "price", "--epochs", "-1"], "cutaway: epochs must be"),
    "half a seed": ("houses.csv", TABLE, ["--target", "price", "--seed", "1.5"], "'1.5' is not a whole number"),
    "huge seed": ("houses.csv", TABLE, ["--target", "price", "--seed", "1" + "0" * 80], "of at most 4294967295, got 1"),
    "unknown option": ("houses.csv", TABLE, ["--target", "price", "--speed", "9"], "option --speed. See"),
    "near option": ("houses.csv", TABLE, ["--taget", "price"], "option --taget. Did you mean --target?"),
    "no value": ("houses.csv", TABLE, ["--target", "price", "--quiet", "-o"], "-o needs a value after it. See"),
    "target missing": ("houses.csv", TABLE, ["--quiet"], "needs a target, the column to predict: --target COLUMN"),
    "two to drop": ("houses.csv", TABLE, ["--target", "price", "--drop", "size", "town"], "repeated: … --drop town"),
    "a word too many": ("houses.csv", TABLE, ["--target", "price", "town"], "'town' is one word too many"),
    "no number": ("houses.csv", TABLE, ["--target", "price", "--number", "town"], "no value is one ('Delft')"),
    "no devices": ("no.csv", None, ["--target", "price", "--devices", "0"], "devices must be a whole number of at"),
    "devices below none": ("no.csv", None, ["--target", "price", "--devices", "-1"], "of at least 1, got -1"),
    "devices of NumPy": ("no.csv", None, ["--target", "y", "--devices", "2", "--engine", "numpy"], "has one device"),
    "on and distributed": ("no.csv", None, ["--target", "y", "--on", "ray", "--distributed"], "leave one of the two"),
    "a pattern that the shell read": ("b.csv", "a\n1\n", ["houses.csv", "--target", "y"], "in quotes: '*.csv'."),
    "out is a file": ("houses.csv", TABLE, ["--target", "price", "--out", "houses.csv"], "is a file"),
    "out is something else": ("houses.csv", TABLE, ["--target", "price", "--out", "."], "not a run of cutaway"),
    "nowhere": ("houses.csv", TABLE, ["--target", "price", "-o", "x" * 300], "cannot be written"),
    "only a header": ("t.csv", "a,b,c,d,e,f,g\n", ["--target", "b"], "'f', …)"),
    "binary": ("t.csv", "\x00\x01\x02", ["--target", "a"], "t.csv"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_exits_2_with_one_message(here, capsys, name):
    file, content, options, words = WRONG[name]
    if content is not None:
        (here / file).write_text(content)
    before = sorted(item.name for item in here.iterdir())
    assert run("train", file, *options) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1 and told.err.startswith("cutaway: ")
    assert words in told.err and "Traceback" not in told.err
    assert sorted(item.name for item in here.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["predict", "runs/none", "houses.csv"], "there is no such run"),
        (["predict", ".", "houses.csv"], "is not a run"),
        (["predict", "houses.csv", "houses.csv"], "damaged"),
        (["predict", "run", "none.csv"], "none.csv"),
        (["predict", "run", "other.csv"], "none of the columns"),
        (["predict", "x" * 300, "houses.csv"], "cannot be read"),
        (["predict", "run", "x" * 300], "cannot be read"),
        (["predict", "run", "houses.csv", "-o", "x" * 300], "cannot be written"),
        (["predict", "rum", "houses.csv"], "in ., did you mean 'run'?"),
        (["predict", "run", "houses.csv", "-o", "houses.csv"], "is what is to be predicted for"),
        (["predict", "run", "houses.csv", "-o", "linked.csv"], "is what is to be predicted for"),
        (["predict", "run", "houses.csv", "-o", "run/out.csv"], "is in the run's folder"),
        (["predict", "run", "houses.csv", "-o", "run/run.json"], "is in the run's folder"),
        (["predict", "run/network.safetensors", "houses.csv", "-o", "run/run.json"], "is in the run's folder"),
        (["predict", "run", "capitals.csv"], "it has 'Size' for 'size', 'TOWN' for 'town'"),
        (["predict", "run", "houses.csv", "-o", "out.parquet"], ".csv or .tsv"),
        (["predict", "run", "houses.csv", "-o", "no/out.csv"], "no folder"),
        (["predict", "run", "houses.csv", "--interval", "0.85"], "--interval is 0.85, a share that the run has no int"),
        (["predict", "run", "houses.csv", "--interval", "9"], "give one of 0.5, 0.8"),
        (["predict", "run", "houses.csv", "--interval", "wide"], "--interval"),
        (["predict", "run"], "data"),
        (["tain"], "tain"),
    ],
)
def test_wrong_predictions_exit_2(here, trained, capsys, arguments, words):
    shutil.copytree(trained, here / "run")
    (here / "other.csv").write_text("x,y\n1,2\n3,4\n")
    (here / "capitals.csv").write_text("Size,TOWN\n1,2\n3,4\n")
    (here / "linked.csv").symlink_to("houses.csv")
    before = sorted(item.name for item in here.iterdir())
    assert run(*arguments) == 2
    told = capsys.readouterr()
    assert told.err.startswith("cutaway: ") and told.err.count("\n") == 1 and words.lower() in told.err.lower()
    assert (here / "houses.csv").read_text() == TABLE
    assert sorted(item.name for item in here.iterdir()) == before


def test_help_and_version(capsys):
    from cutaway import __version__

    assert run("--version") == 0
    assert __version__ in capsys.readouterr().out
    assert run("--help") == 0
    assert all(command in capsys.readouterr().out for command in ("train",))
    for command, example in (
        ("train", "cutaway train houses.csv --target price"),
        ("predict", "cutaway predict runs/houses new.csv -o predicted.csv"),
        ("compare", "cutaway compare runs/houses runs/houses-long"),
        ("data", "cutaway data iris"),
    ):
        assert run(command, "--help") == 0
        assert example in capsys.readouterr().out


def test_a_fault_of_ours_says_so(here, capsys, monkeypatch):
    import cutaway.runs.train_table

    def broken(*arguments, **options):
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(cutaway.runs.train_table, "train_table", broken)
    assert run("train", "houses.csv", "--target", "price") == 1
    told = capsys.readouterr().err
    assert "a fault of ours" in told and "RuntimeError: two lines" in told and "CUTAWAY_TRACEBACK=1" in told
    assert told.count("\n") == 1
    monkeypatch.setenv("CUTAWAY_TRACEBACK", "1")
    run("train", "houses.csv", "--target", "price")
    assert "Traceback" in capsys.readouterr().err


def test_interrupted_while_reading(here, capsys, monkeypatch):
    import cutaway.runs.train_table

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cutaway.runs.train_table, "train_table", interrupted)
    assert run("train", "houses.csv", "--target", "price") == 130
    assert "nothing was written" in capsys.readouterr().err
    assert not Path("runs").exists()
    place = here / "runs" / "houses" / "checkpoint" / "0" / "7.safetensors"
    place.parent.mkdir(parents=True)
    place.touch()
    assert run("train", "houses.csv", "--target", "price") == 130
    words = f"the last checkpoint is {place.relative_to(here)}; to go on from it: cutaway train houses.csv --target "
    assert words + "price --resume" in capsys.readouterr().err


def test_an_interrupted_program_ends_at_once(here, capsys, monkeypatch):
    """The interpreter's regular end takes arrays from under steps that XLA's threads are still at."""
    import cutaway.runs.train_table

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    def ended(code):
        raise SystemExit(f"at once, with {code}")

    monkeypatch.setattr(cutaway.runs.train_table, "train_table", interrupted)
    monkeypatch.setattr("cutaway.distributed.leaving.os._exit", ended)
    monkeypatch.setattr("sys.argv", ["cutaway", "train", "houses.csv", "--target", "price"])
    with pytest.raises(SystemExit, match="at once, with 130"):
        main()
    assert "nothing was written" in capsys.readouterr().err


@pytest.mark.parametrize("width", [40, 80, 120])
def test_nothing_is_wider_than_the_terminal(here, width):
    """Long names, many columns, notes: every line fits, but for the command to copy."""
    from rich.console import Console

    import cutaway as ca
    from cutaway.cli.summary import show_after, show_before

    data = {f"a column with quite a long name, number {n}": [n * 1.5 + row for row in range(40)] for n in range(30)}
    data["y"] = [row % 2 for row in range(40)]
    result = ca.train(data, "y", effort="quick", epochs=1, engine="numpy", category=list(data)[:1])
    shown = io.StringIO()
    console = Console(width=width, file=shown)
    show_before(result, console, Path("x.csv"))
    show_after(result, console, Path("runs/x"), Path("x.csv"), False)
    lines = shown.getvalue().splitlines()
    assert not any(line.endswith(" ") for line in lines)
    assert width < 120 or any("a column with quite a long name, number 2 " in line for line in lines)
    assert max(len(line) for line in lines if not line.startswith("next")) <= width
    assert any("more" in line for line in lines)


def test_ctrl_c_saves_what_was_learned(here, capsys, monkeypatch):
    from cutaway.records import StepRecord
    from cutaway.runs import learn

    class Impatient(learn.ProgressBar):
        def __call__(self, record):
            if isinstance(record, StepRecord) and record.epoch == 3:
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(learn, "ProgressBar", Impatient)
    long = ("--epochs", "100000", "--engine", "numpy", "--effort", "quick")
    assert run("train", "houses.csv", "--target", "price", *long) == 130
    assert "Ctrl-C in epoch" in capsys.readouterr().out
    assert run("predict", "runs/houses", "houses.csv", "--quiet") == 0

    short = ("--quiet", "--effort", "quick", "--epochs", "2", "--engine", "numpy")
    assert run("train", "houses.csv", "--target", "price", *short) == 0  # an interrupted one is replaced
    assert run("train", "houses.csv", "--target", "price", *long) == 130  # a finished one is not
    assert "runs/houses-interrupted (interrupted; the finished run in runs/houses stays)" in capsys.readouterr().out
    assert sorted(item.name for item in Path("runs").iterdir()) == ["houses", "houses-interrupted"]


def test_names_cannot_command_the_terminal(here, capsys):
    (here / "t.csv").write_text("a,\x1b[31mred,y\n" + "".join(f"{n / 3},{n % 7 / 2},{n}\n" for n in range(20)))
    assert run("train", "t.csv", "--target", "y", *QUICK) == 0
    assert "\x1b" not in capsys.readouterr().out
    assert run("train", "t.csv", "--target", "\x1b[31mreds") == 2
    assert "\x1b" not in capsys.readouterr().err


# ---- as a process --------------------------------------------------------------------------------------------


def cutaway(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "cutaway.cli.main", *arguments], capture_output=True, text=True, timeout=120, **options
    )


def test_a_cold_quick_run(here):
    assert cutaway("data", "iris").returncode == 0
    began = time.perf_counter()
    done = cutaway("train", "iris.csv", "--target", "species", "--effort", "quick")
    assert done.returncode == 0 and done.stderr == ""
    assert time.perf_counter() - began < 20  # 3 seconds on a machine that does nothing else
    assert re.search(r"the network +\d+\.\d %  \(", done.stdout)
    wrong = cutaway("train", "iris.csv", "--target", "spices")
    assert wrong.returncode == 2 and "did you mean 'species'" in wrong.stderr and wrong.stdout == ""


def test_xla_is_quiet(here):
    pytest.importorskip("jax")
    done = cutaway("train", "houses.csv", "--target", "price", "--epochs", "2", "--engine", "xla", "--effort", "quick")
    assert done.returncode == 0 and done.stderr == ""


def test_a_reader_that_has_enough(here, trained):
    with (here / "many.csv").open("w") as file:
        file.write("size,town\n" + "50,Delft\n" * 30_000)
    command = f"{sys.executable} -m cutaway.cli.main predict {trained} many.csv --quiet | head -2"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120)
    assert done.stdout.count("\n") == 2 and done.stderr == ""


def test_training_goes_on_from_an_earlier_run(here, capsys):
    assert run("data", "iris", "-o", "iris.csv") == 0
    first = ["train", "iris.csv", "--target", "species", "--effort", "quick", "--epochs", "30", "--no-compare"]
    assert run(*first, "--out", "first") == 0
    capsys.readouterr()
    assert run(*first[:4], "--from", "first", "--epochs", "3", "--no-compare", "--out", "second") == 0
    assert "go on from an earlier run" in capsys.readouterr().out
    assert run(*first[:4], "--from", "nowhere") == 2
    assert "nowhere: there is no such run" in capsys.readouterr().err
