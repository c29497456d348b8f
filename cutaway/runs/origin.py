"""The origin of a run of `fit`: all that it was trained from but the rows, kept with it so that it can be repaired."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.data.splits import split_rows
from cutaway.diagnosis.setup import Setup
from cutaway.errors import InputError
from cutaway.losses import Loss
from cutaway.metrics import BY_NAME as METRICS
from cutaway.optimizers import Optimizer
from cutaway.runs.arrays import as_rows, as_weights, cast
from cutaway.runs.fingerprint import fingerprint_of
from cutaway.storage.method import describe_method, rebuild_method
from cutaway.training.plan import Plan
from cutaway.training.step import Batch

if TYPE_CHECKING:
    from cutaway.layers import Layer
    from cutaway.runs.run import Run

# What rows are called, in memory and in a file of arrays; the last three only where `fit` was given such.
NAMES = ("X", "y", "sample_weight", "X_validation", "y_validation")
ENGINES = ("auto", "numpy", "xla")


@dataclass(frozen=True)
class RowsSeen:
    """Rows that a training saw, by which they are known again: their shape and type as prepared, and their SHA-256."""

    shape: tuple[int, ...]
    dtype: str
    digest: str


@dataclass(frozen=True)
class Origin:
    """What `fit` was asked to do, as plain data; see its arguments.

    loss, optimizer   as `cutaway.storage.method` describes them
    metrics           names of those that have one; none of them changes what is learned
    validation        the share of the rows that was held out, 0 where none or rows of their own were
    rows              what was learned from and what was held out, by name
    obstacle          why this training cannot be repeated from disk, "" where it can
    """

    loss: Mapping[str, object]
    optimizer: Mapping[str, object]
    epochs: int
    batch_size: int
    seed: int
    shuffle: bool
    members: int | None
    patience: int | None
    metrics: tuple[str, ...]
    engine: str
    validation: float = 0.0
    rows: Mapping[str, RowsSeen] = field(default_factory=dict)
    obstacle: str = ""

    def seeing(self, setup: Setup | None) -> Origin:
        """Return the origin with the rows of a setup, by which they are known again; as it is without one."""
        return self if setup is None else replace(self, rows=rows_seen(setup.rows, setup.held_out))


def origin_of(setup: Setup | None, fresh: bool, validation: Any) -> Origin | None:
    """Return where a training came from; None where nothing is known of it.

    fresh        whether its first weights were drawn from the seed
    validation   what `fit` was given
    """
    if setup is None:
        return None
    obstacle = "" if fresh else "its first weights were learned or set before, and are not kept"
    described: list[dict[str, Any]] = []
    for method in (setup.loss, setup.optimizer):
        try:
            described.append(describe_method(method))
        except InputError as fault:
            described.append({})
            obstacle = obstacle or str(fault)
    plan = setup.plan
    loss, optimizer = described
    return Origin(
        loss, optimizer, epochs=plan.epochs, batch_size=plan.batch_size, seed=plan.seed, shuffle=plan.shuffle,
        members=plan.members, patience=plan.patience, engine=setup.engine,
        metrics=tuple(name for name, metric in plan.metrics.items() if METRICS.get(name) is metric),
        validation=float(validation) if isinstance(validation, (int, float)) else 0.0, obstacle=obstacle,
    )  # fmt: skip


def rows_seen(rows: Batch, held_out: Batch | None) -> dict[str, RowsSeen]:
    """Return what rows are known again by, under their names."""
    x, y = (None, None) if held_out is None else (held_out.x, held_out.y)
    arrays = zip(NAMES, (rows.x, rows.y, rows.weight, x, y), strict=True)
    return {
        name: RowsSeen(tuple(array.shape), array.dtype.str, fingerprint_of(array))
        for name, array in arrays
        if array is not None
    }


def setup_again(run: Run, data: Any) -> Setup:
    """Return what a run from disk was trained from, with its rows, which must be those that it learned from.

    data   X and y as `fit` was given them, (X, y) or by name, also sample_weight, and X_validation and y_validation
           where rows of their own were held out; or an .npz file that holds them by name

    Raises `InputError` where the training cannot be repeated, and for other rows, with what differs.
    """
    from cutaway.runs.run import single

    place, origin = "the run" if run.path is None else str(run.path), run.origin
    if origin is None:
        raise InputError(
            f"{place}: does not say how it was trained: it is itself a repaired run, or of an earlier version; call "
            "fit with its data, and diagnose what it returns with fix=True"
        )
    if origin.obstacle:
        raise InputError(
            f"{place}: cannot be trained again from disk: {origin.obstacle}; call fit as it was called then, and "
            "diagnose what it returns with fix=True"
        )
    if origin.engine not in ENGINES or min(origin.epochs, origin.batch_size, origin.members or 1) < 1:
        raise InputError(f"{place}: says that it was trained as no run is; its diagnosis.json is damaged")
    loss, optimizer = rebuild_method(origin.loss, Loss), rebuild_method(origin.optimizer, Optimizer)
    network = copy.deepcopy(single(run.network))
    rows, held_out = _prepared(network, loss, origin, given_rows(data))
    if found := differences(origin.rows, rows_seen(rows, held_out)):
        raise InputError(f"{place}: these are not the rows that it learned from: {'; '.join(found)}; give those")
    network.build(rows.x, origin.seed, network.dtype)
    plan = Plan(
        epochs=origin.epochs, batch_size=origin.batch_size, seed=origin.seed, shuffle=origin.shuffle,
        members=origin.members, patience=origin.patience,
        metrics={name: METRICS[name] for name in origin.metrics if name in METRICS},
    )  # fmt: skip
    return Setup(network, loss, optimizer, rows, held_out, plan, origin.engine)


def given_rows(data: Any) -> dict[str, Any]:
    """Return rows by name, from a pair, a mapping or an .npz file; raises `InputError` for anything else.

    >>> sorted(given_rows(([[1.0]], [0.0])))
    ['X', 'y']
    """
    if isinstance(data, (str, Path)):
        named = _read(Path(data))
    elif isinstance(data, Mapping):
        named = dict(data)
    elif isinstance(data, (tuple, list)) and len(data) == 2:
        named = {"X": data[0], "y": data[1]}
    else:
        raise InputError(
            f"diagnose: data is {type(data).__name__}; expected (X, y), the arrays by name, or an .npz file that holds "
            "X and y"
        )
    unknown = [str(name) for name in named if name not in NAMES]
    if unknown or not {"X", "y"} <= named.keys():
        what = f"holds {', '.join(unknown)}" if unknown else f"holds {', '.join(named) or 'nothing'}"
        raise InputError(f"diagnose: data {what}; expected X and y, and of {', '.join(NAMES[2:])} what fit was given")
    return named


def _read(place: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(place, allow_pickle=False) as file:
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise InputError(
                    f"{place}: holds one array; expected an .npz file with X and y: np.savez(file, X=X, y=y)"
                )
            return {name: file[name] for name in file.files}
    except InputError:
        raise
    except Exception as fault:  # a damaged archive raises whatever its reader stumbles over
        raise InputError(
            f"{place}: cannot be read as an .npz file with X and y ({' '.join(str(fault).split())}); write it with "
            "np.savez(file, X=X, y=y)"
        ) from fault


def _prepared(network: Layer, loss: Loss, origin: Origin, named: dict[str, Any]) -> tuple[Batch, Batch | None]:
    """Return rows to learn from and to hold out, prepared and split as `fit` does."""
    dtype, own = network.dtype, "X_validation" in origin.rows and not origin.validation
    wanted = {"X", "y", *(name for name in origin.rows if name == "sample_weight" or own)}
    if named.keys() != wanted:
        raise InputError(
            f"diagnose: data holds {', '.join(sorted(named))}; the run was trained with {', '.join(sorted(wanted))}"
        )
    seen = origin.rows["X"].shape if "X" in origin.rows else ()
    count = (seen[0] if seen else 0) + (origin.rows["X_validation"].shape[0] if origin.validation else 0)

    def batch(x: str, y: str) -> Batch:
        inputs = cast(as_rows(named[x], "X"), dtype, x)
        told = count if x == "X" else origin.rows[x].shape[0]
        if (len(inputs), *inputs.shape[1:]) != (told, *seen[1:]):
            raise InputError(
                f"diagnose: {x} has shape {inputs.shape}, the run was trained with {(told, *seen[1:])}; give the rows "
                "that it learned from"
            )
        if np.shape(named[y])[:1] != (told,):
            raise InputError(f"diagnose: {x} has {told} rows, {y} has shape {np.shape(named[y])}; expected one a row")
        with np.errstate(over="ignore", invalid="ignore"):
            outputs = tuple(network(inputs[:1]).shape[1:])
        return Batch(inputs, cast(loss.prepare(named[y], (told, *outputs)), dtype, y), None)

    rows = batch("X", "y")
    if "sample_weight" in named:
        rows = rows._replace(weight=as_weights(named["sample_weight"], len(rows.x), dtype))
    if own:
        return rows, batch("X_validation", "y_validation")
    if not 0 < origin.validation < 1:
        return rows, None
    labels = rows.y if rows.y.dtype.kind in "iu" and rows.y.ndim == 1 else None
    parts = split_rows(len(rows.x), origin.validation, origin.seed, labels)
    learned, held_out = (Batch(*(None if a is None else a[places] for a in rows)) for places in parts)
    return learned, held_out


def differences(known: Mapping[str, RowsSeen], found: Mapping[str, RowsSeen]) -> list[str]:
    """Return in words how rows differ from those that were seen.

    >>> one, other = (rows_seen(Batch(np.full((2, 1), number), np.zeros(2), None), None) for number in (1.0, 2.0))
    >>> differences(one, other), differences(one, one)
    (['X holds other values, or its rows stand in another order'], [])
    """
    told: list[str] = []
    for name in NAMES:
        one, other = known.get(name), found.get(name)
        if one == other:
            continue
        base = name.removesuffix("_validation")
        if one is None or other is None:
            told.append(f"{base} {'was not' if one is None else 'was'} there then")
        elif one.shape != other.shape:
            told.append(f"{base} has shape {other.shape} and had {one.shape}")
        elif one.dtype != other.dtype:
            told.append(f"{base} is {np.dtype(other.dtype)} and was {one.dtype}")
        else:
            told.append(f"{base} holds other values, or its rows stand in another order")
    return list(dict.fromkeys(told))
