"""A check: a pure function from evidence to a finding, with what is known of it beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding

Look = Callable[[Evidence], Finding | None]


@dataclass(frozen=True)
class Check:
    """One row of the catalogue.

    name      as in `Finding.check`, and the name of its file and its page
    look      returns the finding, or None
    certain   whether what it finds is a mistake whatever the training makes of it; the others are notes until the
              training is seen to be hurt
    explains  names of checks whose findings follow from this one's
    """

    name: str
    look: Look
    certain: bool = False
    explains: tuple[str, ...] = ()

    @property
    def preflight(self) -> bool:
        """Whether it finds its cause in what stands before the first step."""
        return ".preflight." in self.look.__module__

    def __call__(self, evidence: Evidence) -> Finding | None:
        """Return the finding, or None."""
        return self.look(evidence)


def check(*, certain: bool = False, explains: tuple[str, ...] = ()) -> Callable[[Look], Check]:
    """Make a check of a function, whose name is the check's.

    >>> @check(certain=True)
    ... def never(evidence):
    ...     return None
    >>> never.name, never.certain
    ('never', True)
    """

    def made(look: Look) -> Check:
        return Check(look.__name__, look, certain, explains)

    return made
