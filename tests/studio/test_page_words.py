"""Curves and pictures say what they are of."""

import numpy as np

from cutaway.explain.figures import shown
from tests.studio.opened import opened


def at_step(found, step):
    found.until("step => document.querySelector('[data-time=step]').textContent === String(step)", step)


def test_metrics_stand_under_the_rows_that_they_are_of(running):
    with opened(running, "network") as found:
        for step in (1, 2):
            found.view("steps").get_by_role("button", name="one batch").click()
            at_step(found, step)
        view = found.view("curves")
        view.locator('optgroup[label="training rows"] option').first.wait_for(state="attached")
        said = view.locator("optgroup").evaluate_all(
            "groups => groups.map(group => [group.label, [...group.children].map(option => option.value)])"
        )
        assert dict(said)["training rows"] == ["accuracy, training"]
        assert dict(said)["held-out rows"] == ["accuracy"]


def test_an_r2_that_is_cut_says_so(running):
    with opened(running, "line") as found:
        with found.session.turn():
            found.session.edit(("0.bias", (0,)), 50.0)  # far from every row
            found.session.changed()
        found.view("steps").get_by_role("button", name="one batch").click()
        view = found.view("curves")
        view.locator('option[value="R²"]').first.wait_for(state="attached")
        view.get_by_label("which curve").select_option("R²")
        view.get_by_text("An R² of −1 stands for −1 and everything below it.").wait_for()


def test_the_landscape_says_that_its_colours_go_by_the_logarithm_and_from_where_to_where(running):
    with opened(running, "line") as found:
        for step in (1, 2):  # one batch holds every row of the line
            found.view("steps").get_by_role("button", name="one epoch").click()
            at_step(found, step)
        found.page.get_by_role("button", name="measure it").first.click()
        ramp = found.page.locator("figcaption .ramp")
        ramp.wait_for()
        [told] = [each for each in found.session.jobs.results.values() if "losses" in each]
        every = np.concatenate([told["losses"].ravel(), told["path_losses"].ravel()])
        words = " ".join(ramp.text_content().split())
        assert words == f"loss {shown(float(every.min()), 3)} {shown(float(every.max()), 3)}, by its logarithm"
