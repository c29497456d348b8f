"""The README's commands name what is there, and its Python runs as it stands, in a folder with a table of irises."""

import json
import re
import shlex
import warnings
from pathlib import Path

import numpy as np
import pytest

from cutaway.cli.main import main
from cutaway.errors import FindingWarning

README = Path(__file__).parents[1] / "README.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def irises(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["data", "iris", "-o", "iris.csv", "--quiet"])


def test_the_python_of_the_readme_runs_and_nothing_is_found_wrong(irises):
    found = blocks("python")
    assert len(found) == 5
    names: dict[str, object] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error", FindingWarning)
        for block in found:
            exec(compile(block, str(README), "exec"), names)
    assert len(names["run"].network) == 8
    np.testing.assert_allclose(
        names["ca"].gradients(names["loss"], names["m"]), -6 * np.mean(names["x"] ** 2), rtol=1e-6
    )


# Of a cluster, and larger than memory: what no reader has at hand.
NOT_AT_HAND = ("/shared/pictures", "sales/*.parquet")
NAMES_A_FILE = re.compile(r"runs/\w+|[\w/]+(/|\.csv|\.txt)")


def test_every_command_of_the_readme_can_be_typed_off_in_order():
    """What a command reads, one before it has written."""
    there, typed = set(), 0
    commands = [line.split(" && ") for line in "".join(blocks("sh")).splitlines() if line.strip()]
    for words in (shlex.split(command, comments=True) for line in commands for command in line):
        if any(word in NOT_AT_HAND for word in words):
            continue
        named = [word.rstrip("/") for word in words if NAMES_A_FILE.fullmatch(word)]
        written = {words[i + 1].rstrip("/") for i, word in enumerate(words) if word in ("-o", "--html", ">")}
        read = [each for each in named if each not in written]
        assert [each for each in read if each not in there and each.split("/")[0] not in there] == [], words
        there |= written | {f"runs/{Path(each).stem}" for each in read if "train" in words}
        typed += words[0].endswith("cutaway")
    assert typed > 20


def test_the_tree_of_the_readme_names_every_folder():
    text = README.read_text(encoding="utf-8")
    folders = [path.parent.name for path in (README.parent / "cutaway").glob("*/__init__.py")]
    assert [folder for folder in folders if f"── {folder}/" not in text] == []


def test_what_it_says_of_the_diagnosis_is_what_was_measured():
    found = json.loads((README.parent / "benchmarks/results/diagnosis.json").read_text("utf-8"))["figures"]
    healthy, killing = found["healthy"]["false alarms"]["all"], found["killing"]
    text = " ".join(README.read_text("utf-8").split())
    assert f"{100 * healthy['share']:.1f} % of {healthy['of']} healthy trainings had a finding" in text
    assert f"{100 * killing['detected']['share']:.1f} % of {killing['trainings']} that one known fault" in text
    first = killing["first right, macro"]
    assert f"over {first['of']} kinds of fault the first thing said was right in {100 * first['share']:.0f} %" in text
