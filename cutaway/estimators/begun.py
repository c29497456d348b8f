"""The run of an estimator as far as it is known before training."""

from __future__ import annotations

from typing import Any

from cutaway.data.columns import Column
from cutaway.data.several_targets import AnyTarget, LabelsTarget, NumbersTarget
from cutaway.data.table import Table
from cutaway.data.targets import ClassTarget, NumberTarget
from cutaway.recipes.table import MEMBERS
from cutaway.runs.scores import metric_for
from cutaway.runs.table_run import TableRun


def begun_run(
    estimator: Any, target: AnyTarget, rows: Table, columns: list[Column], *, seed: int, watched: int
) -> TableRun:
    """Return a run without a network, with what `learn_table` wants to know.

    Raises `InputError` for a metric of another task, or one that the numbers in `rows` do not allow.
    """
    task = "classification" if isinstance(target, (ClassTarget, LabelsTarget)) else "regression"
    # Errors in different units have no mean; shares of what there is to explain have.
    usual = "r2" if isinstance(target, NumbersTarget) else None
    truth = rows.column(target.column) if isinstance(target, NumberTarget) else None
    metric = metric_for(
        estimator.metric or usual, "classification" if task == "classification" else "regression", truth
    )
    return TableRun(
        network=None,  # type: ignore[arg-type]
        preprocessing=None,  # type: ignore[arg-type]
        target=target,
        columns=columns,
        task_reason=f"{task}: {type(estimator).__name__}",
        notes=list(rows.notes),
        data={
            "source": rows.source,
            "path": None,
            "fingerprint": None,
            "columns": len(rows.names),
            "rows": rows.rows,
            "without_target": 0,
            "trained": rows.rows,
            "watched": watched,
            "tested": 0,
        },
        settings={
            "test": 0,
            "effort": estimator.effort,
            "metric": metric.name,
            "seed": seed,
            "engine": estimator.engine,
            "category": [],
            "number": [],
            "drop": [],
            "group": None,
            "time_column": None,
            "weight": None,
            "members": estimator.members or MEMBERS[estimator.effort],
        },
    )
