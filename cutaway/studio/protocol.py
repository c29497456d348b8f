"""The studio's messages as bytes: JSON whose arrays lie beside it as buffers; docs/guides/studio_protocol.md."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cutaway.errors import InputError

# Types of arrays on the way, by their name in a message; all little-endian.
TYPES = {"f4": "<f4", "f8": "<f8", "i4": "<i4", "u1": "<u1"}
NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
MOST_BYTES = 64 << 20  # of one message to Python
DEEPEST = 40  # levels of a message to Python

Buffers = list[bytes]


def packed(content: Any) -> tuple[Any, Buffers]:
    """Return content as data for JSON, and its arrays as buffers.

    Arrays of floats keep their width, whole numbers become i4, bytes u1; numbers of NumPy become Python's.
    Raises `TypeError` for what has no form in a message.

    >>> packed({"w": np.array([1.0], np.float32), "loss": float("nan")})
    ({'w': {'$array': 0, 'shape': [1], 'type': 'f4'}, 'loss': {'$number': 'nan'}}, [b'\\x00\\x00\\x80?'])
    """
    buffers: Buffers = []

    def plain(value: Any) -> Any:
        if value is None or isinstance(value, (str, bool, int)):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else {"$number": _name(value)}
        if isinstance(value, Mapping):
            return {str(name): plain(part) for name, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(part) for part in value]
        if isinstance(value, np.ndarray):
            kind = _type_of(value)
            buffers.append(np.ascontiguousarray(value, TYPES[kind]).tobytes())
            return {"$array": len(buffers) - 1, "shape": list(value.shape), "type": kind}
        if isinstance(value, np.generic):
            return plain(value.item())
        raise TypeError(f"a message cannot hold a {type(value).__name__}")

    return plain(content), buffers


def unpacked(content: Any, buffers: Sequence[Any]) -> Any:
    """Return content with its arrays and numbers put back; what `packed` made.

    Raises `InputError` for arrays that are not there, or have another size than they say.

    >>> unpacked({"x": {"$array": 0, "shape": [2], "type": "u1"}}, [b"ab"])["x"].tolist()
    [97, 98]
    """

    def whole(value: Any, depth: int) -> Any:
        if depth > DEEPEST:
            raise InputError(f"message: nested more than {DEEPEST} levels deep; expected a flat request")
        if isinstance(value, list):
            return [whole(part, depth + 1) for part in value]
        if not isinstance(value, dict):
            return value
        if "$number" in value:
            name = value["$number"]
            if not isinstance(name, str) or name not in NOT_FINITE:
                raise InputError(f"message: got the number {name!r}; expected nan, inf or -inf")
            return NOT_FINITE[name]
        if "$array" in value:
            return _array(value, buffers)
        return {name: whole(part, depth + 1) for name, part in value.items()}

    return whole(content, 0)


def as_frame(content: Any, buffers: Sequence[bytes]) -> bytes:
    """Return one message as the bytes of one WebSocket frame: length of the header, header, buffers.

    >>> data = as_frame({"do": "open"}, [b"xy"])
    >>> int.from_bytes(data[:4], "little"), data[4:]
    (39, b'{"content":{"do":"open"},"buffers":[2]}xy')
    """
    header = json.dumps(
        {"content": content, "buffers": [len(buffer) for buffer in buffers]},
        separators=(",", ":"), ensure_ascii=False, allow_nan=False,
    ).encode()  # fmt: skip
    return b"".join((len(header).to_bytes(4, "little"), header, *buffers))


def from_frame(data: bytes) -> tuple[Any, Buffers]:
    """Return content and buffers of a frame; `InputError` where it cannot be read.

    >>> from_frame(as_frame({"id": 1}, [b"ab", b"c"]))
    ({'id': 1}, [b'ab', b'c'])
    """
    if len(data) > MOST_BYTES:
        raise InputError(f"message: got {len(data):,} bytes; expected at most {MOST_BYTES:,}")
    end = 4 + int.from_bytes(data[:4], "little")
    if len(data) < 4 or end > len(data):
        raise InputError(f"message: got {len(data)} bytes; expected a header and its length before it")
    try:
        header = json.loads(data[4:end])
        content, lengths = header["content"], header["buffers"]
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise InputError("message: the header is not JSON with content and buffers") from fault
    right = isinstance(lengths, list) and all(type(length) is int and length >= 0 for length in lengths)
    if not right or end + sum(lengths) != len(data):
        raise InputError("message: the buffers are not as long as the header says")
    buffers, begin = [], end
    for length in lengths:
        buffers.append(data[begin : begin + length])
        begin += length
    return content, buffers


def _type_of(array: np.ndarray) -> str:
    kind = array.dtype.kind
    if kind == "f":
        return "f8" if array.dtype.itemsize > 4 else "f4"
    if kind == "b" or array.dtype == np.uint8:
        return "u1"
    if kind in "iu":
        return "i4"
    raise TypeError(f"a message cannot hold an array of {array.dtype}")


def _name(value: float) -> str:
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def _array(told: dict[str, Any], buffers: Sequence[Any]) -> np.ndarray:
    place, shape, kind = told.get("$array"), told.get("shape"), told.get("type")
    sizes = isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape)
    if type(place) is not int or not 0 <= place < len(buffers) or not sizes or kind not in TYPES:
        raise InputError(f"message: no such array: {str(told)[:80]}")
    array = np.frombuffer(bytes(buffers[place]), TYPES[kind])
    if array.size != math.prod(shape or ()):
        raise InputError(f"message: array {place} holds {array.size} numbers, its shape says {shape}")
    return array.reshape(shape or ())
