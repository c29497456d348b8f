"""A training that does not learn, on the page: its cause is said, the fix is tried, put in, and the network learns."""

from __future__ import annotations

import time

from cutaway.studio.commands import run
from cutaway.studio.opening import open_rung
from cutaway.studio.session import Session
from tests.studio.opened import opened

STEPS = 400


def stuck():
    """A network whose rate is far too small, after as many steps as it is then given with the fix."""
    session = Session(*open_rung("network"))
    run(session, "shape", {"change": {"optimizer": "adam", "rate": 1e-6}})
    run(session, "train", {"until": STEPS})
    while session.training.running:
        time.sleep(0.01)
    session.training.stop()
    return session


def test_a_fix_is_tried_and_put_in_and_the_network_learns(running):
    session = stuck()
    before = session.time()["loss"]
    with opened(running, session=session) as found:
        view = found.view("curves")
        view.get_by_role("button", name="is anything wrong?").click()
        cause = view.locator("article").filter(has=found.page.get_by_role("button", name="try it")).first
        cause.get_by_role("button", name="try it").click()
        cause.locator(".proof").wait_for(timeout=60_000)
        assert cause.locator(".proof").text_content().startswith("Tried: it helps.")
        assert session.time()["loss"] == before  # trying changes nothing of what is on show
        cause.get_by_role("button", name="apply it").click()
        found.until("() => document.querySelector('[data-time=step]').textContent === '0'")
        assert session.way.optimizer.learning_rate(0.0) > 1e-6
        found.page.get_by_role("combobox", name="speed").select_option(label="as fast as it goes")
        found.page.get_by_role("button", name="Train", exact=True).click()
        found.until(f"() => document.querySelector('[data-time=step]').textContent.replace(/\\D/g, '') >= {STEPS}")
        found.page.get_by_role("button", name="Pause").click()
        found.page.get_by_role("button", name="Train", exact=True).wait_for()
        assert session.time()["loss"] < 0.8 * before
        assert not found.problems
