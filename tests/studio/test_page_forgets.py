"""What no longer holds goes from the page: figures of another network or branch, a closed lesson, edits taken back."""

from __future__ import annotations

import time

import pytest

from cutaway.explain.figures import shown
from cutaway.studio.commands import run
from cutaway.studio.followed import Following
from cutaway.studio.lessons import lessons
from cutaway.studio.opening import open_rung
from cutaway.studio.session import Session
from tests.studio.opened import opened


def at_step(found, step):
    found.until("step => document.querySelector('[data-time=step]').textContent === String(step)", step)


def test_a_rung_opened_again_has_no_figure_of_before(running):
    with opened(running) as found:
        first = found.weight("0.weight", 0, 0)
        found.view("steps").get_by_role("button", name="one batch").click()
        at_step(found, 1)
        found.view("steps").locator(".sum").wait_for()
        found.gear("0.weight", 0, 0).focus()
        found.page.keyboard.press("PageUp")
        found.until("() => document.querySelector('[data-view=network]').textContent.includes('→')")
        found.view("curves").get_by_role("button", name="is anything wrong?").click()
        found.until("() => document.querySelector('.judged').textContent.trim() !== 'is anything wrong?'")
        opening = found.session.opened
        found.page.get_by_role("navigation").get_by_role("button", name="A network").click()
        at_step(found, 0)
        found.view("steps").locator(".sum").wait_for(state="detached")
        found.view("curves").get_by_text("Nothing was learned yet").wait_for()
        assert found.session.opened == opening + 1
        assert found.view("curves").locator(".judged").text_content().strip() == "is anything wrong?"
        assert found.view("curves").locator("article").count() == 0
        # The weight before the edit was one of the network that is gone: there is nothing to put back.
        found.weighs("0.weight", (0, 0), shown(first))
        found.gear("0.weight", 0, 0).dblclick(force=True)
        found.page.wait_for_timeout(300)
        assert found.weight("0.weight", 0, 0) == first
        assert not found.problems


def test_findings_stay_with_the_branch_they_are_of(running):
    session = Session(*open_rung("network"))
    run(session, "shape", {"change": {"optimizer": "gradient_descent", "rate": 1e-7}})
    run(session, "train", {"until": 400})
    while session.training.running:
        time.sleep(0.01)
    session.training.stop()
    with opened(running, session=session) as found:
        articles = found.view("curves").locator("article")
        found.view("curves").get_by_role("button", name="is anything wrong?").click()
        articles.first.wait_for()
        count = articles.count()
        found.page.get_by_role("button", name="reset").click()
        at_step(found, 0)
        articles.first.wait_for(state="detached")
        assert articles.count() == 0
        run(session, "seek", {"branch": 1, "step": 400})
        at_step(found, 400)
        articles.first.wait_for()
        assert articles.count() == count
        found.view("curves").get_by_role("button", name="apply it").first.click()
        at_step(found, 0)
        articles.first.wait_for(state="detached")
        assert session.opened == 2
        assert not found.problems


def test_a_lesson_that_is_closed_does_not_come_back(running):
    with opened(running, "line") as found:
        found.page.get_by_label("lessons", exact=True).select_option(lessons()[1].name)
        card = found.view("lesson")
        card.get_by_role("heading", name=lessons()[1].steps[0].title).wait_for()
        other = found.page.context.new_page()
        other.goto(found.server.address)
        other.locator("[data-view=lesson]").wait_for()
        card.get_by_role("button", name="close").click()
        card.wait_for(state="detached")
        other.locator("[data-view=lesson]").wait_for(state="detached")
        found.page.get_by_role("button", name="open, save").click()
        assert "lesson=" not in found.page.get_by_label("link to what is on show").input_value()
        found.page.reload()
        found.view("number").locator("[data-number]").wait_for()
        found.page.wait_for_timeout(300)
        assert card.count() == 0
        assert found.session.lesson is None
        assert not found.problems


def test_edits_are_taken_back_one_after_another_and_made_again(running):
    with opened(running) as found:
        places = [("4.bias", (0,)), ("2.bias", (3,)), ("0.weight", (1, 4))]
        before = [found.weight(path, *index) for path, index in places]
        for path, index in places:
            found.gear(path, *index).focus()
            found.page.keyboard.press("PageUp")
            end = time.perf_counter() + 15
            while found.weight(path, *index) in before and time.perf_counter() < end:
                found.page.wait_for_timeout(20)  # until the engine has it
            found.weighs(path, index, shown(found.weight(path, *index)))
        after = [found.weight(path, *index) for path, index in places]
        assert after == pytest.approx([each + 1 for each in before], abs=1e-3)
        undo, redo = (found.view("network").get_by_role("button", name=name) for name in ("undo", "redo"))
        for button, values, order in ((undo, before, (2, 1, 0)), (redo, after, (0, 1, 2))):
            for place in order:
                button.click()
                found.weighs(*places[place], shown(values[place]))
            found.until(
                "name => [...document.querySelectorAll('[data-view=network] button')]"
                ".find(each => each.textContent === name).disabled",
                "undo" if button is undo else "redo",
            )
            assert [found.weight(path, *index) for path, index in places] == values
        assert not found.problems


def test_the_loss_of_a_training_that_is_followed_is_called_what_it_is(running):
    session = Following(*open_rung("network"))
    with opened(running, session=session) as found:
        line = found.view("network").locator(".loss")
        line.get_by_text("loss of the epoch, as it was learned from").wait_for()
        session.ends()
        line.get_by_text("loss of all rows").wait_for()
        assert not found.problems
