"""How good a bag is: on rows its members did not learn from, on rows set aside, and beside boosted trees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.columns import Column, ColumnKind
from cutaway.data.encoders import TableEncoder
from cutaway.data.several_targets import AnyTarget
from cutaway.data.targets import ClassTarget, NumberTarget, Target
from cutaway.metrics import BY_NAME, Metric
from cutaway.runs.calibration import best_temperature, calibration_error, tempered
from cutaway.runs.comparison import in_range
from cutaway.runs.conformal import half_width
from cutaway.runs.decoding import mean_answers
from cutaway.runs.parts import Parts
from cutaway.runs.rival import Rival, rival_of
from cutaway.runs.scores import Scores, score_classes, score_numbers
from cutaway.runs.threshold import METRICS as WITH_THRESHOLD
from cutaway.runs.threshold import best_threshold, chosen_classes
from cutaway.runs.yardstick import NAME, yardstick

# Intervals are kept for these shares of new rows.
SHARES = (0.5, 0.8, 0.9, 0.95, 0.99)
# Of fewer watched rows than this, what they say about probabilities is chance; about a threshold, of fewer than that.
FEWEST_TO_CALIBRATE, FEWEST_TO_TUNE = 15, 100
CALIBRATION = "calibration error"


@dataclass(frozen=True)
class Judged:
    """The target with what out-of-fold answers taught, and the scores; see `TableRun`."""

    target: AnyTarget
    estimate: Scores | None
    scores: Scores | None
    rival: Rival | None


def calibrated(
    target: Target, held_out: NDArray[np.float64], truth: NDArray[Any], weight: Any, metric: str, judged: Any = None
) -> Target:
    """Return the target with temperature and threshold, or margins, chosen by out-of-fold answers.

    held_out   log-probabilities or standardised numbers (rows, outputs) of rows that were not learned from
    truth      codes (rows,), or numbers in their own units
    weight     how much each row counted in training, which the temperature follows
    judged     how much each counts in a score, which the threshold follows (None: as in training)
    """
    if isinstance(target, NumberTarget):
        if not len(truth):
            return target
        predicted = target.decode(held_out)
        widths = [(share, half_width(predicted, truth, share)) for share in SHARES]
        return replace(target, margins=tuple((share, width) for share, width in widths if np.isfinite(width)))
    if len(truth) < FEWEST_TO_CALIBRATE:
        return target
    temperature = best_temperature(held_out, truth, weight)
    threshold = 0.5
    # Accuracy is best at one half where probabilities are right, and what it gains elsewhere is mostly luck.
    tuned = metric in WITH_THRESHOLD and metric != "accuracy" and len(truth) >= FEWEST_TO_TUNE
    if len(target.labels) == 2 and tuned:
        threshold = best_threshold(
            tempered(held_out, temperature), truth, metric, weight if judged is None else judged
        ).value
    return replace(target, temperature=temperature, threshold=threshold)


def judge(
    network: Any,
    target: Target,
    held_out: NDArray[np.float64],
    parts: Parts,
    preprocessing: TableEncoder,
    columns: Sequence[Column],
    metric: str,
    *,
    compared: bool,
    seed: int,
    hurried: bool = False,
) -> Judged:
    """Calibrate the target, and score the network by `metric`; with `compared` grow boosted trees on the same rows.

    hurried    whether they are grown once only, where rows are set aside, and not fold by fold as well
    held_out   out-of-fold answers of all rows of the parts, NaN for rows that no member watched
    """
    seen = parts.watched
    column = parts.rows.column(target.column)
    codes = target.encode(column) if isinstance(target, ClassTarget) else None
    truth = codes if codes is not None else column.astype(np.float64)
    weight = parts.weight if parts.judged_weight is None else parts.judged_weight
    learned = None if parts.weight is None else parts.weight[seen]
    judged = None if weight is None else weight[seen]
    target = calibrated(target, held_out[seen], truth[seen], learned, metric, judged)

    def scored(answer: NDArray[np.float64], true: NDArray[Any], counts: Any) -> Scores:
        if isinstance(target, ClassTarget):
            return score_classes(
                target, answer, true, truth, metric=metric, weight=counts, trained_weight=weight,
                seed=seed,
            )  # fmt: skip
        return score_numbers(target, answer, true, metric=metric, weight=counts, seed=seed)

    def in_terms(answer: NDArray[np.float64]) -> NDArray[np.float64]:
        return answer if isinstance(target, ClassTarget) else target.decode(answer)

    estimate = scores = None
    ours: NDArray[np.float64] | None = None
    if seen.any():
        answer = held_out[seen]
        if isinstance(target, ClassTarget):
            answer = tempered(answer, target.temperature)
        estimate = scored(in_terms(answer), truth[seen], None if weight is None else weight[seen])
    tested_truth: NDArray[Any] | None = None
    if parts.tested is not None:
        tested = parts.tested.column(target.column)
        tested_truth = target.encode(tested) if isinstance(target, ClassTarget) else tested.astype(np.float64)
        ours = in_terms(mean_answers(network, target, preprocessing.transform(parts.tested)))
        scores = scored(ours, tested_truth, parts.tested_weight)
        if isinstance(target, ClassTarget):
            error = calibration_error(ours, tested_truth, weight=parts.tested_weight)
            scores = replace(scores, others={**scores.others, CALIBRATION: error})
    if not compared or (estimate is None and scores is None):
        return Judged(target, estimate, scores, None)
    if hurried and scores is not None:
        rival = _rival(target, parts, columns, seen, truth, held_out, ours, tested_truth, None, scores, seed)
    else:
        rival = _rival(target, parts, columns, seen, truth, held_out, ours, tested_truth, estimate, scores, seed)
    unread = [repr(column.name) for column in columns if column.kind is ColumnKind.TEXT]
    if unread:
        told = f"{rival.sentence}; the trees do not read text ({', '.join(unread)})"
        rival = replace(rival, sentence=told)
    return Judged(target, estimate, scores, rival)


def _rival(
    target: Target, parts: Parts, columns: Sequence[Column], seen: NDArray[np.bool_], truth: NDArray[Any],
    held_out: NDArray[np.float64], ours: NDArray[np.float64] | None, tested_truth: NDArray[Any] | None,
    estimate: Scores | None, scores: Scores | None, seed: int,
) -> Rival:  # fmt: skip
    """Grow boosted trees on the same rows and compare: on the rows set aside, or, without them, out of fold."""
    folds = parts.folds if estimate is not None else []
    trees = yardstick(
        parts.rows, columns, target, folds if parts.turns else folds[:1],
        tested=parts.tested, weight=parts.weight, seed=seed,
    )  # fmt: skip
    value = inside = None
    if estimate is not None:
        theirs = trees.held_out[seen]
        (theirs, true), unit = in_range(BY_NAME[estimate.metric], theirs, truth[seen])
        inside = unit * BY_NAME[estimate.metric](theirs, true, None if parts.weight is None else parts.weight[seen])
    if scores is not None and trees.tested is not None and tested_truth is not None and ours is not None:
        (theirs, true), unit = in_range(BY_NAME[scores.metric], trees.tested, tested_truth)
        value = unit * BY_NAME[scores.metric](theirs, true, parts.tested_weight)
        return rival_of(
            NAME, scores, tested_truth, decided(ours, target, BY_NAME[scores.metric]), trees.tested,
            parts.tested_weight, estimate=inside, value=value,
        )  # fmt: skip
    assert estimate is not None
    answer = held_out[seen]
    answer = tempered(answer, target.temperature) if isinstance(target, ClassTarget) else target.decode(answer)
    answer = decided(answer, target, BY_NAME[estimate.metric])
    weight = None if parts.weight is None else parts.weight[seen]
    return rival_of(NAME, estimate, truth[seen], answer, trees.held_out[seen], weight, estimate=inside, value=None)


def decided(answer: NDArray[np.float64], target: Target, metric: Metric) -> NDArray[np.float64]:
    """Return what the metric judges: where that is the choice between two classes, 1 for the one that is predicted.

    >>> target, answer = ClassTarget("y", ("no", "yes"), threshold=0.2), np.array([[0.7, 0.3]])
    >>> decided(answer, target, BY_NAME["f1"]), decided(answer, target, BY_NAME["brier"])
    (array([[0., 1.]]), array([[0.7, 0.3]]))
    """
    if metric.takes == "choice" and isinstance(target, ClassTarget) and len(target.labels) == 2:
        return np.eye(2)[chosen_classes(answer, target.threshold)]
    return answer
