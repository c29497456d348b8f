"""The ladder: every rung is the same every time, can be learned, and is drawn as it is."""

import time

import numpy as np
import pytest

from cutaway.errors import InputError
from cutaway.studio.commands import run
from cutaway.studio.ladder import LADDER, LETTERS, recalled, rung
from cutaway.studio.opening import open_rung
from cutaway.studio.protocol import packed
from cutaway.studio.session import Session
from cutaway.studio.vitals import observed

# Loss of the training rows that each rung reaches, far below what it begins with; and after how many steps.
REACHED = {"line": (0.02, 300), "neuron": (0.01, 300), "layer": (0.02, 1500), "network": (0.02, 600),
           "attention": (1.0, 700)}  # fmt: skip


@pytest.mark.parametrize("name", [each.name for each in LADDER])
def test_a_rung_learns_what_it_shows(name):
    session = Session(*open_rung(name))
    packed(run(session, "open", {}))
    before = session.time()["loss"]
    limit, steps = REACHED[name]
    with session.turn():
        session.advance(steps)
    assert session.time()["loss"] < limit < before / 1.5


@pytest.mark.parametrize("name", [each.name for each in LADDER])
def test_nothing_is_said_against_a_rung_that_nobody_has_touched(name):
    """What a rung shows is no mistake, and its rows are enough to judge by."""
    session = Session(*open_rung(name))
    run(session, "train", {"until": 2 * REACHED[name][1]})
    while session.training.running:
        time.sleep(0.005)
    found = run(session, "findings", {})
    assert (found["sentence"], found["findings"], found["best"]) == ("nothing is wrong that could be found", [], None)
    session.close()


def test_no_row_held_out_from_a_rung_is_learned_from_or_there_twice():
    for each in LADDER:
        material = open_rung(each.name)[0].material
        rows = [(*np.ravel(x), *np.ravel(y)) for x, y in zip(material.x, material.y, strict=True)]
        held_out = {rows[place] for place in material.held_out}
        assert len(held_out) == len(material.held_out) >= 20
        assert not held_out & {rows[place] for place in material.training}


@pytest.mark.parametrize(("optimizer", "rate"), [("adam", 50.0), ("gradient_descent", 1e4)])
def test_a_rate_far_too_high_is_healed_by_what_is_said_whenever_it_was_looked_at(optimizer, rate):
    """Looks come when the clock lets them, and beside weights thrown far a step is short: neither is to change it."""
    said = set()
    for every in (1, 5, 37):
        session = Session(*open_rung("network"))
        run(session, "shape", {"change": {"optimizer": optimizer, "rate": rate}})
        for _ in range(150 // every):
            session.advance(every)
            recording = session.history.branches[session.now.branch].recording
            recording.evaluated(session.evaluation(session.case, session.now, session.way))
            recording.observed(*observed(session.case, session.now, session.way))
        first = run(session, "findings", {})["findings"][0]
        assert first["check"] == "learning_rate_too_high"
        said.add(first["fix"]["sentence"])
    assert len(said) == 1
    run(session, "apply_fix", {"finding": 0})
    assert session.way.optimizer.learning_rate(0.0) < rate / 100
    session.advance(600)
    assert session.time()["loss"] < 0.05


def test_the_line_ends_at_least_squares():
    session = Session(*open_rung("line"))
    with session.turn():
        session.advance(2000)
    x, y = session.case.material.x[:20, 0], session.case.material.y[:20]
    slope, intercept = np.polyfit(x, np.ravel(y), 1)
    assert session.now.carry.params["0.weight"][0, 0] == pytest.approx(slope, abs=1e-9)
    assert session.now.carry.params["0.bias"][0] == pytest.approx(intercept, abs=1e-9)


def test_attention_learns_to_look_three_places_back():
    session = Session(*open_rung("attention"))
    with session.turn():
        session.advance(1500)
    found = run(session, "attention", {"text": "cafecaf"})
    assert found["tokens"] == list("cafecaf")
    assert found["next"][0]["token"] == "e"
    assert max(each["weights"][6, 3] for each in found["maps"]) > 0.5
    for each in found["maps"]:
        np.testing.assert_allclose(each["weights"].sum(axis=1), 1, rtol=1e-9)
        assert np.all(np.triu(each["weights"], 1) == 0)
    with pytest.raises(InputError, match="does not know"):
        run(session, "attention", {"text": "xyz"})


def test_rows_of_letters_hold_no_answer_before_their_half():
    x, y = recalled(0, 500)
    assert x.max() < len(LETTERS)
    first = y[:, :3]  # the first half is drawn: every letter that did not stand before is as likely
    assert np.bincount(first.ravel(), minlength=6).min() > 0.8 * first.size / 6


def test_two_openings_are_the_same_to_the_last_bit():
    for each in LADDER:
        one, other = (Session(*open_rung(each.name)).now.arrays for _ in range(2))
        assert all(np.array_equal(one[path], other[path]) for path in one)


def test_a_rung_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="line"):
        rung("lin")


def test_the_drawing_has_every_neuron_with_its_output_and_biases():
    scene = run(Session(*open_rung("network")), "open", {})
    columns = scene["network"]["columns"]
    assert [(c["units"], c["weight"], c["bias"], c["sum"], c["out"], c["activation"]) for c in columns] == [
        (2, None, None, None, None, None),
        (8, "0.weight", "0.bias", "0", "1", "Tanh"),
        (8, "2.weight", "2.bias", "2", "3", "Tanh"),
        (1, "4.weight", "4.bias", "4", "4", None),
    ]
    assert columns[0]["names"] == ["across", "up"]
    assert scene["data"]["classes"] == ["ring", "heap"]
