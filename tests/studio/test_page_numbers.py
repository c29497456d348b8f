"""What the page shows is what the engine computed, to the last digit shown, and what finite differences measure."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cutaway.explain.figures import shown
from tests.studio.opened import opened


@pytest.fixture(scope="module")
def page(running):
    with opened(running) as found:
        yield found


def own_forward(arrays, x):
    """The same network in three lines of NumPy; returns the units of every layer."""
    first = np.tanh(x @ arrays["0.weight"] + arrays["0.bias"])
    second = np.tanh(first @ arrays["2.weight"] + arrays["2.bias"])
    return first, second, second @ arrays["4.weight"] + arrays["4.bias"]


def own_loss(arrays, x, y):
    score = float(own_forward(arrays, x)[-1][0])
    return math.log1p(math.exp(-score)) if y else math.log1p(math.exp(score))


def example(session):
    place = session.case.material.place(session.selected.part, session.selected.example)
    return session.case.material.x[place], int(np.reshape(session.case.material.y[place], -1)[0])


def twin(view):
    """The rows of a view's table, which is there though it is not seen."""
    return view.locator(".twin tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )


def test_every_weight_in_the_table_is_the_engines(page):
    page.until("() => document.querySelectorAll('[data-view=network] .twin tbody tr').length > 100")
    told = {name: value for name, value, _ in twin(page.view("network"))}
    arrays = page.session.now.arrays
    expected = {
        f"{path}[{', '.join(map(str, index))}]": shown(float(array[index]))
        for path, array in arrays.items() for index in np.ndindex(*array.shape)
    }  # fmt: skip
    assert len(expected) == 105
    assert told == expected


def test_neurons_show_the_forward_pass_and_lines_their_weights(page):
    x, _ = example(page.session)
    first, second, output = own_forward(page.session.now.arrays, x)
    for column, units in ((1, first), (2, second), (3, output)):
        for unit, value in enumerate(units):
            said = page.page.locator(f"#gear-{column}-{unit}--2").get_attribute("aria-label")
            assert said.endswith(f"= {shown(float(value))}"), said
    assert page.gear("2.weight", 3, 5).get_attribute("aria-valuetext") == shown(page.weight("2.weight", 3, 5))
    assert page.gear("4.bias", 0).get_attribute("aria-valuetext") == shown(page.weight("4.bias", 0))


def test_blame_of_a_weight_is_the_slope_that_is_measured(page):
    page.gear("0.weight", 1, 4).focus()
    page.page.keyboard.press("Enter")
    number = page.view("number")
    number.locator('[data-number="0.weight[1, 4]"], [data-number*="0.weight"]').first.wait_for()
    x, y = example(page.session)
    arrays = {path: array.copy() for path, array in page.session.now.arrays.items()}
    losses = []
    for by in (1e-6, -1e-6):
        moved = {**arrays, "0.weight": arrays["0.weight"].copy()}
        moved["0.weight"][1, 4] += by
        losses.append(own_loss(moved, x, y))
    slope = (losses[0] - losses[1]) / 2e-6
    figures = number.locator("dd .figure").evaluate_all(
        "all => all.map(each => Number(each.title.replaceAll('−', '-')))"
    )
    blame, measured = figures[-2:]
    assert blame == pytest.approx(slope, rel=1e-6)
    assert measured == pytest.approx(slope, rel=1e-4)
    predicted, difference = figures[:2]
    assert difference == pytest.approx(predicted, rel=0.1)


def test_the_loss_of_the_example_is_its_own(page):
    page.view("number").get_by_role("button", name="the loss").click()
    page.view("number").locator('[data-number="loss"]').wait_for()
    x, y = example(page.session)
    value = float(page.view("number").locator("[data-number]").get_attribute("title"))
    assert value == pytest.approx(own_loss(page.session.now.arrays, x, y), rel=1e-12)


def test_one_step_shows_the_change_that_was_made(page):
    before = {path: array.copy() for path, array in page.session.now.arrays.items()}
    page.view("steps").get_by_role("button", name="one example").click()
    page.view("steps").locator("tbody tr").first.wait_for()
    after = page.session.now.arrays
    rows = (
        page.view("steps")
        .locator("table")
        .first.locator("tbody tr")
        .evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.textContent.trim()))")
    )
    # Each row is found again in the engine by what it was before: 105 weights are 105 different numbers.
    arrays = [(old, after[path][index]) for path, array in before.items() for index, old in np.ndenumerate(array)]
    assert len(rows) >= 5
    for _, start, _, change, end in rows:
        assert any(
            (shown(float(old)), shown(float(new - old)), shown(float(new))) == (start, change, end)
            for old, new in arrays
        ), start
