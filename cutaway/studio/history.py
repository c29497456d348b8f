"""Every step of a session, to be shown again and branched from: keyframes, and what was done between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cutaway.errors import InputError
from cutaway.studio.moment import Moment, edited
from cutaway.studio.recording import Recording, as_curves
from cutaway.studio.stepper import Stepper
from cutaway.studio.way import Way

# Memory that keyframes may take together, how many there may be, and steps between two of them at first.
BYTES, MOST, EVERY = 64 << 20, 4_000, 8


# The path of an array of weights, and the place in it.
Spot: TypeAlias = tuple[str, tuple[int, ...]]


@dataclass
class Branch:
    """One line of steps, from the moment where it left its parent.

    number, parent   0 and None for the first
    begin     its first step: in its own weights, not the parent's
    last      its last step
    why       what made it, in words
    way       how its steps are made
    keys      moments that were kept, by step; that of `begin` always is
    examples  the steps that were on one chosen example, and on which
    edits     weights that were set by hand after a step, and to what
    newest    the last step in `keys`
    """

    number: int
    parent: int | None
    begin: int
    last: int
    why: str
    way: Way
    keys: dict[int, Moment]
    examples: dict[int, int] = field(default_factory=dict)
    edits: dict[int, dict[Spot, float]] = field(default_factory=dict)
    recording: Recording = field(default_factory=Recording)
    newest: int = 0


class History:
    """Branches of one network. A step is kept as what was done; its weights are made again from the keyframe before.

    The steps of a branch are the same ones each time, bit by bit, so nothing is lost by dropping what can be made
    again. Keyframes are every `EVERY` steps; where they take more than `BYTES`, every other one goes.

    stepper   returns what takes the steps of a way
    """

    def __init__(
        self, first: Moment, way: Way, stepper: Callable[[Way], Stepper], nbytes: int = BYTES, most: int = MOST
    ) -> None:
        self.stepper, self.nbytes, self.most, self.every = stepper, nbytes, most, EVERY
        self.branches: dict[int, Branch] = {}
        self.held = 0
        self.diagnosis: dict[int, Any] = {}  # what was found when a branch was last examined
        self.begin(first, None, "the start", way)

    def begin(self, moment: Moment, parent: int | None, why: str, way: Way) -> Moment:
        """Return `moment` as the first of a new branch."""
        number = max(self.branches, default=-1) + 1
        own = Moment(number, moment.step, moment.position, moment.carry)
        self.branches[number] = Branch(number, parent, own.step, own.step, why, way, {})
        self.keep(self.branches[number], own)
        return own

    def leave(self, number: int) -> None:
        """Forget a branch that has neither steps of its own nor children."""
        branch = self.branches.pop(number)
        self.held -= sum(moment.nbytes for moment in branch.keys.values())

    def edit(self, moment: Moment, spot: Spot, value: float) -> Moment:
        """Set a weight of the last moment of its branch, and return that moment as it is then."""
        branch = self.branches[moment.branch]
        after = edited(moment, {spot: value})
        if old := branch.keys.pop(moment.step, None):
            self.held -= old.nbytes
        if moment.step > branch.begin:
            branch.edits.setdefault(moment.step, {})[spot] = value
        self.keep(branch, after)
        return after

    def branch(self, number: int) -> Branch:
        """Return a branch; `InputError` where there is none so numbered."""
        if number not in self.branches:
            raise InputError(f"history: there is no branch {number}; there are {', '.join(map(str, self.branches))}")
        return self.branches[number]

    def is_last(self, moment: Moment) -> bool:
        """Whether no step of its branch follows a moment."""
        return moment.step >= self.branches[moment.branch].last

    def is_plain(self, moment: Moment) -> bool:
        """Whether training alone leads to a moment: no branch was left on the way, no step was on a chosen example."""
        branch = self.branches[moment.branch]
        return branch.begin == 0 and not branch.edits and not branch.examples

    def owner(self, number: int, step: int) -> Branch:
        """Return the branch whose own the step is: one of the branch itself or of those that it came from."""
        branch = self.branch(number)
        while step < branch.begin and branch.parent is not None:
            branch = self.branches[branch.parent]
        return branch

    def record(self, moment: Moment, loss: float, example: int | None = None) -> None:
        """Note a step that was just taken at the end of its branch."""
        branch = self.branches[moment.branch]
        if example is not None:
            branch.examples[moment.step - 1] = example
        branch.last = moment.step
        branch.recording.stepped(moment.step, loss)
        if moment.step - branch.newest >= self.every:
            self.keep(branch, moment)

    def at(self, number: int, step: int) -> Moment:
        """Return the moment after `step` steps, seen from a branch; `InputError` for a step that was not taken."""
        last = self.branch(number).last
        if not 0 <= step <= last:
            raise InputError(f"history: branch {number} has the steps 0 to {last}, not {step}")
        branch = self.owner(number, step)
        held = dict(branch.keys)  # a copy at one instant: the training may keep more meanwhile
        moment = held[max(key for key in held if key <= step)]
        while moment.step < step:
            moment = self._after(branch, moment, step)
        return Moment(number, moment.step, moment.position, moment.carry)

    def after(self, moment: Moment, most: int) -> Moment:
        """Return one of the `most` moments that follow one in the past: on NumPy the next, on XLA that of a chunk."""
        branch = self.owner(moment.branch, moment.step + 1)
        if branch.begin == moment.step + 1:
            return self.at(moment.branch, moment.step + 1)  # where it left its parent
        before = self.owner(moment.branch, moment.step)
        last = min(moment.step + most, self.branches[moment.branch].last)
        while self.owner(moment.branch, last) is not before:
            last -= 1
        found = self._after(before, moment, last)
        return Moment(moment.branch, found.step, found.position, found.carry)

    def _after(self, branch: Branch, moment: Moment, until: int) -> Moment:
        """Take the next recorded step of a branch again, or the next few, none after `until`."""
        stepper, example = self.stepper(branch.way), branch.examples.get(moment.step)
        if example is not None:
            found = stepper.one(moment, example)[0]
        else:
            until = min([until, *(step for step in (*branch.examples, *branch.edits) if step > moment.step)])
            found = next(stepper.several(moment, until - moment.step))[0]
        return edited(found, branch.edits[found.step]) if found.step in branch.edits else found

    def curves(self, number: int, since: int = -1, until: int | None = None) -> dict[str, Any]:
        """Return what was recorded after the step `since` and up to `until` on a branch, its parents' part too."""
        parts, branch = [], self.branch(number)
        high = branch.last if until is None else until
        while True:
            parts.append((branch.recording, max(since, branch.begin - 1), high))
            if branch.parent is None:
                return as_curves(parts[::-1])
            high, branch = branch.begin - 1, self.branches[branch.parent]

    def keep(self, branch: Branch, moment: Moment) -> None:
        """Hold on to a moment of a branch as a keyframe, and drop others where that is too much."""
        branch.keys[moment.step], branch.newest = moment, moment.step
        self.held += moment.nbytes
        while self.held > self.nbytes or sum(len(each.keys) for each in self.branches.values()) > self.most:
            if not self._thin():
                return

    def _thin(self) -> bool:
        """Drop every other keyframe; false where only those are left that branches begin with."""
        self.every *= 2
        dropped = False
        for branch in self.branches.values():
            before = branch.begin
            for step in sorted(branch.keys)[1:]:
                if step - before < self.every:
                    self.held -= branch.keys.pop(step).nbytes
                    dropped = True
                else:
                    before = step
            branch.newest = before
        return dropped
