"""JSON that must have exactly the expected fields of the expected types."""

from __future__ import annotations

import math
from typing import Any

from cutaway.errors import InputError


def fields(data: object, what: str, /, **expected: type) -> dict[str, Any]:
    """The fields of `data`, after checking that it is an object with exactly these, each of its type.

    `float` accepts any finite number; `list` and `dict` are checked further by who asks. Raises `InputError`.

    >>> fields({"mean": 1, "column": "age"}, "number target", column=str, mean=float)["mean"]
    1.0
    """
    if not isinstance(data, dict):
        raise InputError(f"{what}: holds {type(data).__name__}; expected an object with {sorted(expected)}")
    if data.keys() != expected.keys():
        raise InputError(f"{what}: has the fields {sorted(map(str, data))}; expected {sorted(expected)}")
    checked: dict[str, Any] = {}
    for name, kind in expected.items():
        value = data[name]
        if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
            value = float(value)
        right = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
        if not right or (kind is float and not math.isfinite(value)):
            raise InputError(f"{what}: '{name}' is {value!r}; expected a {kind.__name__}")
        checked[name] = value
    return checked


def some_fields(data: dict[str, Any], what: str, /, **expected: type) -> dict[str, Any]:
    """Those of the fields of `data` that are expected, each of its type; others are passed over."""
    return fields({name: data[name] for name in expected if name in data}, what, **expected)


def texts(values: list[Any], what: str) -> tuple[str, ...]:
    """The values, after checking that each is text and none comes twice. Raises `InputError`."""
    if not all(isinstance(value, str) for value in values):
        raise InputError(f"{what}: expected a list of texts")
    if len(set(values)) != len(values):
        raise InputError(f"{what}: the same text comes twice")
    return tuple(values)
