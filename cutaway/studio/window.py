"""The page of a session, served from a thread: a script or a prompt goes on meanwhile."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

from cutaway.studio.browser import show
from cutaway.studio.keeping import save
from cutaway.studio.server import Server
from cutaway.studio.session import Session

STARTS = 20.0  # seconds that the server may take to begin


class Window:
    """A page on a server of its own, until it is closed or the program ends.

    session   what it shows
    server    its server; `address` is what to open, with its secret
    """

    def __init__(self, session: Session, port: int = 0) -> None:
        self.session, self.server = session, Server(session, port)
        began = threading.Event()
        self._thread = threading.Thread(
            target=self.server.run, args=(began.set,), name="cutaway studio server", daemon=True
        )
        self._thread.start()
        if not began.wait(STARTS):
            raise RuntimeError(f"the studio's server did not begin within {STARTS:.0f} s")

    @classmethod
    def opened(
        cls,
        session: Session,
        wait: bool | None = None,
        browser: bool = True,
        port: int = 0,
        say: Callable[[str], None] = print,
    ) -> Window:
        """Open the page in the browser, say where it is, and wait for Ctrl-C if asked to (None: in a script)."""
        window = cls(session, port)
        waits = not can_be_typed_on() if wait is None else wait
        say(f"{session.case.title}: {window.address}{'  (Ctrl-C ends it)' if waits else ''}")
        if browser:
            show(window.address)
        if waits:
            window.wait()
        return window

    @property
    def address(self) -> str:
        """What to open in a browser of this machine."""
        return self.server.address

    def wait(self) -> None:
        """Serve until Ctrl-C, then close."""
        try:
            while self._thread.is_alive():
                self._thread.join(0.2)
        except KeyboardInterrupt:
            pass
        self.close()

    def save(self, path: str | Path) -> Path:
        """Write the session as one HTML file that replays without Python and a network, and return where it is."""
        return save(self.session, path)

    def close(self) -> None:
        """End the page, and the training on it."""
        self.server.stop()
        self._thread.join(10)

    def __repr__(self) -> str:
        return f"Window({self.address})"


def can_be_typed_on() -> bool:
    """Whether this is a prompt, or a notebook, in which more can be typed while the page is open."""
    return hasattr(sys, "ps1") or bool(sys.flags.interactive) or "IPython" in sys.modules or "marimo" in sys.modules
