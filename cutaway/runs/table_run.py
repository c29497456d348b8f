"""A run on a table: predicts for rows as people have them, and remembers how it was made."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.columns import Column, ColumnKind
from cutaway.data.encoders import Counts, TableEncoder
from cutaway.data.reading import table_from
from cutaway.data.several_targets import AnyTarget, LabelsTarget
from cutaway.data.strict_json import fields, some_fields
from cutaway.data.suggestions import alike
from cutaway.data.table import Table, Values
from cutaway.data.targets import ClassTarget, Label, NumberTarget
from cutaway.errors import DataWarning, InputError
from cutaway.runs.decoding import decoded, mean_answers
from cutaway.runs.rival import Rival
from cutaway.runs.run import Run
from cutaway.runs.scores import Scores
from cutaway.storage.network_file import NetworkFile

if TYPE_CHECKING:
    from cutaway.explain.row import RowExplanation


@dataclass(frozen=True)
class Predictions:
    """What a run says about rows.

    values         one prediction a row: the most probable label, or a number in the target's own units
    probabilities  (rows, classes), in the order of the run's `classes`; None for numbers
    counts         what the rows held that training did not
    """

    values: Values
    probabilities: NDArray[np.float64] | None
    counts: Counts


@dataclass(kw_only=True, repr=False)
class TableRun(Run):
    """What `train` returns, and `load` gives back.

    preprocessing  how rows become the network's inputs, fitted on the training rows
    target         what is predicted, and how the network's outputs become it
    columns        what each column was taken for, and why
    task, task_reason  classification or regression, and why
    estimate       on each row by the networks that did not learn from it, beside a baseline; None where
                   none was watched
    scores         on rows set aside, beside a baseline; None where none were
    rival          what boosted trees make of the same rows; None where they were not asked
    notes          what was repaired or left out
    data           where the rows came from, how many, and their fingerprint
    settings       how it was trained: seed, shares, effort, epochs, batch size, members
    """

    preprocessing: TableEncoder
    target: AnyTarget
    columns: list[Column] = field(default_factory=list)
    task_reason: str = ""
    estimate: Scores | None = None
    scores: Scores | None = None
    rival: Rival | None = None
    notes: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def task(self) -> str:
        """Either "classification" or "regression"."""
        return "classification" if isinstance(self.target, (ClassTarget, LabelsTarget)) else "regression"

    @property
    def classes(self) -> tuple[Label, ...]:
        """The labels, in the order of the columns of `predict_proba`; none for numbers."""
        return self.target.labels if isinstance(self.target, ClassTarget) else ()

    # ---- predicting -------------------------------------------------------------------------------------------

    def predict(self, x: Any, rows: int = 4096) -> Values:
        """Return one prediction a row of `x`: a label, or a number in the target's own units.

        x      a path, a data frame of any make, columns by name, or a `Table`; the columns may come in any order
        rows   how many are computed at once

        Values that training did not see (categories, text in a column of numbers, missing values, whole columns) are
        taken as missing, counted, and told as a `DataWarning`. Raises `InputError` when no known column is there.
        """
        return self._told(x, rows).values

    def predict_proba(self, x: Any, rows: int = 4096) -> NDArray[np.float64]:
        """Return the probability of each of `classes` for each row of `x`, (rows, classes); see `predict`."""
        probabilities = self._told(x, rows).probabilities
        if probabilities is None:
            raise InputError(
                f"predict_proba: the target '{self.target.column}' is a number, which has no classes; use predict"
            )
        return probabilities

    def predict_interval(self, x: Any, share: float = 0.9, rows: int = 4096) -> NDArray[np.float64]:
        """Return for each row of `x` an interval that holds the true number of that share of new rows, (rows, 2).

        share   one of those that the run knows: 0.5, 0.8, 0.9, 0.95, 0.99, as far as its rows allow

        The interval is as wide for every row: it reaches as far as the errors of that share of the rows did, each
        predicted by networks that had not learned from it; see `cutaway.runs.conformal`.
        """
        margins = dict(self.target.margins) if isinstance(self.target, NumberTarget) else {}
        if share not in margins:
            known = ", ".join(f"{known:g}" for known in margins) or "none: it predicts classes, or had too few rows"
            raise InputError(f"predict_interval: share is {share!r}; the run knows {known}")
        predicted = self._told(x, rows).values
        return np.stack([predicted - margins[share], predicted + margins[share]], axis=1)

    def _told(self, x: Any, rows: int) -> Predictions:
        predictions = self.predictions(table_from(x, self.preprocessing.european), rows)
        sentences = predictions.counts.sentences()
        if sentences:
            warnings.warn("; ".join(sentences), DataWarning, stacklevel=3)
        return predictions

    def predictions(self, table: Table, rows: int = 4096) -> Predictions:
        """Return predictions, probabilities and what was counted, for the rows of a table."""
        if self.preprocessing.series is not None:
            table = self.preprocessing.series.after(table)
        known = self.preprocessing.columns
        if not any(name in table.columns for name in known):
            similar = [(name, alike(name, table.names)) for name in known]
            pairs = [f"'{found}' for '{name}'" for name, found in similar if found is not None]
            hint = f"; names must be the same in case too: it has {', '.join(pairs[:4])}" if pairs else ""
            raise InputError(
                f"{table.source}: none of the columns that the run learned from is there; expected "
                f"{', '.join(map(repr, known[:8]))}{' …' if len(known) > 8 else ''}, got "
                f"{', '.join(map(repr, table.names[:8]))}{' …' if len(table.names) > 8 else ''}{hint}"
            )
        encoded, counts = self.preprocessing.transform_counted(table)
        values, probabilities = decoded(mean_answers(self.network, self.target, encoded, rows), self.target)
        return Predictions(values, probabilities, counts)

    def explain(
        self, x: Any = None, row: int = 0, *, class_: Any = None, against: int | None = None, member: int | None = None
    ) -> RowExplanation:
        """Return why the run answers as it does for one row; see `cutaway.runs.explaining.explain_row`."""
        from cutaway.runs.explaining import explain_row

        return explain_row(self, x, row, class_=class_, against=against, member=member)

    # ---- telling ----------------------------------------------------------------------------------------------

    @classmethod
    def restored(cls, held: NetworkFile, facts: dict[str, Any] | None, **common: Any) -> TableRun:
        """Return the run that a network's file and `run.json` describe; a file alone says no facts."""
        told = {} if facts is None else _from_facts(facts)
        return cls(**common, preprocessing=held.preprocessing, target=held.target, **told)  # type: ignore[arg-type]

    def summary(self) -> dict[str, Any]:
        """Return what was done and how well it went, as plain data; it becomes `run.json`."""
        return {
            **super().summary(),
            "kind": "table",
            "data": self.data,
            "target": self.target.column,
            "task": self.task,
            "task_reason": self.task_reason,
            "columns": [
                {
                    "name": column.name,
                    "kind": column.kind.value,
                    "reason": column.reason,
                    "missing": column.missing,
                    "distinct": column.distinct,
                }
                for column in self.columns
            ],
            "notes": self.notes,
            "settings": self.settings,
            "estimate": None if self.estimate is None else self.estimate.to_json(),
            "scores": None if self.scores is None else self.scores.to_json(),
            "rival": None if self.rival is None else self.rival.to_json(),
        }

    def save(self, folder: str | Path) -> Path:
        """Write the run to a folder, which appears complete or not at all, and return it; see `Run.save`."""
        return self._save(Path(folder), preprocessing=self.preprocessing, target=self.target)

    def __repr__(self) -> str:
        if self.scores is None:
            return f"TableRun('{self.target.column}', {self.task}, not tested)"
        return (
            f"TableRun('{self.target.column}', {self.scores.metric} {self.scores.value:.4g} on {self.scores.rows} rows)"
        )


def _from_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """Return what `summary` told of columns, settings and scores, checked; `InputError` says what is wrong."""
    told = some_fields(facts, "run", columns=list, task_reason=str, notes=list, settings=dict, data=dict)
    columns = []
    for described in told["columns"]:
        found = fields(described, "column", name=str, kind=str, reason=str, missing=int, distinct=int)
        if found["kind"] not in [kind.value for kind in ColumnKind]:
            raise InputError(f"column '{found['name']}': is of an unknown kind, {found['kind']!r}")
        columns.append(Column(**{**found, "kind": ColumnKind(found["kind"])}))
    if not all(isinstance(note, str) for note in told["notes"]):
        raise InputError("notes: expected a list of texts")
    return {
        **told,
        "columns": columns,
        "estimate": Scores.from_json(facts.get("estimate"), "estimate"),
        "scores": Scores.from_json(facts.get("scores"), "scores"),
        "rival": Rival.from_json(facts.get("rival")),
    }
