"""How much worse predictions become when one column's values are shuffled among the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.backends.random import generator
from cutaway.data.several_targets import AnyTarget
from cutaway.data.table import Table
from cutaway.estimators.out_of_fold import questions
from cutaway.metrics import BY_NAME, Metric
from cutaway.metrics.bootstrap import MOST_DRAWS, bootstrap, interval
from cutaway.runs.judging import decided

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Importance:
    """What each column is worth to the predictions.

    columns    the names, in the order of the inputs
    metric     by which figure
    value      the figure with all columns as they are
    mean       (columns,) by how much the figure gets worse when the column is shuffled, the mean of the repeats
    intervals  (columns, 2) where that would be on ever more such rows, with 95 % confidence
    repeats    how often each column was shuffled
    """

    columns: tuple[str, ...]
    metric: str
    value: float
    mean: Floats
    intervals: Floats
    repeats: int

    def ranked(self) -> list[tuple[str, float, tuple[float, float]]]:
        """Return (column, mean, interval), the most important first.

        >>> found = Importance(("a", "b"), "r2", 0.9, np.array([0.1, 0.7]), np.array([[0.0, 0.2], [0.6, 0.8]]), 10)
        >>> found.ranked()[0]
        ('b', 0.7, (0.6, 0.8))
        """
        order = np.argsort(-self.mean, kind="stable")
        return [
            (
                self.columns[place],
                float(self.mean[place]),
                (float(self.intervals[place, 0]), float(self.intervals[place, 1])),
            )
            for place in order
        ]


def permutation_importance(
    answer: Callable[[Table], Floats], table: Table, inputs: tuple[str, ...], target: AnyTarget, *,
    metric: Metric, repeats: int, seed: int,
) -> Importance:  # fmt: skip
    """Shuffle one column of the inputs at a time and measure what that costs.

        importance of column j  =  mean over repeats of  gain(all columns) − gain(column j shuffled)

    answer   from a table to probabilities or numbers in the target's units
    table    the rows, inputs and target
    inputs   the columns to shuffle: those that arrived, of which encoding may make several each
    metric   by which figure; the mean of the figures where several columns are predicted. Choices between two classes
             are those of `predict`, at the threshold of the target

    The interval is that of the bootstrap over rows and repeats, the same rows with and without shuffling. Of columns
    that say the same, each alone is worth little: the other still tells. Rows that were learned from flatter columns
    by which they were learned by heart.

    Reference: Breiman, Random Forests, Machine Learning 2001, section 10; Fisher, Rudin, Dominici, JMLR 2019,
    arXiv 1801.01489.
    """
    random = generator(seed, "permutations")

    def asked(rows: Table) -> list[tuple[Floats, NDArray[Any]]]:
        """Return what is judged of each column that is predicted, at the run's own threshold, and the truth."""
        return [(decided(said, one, metric), truth) for one, said, truth in questions(answer(rows), rows, target)]

    before = asked(table)
    value = float(np.mean([metric(predicted, truth) for predicted, truth in before]))
    again = random.integers(0, repeats, (MOST_DRAWS, repeats))
    mean, intervals = np.empty(len(inputs)), np.empty((len(inputs), 2))
    for place, name in enumerate(inputs):
        shuffled: list[list[tuple[Floats, NDArray[Any]]]] = []
        for _ in range(repeats):
            values = table.columns[name][random.permutation(table.rows)]
            mixed = replace(table, columns={**table.columns, name: values})
            shuffled.append(asked(mixed))
        figures = [metric(predicted, truth) for repeat in shuffled for predicted, truth in repeat]
        mean[place] = metric.gain(value) - metric.gain(float(np.mean(figures)))
        losses = []
        for column, (predicted, truth) in enumerate(before):
            several = [predicted, *(repeat[column][0] for repeat in shuffled)]
            drawn = bootstrap(BY_NAME[metric.name], several, truth, seed=seed)
            each = drawn[1:].T  # (draws, repeats)
            lost = drawn[0] - np.take_along_axis(each, again[: len(each)], axis=1).mean(axis=1)
            losses.append(lost if metric.higher else -lost)
        intervals[place] = interval(mean[place], np.mean(losses, axis=0))
    return Importance(inputs, metric.name, value, mean, intervals, repeats)
