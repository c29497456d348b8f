"""What the studio opens with: a rung of the ladder, a table, arrays and a network, or a run."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.layers import Blend, Ensemble, Layer, MemberDense
from cutaway.losses import CrossEntropy, Loss, SquaredError, as_loss
from cutaway.optimizers import Adam, Optimizer, as_optimizer
from cutaway.studio.case import Case
from cutaway.studio.ladder import rung
from cutaway.studio.material import Material
from cutaway.studio.run_rows import rows_of_run
from cutaway.studio.shaping import usual_loss, usual_network
from cutaway.studio.sources import of_arrays
from cutaway.studio.way import Way
from cutaway.training.plan import FIRST_ROWS

BATCH, RATE = 32, 0.01  # rows a step and learning rate of a person's own rows


def open_rung(name: str) -> tuple[Case, Way]:
    """Return a rung of the ladder, ready to be shown; the same numbers every time."""
    found = rung(name)
    material, network, way = found.make()
    network.build(material.x[:1], way.seed, np.float64)
    return Case(found.title, material, network, rung=name), way


def open_material(material: Material, network: Layer | None = None, seed: int = 0) -> tuple[Case, Way]:
    """Return a person's own rows with a network, two hidden layers of 8 where none is given."""
    network = usual_network(material) if network is None else network
    if not network.built:
        network.build(material.x[material.training][:FIRST_ROWS], seed, np.float64)
    outputs = int(network(material.x[:1]).shape[-1])
    size = max(1, min(BATCH, len(material.training)))
    way = Way(usual_loss(material, outputs), Adam(RATE), size, seed)
    return Case(material.name, material, network), way


def open_arrays(
    network: Layer,
    X: Any,
    y: Any,
    *,
    loss: str | Loss | None = None,
    optimizer: str | Optimizer = "adam",
    batch_size: int | None = 32,
    validation: float | tuple[Any, Any] = 0.0,
    names: Sequence[str] = (),
    classes: Sequence[str] = (),
    target: str = "y",
    seed: int = 0,
) -> tuple[Case, Way]:
    """Return a network and arrays as they are; the network itself is left as it was.

    loss   the loss or its name; None: squared error, of whole numbers with as many outputs as classes cross-entropy

    A network that is not built is built in double precision. Raises `InputError` for what does not fit.
    """
    if not isinstance(network, Layer):
        raise InputError(f"studio: the network is {network!r}, expected a layer such as Sequential(Dense(8), …)")
    network = copy.deepcopy(network)
    rows, targets = np.asarray(X), np.asarray(y)
    rows = rows[:, None] if rows.ndim == 1 and rows.dtype.kind == "f" else rows
    if not network.built:
        network.build(
            rows[:FIRST_ROWS].astype(np.float64) if rows.dtype.kind == "f" else rows[:FIRST_ROWS], seed, np.float64
        )
    outputs = int(network(rows[:1]).shape[-1])
    if loss is None:
        criterion: Loss = CrossEntropy() if targets.dtype.kind in "iub" and outputs > 1 else SquaredError()
    else:
        criterion = as_loss(loss)
    apart = validation if isinstance(validation, (tuple, list)) else None
    material = of_arrays(
        rows, targets, criterion, outputs, names=names, classes=classes, target=target, held_out=apart, seed=seed,
        share=0.0 if apart is not None else float(validation), dtype=network.dtype,  # type: ignore[arg-type]
    )  # fmt: skip
    size = len(material.training) if batch_size is None else max(1, min(batch_size, len(material.training)))
    return Case("your network", material, network, editable=True), Way(criterion, as_optimizer(optimizer), size, seed)


def open_run(folder: str | Path, data: Any = None) -> tuple[Case, Way]:
    """Return a run with the rows it learned from, its weights as they were delivered; of several networks the first.

    data   where the rows are, if not where they were

    Raises `InputError` for a run of arrays, which keeps none, and one whose rows are gone or have changed.
    """
    from cutaway.runs.load import load

    return opened_run(load(folder), data)


def opened_run(run: Any, data: Any = None) -> tuple[Case, Way]:
    """Return a run, in memory or loaded, with its rows, how it was trained, and what it recorded; see `open_run`."""
    from cutaway.studio.run_past import past_of, with_past
    from cutaway.studio.run_way import first_weights, way_of_run

    title = "run" if run.path is None else Path(run.path).resolve().name
    if not hasattr(run, "settings"):  # of `fit`
        return _fitted(run, data, title)
    network, notes = _one(run.network)
    network = copy.deepcopy(network)
    material = rows_of_run(run, data, notes)
    usual = usual_loss(material, int(network(material.x[:1]).shape[-1]))
    way, told = way_of_run(run, material, network, usual)
    case = Case(title, material, network, editable=False)
    past, more = past_of(run, case, way, first_weights(run, material, network, way))
    return with_past(case, past, [*told, *more]), way


def _fitted(run: Any, data: Any, title: str) -> tuple[Case, Way]:
    """Return a run of arrays, on the rows that it holds in memory or on those that are given."""
    from cutaway.runs.origin import setup_again
    from cutaway.studio.run_past import past_of, start_of_setup, with_past

    setup = run.setup if data is None else setup_again(run, data)
    if setup is None:
        raise InputError(
            f"{run.path or 'studio'}: learned from arrays, which a run does not keep; give them, as an .npz file that "
            "holds X and y (--data), or in Python: ca.studio(run, X, y)"
        )
    network, notes = _one(run.network)
    apart = 0.0 if setup.held_out is None else (setup.held_out.x, setup.held_out.y)
    case, way = open_arrays(
        network, setup.rows.x, setup.rows.y, loss=setup.loss, optimizer=setup.optimizer,
        batch_size=setup.plan.batch_size, validation=apart, seed=setup.plan.seed,
    )  # fmt: skip
    way = replace(way, shuffle=setup.plan.shuffle, epochs=setup.plan.epochs, drop_last=setup.plan.drop_last)
    case = replace(case, title=title)
    past, more = past_of(run, case, way, start_of_setup(setup, case.network, way))
    return with_past(case, past, [*notes, *more]), way


def _one(network: Layer | Ensemble | Blend) -> tuple[Layer, list[str]]:
    """Return one network of a run, and what is to be said of the others."""
    notes = []
    if isinstance(network, Blend):
        network = network.largest
    if isinstance(network, Ensemble):
        if len(network) > 1:
            notes.append(f"the run answers with the mean of {len(network)} networks; what is shown is the first")
        network = network[0]
    if any(isinstance(layer, MemberDense) for _, layer in network.named_layers()):
        raise InputError(
            "studio: this run's network holds members that share their weights, which cannot be shown one by one yet; "
            "train one with --effort quick or standard"
        )
    return network, notes
