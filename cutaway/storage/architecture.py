"""Layers as data: what a network is made of, written down and made again, without any code from a file."""

from __future__ import annotations

import collections.abc
import inspect
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from cutaway import layers, schedules
from cutaway.errors import InputError
from cutaway.layers import Activation, Initializer, Layer
from cutaway.schedules import Schedule

DEEPEST = 64  # layers within layers
MOST_PIECES = 10_000  # layers, initializers and schedules in one network
LONGEST_LIST = 10_000
LONGEST_TEXT = 10_000


class ModelFileError(InputError):
    """A model file that cannot be used: damaged, of another version, or made of something unknown."""


def _own_kinds(base: type, module: types.ModuleType) -> dict[str, type]:
    abstract = (Layer, Initializer, Activation, Schedule)
    listed = ((name, getattr(module, name)) for name in module.__all__)
    return {
        name: kind
        for name, kind in listed
        if isinstance(kind, type) and issubclass(kind, base) and kind not in abstract
    }


LAYERS: dict[str, type] = _own_kinds(Layer, layers)
"""Every layer a file may ask for, by name."""

INITIALIZERS: dict[str, type] = _own_kinds(Initializer, layers)
"""Every initializer a file may ask for, by name."""

SCHEDULES: dict[str, type] = _own_kinds(Schedule, schedules)
"""Every schedule a file may ask for, by name."""


# ---- from layers to data ----------------------------------------------------------------------------------


def describe(network: Layer) -> dict[str, Any]:
    """Return the network's layers and their arguments as data for JSON; no weights.

    A layer that is used twice is described once and then referred to by its place in the order of completion.
    Raises `InputError` for an argument that is no plain value, layer, initializer or schedule.

    >>> describe(layers.Dropout(0.25))
    {'layer': 'Dropout', 'arguments': {'rate': 0.25}}
    """
    seen: dict[int, int] = {}
    return _described_layer(network, seen)


def _described_layer(layer: Layer, seen: dict[int, int]) -> dict[str, Any]:
    if id(layer) in seen:
        return {"same": seen[id(layer)]}
    name = type(layer).__name__
    try:
        arguments = layer.arguments()
    except AttributeError as fault:
        raise InputError(f"{name} cannot be saved: {fault}") from fault
    described: dict[str, Any] = {"layer": name}
    if LAYERS.get(name) is not type(layer):
        described["own"] = True
    described["arguments"] = {
        key: _described(value, f"{name}: the argument {key}", seen) for key, value in arguments.items()
    }
    seen[id(layer)] = len(seen)
    return described


def _described(value: Any, place: str, seen: dict[int, int]) -> Any:
    if isinstance(value, Layer):
        return _described_layer(value, seen)
    for sort in ("initializer", "schedule"):
        if isinstance(value, _BASES[sort]):
            return _described_piece(sort, value, place, seen)
    if isinstance(value, (np.integer, np.floating, np.bool_)):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and np.isfinite(value)):
        return value
    if isinstance(value, (list, tuple)):
        return [_described(item, place, seen) for item in value]
    raise InputError(
        f"{place} is {value!r}, which cannot be saved as data; use finite numbers, text, lists, layers, "
        "initializers or schedules as arguments"
    )


def _described_piece(sort: str, value: Any, place: str, seen: dict[int, int]) -> dict[str, Any]:
    """Describe an initializer or a schedule: a dataclass, whose fields are its arguments."""
    name = type(value).__name__
    if not is_dataclass(type(value)):
        raise InputError(f"{place}: the {sort} {name} cannot be saved; make it a dataclass")
    described: dict[str, Any] = {sort: name}
    if _KNOWN[sort].get(name) is not type(value):
        described["own"] = True
    described["arguments"] = {
        item.name: _described(getattr(value, item.name), f"{place}: {name}.{item.name}", seen) for item in fields(value)
    }
    return described


# ---- from data to layers ----------------------------------------------------------------------------------


def rebuild(data: object, own: Iterable[type] = ()) -> Layer:
    """Return new layers, without weights, from what `describe` returned.

    Only the layers, initializers and schedules of this package are made, and those in `own`. Raises
    `ModelFileError` for anything else: an unknown kind, an argument that is missing, unknown, or of the wrong type or
    range.

    >>> rebuild({"layer": "Dropout", "arguments": {"rate": 0.25}})
    Dropout(rate=0.25)
    """
    given: dict[str, type] = {}
    for kind in own:
        if not isinstance(kind, type) or not issubclass(kind, tuple(_BASES.values())):
            raise InputError(f"layers: got {kind!r}, expected classes derived from cutaway.Layer")
        given[kind.__name__] = kind
    made = _Maker(given).value(data, 0)
    if not isinstance(made, Layer):
        raise ModelFileError(f"the network is described as {type(made).__name__}, expected a layer")
    return made


@dataclass
class _Maker:
    own: Mapping[str, type]
    layers: list[Layer] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)  # pieces of each, those used again counted again
    pieces: int = 0

    def value(self, data: object, depth: int) -> Any:
        if depth > DEEPEST:
            raise ModelFileError(f"the network's description is nested more than {DEEPEST} deep")
        if isinstance(data, list):
            if len(data) > LONGEST_LIST:
                raise ModelFileError(f"the network's description holds a list of {len(data)} items")
            return tuple(self.value(item, depth + 1) for item in data)
        if isinstance(data, dict):
            return self.piece(data, depth)
        if isinstance(data, str) and len(data) > LONGEST_TEXT:
            raise ModelFileError(f"the network's description holds a text of {len(data)} characters")
        return data

    def piece(self, data: dict[Any, Any], depth: int) -> Any:
        before = self.pieces
        self._count(1)
        if data.keys() == {"same"}:
            place = data["same"]
            if not isinstance(place, int) or isinstance(place, bool) or not 0 <= place < len(self.layers):
                raise ModelFileError(f"the network's description refers to layer {place!r}, which is not there")
            # A layer of two that are each two of … takes as long to run as if all were written out.
            self._count(self.sizes[place])
            return self.layers[place]
        sort = next((sort for sort in _BASES if sort in data), "layer")
        if data.keys() - {"own"} != {sort, "arguments"} or data.get("own", True) is not True:
            raise ModelFileError(
                f"the network's description has a piece with {sorted(map(str, data))}; expected 'layer', "
                "'initializer' or 'schedule', and 'arguments'"
            )
        kind = self.kind(sort, data[sort], "own" in data)
        arguments = data["arguments"]
        if not isinstance(arguments, dict):
            raise ModelFileError(f"{data[sort]}: arguments are {type(arguments).__name__}, expected an object")
        made = _made(kind, {name: self.value(item, depth + 1) for name, item in arguments.items()})
        if isinstance(made, Layer):
            self.layers.append(made)
            self.sizes.append(self.pieces - before)
        return made

    def _count(self, pieces: int) -> None:
        self.pieces += pieces
        if self.pieces > MOST_PIECES:
            raise ModelFileError(f"the network's description has more than {MOST_PIECES} layers")

    def kind(self, sort: str, name: object, own: bool) -> type:
        known = (
            {name: kind for name, kind in self.own.items() if issubclass(kind, _BASES[sort])} if own else _KNOWN[sort]
        )
        if not isinstance(name, str) or name not in known:
            if own:
                raise ModelFileError(
                    f"the network has a {sort} of someone's own, {name!r}; give its class: load(path, layers=[{name}])"
                )
            raise ModelFileError(f"the network has a {sort} {name!r}, which this version does not know")
        return known[name]


_BASES: dict[str, type] = {"layer": Layer, "initializer": Initializer, "schedule": Schedule}
_KNOWN = {"layer": LAYERS, "initializer": INITIALIZERS, "schedule": SCHEDULES}


def _made(kind: type, arguments: Mapping[str, Any]) -> Any:
    """Return `kind(**arguments)` after checking names and types."""
    name = kind.__name__
    signature = inspect.signature(kind)
    # An argument that came later may be missing in a file of before: then its default, the old behaviour, is meant.
    due = {key for key, parameter in signature.parameters.items() if parameter.default is inspect.Parameter.empty}
    if not due <= arguments.keys() <= signature.parameters.keys():
        raise ModelFileError(f"{name}: arguments {sorted(arguments)}, expected {sorted(signature.parameters)}")
    try:
        # Those of a class made inside a function may not be found by name; then only the values are checked.
        hints = get_type_hints(kind.__init__)  # type: ignore[misc]
    except NameError:
        hints = {}
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for key, parameter in signature.parameters.items():
        if key not in arguments:
            continue
        value = arguments[key]
        hint = hints.get(key, Any)
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            if not isinstance(value, tuple) or not all(_fits(item, hint) for item in value):
                raise ModelFileError(f"{name}: {key} is {value!r}, expected a list of {_told(hint)}")
            positional.extend(value)
            continue
        if not _fits(value, hint):
            raise ModelFileError(f"{name}: {key} is {value!r}, expected {_told(hint)}")
        named[key] = value
    try:
        return kind(*positional, **named)
    except (ValueError, TypeError, ArithmeticError) as fault:
        raise ModelFileError(str(fault)) from fault


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is of an annotated type; an annotation that is not understood accepts everything."""
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint is None or hint is type(None):
        return value is None
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, option) for option in get_args(hint))
    if origin in (tuple, list, collections.abc.Sequence):
        items = [option for option in get_args(hint) if option is not Ellipsis]
        fixed = origin is tuple and Ellipsis not in get_args(hint)
        if not isinstance(value, tuple) or (fixed and len(value) != len(items)):
            return False
        options = items if fixed else (items or [Any]) * len(value)
        return all(_fits(item, option) for item, option in zip(value, options, strict=True))
    return isinstance(value, hint) if isinstance(hint, type) and hint is not Any else True


def _told(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and hint is not Any else str(hint).replace("collections.abc.", "")
