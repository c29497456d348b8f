"""What a training is to do: how long, on which rows, in which order, how many networks side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.layers import Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.training.engines import Watched
from cutaway.training.order import block_order, epoch_order, member_orders, steps_of_epoch
from cutaway.training.placing import Fold, watched_in_folds
from cutaway.training.step import Batch, Carry

Metric = Callable[[np.ndarray, np.ndarray], float]

# Rows that data-driven first weights are fitted to, at most.
FIRST_ROWS = 8192


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The plan of a training: everything but the network, the loss, the optimizer and the engine.

    epochs, batch_size, seed, shuffle   every row once an epoch, in an order keyed by (seed, epoch)
    steps       of an epoch, where it is not to see every row: each then sees rows drawn anew, without repeating one
    members     None for one network, else how many train side by side, seeded seed, seed + 1, …
    folds       for each member, or for the one network, the rows it learns from and those it watches (None: all learn
                from all rows)
    rates       what each member's learning rate is multiplied by (None: 1)
    start       first weights and state, with a leading member axis (None: the network's own, or each its own draw)
    judge       the loss on watched rows by which the best weights are chosen (None: that of training)
    block       take so many neighbouring rows together, in random order, and let members share that order: for rows in
                a file, see `block_order`; not with folds (None: rows are shuffled one by one)
    lean        whether many rows stay where they are instead of being copied to where the steps run, where that is
                the same memory: each chunk then takes a little longer
    together    whether members keep the weights of one epoch, that with the best mean of their figures, rather than
                each those of its own best epoch
    last        whether the weights of the last epoch are delivered, rather than those of the best on watched rows
    drop_last   whether rows that fill no batch are left out, others each epoch, instead of padding
    limit       seconds that the training may take, by which fewer epochs are planned (None: no limit)
    patience    end when the validation loss has not improved for so many epochs (None: never)
    metrics     figures on validation outputs, by name
    shown       after each epoch, is shown a copy of the weights as they are (None: nobody is)
    followed    after each epoch, is told which, whether it is the last, and may ask for a copy of parameters and state
    watch       whether vitals are taken
    precision   of the matrix products of steps: "float32", or "bf16" for bfloat16 that is added in float32 (on XLA);
                the weights, and what is evaluated, are float32
    """

    epochs: int
    batch_size: int
    seed: int = 0
    shuffle: bool = True
    steps: int | None = None
    members: int | None = None
    folds: Sequence[Fold] | None = None
    rates: Sequence[float] | None = None
    start: dict[str, np.ndarray] | None = None
    judge: Loss | None = None
    block: int | None = None
    lean: bool = False
    together: bool = False
    last: bool = False
    drop_last: bool = False
    limit: float | None = None
    patience: int | None = None
    metrics: dict[str, Metric] = field(default_factory=dict)
    shown: Callable[[int, Carry], None] | None = None
    followed: Callable[[int, bool, Callable[[], dict[str, np.ndarray]]], None] | None = None
    watch: bool = True
    precision: str = "float32"

    def __post_init__(self) -> None:
        if self.block is not None and self.folds is not None:
            raise InputError(
                f"training: got blocks of {self.block} rows, whose order members share, and folds, which give each "
                "rows of its own; leave one of the two out"
            )

    @property
    def seeds(self) -> list[int]:
        """The seed of each member."""
        return [self.seed + member for member in range(self.members or 1)]

    def parts(self, rows: int) -> list[int | np.ndarray]:
        """Return which rows each member learns from; a number stands for all of them."""
        return [rows] * len(self.seeds) if self.folds is None else [learned for learned, _ in self.folds]

    def order(self, rows: int, epoch: int) -> np.ndarray:
        """Return which rows each step of the epoch takes, with a leading member axis where there are members."""
        how = (self.shuffle, self.drop_last, self.steps)
        if self.block is not None and self.shuffle:
            size, seed = self.batch_size, self.seeds[0]
            order = block_order(rows, size, seed, epoch, self.block, drop_last=self.drop_last)
            order = order if self.members is None else np.broadcast_to(order, (self.members, *order.shape))
        elif self.members is None:
            order = epoch_order(self.parts(rows)[0], self.batch_size, self.seeds[0], epoch, *how)
        else:
            order = member_orders(self.parts(rows), self.batch_size, self.seeds, epoch, *how)
        return order if self.steps is None else order[..., : self.steps, :]

    def steps_of_epoch(self, rows: int) -> int:
        """Return how many steps an epoch has."""
        parts = [rows] if self.block is not None and self.shuffle else self.parts(rows)
        counts = [part if isinstance(part, int) else len(part) for part in parts]
        found = [steps_of_epoch(count, self.batch_size, self.drop_last) for count in counts]
        most = min(found) if self.drop_last else max(found)
        return most if self.steps is None else min(most, self.steps)

    def first_carry(self, network: Layer, optimizer: Optimizer, rows: Batch) -> Carry:
        """Return the weights before the first step: the network's own, or for each member its own draw."""
        drawn = []
        for member, (seed, learned) in enumerate(zip(self.seeds, self.parts(len(rows.x)), strict=True)):
            if self.start is not None:
                network.load({path: array[member] for path, array in self.start.items()})
            elif self.members is not None or self.folds is not None:
                network.build(rows.x[_some(learned)], seed, network.dtype)
            params = network.parameters()
            drawn.append(Carry(params, network.state(), optimizer.init(params)))
        first = Carry(*({key: np.stack([c[part][key] for c in drawn]) for key in drawn[0][part]} for part in range(3)))
        if self.rates is not None:
            first.moments["learning_rate_factor"] *= np.asarray(self.rates, np.float32)
        if self.members is not None:
            return first
        return Carry(*({key: array[0] for key, array in part.items()} for part in first))

    def watched(self, rows: Batch, validation: Batch | None, dtype: Any) -> Batch | Watched | None:
        """Return the rows to validate on; with folds those of each member, padded with rows of weight 0.

        Where there are many, only their places: a copy of them would be large.
        """
        if self.folds is None:
            return validation
        found = watched_in_folds(rows, self.folds, alone=self.members is None, lean=self.lean, dtype=dtype)
        return validation if found is None else found


def _some(learned: int | np.ndarray) -> Any:
    """Return up to `FIRST_ROWS` of the rows, evenly over them."""
    count = learned if isinstance(learned, int) else len(learned)
    places = slice(None, None, -(-count // FIRST_ROWS))
    return places if isinstance(learned, int) else learned[places]
