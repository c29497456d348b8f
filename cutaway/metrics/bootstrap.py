"""How much a figure would vary with other rows: it is measured on rows drawn again and again from the same ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cutaway.backends.random import generator
from cutaway.metrics.metric import Metric
from cutaway.metrics.shapes import Array
from cutaway.metrics.weights import as_weights

MOST_DRAWS, FEWEST_DRAWS = 1000, 100
ENOUGH_DRAWS = 500  # for the 2.5th percentile to lie a dozen draws in
WORK = 10_000_000  # rows times draws beyond which there are fewer draws: a few tenths of a second
AT_ONCE = 1_000_000  # rows times draws that are in memory together
CERTAIN = 1.959964  # standard deviations either side that hold 95 % of a normal distribution


def bootstrap(
    metric: Metric,
    predictions: Sequence[Array],
    truth: Array,
    *,
    weight: Array | None = None,
    draws: int | None = None,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Return the metric of each of several predictions on the same redrawn rows, (predictions, draws).

    Each draw takes as many rows as there are, with replacement, and each row brings its weight along. `draws` is 1000
    unless said, and fewer, down to 100, where rows times draws would pass ten million. NaN where a draw does not
    decide the figure, as without a row of one of two classes.

    Reference: Efron, Tibshirani, An Introduction to the Bootstrap, 1993.

    >>> from cutaway.metrics import BY_NAME
    >>> truth = np.arange(50.0)
    >>> bootstrap(BY_NAME["mae"], [truth + 1, truth + 2], truth, draws=3)
    array([[1., 1., 1.],
           [2., 2., 2.]])
    """
    rows = len(truth)
    weight = as_weights(metric.name, weight, rows)
    if draws is None:
        draws = int(np.clip(WORK // (rows * _questions(metric, predictions[0])), FEWEST_DRAWS, MOST_DRAWS))
    random = generator(seed, "bootstrap")
    values = np.empty((len(predictions), draws))
    step = max(1, AT_ONCE // rows)
    for begin in range(0, draws, step):
        some = min(step, draws - begin)
        drawn = [np.bincount(random.integers(0, rows, rows), minlength=rows) for _ in range(some)]
        weights = np.stack(drawn) * weight
        for place, predicted in enumerate(predictions):
            values[place, begin : begin + some] = metric.many(predicted, truth, weights)
    return values


def interval(value: float, drawn: Array) -> tuple[float, float]:
    """Return the 95 % interval of a figure from what it was in redrawn rows, (draws,).

    It reaches from the 2.5th to the 97.5th percentile; with fewer than 500 draws, whose outermost are too few to go
    by, it is value ± 1.96 standard deviations. It holds the value. NaN at both ends when no draw decided the figure.

    >>> interval(0.5, np.linspace(0, 1, 1001))
    (0.025, 0.975)
    """
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return float("nan"), float("nan")
    if len(drawn) < ENOUGH_DRAWS:
        half = CERTAIN * float(drawn.std())
        return value - half, value + half
    low, high = np.quantile(drawn, [0.025, 0.975])
    return min(float(low), value), max(float(high), value)


def _questions(metric: Metric, predicted: Array) -> int:
    """Return how often the rows are gone through: of more than two classes each is judged against the others."""
    several = metric.takes == "probabilities" and np.ndim(predicted) == 2 and np.shape(predicted)[1] > 2
    return int(np.shape(predicted)[1]) if several else 1
