"""Progress in the terminal: of a training its loss, rate and time left, of many fits how many are done."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from cutaway.records import Progress, StepRecord

# Nothing is drawn for trainings shorter than this, nor more often than this, in seconds.
DELAY, INTERVAL = 0.5, 0.1


class ProgressBar:
    """A listener that draws the training's progress on standard error while it is entered.

    show   True always, False never, None where standard error is a terminal
    """

    def __init__(self, epochs: int, show: bool | None = None) -> None:
        self.epochs = epochs
        self.show = sys.stderr.isatty() if show is None else show
        self._bar: Any = None
        self._task: Any = None
        self._began = self._drawn = time.perf_counter()

    def __enter__(self) -> ProgressBar:
        self._began = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, record: Any) -> None:
        """Draw an epoch, or a part of a long one."""
        if isinstance(record, Progress):
            self.epochs = record.epochs
        now = time.perf_counter()
        if not self.show or now - self._began < DELAY or not isinstance(record, (StepRecord, Progress)):
            return
        last = isinstance(record, StepRecord) and record.epoch == self.epochs
        if now - self._drawn < INTERVAL and not last:
            return
        self._drawn = now
        if self._bar is None:
            self._start()
        if isinstance(record, Progress):
            self._bar.update(self._task, total=self.epochs, completed=self.epochs * record.step / record.steps)
            return
        figures = f"loss {record.loss:.4g}"
        if record.validation is not None:
            figures += f"  validation {record.validation:.4g}"
        figures += "".join(f"  {name} {value:.4g}" for name, value in record.metrics.items())
        self._bar.update(self._task, completed=record.epoch, figures=f"{figures}  rate {record.learning_rate:.2g}")

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        self._bar = Bar(
            TextColumn("epoch {task.completed:.0f}/{task.total:.0f}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.start()
        self._task = self._bar.add_task("training", total=self.epochs, figures="")


@contextmanager
def counting(what: str, show: bool | None = None) -> Iterator[Callable[[int, int], None]]:
    """Give what hears how many of how many are done, and draws it on standard error while entered.

    what   is counted, such as "networks"; show as for `ProgressBar`

    >>> with counting("networks", show=False) as told:
    ...     told(1, 2)
    """
    if not (sys.stderr.isatty() if show is None else show):
        yield lambda done, whole: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn(f"{what} {{task.completed:.0f}}/{{task.total:.0f}}"), BarColumn(bar_width=24))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=1)
        yield lambda done, whole: bar.update(task, completed=done, total=whole)
