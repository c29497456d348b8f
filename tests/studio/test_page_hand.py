"""A weight in the hand: dragged, stepped and typed in a real browser, and the engine follows."""

from __future__ import annotations

import pytest

from cutaway.explain.figures import shown
from tests.studio.opened import browser, opened


@pytest.fixture(scope="module")
def running():
    with browser() as started:
        yield started


@pytest.fixture
def page(running):
    with opened(running) as found:
        yield found


def middle(found, *weight):
    """Where a line can be taken hold of: a point of it near which no other line is drawn on top."""
    return (
        found.gear(*weight)
        .locator("path.reach, circle.reach")
        .evaluate(
            """shape => {
            if (shape.tagName === 'circle') {
                const box = shape.getBoundingClientRect();
                return [box.left + box.width / 2, box.top + box.height / 2];
            }
            const frame = shape.ownerSVGElement.getBoundingClientRect();
            const size = shape.getTotalLength();
            for (let share = 0.02; share < 1; share += 0.01) {
                const at = shape.getPointAtLength(size * share);
                const [x, y] = [frame.left + at.x, frame.top + at.y];
                if (shape.closest('g').contains(document.elementFromPoint(x, y))) return [x, y];
            }
        }"""
        )
    )


def drag(found, weight, by, moves=8):
    x, y = middle(found, *weight)
    mouse = found.page.mouse
    mouse.move(x, y)
    mouse.down()
    for move in range(1, moves + 1):
        mouse.move(x, y - by * move / moves)
    told = found.page.locator("output.cursor").text_content()
    mouse.up()
    return told


def test_dragging_a_line_moves_weight_output_loss_and_boundary(page):
    weight = ("4.weight", 2, 0)
    before, loss = page.weight(*weight), page.session.time()["loss"]
    answer = page.page.locator("[data-part=answer]").text_content()
    canvas = page.view("boundary").locator("canvas")
    picture = canvas.screenshot()
    told = drag(page, weight, 150)
    page.until("([selector, text]) => document.querySelector(selector).getAttribute('aria-valuetext') !== text",
               ['[data-weight="4.weight[2,0]"]', shown(before)])  # fmt: skip
    page.page.wait_for_timeout(300)
    after = page.weight(*weight)
    assert after == pytest.approx(before + 1.5 * max(1, abs(before)), abs=0.1)
    assert shown(after) in told
    assert page.gear(*weight).get_attribute("aria-valuetext") == shown(after)
    assert page.session.time()["loss"] != loss
    assert page.page.locator("[data-time=loss]").text_content() == shown(page.session.time()["loss"])
    assert page.page.locator("[data-part=answer]").text_content() != answer
    assert canvas.screenshot() != picture
    assert not page.problems


def test_a_drag_is_one_edit_and_double_click_puts_it_back(page):
    weight = ("0.bias", 3)
    before = page.weight(*weight)
    drag(page, weight, 60)
    page.page.wait_for_timeout(400)
    assert page.weight(*weight) != before
    x, y = middle(page, *weight)
    page.page.mouse.dblclick(x, y)
    page.until("([selector, text]) => document.querySelector(selector).getAttribute('aria-valuetext') === text",
               ['[data-weight="0.bias[3]"]', shown(before)])  # fmt: skip
    page.page.wait_for_timeout(200)
    assert page.weight(*weight) == before


def test_keys_walk_the_network_and_turn_a_weight(page):
    before = page.weight("0.weight", 0, 0)
    page.page.locator("#gear-0-0--2").focus()
    page.page.keyboard.press("ArrowRight")  # the first neuron of the first layer
    assert page.page.evaluate("document.activeElement.id") == "gear-1-0--2"
    page.page.keyboard.press("Enter")  # its first weight
    assert page.page.evaluate("document.activeElement.dataset.weight") == "0.weight[0,0]"
    page.page.keyboard.press("ArrowUp")
    page.until("text => document.activeElement.getAttribute('aria-valuetext') === text", shown(round(before + 0.1, 4)))
    page.page.wait_for_timeout(200)
    assert page.weight("0.weight", 0, 0) == pytest.approx(round(before + 0.1, 4))
    page.page.keyboard.press("Escape")
    assert page.page.evaluate("document.activeElement.id") == "gear-1-0--2"


def test_typing_a_number_sets_it(page):
    page.gear("2.weight", 1, 6).focus()
    page.page.keyboard.press("Enter")
    field = page.page.locator("#weight-value")
    field.fill("-1.25")
    field.press("Enter")
    page.until(
        "text => document.querySelector('[data-weight=\"2.weight[1,6]\"]').getAttribute('aria-valuetext') === text",
        "−1.25",
    )
    page.page.wait_for_timeout(200)
    assert page.weight("2.weight", 1, 6) == -1.25
    page.view("network").get_by_role("button", name="undo").click()
    page.until(
        "text => document.querySelector('[data-weight=\"2.weight[1,6]\"]').getAttribute('aria-valuetext') !== text",
        "−1.25",
    )


def test_what_is_no_number_is_not_taken(page):
    before = page.weight("2.weight", 1, 6)
    page.gear("2.weight", 1, 6).focus()
    page.page.keyboard.press("Enter")
    field = page.page.locator("#weight-value")
    field.fill("much")
    field.press("Enter")
    page.page.wait_for_timeout(200)
    assert page.weight("2.weight", 1, 6) == before
