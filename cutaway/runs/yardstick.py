"""What boosted trees make of the same rows: the figure that a network has to beat on a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.boolean_encoder import BooleanEncoder
from cutaway.data.columns import Column, ColumnKind
from cutaway.data.date_encoder import as_dates
from cutaway.data.number_encoder import as_numbers
from cutaway.data.table import Table, Values, as_texts
from cutaway.data.targets import ClassTarget, NumberTarget, Target
from cutaway.errors import InputError

Array = NDArray[Any]
Floats = NDArray[np.float64]

NAME = "gradient-boosted trees"
MOST_CODES = 254  # categories with a code of their own; scikit-learn's trees know 255, the last is for all others
LARGEST = 1e300  # the trees take means of neighbours, which must not overflow
EARLY_STOPPING_FROM = 10_000  # rows beyond which scikit-learn sets a tenth aside, stratified
MANY_NUMBERS = 4_000_000  # in a table for which several threads are worth their waiting for each other
KINDS = (ColumnKind.NUMBER, ColumnKind.CATEGORY, ColumnKind.BOOLEAN, ColumnKind.DATE)


@dataclass(frozen=True)
class Yardstick:
    """Predictions of boosted trees: probabilities (rows, classes) in the order of the labels, or numbers (rows,).

    held_out   for each row of the table, by the trees of the folds that hold it out; NaN for a row that none does
    tested     for each row of the test table, by trees grown on all rows of the table; None without a test table
    """

    held_out: Floats
    tested: Floats | None


def yardstick(
    table: Table,
    columns: Sequence[Column],
    target: Target,
    folds: Sequence[tuple[Array, Array]],
    *,
    tested: Table | None = None,
    weight: Array | None = None,
    seed: int = 0,
) -> Yardstick:
    """Grow scikit-learn's histogram gradient boosting, as it comes, on the rows that a network learns from.

    table     the rows, with the target
    columns   what each column is; numbers, categories, booleans and dates are used
    folds     (rows to learn from, rows held out), row numbers of `table`
    tested    rows to predict with trees grown on the whole table
    weight    how much each row of `table` counts (rows,)
    seed      of the rows that the trees set aside for their early stopping, with more than 10,000

    Missing values stay missing and infinite ones become so; the 254 most frequent categories keep a code each, the
    others share one, and categories that `table` lacks count as missing. A class that the rows learned from lack gets
    the probability 1/(rows + classes), as a row more of each class would give it. Raises `InputError` for a target
    that cannot be encoded, and weights that are not one a row.

    Reference: Ke et al., LightGBM, NeurIPS 2017; scikit-learn's HistGradientBoostingClassifier and -Regressor.

    >>> from cutaway.data.columns import describe_columns
    >>> x = np.arange(200.0)
    >>> table = Table({"x": x, "y": np.where(x < 100, 1.0, 5.0)})
    >>> half = np.arange(200) % 2 == 0
    >>> folds = [(np.flatnonzero(half), np.flatnonzero(~half))]
    >>> columns = describe_columns(table, "y", number=["x"])
    >>> found = yardstick(table, columns, NumberTarget.fit("y", table.columns["y"]), folds)
    >>> found.held_out[[1, 151]].round(2)
    array([1., 5.])
    """
    features = [_Feature.fit(column, table.column(column.name)) for column in columns if column.kind in KINDS]
    x = _inputs(features, table)
    codes = target.encode(table.column(target.column)) if isinstance(target, ClassTarget) else None
    # Numbers in units of their deviation: the squares of very large or small ones would leave the range.
    y = codes if codes is not None else target.encode(table.column(target.column))[:, 0].astype(np.float64)
    weights = np.ones(table.rows) if weight is None else np.asarray(weight, np.float64)
    if weights.shape != (table.rows,):
        raise InputError(f"yardstick: weights have shape {weights.shape}, expected one a row, ({table.rows},)")
    categories = [feature.codes is not None for feature in features]

    total = np.zeros((table.rows, len(target.labels)) if isinstance(target, ClassTarget) else table.rows)
    times = np.zeros(table.rows)
    for learned, held in folds:
        total[held] += _grown(x[learned], y[learned], weights[learned], x[held], target, categories, seed)
        times[held] += 1
    with np.errstate(invalid="ignore"):
        held_out = (total.T / times).T
    predicted = None
    if tested is not None:
        predicted = _grown(x, y, weights, _inputs(features, tested), target, categories, seed)
    return Yardstick(held_out, predicted)


@dataclass(frozen=True)
class _Feature:
    """How one column becomes numbers; `codes` are those of a category's texts, None for other kinds."""

    name: str
    kind: ColumnKind
    codes: dict[str, int] | None

    @classmethod
    def fit(cls, column: Column, values: Values) -> _Feature:
        codes = None
        if column.kind is ColumnKind.CATEGORY:
            counts = Counter(text for text in as_texts(values) if text is not None)
            ordered = sorted(counts, key=lambda text: (-counts[text], text))
            codes = {text: min(place, MOST_CODES) for place, text in enumerate(ordered)}
        return cls(column.name, column.kind, codes)

    def numbers(self, table: Table) -> Floats:
        """Return the column as float64, NaN where missing, where the table lacks it, and for what was never seen."""
        values = table.columns.get(self.name)
        if values is None:
            return np.full(table.rows, np.nan)
        if self.codes is not None:
            known = self.codes
            texts = as_texts(values)
            return np.fromiter(
                (np.nan if text is None else known.get(text, np.nan) for text in texts), float, len(texts)
            )
        if self.kind is ColumnKind.BOOLEAN:
            signs = BooleanEncoder(self.name).transform(values)[:, 0].astype(np.float64)
            return np.where(signs == 0, np.nan, signs)
        if self.kind is ColumnKind.DATE:
            dates = as_dates(values)[0].astype("datetime64[us]")
            return np.where(np.isnat(dates), np.nan, dates.astype(np.int64) / 86_400e6)  # days
        numbers = as_numbers(values)[0]
        return np.where(np.isfinite(numbers), np.clip(numbers, -LARGEST, LARGEST), np.nan)


def _inputs(features: Sequence[_Feature], table: Table) -> Floats:
    return np.column_stack([np.zeros((table.rows, 0)), *(feature.numbers(table) for feature in features)])


def _grown(
    x: Floats, y: Array, weight: Floats, asked: Floats, target: Target, categories: Sequence[bool], seed: int
) -> Floats:
    """Return what trees grown on x (rows, columns), y (rows,) say of the rows `asked`."""
    counted = weight > 0
    x, y, weight = x[counted], y[counted], weight[counted]
    # A column without a value among these rows tells nothing, and may have no place to split.
    told = np.flatnonzero(~np.isnan(x).all(axis=0)) if len(x) else np.zeros(0, np.int64)
    x, asked = x[:, told], asked[:, told]
    options = {
        "categorical_features": np.array(categories, np.bool_)[told],
        "random_state": seed,
        "early_stopping": "auto",
    }
    if isinstance(target, NumberTarget):
        if not len(told) or not len(asked):
            mean = float(np.average(y, weights=weight)) if len(y) else 0.0
            return target.decode(np.full(len(asked), mean))
        from sklearn.ensemble import HistGradientBoostingRegressor

        with _threads(x.size):
            regressor = HistGradientBoostingRegressor(**options).fit(x, y, sample_weight=weight)
            return target.decode(np.asarray(regressor.predict(asked), np.float64))

    classes = len(target.labels)
    masses, counts = np.bincount(y, weight, minlength=classes), np.bincount(y, minlength=classes)
    present = np.flatnonzero(counts)
    if len(present) < 2 or not len(told) or not len(asked):
        shares = masses / masses.sum() if len(y) else np.full(classes, 1 / classes)
        found = np.tile(shares, (len(asked), 1))
    else:
        from sklearn.ensemble import HistGradientBoostingClassifier

        if len(y) > EARLY_STOPPING_FROM and (counts[present].min() < 2 or len(present) > 0.1 * len(y)):
            options["early_stopping"] = False  # a tenth of the rows cannot hold each class, as stratifying demands
        found = np.zeros((len(asked), classes))
        with _threads(x.size):
            classifier = HistGradientBoostingClassifier(**options).fit(x, y, sample_weight=weight)
            found[:, present] = classifier.predict_proba(asked)
    absent = counts == 0
    found[:, absent] = 1 / (len(y) + classes)
    found[:, ~absent] *= 1 - absent.sum() / (len(y) + classes)
    found /= found.sum(axis=1, keepdims=True)
    return found


def _threads(numbers: int) -> Any:
    """Return a context in which a table of so many numbers is worked on by one thread, or by all.

    Threads wait for each other after every step of every tree, busily: where another program has one of the cores, a
    table of 10,000 rows and 20 columns took two threads sixty times as long as one.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1 if numbers < MANY_NUMBERS else None, user_api="openmp")
