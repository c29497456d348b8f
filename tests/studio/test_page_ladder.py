"""The ladder on the page: a rung is asked about before anything moves, and the picture that was there stays."""

from __future__ import annotations

import numpy as np

from cutaway.explain.figures import shown
from cutaway.studio.ahead import asked, turned_out
from tests.studio.opened import opened


def rung(found, title):
    return found.page.get_by_label("the ladder", exact=True).get_by_role("button", name=title)


def painted(canvas):
    """How many pixels of a canvas are not empty."""
    return canvas.evaluate(
        """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
            .filter((value, place) => place % 4 === 3 && value > 0).length"""
    )


def test_a_rung_is_asked_about_first_and_the_picture_before_stays_beside_it(running):
    with opened(running, "line") as found:
        loss, before = shown(found.session.time()["loss"]), found.session.now
        rung(found, "A neuron").click()
        card = found.view("ahead")
        card.get_by_text(asked("neuron")["question"]).wait_for()
        assert found.session.now is before and card.locator("canvas").count() == 0  # nothing moved, nothing given away
        card.get_by_role("button", name="stay here").click()
        assert card.count() == 0 and found.session.now is before
        rung(found, "A neuron").click()
        told = turned_out("neuron")
        card.locator("li button").nth(0).click()
        card.get_by_text(told["shown"]).wait_for()
        assert found.session.case.rung == "neuron"
        marks = card.locator("li button").all_text_contents()
        assert [place for place, text in enumerate(marks) if "✓" in text] == [told["right"]]
        assert "✗" in marks[0] and told["replies"][0] in card.text_content()
        assert f"before: A line, at step 0; loss {loss}" in card.text_content()
        assert painted(card.locator("canvas")) > 1000
        card.get_by_role("button", name="close").click()
        assert card.count() == 0
        assert not found.problems


def test_a_rung_that_was_open_opens_again_at_its_start(running):
    """What a hand did to it is gone, and no figure of the other rung is left."""
    with opened(running, "line") as found:
        start = {path: array.copy() for path, array in found.session.now.arrays.items()}
        first = shown(found.session.time()["loss"])
        found.gear("0.weight", 0, 0).focus()
        found.page.keyboard.press("PageUp")
        weight = "document.querySelector('[data-weight=\"0.weight[0,0]\"]')"
        found.until(f"said => {weight}.getAttribute('aria-valuetext') !== said", shown(float(start["0.weight"][0, 0])))
        rung(found, "A neuron").click()
        found.view("ahead").get_by_role("button", name="only show me").click()
        found.view("ahead").get_by_text(turned_out("neuron")["shown"]).wait_for()
        rung(found, "A line").click()  # known by now: not asked about
        found.weighs("0.weight", (0, 0), shown(float(start["0.weight"][0, 0])))
        assert found.view("ahead").count() == 0
        assert all(np.array_equal(start[path], array) for path, array in found.session.now.arrays.items())
        assert first in found.view("time").text_content()
        assert not found.problems


def test_one_step_tells_what_it_learned_from_as_it_was_before_it(running):
    with opened(running, "network") as found:
        session = found.session
        loss = float(session.case.step_blame(session.now, session.way, session.case.stepper(session.way).places(0))[0])
        view = found.view("steps")
        view.get_by_role("button", name="one batch").click()
        view.get_by_text("and 12 rows more").wait_for()
        text = view.locator(".way").text_content()
        assert text.count("answered") == 4 and "of the 16 rows" in text
        assert shown(loss) in text
        rows = session.case.stepper(session.way).places(0)
        view.get_by_role("button", name=f"row {rows[1] + 1}", exact=True).click()
        found.view("boundary").get_by_text(f"training: row {rows[1] + 1}").wait_for()
        assert session.selected.example == rows[1]
        assert not found.problems
