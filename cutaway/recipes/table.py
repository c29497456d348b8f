"""The recipe for tables: how large a network, how long and how fast it learns, by rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cutaway.data.suggestions import did_you_mean
from cutaway.data.targets import ClassTarget, Target
from cutaway.errors import InputError
from cutaway.layers import ColumnEmbedding, Dense, Dropout, He, Layer, LeCun, Sequential, SiLU
from cutaway.losses import CrossEntropy, Loss, SquaredError
from cutaway.optimizers import AdamW, Cosine, Optimizer

Effort = Literal["quick", "standard"]
EFFORTS: tuple[Effort, ...] = ("quick", "standard")

# (rows up to, batch size, epochs): every step sees enough rows for a steady gradient, and a table of any size gets
# at least some thousand steps.
PLAN = (
    (512, 32, 100),
    (1_024, 64, 100),
    (8_192, 128, 80),
    (30_000, 256, 60),
    (100_000, 512, 40),
    (float("inf"), 1_024, 20),
)
# With fewer rows than this, none are spared to choose the best weights by: so few say nothing about them.
FEWEST_TO_WATCH = 40


@dataclass(frozen=True)
class TableRecipe:
    """What to train on a table, and how: the arguments of `fit` beside the rows, and the network in words."""

    network: Layer
    loss: Loss
    optimizer: Optimizer
    epochs: int
    batch_size: int
    members: int
    validation: float
    words: str


def check_effort(effort: str) -> None:
    """Raise `InputError` unless there is such an effort."""
    if effort not in EFFORTS:
        raise InputError(f"effort is {effort!r}; {did_you_mean(str(effort), EFFORTS)}")


def table_recipe(
    rows: int,
    width: int,
    code_sizes: Sequence[int],
    target: Target,
    *,
    effort: str = "standard",
    epochs: int | None = None,
) -> TableRecipe:
    """Return the recipe for so many rows, encoded columns, and codes of categories among the last of them.

    Every member is codes → vectors, then layers of Dense → SiLU → Dropout, and a dense layer for the target. AdamW with
    half a cosine; cross-entropy with smoothed labels for classes, squared error on the standardised target for numbers.
    Effort "quick" is one member of half the width for half as long.

    Reference: vectors of 8 numbers and batch sizes by rows are Holzmüller, Grinsztajn, Steinwart's, NeurIPS 2024,
    arXiv 2407.04491; batch sizes of small tables are smaller here, for more steps.
    """
    check_effort(effort)
    quick = effort == "quick"
    batch_size, usual = next((batch, many) for most, batch, many in PLAN if rows <= most)
    members = 1 if quick else 4
    neurons = 64 if quick else 128
    depth = 2
    dropout = 0.1
    outputs = len(target.labels) if isinstance(target, ClassTarget) else 1

    layers: list[Layer] = [ColumnEmbedding(code_sizes, 8)] if code_sizes else []
    for _ in range(depth):
        layers += [Dense(neurons, initializer=He()), SiLU(), Dropout(dropout)]
    layers.append(Dense(outputs, initializer=LeCun()))
    loss: Loss = CrossEntropy(label_smoothing=0.05) if isinstance(target, ClassTarget) else SquaredError()
    each = f"{depth} hidden layers of {neurons} neurons (SiLU, dropout {dropout:g})"
    return TableRecipe(
        network=Sequential(*layers),
        loss=loss,
        optimizer=AdamW(Cosine(3e-3), weight_decay=0.01, weight_decay_factors={"*.bias": 0.0}),
        epochs=epochs if epochs is not None else (usual + 1) // 2 if quick else usual,
        batch_size=batch_size,
        members=members,
        validation=0.15 if rows >= FEWEST_TO_WATCH else 0.0,
        words=each if members == 1 else f"{members} networks, averaged, each {each}",
    )
