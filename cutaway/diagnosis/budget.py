"""The budget: the seconds that experiments may take, reckoned beforehand, and held by a clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from cutaway.diagnosis.pace import slowness

# Experiments end where they have taken so many times the work that is allowed, on a machine that is slow (`slowness`)
# so many times more; and where, on a machine that is busy with other things, the clock on the wall says so many times.
# On a quiet machine that is as fast as reckoned they take six tenths of what is planned.
OVERRUN, PATIENCE = 1.5, 20.0


class Budget:
    """Seconds for experiments, of which each takes beforehand what it should cost.

    What is planned never exceeds what is allowed, and is the same wherever it runs, so that the same experiments are
    made. What is begun ends when this process has worked half as long again as is allowed, times how slow the machine
    is (`slowness`). Time in which the machine did something else does not count, up to `PATIENCE` times what is
    allowed.

    >>> budget = Budget(2.0)
    >>> budget.take(1.5), budget.left, budget.take(1.0), budget.left
    (True, 0.5, False, 0.5)
    """

    def __init__(self, allowed: float) -> None:
        self.allowed, self.planned = allowed, 0.0
        self._wall = self._work = 0.0
        self._begun: tuple[float, float] | None = None

    @property
    def left(self) -> float:
        """Seconds that nothing is planned for yet."""
        return max(0.0, self.allowed - self.planned)

    @property
    def spent(self) -> float:
        """Seconds that it took by the clock on the wall."""
        return self._taken()[0]

    @property
    def worked(self) -> float:
        """Seconds that this process worked for it, no more than it took."""
        return min(self._taken())

    @property
    def late(self) -> bool:
        """Whether it is time to end: far more was worked than is allowed on this machine, or passed on the wall."""
        wall, work = self._taken()
        return min(wall, work) > OVERRUN * slowness() * self.allowed or wall > PATIENCE * self.allowed

    def allow(self, seconds: float) -> None:
        """Allow so many seconds more."""
        self.allowed += seconds

    def take(self, seconds: float) -> bool:
        """Plan so many seconds, if there are so many; return whether there were."""
        if seconds > self.left:
            return False
        self.planned += seconds
        return True

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the clocks while entered; inside of itself it does nothing."""
        if self._begun is not None:
            yield
            return
        slowness()  # timed now, once: not while the clocks run
        self._begun = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self._wall, self._work = self._taken()
            self._begun = None

    def _taken(self) -> tuple[float, float]:
        if self._begun is None:
            return self._wall, self._work
        return (
            self._wall + time.perf_counter() - self._begun[0],
            self._work + time.process_time() - self._begun[1],
        )
