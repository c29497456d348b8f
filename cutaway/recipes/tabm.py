"""TabM: many networks in one, which share all but their way in and out."""

from __future__ import annotations

from collections.abc import Sequence

from cutaway.data.targets import ClassTarget, Target
from cutaway.layers import (
    ColumnEmbedding,
    Dense,
    Dropout,
    Layer,
    LeCun,
    MemberDense,
    MemberScale,
    Normal,
    PeriodicEmbedding,
    ReLU,
    Sequential,
)
from cutaway.losses import CrossEntropy, Loss, MeanOverMembers, SquaredError
from cutaway.optimizers import AdamW
from cutaway.recipes.recipe import Recipe

MEMBERS = 8
NEURONS, DEPTH = 256, 3
LEARNING_RATE = 0.002


def tabm(
    numbers: int, code_sizes: Sequence[int], target: Target, *, epochs: int, batch_size: int, members: int = MEMBERS
) -> Recipe:
    """Return the recipe of TabM-mini with embeddings of numbers, in a size for processors.

    numbers     how many of the first encoded columns are numbers, which become waves
    code_sizes  how many codes each of the last encoded columns has
    members     k; each sees the inputs through scales of its own and ends in sums of its own

    The paper's has 32 members and 512 neurons and trains until it no longer improves; here are 8 and 256, and the given
    number of epochs. Dropout 0.1, AdamW with a constant rate of 0.002 and weight decay 0.0003.

    Reference: Gorishniy, Kotelnikov, Babenko, "TabM", ICLR 2025, arXiv 2410.24210.
    """
    layers: list[Layer] = []
    if code_sizes:
        layers.append(ColumnEmbedding(code_sizes, 8))
    if numbers:
        layers.append(PeriodicEmbedding(numbers))
    layers.append(MemberScale(members, Normal()) if layers else MemberScale(members))
    for _ in range(DEPTH):
        layers += [Dense(NEURONS), ReLU(), Dropout(0.1)]
    layers.append(MemberDense(target.outputs, members, initializer=LeCun()))
    each: Loss = CrossEntropy() if isinstance(target, ClassTarget) else SquaredError()
    words = f"{members} in one (TabM-mini), {DEPTH} hidden layers of {NEURONS} neurons (ReLU)"
    loss = MeanOverMembers(each)
    return Recipe(Sequential(*layers), loss, loss, AdamW(LEARNING_RATE, weight_decay=3e-4), epochs, batch_size, words)
