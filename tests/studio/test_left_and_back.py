"""Rows of a person's own are put aside for a rung or a lesson, and come back as they were; all weights 0 is a start."""

import time

import numpy as np
import pytest

import cutaway as ca
from cutaway.errors import InputError
from cutaway.studio.commands import run
from cutaway.studio.lessons import lessons
from cutaway.studio.opening import open_material, open_rung
from cutaway.studio.session import Session
from cutaway.studio.sources import of_table, read_bytes
from tests.studio.conversation import Listener

X = np.random.default_rng(0).uniform(-1, 1, (80, 2)).round(3)
TABLE = "a,b,kind\n" + "".join(f"{a},{b},{'large' if a + b > 0 else 'small'}\n" for a, b in X)


def own(name="boxes.csv"):
    return Session(*open_material(of_table(read_bytes(name, TABLE.encode()), "kind")))


def trained(session, until):
    run(session, "train", {"until": until})
    while session.training.running:
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("do", "arguments"), [("load", {"source": {"rung": "line"}}), ("lesson", {"name": lessons()[0].name})]
)
def test_own_rows_come_back_with_every_step_and_edit(do, arguments):
    session = own()
    trained(session, 30)
    run(session, "edit", {"path": "0.weight", "index": [0, 0], "value": 0.25})
    run(session, "select", {"part": "held_out", "example": 3})
    before = {path: array.copy() for path, array in session.now.arrays.items()}
    told, opened = run(session, "forward", {}), session.opened
    assert run(session, "open", {})["left"] is None
    run(session, do, arguments)
    assert run(session, "open", {})["left"] == {"title": "boxes.csv", "step": 30}
    trained(session, 5)
    back = run(session, "back", {})
    assert (back["title"], back["time"]["step"], back["left"], session.lesson) == ("boxes.csv", 30, None, None)
    assert session.opened == opened + 2  # figures of what was on show between are those of another network
    assert all(np.array_equal(before[path], array) for path, array in session.now.arrays.items())
    assert run(session, "forward", {})["loss"] == told["loss"]
    assert run(session, "undo", {})["after"] != 0.25
    run(session, "seek", {"step": 7})
    fresh = own()
    trained(fresh, 7)  # the same seven steps, made elsewhere
    assert all(np.array_equal(fresh.now.arrays[path], array) for path, array in session.now.arrays.items())


def test_of_two_tables_each_leads_back_to_the_other_and_a_rung_between_keeps_it():
    session = own()
    table = run(session, "inspect", {"name": "other.csv", "bytes": np.frombuffer(TABLE.encode(), np.uint8)})["table"]
    run(session, "load", {"source": {"table": table, "target": "a"}})
    for title, left in (("boxes.csv", "other.csv"), ("other.csv", "boxes.csv")):
        scene = run(session, "back", {})
        assert (scene["title"], scene["left"]["title"]) == (title, left)
    run(session, "load", {"source": {"rung": "line"}})
    run(session, "load", {"source": {"rung": "neuron"}})
    assert run(session, "back", {})["title"] == "other.csv"


def test_where_nothing_was_put_aside_nothing_comes_back():
    session = Session(*open_rung("line"))
    run(session, "load", {"source": {"rung": "neuron"}})
    with pytest.raises(InputError, match="nothing was put aside"):
        run(session, "back", {})


def test_every_client_is_told():
    session = own()
    one, other = Listener(session), Listener(session)
    one.answer("load", source={"rung": "line"})
    other.wait(lambda message: message.get("push") == "scene" and message["scene"]["left"] is not None)
    one.answer("back")
    other.wait(lambda message: message.get("push") == "scene" and message["scene"]["title"] == "boxes.csv")


def test_every_weight_zero_is_a_start_that_no_link_leads_to_and_the_old_one_stays():
    session = Session(*open_rung("network"))
    trained(session, 20)
    assert session.time()["again"]
    scene = run(session, "zero", {})
    assert all(not array.any() for array in session.now.arrays.values())
    assert (scene["time"]["step"], scene["time"]["again"], scene["branches"][-1]["why"]) == (0, False, "every weight 0")
    trained(session, 10)
    # Nothing parts its units: each layer's weights stay the same for all of them.
    weight = session.now.arrays["2.weight"]
    np.testing.assert_array_equal(weight, np.broadcast_to(weight[:1, :1], weight.shape))
    run(session, "shape", {"change": {"rate": 0.1}})
    assert not session.time()["again"]
    assert run(session, "seek", {"branch": 0, "step": 20})["again"]
    assert run(session, "reset", {})["time"]["again"]
    assert session.now.arrays["2.weight"].any()


def test_of_all_zeros_the_first_cause_is_that_units_stay_alike():
    session = Session(*open_rung("layer"))
    run(session, "zero", {})
    trained(session, 200)
    first = run(session, "findings", {})["findings"][0]
    assert (first["check"], first["fix"]["action"]) == ("constant_init", "initialise")
    assert run(session, "apply_fix", {"finding": 0})["time"]["step"] == 0
    assert len(np.unique(session.now.arrays["0.weight"])) == session.now.arrays["0.weight"].size


def test_arrays_are_put_aside_too():
    from cutaway.studio.opening import open_arrays

    session = Session(*open_arrays(ca.Sequential(ca.Dense(3), ca.Tanh(), ca.Dense(1)), X, X[:, 0] * X[:, 1]))
    run(session, "load", {"source": {"bundled": "iris"}})
    assert run(session, "back", {})["title"] == "your network"
