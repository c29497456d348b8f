"""A weight in the hand: dragged, stepped and typed in a real browser, and the engine follows."""

from __future__ import annotations

import pytest

from cutaway.explain.figures import shown
from tests.studio.opened import SETTLED, opened


def middle(found, *weight):
    """Where a line can be taken hold of: where the lines beside it are farthest, and no neuron covers it."""
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
            const places = (path, many) => Array.from(
                {length: many}, (_, i) => path.getPointAtLength(path.getTotalLength() * (i + 1) / (many + 1)));
            const lines = [...shape.ownerSVGElement.querySelectorAll('path.reach')];
            const others = lines.filter(path => path !== shape).flatMap(path => places(path, 40));
            let [best, far] = [null, -1];
            for (const at of places(shape, 60)) {
                const [x, y] = [frame.left + at.x, frame.top + at.y];
                if (!document.elementFromPoint(x, y)?.closest('.edge')) continue;
                const away = Math.min(1000, ...others.map(other => Math.hypot(other.x - at.x, other.y - at.y)));
                if (away > far) [best, far] = [[x, y], away];
            }
            return best;
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
    # The last of the moves is there once the drag is over.
    page.heard(lambda: page.weight(*weight) == pytest.approx(before + 1.5 * max(1, abs(before)), abs=0.1))
    after = page.weight(*weight)
    assert shown(after) in told
    page.weighs("4.weight", (2, 0), shown(after))
    now = page.session.time()["loss"]
    assert now != loss
    page.until("text => document.querySelector('[data-time=loss]').textContent === text", shown(now))
    page.until(SETTLED)
    assert page.page.locator("[data-part=answer]").text_content() != answer
    assert canvas.screenshot() != picture
    assert not page.problems


def test_a_drag_is_one_edit_and_double_click_puts_it_back(page):
    weight = ("0.bias", 3)
    before = page.weight(*weight)
    drag(page, weight, 60)
    page.heard(lambda: page.weight(*weight) != before)
    page.weighs("0.bias", (3,), shown(page.weight(*weight)))
    x, y = middle(page, *weight)
    page.page.mouse.dblclick(x, y)
    page.until("([selector, text]) => document.querySelector(selector).getAttribute('aria-valuetext') === text",
               ['[data-weight="0.bias[3]"]', shown(before)])  # fmt: skip
    page.heard(lambda: page.weight(*weight) == before)


def test_keys_walk_the_network_and_turn_a_weight(page):
    before = page.weight("0.weight", 0, 0)
    page.page.locator("#gear-0-0--2").focus()
    page.page.keyboard.press("ArrowRight")  # the first neuron of the first layer
    assert page.page.evaluate("document.activeElement.id") == "gear-1-0--2"
    page.page.keyboard.press("Enter")  # its first weight
    assert page.page.evaluate("document.activeElement.dataset.weight") == "0.weight[0,0]"
    page.page.keyboard.press("ArrowUp")
    page.until("text => document.activeElement.getAttribute('aria-valuetext') === text", shown(round(before + 0.1, 4)))
    page.heard(lambda: page.weight("0.weight", 0, 0) == pytest.approx(round(before + 0.1, 4)))
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
    page.heard(lambda: page.weight("2.weight", 1, 6) == -1.25)
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


def test_of_lines_close_together_the_nearest_is_taken_and_a_finger_may_miss_by_twelve_pixels(running):
    with opened(running, "line") as found:
        x, y = middle(found, "0.weight", 0, 0)
        before = found.weight("0.weight", 0, 0)
        for away, taken in ((13, False), (11, True)):
            found.page.mouse.move(x, y - away)
            found.page.mouse.down()
            found.page.mouse.move(x, y - away - 30, steps=4)
            found.page.mouse.up()
            found.page.wait_for_timeout(300)
            assert (found.weight("0.weight", 0, 0) != before) is taken
    with opened(running) as found:
        for weight in (("2.weight", 0, 5), ("2.weight", 6, 1), ("0.weight", 1, 3), ("4.weight", 7, 0)):
            found.page.mouse.move(*middle(found, *weight))
            path, *index = weight
            found.page.locator("output.cursor", has_text=f"{path}[{', '.join(map(str, index))}]").wait_for(
                timeout=3_000
            )
