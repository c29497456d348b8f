"""The past of a network that was trained elsewhere: what was recorded of it, and the weights that are known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.studio.history import Branch, History
from cutaway.studio.moment import Moment
from cutaway.studio.recording import Recording
from cutaway.studio.way import Way
from cutaway.training.step import Carry

TRAINING, DELIVERED = "the training, as it was recorded", "what the training delivered"


class ToldHistory(History):
    """A history whose first branch was told: of its steps only the moments kept are known, and none is made again.

    delivered   what the training delivered, None where that is not told
    settled     whether all is told: no moment of it goes from then on, for none could be made again
    """

    delivered: Carry | None = None
    settled = False

    def settle(self) -> None:
        """Hold on to what was told; the room that keyframes have is for those of steps made here."""
        self.settled = True
        self.held -= sum(moment.nbytes for moment in self.branches[0].keys.values())

    def _thinned(self) -> list[Branch]:
        return [branch for branch in super()._thinned() if branch.number or not self.settled]

    def at(self, number: int, step: int) -> Moment:
        """Return the last moment that is known of up to a step; its optimizer's memory is empty, as it was not told."""
        branch = self.owner(number, step)
        if branch.number:
            return super().at(number, step)
        if not 0 <= step <= self.branch(number).last:
            raise InputError(f"history: branch {number} has the steps 0 to {self.branch(number).last}, not {step}")
        held = dict(branch.keys)
        found = held[max((key for key in held if key <= step), default=min(held))]
        moments = {path: np.asarray(each) for path, each in branch.way.optimizer.init(found.carry.params).items()}
        return Moment(number, found.step, found.position, found.carry._replace(moments=moments))

    def next_known(self, number: int, step: int) -> int:
        """Return the step of the first moment after one that is known, seen from a branch; the last where none is.

        >>> from cutaway.studio.opening import open_rung
        >>> case, way = open_rung("line")
        >>> told = ToldHistory(case.first(way), way, case.stepper)
        >>> told.keep(told.branches[0], Moment(0, 9, 9, case.first(way).carry))
        >>> told.branches[0].last = 12
        >>> told.next_known(0, 0), told.next_known(0, 9)
        (9, 12)
        """
        branch, last = self.owner(number, step), self.branch(number).last
        if branch.number:
            return min(step + 1, last)
        end = self.branch(number).begin if number else last
        return min((key for key in dict(branch.keys) if step < key < end), default=end)

    def is_told(self, moment: Moment) -> bool:
        """Whether a moment is one of those that were told."""
        return not self.owner(moment.branch, moment.step).number

    def is_delivered(self, moment: Moment) -> bool:
        """Whether a moment has the weights that the training delivered, and no hand has changed one since."""
        return self.delivered is not None and moment.carry is self.delivered

    def is_plain(self, moment: Moment) -> bool:
        """Whether training alone leads to a moment: of what was told it is not known."""
        return moment.branch != 0 and super().is_plain(moment)


@dataclass(frozen=True, eq=False)
class Past:
    """What is known of a training that is over.

    way        how its steps were made
    last       its last step
    position   how many steps of the order of rows were behind it then
    moments    the weights that are known, by step: of the first, where its step is 0, and of others on the way
    nearly     of those that are not the very weights, what is to be said of them, by step
    recording  its losses and vitals
    diagnosis  what its diagnosis found, as `History.diagnosis` holds it, and the sentence beside it
    delivered  which weights were delivered, in words
    kept       the way in its own plane, which a landscape draws; None where the run kept none
    steps      of the last step of each epoch, 0 the start
    """

    way: Way
    last: int
    position: int
    moments: Sequence[Moment]
    recording: Recording
    nearly: Mapping[int, str] = field(default_factory=dict)
    diagnosis: Any = None
    sentence: str = ""
    delivered: str = DELIVERED
    kept: Any = None
    steps: Mapping[int, int] = field(default_factory=dict)

    def history(self, delivered: Moment, stepper: Any) -> tuple[ToldHistory, Moment]:
        """Return the history of the training, and the moment of a branch of its own that holds what was delivered."""
        known = {moment.step: moment for moment in self.moments} or {delivered.step: delivered}
        first = known[min(known)]
        # A branch begins at step 0, for its curves do; its first known weights may be later ones.
        told = ToldHistory(Moment(0, 0, 0, first.carry), self.way, stepper)
        branch = told.branches[0]
        told.held -= branch.keys.pop(0).nbytes
        branch.why, branch.last, branch.recording = TRAINING, self.last, self.recording
        branch.keys |= {step: known[step] for step in sorted(known)}
        branch.newest = max(known)
        told.held += sum(moment.nbytes for moment in known.values())
        told.settle()
        now = told.begin(Moment(0, self.last, self.position, delivered.carry), 0, self.delivered, self.way)
        told.delivered = now.carry
        if self.recording.evaluations:  # the curve of what was delivered goes on where the training's ends
            told.branches[now.branch].recording.evaluated(self.recording.evaluations[-1])
        if self.diagnosis is not None:
            told.diagnosis[0] = told.diagnosis[now.branch] = self.diagnosis
        return told, now

    @property
    def start(self) -> Moment | None:
        """The very weights before the first step, None where they are not known."""
        return next((each for each in self.moments if each.step == 0 and 0 not in self.nearly), None)
