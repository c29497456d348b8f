"""What an estimator says once it has learned: answers, what each column is worth, and how the training went."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from cutaway.data.table import Table
from cutaway.errors import DataWarning, InputError
from cutaway.estimators.importance import Importance, permutation_importance
from cutaway.estimators.inputs import input_table
from cutaway.estimators.out_of_fold import in_terms
from cutaway.estimators.target_columns import columns_predicted, target_columns
from cutaway.metrics import BY_NAME
from cutaway.records import Finding
from cutaway.runs.decoding import mean_answers
from cutaway.runs.scores import Scores, metric_for
from cutaway.runs.table_run import TableRun

Array = NDArray[Any]


class Fitted:
    """An estimator's run, and what follows from it."""

    run_: TableRun
    _inputs: tuple[str, ...]
    _seed: int

    def _read_target(self, x: Any, y: Any) -> Array:
        """Return y checked, (rows,) or (rows, columns)."""
        raise TypeError(f"{type(self).__name__} does not say what y may hold; define _read_target")

    # ---- answering --------------------------------------------------------------------------------------------

    def _known(self) -> dict[str, Any]:
        return {"names": self._inputs, "european": self.run_.preprocessing.european}

    def _answer(self, X: Any) -> NDArray[np.float64]:
        """Return probabilities, or numbers in the target's units, for rows."""
        check_is_fitted(self, "run_")
        return self._answer_table(input_table(self, X, reset=False, **self._known()))

    def _answer_table(self, table: Table) -> NDArray[np.float64]:
        run = self.run_
        encoded, counts = run.preprocessing.transform_counted(table)
        if counts.unreadable:
            # Unknown categories and newly missing values are everyday in cross-validation; text for numbers is not.
            warnings.warn("; ".join(counts.sentences()), DataWarning, stacklevel=4)
        return in_terms(mean_answers(run.network, run.target, encoded), run.target)

    def permutation_importance(self, X: Any, y: Any, repeats: int = 10, metric: str | None = None) -> Importance:
        """Return by how much each column's shuffling makes predictions for these rows worse; see `Importance`.

        X, y     rows, best ones that `fit` never saw
        repeats  how often each column is shuffled
        metric   a name among `cutaway.metrics.BY_NAME` (None: the one that the run was judged by)
        """
        check_is_fitted(self, "run_")
        if repeats != int(repeats) or repeats < 1:
            raise InputError(f"permutation_importance: repeats is {repeats!r}; expected a whole number of at least 1")
        target = self.run_.target
        table = input_table(self, X, reset=False, **self._known())
        true = self._read_target(X, y)
        rows = Table({**table.columns, **target_columns(true, columns_predicted(target))}, table.source)
        judged = metric_for(metric or self.run_.settings["metric"], BY_NAME[self.run_.settings["metric"]].task)
        return permutation_importance(
            self._answer_table, rows, self._inputs, target, metric=judged, repeats=int(repeats), seed=self._seed
        )

    # ---- telling ----------------------------------------------------------------------------------------------

    @property
    def history_(self) -> dict[str, list[Any]]:
        """What each epoch said: lists of "loss", "validation" (None where no row is watched) and "learning_rate"."""
        records = self.run_.history
        return {name: [getattr(record, name) for record in records] for name in ("loss", "validation", "learning_rate")}

    @property
    def loss_curve_(self) -> list[float]:
        """The training loss of each epoch."""
        return [record.loss for record in self.run_.history]

    @property
    def n_iter_(self) -> int:
        """How many epochs were done, passes of `partial_fit` included."""
        return len(self.run_.history)

    @property
    def findings_(self) -> tuple[Finding, ...]:
        """The causes why it does not learn as it could, the first cause first; none where all is well."""
        return self.run_.findings

    @property
    def estimate_(self) -> Scores | None:
        """How good predictions are on rows not learned from, as `Scores`; None where no row was watched."""
        return self.run_.estimate
