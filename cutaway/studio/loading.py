"""Commands that open other rows: of the ladder, a bundled set, a dropped file, drawn points, a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from cutaway.data.table import Table, as_texts, missing_mask
from cutaway.errors import InputError
from cutaway.studio.arguments import Arguments
from cutaway.studio.case import Case
from cutaway.studio.left import put_aside
from cutaway.studio.opening import open_material, open_run, open_rung
from cutaway.studio.runs_here import runs_below
from cutaway.studio.scene import scene
from cutaway.studio.session import Session
from cutaway.studio.sources import of_bundled, of_points, of_table, read_bytes
from cutaway.studio.way import Way

MOST_TABLES = 8  # dropped files that are remembered until one is loaded


def load(session: Session, asked: Arguments, client: Any) -> Any:
    """Show other rows: of the ladder, a bundled set, a dropped file, drawn points, or a run."""
    source = asked.inside("source")
    asked.done()
    kinds = ("rung", "bundled", "table", "points", "run")
    given = [name for name in kinds if name in source.given]
    if len(given) != 1:
        raise InputError(f"load: got {', '.join(given) or 'no source'}; expected one of {', '.join(kinds)}")
    kind = given[0]
    if kind == "rung":
        opened = open_rung(source.text("rung"))
    elif kind == "bundled":
        opened = open_material(of_bundled(source.text("bundled")))
    elif kind == "points":
        opened = open_material(of_points(source.raw("points")))
    elif kind == "run":
        opened = open_run(_allowed(session, source.text("run")))
    else:
        number, target = source.whole("table"), source.text("target")
        drop = [str(name) for name in source.several("drop", [])]
        if number not in session.tables:
            raise InputError(f"load: there is no table {number}; drop the file again")
        opened = open_material(of_table(session.tables[number], target, drop))
    source.done()
    return _opened(session, client, *opened)


def runs(session: Session, asked: Arguments, client: Any) -> Any:
    """Tell the runs that may be opened."""
    asked.done()
    found, more = runs_below(session.homes)
    return {"homes": list(session.homes), "runs": [{"name": name, "run": str(place)} for name, place in found],
            "more": more}  # fmt: skip


def _allowed(session: Session, name: str) -> Path:
    """Return the folder of a run, which must lie where the studio was started or be what it was opened with."""
    place = Path(name).resolve()
    if not any(place == Path(home) or Path(home) in place.parents for home in session.homes):
        raise InputError(
            f"load: {name} does not lie in the folder where the studio was started; start it with that run"
        )
    return place


def _opened(session: Session, client: Any, case: Case, way: Way) -> Any:
    with session.turn():
        session.training.pause()
        put_aside(session)
        session.lesson = None
        session.open(case, way)
        session.changed(scene_too=True, by=client)
        return scene(session)


def inspect(session: Session, asked: Arguments, client: Any) -> Any:
    """Read a dropped file and tell its columns; it is shown when a target is chosen (`load`)."""
    name, content = asked.text("name", most=500), asked.raw("bytes")
    asked.done()
    if not isinstance(content, np.ndarray) or content.dtype != np.uint8:
        raise asked.wrong("bytes", content, "the bytes of the file, as an array of u1")
    table = read_bytes(name, content.tobytes())
    with session.turn():
        number = max(session.tables, default=0) + 1
        session.tables[number] = table
        while len(session.tables) > MOST_TABLES:
            session.tables.pop(min(session.tables))
    return {"table": number, "name": table.source, "rows": table.rows, "suggested": table.names[-1],
            "columns": columns_told(table), "notes": list(table.notes)}  # fmt: skip


def columns_told(table: Table) -> list[dict[str, Any]]:
    """Return the columns of a table: kind, missing and different values, and a few of them."""
    kinds = {"f": "number", "b": "boolean", "M": "date"}
    found = []
    for name, values in table.columns.items():
        texts = [text for text in as_texts(values[:2000]) if text is not None]
        found.append({
            "name": name, "kind": kinds.get(values.dtype.kind, "text"), "missing": int(missing_mask(values).sum()),
            "distinct": len(set(texts)), "examples": list(dict.fromkeys(texts))[:3],
        })  # fmt: skip
    return found
