"""The studio in a real browser: from the hand to the screen, frames a second, and what watching costs a training.

A drag: the network of the ladder, 2-8-8-1, 160 rows; a weight is moved 100 times, 50 ms apart. Measured is from the
browser's own event to the instant after the paint that shows the answer of Python (the value of the output unit).

Frames: a network of 100 hidden units, 512 rows of 10 columns, trains as fast as it goes. The steps of the training a
second are compared with the page open on it and with no page, in turn; frames are those that the page acknowledged, as
it does when it draws them. The browser runs by itself, as a person's does: a driver would be told of each message, and
take its time from the same cores. By the process's own clock, the time that browser and other programs take from it
does not count: what is left is what making frames and answering takes. The browser's time is that of all its processes.

An edit: a page without a browser, in a process of its own, changes a weight of a 2-8-8-8-1 network on 200 rows over the
WebSocket, 50 ms apart; measured is to the reply, and to the frame with every activation, every weight and a boundary of
40 × 40 points, while nothing else is done and while the network trains.

The first view: a GPT of 340,000 weights, from the address to its first painted layer.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

import cutaway as ca
from benchmarks.report import table, write
from cutaway.errors import InputError
from cutaway.studio.case import Case
from cutaway.studio.material import Material
from cutaway.studio.opening import open_arrays, open_rung
from cutaway.studio.session import Session
from cutaway.studio.way import Way
from cutaway.studio.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

MOVES, PAUSE = 100, 50  # of the drag, and milliseconds from one to the next
SECONDS = 4.0  # that frames and steps are counted over, each time
WARM = 1.0  # seconds of training before anything is counted
PATIENCE = 60.0  # seconds that a browser has until its first frame

# The first move after the last answer starts the clock; the answer is on the screen when a message posted within the
# animation frame that shows it arrives.
WATCH_DRAG = """() => {
    window.spent = [];
    let began = null;
    const gear = document.querySelector('[data-weight="4.weight[2,0]"]');
    gear.addEventListener("pointermove", () => { began ??= performance.now(); }, true);
    const painted = (then) => requestAnimationFrame(() => {
        const after = new MessageChannel();
        after.port1.onmessage = then;
        after.port2.postMessage(0);
    });
    new MutationObserver(() => {
        if (began === null) return;
        const begin = began;
        began = null;
        painted(() => window.spent.push(performance.now() - begin));
    }).observe(document.getElementById("gear-3-0--2"), {attributes: true, attributeFilter: ["aria-label"]});
}"""


@contextmanager
def page_of(running: Any, session: Session) -> Iterator[Any]:
    """Give a page of Chromium that shows a session, its first numbers painted."""
    window = Window.opened(session, wait=False, browser=False, say=lambda said: None)
    room = running.new_context(viewport={"width": 1440, "height": 1000})
    page = room.new_page()
    page.goto(window.address)
    page.locator('[data-view="number"] [data-number]').wait_for(timeout=60_000)
    try:
        yield page
    finally:
        room.close()
        window.close()


def dragged(running: Any, moves: int) -> list[float]:
    """Return the milliseconds from each move of a hand to the screen, sorted."""
    with page_of(running, Session(*open_rung("network"))) as page:
        page.wait_for_timeout(1000)
        page.evaluate(WATCH_DRAG)
        # The middle of the drawn curve, not of its box.
        x, y = page.locator('[data-weight="4.weight[2,0]"] .reach').evaluate(
            """path => {
                const at = path.getPointAtLength(path.getTotalLength() / 2);
                const to = path.getScreenCTM();
                return [to.a * at.x + to.e, to.d * at.y + to.f];
            }"""
        )
        page.mouse.move(x, y)
        page.mouse.down()
        for move in range(moves + 4):
            page.mouse.move(x, y - 5 - 1.3 * (move % 60))
            page.wait_for_timeout(PAUSE)
        page.mouse.up()
        return sorted(page.evaluate("window.spent"))


def wide() -> Session:
    """Return a session on a network of 100 hidden units."""
    random = np.random.default_rng(0)
    x = random.normal(size=(512, 10))
    net = ca.Sequential(ca.Dense(50), ca.Tanh(), ca.Dense(50), ca.Tanh(), ca.Dense(1))
    return Session(*open_arrays(net, x, np.sin(x[:, 0]) + x[:, 1] * x[:, 2], validation=0.2))


@contextmanager
def alone_in(chromium: str, session: Session) -> Iterator[int]:
    """Show a session in a browser that nobody drives, its first frame acknowledged; give the browser's process."""
    window = Window.opened(session, wait=False, browser=False, say=lambda said: None)
    with TemporaryDirectory(ignore_cleanup_errors=True) as kept:
        # Without the port it would end once the page is loaded; nothing connects to it.
        settings = ["--headless", "--no-sandbox", "--remote-debugging-port=0", "--window-size=1440,1000"]
        command = [chromium, *settings, f"--user-data-dir={kept}", window.address]
        said, end = Path(kept) / "said.txt", time.perf_counter() + PATIENCE
        with said.open("wb") as told:
            started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told)
        try:
            while not drawn(session):
                if started.poll() is not None or time.perf_counter() > end:
                    why = f"{chromium}: it ended, or drew no frame in {PATIENCE:g} s; look why, and measure again"
                    raise InputError(f"{why}: {said.read_text(errors='replace')[-2_000:]}")
                time.sleep(0.05)
            yield started.pid
        finally:
            started.terminate()
            started.wait()
            window.close()


def drawn(session: Session) -> int:
    """Return how many frames the page of a session drew; 0 where there is none."""
    return sum(client.acknowledged for client in list(session.clients))


def processor_seconds(root: int) -> float:
    """Return what a process and all that it began have had of the cores so far; not a number where that is not told."""
    parents, spent = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            told = (folder / "stat").read_text().rpartition(")")[2].split()
            parents[int(folder.name)], spent[int(folder.name)] = int(told[1]), int(told[11]) + int(told[12])
    family = {root}
    while found := {number for number, parent in parents.items() if parent in family} - family:
        family |= found
    return sum(spent.get(number, 0) for number in family) / os.sysconf("SC_CLK_TCK") if spent else float("nan")


def train(session: Session) -> None:
    """Have a session train as fast as it goes, and let it come into its stride."""
    with session.turn():
        session.training.start()
        session.changed(scene_too=True)
    time.sleep(WARM)


def counted(session: Session, seconds: float) -> tuple[float, float]:
    """Return how many steps the training takes a second, by the clock and by what this process gets of it."""
    began, spent, first = time.perf_counter(), time.process_time(), session.now.step
    time.sleep(seconds)
    steps = session.now.step - first
    return steps / (time.perf_counter() - began), steps / (time.process_time() - spent)


def watched(chromium: str, repeats: int, seconds: float) -> dict[str, Any]:
    """Return frames a second, and steps a second with the page and without, each time one after the other."""
    names = ("frames", "browser", "with", "without", "own with", "own without")
    found: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(repeats):
        session = wide()
        with alone_in(chromium, session) as browser:
            train(session)
            frames, busy, begin = drawn(session), processor_seconds(browser), time.perf_counter()
            by_clock, own = counted(session, seconds)
            took = time.perf_counter() - begin
            found["frames"].append((drawn(session) - frames) / took)
            found["browser"].append((processor_seconds(browser) - busy) / took)
            found["with"].append(by_clock)
            found["own with"].append(own)
        alone = wide()
        train(alone)
        by_clock, own = counted(alone, seconds)
        found["without"].append(by_clock)
        found["own without"].append(own)
        alone.close()
    shares = [a / b for a, b in zip(found["with"], found["without"], strict=True)]
    return {
        "frames a second": statistics.median(found["frames"]),
        "cores that the browser takes": statistics.median(found["browser"]),
        "steps a second, watched": statistics.median(found["with"]),
        "steps a second, alone": statistics.median(found["without"]), "share": statistics.median(shares),
        "shares": shares,
        "share by its own clock": statistics.median(
            a / b for a, b in zip(found["own with"], found["own without"], strict=True)
        ),
    }  # fmt: skip


def edits(moves: int, training: bool) -> dict[str, dict[str, float]]:
    """Return the milliseconds from an edit over the WebSocket to its reply and to the frame that shows it."""
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (200, 2))
    hidden = [part for _ in range(3) for part in (ca.Dense(8), ca.Tanh())]
    session = Session(*open_arrays(ca.Sequential(*hidden, ca.Dense(1)), x, x[:, 0] * x[:, 1], validation=0.2))
    window = Window(session)
    if training:
        with session.turn():
            session.training.start()
        time.sleep(WARM)
    about = [str(window.server.port), window.server.token, str(moves)]
    command = [sys.executable, "-m", "benchmarks.studio_client", *about]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    window.close()
    return {
        name: {"milliseconds": statistics.median(spent), "95 %": spent[min(len(spent) - 1, int(0.95 * len(spent)))]}
        for name, spent in json.loads(done.stdout).items()
    }


def told(spent: dict[str, float]) -> str:
    return f"{spent['milliseconds']:.1f} ms ({spent['95 %']:.1f})"


def gpt() -> Session:
    """Return a session on a GPT of 340,000 weights, with as many windows as a run of that size shows."""
    random = np.random.default_rng(0)
    letters = tuple(map(chr, range(48, 113)))
    tokens = random.integers(0, len(letters), (228, 65))
    blocks = [ca.TransformerBlock(4) for _ in range(4)]
    net = ca.Sequential(
        ca.Embedding(len(letters), 80), ca.LearnedPositions(64), *blocks, ca.LayerNorm(), ca.Dense(len(letters))
    )
    net.build(tokens[:2, :-1], 0)
    every = np.arange(len(tokens))
    material = Material(
        name="text", kind="text", x=tokens[:, :-1], y=tokens[:, 1:], training=every, held_out=every[:0],
        inputs=("token",), outputs=letters, target="the next token", classes=letters, letters=letters,
    )  # fmt: skip
    return Session(Case("a GPT", material, net, editable=False), Way(ca.losses.CrossEntropy(), ca.Adam(1e-4), 32))


def first_view(running: Any) -> tuple[int, float]:
    """Return the weights of a GPT, and the seconds from its address to its first painted layer."""
    session = gpt()
    window = Window.opened(session, wait=False, browser=False, say=lambda said: None)
    page = running.new_page(viewport={"width": 1440, "height": 1000})
    began = time.perf_counter()
    page.goto(window.address)
    page.locator("[data-view=network] li canvas").first.wait_for(timeout=60_000)
    took = time.perf_counter() - began
    page.close()
    window.close()
    return session.case.weights, took


def main(repeats: int, quick: bool) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("the studio is measured in Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        running = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        spent = dragged(running, 10 if quick else MOVES)
        views = [first_view(running) for _ in range(1 if quick else repeats)]
        running.close()
    figures = watched(chromium, 1 if quick else repeats, 1.0 if quick else SECONDS)
    quiet, busy = (edits(10 if quick else MOVES, training) for training in (False, True))
    low, high = statistics.median(spent), spent[min(len(spent) - 1, int(0.95 * len(spent)))]
    drag = {"milliseconds": low, "95 %": high, "moves": len(spent)}
    first = {"weights": views[0][0], "seconds": statistics.median(seconds for _, seconds in views)}
    print(table([
        ["the studio in Chromium", "measured", "bar"],
        ["a drag to the painted answer, median", f"{low:.0f} ms", ""],
        [f"95 % of {len(spent)} moves within", f"{high:.0f} ms", "50 ms"],
        *([f"an edit to its {what}, median (95 %)", told(quiet[what]), ""] for what in quiet),
        *([f"the same while it trains: {what}", told(busy[what]), ""] for what in busy),
        ["frames a second, 100 hidden units in training", f"{figures['frames a second']:.1f}", "30"],
        ["cores that the browser takes for them", f"{figures['cores that the browser takes']:.2f}", ""],
        ["steps a second, watched", f"{figures['steps a second, watched']:.0f}", ""],
        ["steps a second, alone", f"{figures['steps a second, alone']:.0f}", ""],
        ["share of its speed that the training keeps", f"{figures['share']:.3f}", "0.9"],
        ["the same by the process's own clock", f"{figures['share by its own clock']:.3f}", ""],
        [f"a GPT of {first['weights']:,} weights, to its first layer", f"{first['seconds']:.2f} s", "2 s"],
    ]))  # fmt: skip
    if not quick:
        write("studio", {"drag": drag, "edit": quiet, "edit in training": busy, "live": figures, "first view": first})
