"""Many networks of several kinds, each on its own rows from its own seed, trained as few programs of many members."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from cutaway.backends.threads import threads_for
from cutaway.errors import TrainingWarning
from cutaway.explain.padding import grouped, padded
from cutaway.layers import Context, Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.training.cost import choose_engine, cost_of_step
from cutaway.training.fits import Fits, Here
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


@dataclass(frozen=True)
class Kinds:
    """Kinds of network, each to be trained once for each of `learned`.

    networks  one of each kind, from the narrowest to the widest where they differ in width
    learned   for each member which rows it learns from (rows may be repeated)
    at        epochs after which they are asked (None: once, at the end)
    together  whether narrow networks are filled up to share a program with wider ones, where that is sooner done
    """

    networks: Sequence[Layer]
    learned: Sequence[np.ndarray]
    optimizer: Optimizer
    epochs: int
    at: Sequence[int] | None = None
    together: bool = True


@dataclass(frozen=True)
class Given:
    """What all programs of a sweep need: rows to learn from and rows asked about, the loss, the first seed."""

    loss: Loss
    rows: Batch
    asked: np.ndarray
    seed: int


@dataclass(frozen=True)
class Program:
    """Kinds of network that are trained as one.

    size   rows a step
    flops  operations of a step of the widest
    """

    kinds: Kinds
    size: int
    engine: str
    flops: float

    @property
    def count(self) -> int:
        """How many networks it has, for each epoch after which they are asked."""
        return len(self.kinds.networks) * len(self.kinds.learned) * len(self.kinds.at or (0,))


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

    See `Kinds` and `train_all` for the arguments.
    """
    kinds = Kinds(networks, learned, optimizer, epochs, at, together)
    return train_all([kinds], loss, rows, asked, batch_size=batch_size, seed=seed, engine=engine, told=told)[0]


def train_all(
    asked_for: Sequence[Kinds],
    loss: Loss,
    rows: Batch,
    asked: np.ndarray,
    *,
    batch_size: int,
    seed: int = 0,
    engine: str = "auto",
    told: Told | None = None,
    fits: Fits | None = None,
) -> list[Answers]:
    """Train all that is asked for, and return for each what its networks answer for the rows `asked`.

    rows   all rows
    told   hears how many of how many networks are done
    fits   where the programs run (None: here)

    Member m of each kind begins with the weights of seed + m and takes its rows in the order of seed + m, whichever
    others it is trained beside.
    """
    found: list[Answers] = []
    programs: list[Program] = []
    for kinds in asked_for:
        made = _programs(kinds, loss, rows, batch_size, seed, engine)
        found.append(Answers(engine=made[0].engine, programs=len(made)))
        programs += made
    outputs: list[list[np.ndarray]] = [[] for _ in programs]
    done, whole = 0, sum(program.count for program in programs)
    for place, result in (fits or Here()).each(trained, Given(loss, rows, asked, seed), programs):
        outputs[place] = result
        done += programs[place].count
        if told is not None:
            told(done, whole)
    for answers in found:
        for _ in range(answers.programs):
            answers.outputs += outputs.pop(0)
    return found


def trained(given: Given, program: Program) -> list[np.ndarray]:
    """Train the networks of a program, and return what those of each of its kinds answer."""
    kinds, rows, networks = program.kinds, given.rows, program.kinds.networks
    widest, members, at = networks[-1], len(kinds.learned), kinds.at
    drawn = [_drawn(network, widest, rows.x, kinds.learned, given.seed) for network in networks]
    start = {path: np.concatenate([part[path] for part in drawn]) for path in drawn[0]}
    taken: list[Carry] = []
    wanted = set(at or ())

    def keep(epoch: int, carry: Carry) -> None:
        if epoch in wanted:
            taken.append(carry)

    plan = Repeated(
        epochs=kinds.epochs, batch_size=program.size, seed=given.seed, members=members * len(networks),
        folds=[(part, np.arange(0)) for part in kinds.learned] * len(networks),
        start=start, shown=None if at is None else keep, watch=False, alike=members,
    )  # fmt: skip
    with threads_for(program.flops):
        run = Trainer(widest, given.loss, kinds.optimizer, plan, engine=program.engine).train(rows)
    if any(event.what == "interrupted" for event in run.events):
        raise KeyboardInterrupt  # half a measurement is none
    if run.diverged:
        warnings.warn(run.diverged, TrainingWarning, stacklevel=3)
    if at is None:
        taken = [Carry(run.params, run.state, {})]
    with threads_for(program.flops / 3 / program.size * min(TILE, len(given.asked))):
        each = np.stack([_asked(widest, carry, given.asked) for carry in taken])
    own = [each[:, place * members : (place + 1) * members] for place in range(len(networks))]
    return [part[0] for part in own] if at is None else own


def _programs(kinds: Kinds, loss: Loss, rows: Batch, batch_size: int, seed: int, engine: str) -> list[Program]:
    """Return the programs that train kinds of network soonest, the narrowest first."""
    networks, learned, epochs = kinds.networks, kinds.learned, kinds.epochs
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
    groups = [[place] for place in range(len(networks))]
    if kinds.together:
        groups = grouped(networks, costs, members, steps, engine)
    return [
        Program(replace(kinds, networks=[networks[place] for place in group]), size, engine, costs[group[-1]].flops)
        for group in groups
    ]


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
