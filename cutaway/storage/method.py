"""Losses and optimizers as data: how a network was trained, written down and made again, without code from a file."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeVar, get_type_hints

import numpy as np

from cutaway import losses, optimizers
from cutaway.errors import InputError
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.schedules import Schedule
from cutaway.storage.architecture import SCHEDULES, ModelFileError
from cutaway.storage.diagnosis_file import DEEPEST, restored

Method = TypeVar("Method", Loss, Optimizer)


def _own_kinds(base: type, names: list[str], module: Any) -> dict[str, type]:
    listed = ((name, getattr(module, name)) for name in names)
    return {
        name: kind for name, kind in listed if isinstance(kind, type) and issubclass(kind, base) and kind is not base
    }


LOSSES: dict[str, type] = _own_kinds(Loss, losses.__all__, losses)
"""Every loss a file may ask for, by name."""

OPTIMIZERS: dict[str, type] = _own_kinds(Optimizer, optimizers.__all__, optimizers)
"""Every optimizer a file may ask for, by name."""

SORTS: dict[str, tuple[type, dict[str, type]]] = {
    "loss": (Loss, LOSSES),
    "optimizer": (Optimizer, OPTIMIZERS),
    "schedule": (Schedule, SCHEDULES),
}


def describe_method(method: Loss | Optimizer) -> dict[str, Any]:
    """Return a loss or an optimizer and its arguments, schedules among them, as data for JSON.

    Raises `InputError` for one that is not of this package: a file holds no code.

    >>> describe_method(losses.Huber(2.0))
    {'loss': 'Huber', 'arguments': {'delta': 2.0}}
    """
    described: dict[str, Any] = _described(method, type(method).__name__)
    return described


def _described(value: Any, place: str) -> Any:
    for sort, (base, known) in SORTS.items():
        if isinstance(value, base):
            kind: Any = type(value)  # mypy takes a class for something that no cache can hold
            name = kind.__name__
            if known.get(name) is not kind:
                raise InputError(f"the {sort} {name} is one of your own, and a file holds no code")
            given = {key: _described(getattr(value, key), f"{name}.{key}") for key in _arguments(kind)}
            return {sort: name, "arguments": given}
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Mapping):
        return {str(key): _described(item, place) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_described(item, place) for item in value]
    if value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and np.isfinite(value)):
        return value
    raise InputError(f"{place} is {value!r}, which cannot be kept as data")


def rebuild_method(data: object, base: type[Method]) -> Method:
    """Return the loss or the optimizer that `describe_method` described.

    base   `Loss` or `Optimizer`, what it is to be

    Raises `ModelFileError` for anything else: an unknown kind, an argument that is missing, unknown, or of the wrong
    type or range.

    >>> rebuild_method({"loss": "Huber", "arguments": {"delta": 2.0}}, Loss)
    Huber(delta=2.0)
    """
    made = _made(data, base.__name__, 0)
    if not isinstance(made, base):
        raise ModelFileError(f"{str(data)[:80]!r} describes no {base.__name__.lower()}")
    return made


def _made(data: object, place: str, depth: int) -> Any:
    """Return what a piece of data describes: a loss, an optimizer, a schedule; other data as it is."""
    if not isinstance(data, dict) or "arguments" not in data:
        return data
    sort = next((sort for sort in SORTS if sort in data), "")
    given, name = data["arguments"], data.get(sort)
    kind = SORTS[sort][1].get(name) if sort and isinstance(name, str) else None
    if kind is None or data.keys() != {sort, "arguments"} or not isinstance(given, dict) or depth > DEEPEST:
        raise ModelFileError(f"{place} is {str(data)[:80]!r}; expected a loss, an optimizer or a schedule of cutaway")
    hints = _arguments(kind)
    # An argument that came later may be missing in a file of before: then its default, the old behaviour, is meant.
    if not given.keys() <= hints.keys():
        raise ModelFileError(f"{kind.__name__}: arguments {sorted(given)}, expected {sorted(hints)}")
    try:
        return kind(
            **{
                key: restored(hints[key], _made(item, f"{kind.__name__}.{key}", depth + 1), f"{kind.__name__}.{key}")
                for key, item in given.items()
            }
        )
    except ModelFileError:
        raise
    except (ValueError, TypeError, ArithmeticError) as fault:
        raise ModelFileError(f"{kind.__name__}: {fault}") from fault


@lru_cache(maxsize=256)  # a notebook defines its classes again and again, and none is to stay for ever
def _arguments(kind: type) -> Mapping[str, Any]:
    """Return the arguments that a class takes, and what each is to be; those that it hands on to its base, too."""
    found: dict[str, Any] = {}
    for each in kind.__mro__:
        own = each.__dict__.get("__init__")
        if own is None or each is object:
            continue
        hints = get_type_hints(own)
        parameters = inspect.signature(own).parameters.values()
        found |= {
            item.name: hints.get(item.name, object)
            for item in parameters
            if item.name not in ("self", *found) and item.kind is not inspect.Parameter.VAR_KEYWORD
        }
        if not any(item.kind is inspect.Parameter.VAR_KEYWORD for item in parameters):
            break
    return MappingProxyType(found)
