"""How many threads NumPy's products take: one, unless there is work enough for a second to pay."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

# Floating-point operations of a step or pass below which threads wait for each other longer than they compute. They
# wait busily: where another program runs too, a browser or a test, they take a core from it and are slower still.
WORTH_THREADS = 300e6


def threads_for(flops: float = 0.0) -> AbstractContextManager[Any]:
    """Keep NumPy's products on one thread while entered, in this whole process, where a pass has few operations.

    >>> with threads_for(1e6):
    ...     pass
    """
    if flops >= WORTH_THREADS:
        return nullcontext()
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(1, user_api="blas")
    return limits
