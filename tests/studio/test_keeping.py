"""A session kept as one file: what is in it is what Python says, it replays without a network, and it stays small."""

from __future__ import annotations

import base64
import json
import re
import zlib
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import cutaway as ca
from cutaway.errors import InputError
from cutaway.explain.figures import shown
from cutaway.studio.followed import Following
from cutaway.studio.keeping import kept_page, save
from cutaway.studio.opening import open_arrays, open_rung
from cutaway.studio.protocol import from_frame, unpacked
from cutaway.studio.session import Session
from cutaway.studio.standalone import LARGEST
from tests.studio.conversation import Listener
from tests.studio.opened import opened


def session(rung: str = "network", steps: int = 60, **selected: Any) -> Session:
    found = Session(*open_rung(rung))
    with found.turn():
        found.advance(steps)
    return found


def messages(page: str) -> list[Any]:
    """Return what stands in a page, read by other code than the page's."""
    held = re.search(r'<script type="application/octet-stream" id="cutaway-session">([^<]*)</script>', page)
    assert held
    data, found = zlib.decompress(base64.b64decode(held[1], validate=True)), []
    while data:
        size = int.from_bytes(data[:4], "little")
        found.append(unpacked(*from_frame(data[4 : 4 + size])))
        data = data[4 + size :]
    return found


def test_a_moment_in_the_file_is_the_one_of_the_history():
    held = session()
    head, *moments = messages(kept_page(held)[0])
    assert len(moments) == len(head["moments"]) >= 20
    assert head["moments"][0] == [0, 0] and [0, 60] in head["moments"]
    for (branch, step), told in zip(head["moments"], moments, strict=True):
        moment = held.history.at(branch, step)
        for path, array in moment.arrays.items():
            np.testing.assert_array_equal(told["frame"]["weights"][path], array)
        outputs = held.case.outputs(moment, held.case.material.x[held.case.material.training][:1])
        np.testing.assert_array_equal(told["frame"]["forward"]["output"], outputs[0])
        assert told["frame"]["time"]["step"] == step


def test_every_sentence_of_the_file_is_what_python_says_of_that_step():
    held = session(steps=4)
    head, *moments = messages(kept_page(held)[0])
    page = Listener(held)
    for (branch, step), told in list(zip(head["moments"], moments, strict=True)):
        page.answer("seek", step=step, branch=branch)
        for name, what in (
            ("loss  ", {"kind": "loss"}),
            ("parameter 0.weight 1,2", {"kind": "parameter", "path": "0.weight", "index": [1, 2]}),
            ("unit 1 3", {"kind": "unit", "layer": "1", "place": [3]}),
            ("input  0", {"kind": "input", "place": [0]}),
        ):
            assert told["sentences"][name] == page.answer("number", what=what)["result"], name
    page.client.close()


def test_branches_are_kept_and_every_one_ends_with_its_last_step():
    held = session("line", 20)
    with held.turn():
        held.seek(5)
        held.edit(("0.weight", (0, 0)), 2.5)
        held.advance(7)
    head, *moments = messages(kept_page(held)[0])
    assert head["here"] == [1, 12] and [0, 20] in head["moments"] and [1, 5] in head["moments"]
    told = dict(zip(map(tuple, head["moments"]), moments, strict=True))
    assert told[1, 5]["frame"]["weights"]["0.weight"][0, 0] == 2.5
    assert told[0, 0]["frame"]["weights"]["0.weight"][0, 0] != 2.5
    for curves in head["curves"]:
        assert curves["batch"]["step"][-1] == {0: 20, 1: 12}[curves["branch"]]


def test_what_would_be_too_large_is_thinned_and_said():
    """120 inputs and 400,000 weights in double precision: 3 MB a moment."""
    random = np.random.default_rng(0)
    x = random.normal(size=(80, 120))
    net = ca.Sequential(ca.Dense(600), ca.Tanh(), ca.Dense(500), ca.Tanh(), ca.Dense(1))
    held = Session(*open_arrays(net, x, x[:, 0]))
    with held.turn():
        held.advance(3)
    page, notes = kept_page(held)
    assert len(page.encode()) <= LARGEST
    assert any(note.startswith("left out, to stay below 2 MB") and "the weights" in note for note in notes)
    head, *moments = messages(page)
    assert head["scene"]["kept"]["notes"] == notes
    assert moments and all("weights" not in told["frame"] for told in moments)
    assert all("forward" in told["frame"] for told in moments)


def test_nothing_in_it_ends_its_script_and_no_secret_goes_along(tmp_path):
    random = np.random.default_rng(0)
    names = ["</script><img src=x onerror=alert(1)>", "b"]
    x = random.normal(size=(40, 2))
    held = Session(*open_arrays(ca.Sequential(ca.Dense(2), ca.Dense(1)), x, x[:, 0], names=names))
    page = save(held, tmp_path / "kept.html").read_text()
    assert page.count("</script>") == 2 and "onerror" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert messages(page)[0]["scene"]["data"]["inputs"] == names
    with pytest.raises(InputError, match=r"expected a file such as session\.html"):
        save(held, tmp_path / "kept.txt")


def test_a_training_that_goes_on_elsewhere_is_kept_once_it_is_done():
    held = Following(*open_rung("line"))
    with pytest.raises(InputError, match="keep: the page looks on"):
        kept_page(held)
    held.ends()
    assert messages(kept_page(held)[0])[0]["format"] == 1


def test_a_click_on_a_training_that_broke_is_told_in_the_file():
    held = session("line", 3)
    with held.turn():
        held.edit(("0.weight", (0, 0)), 1e200)
        held.advance(2)
    head, *moments = messages(kept_page(held)[0])
    told = dict(zip(map(tuple, head["moments"]), moments, strict=True))
    assert told[tuple(head["here"])]["frame"]["time"]["broken"] and not told[0, 0]["frame"]["time"]["broken"]


def test_the_command_answers_with_the_file():
    held = session("line", 3)
    page = Listener(held)
    found = page.answer("keep")["result"]
    assert [each["name"] for each in found["files"]] == ["A-line.html"]
    assert messages(bytes(found["files"][0]["bytes"]).decode())[0]["format"] == 1
    page.client.close()


# ---- in a browser ---------------------------------------------------------------------------------------------


@contextmanager
def replayed(running, place):
    """Open a kept session from disk, offline; what is asked for or complained about fails the test."""
    context = running.new_context(viewport={"width": 1400, "height": 1000}, offline=True)
    page = context.new_page()
    asked, problems = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda fault: problems.append(str(fault)))
    page.goto(place.as_uri())
    page.locator('[data-view="number"] [data-number]').wait_for()
    yield page
    assert asked == [place.as_uri()] and problems == []
    context.close()


def test_it_replays_from_disk(running, tmp_path):
    held = session()
    place = save(held, tmp_path / "kept.html")
    head = messages(place.read_text())[0]
    with replayed(running, place) as page:
        step = page.locator("[data-time=step]")
        assert step.text_content() == "60"
        slider = page.get_by_label("moment shown")
        for number in (0, 4, 11):
            slider.fill(str(number))
            moment = held.history.at(0, head["moments"][number][1])
            page.locator("[data-time=step]", has_text=re.compile(f"^{moment.step}$")).wait_for()
            gear = page.locator('[data-weight="0.weight[1,2]"]')
            assert gear.get_attribute("aria-valuetext") == shown(float(moment.arrays["0.weight"][1, 2]))
            loss = held.evaluation(held.case, moment, held.way).training
            assert page.locator("[data-time=loss]").text_content() == shown(loss)
        gear.focus()
        page.keyboard.press("ArrowUp")  # nothing can be changed, and what is said of the weight is that of the moment
        page.locator('[data-number="0.weight[1, 2]"]').wait_for()
        assert gear.get_attribute("aria-valuetext") == shown(float(moment.arrays["0.weight"][1, 2]))
        assert page.get_by_role("button", name="Train", exact=True).count() == 0
        page.get_by_role("button", name="Play").click()
        page.locator("[data-time=step]", has_text=re.compile("^60$")).wait_for(timeout=20_000)
        page.set_viewport_size({"width": 375, "height": 800})
        wide = page.locator("html").evaluate("each => each.scrollWidth")
        assert wide <= 375


def test_the_button_of_the_page_keeps_what_is_on_show(running, tmp_path):
    with opened(running, "line", accept_downloads=True) as found:
        found.view("steps").get_by_role("button", name="one batch").click()
        found.view("steps").locator("tbody tr").first.wait_for()
        found.page.get_by_role("button", name="open, save").click()
        with found.page.expect_download() as told:
            found.page.get_by_role("button", name="keep this as a file").click()
        place = tmp_path / told.value.suggested_filename
        told.value.save_as(place)
        head = messages(place.read_text())[0]
        assert head["here"] == [0, 1] and json.dumps(found.server.token) not in place.read_text()
        assert found.server.token not in place.read_text()
