"""The recipe for tables as a scikit-learn classifier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from cutaway.data.several_targets import AnyTarget, LabelsTarget
from cutaway.data.table import Values
from cutaway.data.targets import ClassTarget
from cutaway.errors import InputError
from cutaway.estimators.inputs import target_array
from cutaway.estimators.network_estimator import NetworkEstimator
from cutaway.estimators.target_columns import as_values
from cutaway.runs.threshold import chosen_classes


class NetworkClassifier(ClassifierMixin, NetworkEstimator):  # type: ignore[misc]
    """Networks that predict a class a row, or which of several labels hold.

    effort        "quick", one small network; "standard", eight networks averaged; "best", a mixture that is searched
                  for, of classes only
    epochs        how often every row is seen (None: what the recipe says for so many rows)
    members       how many networks, each of which watches a fold of its own (None: what the effort says)
    limit         seconds that the training may take
    validation    the share of the rows that all members watch (None: folds take turns)
    metric        what `estimate_` says, a name among `cutaway.metrics.BY_NAME` (None: accuracy; of several labels its
                  mean). With "log_loss", "brier", "roc_auc" and "average_precision" labels are not smoothed; with "f1"
                  and "balanced_accuracy" of two classes, `predict` chooses at the threshold that is best out of fold
    class_weight  how much rows of each class count: "balanced", so that all classes weigh the same together, or by
                  class
    engine        "numpy", "xla" or "auto"
    random_state  of folds, first weights, orders and dropout
    callbacks     called with each record of the training; one may raise `cutaway.StopTraining`
    verbose       whether a progress bar is shown

    After `fit`: `classes_`; `run_`, the `TableRun`; `estimate_`, how good it is on rows not learned from;
    `out_of_fold_`, for each row the probabilities by the networks that did not learn from it, NaN where all did;
    `history_`, `loss_curve_`, `n_iter_`; `n_features_in_`, and `feature_names_in_` where X had names.

    Probabilities are calibrated by a temperature chosen out of fold where at least 15 rows are watched, a threshold
    other than one half where at least 100 are. Class weights shift the probabilities, as so many more rows of a class
    would; the threshold is chosen, and `estimate_` measured, on the rows as they are, by `sample_weight` alone.
    Probabilities do not depend on which rows are predicted together.

    Reference: Holzmüller, Grinsztajn, Steinwart, NeurIPS 2024, arXiv 2407.04491.

    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> net = NetworkClassifier("quick", random_state=0).fit(X, np.where(X[:, 0] > 0, "right", "left"))
    >>> net.predict([[2.0, 0.0], [-2.0, 0.0]]).tolist(), net.predict_proba([[2.0, 0.0]]).shape
    (['right', 'left'], (1, 2))
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **NetworkEstimator._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    classes_: NDArray[Any]

    def __init__(
        self,
        effort: str = "standard",
        *,
        epochs: int | None = None,
        members: int | None = None,
        limit: float | None = None,
        validation: float | None = None,
        metric: str | None = None,
        class_weight: str | Mapping[Any, float] | None = None,
        engine: str = "auto",
        random_state: Any = None,
        callbacks: Sequence[Callable[[Any], None]] = (),
        verbose: int | bool = 0,
    ) -> None:
        super().__init__(
            effort, epochs=epochs, members=members, limit=limit, validation=validation, metric=metric, engine=engine,
            random_state=random_state, callbacks=callbacks, verbose=verbose,
        )  # fmt: skip
        self.class_weight = class_weight

    def _read_target(self, x: Any, y: Any) -> NDArray[Any]:
        checked = target_array(self, x, y, numeric=False)
        check_classification_targets(checked)
        kind = type_of_target(checked)
        if kind == "multiclass-multioutput":
            raise InputError(
                f"y has {checked.shape[1]} columns with more than two classes; expected one column of classes, or "
                "columns of 0 and 1, one for each label: use one classifier a column"
            )
        labels: NDArray[Any] = checked if kind == "multilabel-indicator" else column_or_1d(checked, warn=True)
        return labels

    def _make_target(self, columns: dict[str, Values], y: NDArray[Any], classes: Any = None) -> AnyTarget:
        if y.ndim == 2:
            if self.class_weight is not None:
                raise InputError("class_weight is for classes, and y holds several labels; use sample_weight")
            self.classes_ = np.arange(y.shape[1])
            return LabelsTarget(tuple(columns))
        try:
            self.classes_ = np.unique(y if classes is None else np.asarray(classes))
        except TypeError as fault:
            raise InputError(f"y holds classes that cannot be put in order ({fault}); make them all text") from fault
        if len(self.classes_) < 2:
            raise InputError(
                f"y holds 1 class, {self.classes_[:1].tolist()[0]!r}; to tell classes apart, expected two or more"
            )
        self._weight_of_class = None
        if self.class_weight is not None:
            self._weight_of_class = np.asarray(compute_class_weight(self.class_weight, classes=self.classes_, y=y))
        ((name, _),) = columns.items()
        return ClassTarget(name, tuple(as_values(self.classes_).tolist()))

    def _class_weights(self, y: NDArray[Any]) -> NDArray[np.float64] | None:
        if self.class_weight is None or self._weight_of_class is None:
            return None
        weights: NDArray[np.float64] = self._weight_of_class[np.searchsorted(self.classes_, y)]
        return weights

    def predict(self, X: Any) -> NDArray[Any]:
        """Return a class a row, (rows,), or 0 and 1 for each label, (rows, labels)."""
        answer = self._answer(X)
        target = self.run_.target
        if isinstance(target, LabelsTarget):
            return target.choose(answer)
        assert isinstance(target, ClassTarget)
        if len(self.classes_) == 2 and target.threshold != 0.5:
            codes = chosen_classes(answer, target.threshold)
        else:
            codes = answer.argmax(axis=1)
        chosen: NDArray[Any] = self.classes_[codes]
        return chosen

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each of `classes_`, (rows, classes), together 1; of labels each by itself."""
        return self._answer(X)

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the logarithms of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.log(self._answer(X))

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Pass over rows once, from the present weights, at a small constant learning rate.

        classes   all classes that will ever come, in the first call, where there was no `fit`

        The first call decides what it can see of the rows: names and kinds of columns, their medians and spreads, and
        first weights. These stay, so let it have some hundred rows in random order. Nothing is watched: `estimate_`,
        `out_of_fold_` and the calibration of probabilities stay those of `fit`, if there was one.
        """
        first = not hasattr(self, "run_")
        if first and classes is None:
            raise InputError("partial_fit: classes must be passed on the first call to partial_fit: all that will come")
        if not first and classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise InputError(f"partial_fit: classes are {classes!r}, and were {self.classes_!r}; they stay the same")
        if self.class_weight == "balanced":
            raise InputError(
                "partial_fit: class_weight 'balanced' needs all rows at once; give a weight for each class, or "
                "sample_weight"
            )
        return self._learn_on(X, y, sample_weight, first, classes)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
