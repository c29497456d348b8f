"""`fit`: train a network on arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.data.splits import split_rows
from cutaway.diagnosis.setup import Setup
from cutaway.errors import InputError, flag
from cutaway.layers import Layer
from cutaway.losses import Loss, as_loss
from cutaway.metrics import BY_NAME as METRICS
from cutaway.optimizers import Optimizer, as_optimizer
from cutaway.runs.arrays import as_rows, as_weights, cast
from cutaway.runs.diagnosing import Diagnosing
from cutaway.runs.fingerprint import fingerprint_of
from cutaway.runs.keeping import keeping_in, put_away
from cutaway.runs.learn import learn
from cutaway.runs.origin import origin_of
from cutaway.runs.run import Run
from cutaway.runs.settings import check_precision
from cutaway.runs.trajectory import Followed, with_trajectory
from cutaway.storage.architecture import describe
from cutaway.storage.run_folder import CHECKPOINT, check_place, is_run
from cutaway.training.footprint import affords
from cutaway.training.plan import Plan
from cutaway.training.step import Batch

# An examination before the first step holds so many copies of the weights: gradients, and the first ones to repeat it.
EXAMINED = 6


def fit(
    network: Layer,
    X: Any,
    y: Any,
    *,
    loss: str | Loss,
    optimizer: str | Optimizer = "adam",
    epochs: int = 100,
    batch_size: int | None = 32,
    validation: float | tuple[Any, Any] | None = None,
    sample_weight: Any = None,
    early_stopping: int | None = None,
    metrics: Sequence[str] | Mapping[str, Callable[[np.ndarray, np.ndarray], float]] = (),
    seed: int = 0,
    shuffle: bool = True,
    engine: str = "auto",
    precision: str = "float32",
    devices: int | None = None,
    members: int = 1,
    callbacks: Sequence[Callable[[Any], None]] = (),
    progress: bool | None = None,
    observe: bool = True,
    path: str | Path | None = None,
    resume: bool = False,
    trajectory: bool = False,
) -> Run:
    """Train `network` on inputs X and targets y, and return the `Run`.

    X, y           arrays (or anything NumPy makes arrays of); one row an example
    loss           a `Loss` or its name
    optimizer      an `Optimizer` or its name
    epochs         how often every row is seen
    batch_size     rows a step: 1 one example, None the whole batch
    validation     a share of the rows to hold out, or (X, y) of their own; the weights kept are the best on them
    sample_weight  how much each row counts
    early_stopping end when validation has not improved for so many epochs
    metrics        names (accuracy, rmse, …) or functions of (outputs, targets), measured on the validation rows
    seed           of the split, the initial weights, the order and the dropout; the same seed gives the same weights
    engine         "numpy", "xla" or "auto", which takes the one that should be done sooner and says why
    precision      "float32", or "bf16" on XLA: matrix products of bfloat16 numbers, added in float32; weights, sums and
                   validation stay float32. A GPU is several times as fast so, a CPU slower
    devices        how many devices of this process share the work: each takes a part of every batch, or some of the
                   members; the weights are those of one device, to rounding (None: one; for members as many as there
                   are)
    members        how many networks to train side by side on the same split, with weights and orders seeded seed,
                   seed + 1, …; run.network is their `Ensemble`
    callbacks      functions that hear every record; one may raise `StopTraining`
    progress       whether to show a bar (None: where the output is a terminal)
    observe        whether to take vitals and to say, as a `FindingWarning` and in run.findings, why it does not learn
    path           a folder for the run, which `ca.load` reads; its `records.jsonl` grows as training goes on, and its
                   `checkpoint` is written there now and then
    resume         go on with the training that was begun in `path`, with the same data and settings, from its last
                   checkpoint: the weights are in the end those of a training that was never stopped, bit by bit
    trajectory     keep the weights before the first epoch and after each in `run.trajectory`, for `ca.landscape`: as
                   many copies of the network as there are epochs, and not on disk

    The trained weights are in `network` afterwards (with members it is untouched); a second `fit` goes on from them.
    Ctrl-C ends the training and keeps what was learned; where a finished run is at `path`, that stays, and the
    interrupted one goes beside it, to `run.path`. Raises `InputError` for data that cannot be used, and where another
    process is training into the folder.

    >>> import numpy as np, cutaway as ca
    >>> x = np.linspace(-1, 1, 64)[:, None]
    >>> net = ca.Sequential(ca.Dense(1))
    >>> run = ca.fit(net, x, 3 * x + 1, loss="squared_error", optimizer=ca.Adam(0.1), epochs=100)
    >>> net[0].weight.round(2), net[0].bias.round(2)
    (array([[3.]], dtype=float32), array([1.], dtype=float32))
    """
    criterion, method = as_loss(loss), as_optimizer(optimizer)
    if not isinstance(network, Layer):
        raise InputError(f"fit: the network is {network!r}, expected a layer such as Sequential(Dense(8), …)")
    _whole("epochs", epochs, 1)
    _whole("members", members, 1)
    _whole("seed", seed, 0)
    for name, value in (("batch_size", batch_size), ("early_stopping", early_stopping)):
        if value is not None:
            _whole(name, value, 1)
    for name, given in (("shuffle", shuffle), ("observe", observe), ("resume", resume), ("trajectory", trajectory)):
        flag(f"fit: {name}", given)
    if progress is not None:
        flag("fit: progress", progress, "None shows a bar where the output is a terminal")
    if callable(callbacks) or not all(callable(each) for each in callbacks):
        raise InputError(f"fit: callbacks is {callbacks!r}, expected a list of functions of a record")
    if path is not None and not isinstance(path, (str, PathLike)):
        raise InputError(f"fit: path is {path!r}, expected a folder")
    if trajectory and resume:
        raise InputError(
            "fit: resume and trajectory: the weights of the epochs before the interruption were not kept; leave one out"
        )
    if engine not in ("auto", "numpy", "xla"):
        raise InputError(f"fit: engine is {engine!r}, expected 'auto', 'numpy' or 'xla'")
    check_precision(precision, engine)
    unwatched = validation is None or (isinstance(validation, (int, float)) and validation == 0)
    if unwatched and (early_stopping is not None or metrics):
        raise InputError("fit: early_stopping and metrics need rows to watch; give validation, such as validation=0.2")

    inputs, targets = as_rows(X, "X"), np.asarray(y)
    if targets.ndim == 0 or len(targets) != len(inputs):
        raise InputError(f"fit: X has {len(inputs)} rows, y has shape {targets.shape}; one target a row is needed")
    dtype = network.dtype if network.built else np.dtype(np.float32)
    inputs = cast(inputs, dtype, "X")
    fresh = not network.built
    if fresh:
        network.build(inputs[:1], seed)
    with np.errstate(over="ignore", invalid="ignore"):
        output_shape = tuple(network(inputs[:1]).shape[1:])
    if not network.parameters():
        raise InputError("fit: the network has no parameters to learn; add a layer such as Dense")
    targets = cast(criterion.prepare(targets, (len(inputs), *output_shape)), dtype, "y")
    weight = None if sample_weight is None else as_weights(sample_weight, len(inputs), dtype)
    rows = Batch(inputs, targets, weight)
    held_out = None
    if not unwatched:
        rows, held_out = _split(rows, validation, criterion, output_shape, dtype, seed)
    if fresh:
        network.build(rows.x, seed)  # again: first weights that follow from rows follow from those learned from

    folder = None if path is None else Path(path)
    if folder is not None:
        describe(network)  # refused now rather than when it is trained
        check_place(folder)
    plan = Plan(
        epochs=epochs, batch_size=len(rows.x) if batch_size is None else batch_size, seed=seed, shuffle=shuffle,
        members=None if members == 1 else members, patience=early_stopping, metrics=_metrics(metrics), watch=observe,
        precision=precision,
    )  # fmt: skip
    way: list[dict[str, np.ndarray]] = []
    if trajectory:
        plan = with_trajectory(plan, way, network, method, rows)
    followed = Followed() if folder is not None and not resume else None
    if followed is not None:
        plan = followed.on(plan, network, method, rows)
    identity: dict[str, Any] = {}
    told_in = None
    if folder is not None:
        watched = () if held_out is None else held_out
        identity = {
            "data": fingerprint_of(*rows, *watched), "shuffle": shuffle, "early_stopping": early_stopping,
        }  # fmt: skip
        told_in = folder / CHECKPOINT if is_run(folder) else folder  # an earlier run keeps its records until the end
    diagnosing = None
    if observe and affords(network, EXAMINED):
        diagnosing = Diagnosing(Setup(network, criterion, method, rows, held_out, plan, engine))
    heard = callbacks if diagnosing is None else diagnosing.listeners(callbacks)
    with keeping_in(folder, identity, resume, name="path") as keeping:
        run = learn(
            network, criterion, method, rows, held_out, plan,
            engine=engine, listeners=heard, progress=progress, folder=told_in, keeping=keeping, devices=devices,
        )  # fmt: skip
        run.trajectory = way
        if diagnosing is not None:
            diagnosing.end(run)
            run.origin = origin_of(run.setup, fresh, validation)
        if followed is not None:
            run.way = followed.way(run.network, run.history, criterion)
        return put_away(run, keeping)


def _whole(name: str, value: Any, least: int) -> None:
    """Raise `InputError` unless `value` is a whole number, of at least `least` and of at most 63 bits."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or not least <= value < 2**63:
        also = ", or None for all rows" if name == "batch_size" else ""
        raise InputError(f"fit: {name} must be a whole number of at least {least}{also}, got {value!r}")


def _split(
    rows: Batch, validation: Any, loss: Loss, output_shape: tuple[int, ...], dtype: Any, seed: int
) -> tuple[Batch, Batch | None]:
    """Return training rows and held-out rows."""
    if isinstance(validation, (int, float)):
        if not 0 < validation < 1:
            raise InputError(f"fit: validation is a share of the rows, 0 < share < 1, or (X, y), got {validation!r}")
        labels = rows.y if rows.y.dtype.kind in "iu" and rows.y.ndim == 1 else None
        rest, part = split_rows(len(rows.x), float(validation), seed, labels)
        if not len(part):
            raise InputError(f"fit: of {len(rows.x)} row none is left to validate on; give more rows")
        cut = [Batch(*(None if a is None else a[places] for a in rows)) for places in (rest, part)]
        if rows.weight is not None and not all(part.weight.any() for part in cut if part.weight is not None):
            raise InputError("fit: all rows to learn from, or all to validate on, have sample_weight 0")
        return cut[0], cut[1]
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        raise InputError(f"fit: validation is a share of the rows or (X, y), got {type(validation).__name__}")
    inputs = cast(as_rows(validation[0], "validation X"), dtype, "validation X")
    targets = cast(loss.prepare(validation[1], (len(inputs), *output_shape)), dtype, "validation y")
    return rows, Batch(inputs, targets, None)


def _metrics(metrics: Any) -> dict[str, Callable[[np.ndarray, np.ndarray], float]]:
    """Return metrics by name."""
    if isinstance(metrics, Mapping):
        return dict(metrics)
    unknown = [name for name in metrics if name not in METRICS]
    if isinstance(metrics, str) or unknown:
        raise InputError(f"fit: metrics {metrics!r}, expected names among {', '.join(METRICS)}, or a dict of functions")
    return {name: METRICS[name] for name in metrics}
