"""`train`: the main job, from a table to a trained and tested network."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.columns import describe_columns
from cutaway.data.encoders import TableEncoder
from cutaway.data.reading import table_from
from cutaway.data.splits import split_rows
from cutaway.data.suggestions import did_you_mean
from cutaway.data.table import Table, as_texts
from cutaway.data.targets import ClassTarget, NumberTarget, Target, Task, choose_target, with_target_present
from cutaway.errors import InputError
from cutaway.recipes.table import check_effort, table_recipe
from cutaway.runs.fit import fit
from cutaway.runs.scores import Scores, score_classes, score_numbers
from cutaway.runs.table_run import TableRun, decoded
from cutaway.storage.run_folder import beside, check_place, is_finished_run

ENGINES = ("auto", "numpy", "xla")
LARGEST_SEED = 2**32 - 1  # a seed of what happens inside a step has 32 bits


def train(
    data: Any,
    target: str,
    *,
    test: float = 0.2,
    effort: str = "standard",
    epochs: int | None = None,
    task: Task | None = None,
    seed: int = 0,
    engine: str = "auto",
    category: Sequence[str] = (),
    number: Sequence[str] = (),
    drop: Sequence[str] = (),
    out: str | Path | None = None,
    progress: bool | None = None,
    told: Callable[[TableRun], None] | None = None,
) -> TableRun:
    """Train a network that predicts one column of a table from the others, and test it on rows set aside.

    data      a path (csv, tsv, parquet, JSON, packed or not), a data frame of any make, columns by name, a `Table`
    target    the column to predict
    test      the share of rows set aside before anything is learned, for the score; 0 for no test
    effort    "standard", several networks averaged; "quick", one small network, for a first look
    epochs    how often every row is seen (None: what the recipe says for so many rows)
    task      "classification" or "regression" (None: told from the target's values)
    seed      of the split, the initial weights, the order and the dropout; the same seed gives the same run
    engine    "numpy", "xla" or "auto"
    category  columns to take as categories, whatever they hold
    number    columns to take as numbers, whatever they look like
    drop      columns to leave out
    out       a folder for the run (None: it is not written; `run.save(folder)` does it later)
    progress  whether to show a bar (None: where the output is a terminal)
    told      hears of the run before training begins: its data, columns, task and settings are decided then

    What each column is, classification or regression, preprocessing, network and schedule are chosen and told in the
    run: `run.columns`, `run.task_reason`, `run.summary()`. Ctrl-C ends the training and keeps what was learned; where
    a finished run is at `out`, that stays, and the interrupted one goes beside it, to `run.path`. Raises `InputError`
    for data or settings that cannot be used.

    >>> import numpy as np
    >>> x = np.linspace(0, 1, 60)
    >>> run = train({"x": x, "y": 3 * x + 1}, "y", effort="quick", seed=1)
    >>> run.task, run.scores.better
    ('regression', True)
    """
    _check_settings(test, effort, epochs, seed, engine)
    if any(isinstance(names, str) for names in (category, number, drop)):
        raise InputError("train: category, number and drop are lists of column names, such as ['zip']")
    if not isinstance(target, str):
        raise InputError(f"train: the target is {target!r}, expected the name of one column")
    if target in drop:
        raise InputError(f"train: '{target}' is the target and cannot be left out; choose another target or keep it")
    if out is not None:
        check_place(Path(out))
    table = table_from(data)
    # Before training, which may take hours: the file is to be the one that was read, and may be gone afterwards.
    digest = fingerprint(data, table)
    columns_read = len(table.names)
    goal, task_reason = choose_target(table, target, task=task)
    table, left_out = with_target_present(table, target)
    columns = describe_columns(table, target, category=category, number=number, drop=drop)
    values = table.column(target)
    labels = goal.encode(values) if isinstance(goal, ClassTarget) else None

    rest, tested = split_rows(table.rows, test, seed, labels)
    rows = table.select(rest)
    if isinstance(goal, NumberTarget):
        goal = NumberTarget.fit(target, values[rest])
    preprocessing = TableEncoder.fit(rows, columns)
    x, y = preprocessing.transform(rows), goal.encode(values[rest])
    recipe = table_recipe(len(rest), preprocessing.width, preprocessing.code_sizes, goal, effort=effort, epochs=epochs)
    inner, watched = split_rows(len(rest), recipe.validation, seed + 1, None if labels is None else labels[rest])
    begun = TableRun(
        network=recipe.network,
        preprocessing=preprocessing,
        target=goal,
        columns=columns,
        task_reason=task_reason,
        notes=list(table.notes),
        data={
            "source": table.source,
            "path": str(Path(data).absolute()) if isinstance(data, (str, os.PathLike)) else None,
            "fingerprint": digest,
            "columns": columns_read,
            "rows": table.rows + left_out,
            "without_target": left_out,
            "trained": len(inner),
            "watched": len(watched),
            "tested": len(tested),
        },
        settings={
            "test": test,
            "effort": effort,
            "seed": int(seed),
            "engine": engine,
            "category": list(category),
            "number": list(number),
            "drop": list(drop),
            "recipe": recipe.words,
            "epochs": recipe.epochs,
            "batch_size": recipe.batch_size,
            "members": recipe.members,
            "validation": recipe.validation,
            "optimizer": repr(recipe.optimizer),
        },
    )
    if told is not None:
        told(begun)
    run = fit(
        recipe.network,
        x[inner],
        y[inner],
        loss=recipe.loss,
        optimizer=recipe.optimizer,
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        validation=(x[watched], y[watched]) if len(watched) else None,
        seed=int(seed),
        engine=engine,
        members=recipe.members,
        progress=progress,
    )
    result = replace(
        begun,
        network=run.network,
        history=run.history,
        vitals=run.vitals,
        events=run.events,
        engine=run.engine,
        reason=run.reason,
        seconds=run.seconds,
        scores=_scores(run.network, goal, preprocessing, table.select(tested), y) if len(tested) else None,
    )
    if out is not None:
        folder = Path(out)
        result.path = result.save(beside(folder) if result.interrupted and is_finished_run(folder) else folder)
    return result


def _check_settings(test: Any, effort: str, epochs: Any, seed: Any, engine: str) -> None:
    """Raise `InputError` for a setting that no training can have, before any data is read."""
    check_effort(effort)
    if not isinstance(test, (int, float, np.integer, np.floating)) or isinstance(test, bool) or not 0 <= test < 1:
        raise InputError(f"the share of rows to set aside is {test!r}; expected a number from 0, less than 1")
    if epochs is not None and not (_is_whole(epochs) and 1 <= epochs < 2**31):
        raise InputError(f"epochs must be a whole number of at least 1, got {epochs!r}")
    if not (_is_whole(seed) and 0 <= seed <= LARGEST_SEED):
        raise InputError(f"the seed is {seed!r}, expected a whole number from 0 to {LARGEST_SEED}")
    if engine not in ENGINES:
        raise InputError(f"engine is {engine!r}; {did_you_mean(str(engine), ENGINES)}")


def _is_whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_))


def _scores(network: Any, target: Target, preprocessing: TableEncoder, table: Table, y: NDArray[Any]) -> Scores:
    """Score the network on the rows of `table`; y are the encoded targets of all rows that were learned from."""
    truth = table.column(target.column)
    predicted, probabilities = decoded(network, target, preprocessing.transform(table))
    if isinstance(target, ClassTarget):
        assert probabilities is not None
        return score_classes(target, probabilities, target.encode(truth), y)
    return score_numbers(target, predicted, truth.astype(np.float64))


def fingerprint(data: Any, table: Table) -> str:
    """Return the SHA-256 of a file's bytes, or of a table's names and values where there is no file."""
    if isinstance(data, (str, os.PathLike)):
        try:
            with Path(data).open("rb") as file:
                return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        except OSError as fault:
            raise InputError(f"{data}: cannot be read: {fault.strerror or fault}") from fault
    digest = hashlib.sha256()
    for name, values in table.columns.items():
        content = repr(as_texts(values)).encode() if values.dtype.kind == "O" else values.tobytes()
        digest.update(f"{name}\n{len(content)}\n".encode())
        digest.update(content)
    return f"sha256:{digest.hexdigest()}"
