"""A studio's page open in Chromium, for the tests of the page; without the browser they skip and say so."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from cutaway.studio.opening import open_rung
from cutaway.studio.server import Server
from cutaway.studio.session import Session

# The shell is the same engine without the windows that nobody sees, and has a page open in half the time.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
# Panels grow as their first figures come: nothing is where it stays until all has kept its size for ten screen frames.
SETTLED = """() => new Promise((settled) => {
    let [size, same] = ["", 0];
    const look = () => {
        const drawn = document.querySelector("[data-view=network] svg, [data-view=network] ol").getBoundingClientRect();
        const now = `${document.body.scrollHeight} ${drawn.top} ${drawn.height}`;
        [same, size] = [now === size ? same + 1 : 0, now];
        same < 10 ? requestAnimationFrame(look) : settled(true);
    };
    look();
})"""


ending: list[threading.Thread] = []  # of servers that were told to end, and need a moment for it


@contextmanager
def browser() -> Iterator[Any]:
    """Start Chromium without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the tests of the page need playwright")
    if CHROMIUM is None:
        pytest.skip("the tests of the page need Chromium: apt-get install chromium-headless-shell")
    with playwright.sync_playwright() as started:
        # Root, as in a container, has no sandbox to give.
        running = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield running
        finally:
            running.close()
    while ending:
        thread = ending.pop()
        thread.join(20)
        assert not thread.is_alive(), f"a server did not end: that of {thread.name}"


@contextmanager
def served(session: Session) -> Iterator[Server]:
    """Serve a session until the end of the block."""
    server, began = Server(session), threading.Event()
    whose = os.environ.get("PYTEST_CURRENT_TEST", "no test")
    thread = threading.Thread(target=server.run, args=(began.set,), daemon=True, name=whose)
    thread.start()
    assert began.wait(20)
    try:
        yield server
    finally:
        server.stop()
        ending.append(thread)


@dataclass
class Opened:
    """A page, the session behind it, and what the page asked for and complained of."""

    page: Any
    session: Session
    server: Server
    asked: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def weight(self, path: str, *index: int) -> float:
        return float(self.session.now.arrays[path][index])

    def gear(self, path: str, *index: int) -> Any:
        """Return the drawn line or dot of a weight."""
        return self.page.locator(f'[data-weight="{path}[{",".join(map(str, index))}]"]')

    def weighs(self, path: str, index: tuple[int, ...], text: str) -> None:
        """Wait until the drawn weight says this number."""
        drawn = f'[data-weight="{path}[{",".join(map(str, index))}]"]'
        said = "([drawn, text]) => document.querySelector(drawn)?.getAttribute('aria-valuetext') === text"
        self.until(said, [drawn, text])

    def view(self, name: str) -> Any:
        return self.page.locator(f'[data-view="{name}"]')

    def heard(self, fits: Callable[[], Any], seconds: float = 15.0) -> None:
        """Wait for what is so in the session: what a hand did is there a moment after the page shows it."""
        end = time.perf_counter() + seconds
        while not fits():
            assert time.perf_counter() < end, "the session did not hear of it"
            self.page.wait_for_timeout(10)

    def until(self, fits: str, argument: Any = None, seconds: float = 15.0) -> None:
        """Wait for what a script says of the page."""
        self.page.wait_for_function(fits, arg=argument, timeout=1000 * seconds)


@contextmanager
def opened(running: Any, rung: str = "network", *, session: Session | None = None, **context: Any) -> Iterator[Opened]:
    """Open a rung of the ladder, or a session, in a page of its own."""
    held = Session(*open_rung(rung)) if session is None else session
    with served(held) as server:
        settings = {"viewport": {"width": 1440, "height": 1000}, **context}
        room = running.new_context(**settings)
        try:
            found = Opened(room.new_page(), held, server)
            watch(found)
            found.page.goto(server.address)
            # The first frame is on the page when a number of it is.
            found.view("number").locator("[data-number]").wait_for(timeout=20_000)
            found.until(SETTLED)
            yield found
        finally:
            room.close()


def watch(found: Opened) -> None:
    """Note the requests of a page, and its complaints."""
    found.page.on("request", lambda request: found.asked.append(request.url))
    found.page.on("websocket", lambda socket: found.asked.append(socket.url))
    found.page.on("pageerror", lambda error: found.problems.append(str(error)))
    found.page.on(
        "console", lambda said: found.problems.append(said.text) if said.type in ("error", "warning") else None
    )
