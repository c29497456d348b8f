"""Telephone to wall, dark and light, keys, screen readers: everybody reaches every number."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.studio.opened import SETTLED, opened

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.mark.parametrize("rung", ["line", "network", "attention"])
def test_no_width_scrolls_sideways_and_targets_are_large_enough(running, rung):
    with opened(running, rung) as found:
        for width in (375, 1024, 1440, 2560):
            found.page.set_viewport_size({"width": width, "height": 900})
            found.page.wait_for_timeout(150)
            assert found.page.evaluate("document.documentElement.scrollWidth") <= width
            small = found.page.locator("button:visible, select:visible, input:visible").evaluate_all(
                "all => all.map(each => [each.textContent || each.ariaLabel, each.getBoundingClientRect()])"
                ".filter(([, box]) => box.height < 23.9 || box.width < 23.9).map(([name]) => name)"
            )
            assert small == []
        assert not found.problems


@pytest.mark.parametrize(("rung", "scheme"), [("network", "light"), ("network", "dark"), ("attention", "dark")])
def test_axe_finds_nothing_serious(running, rung, scheme):
    if not AXE.is_file():
        pytest.skip("axe-core comes with the page's own packages: cd web && npm ci")
    with opened(running, rung, color_scheme=scheme) as found:
        found.view("steps").get_by_role("button", name="one batch").click()
        found.view("steps").locator("tbody tr").first.wait_for()
        found.page.evaluate(AXE.read_text())
        told = found.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [
            (each["id"], each["nodes"][0]["html"][:200], each["nodes"][0]["failureSummary"][:300])
            for each in told["violations"] if each["impact"] in ("serious", "critical")
        ]  # fmt: skip
        assert serious == []


def test_tables_come_and_go_at_the_press_of_a_button(running):
    with opened(running) as found:
        button = found.view("network").get_by_role("button", name="as a table")
        twin = found.view("network").locator(".twin")
        assert twin.bounding_box()["height"] <= 1.5
        button.click()
        assert twin.bounding_box()["height"] > 100


def test_all_rungs_open_one_after_another(running):
    with opened(running, "line") as found:
        for title in ("A neuron", "A layer", "A network", "Attention", "A line"):
            found.page.get_by_role("navigation").get_by_role("button", name=title).click()
            if title != "A line":  # a rung that was open already is not asked about again
                found.view("ahead").get_by_role("button", name="only show me").click()
            found.page.locator("h1", has_text=title).wait_for()
            found.view("number").locator("[data-number=loss]").wait_for()
            found.until(SETTLED)
        assert not found.problems
