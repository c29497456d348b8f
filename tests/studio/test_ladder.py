"""The ladder: every rung is the same every time, can be learned, and is drawn as it is."""

import numpy as np
import pytest

from cutaway.errors import InputError
from cutaway.studio.commands import run
from cutaway.studio.ladder import LADDER, LETTERS, recalled, rung
from cutaway.studio.opening import open_rung
from cutaway.studio.protocol import packed
from cutaway.studio.session import Session

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
