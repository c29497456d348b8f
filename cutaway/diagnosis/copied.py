"""A feature that tells the target alone, and what is reached without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cutaway.diagnosis.answers import score
from cutaway.diagnosis.simple_methods import Basis, distances

# A feature is the target itself where their correlation is off 1 by no more than rounding.
ROUNDING = 1e-6
# A feature is asked what it tells alone where it is linked with the target along a line so closely, and one of the
# closest: a rising function of the target may bend far from a line (exp of a normal target: 0.6 to 0.8).
LINKED, LIKELY = 0.4, 5
# It tells the target alone from so much on: a rank correlation, or a share of rows.
TELLS = 0.99


def copied(features: np.ndarray, y: np.ndarray, wanted: np.ndarray, task: str, names: Sequence[str]) -> dict[str, Any]:
    """Return the feature that tells the target alone, whether it is the target itself, and what is reached without it.

    Itself: up to factor and offset, or in the same order, row by row; of classes, with one value for each. Alone: of
    classes, the share of rows whose neighbour in that feature is of their class; of numbers, the rank correlation,
    which does not ask by what rising or falling function they are linked; how a feature sorts rows of which the target
    is the same does not count against it.

    Reference: Spearman, "The proof and measurement of association between two things", 1904.

    >>> y = np.linspace(-2, 2, 50)
    >>> features = np.column_stack([np.exp(y), y + 3 * np.sin(40 * y)])
    >>> found = copied((features - features.mean(axis=0)) / features.std(axis=0), y, y[:, None], "numbers", ["a", "b"])
    >>> found["copied"], round(found["alone"], 3), found["itself"], found["without"] < 0.9
    ('a', 1.0, True, True)
    """
    if not y.std() > 0:
        return {}
    likeness = np.abs(features.T @ ((y - y.mean()) / y.std())) / len(y)
    if likeness.max() > 1 - ROUNDING:
        place, alone, itself = int(likeness.argmax()), 1.0, True
    else:
        between = likeness if task == "numbers" else _between(features, wanted)
        likely = [int(each) for each in np.argsort(-between, kind="stable")[:LIKELY] if between[each] > LINKED]
        if task == "numbers":
            ranks = _ranks(y)
            told = {place: _agreement(_ranks(features[:, place]), ranks) for place in likely}
        else:
            classes = np.unique(y, return_inverse=True)[1]
            told = {place: _told(features[:, place], classes) for place in likely}
        place = max(told, key=lambda each: told[each], default=0)
        alone = told.get(place, 0.0)
        if alone < TELLS:
            return {}
        itself = alone > 1 - ROUNDING if task == "numbers" else _names(_counts(features[:, place], classes)[1])
    others = np.delete(features, place, axis=1)
    tries = [
        *Basis.of_features(others).leaving_out(wanted),
        wanted[distances(others.astype(np.float32)).argmin(axis=1)],
    ]
    return {
        "copied": str(names[place]) if place < len(names) else str(place),
        "alone": alone,
        "itself": itself,
        "without": max(score(answers, wanted, task) for answers in tries),
    }


def _between(features: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return of each standardised feature the share of its variance that lies between classes, its root."""
    wanted = np.hstack([1 - wanted, wanted]) if wanted.shape[1] == 1 else wanted
    counts = np.maximum(wanted.sum(axis=0), 1)
    between: np.ndarray = np.sqrt(((wanted.T @ features) ** 2 / counts[:, None]).sum(axis=0) / len(features))
    return between


def _agreement(ranks: np.ndarray, wanted: np.ndarray) -> float:
    """Return the correlation of two rankings over the largest there can be, that of one that refines the other.

    |ρ| / min(1, σ / σ'),   σ of the wanted ranks, whose ties make it small
    """
    finest = min(1.0, wanted.std() / ranks.std()) if ranks.std() > 0 else 1.0
    return float(abs(np.corrcoef(ranks, wanted)[0, 1]) / finest)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return the place of each number in their order; equal ones share the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: np.ndarray = (np.cumsum(counts) - (counts - 1) / 2)[which]
    return ranks


def _counts(feature: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a feature's values in order, how many rows of each class have each, and which value each row has."""
    values, which = np.unique(feature, return_inverse=True)
    many = int(classes.max()) + 1
    counts = np.bincount(which * many + classes, minlength=len(values) * many).reshape(len(values), many)
    return values, counts, which


def _names(counts: np.ndarray) -> bool:
    """Whether a feature has one value for each class."""
    return bool(len(counts) == counts.shape[1] == np.count_nonzero(counts))


def _told(feature: np.ndarray, classes: np.ndarray) -> float:
    """Return the mean over rows of the share that is of the row's own class, among those with the feature's next value.

    1 if values name classes.

    Rows of the same value do not count: they may be a group that belongs together, of one county or one site, whose
    value then names the group and tells nothing of others.

    >>> round(_told(np.array([0.0, 0.0, 0.0, 1.0, 1.0]), np.array([0, 0, 1, 1, 1])), 3)
    0.333
    """
    values, counts, which = _counts(feature, classes)
    if _names(counts):
        return 1.0
    gap = np.diff(values)
    nearest = np.arange(len(values)) + np.where(np.append(np.inf, gap) <= np.append(gap, np.inf), -1, 1)
    shares = (counts / counts.sum(axis=1, keepdims=True))[nearest.clip(0, len(values) - 1)]
    return float(shares[which, classes].mean())
