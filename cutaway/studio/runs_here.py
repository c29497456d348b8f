"""The runs that a page may open: those below the folders where the studio was started."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from cutaway.storage.run_folder import NETWORK, RUN

DEEP, MOST_FOLDERS, MOST_RUNS = 4, 2_000, 60  # folders below, folders looked into, and runs told


def runs_below(homes: Sequence[str | Path]) -> tuple[list[tuple[str, Path]], bool]:
    """Return the runs in some folders and below, the newest first, and whether there may be more.

    Each comes as its name, seen from its folder, and its place. Folders that begin with a dot, links, and what lies
    inside a run are passed over, so is what lies deeper than `DEEP` folders. Nothing of a run is read.

    >>> runs_below([])
    ([], False)
    """
    found: dict[Path, str] = {}
    looked = 0
    for home in map(Path, homes):
        for folder, inside, files in os.walk(home):
            looked += 1
            if looked > MOST_FOLDERS:
                break
            place = Path(folder)
            if RUN in files and NETWORK in files:
                found.setdefault(place, str(place.relative_to(home)) if place != home else place.name)
                inside.clear()
            elif len(place.relative_to(home).parts) >= DEEP:
                inside.clear()
            inside[:] = sorted(name for name in inside if not name.startswith(".") and name != "node_modules")
    newest = sorted(found, key=_written, reverse=True)
    return [(found[place], place) for place in newest[:MOST_RUNS]], looked > MOST_FOLDERS or len(newest) > MOST_RUNS


def _written(place: Path) -> float:
    """Return when a run was written; one that has just gone is the oldest."""
    try:
        return (place / RUN).stat().st_mtime
    except OSError:
        return 0.0
