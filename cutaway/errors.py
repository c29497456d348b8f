"""The one error that means "what arrived cannot be used", as opposed to a fault of ours; and the warnings."""

from typing import Any

import numpy as np


class InputError(ValueError):
    """Input that cannot be used: a file, a column, an array, a setting.

    The message names the place, what arrived, what was expected and what to do. The command line
    prints it alone, without a traceback, and exits with code 2.

    >>> raise InputError("houses.csv: no column 'prise'; did you mean 'price'?")
    Traceback (most recent call last):
    cutaway.errors.InputError: houses.csv: no column 'prise'; did you mean 'price'?
    """


class DataWarning(UserWarning):
    """Data to predict differs from that of training in a way that a prediction survives, but a person should know."""


class TrainingWarning(UserWarning):
    """A training that ended, but not well: the message says what happened and what to do."""


class FindingWarning(TrainingWarning):
    """A cause why a training does not learn, found by its diagnosis: the first line names it.

    finding  the same as a record
    """

    finding: object = None


def whole(what: str, value: Any, least: int = 1, most: int | None = None) -> int:
    """Return a whole number, of Python or NumPy, as an int; `InputError` for another kind and one out of range.

    >>> whole("Dense: units", 3)
    3
    >>> whole("Dense: units", 2.5)
    Traceback (most recent call last):
    cutaway.errors.InputError: Dense: units must be a whole number of at least 1, got 2.5
    """
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < least:
        raise InputError(f"{what} must be a whole number of at least {least}, got {value!r}")
    if most is not None and value > most:
        raise InputError(f"{what} must be a whole number of at most {most}, got {value!r}")
    return int(value)


def flag(what: str, value: Any, instead: str = "") -> bool:
    """Return a bool of Python or NumPy as Python's; `InputError` for anything else, which would count as one silently.

    instead   what else may have been meant

    >>> flag("fit: shuffle", "no")
    Traceback (most recent call last):
    cutaway.errors.InputError: fit: shuffle must be True or False, got 'no'
    """
    if not isinstance(value, (bool, np.bool_)):
        raise InputError(f"{what} must be True or False, got {value!r}{f'; {instead}' if instead else ''}")
    return bool(value)
