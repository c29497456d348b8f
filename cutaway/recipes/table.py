"""The recipe for tables: which network, how many of them, how long, by rows, columns and effort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from cutaway.data.several_targets import AnyTarget
from cutaway.data.suggestions import did_you_mean
from cutaway.errors import InputError
from cutaway.layers import Layer, MemberDense
from cutaway.losses import ClassificationError, MeanOverMembers
from cutaway.optimizers import AdamW
from cutaway.recipes.realmlp import EPOCHS, realmlp
from cutaway.recipes.recipe import Recipe
from cutaway.recipes.tabm import LEARNING_RATE as TABM_RATE
from cutaway.schedules import Cosine

Effort = Literal["quick", "standard", "best"]
EFFORTS: tuple[Effort, ...] = ("quick", "standard", "best")

# How many networks are trained side by side and averaged.
MEMBERS: dict[str, int] = {"quick": 1, "standard": 8, "best": 8}
# Rows up to, rows a step, epochs at least.
PLAN = (
    (1_024, 64, 64),
    (8_192, 128, 64),
    (30_000, 256, 64),
    (100_000, 512, 48),
    (300_000, 1_024, 24),
    (float("inf"), 1_024, 8),
)
# Where rows are so few that the epochs make fewer steps than this, there are more epochs, up to the published number.
FEWEST_STEPS = 2_000
QUICK = 0.25  # of the epochs
# A network that goes on from what it has learned: the learning rate and the epochs, as shares of the usual.
GENTLE, SHORT = 0.05, 0.25


def check_effort(effort: str) -> None:
    """Raise `InputError` unless there is such an effort."""
    if effort not in EFFORTS:
        raise InputError(f"effort is {effort!r}; {did_you_mean(str(effort), EFFORTS)}")


def table_recipe(
    rows: int,
    numbers: int,
    code_sizes: Sequence[int],
    target: AnyTarget,
    *,
    effort: str = "standard",
    probabilities: bool = False,
    epochs: int | None = None,
) -> Recipe:
    """Return the recipe for so many rows; see `realmlp` for the other arguments.

    Effort "standard" is RealMLP-TD, "quick" its simple form in a quarter of the epochs. Batches by the number of rows
    are the authors'; epochs are fewer than their 256 where there are rows enough, for several networks of fewer epochs
    are better than one of many, and in the same time (`docs/decisions/0008-tables.md` has the figures).
    """
    check_effort(effort)
    quick = effort == "quick"
    batch_size, least = next((size, least) for most, size, least in PLAN if rows <= most)
    steps = max(1, rows // batch_size)
    usual = min(EPOCHS, max(least, -(-FEWEST_STEPS // steps)))
    planned = max(1, round(usual * (QUICK if quick else 1)))
    recipe = realmlp(numbers, code_sizes, target, simple=quick, probabilities=probabilities)
    return replace(recipe, batch_size=batch_size, epochs=planned if epochs is None else epochs)


def continued(recipe: Recipe, target: AnyTarget, network: Layer, epochs: int | None = None) -> Recipe:
    """Return the recipe for a network that has learned before: a low rate that only falls, and fewer epochs.

    The published rate and its waves would undo most of what was learned in their first steps.
    """
    many = any(isinstance(layer, MemberDense) for _, layer in network.named_layers())
    rate = GENTLE * (TABM_RATE if many else recipe.optimizer.learning_rate.rate)
    words = f"{sum(array.size for array in network.parameters().values()):,} weights that go on from an earlier run"
    optimizer = AdamW(Cosine(rate), betas=(0.9, 0.95), weight_decay_factors={"*.bias": 0.0}, weight_decay=0.01)
    planned = max(1, round(SHORT * recipe.epochs)) if epochs is None else epochs
    if many:
        decides = isinstance(recipe.judge, ClassificationError)
        judge = ClassificationError(members=True) if decides else MeanOverMembers(recipe.judge)
        recipe = replace(recipe, loss=MeanOverMembers(recipe.loss), judge=judge)
    return replace(recipe, network=network, optimizer=optimizer, epochs=planned, words=words)
