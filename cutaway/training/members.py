"""Which members of a training improved and when, which were undone, gave up or stopped."""

from __future__ import annotations

import numpy as np


class Members:
    """Which members improved and when, which were undone, gave up or stopped; one member where there are none."""

    def __init__(self, count: int, patience: int | None) -> None:
        self.patience = patience
        self.best = np.full(count, np.inf)
        self.best_mean = np.inf
        self.best_epoch = np.zeros(count, int)
        self.waiting_ended = np.zeros(count, bool)
        self.undone = np.zeros(count, bool)
        self.gave_up = np.zeros(count, bool)
        self.since = np.zeros(count, int)  # the epoch after which each left the last good weights

    def improved(self, values: np.ndarray, epoch: int) -> np.ndarray:
        """Note the validation losses and return which are as good as the best so far; NaN never is."""
        better = (values < self.best) & ~self.waiting_ended
        # Of epochs that are equally good the last is kept: the schedule has calmed down by then.
        kept: np.ndarray = (values <= self.best) & np.isfinite(values) & ~self.waiting_ended
        self.best = np.where(better, values, self.best)
        self.best_epoch = np.where(better, epoch, self.best_epoch)
        if self.patience is not None:
            self.waiting_ended |= epoch - self.best_epoch >= self.patience
        return kept

    def better_together(self, values: np.ndarray) -> bool:
        """Note the mean of the validation losses and return whether it is the lowest so far."""
        lower = finite_mean(values) <= self.best_mean
        self.best_mean = min(self.best_mean, finite_mean(values))
        return lower

    def reason(self, epoch: int) -> str:
        """Return why the training should end now, "" if it should not."""
        if self.gave_up.all():
            return (
                "the loss is not finite, at a tenth of the learning rate either; lower it, or scale inputs and targets"
            )
        if (self.waiting_ended | self.gave_up).all():
            return f"no better validation loss for {self.patience} epochs; the best was epoch {self.best_epoch.max()}"
        return ""


def finite_mean(values: np.ndarray) -> float:
    """Return the mean of what is finite, NaN where nothing is."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")
