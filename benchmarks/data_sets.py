"""The tables that contenders are measured on, and how they are split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class DataSet:
    """A table, its target, and the columns that nobody is given: names and numbers of persons."""

    name: str
    target: str
    classes: bool
    left_out: tuple[str, ...] = ()


SETS = {
    each.name: each
    for each in (
        DataSet("penguins", "species", True),
        DataSet("credit_data", "Status", True),
        DataSet("concrete", "compressive_strength", False),
        DataSet("mlc_churn", "churn", True),
        DataSet("titanic", "Survived", True, ("PassengerId", "Name", "Ticket")),
        DataSet("housing", "median_house_value", False),
        DataSet("iris", "species", True),
        DataSet("wine", "class", True),
        DataSet("breast_cancer", "diagnosis", True),
        DataSet("digits", "digit", True),
        DataSet("diabetes", "progression", False),
    )
}


@dataclass(frozen=True)
class Rows:
    """Rows of a data set: x a pandas frame, y the target as it is, labels all of its classes (none for numbers)."""

    x: Any
    y: np.ndarray
    labels: list[Any]
    target: str

    @property
    def codes(self) -> np.ndarray:
        """Classes as their places in `labels`, numbers as they are: what the peers are given."""
        if not self.labels:
            return self.y.astype(np.float64)
        places = {label: place for place, label in enumerate(self.labels)}
        return np.array([places[label] for label in self.y])

    def at(self, places: np.ndarray) -> Rows:
        return replace(self, x=self.x.iloc[places].reset_index(drop=True), y=self.y[places])


def load(chosen: DataSet, folder: Path) -> Rows | None:
    """Return all rows, or None where the file is not there."""
    import pandas

    from cutaway.data.bundled import BUNDLED, bundled

    if chosen.name in BUNDLED:
        frame = pandas.DataFrame(dict(bundled(chosen.name).columns))
    elif (folder / f"{chosen.name}.csv").exists():
        frame = pandas.read_csv(folder / f"{chosen.name}.csv")
    else:
        return None
    y = frame[chosen.target].to_numpy()
    x = frame.drop(columns=[chosen.target, *chosen.left_out])
    return Rows(x, y, sorted(set(y)) if chosen.classes else [], chosen.target)


def parted(rows: Rows, seed: int) -> tuple[Rows, Rows]:
    from sklearn.model_selection import train_test_split

    places = np.arange(len(rows.y))
    learned, tested = train_test_split(
        places, test_size=0.2, random_state=seed, stratify=rows.codes if rows.labels else None
    )
    return rows.at(learned), rows.at(tested)
