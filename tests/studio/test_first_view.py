"""What a page sees first of a large network: its activations, before anything that takes long was computed."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.explain.figures import shown
from cutaway.studio.case import SOON
from cutaway.studio.commands import run
from cutaway.studio.frames import frame
from cutaway.studio.opening import open_arrays
from cutaway.studio.protocol import from_frame, packed
from cutaway.studio.session import Session
from tests.studio.opened import served

NEVER = (-1, -1, -1)


def session(rows, units=64):
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, 16))
    net = ca.Sequential(ca.Dense(units), ca.Tanh(), ca.Dense(units), ca.Tanh(), ca.Dense(1))
    return Session(*open_arrays(net, x, x[:, 0], validation=0.2))


@pytest.fixture
def slow(monkeypatch):
    made = session(200)
    monkeypatch.setattr("cutaway.studio.case.SOON", 200 * made.case.weights - 1)
    return made


def test_a_first_picture_does_not_wait_for_the_losses_of_all_rows(slow):
    assert slow.case.judged_slowly
    told = run(slow, "open", {})
    packed(told)
    assert (told["time"]["loss"], told["time"]["held_out"], told["time"]["broken"]) == (None, None, "")
    first = frame(slow, slow.shown(), {"forward": {"blame": False}}, NEVER)
    assert first["time"]["loss"] is None
    assert slow._evaluated is None
    case, moment = slow.case, slow.now
    expected = case.at(moment)(case.material.x[case.material.training[:1]])
    np.testing.assert_allclose(first["forward"]["layers"][-1]["value"], expected[0])


def test_who_looks_at_curves_or_rows_has_the_losses_and_then_everybody(slow):
    told = frame(slow, slow.shown(), {"forward": {}, "curves": {}}, NEVER)["time"]
    case, way = slow.case, slow.way
    for name, part in (("loss", "training"), ("held_out", "held_out")):
        rows = case.rows(way.loss, part)
        assert told[name] == pytest.approx(np.mean((case.at(slow.now)(rows.x) - rows.y) ** 2))
    assert frame(slow, slow.shown(), {"forward": {}}, NEVER)["time"] == told == run(slow, "open", {})["time"]


def test_losses_that_are_soon_made_are_in_the_first_answer():
    made = session(200)
    assert 200 * made.case.weights < SOON and not made.case.judged_slowly
    assert run(made, "open", {})["time"]["loss"] == made.time()["loss"] is not None


def test_of_texts_and_pictures_every_place_counts():
    tokens = np.random.default_rng(0).integers(0, 9, (20, 8))
    net = ca.Sequential(ca.Embedding(9, 4), ca.Dense(9))
    case = Session(*open_arrays(net, tokens, tokens, loss="cross_entropy")).case
    assert case.material.kind == "numbers"  # of arrays: every row once
    pixels = np.zeros((1000, 32, 32, 3), np.float32)
    net = ca.Sequential(ca.Conv2D(8, 3), ca.GlobalAveragePool(), ca.Dense(2))
    case = Session(*open_arrays(net, pixels, np.arange(1000) % 2, loss="cross_entropy")).case
    assert case.material.kind == "pictures"
    assert case.judged_slowly == (1000 * 32 * 32 * case.weights > SOON)


def test_a_page_asks_for_all_views_once_the_first_is_on_the_screen(running):
    made, sent, got = session(600, units=160), [], []
    assert made.case.weights > 20_000

    def heard(into):
        return lambda data: into.append(from_frame(bytes(data))[0])

    def opened(socket):
        socket.on("framesent", heard(sent))
        socket.on("framereceived", heard(got))

    with served(made) as server:
        page = running.new_page()
        page.on("websocket", opened)
        page.goto(server.address)
        page.locator("[data-view=number] [data-number]").wait_for()
        assert page.locator("[data-time=loss]").text_content() != "–"  # it has one, which is being computed
        page.wait_for_function("document.querySelector('[data-time=loss]').textContent !== '…'")
        assert page.locator("[data-time=loss]").text_content() == shown(made.time()["loss"])
        for _ in range(600):  # the other views are computed after what is on the page, and heard of here later still
            if any("weights" in each for each in got):
                break
            page.wait_for_timeout(100)
        page.close()
    watched = [each["views"] for each in sent if each["do"] == "watch"]
    assert watched[0] == {"forward": {"blame": False}}
    assert {"weights", "forward", "gradients", "curves", "rows"} <= watched[-1].keys()
    frames = [each for each in got if each.get("push") == "frame"]
    assert "weights" not in frames[0] and "weights" in frames[-1]
