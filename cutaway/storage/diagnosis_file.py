"""A diagnosis on disk: dataclasses of plain data as strict JSON, and back, every value checked against its type."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from cutaway.storage.architecture import ModelFileError
from cutaway.storage.header import check_size, strict_header

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FORMAT = 1
# Bytes of the file, and how deep one thing may be in another.
LARGEST, DEEPEST = 16 << 20, 24
# JSON has no number for these.
NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def diagnosis_bytes(**parts: Any) -> bytes:
    """Return dataclasses by name as JSON that `read_diagnosis` reads; `ModelFileError` where it could not.

    What is None is left out.
    """
    data = {"cutaway": FORMAT, **{name: plain(part) for name, part in parts.items() if part is not None}}
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=1)
    content = f"{text}\n".encode()
    check_size(text)
    if len(content) > LARGEST:
        raise ModelFileError(f"the diagnosis has {len(content)} bytes, more than {LARGEST}")
    return content


def plain(value: Any) -> Any:
    """Return dataclasses, tuples and numbers as data for JSON; a number that is not finite as `{"number": "inf"}`.

    >>> plain((1.5, math.inf, None))
    [1.5, {'number': 'inf'}, None]
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": next(name for name, number in NOT_FINITE.items() if repr(number) == repr(value))}
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise ModelFileError(f"a diagnosis holds {type(value).__name__}, which is no plain data")


def read_diagnosis(place: Path, **kinds: Any) -> dict[str, Any]:
    """Return the dataclasses that a file holds, by name; `kinds` says what each is, `X | None` of one it may lack.

    A field that the file lacks has its default. Raises `ModelFileError` for a file that is damaged or holds anything
    else.
    """
    try:
        if place.stat().st_size > LARGEST:
            raise ModelFileError(f"{place}: is larger than {LARGEST >> 20} MiB, which no diagnosis is")
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise ModelFileError(f"{place}: cannot be read ({fault})") from fault
    try:
        data = strict_header(text)
        if data.pop("cutaway", None) != FORMAT:
            raise ModelFileError(f"is not of format {FORMAT}, which this version of cutaway reads")
        if not {name for name, kind in kinds.items() if NoneType not in get_args(kind)} <= data.keys() <= kinds.keys():
            raise ModelFileError(f"holds {sorted(data)}, expected {sorted(kinds)}")
        return {name: restored(kind, data.get(name), name) for name, kind in kinds.items()}
    except ModelFileError as fault:
        raise ModelFileError(f"{place}: {fault}") from fault


def restored(kind: Any, value: Any, name: str, depth: int = 0) -> Any:
    """Return what `plain` made data of, as the type that it is to have; `ModelFileError` for anything else.

    An `object` is data as it is, for whoever asked to look at; an instance of a class of ours is taken as what it is.

    >>> restored(tuple[float, ...], [1, {"number": "inf"}], "seen")
    (1.0, inf)
    """
    if depth > DEEPEST:
        raise ModelFileError(f"{name} is deeper than {DEEPEST} levels")
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return restored(_option(inner, value, name), value, name, depth)
    if isinstance(kind, type) and is_dataclass(kind) and isinstance(value, dict):
        return _dataclass(kind, value, name, depth + 1)
    if origin is tuple and isinstance(value, list):
        several = len(inner) == 2 and inner[1] is Ellipsis
        if several or len(inner) == len(value):
            kinds = [inner[0]] * len(value) if several else inner
            return tuple(restored(one, item, name, depth + 1) for one, item in zip(kinds, value, strict=True))
    elif origin is Sequence and isinstance(value, list):
        return tuple(restored(inner[0], item, name, depth + 1) for item in value)
    elif origin is Mapping and isinstance(value, dict):
        return {_text(key, name): restored(inner[1], item, name, depth + 1) for key, item in value.items()}
    elif kind is object:
        return _data(value, name, depth + 1)
    elif kind is float and _is_number(value):
        return _number(value, name)
    elif kind is int and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return value
    elif kind is str and isinstance(value, str):
        return _text(value, name)
    elif origin is None and kind not in (float, int, str) and isinstance(kind, type) and isinstance(value, kind):
        return value  # True or False, None, or what was made already
    raise ModelFileError(f"{name} is {str(value)[:80]!r}, expected {getattr(kind, '__name__', kind)}")


def _option(options: tuple[Any, ...], value: Any, name: str) -> Any:
    """Return which of several types a value is to have."""
    for option in options:
        fits = {
            NoneType: value is None, float: _is_number(value), str: isinstance(value, str),
            Mapping: isinstance(value, dict), Sequence: isinstance(value, list),
        }  # fmt: skip
        if fits.get(get_origin(option) or option, value is not None):
            return option
    raise ModelFileError(f"{name} is {str(value)[:80]!r}, expected one of {options}")


def _dataclass(kind: type[DataclassInstance], data: dict[str, Any], name: str, depth: int) -> Any:
    hints = _hints(kind)
    needed = {item.name for item in fields(kind) if item.default is MISSING and item.default_factory is MISSING}
    if not needed <= data.keys() <= hints.keys():
        raise ModelFileError(f"{name} has {sorted(data)[:50]}, expected {sorted(hints)}")
    return kind(**{key: restored(hints[key], item, f"{name}.{key}", depth) for key, item in data.items()})


@cache
def _hints(kind: type[DataclassInstance]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {item.name: hints[item.name] for item in fields(kind)}


def _data(value: Any, name: str, depth: int) -> Any:
    """Return data of JSON whose texts are whole and which is not too deep."""
    if depth > DEEPEST:
        raise ModelFileError(f"{name} is deeper than {DEEPEST} levels")
    if isinstance(value, dict):
        return {_text(key, name): _data(item, name, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_data(item, name, depth + 1) for item in value]
    return _text(value, name) if isinstance(value, str) else value


def _is_number(value: Any) -> bool:
    if isinstance(value, dict):
        return list(value) == ["number"]
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(value: Any, name: str) -> float:
    if isinstance(value, dict):
        told = value["number"]
        if not isinstance(told, str) or told not in NOT_FINITE:
            raise ModelFileError(f"{name} is {str(told)[:80]!r}, which is no number")
        return NOT_FINITE[told]
    try:
        return float(value)
    except OverflowError:
        raise ModelFileError(f"{name} is a number that no float holds") from None


def _text(value: str, name: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ModelFileError(f"{name} holds half of a character") from None
    return value
