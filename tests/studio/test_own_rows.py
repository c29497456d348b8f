"""A person's own rows keep the numbers that they have in the file, and the columns say what became of them."""

import csv

import numpy as np
import pytest

import cutaway as ca
from cutaway.studio.commands import run
from cutaway.studio.opening import open_material, open_run
from cutaway.studio.session import Session
from cutaway.studio.sources import of_table, read_bytes
from tests.studio.reported import HOW

pytestmark = pytest.mark.filterwarnings("ignore::cutaway.errors.FindingWarning")


def lines(rows=120):
    """Rows whose `a` says their number in the file; every ninth has no target."""
    random = np.random.default_rng(3)
    b = random.uniform(-1, 1, rows).round(3)
    goals = ["" if number % 9 == 0 else "up" if value > 0 else "down" for number, value in enumerate(b, 1)]
    return [[n + 0.5, value, f"N{n:04}", goal] for n, (value, goal) in enumerate(zip(b, goals, strict=True), 1)]


def written(place):
    with place.open("w", newline="") as file:
        csv.writer(file).writerows([["a", "b", "code", "goal"], *lines()])
    return place


@pytest.fixture
def session(tmp_path):
    content = written(tmp_path / "own.csv").read_bytes()
    made = Session(*open_material(of_table(read_bytes("own.csv", content), "goal")))
    yield made
    made.close()


def number_in_file(row):
    return round(row - 0.5)


@pytest.mark.parametrize("part", ["training", "held_out"])
def test_rows_are_called_by_their_number_in_the_file(session, part):
    told = run(session, "rows", {"part": part, "count": 200})
    place = told["columns"].index("a")
    assert told["rows"] and all(row["number"] == number_in_file(row["values"][place]) for row in told["rows"])
    assert not {row["number"] for row in told["rows"]} & set(range(9, 121, 9))  # those have no target
    run(session, "select", {"part": part, "example": 5})
    found = run(session, "forward", {})
    assert found["number"] == number_in_file(next(each["value"] for each in found["row"] if each["column"] == "a"))
    words = run(session, "boundary", {"axes": ["b"], "points": 5})["words"]
    assert f"at row {found['number']}, one of the {part.replace('_', ' ')} rows" in words


def test_a_step_names_the_rows_it_learns_from_and_a_typed_row_has_no_number(session):
    for row in run(session, "step", {"size": "batch"})["seen"]:
        run(session, "select", {"part": "training", "example": row["example"]})
        assert run(session, "forward", {})["number"] == row["number"]
    run(session, "select", {"typed": {"b": 0.5}})
    assert run(session, "forward", {})["number"] is None


def test_the_rows_of_a_run_have_the_number_that_explain_takes(tmp_path):
    data = written(tmp_path / "own.csv")
    made = ca.train(data, "goal", out=tmp_path / "run", **{**HOW, "epochs": 4, "compare": False})
    session = Session(*open_run(tmp_path / "run"))
    seen = set()
    for part in ("training", "held_out"):
        told = run(session, "rows", {"part": part, "count": 500})
        place = told["columns"].index("a")
        assert told["rows"] and all(row["number"] == number_in_file(row["values"][place]) for row in told["rows"])
        seen |= {row["number"] for row in told["rows"]}
    assert len(seen) > 60 and not seen & set(range(9, 121, 9))
    one = sorted(seen)[7]
    assert f"row {one}" in str(made.explain(data, row=one - 1))
    session.close()


def test_columns_say_what_was_taken_for_what_and_which_stay_out(session):
    told = {column["name"]: column for column in run(session, "open", {})["data"]["columns"]}
    assert (told["b"]["kind"], told["b"]["used"]) == ("number", True)
    assert (told["code"]["used"], told["code"]["kind"]) == (False, "identifier") and told["code"]["reason"]
