"""A run on the page: its curves and findings are there, and its training can be gone back through."""

import pytest

import cutaway as ca
from cutaway.data.bundled import bundled
from cutaway.data.writing import write_table
from cutaway.studio.opening import open_run
from cutaway.studio.session import Session
from tests.studio.opened import opened

pytestmark = pytest.mark.filterwarnings("ignore::cutaway.errors.FindingWarning")


@pytest.fixture(scope="module")
def page(running, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    write_table(bundled("iris"), folder / "iris.csv")
    made = ca.train(folder / "iris.csv", "species", effort="quick", epochs=12, out=folder / "run", compare=False,
                    engine="numpy", progress=False)  # fmt: skip
    with opened(running, session=Session(*open_run(made.path))) as found:
        found.run = made
        yield found


def test_the_curves_and_the_findings_are_those_of_the_run(page):
    curves = page.view("curves")
    finding = (page.run.verdict.findings or page.run.verdict.notes)[0]
    curves.get_by_text(finding.sentence).wait_for(timeout=10_000)
    assert curves.get_by_role("button", name="try it").count() == 1
    assert "12 steps" in curves.inner_text()
    notes = page.page.locator(".note").all_inner_texts()
    assert any("the run's own" in note for note in notes)


def test_how_it_steps_is_said_in_one_line_with_the_whole_as_its_title(page):
    note = page.view("steps").locator("header .note span")
    assert note.inner_text().startswith("Adam, rate ") and note.inner_text().endswith(" rising and falling")
    assert note.get_attribute("title") == page.run.settings["optimizer"]
    assert page.view("steps").get_by_role("button", name="rate").count() == 0


def test_its_training_is_gone_back_through_and_each_moment_says_how_nearly(page):
    slider = page.page.get_by_label("step shown")
    slider.fill("5")
    page.until("() => document.querySelector('[data-time=step]').textContent === '5'")
    nearly = page.page.locator(".nearly")
    nearly.wait_for(timeout=5_000)
    assert nearly.inner_text() == page.session.case.past.nearly[5]
    page.page.get_by_label("one step forward").click()
    page.until("() => document.querySelector('[data-time=step]').textContent === '6'")
    page.page.get_by_label("one step back").click()
    page.until("() => document.querySelector('[data-time=step]').textContent === '5'")
    slider.fill("0")
    page.until("() => document.querySelector('[data-time=step]').textContent === '0'")
    page.until("() => !document.querySelector('.nearly')")  # the first weights are the very ones
    slider.fill("12")
    page.until("() => document.querySelector('[data-time=step]').textContent === '12'")
    assert page.session.now.branch == 1 and not page.problems
