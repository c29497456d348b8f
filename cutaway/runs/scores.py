"""How good predictions are on rows that were set aside, beside what takes no network at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, sqrt
from typing import Any

import numpy as np

from cutaway import metrics
from cutaway.data.targets import ClassTarget, NumberTarget

CERTAIN = 1.96  # standard deviations either side that hold 95 % of a normal distribution


@dataclass(frozen=True)
class Scores:
    """A score with its 95 % interval, and the same figure for the trivial baseline.

    metric     "accuracy" (share right, higher is better) or "rmse" (root mean squared error, lower is better)
    value      the score on `rows` rows that no step of training saw
    interval   where the score on ever more such rows would be, with 95 % confidence
    baseline   the same figure for `always`: the most frequent class, or the mean, of the training rows
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
        if self.metric == "accuracy":
            return self.interval[0] > self.baseline
        return self.interval[1] < self.baseline

    def to_json(self) -> dict[str, Any]:
        """The scores as JSON data; what is not a finite number is left out."""
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


def score_classes(target: ClassTarget, probabilities: np.ndarray, truth: np.ndarray, trained_on: np.ndarray) -> Scores:
    """Score probabilities (rows, classes) by the true codes (rows,); the baseline's class is that of `trained_on`.

    The interval is Wilson's, which stays sensible for few rows and for scores near 0 and 1:

        (p + z²/2n ± z √(p (1 − p)/n + z²/4n²)) / (1 + z²/n)

    Reference: Wilson, Journal of the American Statistical Association, 1927.
    """
    share = metrics.accuracy(probabilities, truth)
    most = int(np.bincount(trained_on, minlength=len(target.labels)).argmax())
    others = {
        "balanced accuracy": metrics.balanced_accuracy(probabilities, truth),
        "log loss": metrics.log_loss(probabilities, truth),
    }
    if len(target.labels) == 2:
        others["area under ROC"] = metrics.roc_auc(probabilities[:, 1], truth)
    label = target.labels[most]
    return Scores(
        metric="accuracy",
        value=share,
        interval=wilson(share, len(truth)),
        baseline=float(np.mean(truth == most)),
        always=label if isinstance(label, str) else str(label),
        rows=len(truth),
        others=others,
    )


def score_numbers(target: NumberTarget, predicted: np.ndarray, truth: np.ndarray) -> Scores:
    """Score predictions (rows,) in the target's units by the true values (rows,).

    The interval takes the logarithm of the mean squared error e as normal, with the deviation s of the squares:

        √(e · exp(± z s / (e √n)))
    """
    # In units of the target's deviation, so that the squares of very large or small numbers stay in range.
    unit = target.std
    squares = ((predicted - truth) / unit) ** 2
    mean = float(np.mean(squares))
    spread = CERTAIN * float(np.std(squares)) / (mean * sqrt(len(truth))) if mean > 0 else 0.0
    spread = min(spread, 50.0)
    others = {
        "mean absolute error": unit * float(np.mean(np.sqrt(squares))),
        "R²": metrics.r2((predicted - target.mean) / unit, (truth - target.mean) / unit),
    }
    return Scores(
        metric="rmse",
        value=unit * sqrt(mean),
        interval=(unit * sqrt(mean * exp(-spread)), unit * sqrt(mean * exp(spread))),
        baseline=unit * metrics.rmse(np.zeros(len(truth)), (truth - target.mean) / unit),
        always=target.mean,
        rows=len(truth),
        others=others,
    )


def wilson(share: float, rows: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of `rows` rows.

    >>> [round(end, 3) for end in wilson(0.9, 100)]
    [0.826, 0.945]
    """
    z2 = CERTAIN**2 / rows
    middle = (share + z2 / 2) / (1 + z2)
    half = sqrt(z2 * (share * (1 - share) + z2 / 4)) / (1 + z2)
    # Rounding may put an end just outside of the share it surrounds, or of 0 and 1.
    return max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))
