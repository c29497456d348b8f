"""A session of a training that goes on elsewhere: it shows what it is told, and is one like any other in the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.records import LayerVitals, NetworkVitals, StepRecord
from cutaway.studio.case import Case
from cutaway.studio.history import Spot
from cutaway.studio.jobs import Jobs
from cutaway.studio.measure import LOSS
from cutaway.studio.moment import Moment
from cutaway.studio.past import ToldHistory
from cutaway.studio.recording import evaluation_of
from cutaway.studio.session import Content, Session
from cutaway.studio.shown import Edit, Shown
from cutaway.studio.sparing import Sparing
from cutaway.studio.training import Training
from cutaway.studio.views import Views
from cutaway.studio.way import Way
from cutaway.training.step import Carry

RATE = 30.0  # frames a second at most
SENT = 20e6  # bytes of weights a second that frames may carry


def looking_on(what: str) -> InputError:
    """Return the error of what cannot be done while the training goes on elsewhere."""
    return InputError(
        f"{what}: the page looks on while the training goes on where it was started; Ctrl-C there ends it and keeps "
        "what was learned; once it is done, everything can be done here"
    )


class Elsewhere(Training):
    """A training that the page cannot start, hold up or end; `running` is false, as this session takes no step."""

    def start(self, until: int | None = None) -> None:
        """Refuse."""
        raise looking_on("train")

    def pause(self) -> None:
        """Refuse; every command that changes more than a weight asks for it first."""
        raise looking_on("pause")

    def stop(self) -> None:
        """Do nothing: whoever closes the page does not end the training."""


class NoJobs(Jobs):
    """Refuses long computations, which would take their time from the training."""

    def start(self, what: str, work: Callable[..., Any]) -> int:
        """Refuse."""
        raise looking_on(what)


class Following(Session):
    """A session that shows the newest weights of a training and what was recorded, until `ends`.

    Meanwhile it can be looked at from all sides, and nothing changed. In the end the moments that were kept can be gone
    back to, and changed from there.
    """

    def __init__(self, case: Case, way: Way) -> None:
        self.following, self.measure = True, LOSS
        self.told: StepRecord | None = None
        super().__init__(case, way)
        self.training, self.jobs = Elsewhere(self), NoJobs(self.push)

    def _begin(self, case: Case, way: Way) -> None:
        super()._begin(case, way)
        if self.following:
            self.told, self.origin, self.views = None, self.now, Sparing(case)
            self.history = ToldHistory(case.first(way), way, case.stepper)
            nbytes = sum(array.nbytes for array in case.network.parameters().values())
            self._interval, self._due = max(1 / RATE, nbytes / SENT), 0.0

    def follows(self, case: Case, way: Way) -> None:
        """Show another training, which begins now."""
        with self.turn():
            self._begin(case, way)
            self.changed(scene_too=True)

    # ---- told by the training ---------------------------------------------------------------------------------

    def stepped(self, record: StepRecord) -> None:
        """Take the figures of an epoch."""
        before, self.told = self.told, record
        seconds = record.seconds - (0.0 if before is None else before.seconds)
        steps = record.step - (0 if before is None else before.step)
        self.training.rate = steps / seconds if seconds > 0 else 0.0
        branch = self.history.branches[0]
        branch.recording.evaluated(evaluation_of(record, self.measure))
        branch.last = max(branch.last, record.step)
        self._news()

    def observed(self, layers: list[LayerVitals], network: NetworkVitals) -> None:
        """Take vitals."""
        self.history.branches[0].recording.observed(layers, network)
        self._news()

    def reached(self, arrays: dict[str, np.ndarray]) -> None:
        """Take the weights, by path, that the epochs told so far led to; those before the first are the start."""
        paths, step = self.case.network.parameters(), 0 if self.told is None else self.told.step
        params = {path: array for path, array in arrays.items() if path in paths}
        state = {path: array for path, array in arrays.items() if path not in paths}
        position = 0 if self.told is None else self.told.epoch * self.case.stepper(self.way).per_epoch
        self.now = Moment(0, step, position, Carry(params, state, {}))
        if not step:
            self.origin = self.now
        self.history.keep(self.history.branches[0], self.now)
        self._news()

    def _news(self) -> None:
        """Have clients sent a frame, not more often than is good for the training."""
        now = time.perf_counter()
        if now >= self._due:
            self._due = now + self._interval
            self.tick += 1
            self.wake()

    def ends(self, case: Case | None = None, way: Way | None = None) -> None:
        """Be a session like any other, at the weights of a case where one is given: what the training delivered."""
        with self.turn():
            self.following = False
            self.training, self.jobs = Training(self), Jobs(self.push)
            case, way = case or self.case, way or self.way
            last = self.history.branches[0].last
            if case is self.case:
                carry = self.history.at(0, last).carry
            else:
                carry = case.first(way).carry
            same = {path: array.shape for path, array in carry.params.items()}
            if same != {path: array.shape for path, array in self.now.carry.params.items()}:
                self._begin(case, way)  # what was delivered is another network than the one that was followed
            else:
                self.case, self.views, self.history.stepper = case, Views(case), case.stepper
                epochs = 0 if self.told is None else self.told.epoch
                moment = Moment(0, last, epochs * case.stepper(way).per_epoch, carry)
                self.now = self.history.begin(moment, 0, "what the training delivered", way)
                self.history.branches[self.now.branch].recording.evaluated(self.evaluation(case, self.now, way))
            self.changed(scene_too=True)

    # ---- asked by the page ------------------------------------------------------------------------------------

    def time(self, now: Shown | None = None, wait: bool = True) -> Content:
        """Return where the training stands, by its own records."""
        if not self.following:
            return super().time(now, wait)
        now, told = now or self.shown(), self.told
        return {
            "branch": 0, "why": now.history.branches[0].why, "step": now.moment.step,
            "epoch": 0 if told is None else told.epoch,
            "last": max(now.last, now.moment.step), "training": True, "of": "epoch",
            "loss": None if told is None else told.loss,
            "held_out": None if told is None or self.measure != LOSS else told.validation,
            "rate": self.training.rate, "broken": "", "nearly": "",
            "again": False,
        }  # fmt: skip

    # ---- once it is done ----------------------------------------------------------------------------------------

    def edit(self, spot: Spot, value: float, more: bool = False) -> tuple[Edit, bool]:
        """Set one weight; what was told stays as it was."""
        if self.following:
            raise looking_on("edit")
        return super().edit(spot, value, more)
