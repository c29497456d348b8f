"""One who looks at a session: its requests in order, and its frames, the latest only, none before the last arrived.

Where two threads compute at once in one interpreter, each holds up the other far longer than what it does takes. So
all that is computed for a client, but for what takes long, is computed in a turn, and while the network trains as fast
as it goes, its frames are made by the training itself, between two of its steps.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

from cutaway.errors import InputError
from cutaway.studio.arguments import Arguments
from cutaway.studio.commands import run
from cutaway.studio.frames import frame, watched
from cutaway.studio.protocol import Buffers, packed, unpacked
from cutaway.studio.session import Session

RATE = 31.0  # frames a second at most: what is late now and then must not bring it below 30
# What making and packing frames, of all clients, may take of the time while the network trains: the rest is its own.
SHARE = 0.06
MOST_WAITING = 1_000  # requests; a client that sends more without reading is cut off
# A request of these kinds that still waits when a newer one comes is not computed, where these arguments are the same.
SUPERSEDED: dict[str, tuple[str, ...]] = {
    "edit": ("path", "index"), "forward": (), "boundary": (), "responses": ("layers",), "number": (), "rows": (),
    "attention": (), "seek": (),
}  # fmt: skip

# Commands after which a frame may come in half the usual time.
BY_HAND = ("edit", "undo", "redo", "select", "seek", "step")
# Commands that take long: the training goes on meanwhile, and they take a turn only where they change something.
LONG = ("load", "inspect", "findings", "export", "keep", "ledger", "apply_fix")

LOG = logging.getLogger(__name__)
Send = Callable[[Any, Buffers], None]


class Client:
    """Answers requests in a thread of its own, and makes frames in the same, or where the training does, in its thread.

    send   hands content and buffers to whoever is at the other end; called from several threads
    """

    def __init__(self, session: Session, send: Send) -> None:
        self.session, self._send = session, send
        self._requests: deque[dict[str, Any]] = deque()
        self._condition = threading.Condition()
        self._closed = False
        self.views: dict[str, Any] = {}
        self.interval = 1 / RATE
        self.revision = 0
        self.acknowledged = 0  # frames that were drawn, as a benchmark counts them
        self._frame = 0  # number of the last frame sent
        self._waits = False  # whether it has not been acknowledged
        self._next = self._shown = 0.0  # when the next may be sent, and when the last one was begun
        self._seen = -1  # the session's tick that the last frame shows
        self._since = (-1, -1, -1)  # network, branch and its last step, of the last frame that was acknowledged
        self._sent = (-1, -1, -1)
        self._faults: set[str] = set()
        session.clients.append(self)
        if len(session.clients) > 1:
            self._tell_company()
        self._thread = threading.Thread(target=self._run, name="cutaway studio client", daemon=True)
        self._thread.start()

    # ---- called by others ---------------------------------------------------------------------------------------

    def receive(self, content: Any, buffers: Sequence[Any] = ()) -> None:
        """Take a message that came; it is answered later. Raises `InputError` for what is no request."""
        if not isinstance(content, dict):
            raise InputError("message: expected a request, {id, do, …}")
        request = unpacked(content, buffers)
        do = request.get("do")
        with self._condition:
            if do == "ack":
                self._acknowledge(request.get("frame"))
                return
            if len(self._requests) >= MOST_WAITING:
                raise InputError(f"message: {MOST_WAITING} requests wait already")
            if isinstance(do, str) and do in SUPERSEDED:
                self._supersede(request)
            self._requests.append(request)
            self._condition.notify()

    def push(self, content: dict[str, Any]) -> None:
        """Send something that was not asked for."""
        self._deliver(content)

    def wake(self) -> None:
        """Look whether a frame is due."""
        if self.views:
            with self._condition:
                self._condition.notify()

    def show_if_due(self) -> None:
        """Make a frame if one is due; the training calls it between its steps, in a turn, and no page ends it."""
        if self._due():
            self._show()

    def close(self) -> None:
        """End: whoever looked is gone; several threads may find that out at once."""
        with self._condition:
            first, self._closed = not self._closed, True
            self._condition.notify()
        if first:
            self.session.clients.remove(self)
            self._tell_company()

    def _tell_company(self) -> None:
        """Tell everybody how many look: what one of them changes, changes for all."""
        self.session.push({"push": "company", "clients": len(self.session.clients)})

    def _acknowledge(self, number: Any) -> None:
        if number == self._frame:
            self._waits, self._since = False, self._sent
            self.acknowledged += 1
            if not self.session.training.shows:
                self._condition.notify()

    def _supersede(self, request: dict[str, Any]) -> None:
        """Answer requests that wait and that a newer one makes pointless."""
        same = SUPERSEDED[request["do"]]
        for waiting in [each for each in self._requests if each.get("do") == request["do"]]:
            if all(waiting.get(name) == request.get(name) for name in same):
                self._requests.remove(waiting)
                self._deliver({"id": waiting.get("id"), "revision": waiting.get("revision"), "superseded": True})

    # ---- its own thread -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._closed and not self._requests and not self._is_mine():
                    self._condition.wait(self._patience())
                if self._closed:
                    return
                request = self._requests.popleft() if self._requests else None
            if request is not None:
                self._answer(request)
            else:
                self._show()

    def _due(self) -> bool:
        """Whether there is something to show, and it may be sent."""
        ready = bool(self.views) and not self._waits and not self._closed and self.session.tick != self._seen
        return ready and time.perf_counter() >= self._next

    def _is_mine(self) -> bool:
        """Whether a frame is due, and the training does not make it."""
        return not self.session.training.shows and self._due()

    def _patience(self) -> float | None:
        """Return the seconds until a frame may be due; None: until something happens."""
        if not self.views or self._waits or self.session.training.shows:
            return None
        if self.session.tick == self._seen:
            return None
        return max(0.001, self._next - time.perf_counter())

    def _answer(self, request: dict[str, Any]) -> None:
        number, revision = request.pop("id", None), request.pop("revision", 0)
        name = request.pop("do", None)
        head: dict[str, Any] = {"id": number, "revision": revision}
        try:
            if type(revision) is not int:
                raise InputError(f"message: revision is {revision!r}; expected a whole number")
            # A frame that comes after the answer, of whichever thread, contains what was asked for.
            with nullcontext() if name in LONG else self.session.turn():
                if name == "watch":
                    result = self._watch(Arguments("watch", request))
                else:
                    result = run(self.session, name, request, self)
                self.revision = max(self.revision, revision)
                if name in BY_HAND:  # what a hand does is to be seen at once
                    self._next = min(self._next, self._shown + self.interval / 2)
                self._deliver({**head, "version": self.session.version, "result": result})
        except InputError as fault:
            self._deliver({**head, "error": {"kind": "input", "message": str(fault)}})
        except Exception as fault:
            self._deliver({**head, "error": {"kind": "fault", "message": self._told(fault, str(name))}})

    def _watch(self, asked: Arguments) -> Any:
        views, rate = watched(asked), asked.number("rate", RATE, 0.1, RATE)
        asked.done()
        with self._condition:  # a frame of before may be acknowledged yet: nothing of it is known to the page then
            self.views, self.interval = views, 1 / rate
            self._seen, self._waits, self._next = -1, False, 0.0
            self._since = self._sent = (-1, -1, -1)
        return {}

    def _show(self) -> None:
        with self.session.turn():
            if not self._due():
                return  # another thread made it meanwhile
            began = self._shown = time.perf_counter()
            try:
                now = self.session.shown()
                self._seen = now.tick
                made = frame(self.session, now, self.views, self._since)
                self._frame += 1
                self._waits = True
                self._sent = (now.opened, now.moment.branch, now.last)
                spent, packing = time.perf_counter() - began, time.thread_time()
                self._deliver({"push": "frame", "frame": self._frame, "revision": self.revision, **made})
                # By this thread's own clock: whoever sends it on begins at once, and has the interpreter meanwhile.
                spent += time.thread_time() - packing
            except Exception as fault:
                # The page keeps what it shows, and is told once why; the next change tries again.
                new = repr(fault) not in self._faults
                message = self._told(fault, "a frame")
                if new:
                    self._deliver({"push": "fault", "message": message})
                self._waits, spent = False, 1.0
            watching = sum(bool(each.views) for each in list(self.session.clients))
            pause = spent * watching / SHARE if self.session.training.running else 0.0
            # On the beat: a frame that came late does not have the next ones come later.
            self._next = max(max(self._next, began - self.interval / 2) + self.interval, began + pause)

    def _told(self, fault: Exception, what: str) -> str:
        """Return a fault of ours in words for the page; where it happened is logged, of each fault once."""
        if repr(fault) not in self._faults:
            self._faults.add(repr(fault))
            LOG.error("the studio could not answer %s", what, exc_info=fault)
        return f"this is a fault of ours, not of yours ({type(fault).__name__}: {fault}); please report it"

    def _deliver(self, content: Any) -> None:
        """Send something; who cannot be reached is left, and nobody else suffers for it."""
        if self._closed:
            return
        data = packed(content)  # what has no form in a message is a fault of ours, and told
        try:
            self._send(*data)
        except Exception as fault:
            LOG.error("a page that cannot be told anything is left", exc_info=fault)
            self.close()
