"""Data of one's own: a CSV that is dropped, points that are drawn, and the network taken away as code."""

from __future__ import annotations

import runpy

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.table import Table
from cutaway.data.writing import write_table
from cutaway.studio.opening import open_rung
from cutaway.studio.scene import HEADER
from cutaway.studio.session import Session
from tests.studio.opened import SETTLED, opened


def table(folder):
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (80, 2)).round(3)
    lines = ["height,<b>width</b>,kind", *(f"{a},{b},{'large' if a + b > 0 else 'small'}" for a, b in x)]
    path = folder / "boxes.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_csv_becomes_a_network_that_learns_and_its_names_stay_text(running, tmp_path):
    with opened(running, "line") as found:
        found.page.get_by_role("button", name="open, save").click()
        found.page.get_by_label("a table from this machine").set_input_files(table(tmp_path))
        found.page.get_by_label("predict").select_option("kind")
        found.page.get_by_role("button", name="Open", exact=True).click()
        found.page.locator("h1", has_text="boxes").wait_for()
        assert found.session.case.material.classes == ("large", "small")
        before = found.session.time()["loss"]
        found.page.get_by_role("button", name="Train", exact=True).click()
        found.until("() => Number(document.querySelector('[data-time=step]').textContent.replace(',', '')) >= 60")
        found.page.get_by_role("button", name="Pause").click()
        found.page.get_by_role("button", name="Train", exact=True).wait_for()
        assert found.session.time()["loss"] < 0.7 * before
        assert found.page.locator("main b", has_text="width").count() == 0
        assert found.page.get_by_text("<b>width</b>", exact=True).count() > 0
        assert not found.problems


def test_a_column_is_left_out_by_its_tick(running, tmp_path):
    with opened(running, "line") as found:
        found.page.get_by_role("button", name="open, save").click()
        found.page.get_by_label("a table from this machine").set_input_files(table(tmp_path))
        found.page.get_by_label("predict").select_option("kind")
        assert found.page.get_by_label("use kind").is_disabled()
        found.page.get_by_label("use <b>width</b>").uncheck()
        found.page.get_by_role("button", name="Open", exact=True).click()
        found.page.locator("h1", has_text="boxes").wait_for()
        assert found.session.case.material.inputs == ("height",)
        assert not found.problems


def test_a_run_where_the_studio_was_started_is_opened(running, tmp_path):
    x = np.linspace(0, 1, 60)
    write_table(Table({"x": x, "twice": 2 * x}), tmp_path / "twice.csv")
    ca.train(
        tmp_path / "twice.csv", "twice", effort="quick", epochs=2, engine="numpy", compare=False,
        out=tmp_path / "runs" / "mine",
    )  # fmt: skip
    session = Session(*open_rung("line"))
    session.homes = (str(tmp_path),)
    with opened(running, session=session) as found:
        found.page.get_by_role("button", name="open, save").click()
        found.page.get_by_label("the folder of a run").fill("/etc")
        found.page.get_by_role("button", name="open the run").click()
        found.page.get_by_role("alert").get_by_text("does not lie").wait_for()
        found.page.get_by_role("button", name="runs/mine").click()
        found.page.locator("h1", has_text="mine").wait_for()
        assert session.case.material.target == "twice"
        assert not found.problems


def test_a_file_that_is_too_large_for_the_page_is_named_and_the_line_stays(running, tmp_path, monkeypatch):
    monkeypatch.setattr("cutaway.studio.scene.MOST_BYTES", HEADER + 1_000)
    with opened(running, "line") as found:
        found.page.get_by_role("button", name="open, save").click()
        found.page.get_by_label("a table from this machine").set_input_files(table(tmp_path))
        size = (tmp_path / "boxes.csv").stat().st_size
        said = found.page.get_by_role("alert").text_content()
        assert f"boxes.csv has {size:,} bytes" in said.replace("\u202f", ",") and "up to 1,000" in said
        assert "cutaway studio boxes.csv --target" in said
        assert found.page.get_by_label("predict").count() == 0
        found.view("steps").get_by_role("button", name="one batch").click()  # nothing was cut off
        found.page.locator("[data-time=step]", has_text="1").wait_for()
        assert not found.problems


def test_drawn_points_are_learned_from(running):
    with opened(running, "line") as found:
        found.page.get_by_role("button", name="open, save").click()
        canvas = found.page.get_by_role("img", name="Drawn points: 0")
        box = canvas.bounding_box()
        for name, share in (("first", 0.25), ("second", 0.75)):
            found.page.get_by_role("button", name=name, exact=True).click()
            for height in (0.2, 0.4, 0.6, 0.8):
                found.page.mouse.click(box["x"] + share * box["width"], box["y"] + height * box["height"])
        found.page.get_by_role("button", name="Learn these 8 points").click()
        found.page.locator("nav + *, [data-view=boundary]").first.wait_for()
        found.until("() => document.querySelector('[data-view=boundary] .legend').textContent.includes('second')")
        material = found.session.case.material
        assert sorted(material.classes) == ["first", "second"]
        assert len(material.y) == 8
        assert not found.problems


def test_the_network_is_taken_away_as_code_that_runs(running, tmp_path):
    with opened(running, "network") as found:
        found.page.get_by_role("button", name="open, save").click()
        saved = []
        found.page.on("download", lambda each: saved.append(each))
        found.page.get_by_role("button", name="NumPy code").click()
        found.page.get_by_text("Saved").wait_for()
        found.heard(lambda: len(saved) >= 2)
        for each in saved:
            each.save_as(tmp_path / each.suggested_filename)
        code = next(tmp_path.glob("*.py"))
        made = runpy.run_path(str(code))
        x = found.session.case.material.x[:5]
        arrays = found.session.now.arrays
        hidden = np.tanh(np.tanh(x @ arrays["0.weight"] + arrays["0.bias"]) @ arrays["2.weight"] + arrays["2.bias"])
        expected = hidden @ arrays["4.weight"] + arrays["4.bias"]
        assert made["predict"](x) == pytest.approx(expected, rel=1e-12)


def test_a_link_opens_the_same_network_in_another_studio(running):
    with opened(running, "layer") as found:
        found.page.get_by_role("button", name="change layers and training").click()
        found.page.get_by_label("one unit fewer in layer 0").click()
        found.page.get_by_label("learning rate").fill("0.05")
        found.page.get_by_label("learning rate").press("Enter")
        found.until("() => document.querySelector('[data-view=steps] .note').textContent.includes('0.05')")
        found.page.get_by_role("button", name="new start").click()
        found.until(SETTLED)
        for step in (1, 2, 3):
            found.view("steps").get_by_role("button", name="one batch").click()
            found.page.locator("[data-time=step]", has_text=str(step)).wait_for()
        found.view("rows").locator(".pick").nth(4).click()
        found.heard(lambda: found.session.selected.example)
        chosen = found.session.selected.example
        assert found.session.time()["again"] and chosen
        first = {path: array.copy() for path, array in found.session.now.arrays.items()}
        assert first["0.weight"].shape == (1, 5)
        found.page.get_by_role("button", name="open, save").click()
        link = found.page.get_by_label("link to what is on show").input_value()
        assert found.server.token not in link
    with opened(running, "line") as other:
        other.page.get_by_role("button", name="open, save").click()
        other.page.get_by_label("a link to open").fill(link)
        other.page.get_by_role("button", name="open it").click()
        other.page.locator("h1", has_text="A layer").wait_for()
        other.until("() => document.querySelectorAll('[data-weight^=\"0.weight\"]').length === 5")
        other.page.locator("[data-time=step]", has_text="3").wait_for()
        other.heard(lambda: (other.session.now.step, other.session.selected.example) == (3, chosen))
        assert all(np.array_equal(first[path], array) for path, array in other.session.now.arrays.items())
        assert other.session.way.optimizer.learning_rate(np.float64(0)) == 0.05
        # An address that ends in it does the same, once: a reload shows what became of it.
        other.page.get_by_role("navigation").get_by_role("button", name="A line").click()
        other.page.locator("h1", has_text="A line").wait_for()
        other.page.goto("about:blank")
        other.page.goto(f"{other.server.address}#{link.split('#')[1]}")
        other.page.locator("h1", has_text="A layer").wait_for()
        other.until("() => document.querySelectorAll('[data-weight^=\"0.weight\"]').length === 5")
        assert "#" not in other.page.url
        other.page.get_by_role("button", name="open, save").click()
        other.page.get_by_label("a link to open").fill("http://127.0.0.1/#rung=moon")
        other.page.get_by_role("button", name="open it").click()
        other.page.get_by_role("alert").wait_for()
        assert not other.problems
