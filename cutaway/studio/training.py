"""The training of a session, in a thread: a few milliseconds of steps, then frames, and room for whoever waits."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from cutaway.backends.threads import threads_for
from cutaway.errors import InputError
from cutaway.studio.moment import Moment
from cutaway.studio.recording import Evaluation
from cutaway.studio.turns import prompt
from cutaway.studio.vitals import observed

if TYPE_CHECKING:
    from cutaway.studio.session import Session

SLICE = 0.005  # seconds of steps between two looks around
# Times its own cost that lie between two evaluations, and between two looks at the vitals.
EVALUATED, OBSERVED = 25.0, 100.0
SPARED = 0.1  # seconds after an evaluation for a frame, in which another is not due: the next frame brings one
CHECKED = 50  # steps between two looks whether every weight is finite; a loss that is not is seen at once
ENDING = 10.0  # seconds that whoever closes waits for the step or the frame under way, at most

LOG = logging.getLogger(__name__)


class Training:
    """Runs the steps of a session until it is paused, a step is reached, or a number is not finite.

    shows   whether it makes the frames that are due, as it does where it goes as fast as it can: it need not wait for
            another thread then
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.running = self.shows = False
        self.rate = 0.0
        self.until: int | None = None
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self.looks_anew()

    def looks_anew(self) -> None:
        """Look at the network as soon as it trains: what it cost to look at another says nothing; called in a turn."""
        self._due = {"evaluation": 0.0, "vitals": 0.0}

    def start(self, until: int | None = None) -> None:
        """Begin, or go on with another end; called in a turn."""
        self.until = until
        self._wake.set()
        if self.running:
            return
        self.running, self.rate = True, 0.0
        self._thread = threading.Thread(target=self._run, name="cutaway studio training", daemon=True)
        self._thread.start()

    def pause(self) -> None:
        """End after the step under way; called in a turn."""
        self.running = False
        self._wake.set()

    def stop(self) -> None:
        """End, and wait for it, but not for ever; not called in a turn."""
        self.pause()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(ENDING)

    def checks(self, moment: Moment) -> bool:
        """Whether the weights of a moment are to be looked at."""
        return not self.running or moment.step % CHECKED == 0

    def _run(self) -> None:
        try:
            # A browser needs a core, too.
            with threads_for(self.session.case.stepper(self.session.way).flops), prompt():
                self._steps()
        except Exception as fault:
            self._ended_by(fault)

    def _ended_by(self, fault: Exception) -> None:
        """Stand still after an error, and tell everybody: nobody else hears of what ends a thread."""
        if isinstance(fault, InputError):
            said = f"the training ended: {fault}"
        else:
            LOG.error("the studio's training ended", exc_info=fault)
            said = f"the training ended by a fault of ours ({type(fault).__name__}: {fault}); please report it"
        session = self.session
        with session.turn():
            if self._thread is not threading.current_thread():
                return  # another one trains already
            self.running, self.shows, session.broken = False, False, said
            session.push({"push": "fault", "message": said})
            session.changed()

    def _steps(self) -> None:
        session, mine = self.session, threading.current_thread()
        began, taken = time.perf_counter(), 0
        window, counted = began, 0
        speed = session.speed
        while True:
            with session.turns.stepping():
                if not self.running or self._thread is not mine:
                    break
                if session.speed != speed:
                    speed, began, taken = session.speed, time.perf_counter(), 0
                self._show(speed is None)
                most = self._most(speed, began, taken)
                if most > 0:
                    end, first = time.perf_counter() + SLICE, session.now.step
                    session.advance(most, lambda end=end: time.perf_counter() > end or session.turns.waiting > 0)  # type: ignore[misc]
                    taken += session.now.step - first
                    counted += session.now.step - first
                    session.tick += 1
                    self._look()
                    if self.shows:
                        for client in list(session.clients):
                            client.show_if_due()
                    else:
                        session.wake()
                if session.broken or (self.until is not None and session.now.step >= self.until):
                    self.running = False
            now = time.perf_counter()
            if now - window > 0.5:
                self.rate, window, counted = counted / (now - window), now, 0
            if not self.running:
                break
            if most <= 0:
                self._wake.wait(min(0.1, max(0.001, (taken + 1) / (speed or 1) - (now - began))))
                self._wake.clear()
        with session.turn():
            if self._thread is mine:
                self.shows = False
                self._look(last=True)
                session.changed(scene_too=True)

    def _show(self, itself: bool) -> None:
        """Make frames from now on, or leave them to the threads of the clients."""
        if self.shows != itself:
            self.shows = itself
            self.session.wake()

    def _most(self, speed: float | None, began: float, taken: int) -> int:
        """Return how many steps may be taken now."""
        left = 1 << 30 if self.until is None else self.until - self.session.now.step
        if speed is None:
            return left
        due = int((time.perf_counter() - began) * speed) + 1 - taken
        return max(0, min(left, due))

    def evaluate(self, spared: float = SPARED) -> Evaluation:
        """Return the losses of the network as it is now, and note them; called in a turn.

        spared   seconds in which they are not taken again unless somebody asks: what frames show is enough, and a
                 frame that asked brings the next one soon
        """
        session = self.session
        begin = time.perf_counter()
        found = session.evaluation(session.case, session.now, session.way)
        if session.history.is_last(session.now):
            session.history.branches[session.now.branch].recording.evaluated(found)
        end = time.perf_counter()
        self._due["evaluation"] = max(self._due["evaluation"], end + EVALUATED * (end - begin), end + spared)
        return found

    def _look(self, last: bool = False) -> None:
        """Evaluate, and take vitals, where it is time: they may take a small share of the time only."""
        session = self.session
        if not session.history.is_last(session.now):
            return
        recording, way = session.history.branches[session.now.branch].recording, session.way
        if last or time.perf_counter() >= self._due["evaluation"]:
            self.evaluate(0.0)
        begin = time.perf_counter()
        if last or begin >= self._due["vitals"]:
            found = observed(session.case, session.now, way)
            if found is not None:
                recording.observed(*found)
            end = time.perf_counter()
            self._due["vitals"] = end + OBSERVED * (end - begin)
