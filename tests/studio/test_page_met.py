"""What a newcomer meets: words explain themselves, wide networks are whole, a lesson keeps in sight what moves."""

from __future__ import annotations

import pytest

from cutaway.studio.words import WORDS
from tests.studio.opened import SETTLED, opened

INSIDE = "each => { const box = each.getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; }"
# The last line of what a lesson answers is not under its buttons.
ABOVE_ITS_BUTTONS = """() => {
    const [last] = [...document.querySelectorAll('[data-view=lesson] .reply > p')].slice(-1);
    const buttons = document.querySelector('[data-view=lesson] .steps');
    return last.getBoundingClientRect().bottom <= buttons.getBoundingClientRect().top;
}"""


def test_a_word_that_is_pressed_is_explained_and_the_drawer_holds_all(running):
    with opened(running, "attention") as found:
        drawer = found.view("words")
        assert not drawer.count()
        kind = found.view("network").get_by_role("button", name="LearnedPositions")
        assert kind.get_attribute("title") == WORDS["LearnedPositions"]
        kind.focus()
        found.page.keyboard.press("Enter")
        assert drawer.get_by_role("status").text_content() == f"LearnedPositions {WORDS['LearnedPositions']}"
        found.page.keyboard.press("Escape")
        drawer.wait_for(state="detached")
        found.page.get_by_role("button", name="words", exact=True).click()
        said = drawer.locator("dt").all_text_contents()
        shown = found.view("network").locator("h3 .word").all_text_contents()
        assert {"Embedding", "MultiHeadAttention", "Residual", "token"} <= set(said)
        assert set(shown) <= set(said)
        assert not found.problems


def test_what_can_be_chosen_says_what_it_is(running):
    with opened(running, "network") as found:
        view = found.view("network")
        view.get_by_role("button", name="change layers and training").click()
        for label, choice in (("optimizer", "rmsprop"), ("activation", "GELU")):
            view.get_by_label(label).select_option(choice)
            view.get_by_text(WORDS[choice]).wait_for()
        view.get_by_text("layer 1, neurons").wait_for()
        assert not found.problems


HUES = """() => {
    const hue = (canvas, x, y) => {
        const place = [x, y].map((each) => each * devicePixelRatio);
        const [red, , blue] = canvas.getContext("2d").getImageData(...place, 1, 1).data;
        return Math.sign(blue - red);
    };
    const tile = [...document.querySelectorAll("[data-view=network] .unit rect")].at(-1);
    const side = Number(tile.getAttribute("width"));
    const [tiles, map] = ["network", "boundary"].map((view) => document.querySelector(`[data-view=${view}] canvas`));
    const [wide, high] = [map.clientWidth - 54, map.clientHeight - 34];
    return [[0.1, 0.1], [0.9, 0.9]].map(([x, y]) => [
        hue(tiles, Number(tile.getAttribute("x")) + x * side, Number(tile.getAttribute("y")) + y * side),
        hue(map, 44 + x * wide, 8 + y * high),
    ]);
}"""


def test_a_single_output_says_which_class_it_means_above_0_and_has_its_colour(running):
    with opened(running, "network") as found:
        assert found.session.case.material.classes == ("ring", "heap")
        found.view("network").get_by_text("above 0: heap").wait_for()
        (one, same), (other, as_well) = found.page.evaluate(HUES)
        assert {one, other} == {-1, 1} and (one, other) == (same, as_well)
    with opened(running, "line") as found:  # a number means itself
        assert found.view("network").get_by_text("above 0: ").count() == 0


def test_the_rate_is_one_press_from_where_it_is_read(running):
    with opened(running, "network") as found:
        steps = found.view("steps")
        steps.get_by_role("button", name="Adam, rate 0.02").click()
        rate = found.page.get_by_label("learning rate")
        found.until("() => document.activeElement.id.endsWith('-rate')")
        rate.fill("0.05")
        rate.press("Enter")
        steps.get_by_role("button", name="Adam, rate 0.05").click()
        found.until("() => document.activeElement.id.endsWith('-rate')")
        found.heard(lambda: float(found.session.way.optimizer.learning_rate.rate) == 0.05)
        found.page.get_by_role("button", name="change layers and training").click()
        rate.wait_for(state="detached")
        assert not found.problems


def test_the_lines_are_told_and_with_blame_they_are_told_otherwise(running):
    with opened(running, "network") as found:
        view = found.view("network")
        for words in ("above 0", "below 0", "thick: large", "Drag a line up or down"):
            view.get_by_text(words).first.wait_for()
        view.get_by_role("button", name="blame").click()
        view.get_by_text("Lines show the blame").wait_for()
        assert not view.get_by_text("Drag a line up or down").count()


@pytest.mark.parametrize(("width", "high"), [(1440, 1100), (375, 1000)])
def test_a_wide_network_is_cut_nowhere_and_says_that_more_follows(running, width, high):
    with opened(running, "attention", viewport={"width": width, "height": 900}) as found:
        view = found.view("network")
        assert view.bounding_box()["height"] < high
        cut = """() => { const all = document.querySelector('[data-view=network] .list').getBoundingClientRect();
            return [...document.querySelectorAll('[data-view=network] .list li')]
                .filter(each => each.getBoundingClientRect().right > all.right + 1).length; }"""
        assert found.page.evaluate(cut) == 0
        more = view.get_by_role("button", name="more layers below")
        more.click()
        more.wait_for(state="detached")
        last = view.locator(".list > ol > li").last
        assert last.locator("canvas").last.evaluate(
            "each => { const list = each.closest('.list').getBoundingClientRect();"
            " return each.getBoundingClientRect().bottom <= list.bottom + 1; }"
        )


def test_a_lesson_on_a_telephone_shows_what_moves_and_the_way_back(running):
    with opened(running, "line", viewport={"width": 375, "height": 800}) as found:
        found.page.get_by_role("button", name="Begin").click()
        found.view("lesson").get_by_role("button", name="It stays where it is").click()
        back = found.page.get_by_role("button", name="back to the lesson")
        back.get_by_text("✓ So it is").wait_for()
        top = "document.querySelector('[data-view=network]').getBoundingClientRect().top"
        found.until(f"() => {top} > 80 && {top} < 200")
        back.click()
        back.wait_for(state="detached")
        found.until(f"() => ({INSIDE})(document.querySelector('[data-view=lesson] .reply > p'))")


def test_a_lesson_has_its_buttons_in_sight_and_says_which_figures_are_from_before(running):
    with opened(running, "line", viewport={"width": 1440, "height": 900}) as found:
        found.page.get_by_role("button", name="Begin").click()
        lesson = found.view("lesson")
        for answer in ("It stays where it is", "By the same amount everywhere", "It falls, and stays above"):
            assert not lesson.get_by_text("before the change").count()
            lesson.get_by_role("button", name=answer).click()
            lesson.get_by_text("As it stood when it was asked, before the change").wait_for()
            forward = lesson.get_by_role("button", name="next")
            found.until(f"each => ({INSIDE})(each)", forward.element_handle(), 5.0)
            found.until(ABOVE_ITS_BUTTONS, seconds=5.0)  # it scrolls there, and once there it stays
            found.until(SETTLED)
            assert forward.evaluate(INSIDE) and found.page.evaluate(ABOVE_ITS_BUTTONS)
            forward.click()
            lesson.get_by_text("before the change").wait_for(state="detached")


def test_a_branch_without_steps_says_so(running):
    with opened(running, "line") as found:
        found.view("steps").get_by_role("button", name="one batch").click()
        found.page.get_by_role("button", name="reset").click()
        found.page.get_by_text("begun again with the same weights").first.click()
        found.page.get_by_text("no step of its own yet").wait_for()
        found.page.get_by_text("as it began").first.wait_for()
