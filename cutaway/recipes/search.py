"""What to try when there is time: the recipe's neighbourhood, and another kind of network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cutaway.backends.random import generator
from cutaway.data.targets import Target
from cutaway.recipes.realmlp import realmlp
from cutaway.recipes.recipe import Recipe
from cutaway.recipes.tabm import tabm

# Hidden layers as (neurons, depth), and the other published values that a search may replace.
SIZES = ((256, 3), (64, 5), (512, 1))
DROPOUT = (0.0, 0.15, 0.3)
WEIGHT_DECAY = (0.0, 0.02)
SIGMA = (0.05, 0.5)  # from, to, on a logarithmic scale
# What the learning rate is multiplied by, for the members that try one shape side by side.
RATES = (0.35, 0.7, 1.0, 1.6)

Make = Callable[[int, int], Recipe]


def candidates(
    numbers: int, code_sizes: Sequence[int], target: Target, *, probabilities: bool, count: int, seed: int
) -> list[Make]:
    """Return so many kinds of recipe, each a function of (epochs, batch size): the usual one, TabM, then random ones.

    The random ones vary size, dropout, weight decay and the waves' frequencies as published for the tuned RealMLP.

    Reference: Holzmüller, Grinsztajn, Steinwart, NeurIPS 2024, arXiv 2407.04491, table C.6.
    """
    usual: dict[str, Any] = {"probabilities": probabilities}

    def near(**changed: Any) -> Make:
        def make(epochs: int, batch_size: int) -> Recipe:
            return realmlp(numbers, code_sizes, target, epochs=epochs, batch_size=batch_size, **usual, **changed)

        return make

    def members(epochs: int, batch_size: int) -> Recipe:
        return tabm(numbers, code_sizes, target, epochs=max(1, epochs // 4), batch_size=batch_size)

    random = generator(seed, "search")
    found: list[Make] = [near(), members]
    for _ in range(count - len(found)):
        neurons, depth = SIZES[random.integers(len(SIZES))]
        found.append(
            near(
                neurons=neurons,
                depth=depth,
                dropout=DROPOUT[random.integers(len(DROPOUT))],
                weight_decay=WEIGHT_DECAY[random.integers(len(WEIGHT_DECAY))],
                sigma=float(SIGMA[0] * (SIGMA[1] / SIGMA[0]) ** random.random()),
            )
        )
    return found[:count]
