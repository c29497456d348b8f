"""Where a studio's rows come from: arrays, a table, a bundled set, points drawn by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.data.columns import describe_columns
from cutaway.data.encoders import TableEncoder
from cutaway.data.splits import split_rows
from cutaway.data.table import Table, missing_mask
from cutaway.data.targets import ClassTarget, NumberTarget, Target, choose_target, with_target_present
from cutaway.errors import InputError
from cutaway.losses import BinaryCrossEntropy, CrossEntropy, Hinge, Loss
from cutaway.studio.material import ColumnTold, Material
from cutaway.studio.untrained import expect_table

HELD_OUT = 0.2  # of the rows, where nobody says
MOST_ROWS = 20_000  # of a table: the page is to answer at once
MOST_CATEGORIES = 50  # of a column, each an input of its own


def of_table(table: Table, target: str, drop: Sequence[str] = (), seed: int = 0, share: float = HELD_OUT) -> Material:
    """Return the rows of a table, to predict one of its columns; a share of them is held out.

    Columns are told apart, encoded and scaled as `cutaway train` does it, every category an input of its own. Raises
    `InputError` for a target that cannot be predicted, and where no column is left to learn from.
    """
    numbers = np.flatnonzero(~missing_mask(table.column(target))) + 1
    table, _ = with_target_present(table, target)
    goal, reason = choose_target(table, target)
    notes = list(table.notes)
    if table.rows > MOST_ROWS:
        chosen, _ = split_rows(table.rows, 1 - MOST_ROWS / table.rows, seed)
        notes.append(f"{MOST_ROWS:,} of {table.rows:,} rows, drawn at random: the studio is to answer at once")
        table, numbers = table.select(chosen), numbers[chosen]
    columns = describe_columns(table, target, drop=drop)
    values = table.columns[target]
    labels = goal.encode(values) if isinstance(goal, ClassTarget) else None
    rest, part = split_rows(table.rows, share, seed, labels)
    if isinstance(goal, NumberTarget):
        goal = NumberTarget.fit(target, values[rest])
    encoded = goal.encode(values)
    told = np.asarray(encoded[rest])
    encoder = TableEncoder.fit(table, columns, MOST_CATEGORIES, told, rest)
    if encoder.code_sizes:
        many = [each.column for each in encoder.encoders if len(each.names) == 1 and each.kind == "category"]
        raise InputError(
            f"{table.source}: column '{many[0]}' has more than {MOST_CATEGORIES} categories, each of which would be an "
            "input of its own; leave it out (drop)"
        )
    return of_encoded(
        table, goal, tuple(ColumnTold(c.name, c.kind.value, c.reason) for c in columns), encoder,
        encoded.astype(np.float64) if labels is None else encoded, rest, part, (*notes, f"{target}: {reason}"),
        numbers=numbers,
    )  # fmt: skip


def of_encoded(
    table: Table, goal: Target, columns: tuple[ColumnTold, ...], encoder: TableEncoder, y: np.ndarray,
    training: np.ndarray, held_out: np.ndarray, notes: Sequence[str], dtype: Any = np.float64,
    numbers: np.ndarray | None = None,
) -> Material:  # fmt: skip
    """Return rows that an encoder turns into inputs."""

    def encode(rows: Table) -> np.ndarray:
        return encoder.transform(rows).astype(dtype)

    told: dict[str, Any]
    if isinstance(goal, NumberTarget):
        told = {"outputs": (goal.column,), "mean": goal.mean, "std": goal.std, "limits": (goal.low, goal.high)}
    else:
        labels = tuple(map(str, goal.labels))
        told = {"outputs": labels, "classes": labels, "temperature": goal.temperature}
    return Material(
        name=Path(table.source).name, x=encode(table), y=y, training=training, held_out=held_out,
        inputs=encoder.names, target=goal.column, table=table, columns=columns, encode=encode, notes=tuple(notes),
        numbers=numbers, **told,
    )  # fmt: skip


def of_bundled(name: str) -> Material:
    """Return a data set that comes along, to predict the column that is usually predicted."""
    from cutaway.data.bundled import BUNDLED, bundled

    return of_table(bundled(name), BUNDLED.get(name, ""))


def of_arrays(
    X: Any,
    y: Any,
    loss: Loss,
    outputs: int,
    *,
    name: str = "arrays",
    names: Sequence[str] = (),
    target: str = "y",
    classes: Sequence[str] = (),
    held_out: Any = None,
    share: float = 0.0,
    seed: int = 0,
    dtype: Any = np.float64,
) -> Material:
    """Return rows of arrays, which go into the network as they are.

    X, y      one row an example
    outputs   of the network
    names     of the columns; x0, x1, … where none are given
    classes   their names, where the loss is one for classes; class 0, … where none are given
    held_out  (X, y) of their own, else a share of the rows

    Raises `InputError` for arrays that do not fit each other.
    """
    x, targets = np.asarray(X), np.asarray(y)
    if x.ndim == 1:
        x = x[:, None]
    if x.ndim < 1 or not len(x) or targets.ndim == 0 or len(targets) != len(x):
        raise InputError(f"studio: X has shape {x.shape}, y {targets.shape}; expected as many rows in both, at least 1")
    if x.dtype.kind not in "fiub":
        raise InputError(f"studio: X holds {x.dtype}; expected numbers")
    count = len(x)
    if held_out is not None:
        x = np.concatenate([x, np.asarray(held_out[0]).reshape(-1, *x.shape[1:])])
        targets = np.concatenate([targets, np.asarray(held_out[1]).reshape(-1, *targets.shape[1:])])
    kinds = isinstance(loss, (CrossEntropy, BinaryCrossEntropy, Hinge))
    labels: tuple[str, ...] = ()
    if kinds and not (outputs == 1 and targets.dtype.kind == "f" and not np.isin(targets, (0, 1)).all()):
        labels = tuple(map(str, classes)) or tuple(f"class {number}" for number in range(max(2, outputs)))
    whole = targets.reshape(len(targets), -1)
    if labels and whole.shape[1] == 1:
        targets = whole[:, 0].astype(np.int32)
    cut = labels and targets.ndim == 1
    rest, part = split_rows(count, share, seed, targets[:count] if cut else None)
    if held_out is not None:
        rest, part = np.arange(count), np.arange(count, len(x))
    x = x.astype(dtype) if x.dtype.kind == "f" or x.ndim == 2 else x
    common: dict[str, Any] = {
        "name": name, "x": x, "y": targets, "training": rest, "held_out": part, "target": target, "classes": labels,
        "outputs": labels if labels and outputs > 1 else tuple(
            target if outputs == 1 else f"{target} {number}" for number in range(outputs)
        ),
    }  # fmt: skip
    if x.ndim != 2:
        return Material(**common, kind="pictures" if x.ndim == 4 else "numbers", inputs=())
    called = tuple(map(str, names)) or tuple(f"x{place}" for place in range(x.shape[1]))
    if len(called) != x.shape[1] or len(set(called)) != len(called):
        raise InputError(f"studio: got {len(called)} names for {x.shape[1]} columns; expected one each, all different")
    table = Table({each: x[:, place].astype(np.float64) for place, each in enumerate(called)}, name)

    def encode(rows: Table) -> np.ndarray:
        return np.stack([rows.columns[each] for each in called], axis=1).astype(dtype)

    columns = tuple(ColumnTold(each, "number", "as it is") for each in called)
    return Material(**common, inputs=called, table=table, columns=columns, encode=encode)


def of_points(points: Any) -> Material:
    """Return points that a person drew: {"x": rows of numbers, "y": numbers or classes, "names", "target"}.

    Raises `InputError` for what is no such thing.
    """
    if not isinstance(points, dict) or not isinstance(points.get("x"), list) or not isinstance(points.get("y"), list):
        raise InputError("points: expected {x: rows of numbers, y: a number or a class for each}")
    try:
        x = np.array(points["x"], np.float64)
    except (TypeError, ValueError):
        raise InputError("points: x holds something that is no number; expected as many numbers in each row") from None
    y = points["y"]
    if x.ndim != 2 or len(x) != len(y) or len(x) < 2 or not np.isfinite(x).all() or not 1 <= x.shape[1] <= 64:
        raise InputError(f"points: x has shape {x.shape} for {len(y)} targets; expected two rows or more of numbers")
    names = points.get("names") or [f"x{place + 1}" for place in range(x.shape[1])]
    target = str(points.get("target") or "y")
    if not isinstance(names, list) or len(names) != x.shape[1] or target in names or len(set(names)) != len(names):
        raise InputError(f"points: names are {names!r}; expected {x.shape[1]}, all different, and not {target!r}")
    words = any(isinstance(value, str) for value in y)
    if not words and not all(isinstance(value, (int, float)) and np.isfinite(value) for value in y):
        raise InputError("points: y holds something that is neither a number nor a text")
    if words:
        labels = sorted({str(value) for value in y})
        if len(labels) < 2:
            raise InputError(f"points: all are {labels[0]!r}; draw points of two classes at least")
        codes = np.array([labels.index(str(value)) for value in y], np.int32)
        loss: Loss = CrossEntropy()
        return of_arrays(x, codes, loss, len(labels), name="drawn points", names=names, target=target, classes=labels)
    from cutaway.losses import SquaredError

    return of_arrays(x, np.array(y, np.float64), SquaredError(), 1, name="drawn points", names=names, target=target)


def read_bytes(name: str, content: bytes) -> Table:
    """Return the table in the bytes of a file that was dropped; `InputError` where it holds none.

    name   the file's own; its ending says what it may be, and it is shown
    """
    from cutaway.data.reading import read_table

    plain = Path(str(name).replace("\\", "/")).name[:100]
    ending = "".join(Path(plain).suffixes[-2:])
    with tempfile.TemporaryDirectory(prefix="cutaway-") as folder:
        place = Path(folder) / f"table{ending if ending.replace('.', '').isalnum() else '.csv'}"
        place.write_bytes(content)
        try:
            table = read_table(place)
        except InputError as fault:
            expect_table(plain, None)
            raise InputError(str(fault).replace(str(place), plain)) from None
    expect_table(plain, len(table.columns))
    return Table(table.columns, plain, table.notes, table.european)
