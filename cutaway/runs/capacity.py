"""Bias and variance of networks on a table: how wide, how many rows, how long; what would help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cutaway.backends.random import generator
from cutaway.data.columns import describe_columns
from cutaway.data.encoders import TableEncoder
from cutaway.data.reading import table_from
from cutaway.data.splits import split_rows
from cutaway.data.targets import ClassTarget, NumberTarget, Task, choose_target, with_target_present
from cutaway.errors import InputError
from cutaway.explain.bias_variance import BiasVariance, bias_variance
from cutaway.explain.noise import Noise, noise_from_neighbours
from cutaway.layers import ColumnEmbedding, Dense, Layer, ReLU, Sequential

ROWS, TESTED = 2000, 5000  # that each training set has, and that are tested on, at most
DIMENSIONS = 4  # of the vector of a category of a column with many
TEST = 0.25
MOST_CATEGORIES = 100  # of a column, where rows that have the same are to be near each other


@dataclass(frozen=True)
class Capacity:
    """Bias and variance on a table.

    found    the measurement; of a number, squared error as a share of the target's variance
    target   the column, and its variance in its own units (None for classes)
    baseline the error of always saying the mean, or the commonest class, on the rows tested on
    rows     in the table, with a target; left_out, those that were neither learned from nor tested on
    columns  how many columns are learned from
    """

    found: BiasVariance
    target: str
    variance: float | None
    baseline: float
    rows: int
    left_out: int
    columns: int
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "target": self.target,
            "target_variance": self.variance,
            "baseline": self.baseline,
            "table_rows": self.rows,
            "left_out": self.left_out,
            "columns": self.columns,
            **self.found.to_json(),
            "notes": [*self.found.notes, *self.notes],
        }


def capacity(
    data: Any,
    target: str,
    *,
    vary: str = "width",
    values: Sequence[float] | None = None,
    width: int = 32,
    resamples: int = 10,
    seeds: int = 3,
    epochs: int = 100,
    rows: int = ROWS,
    noise: float | str | Noise | None = None,
    task: Task | None = None,
    drop: Sequence[str] = (),
    category: Sequence[str] = (),
    learning_curve: bool = True,
    weight_decay: float = 0.3,
    seed: int = 0,
    engine: str = "auto",
    told: Callable[[int, int], None] | None = None,
    on: str | None = None,
) -> Capacity:
    """Measure bias and variance of networks of one hidden layer of ReLUs on a table, and say what would help.

    data      a path, a data frame, columns by name, or a `Table`; target, the column to predict
    vary      "width" (the default), "depth", "epochs", "weight_decay" or "rows"; values, those tried
    width     neurons of each hidden layer, where the width is not varied
    rows      of each training set at most, a quarter of the table being set aside to test on
    noise     as for `bias_variance`, as a share of the target's variance where it is a number. For "neighbours" each
              category is a column of 0 and 1, and each column of the table weighs alike

    See `bias_variance` for the rest. Raises `InputError` for a table or a column that cannot be used.
    """
    for name, value in (("rows", rows), ("width", width)):
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
            raise InputError(f"capacity: {name} is {value!r}; expected a whole number of at least 1")
    table = table_from(data)
    goal, _ = choose_target(table, target, task=task)
    table, left_out = with_target_present(table, target)
    described = describe_columns(table, target, drop=drop, category=category)
    labels = goal.encode(table.column(target)) if isinstance(goal, ClassTarget) else None
    rest, aside = split_rows(table.rows, TEST, seed, labels)
    if len(rest) < 8 or len(aside) < 2:
        raise InputError(f"{table.source}: {table.rows} rows with a target are too few to learn from and to test on")
    notes = [f"{left_out:,} row(s) without a value of '{target}' left out"] if left_out else []
    random = generator(seed, "capacity")
    for name, part, most, how in (
        ("learn from", rest, int(rows), "; `rows` sets how many"), ("test on", aside, TESTED, ""),
    ):  # fmt: skip
        if len(part) > most:
            notes.append(f"of {len(part):,} rows to {name} {most:,} were drawn{how}")
    spare = max(0, len(rest) - int(rows))
    rest, aside = (np.sort(random.permutation(part)[:most]) for part, most in ((rest, int(rows)), (aside, TESTED)))
    if isinstance(goal, NumberTarget):
        goal = NumberTarget.fit(target, table.column(target)[rest])
    learned, tested = table.select(rest), table.select(aside)
    y = goal.encode(learned.column(target))
    encoder = TableEncoder.fit(learned, described, target=y)
    x, x_tested = encoder.transform(learned), encoder.transform(tested)

    def made(value: int | None = None) -> Layer:
        units = value if vary == "width" and value is not None else int(width)
        layers: list[Layer] = [ColumnEmbedding(encoder.code_sizes, DIMENSIONS)] if encoder.code_sizes else []
        for _ in range(value if vary == "depth" and value is not None else 1):
            layers += [Dense(units), ReLU()]
        return Sequential(*layers, Dense(goal.outputs))

    y_tested = goal.encode(tested.column(target))
    if noise == "neighbours" and isinstance(goal, NumberTarget):
        noise = _noise(encoder, np.concatenate([x, x_tested]), np.concatenate([y, y_tested]))
    found = bias_variance(
        made, x, y, loss="cross_entropy" if isinstance(goal, ClassTarget) else "squared_error", vary=vary,
        values=values, resamples=resamples, seeds=seeds, test=(x_tested, y_tested), noise=noise,
        learning_curve=learning_curve, weight_decay=weight_decay, left_out=spare, epochs=epochs, seed=seed,
        engine=engine, told=told, on=on,
    )  # fmt: skip
    if isinstance(goal, NumberTarget):
        variance, unit = goal.std**2, "share of the target's variance"
        baseline = float(np.mean((y_tested - y.mean(axis=0)) ** 2))
    else:
        variance, unit = None, "share of wrong answers"
        baseline = float(np.mean(y_tested.ravel() != np.bincount(y.ravel()).argmax()))
    found = replace(found, unit=unit)
    left = table.rows - len(rest) - len(aside)
    return Capacity(found, target, variance, baseline, table.rows, left, len(encoder.encoders), tuple(notes))


def _noise(encoder: TableEncoder, x: np.ndarray, y: np.ndarray) -> Noise:
    """Return the noise as neighbours tell it, in distances that take each column of the table alike.

    Codes of categories become columns of 0 and 1, and the columns that one column of the table became are scaled
    together. Raises `InputError` for a column of so many categories that hardly two rows are near each other.
    """
    sizes = encoder.code_sizes
    coded = [each.column for each in encoder.encoders[len(encoder.encoders) - len(sizes) :]]
    for column, size in zip(coded, sizes, strict=True):
        if size > MOST_CATEGORIES:
            raise InputError(
                f"column '{column}': {size:,} categories, so that hardly two rows are near each other; noise from "
                f"neighbours takes at most {MOST_CATEGORIES}: leave the column out, or give the noise as a number"
            )
    dense = x.shape[1] - len(sizes)
    flags = [np.eye(size)[x[:, dense + place].astype(int)] for place, size in enumerate(sizes)]
    blocks = [len(each.names) for each in encoder.encoders[: len(encoder.encoders) - len(sizes)]]
    return noise_from_neighbours(np.concatenate([x[:, :dense], *flags], axis=1), y, [*blocks, *sizes])
