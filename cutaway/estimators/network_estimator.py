"""What classifier and regressor share: from what arrives at `fit` to a run, and from the run to answers."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from cutaway.data.encoders import TableEncoder
from cutaway.data.several_targets import AnyTarget, encoded_target
from cutaway.data.table import Table, Values
from cutaway.data.targets import ClassTarget
from cutaway.errors import InputError, TrainingWarning
from cutaway.estimators.begun import begun_run
from cutaway.estimators.division import divided, joined
from cutaway.estimators.fitted import Fitted
from cutaway.estimators.inputs import described, input_table, is_frame, row_weights
from cutaway.estimators.online import OnlineTraining, untrained
from cutaway.estimators.out_of_fold import in_terms, out_of_fold, score
from cutaway.estimators.target_columns import columns_predicted, names_of, target_columns, widened
from cutaway.layers import Blend
from cutaway.recipes.table import EFFORTS, MEMBERS, table_recipe
from cutaway.records import StepRecord
from cutaway.runs.learn_table import OF_PROBABILITIES, learn_table
from cutaway.runs.settings import ENGINES
from cutaway.runs.table_run import TableRun
from cutaway.training.loop import StopTraining
from cutaway.training.plan import FIRST_ROWS
from cutaway.training.step import Batch

Array = NDArray[Any]
Weight = NDArray[np.float64]


class NetworkEstimator(Fitted, BaseEstimator):  # type: ignore[misc]
    """The recipe for tables as an estimator; see `NetworkClassifier` and `NetworkRegressor`."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "effort": [StrOptions(set(EFFORTS))],
        "epochs": [Interval(Integral, 1, None, closed="left"), None],
        "members": [Interval(Integral, 1, None, closed="left"), None],
        "limit": [Interval(Real, 0, None, closed="neither"), None],
        "validation": [Interval(Real, 0, 1, closed="neither"), None],
        "metric": [str, None],
        "engine": [StrOptions(set(ENGINES))],
        "random_state": ["random_state"],
        "callbacks": [list, tuple],
        "verbose": ["verbose"],
    }

    out_of_fold_: NDArray[np.float64]
    n_features_in_: int
    _online: OnlineTraining | None

    def __init__(
        self,
        effort: str = "standard",
        *,
        epochs: int | None = None,
        members: int | None = None,
        limit: float | None = None,
        validation: float | None = None,
        metric: str | None = None,
        engine: str = "auto",
        random_state: Any = None,
        callbacks: Sequence[Callable[[Any], None]] = (),
        verbose: int | bool = 0,
    ) -> None:
        self.effort = effort
        self.epochs = epochs
        self.members = members
        self.limit = limit
        self.validation = validation
        self.metric = metric
        self.engine = engine
        self.random_state = random_state
        self.callbacks = callbacks
        self.verbose = verbose

    # ---- what a kind of target says ---------------------------------------------------------------------------

    def _make_target(self, columns: dict[str, Values], y: Array, classes: Any = None) -> AnyTarget:
        """Return the target, fitted to its columns; `classes` are all that will ever come, None for those of y."""
        raise TypeError(f"{type(self).__name__} does not say what it predicts; define _make_target")

    def _class_weights(self, y: Array) -> Weight | None:
        """Return a further weight for each row, by its class."""
        return None

    # ---- learning ---------------------------------------------------------------------------------------------

    def fit(
        self, X: Any, y: Any, *, sample_weight: Any = None, X_val: Any = None, y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:  # fmt: skip
        """Learn from rows.

        X       (rows, columns): an array of numbers, NaN where one is missing, or a data frame of any make
        y       what to predict, one a row, or (rows, columns) of numbers, or of 0 and 1 for each of several labels
        sample_weight   how much each row counts; rows of weight 0 are left out
        X_val, y_val, sample_weight_val   rows of your own to choose the best weights by

        Raises `ValueError`, of which `InputError` is one, for what cannot be learned from.
        """
        self._validate_params()
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        table = input_table(self, X, reset=True)
        given = self._read_target(X, y)
        counts = row_weights(X, sample_weight)
        kept = np.ones(len(given), np.bool_) if counts is None else counts > 0
        # A row that does not count is as if it were not there: not in a fold, not in the statistics of a column.
        table, true = table.select(kept), given[kept]
        inputs = table.names
        names = names_of(y, 1 if true.ndim == 1 else true.shape[1], inputs)
        columns = target_columns(true, names)
        target = self._make_target(columns, true)
        own = self._own_rows(X_val, y_val, sample_weight_val, table, target, true)
        plain = None if counts is None else counts[kept]
        by_class = self._class_weights(true)
        weight = _times(plain, by_class)
        rows = Table({**table.columns, **columns}, table.source, table.notes, table.european)
        parts = divided(
            rows, weight, members=self.members or MEMBERS[self.effort], seed=seed, share=self.validation,
            labels=encoded_target(rows, target) if isinstance(target, ClassTarget) else None,
            own=None if own is None else own[:2],
        )  # fmt: skip
        if own is not None:
            plain = joined(plain, len(true), own[2], own[0].rows)
        if by_class is not None:
            # Judged by the person's own weights: those of the classes are a means to an end, no part of the question.
            judged = np.ones(parts.rows.rows) if plain is None else plain / plain.mean()
            parts = replace(parts, judged_weight=judged)
        begun = self._begun(target, rows, inputs, seed, frame=is_frame(X), watched=int(parts.watched.sum()))
        run = learn_table(
            begun, parts, effort=self.effort, epochs=self.epochs, engine=self.engine, compare=False,
            limit=self.limit, listeners=tuple(self.callbacks), progress=bool(self.verbose),
        )  # fmt: skip
        if run.interrupted:
            warnings.warn("fit: ended by Ctrl-C; what was learned until then is kept", TrainingWarning, stacklevel=2)
        answer = in_terms(out_of_fold(run, parts), run.target)
        watched = np.flatnonzero(parts.watched)
        if len(watched):
            estimate = score(
                answer[watched], parts.rows.select(watched), run.target, metric=begun.settings["metric"],
                weight=None if plain is None else plain[watched], seed=seed,
            )  # fmt: skip
            run = replace(run, estimate=estimate)
        self.run_ = replace(run, setup=None)  # it holds the rows, which an estimator does not keep
        self.out_of_fold_ = np.full((len(given), *answer.shape[1:]), np.nan)
        self.out_of_fold_[kept] = answer[: len(true)]
        self._seed, self._inputs, self._online = seed, inputs, None
        return self

    def _own_rows(
        self, x: Any, y: Any, weight: Any, table: Table, target: AnyTarget, true: Array
    ) -> tuple[Table, Weight | None, Weight | None] | None:
        """Return a person's own rows to watch, the weights to choose by, and those that they were given with."""
        if x is None and y is None and weight is None:
            return None
        if x is None or y is None:
            raise InputError("fit: X_val and y_val belong together, and one is missing; give both or neither")
        if self.validation is not None:
            raise InputError(f"fit: validation is {self.validation} and X_val is given too; choose one of them")
        more = input_table(self, x, reset=False, names=table.names, european=table.european)
        found = self._read_target(x, y)
        if found.ndim != true.ndim or found.shape[1:] != true.shape[1:]:
            raise InputError(f"fit: y_val has shape {found.shape}, y {true.shape}; expected as many columns")
        counts = row_weights(x, weight)
        kept = np.ones(len(found), np.bool_) if counts is None else counts > 0
        more, found = more.select(kept), found[kept]
        counts = None if counts is None else counts[kept]
        answers = target_columns(found, columns_predicted(target))
        rows = Table({**more.columns, **answers}, more.source, more.notes, more.european)
        encoded_target(rows, target)  # a class that is not learned is told here
        return rows, _times(counts, self._class_weights(found)), counts

    def _begun(
        self, target: AnyTarget, rows: Table, inputs: tuple[str, ...], seed: int, *, frame: bool, watched: int
    ) -> TableRun:
        columns = described(rows, inputs, columns_predicted(target)[0], frame)
        return begun_run(self, target, rows, columns, seed=seed, watched=watched)

    def _learn_on(self, X: Any, y: Any, sample_weight: Any, first: bool, classes: Any = None) -> Self:
        """Pass over rows once; with `first`, make encoders, target and first weights from them before."""
        self._validate_params()
        table = input_table(self, X, reset=first, **({} if first else self._known()))
        true = self._read_target(X, y)
        counts = row_weights(X, sample_weight)
        if first:
            names = names_of(y, 1 if true.ndim == 1 else true.shape[1], table.names)
        else:
            names = columns_predicted(self.run_.target)
            if len(names) != (1 if true.ndim == 1 else true.shape[1]):
                raise InputError(f"partial_fit: y has shape {true.shape}; expected {len(names)} column(s), as before")
        columns = target_columns(true, names)
        rows = Table({**table.columns, **columns}, table.source, table.notes, table.european)
        if first:
            self._start(rows, table.names, self._make_target(columns, true, classes), frame=is_frame(X))
        run = self.run_
        target = widened(run.target, rows)
        if self._online is None:
            if isinstance(run.network, Blend):
                raise InputError("partial_fit: effort 'best' mixes networks of several kinds; fit with 'standard'")
            self._online = OnlineTraining(run.network, self._recipe(run, rows.rows), self._seed)
        answers = encoded_target(rows, target)
        weight = _times(counts, self._class_weights(true))
        single = None if weight is None else weight.astype(np.float32)
        batch = Batch(run.preprocessing.transform(rows), answers, single)
        began = time.perf_counter()
        loss = self._online.learn(batch)
        if loss is None:
            warnings.warn(
                "partial_fit: the loss was no longer finite; these rows were passed over and the weights kept",
                TrainingWarning, stacklevel=3,
            )  # fmt: skip
            return self
        seconds = run.seconds + time.perf_counter() - began
        record = StepRecord(
            epoch=len(run.history) + 1, step=self._online.steps, loss=loss, validation=None,
            learning_rate=self._online.rate, seconds=seconds,
        )  # fmt: skip
        self.run_ = replace(
            run, network=self._online.network(), target=target, history=[*run.history, record], seconds=seconds
        )
        for listener in self.callbacks:
            with suppress(StopTraining):  # a pass is over when it is told of
                listener(record)
        return self

    def _start(self, rows: Table, inputs: tuple[str, ...], target: AnyTarget, *, frame: bool) -> None:
        """Make a run that has learned nothing yet."""
        self._seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        self._inputs, self._online = inputs, None
        run = self._begun(target, rows, inputs, self._seed, frame=frame, watched=0)
        preprocessing = TableEncoder.fit(rows, run.columns)
        run = replace(run, preprocessing=preprocessing, reason="partial_fit passes over the rows on NumPy")
        layer = self._recipe(run, rows.rows).network
        x = preprocessing.transform(rows)[:FIRST_ROWS]
        self.run_ = replace(run, network=untrained(layer, x, self.members or MEMBERS[self.effort], self._seed))
        self.out_of_fold_ = np.full((0, target.outputs), np.nan)

    def _recipe(self, run: TableRun, rows: int) -> Any:
        encoder = run.preprocessing
        return table_recipe(
            rows, encoder.numbers, encoder.code_sizes, run.target,
            effort=self.effort, probabilities=run.settings["metric"] in OF_PROBABILITIES,
        )  # fmt: skip

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.multi_output = True
        return tags


def _times(first: Weight | None, second: Weight | None) -> Weight | None:
    """Return the product of two weights a row, of which either may be missing."""
    if first is None or second is None:
        return second if first is None else first
    return first * second
