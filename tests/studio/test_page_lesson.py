"""A lesson on the page: its figures are the network's, it asks before it moves, and says what is so."""

from __future__ import annotations

import pytest

from cutaway.studio.lessons import lessons
from tests.studio.opened import browser, opened


@pytest.fixture(scope="module")
def running():
    with browser() as started:
        yield started


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
        assert not found.problems
