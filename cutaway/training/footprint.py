"""How much memory a training takes, told before it begins: too much is refused, rather than ended by the system."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cutaway.backends import Division
from cutaway.backends.processes import processes
from cutaway.errors import InputError
from cutaway.memory import available_memory
from cutaway.optimizers import Optimizer
from cutaway.training.cost import Cost
from cutaway.training.engines import LARGE
from cutaway.training.placing import ROOM
from cutaway.training.step import Batch

if TYPE_CHECKING:
    from cutaway.layers import Layer
    from cutaway.training.plan import Plan

# Copies that a training holds of weights, state and moments: where it is, where it was last good, and the one that a
# step makes; and of weights and state alone: the best, and the gradient of a step.
CARRIES, KEPT = 3, 2
# The share of the numbers that a step computes which are in memory at once. XLA merges operations that follow each
# other, and never writes down what is between them.
HELD = {"numpy": 1.0, "xla": 0.4}
# The share of the memory at hand that a training may take.
SHARE = 0.9
FEWEST = 1 << 16  # numbers that a pass over the rows of an evaluation computes at least


class Footprint(NamedTuple):
    """Bytes that a training takes: an estimate from below, so that what would do is not refused.

    weights      weights, running state and moments, with their copies
    activations  what a step keeps for the way back
    data         the rows, where the engine copies them, and the order in which the next epoch takes them
    evaluation   what a pass over the rows of an evaluation computes at once
    """

    weights: float
    activations: float
    data: float
    evaluation: float

    @property
    def step(self) -> float:
        """What is needed to train at all."""
        return self.weights + self.activations + self.data


def footprint_of(
    engine: str,
    network: Layer,
    optimizer: Optimizer,
    plan: Plan,
    rows: Batch,
    cost: Cost,
    tile_numbers: int,
    division: Division | None = None,
    together: int = 1,
) -> Footprint:
    """Return what a training as planned takes of one memory.

    cost          of one step of one network
    tile_numbers  how many numbers a pass over the rows of an evaluation computes at most
    division      of members, or of the rows of each batch, among devices (None: there is one)
    together      how many of these devices compute in this memory
    """
    members = plan.members or 1
    size = np.dtype(network.dtype).itemsize
    kept = sum(array.nbytes for array in (*network.parameters().values(), *network.state().values()))
    moments = len(optimizer.slots) * size * cost.parameters
    at_once = members if engine == "xla" else 1  # on NumPy they take turns
    # Of what is divided this memory holds some; of what each device has in full, that of each device in it.
    share = 1.0 if division is None else together / division.count
    copies = share if division is None or division.by_member else float(together)
    data = 0.0
    if engine == "xla":
        # Large rows may stay where they are: what is handed over at a time is then little.
        copied = sum(part.nbytes for part in rows if part is not None)
        large = rows.x.nbytes > (LARGE if plan.lean else ROOM) or isinstance(rows.x, np.memmap)
        data = 0.0 if large and (plan.lean or plan.members is not None) else float(copied)
    shared = plan.members is None or (plan.block is not None and plan.shuffle)
    orders = plan.steps_of_epoch(len(rows.x)) * plan.batch_size * (1 if shared else members)
    return Footprint(
        weights=copies * members * (CARRIES * (kept + moments) + KEPT * kept),
        activations=share * HELD[engine] * size * cost.elements * at_once,
        data=data + np.dtype(np.int32).itemsize * orders,
        evaluation=share * HELD[engine] * size * tile_numbers,
    )


def affordable_tile(engine: str, found: Footprint, tile_numbers: int, elsewhere: float | None) -> int:
    """Return how many numbers a pass over the rows of an evaluation may compute, fewer where memory is short.

    elsewhere  bytes that are free on the device that computes, where it has a memory of its own

    Raises `InputError` with the figures where there is too little memory to train at all.

    >>> affordable_tile("xla", Footprint(weights=4e18, activations=1e9, data=0.0, evaluation=1e8), 1000, 1e20)
    1000
    """
    memory = available_memory() if elsewhere is None else elsewhere
    least = HELD[engine] * 4 * FEWEST
    if found.step + least > SHARE * memory:
        raise InputError(
            f"training: needs about {_told(found.step + least)} of memory (weights, moments and their copies "
            f"{_told(found.weights)}, numbers of a step {_told(found.activations)}, rows {_told(found.data)}), and "
            f"{_told(memory)} can be had; take smaller batches, fewer members or a smaller network"
        )
    room = SHARE * memory - found.step
    if found.evaluation <= room:
        return tile_numbers
    return max(FEWEST, int(tile_numbers * room / found.evaluation))


def _told(size: float) -> str:
    """Return bytes in words.

    >>> _told(1.5 * (1 << 30)), _told(3 << 20)
    ('1.5 GiB', '3.0 MiB')
    """
    return f"{size / (1 << 30):.1f} GiB" if size >= 1 << 30 else f"{size / (1 << 20):.1f} MiB"


def affords(network: Layer, copies: int) -> bool:
    """Return whether there is memory for so many copies of a network's weights, in each of several processes."""
    return processes().least(available_memory()) > copies * sum(array.nbytes for array in network.parameters().values())
