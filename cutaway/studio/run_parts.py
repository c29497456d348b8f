"""Which rows of a run's data it learned from and which it set aside, cut once more as when it was trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.data.reading import table_from
from cutaway.data.table import Table, as_texts
from cutaway.data.targets import ClassTarget, with_target_present
from cutaway.errors import InputError
from cutaway.layers import Blend, Ensemble, MemberDense
from cutaway.runs.fingerprint import fingerprint
from cutaway.runs.landscape import rows_again
from cutaway.runs.parts import Division, divide

UNKNOWN = "; all are shown as training rows, those that were set aside too"


@dataclass(frozen=True)
class RowsOfRun:
    """Rows of a table, and which of them the network on show learned from.

    table      every row that has a target
    training   the places of those that the network learned from, in the order in which it counts them
    held_out   of those that the run set aside; where it set none aside, of those by which it chose its weights
    numbers    which row of its file each row of the table is, counted from 1
    notes      what was left out, or is not known, in sentences
    """

    table: Table
    training: np.ndarray
    held_out: np.ndarray
    numbers: np.ndarray
    notes: list[str] = field(default_factory=list)


def table_parts(run: Any, data: Any = None) -> RowsOfRun:
    """Return the rows of a run on a table, cut by its own seed and settings.

    data   where the rows are, if not where they were

    What does not come out as the run says it was is not called learned or set aside: a note says why. Raises
    `InputError` where the rows are gone or have changed.
    """
    table, mark = _marked(rows_again(run, data, "studio"))
    table, _ = with_target_present(table, run.target.column)
    own = data is not None and fingerprint(data, table_from(data, run.preprocessing.european)) != run.data.get(
        "fingerprint"
    )
    settings = run.settings
    if own or settings.get("sample"):
        if run.preprocessing.series is not None:
            table = run.preprocessing.series.after(table)
        why = "these are other rows than the run learned from" if own else "the run learned from disk, in parts"
        return _all(table, mark, why)
    if run.preprocessing.series is not None:
        table = run.preprocessing.series.looked_back(table)
    weight, share = settings.get("weight"), settings.get("test")
    if weight is not None and table.column(weight).dtype.kind == "f":
        table = table.select(table.column(weight) != 0)
    aside = share if isinstance(share, (int, float)) else 0.0
    numbered, number = _marked(table)
    how = Division(
        test=float(aside), group=settings.get("group"), time=settings.get("time_column"), seed=settings["seed"]
    )
    parts = divide(numbered, run.target, [], how, int(settings.get("members") or 1))
    places = parts.rows.column(number).astype(np.int64) - 1
    tested = places[:0] if parts.tested is None else parts.tested.column(number).astype(np.int64) - 1
    missing: list[str] = []
    if isinstance(share, str):
        table, tested, missing = _own_rows(run, table, Path(share))
    watched_of_their_own = settings.get("validation") is not None
    if not watched_of_their_own and (len(places), len(tested)) != (run.data.get("trained"), _tested(run, missing)):
        return _all(table, mark, "which rows were set aside cannot be told from the file any more")
    if watched_of_their_own:
        learned, watched = np.arange(len(places)), np.arange(0)
    elif _takes_turns(run, len(parts.folds)):
        learned, watched = parts.folds[0]
    else:
        learned, watched = parts.learned, np.flatnonzero(parts.watched)
    watched = np.setdiff1d(watched, learned)
    left, notes = len(watched), list(missing)
    if len(tested) and left:
        notes.append(f"{left:,} rows by which the network's weights were chosen are in neither part")
    elif left:
        notes.append("no rows were set aside: those held out are the rows by which its weights were chosen")
    held_out = tested if len(tested) else places[watched]
    return RowsOfRun(table.without([mark]), places[learned], held_out, table.column(mark).astype(np.int64), notes)


def _all(table: Table, mark: str, why: str) -> RowsOfRun:
    every = np.arange(table.rows)
    return RowsOfRun(table.without([mark]), every, every[:0], table.column(mark).astype(np.int64), [why + UNKNOWN])


def _tested(run: Any, missing: list[str]) -> int:
    return 0 if missing else int(run.data.get("tested", 0))


def _takes_turns(run: Any, folds: int) -> bool:
    """Whether the first network learned from the first fold: it is the only one, or each has a fold of its own."""
    network = run.network.largest if isinstance(run.network, Blend) else run.network
    if not isinstance(network, Ensemble):
        layers = [] if network is None else [layer for _, layer in network.named_layers()]
        return not any(isinstance(layer, MemberDense) for layer in layers)
    return len(network) == folds


def _marked(table: Table) -> tuple[Table, str]:
    """Return the table with a column more, which numbers its rows from 1, and the name of that column."""
    name = "number of the row"
    while name in table.names:
        name += "'"
    numbers = np.arange(1, table.rows + 1, dtype=np.float64)
    return Table({**table.columns, name: numbers}, table.source, table.notes, table.european), name


def _own_rows(run: Any, table: Table, place: Path) -> tuple[Table, np.ndarray, list[str]]:
    """Return the rows with those of a table of the person's own behind them, by which the run was tested."""
    if not place.is_file():
        return table, np.arange(0), [f"the rows set aside were a table of their own, {place.name}, which is not here"]
    tested, _ = with_target_present(_marked(table_from(place, run.preprocessing.european))[0], run.target.column)
    if run.preprocessing.series is not None:
        tested = run.preprocessing.series.after(tested)
    if isinstance(run.target, ClassTarget):
        known = {str(text) for text in as_texts(np.array(run.target.labels, dtype=object))}
        right = [text in known for text in as_texts(tested.column(run.target.column))]
        tested = tested.select(np.array(right, np.bool_))
    try:
        columns = {name: _joined(table.column(name), tested.column(name)) for name in table.names}
    except InputError as fault:
        return table, np.arange(0), [f"the rows set aside cannot be put beside those learned from: {fault}"]
    whole = Table(columns, table.source, table.notes, table.european)
    return whole, np.arange(table.rows, whole.rows), []


def _joined(one: Any, other: Any) -> Any:
    if one.dtype.kind != other.dtype.kind:
        raise InputError(f"a column holds {one.dtype} in one table and {other.dtype} in the other")
    return np.concatenate([one, other])


def picture_parts(run: Any, most: int) -> tuple[Any, np.ndarray, np.ndarray, list[str]]:
    """Return the pictures of a run, and which of them, at most so many of each part, it learned from and set aside.

    Raises `InputError` where they are gone or have changed.
    """
    from cutaway.data.pictures import read_pictures
    from cutaway.recipes.image import LARGEST
    from cutaway.runs.picture_parts import divide as divided

    place, settings = run.data.get("path"), run.settings
    if not isinstance(place, str) or not Path(place).exists():
        raise InputError(
            "studio: the pictures that the run learned from are not where they were; give the folder with such "
            "pictures (--data)"
        )
    pictures = read_pictures(place, largest=LARGEST[settings["effort"]], size=settings.get("size"))
    if pictures.fingerprint() != run.data.get("fingerprint") or pictures.encoder != run.preprocessing:
        raise InputError(
            f"studio: {place} no longer holds the pictures that the run learned from; give the folder with such "
            "pictures (--data)"
        )
    found = divided(pictures, run.target, float(settings["test"]), int(settings["seed"]))[0]
    learned, tested = some(found.learned, most), some(found.tested, most)
    notes = []
    for words, shown, whole in (("learned from", learned, found.learned), ("set aside", tested, found.tested)):
        if len(shown) < len(whole):
            notes.append(f"{len(shown):,} of the {len(whole):,} pictures {words} are shown, evenly over them")
    if len(found.watched):
        notes.append(f"{len(found.watched):,} pictures by which it was watched are in neither part")
    return pictures, learned, tested, notes


def text_parts(run: Any, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return windows of the text that a run set aside, and the tokens that follow; none where it set none aside."""
    from cutaway.data.text import as_text
    from cutaway.runs.text_parts import TextParts

    windows, parts = run.preprocessing, TextParts.of(as_text(Path(run.data["path"])), float(run.settings["test"]))
    tokens = windows.tokens.encode(parts.tested)
    if len(tokens) <= windows.context:
        empty = np.zeros((0, windows.context), np.int32)
        return empty, empty
    x, y = windows.side_by_side(tokens[1:], int(tokens[0]))
    chosen = some(np.arange(len(x)), most)
    return x[chosen], y[chosen]


def some(places: np.ndarray, most: int) -> np.ndarray:
    """Return at most so many places, evenly.

    >>> some(np.arange(10), 4)
    array([0, 3, 6, 9])
    """
    if len(places) <= most:
        return places
    chosen: np.ndarray = places[np.linspace(0, len(places) - 1, most).round().astype(np.int64)]
    return chosen
