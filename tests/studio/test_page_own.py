"""A person's own rows on the page: a way back to them, names and numbers, and what is said of how they are learned."""

from __future__ import annotations

import numpy as np
import pytest

from cutaway.explain.figures import shown
from cutaway.studio import diagnosing
from cutaway.studio.commands import run
from cutaway.studio.opening import open_material
from cutaway.studio.session import Session
from cutaway.studio.sources import of_table, read_bytes
from tests.studio.opened import opened
from tests.studio.test_headline import too_fast


@pytest.fixture
def session():
    """Ninety rows: numbers, a place of many names, and a code that is left out; too many inputs to draw."""
    random = np.random.default_rng(0)
    size = random.uniform(0, 100, 90).round(1)
    place = random.choice([f"town {letter}" for letter in "abcdefghijklmnopqrs"], 90)
    lines = ["code,size,place,goal"]
    lines += [f"N{n:03},{a},{b},{'up' if a > 50 else 'down'}" for n, (a, b) in enumerate(zip(size, place, strict=True))]
    made = Session(*open_material(of_table(read_bytes("own.csv", "\n".join(lines).encode()), "goal")))
    yield made
    made.close()


def at_step(found, step):
    found.until("step => document.querySelector('[data-time=step]').textContent === step", f"{step:,}")


def trained(found, until):
    run(found.session, "train", {"until": until})
    at_step(found, until)
    found.page.get_by_role("button", name="Train", exact=True).wait_for()


def test_a_lesson_leaves_a_way_back_to_own_rows(running, session):
    with opened(running, session=session) as found:
        trained(found, 40)
        loss = found.page.locator("[data-time=loss]").text_content()
        assert found.page.get_by_role("button", name="back to").count() == 0
        found.page.get_by_label("lessons", exact=True).select_option(index=1)
        found.view("lesson").wait_for()
        found.page.get_by_role("button", name="back to own.csv").click()
        found.page.locator("h1", has_text="own.csv").wait_for()
        at_step(found, 40)
        assert found.view("lesson").count() == 0
        assert found.page.locator("[data-time=loss]").text_content() == loss == shown(session.time()["loss"])
        assert found.page.get_by_role("button", name="back to").count() == 0
        found.page.reload()
        found.page.locator("h1", has_text="own.csv").wait_for()
        assert not found.problems


def test_numbers_are_answers_without_a_boundary_and_have_one_minus(running):
    lines = ["a,b,goal", *(f"{a / 9 - 4},{b / 7 - 4},{a - b}" for a in range(12) for b in range(9))]
    made = Session(*open_material(of_table(read_bytes("own.csv", "\n".join(lines).encode()), "goal")))
    with opened(running, session=made) as found:
        found.page.get_by_role("heading", name="Data and answers").wait_for()
        reasons = found.view("columns").locator("td").all_inner_texts()
        assert any(each.startswith("−4 to ") for each in reasons) and not any(each.startswith("-") for each in reasons)
    with opened(running) as found:
        found.page.get_by_role("heading", name="Data and boundary").wait_for()


def test_inputs_columns_and_rows_have_their_names(running, session):
    with opened(running, session=session) as found:
        names = found.view("network").locator("ul .name").all_text_contents()
        assert names == list(session.case.material.inputs) and "size" in names
        heat = found.view("network").get_by_role("slider", name="0.weight")
        heat.focus()
        assert heat.get_attribute("aria-valuetext").startswith(f"[{names[0]}, 0] = ")
        columns = found.view("columns")
        assert "2 of 3 go in" in columns.text_content() and "are held out" in columns.text_content()
        assert "left out (identifier)" in columns.locator("tr", has_text="code").text_content()
        field = found.page.locator(".fields label", has_text="code").locator("input")
        assert field.evaluate("input => input.readOnly") and "not used" in found.page.locator(
            ".fields label", has_text="code"
        ).get_attribute("title")
        first = found.view("rows").locator("tbody tr").first
        number = int(first.locator("button").text_content())
        first.locator("button").click()
        found.page.locator(".example .name", has_text=f"row {number} of own.csv").wait_for()
        code = found.page.locator(".fields label", has_text="code").locator("input")
        found.until("([input, text]) => input.value === text", [code.element_handle(), f"N{number - 1:03}"])
        assert not found.problems


def test_one_loss_of_all_rows_is_said_after_an_edit_and_a_training(running):
    with opened(running) as found:
        found.gear("0.weight", 0, 0).focus()
        found.page.keyboard.press("PageUp")
        line = found.view("network").locator(".loss")
        found.until("() => document.querySelector('[data-view=network] .loss').textContent.includes('→')")
        assert shown(found.session.time()["loss"]) in line.text_content()
        trained(found, 30)
        found.until("() => !document.querySelector('[data-view=network] .loss').textContent.includes('→')")
        said = found.page.locator("[data-time=loss]").text_content()
        assert line.text_content().split()[-1] == said == shown(found.session.time()["loss"])
        assert not found.problems


def test_rows_learned_by_heart_are_said_first_and_the_best_step_is_a_button_away(running):
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (150, 6)).round(3)
    goal = np.where(x[:, 0] + random.normal(0, 0.7, 150) > 0, "up", "down")
    lines = ["a,b,c,d,e,f,goal", *(",".join([*map(str, row), each]) for row, each in zip(x, goal, strict=True))]
    made = Session(*open_material(of_table(read_bytes("noisy.csv", "\n".join(lines).encode()), "goal")))
    with opened(running, session=made) as found:
        trained(found, 1_200)
        found.view("curves").get_by_role("button", name="is anything wrong?").click()
        button = found.view("curves").get_by_role("button", name="go back to step")
        button.wait_for()
        assert "nothing is wrong" not in found.view("curves").locator(".judged").text_content()
        worse = made.time()["held_out"]
        button.click()
        step = int(button.text_content().split()[4].strip(",").replace(",", ""))
        at_step(found, step)
        assert made.time()["held_out"] < worse / 2
        assert not found.problems
    made.close()


def test_what_was_tried_is_what_is_put_in_and_old_verdicts_go(running, monkeypatch):
    monkeypatch.setattr(diagnosing, "SECONDS", 4.0)
    made = too_fast()
    with opened(running, session=made) as found:
        curves = found.view("curves")
        curves.get_by_role("button", name="is anything wrong?").click()
        article = curves.locator("article", has_text="lower the learning rate").first
        article.get_by_role("button", name="try it").click()
        curves.locator(".proof").wait_for(timeout=60_000)
        about = article.locator(".fix").text_content().split("about ")[1].split()[0].rstrip(":")
        article.get_by_role("button", name="apply it").click()
        at_step(found, 0)
        curves.locator("article").first.wait_for(state="detached")
        assert curves.locator(".judged").text_content().strip() == "is anything wrong?"
        assert f"{float(made.way.optimizer.learning_rate(np.float64(0))):.2g}" == about
        assert not found.problems
    made.close()


def test_every_weight_is_set_to_zero_by_one_button(running):
    with opened(running, "layer") as found:
        found.page.get_by_role("button", name="change layers and training").click()
        found.page.get_by_role("button", name="all weights to 0").click()
        found.weighs("0.weight", (0, 0), "0")
        assert all(not array.any() for array in found.session.now.arrays.values())
        found.page.get_by_role("button", name="reset").click()
        found.until(
            "() => document.querySelector('[data-weight=\"0.weight[0,0]\"]').getAttribute('aria-valuetext') !== '0'"
        )
        assert not found.problems
