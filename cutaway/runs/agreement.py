"""Whether the score on rows set aside is about what was expected of it."""

from __future__ import annotations

from math import hypot

from cutaway.metrics import BY_NAME
from cutaway.runs.scores import Scores


def agreement(estimate: Scores, test: Scores) -> str:
    """Return "as expected", "worse" or "better": the score of other rows beside the estimate.

    With estimate e in [eₗ, eᵤ] and test t in [tₗ, tᵤ], intervals of 95 % from different rows, that of t − e reaches

        below by √((t − tₗ)² + (eᵤ − e)²)        above by √((tᵤ − t)² + (e − eₗ)²)

    and where it holds 0, the two differ by no more than chance makes. Scores of two different metrics, as where the
    rows set aside do not decide the one asked for, are "as expected": nothing contradicts.

    Reference: Newcombe, Statistics in Medicine, 1998, method 10; Zou, Donner, Statistics in Medicine, 2008.

    >>> estimate = Scores("accuracy", 0.9, (0.88, 0.92), 0.5, "a", 1000)
    >>> [agreement(estimate, Scores("accuracy", value, (value - 0.04, value + 0.04), 0.5, "a", 250))
    ...  for value in (0.86, 0.84, 0.95)]
    ['as expected', 'worse', 'better']
    """
    if estimate.metric != test.metric:
        return "as expected"
    e, t, gap = estimate.value, test.value, test.value - estimate.value
    if gap < 0:
        beyond = -gap > hypot(test.interval[1] - t, e - estimate.interval[0])
    else:
        beyond = gap > hypot(t - test.interval[0], estimate.interval[1] - e)
    if not beyond:
        return "as expected"
    return "better" if (gap > 0) == BY_NAME[test.metric].higher else "worse"
