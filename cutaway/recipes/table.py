"""The recipe for tables: how large a network, how long and how fast it learns, by rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cutaway.data.suggestions import did_you_mean
from cutaway.data.targets import ClassTarget, Target
from cutaway.errors import InputError
from cutaway.layers import ColumnEmbedding, Dense, Dropout, He, Layer, LeCun, Normal, Sequential, SiLU
from cutaway.losses import CrossEntropy, Loss, SquaredError
from cutaway.optimizers import AdamW, CosLog4, Optimizer

Effort = Literal["quick", "standard"]
EFFORTS: tuple[Effort, ...] = ("quick", "standard")

# Rows up to, rows a step, epochs for classes, for numbers. Classes are learned to death where numbers still gain.
PLAN = (
    (512, 32, 50, 200),
    (1_024, 64, 50, 200),
    (8_192, 128, 50, 150),
    (30_000, 256, 40, 100),
    (100_000, 512, 25, 30),
    (float("inf"), 1_024, 12, 15),
)
# Up to so many rows, twice as many networks are averaged: they cost little, and differ more from each other.
FEW = 512
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

    Every network is codes → vectors, then layers of Dense → SiLU → Dropout, and a dense layer for the target; four of
    them are trained and averaged, eight where rows are few. AdamW with a rate of four waves; for classes cross-entropy
    with smoothed labels, for numbers squared error on the standardised target. Effort "quick" is one network, smaller
    and less deep.

    The figures were chosen by cross-validation on housing, concrete, credit, churn, penguins, titanic, and the data
    sets in `cutaway.data.bundled`.

    Reference: Holzmüller, Grinsztajn, Steinwart, NeurIPS 2024, arXiv 2407.04491, for vectors of 8 numbers (which start
    at N(0, 1) there), the four waves, β₂ = 0.95 and batch sizes by rows (small tables have smaller ones here).
    """
    check_effort(effort)
    quick, classes = effort == "quick", isinstance(target, ClassTarget)
    batch_size, for_classes, for_numbers = next(plan[1:] for plan in PLAN if rows <= plan[0])
    usual = for_classes if classes else for_numbers
    members, neurons, depth = (1, 64, 2) if quick else (8 if rows <= FEW else 4, 128, 3)
    dropout = 0.15 if classes else 0.05
    outputs = len(target.labels) if isinstance(target, ClassTarget) else 1

    layers: list[Layer] = [ColumnEmbedding(code_sizes, 8, initializer=Normal(0.1))] if code_sizes else []
    for _ in range(depth):
        layers += [Dense(neurons, initializer=He()), SiLU(), Dropout(dropout)]
    layers.append(Dense(outputs, initializer=LeCun()))
    loss: Loss = CrossEntropy(label_smoothing=0.05) if classes else SquaredError()
    each = f"{depth} hidden layers of {neurons} neurons (SiLU, dropout {dropout:g})"
    return TableRecipe(
        network=Sequential(*layers),
        loss=loss,
        optimizer=AdamW(
            CosLog4(0.005 if classes else 0.01),
            betas=(0.9, 0.95),
            weight_decay=0.1 if classes else 0.01,
            weight_decay_factors={"*.bias": 0.0},
        ),
        epochs=usual if epochs is None else epochs,
        batch_size=batch_size,
        members=members,
        validation=0.15 if rows >= FEWEST_TO_WATCH else 0.0,
        words=each if members == 1 else f"{members} networks, averaged, each {each}",
    )
