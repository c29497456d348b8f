"""Many networks of several kinds, each on its own rows from its own seed, trained as few programs of many members."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway.errors import TrainingWarning
from cutaway.explain.padding import grouped, padded
from cutaway.explain.threads import threads_for
from cutaway.layers import Context, Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.training.cost import choose_engine, cost_of_step
from cutaway.training.plan import Plan
from cutaway.training.step import Batch, Carry
from cutaway.training.trainer import Trainer

TILE = 4096  # rows that a network answers at once
Told = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Repeated(Plan):
    """A plan whose members come in groups that have the same seeds, rows and orders, group after group.

    alike   how many members a group has
    """

    alike: int = 1

    @property
    def seeds(self) -> list[int]:
        """The seed of each member."""
        return [self.seed + member % self.alike for member in range(self.members or 1)]

    def order(self, rows: int, epoch: int) -> np.ndarray:
        """Return which rows each step takes: drawn for one group, the same for the others."""
        assert self.members is not None and self.folds is not None
        one = Plan(
            epochs=self.epochs, batch_size=self.batch_size, seed=self.seed, members=self.alike,
            folds=self.folds[: self.alike],
        )  # fmt: skip
        return np.tile(one.order(rows, epoch), (self.members // self.alike, 1, 1))


@dataclass
class Answers:
    """What the networks of a sweep answer.

    outputs   by kind of network, for each member and, where epochs were asked for, each of these: (members, rows, ...)
              or (epochs, members, rows, ...)
    engine    what they were trained on; programs is how many trainings it took
    """

    outputs: list[np.ndarray] = field(default_factory=list)
    engine: str = "numpy"
    programs: int = 0


def train_kinds(
    networks: Sequence[Layer],
    loss: Loss,
    optimizer: Optimizer,
    rows: Batch,
    learned: Sequence[np.ndarray],
    asked: np.ndarray,
    *,
    epochs: int,
    batch_size: int,
    seed: int = 0,
    engine: str = "auto",
    at: Sequence[int] | None = None,
    together: bool = True,
    told: Told | None = None,
) -> Answers:
    """Train each kind of network once for each of `learned`, and return what all of them answer for the rows `asked`.

    networks  one of each kind, from the narrowest to the widest where they differ in width
    rows      all rows; learned, for each member which of them it learns from (rows may be repeated)
    at        epochs after which they are asked (None: once, at the end)
    together  whether narrow networks are filled up to share a program with wider ones, where that is sooner done
    told      hears how many of how many networks are done

    Member m of each kind begins with the weights of seed + m and takes its rows in the order of seed + m, whichever
    others it is trained beside.
    """
    members, size = len(learned), min(batch_size, *(len(part) for part in learned))
    some = Batch(rows.x[:size], rows.y[:size], None)
    for network in networks:
        if not network.built:
            network.build(rows.x[:1], seed)
    costs = [cost_of_step(network, loss, some) for network in networks]
    steps = epochs * -(-max(len(part) for part in learned) // size)
    if engine == "auto":
        heaviest = max(costs, key=lambda cost: cost.flops + cost.elements)
        engine = choose_engine(heaviest, epochs, steps // epochs, members * len(networks)).engine
    groups = grouped(networks, costs, members, steps, engine) if together else [[k] for k in range(len(networks))]
    found = Answers(engine=engine, programs=len(groups))
    folds = [(part, np.arange(0)) for part in learned]
    for group in groups:
        widest = networks[group[-1]]
        drawn = [_drawn(networks[kind], widest, rows.x, learned, seed) for kind in group]
        start = {path: np.concatenate([part[path] for part in drawn]) for path in drawn[0]}
        taken: list[Carry] = []
        wanted = set(at or ())

        def keep(epoch: int, carry: Carry, taken: list[Carry] = taken, wanted: set[int] = wanted) -> None:
            if epoch in wanted:
                taken.append(carry)

        plan = Repeated(
            epochs=epochs, batch_size=size, seed=seed, members=members * len(group), folds=folds * len(group),
            start=start, shown=None if at is None else keep, watch=False, alike=members,
        )  # fmt: skip
        with threads_for(costs[group[-1]].flops):
            trained = Trainer(widest, loss, optimizer, plan, engine=engine).train(rows)
        if any(event.what == "interrupted" for event in trained.events):
            raise KeyboardInterrupt  # half a measurement is none
        if trained.diverged:
            warnings.warn(trained.diverged, TrainingWarning, stacklevel=3)
        if at is None:
            taken = [Carry(trained.params, trained.state, {})]
        with threads_for(costs[group[-1]].flops / 3 / size * min(TILE, len(asked))):
            each = np.stack([_asked(widest, carry, asked) for carry in taken])
        for place in range(len(group)):
            mine = each[:, place * members : (place + 1) * members]
            found.outputs.append(mine[0] if at is None else mine)
        if told is not None:
            told(members * (group[-1] + 1), members * len(networks))
    return found


def _drawn(
    network: Layer, like: Layer, x: np.ndarray, learned: Sequence[np.ndarray], seed: int
) -> dict[str, np.ndarray]:
    """Return first weights and state for each member, with zeros where `like` is wider."""
    shapes = {path: array.shape for path, array in {**like.parameters(), **like.state()}.items()}
    parts = []
    for member, places in enumerate(learned):
        network.build(x[places], seed + member, network.dtype)
        arrays = {**network.parameters(), **network.state()}
        parts.append({path: padded(array, shapes[path]) for path, array in arrays.items()})
    return {path: np.stack([part[path] for part in parts]) for path in parts[0]}


def _asked(network: Layer, carry: Carry, x: np.ndarray) -> np.ndarray:
    """Return the outputs of each member, (members, rows, ...)."""
    count = len(next(iter(carry.params.values())))
    found: list[Any] = []
    for member in range(count):
        bound = network.bind(*({path: array[member] for path, array in part.items()} for part in carry[:2]))
        parts = [bound(x[begin : begin + TILE], ctx=Context()) for begin in range(0, len(x), TILE)]
        found.append(np.concatenate(parts))
    return np.stack(found)
