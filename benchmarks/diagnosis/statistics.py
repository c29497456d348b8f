"""Intervals and tests, in closed form or by counting every case."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

Z = 1.959963984540054  # the normal distribution's 97.5 % point


class Share(NamedTuple):
    """A share with its 95 % interval, and what it is a share of."""

    share: float
    low: float
    high: float
    hits: float
    of: float

    def __str__(self) -> str:
        if not self.of:
            return "–"
        return f"{100 * self.share:.1f} % [{100 * self.low:.1f}, {100 * self.high:.1f}] of {self.of:g}"


def wilson(count: float, of: float) -> Share:
    """Return count / of with Wilson's interval,

        (p + z²/2n ± z √(p (1 − p) / n + z²/4n²)) / (1 + z²/n)

    Reference: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.

    >>> [round(number, 4) for number in wilson(0, 100)[:3]]
    [0.0, 0.0, 0.037]
    """
    if not of:
        return Share(math.nan, 0.0, 1.0, 0, 0)
    p, spread = count / of, Z * Z / of
    middle, width = p + spread / 2, Z * math.sqrt(p * (1 - p) / of + spread / (4 * of))
    low, high = (middle - width) / (1 + spread), (middle + width) / (1 + spread)
    return Share(p, max(0.0, low), min(1.0, high), count, of)


def clustered(hits: Iterable[tuple[Hashable, bool]]) -> Share:
    """Return a share with Wilson's interval for as many independent trials as the clusters are worth.

        n' = n / d,    d = Var_clusters / (p (1 − p) / n),    Var_clusters = m/(m − 1) Σ_c (h_c − n_c p)² / n²

    for m clusters with h_c hits of n_c. Where no hit, or nothing else, tells how alike a cluster is, or where d is
    below 1, it is left at 1 and the interval is that of independent trials.

    Reference: Kish, "Survey Sampling", 1965, chapter 8 (design effect); Dean, Pagano, "Evaluating confidence interval
    methods for binomial proportions in clustered surveys", 2015 (Wilson's interval of n').
    """
    counts: dict[Hashable, list[int]] = defaultdict(lambda: [0, 0])
    for cluster, hit in hits:
        counts[cluster][0] += bool(hit)
        counts[cluster][1] += 1
    n, h, m = sum(of for _, of in counts.values()), sum(hit for hit, _ in counts.values()), len(counts)
    if not n:
        return wilson(0, 0)
    p, effect = h / n, 1.0
    if 0 < p < 1 and m > 1:
        between = m / (m - 1) * sum((hit - of * p) ** 2 for hit, of in counts.values()) / n**2
        effect = max(1.0, between / (p * (1 - p) / n))
    found = wilson(h / effect, n / effect)
    return found._replace(share=p, hits=h, of=n)


def rank_sum(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the two-sided p of the Mann-Whitney test, by counting every way to part the values into two groups.

    Ties share their ranks. Reference: Mann, Whitney, Annals of Mathematical Statistics 18, 1947.

    >>> round(rank_sum([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]), 4)
    0.0079
    """
    values = np.array([*one, *other], dtype=np.float64)
    n, total = len(one), len(values)
    if not n or n == total:
        return 1.0
    if math.comb(total, n) > 50_000:
        return _rank_sum_of_many(values, n)
    ranks = shared_ranks(values)
    middle = n * (total + 1) / 2
    found = abs(ranks[:n].sum() - middle)
    far = [abs(sum(group) - middle) >= found - 1e-9 for group in itertools.combinations(ranks, n)]
    return float(np.mean(far))


def _rank_sum_of_many(values: np.ndarray, n: int) -> float:
    """Return the same by the normal distribution, corrected for ties and for continuity."""
    total, ranks = len(values), shared_ranks(values)
    u = ranks[:n].sum() - n * (n + 1) / 2
    ties = np.unique(values, return_counts=True)[1]
    other = total - n
    variance = n * other / 12 * (total + 1 - (ties**3 - ties).sum() / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    z = max(0.0, abs(u - n * other / 2) - 0.5) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2))


def shared_ranks(values: np.ndarray) -> np.ndarray:
    """Return the rank of each value from 1, equal ones sharing the mean of theirs."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: np.ndarray = (last - (counts - 1) / 2)[places]
    return ranks


def effect(better: Sequence[float], worse: Sequence[float]) -> float:
    """Return Cohen's d: the difference of the means over the pooled deviation; infinite where nothing varies."""
    gap = float(np.mean(better) - np.mean(worse))
    pooled = math.sqrt((np.var(better, ddof=1) + np.var(worse, ddof=1)) / 2) if len(better) > 1 < len(worse) else 0.0
    if pooled > 0:
        return gap / pooled
    return math.copysign(math.inf, gap) if gap else 0.0
