"""How a run was trained: its loss, optimizer and batches, made again from what it says of itself."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from cutaway.layers import Layer, Standardize
from cutaway.losses import Loss
from cutaway.optimizers import Adam, Optimizer
from cutaway.studio.material import Material
from cutaway.studio.moment import Moment
from cutaway.studio.run_parts import UNKNOWN
from cutaway.studio.way import Way
from cutaway.training.plan import FIRST_ROWS
from cutaway.training.step import Carry

RATE, BATCH = 1e-4, 32  # by which a run is trained on of which it is not known how it was trained
NEAR = 1e-3  # how far first weights that are drawn again may be from the place that the run kept of them, as a share


def way_of_run(run: Any, material: Material, network: Layer, usual: Loss) -> tuple[Way, list[str]]:
    """Return how a run was trained, and what is to be said of it.

    usual   the loss where that of the run is not known

    What its recipe gives is taken where the optimizer and the batches are those that the run names.
    """
    settings, seed = run.settings, int(run.settings.get("seed") or 0)
    for loss, optimizer, batch_size, epochs in _recipes(run, network):
        if settings.get("optimizer") in (repr(optimizer), str(optimizer)) and settings.get("batch_size") == batch_size:
            size = max(1, min(batch_size, len(material.training)))
            planned = int(settings.get("epochs") or epochs)
            if material.kind == "text":  # of which only some windows are shown: as many steps as it had
                steps = int(settings.get("planned") or settings["steps"])
                planned = -(-steps // max(1, len(material.training) // size))
            drop_last = material.kind != "pictures" or len(material.training) >= 8 * size
            again = (
                "loss, optimizer and batches are the run's own; whoever trains on begins its schedule again, the "
                "optimizer's memory empty: neither is kept"
            )
            weight = settings.get("weight")
            alike = [] if weight is None else [f"every row counts the same here; the run weighted them by '{weight}'"]
            return Way(loss, optimizer, size, seed, epochs=planned, drop_last=drop_last), [again, *alike]
    note = f"how the run was trained cannot be made again: training on is by Adam at {RATE:g} in batches of {BATCH}"
    return Way(usual, Adam(RATE), max(1, min(BATCH, len(material.training))), seed), [note]


def _recipes(run: Any, network: Layer) -> Iterator[tuple[Loss, Optimizer, int, int]]:
    """Yield what recipes give for a run: of a table the usual one, and that of a run that went on from another."""
    from cutaway.runs.picture_run import PictureRun
    from cutaway.runs.table_run import TableRun

    settings, data = run.settings, run.data
    found: Any
    try:
        if isinstance(run, TableRun):
            from cutaway.recipes.table import continued, table_recipe
            from cutaway.runs.learn_table import OF_PROBABILITIES

            rows = int(data["trained"]) - (int(data["watched"]) if settings.get("sample") else 0)
            found = table_recipe(
                rows, run.preprocessing.numbers, run.preprocessing.code_sizes, run.target, effort=settings["effort"],
                probabilities=settings["metric"] in OF_PROBABILITIES, epochs=settings["epochs"],
            )  # fmt: skip
            yield found.loss, found.optimizer, found.batch_size, found.epochs
            found = continued(found, run.target, network, settings["epochs"])
        elif isinstance(run, PictureRun):
            from cutaway.recipes.image import image_recipe

            scaled = next(layer for _, layer in network.named_layers() if isinstance(layer, Standardize))
            found = image_recipe(
                int(data["learned"]), copy.deepcopy(scaled), (run.preprocessing.height, run.preprocessing.width),
                len(run.classes),
                effort=settings["effort"], mirrored=settings["mirrored"], epochs=settings["epochs_wanted"],
            )  # fmt: skip
        else:
            from cutaway.recipes.text import text_recipe

            found = text_recipe(
                int(data["learned"]["tokens"]), run.tokens.outputs, effort=settings["effort"],
                context=settings["context"], passes=settings.get("epochs_asked"),
            )  # fmt: skip
            found = replace(found, epochs=max(1, found.epochs))
        yield found.loss, found.optimizer, found.batch_size, found.epochs
    except (KeyError, TypeError, ValueError, StopIteration, AttributeError):
        return  # a run of another version, which says other things of itself


def first_weights(run: Any, material: Material, network: Layer, way: Way) -> Moment | None:
    """Return the weights that a run began with, drawn again from its seed; None where they are others.

    They are compared with the place and the distance that the run kept of them, in the plane of its way. There are none
    where not all that it learned from is on show, as of a text, and where pictures fill a batch in part, whose shifts
    are drawn with those of rows that are none: its training could not be made again.
    """
    kept, learned = run.way, len(material.training)
    if material.kind != "numbers" and learned != run.data.get("learned"):
        return None
    if material.kind == "pictures" and not way.drop_last and learned % way.batch_size:
        return None
    if any(note.endswith(UNKNOWN) for note in material.notes):
        return None  # from other rows its training could not be made again
    if kept is None or not len(kept.epochs) or kept.epochs[0] != 0 or not kept.fits(network.parameters()):
        return None
    fresh, places = copy.deepcopy(network), material.training
    fresh.build(material.x[places[:: -(-len(places) // FIRST_ROWS)]], way.seed, network.dtype)
    return first_moment(fresh, way) if began_there(kept, fresh, network) else None


def began_there(kept: Any, fresh: Layer, network: Layer) -> bool:
    """Whether weights lie where a run's way says that it began."""
    first, delivered = fresh.parameters(), network.parameters()
    away = {path: first[path].astype(np.float64) - delivered[path] for path in first}
    place = sum(
        np.tensordot(kept.directions[path].astype(np.float64), array, array.ndim) for path, array in away.items()
    )
    whole = float(sum(np.sum(array**2) for array in away.values()))
    off = np.sqrt(max(0.0, whole - float(np.sum(np.square(place)))))
    size = max(np.sqrt(whole), 1e-12)
    return bool(np.abs(place - kept.places[0]).max() < NEAR * size and abs(off - kept.off_plane[0]) < NEAR * size)


def first_moment(network: Layer, way: Way) -> Moment:
    """Return a network's weights as those before the first step."""
    params = {path: np.array(array) for path, array in network.parameters().items()}
    state = {path: np.array(array) for path, array in network.state().items()}
    moments = {path: np.asarray(array) for path, array in way.optimizer.init(params).items()}
    return Moment(0, 0, 0, Carry(params, state, moments))
