"""The error of many networks on the same rows, divided into bias, variance and noise; with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cutaway.backends.random import generator
from cutaway.errors import InputError

DRAWS = 400  # of resamples and test rows, for the intervals
NUMBERS = 1 << 24  # that one draw after another makes of them, at most


@dataclass(frozen=True)
class Figure:
    """A measured figure and its 95 % interval."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float | None]:
        """Return it as plain data."""
        return {name: float(v) if np.isfinite(v) else None for name, v in vars(self).items()}


@dataclass(frozen=True)
class Parts:
    """The mean error of networks on test rows, and what it is made of: error = bias + variance + noise, exactly.

    error       the mean over networks and test rows
    bias        of squared error bias², of 0–1 loss the share of rows where the commonest answer is wrong. Where the
                noise is not known, it is contained in it
    variance    how much the networks differ; of 0–1 loss, what it costs where the commonest answer is right less what
                it gains where that is wrong
    noise       what no network could answer; None where it is not known
    from_data, from_seeds   the variance that comes of the rows learned from, and that of first weights and order; None
                where it cannot be told: with one seed, and for 0–1 loss
    draws       the error in each draw of resamples and test rows, for differences between errors
    """

    error: Figure
    bias: Figure
    variance: Figure
    noise: Figure | None = None
    from_data: Figure | None = None
    from_seeds: Figure | None = None
    draws: np.ndarray | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        named = {name: value for name, value in vars(self).items() if name != "draws"}
        return {name: None if value is None else value.to_json() for name, value in named.items()}


class Redrawn:
    """Resamples, and then test rows, drawn again with replacement; the same draws for whatever is asked of them.

    The first draw is what was measured: each once. In half of the others it is the resamples that are drawn, in the
    other half the rows: of the few resamples the interval is to be wider than of the many rows.
    """

    def __init__(self, resamples: int, rows: int, seed: int = 0, width: int = 1) -> None:
        if resamples < 2:
            raise InputError(f"bias_variance: {resamples} resample(s); at least 2 are needed to see them differ")
        draws = int(np.clip(NUMBERS // (rows * width), 50, DRAWS))
        random = generator(seed, "decomposition")
        self.resamples = np.ones((draws + 1, resamples))
        self.rows = np.ones((draws + 1, rows))
        self.half = 1 + draws // 2
        for draw in range(1, draws + 1):
            drawn, count = (self.resamples, resamples) if draw < self.half else (self.rows, rows)
            drawn[draw] = np.bincount(random.integers(0, count, count), minlength=count)

    def mean(self, each: np.ndarray) -> np.ndarray:
        """Return the mean over the rows of each draw: (draws + 1, rows) or (rows) to (draws + 1)."""
        found: np.ndarray = np.sum(each * self.rows, axis=1) / self.rows.shape[1]
        return found

    def figure(self, drawn: np.ndarray) -> Figure:
        """Return the figure that was measured, and its interval: value ± √((t s_R)² + (1.96 s_n)²).

        s_R is the deviation over draws of the R resamples, lengthened by √(R / (R − 1)), since resamples drawn from
        themselves vary by so much less; t is Student's with R − 1 degrees of freedom. s_n is that over draws of rows.
        """
        from scipy.special import stdtrit  # type: ignore[import-untyped]

        count = self.resamples.shape[1]
        value = float(drawn[0])
        sets = float(np.std(drawn[1 : self.half])) * np.sqrt(count / (count - 1))
        half = float(np.hypot(stdtrit(count - 1, 0.975) * sets, 1.959964 * np.std(drawn[self.half :])))
        return Figure(value, value - half, value + half)


def squared_parts(
    outputs: np.ndarray,
    truth: np.ndarray,
    redrawn: Redrawn,
    *,
    known: np.ndarray | None = None,
    noise: float | None = None,
) -> Parts:
    """Divide the mean squared error of networks on test rows.

        E (p − y)² = (E p − f)² + Var p + E (y − f)²        p = p(x; resample, seed),  y = f(x) + noise

    Of R resamples and S seeds each, the variance is that between resamples' means plus that within, in their unbiased
    forms: within = mean_r var_s p,  between = var_r mean_s p,  from_seeds = within,  from_data = between − within / S.
    bias² + noise = (p̄ − y)² − between / R: the mean p̄ of R resamples differs from that of infinitely many by chance.
    With these corrections the parts are right on average, and still add up to the error exactly; a part that is
    nearly zero may come out a little below.

    outputs  (resamples, seeds, rows, outputs)
    truth    y, (rows, outputs)
    known    f, where the true function is known; its noise then contains what chance made of these rows
    noise    the variance of y − f, where that is known

    Reference: Geman, Bienenstock, Doursat, "Neural networks and the bias/variance dilemma", Neural Computation 4, 1992;
    Neal et al., arXiv 1810.08591, equation 2 (the law of total variance).
    """
    resamples, seeds, rows = outputs.shape[:3]
    outputs = outputs.reshape(resamples, seeds, rows, -1).astype(np.float64)
    truth = truth.reshape(rows, -1).astype(np.float64)
    width = truth.shape[1]
    means = outputs.mean(axis=1).reshape(resamples, -1)
    inside = outputs.var(axis=1, ddof=1) if seeds > 1 else np.zeros((resamples, rows, width))
    counts = redrawn.resamples

    def by_row(each: np.ndarray) -> np.ndarray:
        found: np.ndarray = each.reshape(len(counts), rows, width).mean(axis=-1)
        return found

    mean = counts @ means / resamples
    # Around the mean of all, so that nothing is lost where numbers are large and differ little.
    away = means - means.mean(axis=0)
    between = (counts @ away**2 - (counts @ away) ** 2 / resamples) / (resamples - 1)
    between, within = (
        redrawn.mean(by_row(between)),
        redrawn.mean(by_row(counts @ inside.reshape(resamples, -1)) / resamples),
    )

    def missed(goal: np.ndarray) -> np.ndarray:
        found: np.ndarray = redrawn.mean(by_row((mean - goal.ravel()) ** 2)) - between / resamples
        return found

    both = missed(truth)
    variance = between + within * (seeds - 1) / seeds
    bias = both
    if known is not None:
        bias = missed(known.reshape(rows, -1).astype(np.float64))
    elif noise is not None:
        bias = both - noise
    several = seeds > 1
    return Parts(
        error=redrawn.figure(both + variance),
        bias=redrawn.figure(bias),
        variance=redrawn.figure(variance),
        noise=redrawn.figure(both - bias)
        if known is not None
        else None
        if noise is None
        else Figure(noise, noise, noise),
        from_data=redrawn.figure(between - within / seeds) if several else None,
        from_seeds=redrawn.figure(within) if several else None,
        draws=both + variance,
    )


def zero_one_parts(
    answers: np.ndarray, truth: np.ndarray, redrawn: Redrawn, classes: int, *, known: np.ndarray | None = None
) -> Parts:
    """Divide the share of wrong answers of networks on test rows, as Domingos does for 0–1 loss.

        main = the commonest answer (the first of those that tie),  bias = [main ≠ t],  V = P(answer ≠ main)
        E [answer ≠ t] = mean bias + mean V where main = t − mean P(answer = t) where main ≠ t

    Where the commonest answer is wrong, differing from it is a gain: of two classes all of it, of more the part that
    hits the true one. The variance told is the net of both.

    answers  classes by number (resamples, seeds, rows)
    truth    the class that was observed for each row, t; known, the best answer for each where that is known: bias and
             variance are then about it, and noise is what the observed labels add to the error

    Reference: Domingos, "A unified bias-variance decomposition", ICML 2000, theorem 2 and section 2.
    """
    resamples, _, rows = answers.shape
    shares = np.stack([(answers == each).mean(axis=1) for each in range(classes)], axis=-1)
    mean = (redrawn.resamples @ shares.reshape(resamples, -1)).reshape(-1, rows, classes) / resamples
    main = mean.argmax(axis=-1)

    def hits(goal: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.take_along_axis(mean, np.asarray(goal, int)[None, :, None], axis=-1)[..., 0]
        return found

    goal = truth if known is None else known
    right = main == goal
    error = redrawn.mean(1 - hits(truth))
    bias = redrawn.mean((~right).astype(float))
    variance = np.round(redrawn.mean(np.where(right, 1 - mean.max(axis=-1), -hits(goal))), 12)  # 1 − 1 is not quite 0
    noise = None if known is None else redrawn.figure(error - redrawn.mean(1 - hits(goal)))
    return Parts(
        error=redrawn.figure(error), bias=redrawn.figure(bias), variance=redrawn.figure(variance), noise=noise,
        draws=error,
    )  # fmt: skip


def difference(parts: Parts, other: Parts, redrawn: Redrawn) -> Figure:
    """Return how much larger the first error is than the second, on the same draws."""
    assert parts.draws is not None and other.draws is not None
    return redrawn.figure(parts.draws - other.draws)
