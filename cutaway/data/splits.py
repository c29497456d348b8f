"""Rows set aside: a share of them, or folds that take turns; at random, by group, or by time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.backends.random import generator
from cutaway.data.table import Values, as_texts, missing_mask
from cutaway.errors import InputError

Rows = NDArray[np.int64]


def split_rows(rows: int, fraction: float, seed: int, labels: NDArray[Any] | None = None) -> tuple[Rows, Rows]:
    """Divide row numbers at random into the rest and a part of `round(rows · fraction)`, both ascending.

    With `labels` each class gives its share, and keeps at least one row in the rest: where classes have
    one row only, the part is that much smaller.
    A fraction above zero takes at least one row when there are two.
    Raises `InputError` unless 0 ≤ fraction < 1 and there is one label a row.

    >>> rest, part = split_rows(10, 0.2, seed=0)
    >>> len(rest), len(part)
    (8, 2)
    """
    _check_share(fraction)
    random = generator(seed, "split")
    size = round(rows * fraction)
    if fraction > 0 and rows > 1:
        size = min(max(size, 1), rows - 1)
    order = random.permutation(rows)
    if labels is None:
        return np.sort(order[size:]), np.sort(order[:size])
    codes = _codes(labels, rows)
    counts = np.bincount(codes)
    takes = _shares(counts, size)
    chosen = np.zeros(rows, dtype=np.bool_)
    for code, take in enumerate(takes):
        members = order[codes[order] == code]
        chosen[members[:take]] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def folds(rows: int, k: int, seed: int, labels: NDArray[Any] | None = None) -> list[tuple[Rows, Rows]]:
    """Divide row numbers at random into `k` parts of nearly equal size; each comes with the rest.

    With `labels` each class is dealt out evenly over the parts; a class with one row is missing from the
    rest of the fold that holds it. Raises `InputError` unless 2 ≤ k ≤ rows.

    >>> [len(part) for rest, part in folds(10, 3, seed=0)]
    [4, 3, 3]
    """
    if not 2 <= k <= rows:
        raise InputError(f"{k} folds of {rows} rows; expected at least 2 and at most one a row")
    order = generator(seed, "folds").permutation(rows)
    if labels is not None:
        codes = _codes(labels, rows)
        order = order[np.argsort(codes[order], kind="stable")]
    fold_of = np.empty(rows, dtype=np.int64)
    fold_of[order] = np.arange(rows) % k  # dealt like cards: classes one after another, turns continuing
    return [(np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)) for fold in range(k)]


def split_groups(groups: Values, fraction: float, seed: int, labels: NDArray[Any] | None = None) -> tuple[Rows, Rows]:
    """Divide row numbers at random so that no group is on both sides; the part has about `fraction` of the rows.

    `groups` has one value a row, such as the patient that several rows are of; a row without one is a group of its
    own. Groups are drawn in random order, and each joins the part as long as that brings its size nearer to the share.
    With `labels`, a group joins as long as that brings the classes' counts nearer to their shares (by squared
    difference). Some group always stays in the rest, and with a fraction above zero some group is always in the part.
    Raises `InputError` unless 0 ≤ fraction < 1, there is one group and one label a row, and there are two groups.

    >>> rest, part = split_groups(np.array(["a", "a", "b", "b", "c", "c"], dtype=object), 0.3, seed=0)
    >>> len(rest), len(part)
    (4, 2)
    """
    _check_share(fraction)
    codes, count = _group_codes(groups)
    if fraction > 0 and count < 2:
        raise InputError(f"{len(codes)} row(s) of {count} group(s); to set groups aside, at least 2 are needed")
    wanted = fraction * (held := _held(codes, count, labels)).sum(axis=0)
    taken = np.zeros_like(wanted)
    inside = np.zeros(count, dtype=np.bool_)
    if fraction > 0:
        order = generator(seed, "groups").permutation(count)
        for group in order:
            nearer = np.sum((taken + held[group] - wanted) ** 2) < np.sum((taken - wanted) ** 2)
            if nearer and inside.sum() < count - 1:
                inside[group] = True
                taken = taken + held[group]
        if not inside.any():  # every group is larger than twice the share: the smallest comes nearest
            inside[order[np.argmin(held[order].sum(axis=1))]] = True
    chosen = inside[codes]
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def group_folds(groups: Values, k: int, seed: int, labels: NDArray[Any] | None = None) -> list[tuple[Rows, Rows]]:
    """Divide row numbers into `k` parts that share no group, of about equal size; each comes with the rest.

    The largest groups are dealt first, each to the part that then is smallest; with `labels`, to the part in which
    its classes are scarcest. Groups of one size are in random order. A row without a group is a group of its own.
    Raises `InputError` unless 2 ≤ k ≤ groups and there is one group and one label a row.

    >>> [len(part) for rest, part in group_folds(np.array([1.0, 1, 2, 2, 3, 3]), 3, seed=0)]
    [2, 2, 2]
    """
    codes, count = _group_codes(groups)
    if not 2 <= k <= count:
        raise InputError(f"{k} folds of {count} groups; expected at least 2 and at most one a group")
    held = _held(codes, count, labels)
    totals = np.maximum(held.sum(axis=0), 1.0)
    order = generator(seed, "group folds").permutation(count)
    order = order[np.argsort(-held[order].sum(axis=1), kind="stable")]
    filled = np.zeros((k, held.shape[1]))
    fold_of = np.empty(count, dtype=np.int64)
    for group in order:
        # Σ (filled / total)² grows least where what the group holds is scarcest; of equals, where rows are fewest.
        growth = ((filled + held[group]) ** 2 - filled**2) @ totals**-2.0
        fold = int(np.lexsort((filled.sum(axis=1), np.round(growth, 12)))[0])
        fold_of[group] = fold
        filled[fold] += held[group]
    place = fold_of[codes]
    return [(np.flatnonzero(place != fold), np.flatnonzero(place == fold)) for fold in range(k)]


def split_time(times: Values, fraction: float) -> tuple[Rows, Rows]:
    """Divide row numbers by time: the part is the last `fraction` of the rows, so that the future is predicted.

    Rows of one time stay together; the part is what comes nearest to the share (the smaller where two are as near)
    and leaves at least one time on each side.
    `times` are dates or numbers. Raises `InputError` unless 0 ≤ fraction < 1, no time is missing, and there are two.

    >>> rest, part = split_time(np.array([2020.0, 2022, 2021, 2022, 2019]), 0.4)
    >>> rest.tolist(), part.tolist()
    ([0, 2, 4], [1, 3])
    """
    _check_share(fraction)
    starts, places = _times(times)
    if fraction == 0:
        return np.arange(len(places)), np.empty(0, dtype=np.int64)
    if len(starts) < 2:
        raise InputError("all rows are of one time; to set the last ones aside, at least two times are needed")
    boundary = _boundary(starts, len(places) * (1 - fraction))
    return np.flatnonzero(places < boundary), np.flatnonzero(places >= boundary)


def _check_share(fraction: float) -> None:
    if not 0 <= fraction < 1:
        raise InputError(f"the share of rows to set aside is {fraction}; expected at least 0 and less than 1")


def _group_codes(groups: Values) -> tuple[Rows, int]:
    """Each row's group as a number, and how many groups there are."""
    if groups.ndim != 1 or not len(groups):
        raise InputError(f"groups of shape {groups.shape}; expected one group a row")
    missing = missing_mask(groups)
    names = np.array([text or "" for text in as_texts(groups)], dtype=str)
    codes = np.unique(names, return_inverse=True)[1].astype(np.int64)
    codes[missing] = len(groups) + np.arange(int(missing.sum()))
    found, codes = np.unique(codes, return_inverse=True)
    return codes.astype(np.int64), len(found)


def _held(codes: Rows, count: int, labels: NDArray[Any] | None) -> NDArray[np.float64]:
    """How many rows of each class each group holds, (groups, classes); one column of rows without labels."""
    if labels is None:
        return np.bincount(codes, minlength=count)[:, None].astype(np.float64)
    classes = _codes(labels, len(codes))
    held = np.zeros((count, int(classes.max()) + 1))
    np.add.at(held, (codes, classes), 1.0)
    return held


def _times(times: Values) -> tuple[Rows, Rows]:
    """Where each different time starts among the rows ordered by time, and that start for each row."""
    if times.ndim != 1 or times.dtype.kind not in "fM" or not len(times):
        raise InputError(
            f"times of shape {times.shape} hold {times.dtype}; expected one date or number a row: "
            "write dates as year-month-day"
        )
    missing = np.flatnonzero(missing_mask(times))
    if len(missing):
        raise InputError(f"the time is missing in {len(missing)} row(s), first in row {missing[0] + 1}; fill it in")
    _, codes, counts = np.unique(times, return_inverse=True, return_counts=True)
    starts = (np.cumsum(counts) - counts).astype(np.int64)
    return starts, starts[codes]


def _boundary(starts: Rows, wanted: float) -> int:
    """The start, other than the first, that is nearest to `wanted`; the later of two that are as near."""
    later = starts[1:][::-1]
    return int(later[np.argmin(np.abs(later - wanted))])


def _codes(labels: NDArray[Any], rows: int) -> Rows:
    if labels.shape != (rows,):
        raise InputError(f"labels of shape {labels.shape} for {rows} rows; expected one label a row")
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _shares(counts: Rows, size: int) -> Rows:
    """How many to take from each class: its share, rounded by largest remainder, never the whole class."""
    limit = np.maximum(counts - 1, 0)
    exact = counts * (size / max(int(counts.sum()), 1))
    takes: Rows = np.minimum(np.floor(exact).astype(np.int64), limit)
    for code in np.argsort(np.floor(exact) - exact, kind="stable"):
        # What a class of one row cannot give is not taken from the others: each gives its own share, rounded.
        if int(takes.sum()) < size and takes[code] < min(exact[code], limit[code]):
            takes[code] += 1
    return takes
