"""The arguments of a command, each asked for by name and checked; what nobody asked for is refused."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cutaway.data.suggestions import did_you_mean
from cutaway.errors import InputError

_NOT_GIVEN = object()


class Arguments:
    """What came with a command.

    >>> asked = Arguments("boundary", {"points": 40})
    >>> asked.whole("points", 30, low=2, high=200), asked.flag("rows")
    (40, False)
    >>> asked.whole("rows", 1)
    1
    >>> Arguments("edit", {"valeu": 1}).done()
    Traceback (most recent call last):
    cutaway.errors.InputError: edit: there is no argument 'valeu'; it takes none
    """

    def __init__(self, command: str, given: Mapping[str, Any]) -> None:
        self.command, self.given = command, given
        self.known: set[str] = set()

    def raw(self, name: str, default: Any = _NOT_GIVEN) -> Any:
        """Return an argument as it came; `InputError` where it is missing and there is no default."""
        self.known.add(name)
        value = self.given.get(name)
        if value is not None:
            return value
        if default is _NOT_GIVEN:
            raise InputError(f"{self.command}: the argument {name!r} is missing")
        return default

    def whole(self, name: str, default: Any = _NOT_GIVEN, low: int = 0, high: int = 2**53, called: str = "") -> Any:
        """Return a whole number in a range, or the default; `called` is what a person calls it."""
        value = self.raw(name, default)
        if value is default:
            return value
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int or not low <= value <= high:
            raise self.wrong(name, value, f"a whole number from {low:,} to {high:,}", called)
        return value

    def number(
        self, name: str, default: Any = _NOT_GIVEN, low: float = -math.inf, high: float = math.inf, called: str = ""
    ) -> Any:
        """Return a finite number in a range, or the default; `called` is what a person calls it."""
        value = self.raw(name, default)
        if value is default:
            return value
        if type(value) not in (int, float) or not math.isfinite(value) or not low <= value <= high:
            limits = "" if (low, high) == (-math.inf, math.inf) else f" from {low:,.15g} to {high:,.15g}"
            raise self.wrong(name, value, f"a finite number{limits}", called)
        return float(value)

    def flag(self, name: str, default: bool = False) -> bool:
        """Return true or false."""
        value = self.raw(name, default)
        if type(value) is not bool:
            raise self.wrong(name, value, "true or false")
        return value

    def text(self, name: str, default: Any = _NOT_GIVEN, most: int = 100_000) -> Any:
        """Return a text, or the default."""
        value = self.raw(name, default)
        if value is default:
            return value
        if not isinstance(value, str) or len(value) > most:
            raise self.wrong(name, value, f"a text of at most {most:,} characters")
        return value

    def choice(self, name: str, allowed: Sequence[str], default: Any = _NOT_GIVEN) -> Any:
        """Return one of the allowed words, or the default."""
        value = self.raw(name, default)
        if value is default or value in allowed:
            return value
        raise InputError(f"{self.command}: {name} is {value!r}; {did_you_mean(str(value), allowed)}")

    def several(self, name: str, default: Any = _NOT_GIVEN, most: int = 1000) -> Any:
        """Return a list, or the default."""
        value = self.raw(name, default)
        if value is default:
            return value
        if not isinstance(value, list) or len(value) > most:
            raise self.wrong(name, value, f"a list of at most {most}")
        return value

    def wholes(self, name: str, default: Any = _NOT_GIVEN, low: int = 0, most: int = 64) -> Any:
        """Return a list of whole numbers, or the default."""
        value = self.several(name, default, most)
        if value is not default and not all(type(item) is int and item >= low for item in value):
            raise self.wrong(name, value, f"whole numbers of at least {low}")
        return value

    def mapping(self, name: str, default: Any = _NOT_GIVEN) -> Any:
        """Return an object of JSON, or the default."""
        value = self.raw(name, default)
        if value is default or isinstance(value, dict):
            return value
        raise self.wrong(name, value, "names and values")

    def inside(self, name: str) -> Arguments:
        """Return the arguments inside one; `true` stands for the usual ones."""
        value = self.raw(name)
        if value is True:
            value = {}
        if not isinstance(value, dict):
            raise self.wrong(name, value, "true, or names and values")
        return Arguments(f"{self.command}: {name}", value)

    def done(self) -> None:
        """Raise `InputError` for arguments that nobody asked for."""
        strange = [name for name in self.given if name not in self.known]
        if strange:
            takes = f"{did_you_mean(strange[0], sorted(self.known))}" if self.known else "it takes none"
            raise InputError(f"{self.command}: there is no argument {strange[0]!r}; {takes}")

    def wrong(self, name: str, value: Any, expected: str, called: str = "") -> InputError:
        """Return the error of an argument that does not fit."""
        got = "an array" if isinstance(value, np.ndarray) else repr(value)
        return InputError(f"{called or f'{self.command}: {name}'} is {got[:80]}; expected {expected}")
