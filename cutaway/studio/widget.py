"""The studio in a notebook: an anywidget whose messages are those of the page's socket."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cutaway.errors import InputError
from cutaway.studio.client import Client
from cutaway.studio.keeping import save
from cutaway.studio.page import STATIC
from cutaway.studio.session import Session

MOST_VIEWS = 16  # of one widget that are spoken with; the one that spoke first is forgotten for one more
LONGEST_NAME = 64  # of a view

Deliver = Callable[[dict[str, Any], list[bytes]], None]


class Visitors:
    """The views of one widget. All hear all its messages, so each message says which view it is to or from.

    deliver   sends content and buffers to every view; called from one thread

    A view sends {"view": name, "message": request}, its buffers beside it, and {"view": name, "message": null} when it
    goes. Each has a client of its own: what it watches, and what it has acknowledged.
    """

    def __init__(self, session: Session, deliver: Deliver) -> None:
        self.session, self._deliver = session, deliver
        self._lock = threading.Lock()
        self._outgoing: queue.SimpleQueue[tuple[dict[str, Any], list[bytes]] | None] = queue.SimpleQueue()
        self.clients: dict[str, Client] = {}
        self._closed = False
        thread_for(self._send).start()

    def receive(self, content: Any, buffers: Any = ()) -> None:
        """Take a message of a view; what is none is passed over, since nobody could be told."""
        view = content.get("view") if isinstance(content, dict) else None
        if not isinstance(view, str) or not 0 < len(view) <= LONGEST_NAME or self._closed:
            return
        message = content.get("message")
        if message is None:
            self._leave(view)
            return
        try:
            self._client(view).receive(message, buffers or ())
        except InputError as fault:
            number = message.get("id") if isinstance(message, dict) else None
            self._put(view, {"id": number, "revision": 0, "error": {"kind": "input", "message": str(fault)}}, [])

    def close(self) -> None:
        """End: the widget is gone."""
        self._closed = True
        for view in list(self.clients):
            self._leave(view)
        self._outgoing.put(None)
        self.session.close()

    def _client(self, view: str) -> Client:
        with self._lock:
            if view not in self.clients:
                while len(self.clients) >= MOST_VIEWS:
                    self.clients.pop(next(iter(self.clients))).close()
                self.clients[view] = Client(self.session, lambda content, buffers: self._put(view, content, buffers))
            return self.clients[view]

    def _leave(self, view: str) -> None:
        with self._lock:
            client = self.clients.pop(view, None)
        if client is not None:
            client.close()

    def _put(self, view: str, content: Any, buffers: list[bytes]) -> None:
        self._outgoing.put(({"view": view, "message": content}, buffers))

    def _send(self) -> None:
        while (message := self._outgoing.get()) is not None:
            self._deliver(*message)


def widget(session: Session) -> Any:
    """Return an anywidget that shows a session; it has it as `session`, and ends it when it is closed.

    Raises `InputError` where anywidget is not installed, or the page is not built in this copy.
    """
    if find_spec("anywidget") is None:
        raise InputError("studio: the widget needs anywidget: pip install 'cutaway[notebook]'; or ask for page=True")
    script, style = STATIC / "studio.js", STATIC / "studio.css"
    if not script.is_file() or not style.is_file():
        raise InputError(
            "studio: the page is not built in this copy of cutaway; in a clone: cd web && npm ci && npm run build"
        )
    import anywidget

    class Studio(anywidget.AnyWidget):
        """The studio as a widget."""

        _esm = script.read_text(encoding="utf-8")
        session: Session
        _css = style.read_text(encoding="utf-8")

        def save(self, path: str | Path) -> Path:
            """Write the session as one HTML file that replays without Python and a network."""
            return save(self.session, path)

        def close(self) -> None:
            """End the training, and the widget."""
            shown.visitors.close()
            super().close()

    shown: Any = Studio()
    shown.session = session
    shown.visitors = Visitors(session, lambda content, buffers: shown.send(content, buffers))
    shown.on_msg(lambda _, content, buffers: shown.visitors.receive(content, buffers))
    return shown


def shown_in_notebook() -> bool:
    """Whether this is a notebook that shows widgets; where only anywidget is missing, that is said."""
    if not in_notebook():
        return False
    if find_spec("anywidget") is None:
        print("The studio opens in a page of its own; pip install 'cutaway[notebook]' shows it here.")
        return False
    return True


def in_notebook() -> bool:
    """Whether this runs in Jupyter, VS Code, Colab or marimo."""
    if in_marimo():
        return True
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")


def in_marimo() -> bool:
    """Whether this runs in a notebook of marimo."""
    marimo = sys.modules.get("marimo")
    return marimo is not None and bool(marimo.running_in_notebook())


def thread_for(work: Callable[[], None]) -> threading.Thread:
    """Return a thread that may speak to the notebook: marimo hears only threads of its own kind."""
    if in_marimo():
        kind: type[threading.Thread] = sys.modules["marimo"].Thread
        return kind(target=work, name="cutaway studio widget", daemon=True)
    return threading.Thread(target=work, name="cutaway studio widget", daemon=True)
