"""Engines: the same step run at once on NumPy, or compiled in chunks by XLA; one network, or many members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cutaway.backends import Array, backend_named, namespace
from cutaway.layers import Context, Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.training.step import Batch, Carry, make_chunk, make_step

# Rows evaluated in one call: enough to fill a processor, few enough that their activations fit its caches.
TILE = 4096


class Engine:
    """Runs steps, evaluations and bookkeeping for one network, or for `members` of them side by side.

    With members every array of the carry has a leading member axis, and so have losses and flags; without,
    there is no such axis. On XLA the members are one vectorised program, divided among the devices; on NumPy they
    take turns. `judge` is the loss that `evaluate` takes, and `apart` says whether each member has rows of its own
    there, (members, rows, ...).
    """

    def __init__(
        self,
        name: str,
        network: Layer,
        loss: Loss,
        optimizer: Optimizer,
        *,
        masked: bool,
        members: int | None,
        judge: Loss | None = None,
        apart: bool = False,
    ) -> None:
        self.name, self.judge = name, judge or loss
        self.apart = members is not None and apart
        self.backend = backend = backend_named(name)
        self.members = members
        step = make_step(network, loss, optimizer)

        def evaluate(carry: Carry, rows: Batch) -> tuple[Array, Array, Array]:
            outputs = network.bind(carry.params, carry.state)(rows.x, ctx=Context())
            return *self.judge.parts(outputs, rows.y, rows.weight), outputs

        def slower(carry: Carry, factor: Array) -> Carry:
            moments = {
                **carry.moments,
                "learning_rate_factor": carry.moments["learning_rate_factor"] * factor,
            }
            return carry._replace(moments=moments)

        chunk = make_chunk(step, backend, masked)
        functions: dict[str, tuple[Callable[..., Any], tuple[int | None, ...], tuple[int, ...]]] = {
            "chunk": (chunk, (0, 0, None, 0, None, 0, None), (0,)),
            "evaluate": (evaluate, (0, 0 if self.apart else None), ()),
            "slower": (slower, (0, 0), ()),
            "chosen": (chosen, (0, 0, 0), ()),
        }
        self._compiled = {
            key: backend.compile(function if members is None else backend.vmap(function, axes), donate)
            for key, (function, axes, donate) in functions.items()
        }

    def start(self, carry: Carry) -> Carry:
        """Return the carry on this engine's devices, its memory our own to reuse."""
        moved = Carry(*({key: self.backend.asarray(array) for key, array in part.items()} for part in carry))
        return self.copy(moved if self.members is None else self.backend.spread(moved, self.members))

    def place(self, rows: Batch) -> Batch:
        """Return rows on this engine's devices, all members' at once."""
        placed = Batch(*(None if part is None else self.backend.asarray(part) for part in rows))
        return placed if self.members is None else self.backend.everywhere(placed, self.members)

    def place_watched(self, rows: Batch) -> Batch:
        """Return the rows of `evaluate` on this engine's devices."""
        return self.backend.spread(rows, self.members) if self.apart and self.members else self.place(rows)

    def chunk(
        self, carry: Carry, total: Array, rows: Batch, order: np.ndarray, count: int, seed: Array, steps: Array
    ) -> tuple[Carry, Array]:
        """Run `count` steps; the carry given is used up."""
        with np.errstate(all="ignore"):
            result: tuple[Carry, Array] = self._compiled["chunk"](
                carry, total, rows, order, np.int32(count), seed, steps
            )
        return result

    def evaluate(self, carry: Carry, rows: Batch, outputs: bool) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the loss over all rows and, if asked for, the outputs, tile by tile; with members both have one."""
        totals: list[np.ndarray] = []
        weights: list[np.ndarray] = []
        parts: list[np.ndarray] = []
        whole = (slice(None),) if self.apart else ()
        for begin in range(0, rows.y.shape[len(whole)], TILE):
            some = (*whole, slice(begin, begin + TILE))
            tile = Batch(*(None if part is None else part[some] for part in rows))
            with np.errstate(all="ignore"):
                total, weight, predicted = self._compiled["evaluate"](carry, tile)
            totals.append(np.asarray(total, np.float64))
            weights.append(np.asarray(weight, np.float64))
            if outputs:
                parts.append(np.asarray(predicted))
        value = np.asarray(self.judge.quotient(np.sum(totals, axis=0), np.sum(weights, axis=0)))
        return value, np.concatenate(parts, axis=0 if self.members is None else 1) if outputs else None

    def copy(self, carry: Carry) -> Carry:
        """Return a copy that outlives its original."""
        copied: Carry = self.backend.copy(carry)
        return copied

    def choose(self, flags: np.ndarray, yes: Carry, no: Carry) -> Carry:
        """Return, for each member, `yes` where its flag is set, else `no`."""
        result: Carry = self._compiled["chosen"](flags, yes, no)
        return result

    def slower(self, carry: Carry, factors: np.ndarray) -> Carry:
        """Return the carry with each member's learning rate multiplied by its factor."""
        result: Carry = self._compiled["slower"](carry, factors)
        return result

    def fetch(self, arrays: dict[str, Array]) -> dict[str, np.ndarray]:
        """Return NumPy arrays that can be written to."""
        return {key: self.backend.to_numpy(array) for key, array in arrays.items()}


def chosen(flag: Array, yes: Carry, no: Carry) -> Carry:
    """Return `yes` where the flag is set, else `no`, array by array."""

    def pick(a: dict[str, Array], b: dict[str, Array]) -> dict[str, Array]:
        xp = namespace(flag, *a.values())
        return {key: xp.where(flag, a[key], b[key]) for key in a}

    return Carry(pick(yes.params, no.params), pick(yes.state, no.state), pick(yes.moments, no.moments))
