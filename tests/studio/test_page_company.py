"""Two pages of one session know of each other, and a page knows when the studio was ended."""

from __future__ import annotations

from tests.studio.opened import opened


def test_two_pages_say_that_they_are_one_session(running):
    with opened(running, "line") as found:
        assert not found.page.get_by_text("one session").count()
        other = found.page.context.new_page()
        other.goto(found.server.address)
        for each in (found.page, other):
            each.get_by_text("2 pages, one session").wait_for()
        other.close()
        found.page.get_by_text("one session").wait_for(state="detached")


def test_a_page_says_that_the_studio_was_ended(running):
    with opened(running, "line") as found:
        found.server.stop()
        found.page.get_by_role("alert").get_by_text("The studio was ended").wait_for(timeout=4_000)
        tried = len(found.asked)
        found.page.wait_for_timeout(1_500)  # where nothing is said it asks again after one second
        assert len(found.asked) == tried  # it does not ask for ever
