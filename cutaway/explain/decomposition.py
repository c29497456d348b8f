"""The error of many networks on the same rows, divided into bias, variance and noise; with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cutaway.explain.intervals import NORMAL, Figure, Redrawn, less, student, variance_figure
from cutaway.explain.noise import Noise


@dataclass(frozen=True)
class Parts:
    """The mean error of networks on test rows, and what it is made of: error = bias + variance + noise, exactly.

    error       the mean over networks and test rows
    bias        of squared error bias², of 0–1 loss the share of rows where the commonest answer is wrong, corrected
                for there being few networks. Where the noise is not known, it is contained in it
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


def squared_parts(
    outputs: np.ndarray,
    truth: np.ndarray,
    redrawn: Redrawn,
    *,
    known: np.ndarray | None = None,
    noise: Noise | None = None,
) -> Parts:
    """Divide the mean squared error of networks on test rows.

        E (p − y)² = (E p − f)² + Var p + E (y − f)²        p = p(x; resample, seed),  y = f(x) + noise

    Of R resamples and S seeds each, the variance is that between resamples' means plus that within, in their unbiased
    forms: within = mean_r var_s p,  between = var_r mean_s p,  from_seeds = within,  from_data = between − within / S.
    bias² + noise = (p̄ − y)² − between / R: the mean p̄ of R resamples differs from that of infinitely many by chance.
    With these corrections the parts are right on average, and still add up to the error exactly; a part that is
    nearly zero may come out a little below, its interval then begins at 0.

    Variances, and the error, have the interval of `variance_figure`. A variance's deviation is the jackknife's over
    resamples, which is right too where all rows go up and down together: with V_(r) that without resample r,
    s² = (R − 1) / R · Σ (V_(r) − mean V_(r))², lengthened by Student's t / 1.96, since few resamples do not tell it
    well. Bias² and noise have a symmetrical one, see `Redrawn.figure`.

    outputs  (resamples, seeds, rows, outputs)
    truth    y, (rows, outputs)
    known    f, where the true function is known; its noise then contains what chance made of these rows
    noise    the variance of y − f, where that is known

    Reference: Geman, Bienenstock, Doursat, "Neural networks and the bias/variance dilemma", Neural Computation 4, 1992;
    Neal et al., arXiv 1810.08591, equation 2 (the law of total variance); Efron, Stein, "The jackknife estimate of
    variance", Annals of Statistics 9, 1981.
    """
    resamples, seeds, rows = outputs.shape[:3]
    outputs = outputs.reshape(resamples, seeds, rows, -1).astype(np.float64)
    truth = truth.reshape(rows, -1).astype(np.float64)
    means = outputs.mean(axis=1).reshape(resamples, -1)
    inside = outputs.var(axis=1, ddof=1).reshape(resamples, -1) if seeds > 1 else np.zeros_like(means)
    away = means - means.mean(axis=0)  # so that nothing is lost where numbers are large and differ little

    def by_row(each: np.ndarray) -> np.ndarray:
        found: np.ndarray = each.reshape(len(each), rows, -1).mean(axis=-1)
        return found

    def varied(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the variance between and within resamples, each counted so often: both (draws, rows)."""
        total = counts.sum(axis=1, keepdims=True)
        between = (counts @ away**2 - (counts @ away) ** 2 / total) / (total - 1)
        return by_row(between), by_row(counts @ inside / total)

    between, within = (redrawn.mean(each) for each in varied(redrawn.resamples))
    without = [each.mean(axis=1) for each in varied(1 - np.eye(resamples))]

    def variance_of(share_between: float, share_within: float) -> Figure:
        drawn = share_between * between + share_within * within
        left = share_between * without[0] + share_within * without[1]
        sets = np.sqrt(resamples - 1) * float(np.std(left)) * student(resamples - 1) / NORMAL
        return variance_figure(float(drawn[0]), float(np.hypot(sets, redrawn.deviations(drawn)[1])))

    mean = redrawn.resamples @ means / resamples

    def missed(goal: np.ndarray) -> np.ndarray:
        found: np.ndarray = redrawn.mean(by_row((mean - goal.ravel()) ** 2)) - between / resamples
        return found

    both = bias = missed(truth)
    variance = between + within * (seeds - 1) / seeds
    told = None
    if known is not None:
        bias = missed(known.reshape(rows, -1).astype(np.float64))
        told = redrawn.figure(both - bias)
    elif noise is not None:
        bias = both - noise.variance
        told = noise.figure
    error = both + variance
    unsure = 0.0 if noise is None else NORMAL * noise.deviation
    return Parts(
        error=variance_figure(float(error[0]), redrawn.half_width(error) / NORMAL),
        bias=redrawn.figure(bias, least=0.0, besides=unsure),
        variance=variance_of(1.0, (seeds - 1) / seeds),
        noise=told,
        from_data=less(variance_of(1.0, 0.0), variance_of(0.0, 1 / seeds)) if seeds > 1 else None,
        from_seeds=variance_of(0.0, 1.0) if seeds > 1 else None,
        draws=error,
    )


def zero_one_parts(
    answers: np.ndarray, truth: np.ndarray, redrawn: Redrawn, classes: int, *, known: np.ndarray | None = None
) -> Parts:
    """Divide the share of wrong answers of networks on test rows, as Domingos does for 0–1 loss.

        main = the commonest answer,  bias = [main ≠ t],  V = P(answer ≠ main)
        E [answer ≠ t] = mean bias + mean V where main = t − mean P(answer = t) where main ≠ t

    Where the commonest answer is wrong, differing from it is a gain: of two classes all of it, of more the part that
    hits the true one. The variance told is the net of both. Of answers that tie each counts as main by its share.

    The commonest of few answers is not always the commonest of infinitely many: of R resamples the share b_R of rows
    where it is wrong is off by about c / R, and drawing the resamples again goes as far off once more. The bias told
    is b_R − (mean of b_R over draws − b_R), at least 0 and at most 1, and its interval is lengthened by what was
    taken off. That is right where the shares of answers differ smoothly from row to row; where many rows are near even
    part of c is left, where few are it takes off too much. The sum of the parts is exact.

    answers  classes by number (resamples, seeds, rows)
    truth    the class that was observed for each row, t; known, the best answer for each where that is known: bias and
             variance are then about it, and noise is what the observed labels add to the error

    Reference: Domingos, "A unified bias-variance decomposition", ICML 2000, theorem 2 and section 2; Efron, Tibshirani,
    "An Introduction to the Bootstrap", 1993, chapter 10 (the correction).
    """
    resamples, _, rows = answers.shape
    shares = np.stack([(answers == each).mean(axis=1) for each in range(classes)], axis=-1)
    mean = (redrawn.resamples @ shares.reshape(resamples, -1)).reshape(-1, rows, classes) / resamples
    mean = np.round(mean, 12)  # so that what ties is equal
    main = mean == mean.max(axis=-1, keepdims=True)
    main = main / main.sum(axis=-1, keepdims=True)

    def at(each: np.ndarray, goal: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.take_along_axis(each, np.asarray(goal, int)[None, :, None], axis=-1)[..., 0]
        return found

    goal = truth if known is None else known
    error, about = redrawn.mean(1 - at(mean, truth)), redrawn.mean(1 - at(mean, goal))
    plain = redrawn.mean(1 - at(main, goal))
    off = float(plain[1 : redrawn.half].mean() - plain[0])
    bias = np.clip(plain - off, 0, 1)
    noise = None if known is None else redrawn.figure(error - about)
    return Parts(
        error=_share(redrawn.figure(error, least=0.0, most=1.0), rows),
        bias=_share(redrawn.figure(bias, least=0.0, most=1.0, besides=off), rows),
        variance=redrawn.figure(about - bias, besides=off),
        noise=noise,
        draws=error,
    )


def _share(found: Figure, rows: int) -> Figure:
    """Return the interval of a share of rows, which reaches as far as it does where of so many rows none is wrong.

    Reference: Clopper, Pearson, "The use of confidence or fiducial limits", Biometrika 26, 1934.
    """
    return Figure(found.value, found.low, max(found.high, 1 - 0.025 ** (1 / rows)))


def difference(parts: Parts, other: Parts, redrawn: Redrawn) -> Figure:
    """Return how much larger the first error is than the second, on the same draws."""
    assert parts.draws is not None and other.draws is not None
    return redrawn.figure(parts.draws - other.draws)
