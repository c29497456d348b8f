"""A lesson on the page: its figures are the network's, it asks before it moves, and says what is so."""

from __future__ import annotations

import pytest

from cutaway.explain.figures import shown
from cutaway.studio.lessons import lessons
from tests.studio.opened import opened


def test_a_prediction_is_asked_for_before_anything_moves(running):
    with opened(running, "line") as found:
        first = lessons()[1]
        found.page.get_by_label("lessons", exact=True).select_option(first.name)
        card = found.view("lesson")
        card.get_by_role("heading", name=first.steps[0].title).wait_for()
        before = {path: array.copy() for path, array in found.session.now.arrays.items()}
        assert card.locator("h3").count() == 0
        wrong = next(place for place, choice in enumerate(first.steps[0].choices) if place != first.steps[0].right)
        card.locator("li button").nth(wrong).click()
        card.get_by_role("heading", name="Why this is so").wait_for()
        told = card.locator("li button").all_text_contents()
        assert [place for place, text in enumerate(told) if "✓" in text] == [first.steps[0].right]
        assert [place for place, text in enumerate(told) if "✗" in text] == [wrong]
        assert any((before[path] != array).any() for path, array in found.session.now.arrays.items())
        assert not found.problems


def test_every_lesson_opens_and_points_to_panels_that_are_there(running):
    with opened(running, "line") as found:
        for each in lessons():
            found.page.get_by_label("lessons", exact=True).select_option(each.name)
            found.view("lesson").get_by_role("heading", name=each.steps[0].title).wait_for()
            assert found.view("lesson").locator(".words").count() == 0
            # A step about what norms will do comes before the network has one.
            wanted = set(each.steps[0].views) - (
                set() if found.page.locator("[data-view=norms]").count() else {"norms"}
            )
            marked = found.page.locator(".taught, .taught [data-view]").evaluate_all(
                "all => all.map(each => each.dataset.view)"
            )
            assert wanted <= set(marked), each.name
        assert not found.problems


def test_a_person_goes_through_a_whole_lesson(running):
    """Wrong on purpose at every step: what is right is told, why it is so, and the figures are the network's."""
    line = lessons()[0]
    with opened(running, "line") as found:
        found.page.get_by_role("button", name="Begin:").click()
        card = found.view("lesson")
        for place, step in enumerate(line.steps):
            card.get_by_role("heading", name=step.title).wait_for()
            assert step.actions[0].do == "edit"
            wrong = next(number for number in range(len(step.choices)) if number != step.right)
            card.locator("li button").nth(wrong).click()
            card.get_by_role("heading", name="Why this is so").wait_for()
            assert "✓" in card.locator("li button").nth(step.right).text_content()
            path, index = step.actions[0].arguments["path"], tuple(step.actions[0].arguments["index"])
            assert found.weight(path, *index) == pytest.approx(step.actions[0].arguments["value"])
            # The page is told of it a moment later than the network is.
            found.weighs(path, index, shown(found.weight(path, *index)))
            if place + 1 < len(line.steps):
                card.get_by_role("button", name="next").click()
        # The figures follow what a hand does: the loss that is told is the loss of the network that was changed.
        told = card.locator(".reply").text_content()
        assert shown(found.session.time()["loss"]) in told
        found.gear("0.weight", 0, 0).focus()
        found.page.keyboard.press("PageUp")
        found.until("before => document.querySelector('[data-view=lesson] .reply').textContent !== before", told)
        assert found.weight("0.weight", 0, 0) == pytest.approx(1.8)
        now = shown(found.session.time()["loss"])
        found.until("loss => document.querySelector('[data-view=lesson] .reply').textContent.includes(loss)", now)
        assert now not in told
        # The next lesson is one press away.
        card.get_by_role("button", name="next lesson").click()
        card.get_by_role("heading", name=lessons()[1].steps[0].title).wait_for()
        assert not found.problems


def test_what_was_chosen_stays_marked_while_the_network_learns_and_is_judged_after(running):
    fog = next(each for each in lessons() if each.steps[0].actions[-1].do == "train")
    with opened(running, "line", reduced_motion="no-preference") as found:
        found.page.get_by_label("lessons", exact=True).select_option(fog.name)
        card = found.view("lesson")
        card.get_by_role("heading", name=fog.steps[0].title).wait_for()
        wrong = 1 - min(1, fog.steps[0].right)
        button = card.locator("li button").nth(wrong)
        button.click()
        found.until("() => document.querySelector('[data-view=time] .play').textContent.includes('Pause')")
        assert "chosen" in button.get_attribute("class")
        assert card.get_by_role("heading", name="Why this is so").count() == 0
        found.session.speed = None  # seen to be slow enough to be watched: the rest of it may be fast
        card.get_by_role("heading", name="Why this is so").wait_for(timeout=15_000)
        assert "✗" in button.text_content()
        assert "✓" in card.locator("li button").nth(fog.steps[0].right).text_content()
        assert not found.problems


def test_a_reload_in_a_lesson_goes_on_where_it_was(running):
    with opened(running, "line") as found:
        found.page.get_by_role("button", name="Begin:").click()
        card = found.view("lesson")
        card.locator("li button").first.click()
        card.get_by_role("heading", name="Why this is so").wait_for()
        found.page.reload()
        card.get_by_role("heading", name="Why this is so").wait_for()
        assert not found.view("network").get_by_role("button", name="undo").is_disabled()
