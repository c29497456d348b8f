"""Whether processes that train together were given the same: what differs would mix their trainings silently."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from cutaway.backends.processes import Processes
from cutaway.errors import InputError
from cutaway.training.engines import Watched
from cutaway.training.step import Batch, Carry

if TYPE_CHECKING:
    from cutaway.training.loop import Loop

# Rows held out that are looked at.
LOOKED_AT = 1024


def check_alike(group: Processes, parts: Mapping[str, Iterable[Any]]) -> None:
    """Raise `InputError`, in all processes at once, where a part differs between them, and say which.

    parts   by name, arrays and whatever else JSON can hold; compared by a checksum of 32 bits (CRC-32), so that of
            2³² differences one goes unseen

    >>> check_alike(Processes(), {"rows": [np.arange(3)]})
    """
    if not group.several:
        return
    mine = np.array([_checksum(part) for part in parts.values()], np.uint32).view(np.int32)
    differ = group.most(mine) != ~group.most(~mine)  # the largest is not the smallest: ~ turns the order round
    if differ.any():
        names = [name for name, other in zip(parts, differ, strict=True) if other]
        raise InputError(
            f"distributed: {' and '.join(names)} of process {group.index} are not those of all {group.count}: one "
            "network cannot be trained on what differs; start all with the same files, the same arguments and the "
            "same seed"
        )


def parts_of(loop: Loop, first: Carry, held_out: Batch | Watched | None) -> dict[str, Iterable[Any]]:
    """Return what must be alike at the start of a training: settings, weights, and rows that steps take first."""
    plan, trainer, rows = loop.plan, loop.trainer, loop.rows
    settings = (
        trainer.engine, plan.precision, plan.epochs, plan.batch_size, plan.seed, plan.steps, plan.members,
        plan.patience, loop.count, loop.per_epoch, None if loop.checkpoints is None else loop.checkpoints.identity,
    )  # fmt: skip
    order = loop.first_order[..., 0, :]
    places = np.maximum(order, 0)
    watched: list[Any] = []
    if isinstance(held_out, Watched):
        watched = [held_out.places.shape, held_out.places[..., :LOOKED_AT]]
    elif held_out is not None:
        watched = [held_out.x.shape, *(part[:LOOKED_AT] for part in held_out if part is not None)]
    return {
        "settings": settings,
        "first weights": [part[path] for part in (first.params, first.state) for path in sorted(part)],
        "rows of the first step": [order, *(np.asarray(part[places]) for part in rows if part is not None)],
        "rows held out": watched,
    }


def _checksum(part: Iterable[Any]) -> int:
    found = 0
    for each in part:
        told = each if isinstance(each, np.ndarray) else json.dumps(each, sort_keys=True, default=str).encode()
        found = crc32(np.ascontiguousarray(told) if isinstance(told, np.ndarray) else told, found)
    return found
