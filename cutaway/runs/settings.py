"""What every training may be told, and what no training can be: refused before any data is read."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.data.suggestions import did_you_mean
from cutaway.errors import InputError, whole
from cutaway.recipes.table import check_effort
from cutaway.runs.sharing import check_devices

ENGINES = ("auto", "numpy", "xla")
PRECISIONS = ("float32", "bf16")
LARGEST_SEED = 2**32 - 1  # a seed of what happens inside a step has 32 bits
# The share of a time limit that is kept for what follows the training, and at least so many seconds of it.
AFTERWARDS, AT_LEAST = 0.1, 1.0
LEAST = 0.1  # seconds that a training is planned for, however little is left


def time_for_training(limit: float | None) -> float | None:
    """Return the part of a time limit, in seconds, that is for training.

    >>> time_for_training(60.0), time_for_training(0.5), time_for_training(None)
    (54.0, 0.1, None)
    """
    return None if limit is None else max(limit - max(AFTERWARDS * limit, AT_LEAST), LEAST)


def check_settings(
    test: Any,
    effort: str,
    limit: Any,
    epochs: Any,
    seed: Any,
    engine: str,
    precision: str = "float32",
    devices: Any = None,
) -> None:
    """Raise `InputError` for a setting that no training can have, before any data is read."""
    check_effort(effort)
    share = isinstance(test, (int, float, np.integer, np.floating)) and not isinstance(test, bool)
    if isinstance(test, bool) or (share and not 0 <= test < 1):
        raise InputError(f"the share of rows to set aside is {test!r}; expected a number from 0, less than 1")
    if limit is not None and not (isinstance(limit, (int, float)) and 0 < limit < float("inf")):
        raise InputError(f"the time limit is {limit!r}; expected a number of seconds above 0")
    if epochs is not None:
        whole("epochs", epochs, 1, 2**31 - 1)
    whole("the seed", seed, 0, LARGEST_SEED)
    if engine not in ENGINES:
        raise InputError(f"engine is {engine!r}; {did_you_mean(str(engine), ENGINES)}")
    check_precision(precision, engine)
    check_devices(engine, devices)


def check_precision(precision: str, engine: str) -> None:
    """Raise `InputError` for a precision that there is none of, or that the engine does not have."""
    if precision not in PRECISIONS:
        raise InputError(f"precision is {precision!r}; {did_you_mean(str(precision), PRECISIONS)}")
    if precision != "float32" and engine == "numpy":
        raise InputError(f"precision {precision!r} is of engine 'xla', and engine is 'numpy'; leave one of the two out")
