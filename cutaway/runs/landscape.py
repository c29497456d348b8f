"""`landscape`: the loss around a run's weights, over rows as arrays, or over those that the run learned from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.backends.random import generator
from cutaway.data.reading import table_from
from cutaway.data.several_targets import LabelsTarget, NumbersTarget, encoded_target
from cutaway.data.shards import is_there
from cutaway.data.table import Table
from cutaway.data.targets import with_target_present
from cutaway.errors import InputError, whole
from cutaway.explain.answers import loss_of
from cutaway.explain.landscape import landscape as over_arrays
from cutaway.explain.landscape_found import Landscape
from cutaway.losses import CrossEntropy, Loss
from cutaway.runs.fingerprint import fingerprint
from cutaway.runs.run import single
from cutaway.runs.table_run import TableRun
from cutaway.storage.way import Way

if TYPE_CHECKING:
    from cutaway.runs.picture_run import PictureRun
    from cutaway.runs.text_run import TextRun

# That the loss is over, of more: rows of a table, pictures, tokens of a text in windows side by side.
ROWS, PICTURES, TOKENS = 2048, 256, 2048
# Of the grid along each side: of a table, and where a row takes long.
POINTS, FEW_POINTS = 41, 21


def landscape(
    run: Any,
    X: Any = None,
    y: Any = None,
    *,
    loss: str | Loss | None = None,
    plane: str | Sequence[Any] | None = None,
    points: int | None = None,
    span: float | tuple[float, float] | None = None,
    member: int = 0,
    rows: int | None = None,
    trajectory: Sequence[dict[str, np.ndarray]] | Way | None = None,
    curvature: bool = True,
    engine: str = "auto",
    seed: int = 0,
) -> Landscape:
    """Return the loss over a plane through the weights of a trained network.

        L(α, β) = L(θ* + α d₁ + β d₂)        θ* the network's weights

    run         a run, or a network that is built
    X, y        rows as arrays, with `loss`. Of a run on a table, pictures or a text without `loss`, X is other data
                with the target, as `predict` takes it, a folder of pictures with their classes, or a text; where it is
                left out too, the data that the run learned from is read again from where it was
    loss        what is measured on arrays, by name or as a `Loss`; of other data it is that of the run's target
    points      of the grid along each axis (None: 41; of pictures and texts 21)
    rows        how many of the run's own data the loss is over at most, drawn at random (None: 2,048 of a table; of
                pictures 256; of a text so many windows of its context that they have 2,048 tokens)
    plane, span, member, trajectory, curvature, engine, seed   see `cutaway.explain.landscape.landscape`

    Of a table the rows are those whose losses its way has, where it is drawn: so the dots and the ground are of the
    same. Raises `InputError` for what the run cannot use, and where its data is gone or has changed.

    >>> import cutaway as ca
    >>> x = np.linspace(0, 1, 60)
    >>> run = ca.train({"x": x, "y": x**2}, "y", effort="quick", epochs=2, engine="numpy", compare=False)
    >>> found = landscape(run, {"x": x, "y": x**2}, points=3, curvature=False)
    >>> found.losses.shape, found.rows
    ((3, 3), 60)
    """
    how: dict[str, Any] = {
        "plane": plane, "span": span, "member": member, "trajectory": trajectory, "curvature": curvature,
        "engine": engine, "seed": seed,
    }  # fmt: skip
    from cutaway.runs.picture_run import PictureRun
    from cutaway.runs.text_run import TextRun

    if loss is not None or not isinstance(run, (TableRun, PictureRun, TextRun)):
        if X is None or y is None or loss is None:
            missing = ", ".join(name for name, given in (("X", X), ("y", y), ("loss", loss)) if given is None)
            raise InputError(
                f"landscape: {missing} not given, and what was learned from as arrays is not kept; give the rows and "
                "what is measured on them: ca.landscape(run, X, y, loss=…)"
            )
        if rows is not None:
            raise InputError(f"landscape: rows is {rows!r}; of rows as arrays all count: give those that are to")
        return over_arrays(run, X, y, loss=loss, points=POINTS if points is None else points, **how)
    if rows is not None:
        whole("landscape: rows", rows)
    if y is not None:
        raise InputError("landscape: y is for rows as arrays, with loss=…; the data of this run has its target in it")
    points = points if points is not None else POINTS if isinstance(run, TableRun) else FEW_POINTS
    if isinstance(run, TableRun):
        kept = trajectory if isinstance(trajectory, Way) else run.way
        asked = kept if X is None and rows is None and member == 0 and plane in (None, "trajectory") else None
        x, targets, criterion = _table_rows(run, X, rows, seed, asked)
        return over_arrays(run, x, targets, loss=criterion, points=points, **how)
    if isinstance(run, PictureRun):
        x, targets = picture_rows(run, X, rows, seed)
        return replace(over_arrays(run, x, targets, loss=CrossEntropy(), points=points, **how), unit="pictures")
    x, targets = text_rows(run, X, rows, seed)
    found = over_arrays(run, x, targets, loss=CrossEntropy(), points=points, **how)
    return replace(found, unit=f"windows of {run.context} tokens")


def rows_again(run: TableRun, data: Any, what: str) -> Table:
    """Return the table that a run learned from, or another; raises `InputError` where it is gone or has changed.

    what   what asks for it, for the message
    """
    if data is not None:
        table = table_from(data, run.preprocessing.european)
        known = run.preprocessing.columns
        if not any(name in table.columns for name in known):
            raise InputError(
                f"{table.source}: none of the columns that the run learned from is there; expected "
                f"{', '.join(map(repr, known[:8]))}, got {', '.join(map(repr, table.names[:8]))}"
            )
        return table
    place = _place(run, what, "table", "such rows")
    table = table_from(place, run.preprocessing.european)
    if fingerprint(place, table) != run.data.get("fingerprint"):
        raise _changed(what, place, "file", "table", "such rows")
    return table


def _place(run: Any, what: str, kind: str, others: str) -> Path:
    """Return where the data is that a run learned from; raises `InputError` where there is none any more."""
    place = run.data.get("path")
    if not isinstance(place, str) or not place or not is_there(place):
        which = f"{place} is not there any more" if place else f"the run learned from a {kind} without a file"
        raise InputError(f"{what}: {which}; give the {kind} with {others} (--data)")
    return Path(place)


def _changed(what: str, place: Path, was: str, kind: str, others: str) -> InputError:
    return InputError(
        f"{what}: {place} is no longer the {was} that the run learned from; give the {kind} with {others} (--data)"
    )


def _some(count: int, most: int, seed: int) -> np.ndarray:
    """Return at most so many places, ascending."""
    return np.sort(generator(seed, "landscape rows").permutation(count)[:most])


def _table_rows(
    run: TableRun, data: Any, rows: int | None, seed: int, kept: Way | None
) -> tuple[np.ndarray, np.ndarray, Loss]:
    """Return encoded rows and targets, and their loss; those whose losses the way has, where it is asked for."""
    table = rows_again(run, data, "landscape")
    target = run.target
    if run.preprocessing.series is not None:
        table = run.preprocessing.series.after(table)
    if not isinstance(target, (NumbersTarget, LabelsTarget)):
        table = with_target_present(table, target.column)[0]
    places = None if kept is None or kept.judged is None else kept.judged.rows
    if places is None or places[-1] >= table.rows:
        places = _some(table.rows, ROWS if rows is None else rows, seed)
    if len(places) < table.rows:
        table = table.select(places)
    encoded, _ = run.preprocessing.transform_counted(table)
    return encoded, encoded_target(table, target), loss_of(target, single(run.network))


def picture_rows(run: PictureRun, data: Any, rows: int | None, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels and classes of pictures that the run learned from, or of others.

    data   a folder with a folder for each class, or a file of arrays with labels
    """
    from cutaway.data.picture_arrays import ARRAY_FILES, read_arrays
    from cutaway.data.picture_folders import list_folder
    from cutaway.data.pictures import decode_files, read_pictures
    from cutaway.recipes.image import LARGEST
    from cutaway.runs.picture_parts import divide

    most = PICTURES if rows is None else rows
    if data is None:
        place, settings = _place(run, "landscape", "folder", "such pictures"), run.settings
        try:
            largest, size, test, begin = (LARGEST[settings["effort"]], *(settings[k] for k in ("size", "test", "seed")))
        except (KeyError, TypeError) as fault:
            raise InputError(
                f"landscape: the run does not say how its pictures were read ({fault}); give such pictures (--data)"
            ) from None
        pictures = read_pictures(place, largest=largest, size=size)
        if pictures.fingerprint() != run.data.get("fingerprint") or pictures.encoder != run.preprocessing:
            raise _changed("landscape", place, "data", "folder", "such pictures")
        learned = divide(pictures, run.target, float(test), int(begin))[0].learned
        taken = learned[_some(len(learned), most, seed)]
        return pictures.pixels[taken], run.target.encode(pictures.labels[taken])
    if not isinstance(data, (str, os.PathLike)):
        raise InputError(
            f"landscape: got {type(data).__name__}; expected a folder of pictures with their classes, a file of arrays "
            "with labels, or X, y and loss=…"
        )
    place = Path(data)
    if place.is_file() and ARRAY_FILES.search(place.name):
        held = read_arrays(place)
        taken = _some(len(held.labels), most, seed)
        return run.preprocessing.encode_arrays(held.pixels[taken]), run.target.encode(held.labels[taken])
    if not place.is_dir():
        what = "is neither a folder of pictures nor a file of arrays" if place.exists() else "there is no such folder"
        raise InputError(f"{place}: {what}; expected one folder of pictures for each class")
    files = {str(path): label for path, label, _ in list_folder(place).files}
    names = [list(files)[row] for row in _some(len(files), most, seed)]
    pixels, good, _ = decode_files([Path(name) for name in names], run.preprocessing)
    if not good:
        raise InputError(f"{place}: no folder in it holds a picture; expected one folder of pictures for each class")
    return pixels, run.target.encode(np.array([files[name] for name in good], object))


def text_rows(run: TextRun, data: Any, rows: int | None, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return windows side by side of the text that the run learned from, or of another, and the tokens that follow."""
    from cutaway.data.text import as_text
    from cutaway.runs.text_parts import TextParts

    windows = run.preprocessing
    if data is None:
        place = _place(run, "landscape", "text", "such words")
        text = as_text(place)
        digest = hashlib.sha256(text.content.encode("utf-8", "surrogatepass")).hexdigest()
        test = run.settings.get("test")
        if f"sha256:{digest}" != run.data.get("fingerprint") or not isinstance(test, float):
            raise _changed("landscape", place, "text", "text", "such words")
        content = TextParts.of(text, test).learned
    else:
        text = as_text(data)
        content = text.content
    tokens = windows.tokens.encode(content)
    if len(tokens) <= windows.context:
        raise InputError(
            f"{text.source}: holds {len(tokens)} tokens that the run knows, and it sees {windows.context} at once; "
            "give a longer text"
        )
    x, y = windows.side_by_side(tokens[1:], int(tokens[0]))
    taken = _some(len(x), max(1, TOKENS // windows.context) if rows is None else rows, seed)
    return x[taken], y[taken]
