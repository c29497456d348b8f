"""The report in a browser: opened from disk it asks nobody, says nothing to the console, shows the run's figures."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

import cutaway as ca
from cutaway.explain.figures import shown
from tests.studio.reported import HOSTILE, HOW, LABELS, classes, held, numbers, trained

pytestmark = pytest.mark.filterwarnings("ignore::cutaway.errors.FindingWarning")
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def weather(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("weather"), classes(), "weather")


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("line"), numbers(), "y", epochs=40)


@contextmanager
def opened(running, run, **options):
    """Open a run's report from disk, without a network; whatever is asked for or complained about fails the test."""
    context = running.new_context(viewport={"width": 1200, "height": 900}, **options)
    context.set_offline(True)
    page = context.new_page()
    asked, problems = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda fault: problems.append(str(fault)))
    page.on("dialog", lambda dialog: problems.append(dialog.message))
    page.goto((run.path / "report.html").as_uri())
    page.locator("[data-view=made]").wait_for()
    yield page
    assert [each for each in asked if not each.startswith("data:")] == [(run.path / "report.html").as_uri()]
    assert problems == []
    context.close()


def test_the_figures_are_those_of_run_json(running, weather):
    facts = json.loads((weather.path / "run.json").read_text())
    with opened(running, weather) as page:
        summary = page.locator("[data-view=summary]")
        assert float(summary.locator("[data-figure=score]").get_attribute("title")) == facts["scores"]["value"]
        ends = summary.locator("[data-figure=interval]").get_attribute("title").split(" to ")
        assert [float(end) for end in ends] == facts["scores"]["interval"]
        board = summary.locator("tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.title))"
        )
        expected = [[facts[part][name] for part in ("scores", "estimate")] for name in ("value", "baseline")]
        assert [[float(cell) for cell in row[1:]] for row in board] == expected
        calibration = page.locator("[data-figure=calibration]").get_attribute("title")
        assert float(calibration) == pytest.approx(facts["scores"]["others"]["calibration error"], rel=1e-12)


def test_sections_come_in_order_and_only_those_with_data(running, weather, line):
    with opened(running, weather) as page:
        views = page.locator("[data-view]").evaluate_all("all => all.map(each => each.dataset.view)")
    assert views[0] == "summary" and views[-1] == "made"
    assert {"curves", "confusion", "calibration", "worst", "importance", "explained", "replay"} < set(views)
    assert "residuals" not in views and "text" not in views
    with opened(running, line) as page:
        views = page.locator("[data-view]").evaluate_all("all => all.map(each => each.dataset.view)")
    assert "residuals" in views and not {"confusion", "calibration"} & set(views)


@pytest.mark.parametrize(("peak", "pressed"), [(1.0, "false"), (400.0, "true")])
def test_one_high_peak_begins_the_chart_with_a_logarithm_and_the_button_stays(running, line, tmp_path, peak, pressed):
    page = (line.path / "report.html").read_text()
    losses = held(page)["curves"]["loss"]
    before, after = (
        '"loss":' + json.dumps(each, separators=(",", ":")) for each in (losses, [peak, *[0.5] * (len(losses) - 1)])
    )
    assert page.count(before) == 1
    (tmp_path / "report.html").write_text(page.replace(before, after))
    with opened(running, SimpleNamespace(path=tmp_path)) as page:
        button = page.locator("[data-view=curves]").get_by_role("button", name="log")
        assert button.get_attribute("aria-pressed") == pressed
        button.click()
        assert button.get_attribute("aria-pressed") != pressed


def test_cells_have_the_minus_of_all_other_numbers(running, line):
    with opened(running, line) as page:
        cells = page.locator("[data-view=worst] td, [data-view=explained] td").all_inner_texts()
        assert any(cell.startswith("−0.") for cell in cells)
        assert not [cell for cell in cells if cell.startswith("-")]


def test_large_numbers_beside_an_axis_are_whole(running, tmp_path):
    columns = numbers()
    run = trained(tmp_path, {**columns, "y": [1_561_666 + 250_000 * y for y in columns["y"]]}, "y", epochs=2)
    with opened(running, run) as page:
        outside = page.locator("[data-view=residuals] svg").evaluate_all(
            """drawn => drawn.flatMap(svg => [...svg.querySelectorAll('text')].filter(text => {
                const [inside, box] = [text.getBBox(), svg.viewBox.baseVal];
                return inside.x < box.x || inside.x + inside.width > box.x + box.width;
            }).map(text => text.textContent))"""
        )
        assert outside == []


def test_names_and_cells_are_text_and_nothing_else(running, weather):
    with opened(running, weather) as page:
        names = page.locator("[data-view=importance] tbody th").all_text_contents()
        assert HOSTILE in names
        heads = page.locator("[data-view=confusion] thead th").all_text_contents()
        assert heads[1:] == sorted(LABELS)
        cells = page.locator("[data-view=worst] td").all_text_contents()
        assert any("<i>north</i>" in cell or cell == "south" for cell in cells)
        assert page.locator("img[src=x], td i, th b").count() == 0
        assert page.evaluate("document.querySelectorAll('script').length") == 2


def test_the_replay_scrubs(running, line):
    with opened(running, line) as page:
        replay = page.locator("[data-view=replay]")
        last = replay.locator("[data-moment]").text_content()
        assert f"After epoch {line.history[-1].epoch}" in last
        replay.locator("input[type=range]").fill("0")
        assert "After epoch 0, before anything was learned" in replay.locator("[data-moment]").text_content()
        place = 4
        replay.locator("input[type=range]").fill(str(place))
        epoch = int(replay.locator("[data-moment]").get_attribute("data-moment"))
        record = next(each for each in line.history if each.epoch == epoch)
        said = replay.locator("[data-moment]").text_content()
        assert shown(float(f"{record.loss:.6g}")) in said and shown(float(f"{record.validation:.6g}")) in said
        early = replay.locator("canvas").evaluate("each => each.toDataURL()")
        replay.locator("input[type=range]").fill("999")
        assert replay.locator("canvas").evaluate("each => each.toDataURL()") != early
        replay.get_by_role("button", name="play").click()
        page.wait_for_timeout(400)
        assert int(replay.locator("[data-moment]").get_attribute("data-moment")) < line.history[-1].epoch


def test_the_replay_of_a_text_shows_what_it_wrote_then(running, tmp_path):
    (tmp_path / "book.txt").write_text("the cat sat on the mat. a <b>dog</b> & a log.\n" * 60)
    run = ca.train(tmp_path / "book.txt", epochs=4, context=32, out=tmp_path / "run", **HOW)
    report = run.report()
    told = held(report.read_text(encoding="utf-8"))["replay"]["moments"]
    assert len(told["at"]) == len(run.moments) >= 2
    with opened(running, run) as page:
        replay = page.locator("[data-view=replay]")
        for at, text in zip(told["at"], told["texts"], strict=True):
            replay.locator("input[type=range]").fill(str(told["at"].index(at)))
            assert replay.locator("[data-moment]").get_attribute("data-moment") == str(at)
            assert replay.locator("[data-wrote]").get_attribute("data-wrote") == str(at)
            assert replay.locator("[data-wrote]").text_content() == text


def test_every_chart_has_its_table(running, line):
    with opened(running, line) as page:
        twin = page.locator("[data-view=curves] .twin tbody tr")
        losses = {
            row.locator("td").nth(0).text_content(): row.locator("td").nth(1).text_content() for row in twin.all()
        }
        for record in line.history[:3]:
            assert losses[str(record.epoch)] == shown(float(f"{record.loss:.6g}"))
        bars = page.locator("[data-view=residuals] .twin tbody tr")
        assert bars.count() == 21


def test_telephone_and_wall(running, weather, line):
    for run in (weather, line):
        with opened(running, run) as page:
            for width in (375, 820, 1440, 2560):
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_timeout(100)
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                small = page.locator("button:visible, select:visible, input:visible").evaluate_all(
                    "all => all.map(each => [each.textContent || each.ariaLabel, each.getBoundingClientRect()])"
                    ".filter(([, box]) => box.height < 23.9 || box.width < 23.9).map(([name]) => name)"
                )
                assert small == []
                board = page.locator("[data-view=summary] .scroll")
                assert board.evaluate("each => each.scrollWidth - each.clientWidth") == 0  # no column of it is cut


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(running, weather, scheme):
    if not AXE.is_file():
        pytest.skip("axe-core comes with the page's own packages: cd web && npm ci")
    with opened(running, weather, color_scheme=scheme) as page:
        page.evaluate(AXE.read_text())
        told = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [
            (each["id"], each["nodes"][0]["html"][:200], each["nodes"][0]["failureSummary"][:300])
            for each in told["violations"] if each["impact"] in ("serious", "critical")
        ]  # fmt: skip
        assert serious == []


def test_on_paper_it_is_light_and_whole(running, weather, tmp_path):
    with opened(running, weather, color_scheme="dark") as page:
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator(".report").evaluate("each => each.style.getPropertyValue('--card')") == "#ffffff"
        assert not page.locator("[data-view=replay] input").is_visible()
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator(".report").evaluate("each => each.style.getPropertyValue('--card')") != "#ffffff"
