"""Numbers that are typed: the key that begins one counts, and what will not do is said where it was typed."""

from __future__ import annotations

import pytest

from cutaway.studio.opening import open_arrays
from cutaway.studio.session import Session
from tests.studio.opened import opened

TYPED = {"12.5": 12.5, "-3": -3.0, ".5": 0.5, "7": 7.0, "+4": 4.0, "2e-6": 2e-6}


def test_every_key_typed_on_a_weight_counts(page):
    for unit, (keys, value) in enumerate(TYPED.items()):
        page.gear("2.weight", 1, unit).focus()
        for key in keys:  # one after another without a pause, as a fast hand types
            page.page.keyboard.press("NumpadAdd" if key == "+" else key)
        assert page.page.locator("#weight-value").input_value() == keys
        page.page.keyboard.press("Enter")
        page.until("() => document.querySelector('#weight-value').getAttribute('aria-invalid') === 'false'")
        page.heard(lambda unit=unit, value=value: page.weight("2.weight", 1, unit) == pytest.approx(value, rel=1e-6))
    assert not page.problems


def test_a_weight_that_is_typed_counts_when_the_field_is_left(running):
    with opened(running, "neuron") as found:
        found.gear("0.weight", 0, 0).focus()
        found.page.keyboard.press("7")
        found.page.keyboard.press("Tab")
        found.heard(lambda: found.weight("0.weight", 0, 0) == 7.0)


def test_a_cell_of_a_wide_network_takes_typing_too(running):
    import numpy as np

    import cutaway as ca

    random = np.random.default_rng(0)
    X = random.normal(size=(40, 3))
    network = ca.Sequential(ca.Dense(40), ca.ReLU(), ca.Dense(1))
    with opened(running, session=Session(*open_arrays(network, X, X[:, 0]))) as found:
        cells = found.view("network").get_by_role("slider", name="0.weight")
        cells.focus()
        for key in "-2.5":
            found.page.keyboard.press(key)
        found.page.keyboard.press("Enter")
        found.heard(lambda: found.weight("0.weight", 0, 0) == -2.5)


def test_what_will_not_do_is_said_beside_the_field_until_it_does(page):
    page.page.get_by_role("button", name="change layers and training").click()
    rate, batch = page.page.get_by_label("learning rate"), page.page.get_by_label("batch", exact=True)
    said = page.view("network").get_by_role("alert")
    before = page.session.way.optimizer
    for typed, words in (("abc", "is no number"), ("0,5", "Write a point, not a comma: 0.5"), ("-1", "from 0 to")):
        rate.fill(typed)
        rate.press("Enter")
        said.get_by_text(words).wait_for()
        assert rate.input_value() == typed  # to be mended, not typed again
        assert page.session.way.optimizer is before
    rate.fill("0.25")
    rate.press("Enter")
    said.wait_for(state="detached")
    page.until("() => [...document.querySelectorAll('input')].some(each => each.value === '0.25')")
    page.heard(lambda: page.session.way.optimizer.learning_rate(0) == 0.25)
    batch.fill("x")
    batch.press("Enter")
    said.get_by_text("whole number such as 32").wait_for()
    batch.press("Escape")
    said.wait_for(state="detached")
    assert batch.input_value() == str(page.session.way.batch_size)
    page.gear("2.weight", 1, 6).focus()
    for key in "0,5":
        page.page.keyboard.press(key)
    page.page.keyboard.press("Enter")
    said.get_by_text("Write a point, not a comma: 0.5").wait_for()


def test_a_value_of_the_row_that_is_no_number_is_said_and_settled(page):
    field, told = page.view("boundary").get_by_label("up", exact=True), page.page.get_by_role("alert")
    for typed, words in (("0,5", "up: Write a point, not a comma: 0.5"), ("abc", "up: “abc” is no number")):
        field.fill(typed)
        field.press("Enter")
        told.get_by_text(words).wait_for()
    assert page.session.selected.part == "training"
    field.fill("0.5")
    field.press("Enter")
    told.wait_for(state="detached")
    page.heard(lambda: page.session.selected.part == "typed")


def test_a_text_that_is_dropped_does_not_cover_the_page(page):
    page.page.get_by_role("button", name="open, save").click()
    field = page.page.get_by_label("a table from this machine")
    field.set_input_files({"name": "book.txt", "mimeType": "text/plain", "buffer": b"The mill turned. " * 3000})
    told = page.page.get_by_role("alert")
    told.get_by_text("cutaway train book.txt").wait_for()
    assert told.bounding_box()["height"] < 200
    table = b"a,b\n" + b"".join(b"%d,%d\n" % (i, i % 5) for i in range(40))
    field.set_input_files({"name": "t.csv", "mimeType": "text/csv", "buffer": table})
    page.page.get_by_role("button", name="Open", exact=True).wait_for()
    told.wait_for(state="detached")  # what was refused is done


def test_a_weight_beyond_all_bounds_is_short_and_says_what_it_does(running):
    with opened(running, "neuron") as found:
        found.gear("0.weight", 0, 0).focus()
        for key in "1e300":
            found.page.keyboard.press(key)
        found.page.keyboard.press("Enter")
        found.page.get_by_role("alert").get_by_text("the loss is not finite").wait_for()
        found.until("() => document.querySelector('[data-part=sentence]').textContent.includes('10³⁰⁰')")
        assert not found.page.get_by_text("00000000").count()
        found.page.get_by_role("button", name="is anything wrong?").click()
        found.view("curves").get_by_text("the loss is not finite").wait_for()
