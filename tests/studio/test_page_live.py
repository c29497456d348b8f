"""A page while the network trains: what moves is drawn, and what stands when it is paused is exact and complete."""

from __future__ import annotations

import numpy as np
import pytest

import cutaway as ca
from cutaway.explain.figures import shown
from cutaway.studio.opening import open_arrays
from cutaway.studio.session import Session
from tests.studio.opened import opened

MINUS, ZERO, PLUS = (0xC8, 0x52, 0x00), (0xF7, 0xF7, 0xF7), (0x11, 0x70, 0xAA)
PIXELS = """canvas => {
    const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return {width: canvas.width, height: canvas.height, data: [...image.data]};
}"""


@pytest.fixture
def page(running):
    random = np.random.default_rng(0)
    x = random.normal(size=(128, 6))
    net = ca.Sequential(ca.Dense(24), ca.Tanh(), ca.Dense(12), ca.Tanh(), ca.Dense(1))
    session = Session(*open_arrays(net, x, x[:, 0] * x[:, 1], validation=0.2))
    with opened(running, session=session, color_scheme="light") as found:
        yield found


def expected_colours(weights):
    share = np.abs(weights)[..., None] / np.abs(weights).max()
    ends = np.where((weights < 0)[..., None], MINUS, PLUS)
    return np.asarray(ZERO) + (ends - np.asarray(ZERO)) * share


def test_after_a_training_every_cell_every_figure_and_every_row_of_the_table_is_the_engines(page):
    network = page.view("network")
    page.until("() => document.querySelectorAll('[data-view=network] .twin tbody tr').length > 400")
    page.page.get_by_role("button", name="Train", exact=True).click()
    page.until("() => Number(document.querySelector('[data-time=step]').textContent.replace(',', '')) > 40")
    # More rows than can be laid out thirty times a second are left out of sight of everybody until it stands.
    assert network.locator(".twin.skipped").count() == 1
    page.page.get_by_role("button", name="Pause").click()
    page.until("() => !document.querySelector('[data-view=network] .twin.skipped')")
    assert not page.session.training.running
    arrays, step = page.session.now.arrays, page.session.now.step
    said = "text => document.querySelector('[data-time=step]').textContent.startsWith(text)"
    page.until(said, f"{step:,}")
    for path in ("0.weight", "2.weight"):
        heat = network.get_by_role("slider", name=path, exact=True)
        text = f"= {shown(float(arrays[path][0, 0]))}"
        page.until("([path, text]) => document.querySelector(`[aria-label='${path}']`).ariaValueText.endsWith(text)",
                   [path, text])  # fmt: skip
        drawn = heat.locator("canvas").evaluate(PIXELS)
        assert (drawn["height"], drawn["width"]) == arrays[path].shape
        colours = np.reshape(drawn["data"], (*arrays[path].shape, 4))[..., :3]
        np.testing.assert_allclose(colours, expected_colours(arrays[path]), atol=2)
    expected = [
        [f"{path}[{', '.join(map(str, index))}]", shown(float(array[index]))]
        for path, array in arrays.items() for index in np.ndindex(*array.shape)
    ]  # fmt: skip
    same = """expected => {
        const rows = [...document.querySelectorAll("[data-view=network] .twin tbody tr")];
        const told = rows.map(row => [...row.cells].slice(0, 2).map(cell => cell.textContent));
        return JSON.stringify(told.sort()) === JSON.stringify(expected.sort());
    }"""
    page.until(same, expected)  # it is written anew within half a second
    assert not page.problems


def test_a_cell_that_is_chosen_is_marked_where_it_was_clicked(page):
    heat = page.view("network").get_by_role("slider", name="2.weight", exact=True)
    area = heat.bounding_box()
    rows, columns = page.session.now.arrays["2.weight"].shape
    page.page.mouse.click(area["x"] + area["width"] * 4.5 / columns, area["y"] + area["height"] * 7.5 / rows)
    heat.locator("i").wait_for()
    assert page.session.selected.parameter == ("2.weight", (7, 4))
    mark = heat.locator("i").bounding_box()
    assert mark["x"] == pytest.approx(area["x"] + area["width"] * 4 / columns, abs=1.5)
    assert mark["y"] == pytest.approx(area["y"] + area["height"] * 7 / rows, abs=1.5)
