"""`train`: the main job, on whatever data there is."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

from cutaway.data.sort import Sort, sort_of
from cutaway.data.suggestions import did_you_mean
from cutaway.errors import InputError, TrainingWarning
from cutaway.runs.run import Run


def train(data: Any, target: str | None = None, *, report: bool = True, **options: Any) -> Run:
    """Train networks on a table, on pictures or on a text, and test them on what was set aside.

    data      a table (a path, a data frame of any make, columns by name), a folder of pictures, or a text file
    target    of a table, the column to predict
    report    whether a page about the run is written into its folder, where it has one; see `Run.report`
    options   those of `train_table`, `train_pictures` and `train_text`; the ones that all take are

        test=0.2          the share set aside before anything is learned, for the score; of a text 0.1, its end
        effort="standard" or "quick" for a first look, or "best"
        limit=None        seconds that all of it may take
        epochs=None       how often all is seen, of a text also 0.5 times (None: what the recipe says)
        seed=0            the same seed gives the same run
        engine="auto"     or "numpy", or "xla"
        out=None          a folder for the run
        progress=None     whether to show a bar (None: where the output is a terminal)

    What the data is, is told by its content; a target means a table. Returns a `TableRun`, a `PictureRun` or a
    `TextRun`. Raises `InputError` for data or options that cannot be used.

    >>> import numpy as np
    >>> x = np.linspace(0, 1, 60)
    >>> run = train({"x": x, "y": 3 * x + 1}, "y", effort="quick", seed=1)
    >>> run.task, run.scores.better
    ('regression', True)
    """
    sort = sort_of(data, target)
    job = job_for(sort)
    known = [name for name in inspect.signature(job).parameters if name not in ("data", "target")]
    for name in options:
        if name not in known:
            raise InputError(f"train: there is no option {name!r} for {sort.value}; {did_you_mean(name, known)}")
    run = job(data, target, **options) if sort is Sort.TABLE else job(data, **options)
    if report and run.path is not None:
        from cutaway.runs.reporting import report_after

        if words := report_after(run, data):
            warnings.warn(words, TrainingWarning, stacklevel=2)
    return run


def job_for(sort: Sort) -> Callable[..., Run]:
    """Return the function that trains on data of a sort."""
    if sort is Sort.TABLE:
        from cutaway.runs.train_table import train_table

        return train_table
    if sort is Sort.PICTURES:
        from cutaway.runs.train_pictures import train_pictures

        return train_pictures
    if sort is Sort.TEXT:
        from cutaway.runs.train_text import train_text

        return train_text
    raise InputError(f"train: cannot learn from {sort.value}")
