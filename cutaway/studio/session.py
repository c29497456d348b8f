"""A session: one network on one set of rows, at one step of one branch, for everyone who looks at it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.studio.broken import first_broken
from cutaway.studio.case import Arrays, Case, Selected
from cutaway.studio.history import History, Spot
from cutaway.studio.jobs import Jobs
from cutaway.studio.moment import Moment, held_as, is_finite
from cutaway.studio.past import ToldHistory
from cutaway.studio.recording import Evaluation
from cutaway.studio.scene import scene
from cutaway.studio.shared import Shared
from cutaway.studio.shown import Edit, Shown
from cutaway.studio.standing import stand
from cutaway.studio.stepping import example_of, shown_step
from cutaway.studio.training import Training
from cutaway.studio.views import Views
from cutaway.studio.way import Way
from cutaway.training.plan import FIRST_ROWS
from cutaway.training.step import Carry

Content = dict[str, Any]
MOST_UNDO = 1_000  # edits that can be taken back
MOST_SHOWN_STEPS = 2_000  # of an epoch that is shown step by step


class Session(Shared):
    """The network on show; several clients may hold on to it.

    What changes it takes `turn()`, which the training makes room for after every step.
    """

    def __init__(self, case: Case, way: Way) -> None:
        super().__init__()
        self.opened = 0
        self.speed: float | None = None
        self.jobs = Jobs(self.push)
        self.training = Training(self)
        self.tables: dict[int, Any] = {}
        self.homes: tuple[str, ...] = ()
        self.lesson: Any = None  # the step of a lesson that is on show: a `teaching.Taught`
        self.left: Any = None  # rows of a person's own that a rung or a lesson took the place of: a `left.Left`
        self._evaluated: tuple[Moment, Evaluation] | None = None
        self._begin(case, way)

    def _begin(self, case: Case, way: Way) -> None:
        self.case, self.views = case, Views(case)
        self.opened += 1  # branches are numbered anew: what was said of the network before is of another
        self.jobs.forget()
        self.history: History = History(case.first(way), way, case.stepper)
        self.now = self.origin = self.history.at(0, 0)
        if case.past is not None:
            self.history, self.now = case.past.history(self.now, case.stepper)
            self.origin = case.past.start or self.origin
        part = "training" if len(case.material.training) else "held_out"
        self.selected = Selected(part=part)
        self.undone: list[Edit] = []
        self.done: list[Edit] = []
        self.broken, self.drawn = "", True

    def told_to_all(self) -> Content:
        """Return the scene, for clients that are told of a change."""
        return scene(self)

    def shown(self) -> Shown:
        """Return what is on show now."""
        with self.turn():
            last = self.history.branches[self.now.branch].last
            return Shown(
                self.case, self.views, self.history, self.now, self.way, self.selected, self.version, self.tick, last,
                self.opened,
            )  # fmt: skip

    @property
    def way(self) -> Way:
        """How the steps that led here were made, and the next ones will be."""
        return self.history.owner(self.now.branch, self.now.step).way

    def close(self) -> None:
        """End training and jobs."""
        self.training.stop()
        self.jobs.close()

    # ---- where it stands --------------------------------------------------------------------------------------

    def evaluation(self, case: Case, moment: Moment, way: Way) -> Evaluation:
        """Return the losses at a moment; the last one asked for is remembered."""
        kept = self._evaluated
        if kept is None or kept[0] is not moment:
            kept = self._evaluated = moment, case.evaluated(moment, way)
        return kept[1]

    def time(self, now: Shown | None = None, wait: bool = True) -> Content:
        """Return where the network stands in time; its losses are None where they take long, and none is to wait."""
        return stand(self, now or self.shown(), wait)

    def is_evaluated(self, moment: Moment) -> bool:
        """Whether the losses at a moment are known."""
        return self._evaluated is not None and self._evaluated[0] is moment

    def advance(self, most: int, until: Callable[[], bool] = lambda: False) -> list[Moment]:
        """Take up to `most` steps from here, and return the moments on the way; those of the past are taken again.

        until   asked after every step: whether that is enough. A step that is not finite is the last, too.
        """
        self._leave()
        found = [self.now]
        while most > 0 and not self.broken:
            before = self.now
            if not self.history.is_last(before):
                self.now = self.history.after(before, most)
            else:
                stepper = self.case.stepper(self.way)
                for moment, loss in stepper.several(before, min(most, stepper.per_epoch)):
                    self._stepped(moment, loss)
                    found.append(moment)
                    if until() or self.broken:
                        break
            if self.now is not found[-1]:
                found.append(self.now)
            most -= self.now.step - before.step
            if until():
                break
        return found

    def _stepped(self, moment: Moment, loss: float, example: int | None = None) -> None:
        before, self.now = self.now, moment
        self.history.record(moment, loss, example)
        if not np.isfinite(loss) or (self.training.checks(moment) and not is_finite(moment.carry)):
            self.broken = first_broken(self.case, self.history, self.way, before, example)

    # ---- changes by hand --------------------------------------------------------------------------------------

    def edit(self, spot: Spot, value: float, more: bool = False) -> tuple[Edit, bool]:
        """Set one weight, and return the edit and whether a branch began with it.

        more   whether it belongs to the edit before, of the same weight: they are taken back together
        """
        self._leave()
        path, index = spot
        kept = held_as(self.now, spot, value)
        before, made, origin = float(self.now.arrays[path][index]), None, None
        if self.history.is_last(self.now):
            self.now = self.history.edit(self.now, spot, kept)
        else:
            origin = self.now
            begun = self.history.begin(self.now, self.now.branch, "", self.way)
            self.now, made = self.history.edit(begun, spot, kept), begun.branch
        self.broken = "" if is_finite(self.now.carry) else self.broken
        found = Edit(spot, before, kept, self._here(), made, origin)
        if more and self.done and self.done[-1].spot == spot and made is None:
            found = replace(self.done.pop(), after=kept, at=found.at)
        branch = self.history.branches[self.now.branch]
        if found.made == branch.number and branch.begin == self.now.step:  # while the drag that made it goes on, too
            branch.why = found.words
        self.done = [*self.done, found][-MOST_UNDO:]
        self.undone = []
        return found, made is not None

    def undo(self) -> Edit:
        """Take the last edit back, at the step where it was made; a branch that it began and has no steps goes.

        What was learned since stays as it is on its branch: a weight of before would undo it.
        """
        if not self.done:
            raise InputError("undo: there is no edit to take back")
        last, kept = self.done[-1], self.undone
        self._go_to(last, last.after)
        self.done = self.done[:-1]
        branch = self.history.branches.get(self.now.branch)
        children = [each for each in self.history.branches.values() if each.parent == last.made]
        if last.made is not None and last.made == self.now.branch and branch is not None and not children \
                and branch.begin == branch.last and last.origin is not None:  # fmt: skip
            self.history.leave(last.made)
            self.now = last.origin
        else:
            done = self.done
            self.edit(last.spot, last.before)
            self.done = done
        self.undone = [*kept, replace(last, at=self._here())]
        return replace(last, before=last.after, after=last.before)

    def redo(self) -> Edit:
        """Make the edit again that was taken back last."""
        if not self.undone:
            raise InputError("redo: there is no edit to make again")
        last, left = self.undone[-1], self.undone[:-1]
        self._go_to(last, last.before)
        found, _ = self.edit(last.spot, last.after)
        self.undone = left
        return found

    def _here(self) -> tuple[int, int]:
        return self.now.branch, self.now.step

    def _go_to(self, made: Edit, value: float) -> None:
        """Go to the moment of an edit, unless the network stands there: at its step, with the weight as it left it."""
        path, index = made.spot
        if self.now.step != made.at[1] or float(self.now.arrays[path][index]) != value:
            self.now = self.history.at(*made.at)
            self.broken = "" if is_finite(self.now.carry) else self.broken

    def step(self, size: str) -> tuple[list[Moment], Way, int | None]:
        """Take one step of a size, and return the moments on the way, how it was made, and the example it is on."""
        example, way = example_of(size, self.selected), self.way
        if self.broken:
            raise InputError(f"step: {self.broken}; go back before it, and lower the learning rate")
        self._leave()
        if example is not None:
            if not self.history.is_last(self.now):
                row = self.case.material.number(int(self.case.material.training[example]))
                self.now = self.history.begin(self.now, self.now.branch, f"a step on row {row}", way)
            before = self.now
            moment, loss = self.case.stepper(way).one(before, example)
            self._stepped(moment, loss, example)
            return [before, moment], way, example
        per_epoch = self.case.stepper(way).per_epoch
        count = 1 if size == "batch" else per_epoch - self.now.position % per_epoch
        if count > MOST_SHOWN_STEPS:
            raise InputError(f"step: the epoch has {count:,} steps more; train, and stop where you like")
        if self.case.stepper(way).way.engine != "numpy" and count > 1:
            raise InputError("step: the epoch of a network this large is not shown step by step; train instead")
        return self.advance(count), way, None

    def shown_step(self, moments: list[Moment], way: Way, size: str, example: int | None) -> Content:
        """Return what steps did, in figures; the losses before and after are put beside those of a training."""
        ends = []
        for moment in (moments[0], moments[-1]):
            ends.append(self.evaluation(self.case, moment, way))
            self.history.owner(moment.branch, moment.step).recording.evaluated(ends[-1])
        return shown_step(self.views, moments, way, size, example, (ends[0].training, ends[1].training))

    def _leave(self) -> None:
        """Begin a branch where the session stands among what was told: those steps cannot be made again."""
        if isinstance(self.history, ToldHistory) and self.history.is_told(self.now):
            why = f"on from step {self.now.step:,} of the training, the optimizer's memory empty"
            self.now = self.history.begin(self.now, self.now.branch, why, self.way)

    def seek(self, step: int, branch: int | None = None) -> None:
        """Go to a recorded step; of a training that was told, one step on is the next moment that is known."""
        number = self.now.branch if branch is None else branch
        told = isinstance(self.history, ToldHistory) and step <= self.history.branch(number).last
        if isinstance(self.history, ToldHistory) and told and step == self.now.step + 1:
            step = self.history.next_known(number, self.now.step)
        self.now = self.history.at(number, step)
        self.broken = "" if is_finite(self.now.carry) else self.broken or "a weight is not finite here"

    def reset(self) -> None:
        """Go back to the same start, on a new branch."""
        past = self.case.past
        same = past is None or past.start is not None
        why = "begun again with the same weights" if same else "the weights delivered, as a start"
        self._start(self.origin.carry.params, self.origin.carry.state, self.way, why)

    def new_start(self, seed: int) -> None:
        """Start with first weights, and an order of the rows, drawn from another seed."""
        fresh, material = copy.deepcopy(self.case.network), self.case.material
        fresh.build(material.x[material.training][:FIRST_ROWS], seed, fresh.dtype)
        self._start(fresh.parameters(), fresh.state(), replace(self.way, seed=seed), f"a new start, seed {seed}")
        self.origin, self.drawn = self.now, True

    def zero(self) -> None:
        """Start with every weight at 0, on a new branch: what no network learns from."""
        params = {path: np.zeros_like(array) for path, array in self.now.carry.params.items()}
        self._start(params, self.origin.carry.state, self.way, "every weight 0", by_hand=True)

    def _start(self, params: Arrays, state: Arrays, way: Way, why: str, by_hand: bool = False) -> None:
        moments = {path: np.asarray(array) for path, array in way.optimizer.init(params).items()}
        self.now = self.history.begin(Moment(0, 0, 0, Carry(params, state, moments)), 0, why, way, by_hand)
        self.done, self.undone, self.broken = [], [], ""

    def change_way(self, way: Way, why: str) -> None:
        """Go on from here in another way, on a new branch."""
        moment, old = self.now, self.case.stepper(self.way)
        new = self.case.stepper(way)  # refused now where the loss does not fit
        if type(way.optimizer) is not type(self.way.optimizer):
            moments = {path: np.asarray(array) for path, array in way.optimizer.init(moment.carry.params).items()}
            moment = replace(moment, carry=moment.carry._replace(moments=moments))
        # As much of the epoch is done as before, whatever its steps are now.
        position = round(moment.position * new.per_epoch / old.per_epoch)
        self.now = self.history.begin(replace(moment, position=position), moment.branch, why, way)

    def open(self, case: Case, way: Way, drawn: bool = True) -> None:
        """Show another network, or other rows, from the start.

        drawn   whether the first weights are those that its seed gives, and none was taken over
        """
        case.stepper(way)
        self._begin(case, way)
        self.training.looks_anew()
        self.drawn = drawn
