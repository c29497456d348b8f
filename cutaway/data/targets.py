"""The column to be predicted: classes or a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cutaway.data.strict_json import fields
from cutaway.data.suggestions import did_you_mean
from cutaway.data.table import Table, Values, as_texts, missing_mask
from cutaway.errors import InputError

Label = str | bool | int | float
Task = Literal["classification", "regression"]

MOST_CLASSES_OF_NUMBERS = 20


@dataclass(frozen=True)
class ClassTarget:
    """Classes as codes 0, 1, …; labels are in ascending order, so that a code means the same everywhere.

    temperature  what a network's scores are divided by before they become probabilities
    threshold    of two classes, the probability of the second above which it is the one predicted

    >>> target = ClassTarget.fit("species", np.array(["cat", "dog", "cat"], dtype=object))
    >>> target.labels, target.encode(np.array(["dog"], dtype=object)), target.decode(np.array([1, 0]))
    (('cat', 'dog'), array([1], dtype=int32), array(['dog', 'cat'], dtype=object))
    """

    column: str
    labels: tuple[Label, ...]
    temperature: float = 1.0
    threshold: float = 0.5

    kind = "class"

    @classmethod
    def fit(cls, column: str, values: Values) -> ClassTarget:
        """Take the labels from the values; missing ones are passed over."""
        present = values[~missing_mask(values)]
        labels: list[Label] = sorted(set(present.tolist()), key=_label_order)
        return cls(column, tuple(_whole(label) for label in labels))

    def encode(self, values: Values) -> NDArray[np.int32]:
        """Labels to codes; y (n,) -> codes (n,). `InputError` for a missing or unknown label."""
        places = {str(text): code for code, text in enumerate(as_texts(np.array(self.labels, dtype=object)))}
        codes = np.empty(len(values), dtype=np.int32)
        for row, text in enumerate(as_texts(values)):
            if text is None:
                raise InputError(f"target '{self.column}', row {row + 1}: the label is missing")
            if text not in places:
                raise InputError(
                    f"target '{self.column}', row {row + 1}: the label {text!r} is none of the classes "
                    f"seen in training; {did_you_mean(text, places)}"
                )
            codes[row] = places[text]
        return codes

    def decode(self, codes: NDArray[Any]) -> Values:
        """Codes to labels; codes (n,) -> float64 when all labels are numbers, bool or object otherwise."""
        decoded: Values = _as_column(self.labels)[codes]
        return decoded

    @property
    def outputs(self) -> int:
        """How many outputs a network for it has."""
        return len(self.labels)

    def choose(self, probabilities: NDArray[Any]) -> Values:
        """Probabilities (n, classes) to labels (n,)."""
        if len(self.labels) == 2 and self.threshold != 0.5:
            return self.decode((probabilities[:, 1] > self.threshold).astype(np.int64))
        return self.decode(probabilities.argmax(axis=1))

    def to_json(self) -> dict[str, Any]:
        """The target as JSON data."""
        return {"kind": self.kind, **asdict(self), "labels": list(self.labels)}


@dataclass(frozen=True)
class NumberTarget:
    """A number, standardised: y' = (y − mean) / std, with the mean and deviation of the training rows.

    What is decoded is clipped to the range from `low` to `high` that the training rows had: a network that is far off
    there is wrong, and a squared error does not forgive it.

    margins  pairs (share, m): so large a share of new rows is within ± m of what is predicted

    >>> target = NumberTarget.fit("price", np.array([1.0, 3.0]))
    >>> target.encode(np.array([3.0])), target.decode(np.array([[1.0], [7.0]]))
    (array([[1.]], dtype=float32), array([3., 3.]))
    """

    column: str
    mean: float
    std: float
    low: float
    high: float
    margins: tuple[tuple[float, float], ...] = ()

    kind = "number"

    @classmethod
    def fit(cls, column: str, values: Values) -> NumberTarget:
        """Take mean and deviation from the values; missing ones are passed over."""
        present = values[~missing_mask(values)].astype(np.float64)
        largest = float(np.abs(present).max(initial=0.0)) or 1.0
        scaled = present / largest  # so that the squares of very large or small numbers stay in range
        mean, std = (float(scaled.mean()), float(scaled.std())) if len(present) else (0.0, 0.0)
        low, high = (float(present.min()), float(present.max())) if len(present) else (0.0, 0.0)
        return cls(column, mean * largest, std * largest or 1.0, low, high)

    @property
    def outputs(self) -> int:
        """How many outputs a network for it has."""
        return 1

    def encode(self, values: Values) -> NDArray[np.float32]:
        """Numbers to standardised ones; y (n,) -> y' (n, 1). `InputError` unless all are finite numbers."""
        _check_numbers(self.column, values)
        return ((values.astype(np.float64) - self.mean) / self.std)[:, None].astype(np.float32)

    def decode(self, outputs: NDArray[Any]) -> NDArray[np.float64]:
        """Standardised numbers back to the target's own units, and range; y' (n, 1) or (n,) -> y (n,)."""
        restored = outputs.astype(np.float64).reshape(-1) * self.std + self.mean
        return np.clip(restored, self.low, self.high)

    def to_json(self) -> dict[str, Any]:
        """The target as JSON data."""
        return {"kind": self.kind, **asdict(self)}


Target = ClassTarget | NumberTarget


def target_from_json(data: object) -> Target:
    """The target that `to_json` described; `InputError` when the data is not such a description."""
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind == "class":
        found = fields(data, "class target", kind=str, column=str, labels=list, temperature=float, threshold=float)
        labels: list[Label] = found["labels"]
        right = all(isinstance(label, (str, bool, int, float)) and label == label for label in labels)
        if not right or len(labels) < 2 or len({repr(label) for label in labels}) != len(labels):
            raise InputError(f"class target: labels are {labels}; expected two or more, all different")
        if found["temperature"] <= 0 or not 0 <= found["threshold"] <= 1:
            raise InputError(
                f"class target: temperature {found['temperature']}, threshold {found['threshold']}; expected a number "
                "above 0 and a probability"
            )
        return ClassTarget(found["column"], tuple(labels), found["temperature"], found["threshold"])
    if kind == "number":
        found = fields(
            data, "number target", kind=str, column=str, mean=float, std=float, low=float, high=float, margins=list
        )
        if found["std"] <= 0 or found["low"] > found["high"]:
            raise InputError(
                f"number target: std is {found['std']}, the range {found['low']} to {found['high']}; expected a number "
                "above zero, and a range that does not end before it begins"
            )
        pairs = found["margins"]
        numbers = all(
            isinstance(pair, list) and len(pair) == 2 and all(type(number) in (int, float) for number in pair)
            for pair in pairs
        )
        if not numbers or not all(0 < share < 1 and margin >= 0 for share, margin in pairs):
            raise InputError(
                f"number target: margins are {pairs}; expected pairs of a share and a number of at least 0"
            )
        margins = tuple((float(share), float(margin)) for share, margin in pairs)
        return NumberTarget(found["column"], found["mean"], found["std"], found["low"], found["high"], margins)
    raise InputError(f"no target is called {kind!r}; there are 'class', 'number'")


def with_target_present(table: Table, name: str) -> tuple[Table, int]:
    """The rows in which the target is there, and how many were left out.

    >>> with_target_present(Table({"y": np.array([1.0, np.nan])}), "y")[1]
    1
    """
    missing = missing_mask(table.column(name))
    count = int(missing.sum())
    if not count:
        return table, 0
    kept = table.select(~missing)
    kept.notes.append(f"{count} row(s) without a value of the target '{name}' left out")
    return kept, count


def choose_target(table: Table, name: str, *, task: Task | None = None) -> tuple[Target, str]:
    """Tell classification from regression by the target's values, fit it on them, and say why.

    Text and booleans are classes. Whole numbers are classes when there are two of them, or when they count
    from 0 or 1 without a gap, are at most 20, and each comes often enough; other numbers are for regression.
    `task` overrides this. Raises `InputError` when there is nothing to predict (one value only) or the
    column cannot be predicted (dates, texts that are all different).
    """
    if task is not None and task not in get_args(Task):
        raise InputError(f"task is {task!r}; {did_you_mean(str(task), get_args(Task))}")
    values = table.column(name)
    present = values[~missing_mask(values)]
    texts = as_texts(present)
    counts: dict[str, int] = {}
    for text in texts:
        counts[str(text)] = counts.get(str(text), 0) + 1
    place = f"{table.source}: target '{name}'"
    if len(counts) < 2:
        held = (
            f"only the value '{next(iter(counts))}' in {len(present)}"
            if counts
            else f"no value in any of {len(values)}"
        )
        raise InputError(f"{place} holds {held} row(s); expected at least two different ones")
    if present.dtype.kind == "M":
        raise InputError(f"{place} holds dates; expected classes or numbers, such as days since a first date")
    if task == "regression" and present.dtype.kind not in "fb":
        raise InputError(f"{place} holds text such as '{texts[0]}'; regression needs numbers")
    is_class, reason = _decide(present, counts, task)
    if not is_class:
        _check_numbers(name, values, may_miss=True)
        return NumberTarget.fit(name, present.astype(np.float64)), reason
    if len(counts) > max(MOST_CLASSES_OF_NUMBERS, len(present) // 2):
        raise InputError(
            f"{place} holds {len(counts)} different values in {len(present)} rows, such as '{texts[0]}'; "
            "classes must come more than once: choose another target"
        )
    alone = [label for label, count in counts.items() if count == 1]
    if alone:
        reason += f"; one row only of {', '.join(alone[:5])}: it can be trained on, but not tested"
    return ClassTarget.fit(name, present), reason


def _decide(present: Values, counts: dict[str, int], task: Task | None) -> tuple[bool, str]:
    distinct = len(counts)
    if task is not None:
        return task == "classification", f"{task}, as asked: {distinct} different values"
    if present.dtype.kind != "f":
        sort = "booleans" if present.dtype.kind == "b" else f"{distinct} different texts"
        return True, f"classification: {sort}"
    whole = bool(np.all(np.isfinite(present))) and bool(np.all(present == np.floor(present)))
    if distinct == 2:
        return True, "classification: two different numbers (task='regression' to predict them as numbers)"
    if not whole or distinct > MOST_CLASSES_OF_NUMBERS:
        return False, f"regression: {distinct} different numbers"
    low, high = int(present.min()), int(present.max())
    counted = low in (0, 1) and high - low + 1 == distinct
    often = min(counts.values()) * 20 >= max(counts.values())  # quantities thin out at one end; labels do not
    if counted and often and len(present) >= 5 * distinct:
        return True, (
            f"classification: the whole numbers {low} to {high}, each often enough to be a class "
            "(task='regression' to predict them as numbers)"
        )
    return False, (
        f"regression: {distinct} whole numbers from {low} to {high}, which look like a quantity "
        "(task='classification' to predict them as classes)"
    )


def _check_numbers(name: str, values: Values, may_miss: bool = False) -> None:
    """Raise `InputError` with the row of the first value that is no finite number, nor missing where that may be."""
    if may_miss:
        rows = np.flatnonzero(~missing_mask(values))
        values = values[rows].astype(np.float64)
    else:
        rows = np.arange(len(values))
    if values.dtype.kind not in "fb":
        raise InputError(f"target '{name}' holds {values.dtype}; expected numbers")
    wrong = np.flatnonzero(~np.isfinite(values.astype(np.float64)))
    if len(wrong):
        raise InputError(
            f"target '{name}', row {rows[wrong[0]] + 1}: {values[wrong[0]]} is not a finite number "
            f"({len(wrong)} such row(s)); correct or delete them"
        )


def _label_order(label: Label) -> tuple[int, float, str]:
    if isinstance(label, str):
        return 1, 0.0, label
    return 0, float(label), ""


def _whole(label: Label) -> Label:
    return int(label) if isinstance(label, float) and label.is_integer() else label


def _as_column(labels: Sequence[Label]) -> Values:
    if all(isinstance(label, bool) for label in labels):
        return np.array(labels, dtype=np.bool_)
    if any(isinstance(label, (str, bool)) for label in labels):
        return np.array(labels, dtype=object)
    return np.array(labels, dtype=np.float64)
