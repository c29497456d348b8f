"""Time on the page: train, pause, scrub, branch, reset; reload and a second tab in the middle of it."""

from __future__ import annotations

import threading
import time

import numpy as np

from cutaway.explain.figures import shown
from cutaway.studio import diagnosing, looking
from cutaway.studio.commands import COMMANDS
from tests.studio.opened import SETTLED, opened


def trained(found, steps=12):
    found.page.get_by_role("button", name="Train", exact=True).click()
    found.until(
        "steps => Number(document.querySelector('[data-time=step]').textContent.replace(',', '')) >= steps", steps
    )
    found.page.get_by_role("button", name="Pause").click()
    found.page.get_by_role("button", name="Train", exact=True).wait_for()
    found.heard(lambda: not found.session.training.running)
    at_step(found, found.session.now.step)
    return found.session.now.step


def at_step(found, step):
    found.until("step => document.querySelector('[data-time=step]').textContent === step", f"{step:,}")
    found.until(SETTLED)


def to(found, step):
    found.page.get_by_role("slider", name="step shown").evaluate(
        "(slider, step) => { slider.value = step; slider.dispatchEvent(new Event('input', {bubbles: true})); "
        "slider.dispatchEvent(new Event('change', {bubbles: true})); }",
        step,
    )
    at_step(found, step)
    found.heard(lambda: found.session.now.step == step)


def test_scrubbing_back_shows_the_same_weights_again(page):
    first = {path: array.copy() for path, array in page.session.now.arrays.items()}
    last = trained(page)
    began, moved = shown(float(first["0.weight"][0, 0])), shown(page.weight("0.weight", 0, 0))
    assert began != moved
    page.weighs("0.weight", (0, 0), moved)
    to(page, 0)
    page.weighs("0.weight", (0, 0), began)
    assert all(np.array_equal(first[path], array) for path, array in page.session.now.arrays.items())
    to(page, last)
    page.weighs("0.weight", (0, 0), moved)
    assert not page.problems


def test_presses_that_come_before_an_answer_count_from_the_step_last_asked_for(page, monkeypatch):
    trained(page, 14)
    seek = COMMANDS["seek"]

    def slow(*given):
        time.sleep(0.2)
        return seek(*given)

    monkeypatch.setitem(COMMANDS, "seek", slow)
    page.page.get_by_role("slider", name="step shown").focus()
    for key in ("Home", *["ArrowRight"] * 5):
        page.page.keyboard.press(key)
    at_step(page, 5)
    for name in ["one step forward"] * 4 + ["one step back"] * 2:
        page.page.get_by_role("button", name=name).click()
    at_step(page, 7)
    page.heard(lambda: page.session.now.step == 7)
    assert not page.problems


def test_an_edit_in_the_past_begins_a_branch_and_the_old_one_stays(page):
    last = trained(page)
    to(page, 3)
    page.gear("4.bias", 0).focus()
    page.page.keyboard.press("ArrowUp")
    page.page.get_by_text("2 branches").wait_for()
    page.page.get_by_text("2 branches").click()
    page.page.locator("details button").first.click()
    page.until("step => document.querySelector('[data-time=step]').textContent === String(step)", last)


def test_a_branch_that_a_drag_began_is_named_after_its_end_and_stays_so(page):
    trained(page)
    to(page, 3)
    before = shown(page.weight("0.weight", 0, 1))
    page.gear("0.weight", 0, 1).focus()
    page.page.keyboard.press("Enter")
    slide = page.view("network").locator("input.slide")
    slide.wait_for()
    for value in (0.5, 1.0, 1.5):
        slide.fill(str(value))
        page.heard(lambda value=value: page.weight("0.weight", 0, 1) == value)
    name = f"0.weight[0, 1]: {before} → 1.5"
    page.page.get_by_text(f"2 branches; here: {name}").click()
    page.page.locator("details button").first.click()  # the name is known of a branch that was left, too
    page.page.get_by_text("2 branches; here: as it began").wait_for()
    page.page.locator("details button").get_by_text(name).wait_for()
    assert not page.problems


def test_a_number_is_that_of_the_step_on_show_before_the_diagnosis_is_made(running, monkeypatch):
    began, goes_on = threading.Event(), threading.Event()

    def number(session, asked, client):
        time.sleep(0.1)  # of a network whose sentence takes so long, a page asks every 10 s while it trains
        return looking.number(session, asked, client)

    def findings(session, asked, client):
        began.set()
        assert goes_on.wait(30)
        return diagnosing.findings(session, asked, client)

    monkeypatch.setitem(COMMANDS, "number", number)
    monkeypatch.setitem(COMMANDS, "findings", findings)
    with opened(running) as page:
        page.gear("0.weight", 0, 1).focus()
        page.page.keyboard.press("Enter")
        said = page.view("number").locator("[data-number='0.weight[0, 1]']")
        said.wait_for()
        page.page.get_by_role("button", name="Train", exact=True).click()
        page.heard(lambda: page.session.now.step > 20)
        page.page.wait_for_timeout(500)
        page.page.get_by_role("button", name="Pause").click()
        try:
            page.heard(began.is_set, 5)  # the diagnosis is asked for when all else is on the page, which holds up all
            value = shown(page.weight("0.weight", 0, 1), 6)
            page.until("value => document.querySelector('[data-number]').textContent === value", value, 2)
            assert not page.view("number").locator(".stale").count()
            page.weighs("0.weight", (0, 1), shown(page.weight("0.weight", 0, 1)))
        finally:
            goes_on.set()
        page.until("() => document.querySelector('.judged').innerText.trim() !== 'is anything wrong?'")
        assert not page.problems


def test_reset_is_the_same_start_and_a_new_start_another(page):
    first = page.gear("2.weight", 4, 4).get_attribute("aria-valuetext")
    trained(page)
    page.page.get_by_role("button", name="reset").click()
    page.until(
        "text => document.querySelector('[data-weight=\"2.weight[4,4]\"]').getAttribute('aria-valuetext') === text",
        first,
    )
    page.page.get_by_role("button", name="new start").click()
    page.until(
        "text => document.querySelector('[data-weight=\"2.weight[4,4]\"]').getAttribute('aria-valuetext') !== text",
        first,
    )


def test_a_reload_in_the_middle_of_training_and_a_second_tab_show_the_same(page):
    page.page.get_by_role("button", name="Train", exact=True).click()
    page.until("() => Number(document.querySelector('[data-time=step]').textContent) >= 5")
    page.page.reload()
    page.page.get_by_role("button", name="Pause").wait_for(timeout=15_000)
    second = page.page.context.new_page()
    second.goto(page.server.address)
    second.get_by_role("button", name="Pause").click()
    page.page.get_by_role("button", name="Train", exact=True).wait_for()
    page.heard(lambda: not page.session.training.running)
    for each in (page.page, second):
        each.wait_for_function(
            "text => document.querySelector('[data-weight=\"4.weight[0,0]\"]').getAttribute('aria-valuetext') === text",
            arg=shown(page.weight("4.weight", 0, 0)),
        )
    both = [
        each.locator('[data-weight="4.weight[0,0]"]').get_attribute("aria-valuetext") for each in (page.page, second)
    ]
    assert both == [shown(page.weight("4.weight", 0, 0))] * 2
    assert not page.problems
