"""A session as one HTML file: its moments, with their scrubber and every view, without Python and without a network."""

from __future__ import annotations

import base64
import re
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.atomic import write_complete
from cutaway.errors import InputError
from cutaway.studio.arguments import Arguments
from cutaway.studio.followed import Following, looking_on
from cutaway.studio.kept import (
    FEW_MOMENTS,
    MOST_MOMENTS,
    MOST_OF_ONE,
    MOST_SENTENCES,
    Content,
    Place,
    at,
    branches,
    count_of_sentences,
    curves_told,
    moment_told,
    places,
    scene_told,
)
from cutaway.studio.protocol import as_frame, packed
from cutaway.studio.session import Session
from cutaway.studio.standalone import LARGEST, standalone
from cutaway.version import __version__

ENTRY = "cutaway-session"  # id of the element that holds it; the bundle starts where there is one
FEWEST = 12  # moments; before there are fewer, a view is left out
LARGE = 1_024  # numbers of a layer's output, that a page can do without
WITHOUT_SCRIPT = "This session draws itself, and JavaScript is off."


def _without(*names: str) -> Callable[[Content], Content]:
    def left(told: Content) -> Content:
        return {**told, "frame": {name: view for name, view in told["frame"].items() if name not in names}}

    return left


def _smaller(told: Content) -> Content:
    forward = told["frame"]["forward"]
    layers = [each for each in forward["layers"] if each["value"].size <= LARGE]
    return {**told, "frame": {**told["frame"], "forward": {**forward, "layers": layers}}}


# What is left out where the file would be too large, one after another.
ECONOMIES: tuple[tuple[str, Callable[[Content], Content]], ...] = (
    ("the little pictures in the units", _without("responses")),
    ("the blame of the weights", _without("gradients")),
    ("the weights", _without("weights")),
    (f"layers that put out more than {LARGE:,} numbers", _smaller),
)


def save(session: Session, path: str | Path) -> Path:
    """Write a session as one HTML file, at most 2 MB, and return where it is.

    It holds moments of every branch, the selected example, the worst rows of each part and the rows on the map.
    Raises `InputError` for a path that is no HTML file, and where the page is not built in this copy.

    >>> import tempfile
    >>> from cutaway.studio.opening import open_rung
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(Session(*open_rung("line")), f"{folder}/line.html").name
    'line.html'
    """
    place = Path(path)
    if place.suffix.lower() not in (".html", ".htm") or place.is_dir():
        raise InputError(f"save: {place}: expected a file such as session.html")
    write_complete(place, kept_page(session)[0].encode())
    return place


def keep(session: Session, asked: Arguments, client: Any) -> Any:
    """Return the session as one file, and what could not be kept."""
    asked.done()
    page, notes = kept_page(session)
    name = re.sub(r"[^\w.-]+", "-", session.case.title).strip("-.")[:60] or "session"
    return {"files": [{"name": f"{name}.html", "bytes": np.frombuffer(page.encode(), np.uint8)}], "notes": notes}


def kept_page(session: Session) -> tuple[str, list[str]]:
    """Return the page of a session, and what it could not keep, in sentences."""
    if isinstance(session, Following) and session.following:
        raise looking_on("keep")
    now = session.shown()
    here = (now.history.owner(now.moment.branch, now.moment.step).number, now.moment.step)
    chosen = branches(now.history, now.moment.branch)
    numbers = count_of_sentences(now)
    most = min(MOST_MOMENTS, max(FEW_MOMENTS, MOST_SENTENCES // numbers - 1))
    spots = places(now.history, chosen, here, most)
    full = set(spots)
    if numbers * len(spots) > MOST_SENTENCES:
        full = set(fewer(spots, MOST_SENTENCES // numbers, here)) if numbers <= MOST_OF_ONE else set()
    moments = [moment_told(session, at(session, spot), spot in full) for spot in spots]
    steps = sum(branch.last - branch.begin + 1 for branch in chosen)
    drawn: Content = {} if now.case.material.table is None or not now.case.material.axes else _rows_of_map(session)
    head: Content = {
        "format": 1, "scene": scene_told(session, chosen), "map": drawn, "here": list(here),
        "curves": [curves_told(session, now, branch) for branch in chosen], "studies": dict(session.jobs.results),
    }  # fmt: skip
    said = []
    if not full:
        said.append(f"of {numbers:,} numbers the loss and the selected weight have a sentence")
    elif len(full) < len(spots):
        said.append(f"all numbers have their sentence at {len(full)} of the steps, elsewhere the loss")
    if len(chosen) < len(now.history.branches):
        said.append(f"{len(chosen)} of {len(now.history.branches)} branches are kept")
    for count in range(len(ECONOMIES) + 1):
        slim = [_slimmed(told, count) for told in moments]
        left = [f"left out, to stay below 2 MB: {', '.join(name for name, _ in ECONOMIES[:count])}"] if count else []
        frames = dict(zip(spots, map(_frame, slim), strict=True))
        held = spots
        while True:
            few = [f"{len(held)} of {steps:,} steps are kept"] if len(held) < steps else []
            notes = [*few, *said, *left]
            page = _page(session, {**head, "moments": [list(spot) for spot in held]}, notes, [frames[s] for s in held])
            if len(page.encode()) <= LARGEST:
                return page, notes
            if (len(held) <= FEWEST and count < len(ECONOMIES)) or len(held) == 1:
                break
            held = fewer(held, int(len(held) * 0.95 * LARGEST / len(page)), here)
    raise InputError("keep: the session does not fit into 2 MB; cutaway report writes one file about a run of any size")


def fewer(spots: list[Place], count: int, here: Place) -> list[Place]:
    """Return about so many of some moments, evenly among them, the one on show always.

    >>> fewer([(0, step) for step in range(9)], 3, (0, 1))
    [(0, 0), (0, 1), (0, 4), (0, 8)]
    """
    count = max(1, min(count, len(spots) - 2))
    chosen = {spots[round(place)] for place in np.linspace(0, len(spots) - 1, count)} if count > 1 else set()
    return sorted(chosen | {here})


def _slimmed(told: Content, count: int) -> Content:
    for _, economy in ECONOMIES[:count]:
        told = economy(told)
    return told


def _rows_of_map(session: Session) -> Content:
    """Return where the rows of the map are: the same at every moment."""
    now = session.shown()
    found: Content = now.views.boundary(now.moment, now.selected, Arguments("boundary", {"points": 2, "rows": True}))
    return {"rows": found["rows"]}


def _frame(content: Content) -> bytes:
    data = as_frame(*packed(content))
    return len(data).to_bytes(4, "little") + data


def _page(session: Session, head: Content, notes: list[str], frames: list[bytes]) -> str:
    """Return the page: messages as the socket has them, each after its length, all of them deflated, in base64."""
    kept = {"made": time.strftime("%Y-%m-%d"), "cutaway": __version__, "notes": notes, "moments": head["moments"]}
    first = _frame({**head, "scene": {**head["scene"], "kept": kept}})
    held = base64.b64encode(zlib.compress(b"".join((first, *frames)), 9)).decode()
    return standalone(f"{session.case.title} · cutaway", ENTRY, "application/octet-stream", held, WITHOUT_SCRIPT)
