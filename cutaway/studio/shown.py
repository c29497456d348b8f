"""What is on show at one instant, and one edit by hand."""

from __future__ import annotations

from dataclasses import dataclass

from cutaway.explain.figures import shown
from cutaway.studio.case import Case, Selected
from cutaway.studio.history import History, Spot
from cutaway.studio.moment import Moment
from cutaway.studio.views import Views
from cutaway.studio.way import Way


@dataclass(frozen=True)
class Edit:
    """One edit by hand; `made` is the branch that it began, None where it went on in one, `origin` where from.

    at   the branch and the step at which it was made, or taken back
    """

    spot: Spot
    before: float
    after: float
    at: tuple[int, int]
    made: int | None = None
    origin: Moment | None = None

    @property
    def words(self) -> str:
        """Where it was made, from what to what.

        >>> Edit(("0.weight", (0, 1)), 0.3, 0.7, (0, 0)).words
        '0.weight[0, 1]: 0.3 → 0.7'
        """
        path, index = self.spot
        return f"{path}[{', '.join(map(str, index))}]: {shown(self.before)} → {shown(self.after)}"


@dataclass(frozen=True)
class Shown:
    """What is on show at one instant: enough to compute every view of it without holding up the training.

    tick   grows with whatever happens, steps too
    last   the last step of the branch
    opened how many networks were opened so far: branches of another are numbered alike
    """

    case: Case
    views: Views
    history: History
    moment: Moment
    way: Way
    selected: Selected
    version: int
    tick: int
    last: int
    opened: int
