"""The recipe for tables as a scikit-learn regressor."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from cutaway.data.several_targets import AnyTarget, NumbersTarget
from cutaway.data.table import Table, Values
from cutaway.data.targets import NumberTarget
from cutaway.estimators.inputs import target_array
from cutaway.estimators.network_estimator import NetworkEstimator


class NetworkRegressor(RegressorMixin, NetworkEstimator):  # type: ignore[misc]
    """Networks that predict one number a row, or several.

    effort        "quick", one small network; "standard", eight networks averaged; "best", a mixture that is searched
                  for, of one number only
    epochs        how often every row is seen (None: what the recipe says for so many rows)
    members       how many networks, each of which watches a fold of its own (None: what the effort says)
    limit         seconds that the training may take
    validation    the share of the rows that all members watch (None: folds take turns)
    metric        what `estimate_` says, a name among `cutaway.metrics.BY_NAME` (None: RMSE; of several numbers the
                  mean R²)
    engine        "numpy", "xla" or "auto"
    random_state  of folds, first weights, orders and dropout
    callbacks     called with each record of the training; one may raise `cutaway.StopTraining`
    verbose       whether a progress bar is shown

    After `fit`: `run_`, the `TableRun`; `estimate_`, how good it is on rows not learned from; `out_of_fold_`, for each
    row what the networks that did not learn from it say, NaN where all did; `history_`, `loss_curve_`, `n_iter_`;
    `n_features_in_`, and `feature_names_in_` where X had names.

    Predictions are within the range of y in training, and do not depend on which rows are predicted together.

    Reference: Holzmüller, Grinsztajn, Steinwart, NeurIPS 2024, arXiv 2407.04491.

    >>> X = np.linspace(-1, 1, 200)[:, None]
    >>> net = NetworkRegressor("quick", random_state=0).fit(X, X[:, 0] ** 2)
    >>> net.estimate_.better, bool(abs(net.predict([[0.5]])[0] - 0.25) < 0.1)
    (True, True)
    """

    def _read_target(self, x: Any, y: Any) -> NDArray[Any]:
        checked = target_array(self, x, y, numeric=True)
        return checked[:, 0] if checked.ndim == 2 and checked.shape[1] == 1 else checked

    def _make_target(self, columns: dict[str, Values], y: NDArray[Any], classes: Any = None) -> AnyTarget:
        if y.ndim == 2:
            return NumbersTarget.fit(Table(columns), tuple(columns))
        ((name, values),) = columns.items()
        return NumberTarget.fit(name, values)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return a number a row, (rows,), or (rows, columns) where `fit` was given several columns."""
        return self._answer(X)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Pass over rows once, from the present weights, at a small constant learning rate.

        The first call, where there was no `fit`, decides what it can see of them: names and kinds of columns, their
        medians and spreads, the mean and deviation of y, and first weights. These stay, so let it have some hundred
        rows in random order. Nothing is watched: `estimate_` and `out_of_fold_` stay those of `fit`, if there was one.
        """
        return self._learn_on(X, y, sample_weight, first=not hasattr(self, "run_"))
