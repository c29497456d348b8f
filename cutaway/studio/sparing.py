"""Views of a training that goes on elsewhere: those that cost much are made anew seldom, for the training's sake."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from cutaway.studio.arguments import Arguments
from cutaway.studio.case import Case, Selected
from cutaway.studio.moment import Moment
from cutaway.studio.views import Views
from cutaway.studio.way import Way

SHARE = 0.01  # of the time that making one view may take
KEPT = 32  # views that are remembered: with other arguments, or of another example, a view is another one


class Sparing(Views):
    """Views that are made anew when they have not been for a hundred times as long as they take.

    In between the one of before is given again; it says of which step it is.
    """

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self._kept: dict[tuple[Any, ...], tuple[float, Any]] = {}

    def forward(self, moment: Moment, way: Way, selected: Selected, blame: bool = True) -> dict[str, Any]:
        """Return every activation of the selected example, and the blame of each."""
        make = super().forward
        return self._spared(("forward", str(selected), blame), lambda: make(moment, way, selected, blame))

    def boundary(self, moment: Moment, selected: Selected, asked: Arguments) -> dict[str, Any]:
        """Return what the network answers over one or two of the person's columns."""
        make = super().boundary
        return self._spared(("boundary", str(selected), str(asked.given)), lambda: make(moment, selected, asked))

    def responses(self, moment: Moment, selected: Selected, asked: Arguments) -> dict[str, Any]:
        """Return the output of every unit over the same grid."""
        make = super().responses
        return self._spared(("responses", str(selected), str(asked.given)), lambda: make(moment, selected, asked))

    def rows(self, moment: Moment, way: Way, asked: Arguments) -> dict[str, Any]:
        """Return a table of rows, the worst first."""
        make = super().rows
        return self._spared(("rows", str(asked.given)), lambda: make(moment, way, asked))

    def norms(self, moment: Moment) -> dict[str, Any]:
        """Return the distribution before and after each normalising layer."""
        make = super().norms
        return self._spared(("norms",), lambda: make(moment))

    def _spared(self, key: tuple[Any, ...], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        due, found = self._kept.get(key, (0.0, None))
        began = time.perf_counter()
        if found is None or began >= due:
            found = make()
            end = time.perf_counter()
            self._kept.pop(key, None)
            self._kept[key] = end + (end - began) / SHARE, found
            while len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
        return dict(found)
