"""Which pictures are learned from, watched and tested on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutaway.data.pictures import Pictures
from cutaway.data.splits import split_rows
from cutaway.data.targets import ClassTarget
from cutaway.errors import InputError
from cutaway.runs.parts import FEWEST_TO_WATCH

# The share of what is learned from that is held out to set the temperature by, and at most so many pictures.
WATCHED, MOST_WATCHED = 0.1, 2000

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Division:
    """Which pictures are learned from, watched, and tested on, by their places."""

    learned: Rows
    watched: Rows
    tested: Rows


def divide(pictures: Pictures, target: ClassTarget, test: float, seed: int) -> tuple[Division, list[str]]:
    """Return which pictures are learned from, watched and tested on, and what a person should know of it.

    Parts that came with the data are kept; else a share of each class is set aside. Raises `InputError` where too few
    are left to learn from.
    """
    notes = []
    rows = np.arange(len(pictures.labels))
    parts = np.zeros(len(rows), np.int8) if pictures.parts is None else pictures.parts
    known = np.isin(pictures.labels.astype(str), [str(label) for label in target.labels])
    if not known.all():
        notes.append(f"{int((~known).sum()):,} picture(s) of a class that none to learn from has, left out")
    rest, watched, tested = (rows[(parts == part) & known] for part in (0, 1, 2))
    if test == 0:
        tested = tested[:0]
    elif not len(tested):
        codes = target.encode(pictures.labels[rest])
        kept, aside = split_rows(len(rest), test, seed, codes)
        rest, tested = rest[kept], rest[aside]
    if not len(watched) and len(rest) >= FEWEST_TO_WATCH:
        codes = target.encode(pictures.labels[rest])
        kept, aside = split_rows(len(rest), min(WATCHED, MOST_WATCHED / len(rest)), seed + 1, codes)
        rest, watched = rest[kept], rest[aside]
    if len(rest) < 2:
        raise InputError(
            f"{pictures.source}: {len(rest)} picture(s) to learn from; expected at least one of each class"
        )
    seen = {pictures.digests[row] for row in (*rest, *watched)}
    equal = sum(pictures.digests[row] in seen for row in tested)
    if equal:
        notes.append(
            f"{equal:,} of the {len(tested):,} pictures set aside stand among those learned from as well: the score is "
            "a little too good for it"
        )
    return Division(rest, watched, tested), notes
