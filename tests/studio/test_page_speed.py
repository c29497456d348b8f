"""From the hand to the screen in milliseconds, and from the trainer to the screen thirty times a second."""

from __future__ import annotations

import os

import numpy as np
import pytest

import cutaway as ca
from benchmarks.studio import WATCH_DRAG
from cutaway.studio.opening import open_arrays
from cutaway.studio.session import Session
from tests.studio.opened import opened
from tests.studio.test_page_hand import middle

PROMISED = 50  # milliseconds within which 95 of 100 moves are on the screen
FREE = 0.4  # of the cores may be busy with something else


def load():
    """The share of the cores that is busy, over the last minute."""
    return os.getloadavg()[0] / (os.cpu_count() or 1)


def dragged(running):
    """Milliseconds from each of a hundred moves to the screen, sorted."""
    with opened(running) as found:
        found.page.evaluate(WATCH_DRAG)
        x, y = middle(found, "4.weight", 2, 0)
        found.page.mouse.move(x, y)
        found.page.mouse.down()
        for move in range(104):
            found.page.mouse.move(x, y - 5 - 1.3 * (move % 60))
            found.page.wait_for_timeout(50)
        found.page.mouse.up()
        spent = sorted(found.page.evaluate("window.spent"))
    assert len(spent) >= 90
    return spent


def test_a_drag_is_answered_at_once(running):
    """The promise itself, in the best of three: others may take the cores for a while, but not make it faster."""
    before, told = load(), []
    for _ in range(3):
        spent = dragged(running)
        told.append(spent[int(0.95 * len(spent))])
        if told[-1] <= PROMISED:
            return
    said = f"95 of 100 moves took up to {', '.join(f'{each:.0f}' for each in told)} ms; promised are {PROMISED}"
    if before > FREE:
        pytest.skip(f"{said}: the machine is loaded ({before:.0%} of its cores), and that is of others, too")
    raise AssertionError(said)


SECONDS = 3
COUNT = """seconds => new Promise((told) => {
    let frames = 0;
    const watcher = new MutationObserver(() => frames++);
    watcher.observe(document.querySelector("[data-time=step]"), {childList: true, characterData: true, subtree: true});
    setTimeout(() => { watcher.disconnect(); told(frames); }, 1000 * seconds);
})"""


def frames_a_second(running):
    """How often a page shows another step while a network of 100 hidden units learns as fast as it goes."""
    random = np.random.default_rng(0)
    x = random.normal(size=(512, 10))
    net = ca.Sequential(ca.Dense(50), ca.Tanh(), ca.Dense(50), ca.Tanh(), ca.Dense(1))
    session = Session(*open_arrays(net, x, np.sin(x[:, 0]) + x[:, 1] * x[:, 2], validation=0.2))
    with opened(running, session=session) as found:
        found.page.get_by_role("button", name="Train", exact=True).click()
        found.until("() => document.querySelector('[data-time=step]').textContent !== '0'")
        shown = found.page.evaluate(COUNT, SECONDS) / SECONDS
        found.page.get_by_role("button", name="Pause").click()
    return shown


def test_a_network_of_100_neurons_is_shown_thirty_times_a_second_while_it_learns(running):
    """Sent at most 30 times a second: the bound leaves room for a frame that is late now and then."""
    if (busy := load()) > FREE:
        pytest.skip(f"the machine is loaded ({busy:.0%} of its cores): frames a second would be those of others, too")
    assert frames_a_second(running) >= 27
