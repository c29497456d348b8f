"""Engines: the same step run at once on NumPy, or compiled in chunks by XLA; one network, or many members."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from cutaway.backends import Array, backend_named, namespace
from cutaway.backends.processes import processes
from cutaway.layers import Context, Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.training.step import Batch, Carry, Steps, make_chunk, make_step

# Rows evaluated in one call: enough to fill a processor, few enough that their activations fit its caches.
TILE = 4096
# Bytes of inputs beyond which rows stay where they are, and each chunk, or tile, is handed what it needs of them:
# where the device computes in the same memory, a second copy of all of them would only take room. And how many bytes
# a chunk is handed at most.
LARGE, HANDED = 32 << 20, 8 << 20
# XLA on a CPU computes on an array where it is, if that begins at a multiple of so many bytes.
ALIGNED = 64


class Watched(NamedTuple):
    """What each member watches, by place: gathered tile by tile, where a copy of the rows would be large.

    places  (members, length) which rows, −1 for padding; without members (length)
    """

    rows: Batch
    places: np.ndarray

    def tile(self, begin: int, size: int, dtype: Any) -> Batch:
        """Return a tile's rows, (members, at most size, ...), those of padding with weight 0."""
        places = self.places[..., begin : begin + size]
        counts = 1.0 if self.rows.weight is None else self.rows.weight[places]
        return Batch(self.rows.x[places], self.rows.y[places], np.where(places >= 0, counts, 0).astype(dtype))


class Engine:
    """Runs steps, evaluations and bookkeeping for one network, or for `members` of them side by side.

    With members every array of the carry has a leading member axis, and so have losses and flags; without,
    there is no such axis. On XLA the members are one vectorised program, divided among the devices; on NumPy they
    take turns. `judge` is the loss that `evaluate` takes, and `apart` says whether each member has rows of its own
    there, (members, rows, ...); `tile` is how many rows of each it takes at once. `devices` is how many of this process
    share the work (None: as many as serve it, see `backend.division`): members, else the rows of each batch.
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
        tile: int = TILE,
        devices: int | None = None,
        precision: str = "float32",
    ) -> None:
        self.tile, self.masked = tile, masked
        self.name, self.judge, self.dtype = name, judge or loss, network.dtype
        self.apart = members is not None and apart
        self.backend = backend = backend_named(name)
        self.members = members
        self.division = division = backend.division(devices, members)
        step = make_step(network, loss, optimizer)

        def evaluate(carry: Carry, rows: Batch) -> tuple[Array, Array, Array]:
            x, y, weight = rows if self.apart else division.share(rows)
            outputs = network.bind(carry.params, carry.state)(x, ctx=Context())
            return *self.judge.parts(outputs, y, weight), outputs

        def judged(carry: Carry, rows: Batch) -> tuple[Array, Array]:
            return evaluate(carry, rows)[:2]

        def slower(carry: Carry, factor: Array) -> Carry:
            moments = {
                **carry.moments,
                "learning_rate_factor": carry.moments["learning_rate_factor"] * factor,
            }
            return carry._replace(moments=moments)

        chunk = backend.rounded(make_chunk(step, backend, masked, division), precision)
        functions: dict[str, tuple[Callable[..., Any], tuple[int | None, ...], tuple[int, ...]]] = {
            "chunk": (chunk, (0, 0, None, 0, None, 0, None), (0,)),
            "evaluate": (evaluate, (0, 0 if self.apart else None), ()),
            "judge": (judged, (0, 0 if self.apart else None), ()),
            "slower": (slower, (0, 0), ()),
            "chosen": (chosen, (0, 0, 0), ()),
        }
        self._compiled = {
            key: division.compile(function if members is None else backend.vmap(function, axes), donate)
            for key, (function, axes, donate) in functions.items()
        }

    def start(self, carry: Carry) -> Carry:
        """Return the carry on this engine's devices, its memory our own to reuse."""
        return self.copy(self.division.whole(carry) if self.members is None else self.division.members(carry))

    def place(self, rows: Batch) -> Batch:
        """Return rows on this engine's devices, all members' at once."""
        placed: Batch = self.division.whole(rows)
        return placed

    def here(self) -> bool:
        """Whether steps are computed in the machine's own memory, rather than in that of a device."""
        if self.name == "numpy":
            return True
        return all(device.platform == "cpu" for device in self._probe().devices())

    def elsewhere(self) -> float | None:
        """Return the bytes that are free where steps are computed, None where that is the machine's own memory.

        Infinity where a device does not say.
        """
        return None if self.here() else free_memory(self._probe().sharding.addressable_devices)

    def together(self) -> int:
        """Return how many devices of this process compute in one memory."""
        return len(self._probe().sharding.addressable_devices) if self.name == "xla" and self.here() else 1

    def leaves(self, rows: Batch, room: int | None = None) -> bool:
        """Whether rows stay on the host, to be handed over chunk by chunk: files always, large arrays if here.

        room   bytes that the copies of the inputs may take together, one on each device that members are divided among
               (None: those inputs are large that alone are more than 32 MiB)

        On NumPy nothing is ever copied: its steps take what they need from wherever the rows are.
        """
        if self.name == "numpy":
            return False
        copies = 1 if room is None else len(self._probe().sharding.addressable_devices)
        taken = rows.x.nbytes * copies
        return isinstance(rows.x, np.memmap) or (self.here() and taken > (LARGE if room is None else room))

    def hand_over(self, rows: Batch, order: np.ndarray, shared: bool) -> tuple[Batch | Steps, np.ndarray]:
        """Return the rows that an order takes, on this engine's devices, and the same order by their places there.

        shared   whether all members have the same order
        """
        distinct = order[0] if shared and self.members is not None else order
        numbers = np.arange(distinct.size, dtype=np.int32).reshape(distinct.shape)
        own = np.broadcast_to(np.where(distinct >= 0, numbers, np.int32(-1)), order.shape)
        if self.division.by_row and (shared or self.members is None):
            # Each device is given its share of each step alone, and a process reads no other's rows.
            return self.division.batches(Steps(*rows), np.maximum(distinct, 0)), own
        taken = np.maximum(distinct, 0).ravel()
        return self.place(
            Batch(*(None if part is None else self.backend.adopt(part) for part in _taken(rows, taken)))
        ), own

    def place_watched(self, rows: Batch) -> Batch:
        """Return the rows of `evaluate` on this engine's devices, those of several processes when they are taken."""
        if processes().several and not (self.apart and self.division.by_member):
            return rows
        placed: Batch = self.division.members(rows) if self.apart and self.members else self.place(rows)
        return placed

    def _probe(self) -> Array:
        """Return an array that is where rows are placed."""
        return self.place(Batch(np.zeros(1, np.float32), np.zeros(1, np.float32), None)).x

    def chunk(
        self, carry: Carry, total: Array, rows: Batch | Steps, order: np.ndarray, count: int, seed: Array, steps: Array
    ) -> tuple[Carry, Array]:
        """Run `count` steps; the carry given is used up."""
        with np.errstate(all="ignore"):
            result: tuple[Carry, Array] = self._compiled["chunk"](
                carry, total, rows, order, np.int32(count), seed, steps
            )
        return result

    def evaluate(self, carry: Carry, rows: Batch | Watched, outputs: bool) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the loss over all rows and, if asked for, the outputs, tile by tile; with members both have one."""
        totals: list[np.ndarray] = []
        weights: list[np.ndarray] = []
        parts: list[np.ndarray] = []
        whole = (slice(None),) if self.apart else ()
        length = rows.places.shape[-1] if isinstance(rows, Watched) else rows.y.shape[len(whole)]
        for begin in range(0, length, self.tile):
            if isinstance(rows, Watched):
                tile = self.place_watched(rows.tile(begin, self.tile, self.dtype))
            else:
                some = (*whole, slice(begin, begin + self.tile))
                tile = Batch(*(None if part is None else part[some] for part in rows))
            # Outputs that nobody asked for would be copied to all devices.
            what = "judge" if self.division.by_row and not outputs else "evaluate"
            with np.errstate(all="ignore"):
                total, weight, *predicted = self._compiled[what](carry.kept(), tile)
            totals.append(self.backend.to_numpy(total).astype(np.float64))
            weights.append(self.backend.to_numpy(weight).astype(np.float64))
            if outputs:
                parts.append(self.backend.to_numpy(predicted[0]))
        value = np.asarray(self.judge.quotient(np.sum(totals, axis=0), np.sum(weights, axis=0)))
        return value, np.concatenate(parts, axis=0 if self.members is None else 1) if outputs else None

    def read(self, array: Array) -> np.ndarray:
        """Wait for an array and return it on the host; where processes have parts of it, all must ask at once."""
        return self.backend.to_numpy(array)

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


def free_memory(devices: Iterable[Any]) -> float:
    """Return the bytes that are free on the device with the fewest, by what each says of its memory.

    >>> from types import SimpleNamespace
    >>> told = [{"bytes_limit": 80, "bytes_in_use": 30}, {"bytes_limit": 80, "bytes_in_use": 45}]
    >>> free_memory([SimpleNamespace(memory_stats=lambda said=said: said) for said in told])
    35.0
    """
    said = [device.memory_stats() or {} for device in devices]
    free = [each["bytes_limit"] - each.get("bytes_in_use", 0) for each in said if "bytes_limit" in each]
    return float(min(free, default=float("inf")))


def _taken(rows: Batch, places: np.ndarray) -> list[np.ndarray | None]:
    """Return the rows at some places, in memory that XLA can take as it is.

    `take` copies narrow rows ten times as fast as an index does.
    """
    found: list[np.ndarray | None] = []
    for part in rows:
        if part is None:
            found.append(None)
            continue
        shape = (*places.shape, *part.shape[1:])
        size = int(np.prod(shape)) * part.dtype.itemsize
        raw = np.empty(size + ALIGNED, np.uint8)
        begin = -raw.ctypes.data % ALIGNED
        room = raw[begin : begin + size].view(part.dtype).reshape(shape)
        found.append(np.take(part, places, axis=0, out=room, mode="clip"))
    return found


def chosen(flag: Array, yes: Carry, no: Carry) -> Carry:
    """Return `yes` where the flag is set, else `no`, array by array."""

    def pick(a: dict[str, Array], b: dict[str, Array]) -> dict[str, Array]:
        xp = namespace(flag, *a.values())
        return {key: xp.where(flag, a[key], b[key]) for key in a}

    return Carry(pick(yes.params, no.params), pick(yes.state, no.state), pick(yes.moments, no.moments))
