"""The map answers to a click: a row is selected, and on free ground the network is asked what is drawn there."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.explain.figures import shown
from cutaway.studio.arguments import Arguments
from cutaway.studio.opening import open_arrays, open_material
from cutaway.studio.session import Session
from cutaway.studio.sources import of_table, read_bytes
from tests.studio.opened import SETTLED, opened

LEFT, TOP, RIGHT, BOTTOM = 44, 8, 10, 26  # of the canvas, around the map


def boxes():
    """A table of 40 rows with three columns, its parts mixed: no row's place in its part is that among all."""
    random = np.random.default_rng(3)
    x = random.uniform(-1, 1, (40, 3)).round(3)
    lines = ["height,width,depth,kind", *(f"{a},{b},{c},{'large' if a + b + c > 0 else 'small'}" for a, b, c in x)]
    return Session(*open_material(of_table(read_bytes("boxes.csv", "\n".join(lines).encode()), "kind")))


def click(found, x, y):
    """Click where the map has these two values."""
    canvas = found.view("boundary").locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    across, up = found.session.views.boundary(found.session.now, found.session.selected, asked())["axes"]
    place = []
    for axis, value, begin, length in (
        (across, x, LEFT, box["width"] - LEFT - RIGHT), (up, y, TOP, box["height"] - TOP - BOTTOM),
    ):  # fmt: skip
        share = (value - axis["low"]) / (axis["high"] - axis["low"])
        place.append(begin + (share if axis is across else 1 - share) * length)
    found.page.mouse.click(box["x"] + place[0], box["y"] + place[1])


def asked():
    return Arguments("boundary", {"points": 2})


def alone(rows, places):
    """The drawn row of a part that lies farthest from any other, so that a click means no other."""
    spots = rows[:, None] - rows[None]
    far = np.hypot(spots[..., 0], spots[..., 1]) + 9 * np.eye(len(rows))
    return max(range(1, len(places)), key=lambda example: far[places[example]].min())


@pytest.mark.parametrize("part", ["training", "held_out"])
def test_a_click_on_a_dot_selects_that_row_of_its_part(running, part):
    session = boxes()
    material = session.case.material
    columns = material.table.columns
    rows = np.stack([columns["height"], columns["width"]], axis=1)
    example = alone(rows, material.places(part))
    place = int(material.places(part)[example])
    with opened(running, session=session) as found:
        click(found, *rows[place])
        depth = found.page.get_by_label("depth", exact=True)
        said = shown(float(columns["depth"][place]), 6)  # no two rows have the same
        found.until("said => [...document.querySelectorAll('.fields input')].some(each => each.value === said)", said)
        assert depth.input_value() == said
        assert (session.selected.part, session.selected.example) == (part, example)
        assert not found.problems


def test_a_click_on_free_ground_asks_what_the_map_shows_there(running):
    session = boxes()
    with opened(running, session=session) as found:
        found.view("rows").locator(".pick").nth(2).click()
        found.heard(lambda: session.selected.example)
        found.until(SETTLED)
        row = session.case.material.own(session.case.material.place(session.selected.part, session.selected.example))
        click(found, 1.15, -1.15)  # in the margin: no row is there
        found.until("() => document.querySelector('.example .name').textContent === 'a row of your own'")
        found.heard(lambda: session.selected.part == "typed")
        typed = session.selected.typed
        assert typed["depth"] == row["depth"]
        assert typed["height"] == pytest.approx(1.15, abs=0.02)
        assert typed["width"] == pytest.approx(-1.15, abs=0.02)
        assert not found.problems


def test_of_two_outputs_the_map_shows_the_one_that_is_chosen_and_says_so(running):
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = np.stack([X.sum(axis=1), 100 + X[:, 0]], axis=1)
    net = ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(2)).build(2, 0, np.float64)
    with opened(running, session=Session(*open_arrays(net, X, y))) as found:
        view = found.view("boundary")
        view.get_by_text("Of 2 outputs the map shows y 0.").wait_for()
        answers = [each.text_content() for each in view.locator(".example [data-part=answer]").all()]
        assert answers == [shown(float(value)) for value in net(X[:1])[0]]
        view.get_by_label("output on the map").select_option("y 1")
        view.get_by_text("Of 2 outputs the map shows y 1.").wait_for()
        bright = shown(float(max(y[:, 1].max(), 0)), 3)
        view.get_by_text(f"yellow {bright}").wait_for()
        assert not found.problems


def test_no_number_beside_the_map_is_cut(running):
    with opened(running, "neuron") as found:
        ink = (
            found.view("boundary")
            .locator("canvas")
            .first.evaluate("canvas => Math.max(...canvas.getContext('2d').getImageData(0, 0, 1, canvas.height).data)")
        )
        assert ink == 0
