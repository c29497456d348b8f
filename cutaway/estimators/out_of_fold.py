"""What an estimator's networks say of rows that they did not learn from, and how good that is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.several_targets import AnyTarget, LabelsTarget, NumbersTarget, encoded_target
from cutaway.data.table import Table
from cutaway.data.targets import ClassTarget, NumberTarget
from cutaway.layers import Blend, Ensemble
from cutaway.metrics import BY_NAME
from cutaway.metrics.bootstrap import bootstrap, interval
from cutaway.runs.decoding import mean_answers
from cutaway.runs.parts import Parts
from cutaway.runs.scores import Scores, score_classes, score_numbers
from cutaway.runs.table_run import TableRun

Floats = NDArray[np.float64]


def out_of_fold(run: TableRun, parts: Parts) -> Floats:
    """Return for each row of the parts the mean answer of the members that watched it, NaN where none did.

    An answer is the probabilities (rows, classes) or (rows, labels), or standardised numbers (rows, columns).
    """
    encoded = run.preprocessing.transform(parts.rows)
    pieces = (
        list(zip(run.network.shares, run.network.parts, strict=True))
        if isinstance(run.network, Blend)
        else [(1.0, run.network)]
    )
    total, times = np.zeros((len(encoded), run.target.outputs)), np.zeros(len(encoded))
    for share, network in pieces:
        members = list(network) if isinstance(network, Ensemble) else [network]
        for member, (_, watched) in zip(members, parts.folds, strict=True):
            if len(watched):
                total[watched] += share * mean_answers(member, run.target, encoded[watched])
                times[watched] += share
    with np.errstate(invalid="ignore"):
        mean: Floats = total / times[:, None]
    return mean


def in_terms(answer: Floats, target: AnyTarget) -> Floats:
    """Return answers in the target's terms: probabilities as they are, numbers in their own units."""
    if isinstance(target, (ClassTarget, LabelsTarget)):
        return answer
    return target.decode(answer)


def questions(answer: Floats, table: Table, target: AnyTarget) -> list[tuple[Any, Floats, NDArray[Any]]]:
    """Return (target, predicted, truth) for each column that is predicted, as the metrics take them.

    answer   as `in_terms` returns it

    A label is a question of two classes, no and yes.
    """
    truth = encoded_target(table, target)
    if isinstance(target, ClassTarget):
        return [(target, answer, truth)]
    if isinstance(target, NumberTarget):
        return [(target, answer, table.column(target.column))]
    if isinstance(target, NumbersTarget):
        return [(one, answer[:, place], table.column(one.column)) for place, one in enumerate(target.numbers)]
    return [
        (ClassTarget(name, (0, 1)), np.stack([1 - yes, yes], axis=1), truth[:, place].astype(np.int64))
        for place, (name, yes) in enumerate(zip(target.columns, answer.T, strict=True))
    ]


def score(
    answer: Floats, table: Table, target: AnyTarget, *, metric: str, weight: Floats | None = None, seed: int = 0
) -> Scores:
    """Return how good answers are, beside a baseline from the same rows; see `Scores`.

    Of several columns it is the mean of their figures, with the bootstrap's interval of that mean: each draw takes the
    same rows for all columns. Columns that the rows do not decide, as R² of equal values, are left out of the mean.

    >>> table = Table({"a": np.arange(50.0), "b": np.arange(50.0) ** 2})
    >>> target = NumbersTarget.fit(table, ("a", "b"))
    >>> answer = np.stack([table.columns["a"], np.full(50, table.columns["b"].mean())], axis=1)
    >>> round(score(answer, table, target, metric="r2").value, 6)
    0.5
    """
    asked = questions(answer, table, target)
    each = [
        score_numbers(one, predicted, truth, metric=metric, weight=weight, seed=seed)
        if isinstance(one, NumberTarget)
        else score_classes(one, predicted, truth, truth, metric=metric, weight=weight, trained_weight=weight, seed=seed)
        for one, predicted, truth in asked
    ]
    if len(each) == 1:
        return each[0]
    name = metric if any(scores.metric == metric for scores in each) else each[0].metric
    kept = [place for place, scores in enumerate(each) if scores.metric == name]
    value = float(np.mean([each[place].value for place in kept]))
    draws = [
        bootstrap(BY_NAME[name], [asked[place][1]], asked[place][2], weight=weight, seed=seed)[0] for place in kept
    ]
    return Scores(
        metric=name,
        value=value,
        interval=interval(value, np.mean(draws, axis=0)),
        baseline=float(np.mean([each[place].baseline for place in kept])),
        always="the mean, or the commonest value, of each column",
        rows=len(answer),
    )
