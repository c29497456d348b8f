"""The runs that a page is offered: those where the studio was started, nothing else."""

import os
from pathlib import Path

from cutaway.studio.commands import run
from cutaway.studio.opening import open_rung
from cutaway.studio.runs_here import DEEP, MOST_RUNS, runs_below
from cutaway.studio.session import Session


def make(place, age=0):
    place.mkdir(parents=True)
    for name in ("run.json", "network.safetensors"):
        (place / name).write_text("{}")
    os.utime(place / "run.json", (1e9 - age, 1e9 - age))


def test_runs_are_found_below_the_newest_first(tmp_path):
    make(tmp_path / "old", age=100)
    make(tmp_path / "a" / "b" / "new")
    make(tmp_path / "old" / "inside")
    make(tmp_path / ".hidden" / "run")
    make(tmp_path.joinpath(*["deep"] * (DEEP + 1)))
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "run.json").write_text("{}")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    found, more = runs_below([tmp_path])
    assert ([name for name, _ in found], more) == ([str(Path("a", "b", "new")), "old"], False)
    assert found[0][1] == tmp_path / "a" / "b" / "new"
    session = Session(*open_rung("line"))
    assert run(session, "runs", {}) == {"homes": [], "runs": [], "more": False}
    session.homes = (str(tmp_path / "old"), str(tmp_path))  # a run that it was opened with is one, too
    told = run(session, "runs", {})["runs"]
    assert sorted(each["name"] for each in told) == [str(Path("a", "b", "new")), "old"]
    assert {each["run"] for each in told} == {str(place) for _, place in found}


def test_of_very_many_runs_the_newest_are_told_and_that_there_are_more(tmp_path):
    for age in range(MOST_RUNS + 3):
        make(tmp_path / f"run{age}", age)
    found, more = runs_below([tmp_path])
    assert more and [name for name, _ in found] == [f"run{age}" for age in range(MOST_RUNS)]
