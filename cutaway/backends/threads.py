"""How many threads NumPy's products take: one, unless there is work enough for a second to pay."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

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
    limits: AbstractContextManager[Any] = _libraries().limit(limits=1, user_api="blas")
    return limits


def on_one_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function whose matrices are small compute on one thread.

    Beside two other programs at work, eigenvalues and products of 600 rows took 4.9 s on two threads and 0.08 s on one.
    """

    @wraps(function)
    def alone(*given: P.args, **named: P.kwargs) -> R:
        with threads_for():
            return function(*given, **named)

    return alone


@cache
def _libraries() -> Any:
    """Return what sets the threads of the libraries that are loaded; to look for them takes a millisecond."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
