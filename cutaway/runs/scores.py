"""How good predictions are on rows that were set aside, beside what takes no network at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, isnan, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.strict_json import fields
from cutaway.data.suggestions import did_you_mean
from cutaway.data.table import as_texts
from cutaway.data.targets import ClassTarget, NumberTarget, Task
from cutaway.errors import InputError
from cutaway.metrics import BY_NAME, Metric
from cutaway.metrics.bootstrap import CERTAIN, bootstrap, interval
from cutaway.metrics.weights import as_weights, effective_rows
from cutaway.runs.threshold import chosen_classes

Array = NDArray[Any]

USUAL: dict[Task, str] = {"classification": "accuracy", "regression": "rmse"}
SHARES = "the share of each class in training"
"""What the baseline answers where probabilities are judged."""

# Figures that stay what they are when all numbers are moved and scaled, and those that scale with them.
SCALED = ("rmse", "mae", "r2")
# Figures from 0 to 1, of which rows that are all right, or all wrong, say nothing about how they vary.
SHARE = ("balanced_accuracy", "f1", "roc_auc", "average_precision")


@dataclass(frozen=True)
class Scores:
    """A score with its 95 % interval, and the same figure for the trivial baseline.

    metric     a name among `cutaway.metrics.BY_NAME`, which says whether higher is better; "accuracy" or "rmse" unless
               another was asked for
    value      the score on `rows` rows that no step of training saw
    interval   where the score on ever more such rows would be, with 95 % confidence
    baseline   the same figure for `always`: the most frequent class, the share of each class, or the mean, of the
               training rows
    others     further figures by name
    """

    metric: str
    value: float
    interval: tuple[float, float]
    baseline: float
    always: str | float
    rows: int
    others: dict[str, float] = field(default_factory=dict)

    @property
    def better(self) -> bool:
        """Whether the score beats the baseline by more than chance."""
        if BY_NAME[self.metric].higher:
            return self.interval[0] > self.baseline
        return self.interval[1] < self.baseline

    @classmethod
    def from_json(cls, described: object, what: str) -> Scores | None:
        """Return scores from their description, None where they are null; `InputError` names `what` is wrong."""
        if described is None:
            return None
        always = described.get("always") if isinstance(described, dict) else None
        found = fields(
            described, what, metric=str, value=float, interval=list, baseline=float,
            always=str if isinstance(always, str) else float, rows=int, others=dict,
        )  # fmt: skip
        if found["metric"] not in BY_NAME:
            raise InputError(f"{what}: the metric is {found['metric']!r}; {did_you_mean(found['metric'], BY_NAME)}")
        ends = found["interval"]
        if len(ends) != 2 or not all(isinstance(end, (int, float)) for end in (*ends, *found["others"].values())):
            raise InputError(f"{what}: expected an interval of two numbers, and others as numbers")
        return cls(**{**found, "interval": (float(ends[0]), float(ends[1]))})

    def to_json(self) -> dict[str, Any]:
        """The scores as JSON data; further figures that are not finite are left out."""
        others = {name: value for name, value in self.others.items() if np.isfinite(value)}
        return {
            "metric": self.metric,
            "value": self.value,
            "interval": list(self.interval),
            "baseline": self.baseline,
            "always": self.always,
            "rows": self.rows,
            "others": others,
        }


def metric_for(name: str | None, task: Task, truth: Array | None = None) -> Metric:
    """Return the metric asked for, or the usual one of the task: accuracy, or RMSE.

    Raises `InputError` for a name that is none, for a metric of the other task, and, when the true numbers are given,
    for one that they do not allow: `rmsle` needs all above −1, `mape` none that is 0. Meant to be called before
    training, with all rows.

    >>> metric_for(None, "classification").name, metric_for("roc_auc", "classification").shown
    ('accuracy', 'area under ROC')
    """
    name = USUAL[task] if name is None else name
    known = [metric.name for metric in BY_NAME.values() if metric.task == task]
    if name not in known:
        what = f"is for {BY_NAME[name].task}, and this is {task}" if name in BY_NAME else "is unknown"
        raise InputError(f"metric {name!r} {what}; choose one of {', '.join(known)}")
    if truth is not None and name in ("rmsle", "mape"):
        BY_NAME[name](np.asarray(truth, np.float64), truth)
    return BY_NAME[name]


def score_classes(
    target: ClassTarget,
    probabilities: Array,
    truth: Array,
    trained_on: Array,
    *,
    metric: str = "accuracy",
    weight: Array | None = None,
    trained_weight: Array | None = None,
    seed: int = 0,
) -> Scores:
    """Score probabilities (rows, classes) by the true codes (rows,), beside a baseline from the codes `trained_on`.

    metric          what to score by
    weight          how much each row counts (rows,)
    trained_weight  how much each row of `trained_on` counts
    seed            of the bootstrap

    Of two classes, the target's threshold says which is chosen. Of accuracy the interval is Wilson's, `wilson`; of
    other metrics that of the bootstrap. A metric that the rows do not decide, such as the area under ROC of rows of one
    class, gives way to accuracy: `Scores.metric` says which.
    """
    chosen = metric_for(metric, "classification")
    choice = probabilities
    if len(target.labels) == 2 and target.threshold != 0.5:
        choice = np.eye(2)[chosen_classes(probabilities, target.threshold)]
    judged = {"choice": choice, "probabilities": probabilities}
    value = chosen(judged[chosen.takes], truth, weight)
    if isnan(value):
        chosen = BY_NAME[USUAL["classification"]]
        value = chosen(choice, truth, weight)
    counts = np.bincount(trained_on, trained_weight, minlength=len(target.labels)).astype(np.float64)
    most = int(counts.argmax())
    shares = counts / counts.sum() if chosen.takes == "probabilities" else np.eye(len(counts))[most]
    names = ["accuracy", "balanced_accuracy", "log_loss", *(["roc_auc"] if len(target.labels) == 2 else [])]
    return Scores(
        metric=chosen.name,
        value=value,
        interval=_interval(chosen, value, judged[chosen.takes], truth, weight, seed),
        baseline=chosen(np.tile(shares, (len(truth), 1)), truth, weight),
        always=str(as_texts(np.array([target.labels[most]], object))[0]) if chosen.takes == "choice" else SHARES,
        rows=len(truth),
        others={
            BY_NAME[name].shown: BY_NAME[name](judged[BY_NAME[name].takes], truth, weight)
            for name in names
            if name != chosen.name
        },
    )


def score_numbers(
    target: NumberTarget,
    predicted: Array,
    truth: Array,
    *,
    metric: str = "rmse",
    weight: Array | None = None,
    seed: int = 0,
) -> Scores:
    """Score predictions (rows,) in the target's units by the true values (rows,); `weight` says how much each counts.

    Of the RMSE the interval takes the logarithm of the mean squared error e of n rows as normal, with the deviation s
    of the squares; of other metrics it is that of the bootstrap:

        √(e · exp(± z s / (e √n)))

    A metric that the rows do not decide, such as R² of equal values, gives way to the RMSE: `Scores.metric` says which.
    """
    chosen = metric_for(metric, "regression")
    value = _of_numbers(chosen, target, predicted, truth, weight)
    if isnan(value):
        chosen = BY_NAME[USUAL["regression"]]
        value = _of_numbers(chosen, target, predicted, truth, weight)
    # In units of the target's deviation, so that the squares of very large or small numbers stay in range.
    unit = target.std if chosen.in_units else 1.0
    ends = _interval(chosen, value / unit, *_scaled(chosen, target, predicted, truth), weight, seed)
    return Scores(
        metric=chosen.name,
        value=value,
        interval=(unit * ends[0], unit * ends[1]),
        baseline=_of_numbers(chosen, target, np.full(len(truth), target.mean), truth, weight),
        always=target.mean,
        rows=len(truth),
        others={
            BY_NAME[name].shown: _of_numbers(BY_NAME[name], target, predicted, truth, weight)
            for name in SCALED
            if name != chosen.name
        },
    )


def _of_numbers(metric: Metric, target: NumberTarget, predicted: Array, truth: Array, weight: Array | None) -> float:
    """Return the metric of numbers, through units in which their squares stay in range."""
    value = metric(*_scaled(metric, target, predicted, truth), weight)
    return value * target.std if metric.in_units else value


def _scaled(metric: Metric, target: NumberTarget, predicted: Array, truth: Array) -> tuple[Array, Array]:
    if metric.name not in SCALED:
        return predicted, truth
    if metric.in_units:
        # Only the difference counts, and beside a large mean a small one would be lost.
        return (predicted - truth) / target.std, np.zeros(len(truth))
    return (predicted - target.mean) / target.std, (truth - target.mean) / target.std


def _interval(
    metric: Metric, value: float, predicted: Array, truth: Array, weight: Array | None, seed: int
) -> tuple[float, float]:
    """Return the 95 % interval of a metric's value."""
    weights = as_weights(metric.name, weight, len(truth))
    rows = effective_rows(weights)
    if metric.name == "accuracy":
        return wilson(value, rows)
    if metric.name == "rmse":
        squares = (predicted - truth) ** 2
        mean = value**2
        deviation = sqrt(float(np.average((squares - mean) ** 2, weights=weights)))
        spread = min(CERTAIN * deviation / (mean * sqrt(rows)), 50.0) if mean > 0 else 0.0
        return sqrt(mean * exp(-spread)), sqrt(mean * exp(spread))
    low, high = interval(value, bootstrap(metric, [predicted], truth, weight=weight, seed=seed)[0])
    if metric.name in SHARE:
        low, high = max(low, 0.0), min(high, 1.0)
        if not low < high:
            # However often they are drawn again, rows that are all right stay right: count the rarest class instead.
            rarest = rows * float(np.min(np.unique(truth, return_counts=True)[1])) / len(truth)
            low, high = wilson(value, rarest)
    elif not metric.higher:
        low = max(low, 0.0)
    return low, high


def wilson(share: float, rows: float) -> tuple[float, float]:
    """Return the 95 % interval of a share of `rows` rows; it stays sensible for few rows and for shares near 0 and 1.

        (p + z²/2n ± z √(p (1 − p)/n + z²/4n²)) / (1 + z²/n)

    Reference: Wilson, Journal of the American Statistical Association, 1927.

    >>> [round(end, 3) for end in wilson(0.9, 100)]
    [0.826, 0.945]
    """
    z2 = CERTAIN**2 / rows
    middle = (share + z2 / 2) / (1 + z2)
    half = sqrt(z2 * (share * (1 - share) + z2 / 4)) / (1 + z2)
    # Rounding may put an end just outside of the share it surrounds, or of 0 and 1.
    return max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))
