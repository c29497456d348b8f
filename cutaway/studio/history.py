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
MOST_BRANCHES = 500
FEW = 100  # moments: where there is no room for so many, it is said that going back takes time


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
    by_hand   whether it began with weights that were set by hand, or left such a branch
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
    by_hand: bool = False


class History:
    """Branches of one network. A step is kept as what was done; its weights are made again from the keyframe before.

    The steps of a branch are the same ones each time, bit by bit, so nothing is lost by dropping what can be made
    again. Keyframes are every `EVERY` steps; where they take more than `BYTES`, every other one goes, but never the
    first and the newest of a branch. The two last moments are held besides, so that a step back is soon made. Where the
    firsts alone take too much, the oldest branches that none left go.

    stepper   returns what takes the steps of a way
    """

    def __init__(
        self, first: Moment, way: Way, stepper: Callable[[Way], Stepper], nbytes: int = BYTES, most: int = MOST
    ) -> None:
        self.stepper, self.nbytes, self.most, self.every = stepper, nbytes, most, EVERY
        self.branches: dict[int, Branch] = {}
        self.held = self._numbers = 0
        self.near: list[Moment] = []  # two of the newest moments, `EVERY` steps apart
        self.let_go = 0  # branches that are no longer held
        self.diagnosis: dict[int, Any] = {}  # what was found when a branch was last examined
        self.begin(first, None, "as it began", way)

    def begin(self, moment: Moment, parent: int | None, why: str, way: Way, by_hand: bool = False) -> Moment:
        """Return `moment` as the first of a new branch."""
        number, self._numbers = self._numbers, self._numbers + 1  # never that of a branch that is gone
        own = Moment(number, moment.step, moment.position, moment.carry)
        by_hand = by_hand or (parent is not None and self.branches[parent].by_hand)
        self.branches[number] = Branch(number, parent, own.step, own.step, why, way, {}, by_hand=by_hand)
        self.keep(self.branches[number], own)
        return own

    def leave(self, number: int) -> None:
        """Forget a branch that has neither steps of its own nor children."""
        branch = self.branches.pop(number)
        self.held -= sum(moment.nbytes for moment in branch.keys.values())
        self.near = [moment for moment in self.near if moment.branch != number]
        self.diagnosis.pop(number, None)

    def edit(self, moment: Moment, spot: Spot, value: float) -> Moment:
        """Set a weight of the last moment of its branch, and return that moment as it is then."""
        branch = self.branches[moment.branch]
        after = edited(moment, {spot: value})
        if old := branch.keys.pop(moment.step, None):
            self.held -= old.nbytes
        self.near = [each for each in self.near if (each.branch, each.step) != (moment.branch, moment.step)]
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
        return branch.begin == 0 and not (branch.edits or branch.examples or branch.by_hand)

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
        last = self.near[-1] if self.near else None
        if last is None or last.branch != moment.branch or not 0 <= moment.step - last.step < EVERY:
            self.near = [*self.near[-1:], moment]
        if moment.step - branch.newest >= self.every:
            self.keep(branch, moment)

    def at(self, number: int, step: int) -> Moment:
        """Return the moment after `step` steps, seen from a branch; `InputError` for a step that was not taken."""
        last = self.branch(number).last
        if not 0 <= step <= last:
            raise InputError(f"history: branch {number} has the steps 0 to {last}, not {step}")
        branch = self.owner(number, step)
        held = dict(branch.keys)  # a copy at one instant: the training may keep more meanwhile
        held |= {each.step: each for each in self.near if each.branch == branch.number}
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
            if not self._thin() and not self._let_go(branch):
                break
        while len(self.branches) > MOST_BRANCHES and self._let_go(branch):
            pass

    def _thin(self) -> bool:
        """Drop every other keyframe; false where of each branch only the first and the newest are left."""
        every = self.every
        branches = self._thinned()
        while any(len(branch.keys) > 2 for branch in branches):
            every *= 2
            dropped = False
            for branch in branches:
                steps = sorted(branch.keys)
                before = steps[0]
                for step in steps[1:-1]:
                    if step - before < every:
                        self.held -= branch.keys.pop(step).nbytes
                        dropped = True
                    else:
                        before = step
            if dropped:
                self.every = every
                return True
        return False

    def _thinned(self) -> list[Branch]:
        """Return the branches whose keyframes may go, as all can be made again."""
        return list(self.branches.values())

    def _let_go(self, here: Branch) -> bool:
        """Forget the oldest branch that none left and that does not lead here; false where there is none."""
        line, parents = set(), {branch.parent for branch in self.branches.values()}
        branch: Branch | None = here
        while branch is not None:
            line.add(branch.number)
            branch = None if branch.parent is None else self.branches[branch.parent]
        oldest = min((number for number in self.branches if number not in line | parents), default=None)
        if oldest is None:
            return False
        self.leave(oldest)
        self.let_go += 1
        return True

    def notes(self) -> list[str]:
        """Return what is to be said of what is held, in sentences: that going back takes time, that branches went."""
        largest = max(moment.nbytes for branch in self.branches.values() for moment in [*branch.keys.values()][:1])
        found = []
        if self.every > EVERY and largest * FEW > self.nbytes:
            found.append(
                f"of so large a network one step in {self.every:,} is held: going back to one between takes as long as "
                "the steps to it"
            )
        if self.let_go:
            found.append(f"{self.let_go:,} branches are no longer held: there is no room for more of this network")
        return found
