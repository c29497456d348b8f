"""Files as an enemy, or a bad disk, might leave them: bytes and JSON changed at random, by a seed."""

from __future__ import annotations

import json
import math
import random
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

INTERESTING = [0, 1, 0x20, 0x22, 0x2C, 0x5B, 0x5C, 0x5D, 0x7B, 0x7D, 0x7F, 0x80, 0xFF]
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 2, 63, 255, 2**31 - 1, 2**31, 2**63, 10**30, 0.5, -0.0, 1e308, "", "x", "os.system",
    "\u0000", "\ud800", "Dense", "Layer", "../../etc/passwd", "x" * 5000, [], [[]], {}, {"layer": "Dense"},
    {"same": 0}, [0] * 300, {"layer": "ReLU", "arguments": {}}, "nan", "NaN", "2020-01-01",
]  # fmt: skip
TEXTS = ["NaN", "Infinity", "-Infinity", "1e999", "[" * 5000, '{"a":' * 3000, '{"a":1,"a":2}', "]", "\x00", "1" * 5000]


def bytes_changed(content: bytes, chance: random.Random) -> bytes:
    """Return the bytes with a few changes: flips, cuts, insertions, blocks repeated, moved or from elsewhere."""
    changed = bytearray(content)
    for _ in range(chance.choice([1, 1, 1, 2, 4, 16])):
        size = len(changed)
        at = chance.randrange(size + 1)
        length = min(chance.choice([1, 1, 2, 4, 8, 64, 1000]), max(0, size - at))
        kind = chance.randrange(8)
        if kind == 0 and at < size:
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 1 and at < size:
            changed[at] = chance.choice(INTERESTING)
        elif kind == 2:
            del changed[at : at + length]
        elif kind == 3:
            changed[at:at] = bytes(chance.randrange(256) for _ in range(chance.choice([1, 2, 8, 100])))
        elif kind == 4:
            changed[at:at] = changed[at : at + length] * chance.choice([1, 2, 50])
        elif kind == 5:
            block, to = changed[at : at + length], chance.randrange(size + 1)
            del changed[at : at + length]
            changed[to:to] = block
        elif kind == 6:
            del changed[at:]
        elif at + 8 <= size:
            changed[at : at + 8] = struct.pack("<q", chance.choice([0, -1, 1, 2**31, 2**62, size, size - 8]))
    return bytes(changed)


def json_changed(text: str, chance: random.Random) -> str:
    """Return JSON with a few values, keys or pieces of it changed."""
    data = json.loads(text)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        places = list(_places(data))
        if not places:
            return json.dumps(chance.choice(VALUES))
        inside, key = chance.choice(places)
        kind = chance.randrange(6)
        if kind <= 1:
            inside[key] = chance.choice(VALUES)
        elif kind == 2:
            del inside[key]
        elif kind == 3:
            other, name = chance.choice(places)
            inside[key] = other[name]
        elif kind == 4 and isinstance(inside, dict):
            inside[str(chance.choice(VALUES))] = inside[key]
        elif kind == 4:
            inside.insert(key, inside[key])
        elif isinstance(inside[key], (int, float)) and not isinstance(inside[key], bool):
            inside[key] = inside[key] * chance.choice([-1, 0, 2, 1000, 1e9]) + chance.choice([0, 1, -1])
        else:
            inside[key] = [inside[key]]
        if len(changed := _written(data)) > 1_000_000:  # values put into themselves
            return changed[:1_000_000]
    changed = _written(data)
    if not chance.randrange(6):
        at = chance.randrange(len(changed) + 1)
        changed = changed[:at] + chance.choice(TEXTS) + changed[at + chance.choice([0, 1, 4]) :]
    return changed


def _written(data: Any) -> str:
    try:
        return json.dumps(data)
    except (ValueError, RecursionError):  # a piece was put into itself
        return "{"


def _places(data: Any) -> Any:
    """Yield (container, key) of every value inside; none twice, though a piece may be in several places."""
    stack, seen = [data], set()
    while stack:
        inside = stack.pop()
        if id(inside) in seen or not isinstance(inside, (dict, list)):
            continue
        seen.add(id(inside))
        for key in list(inside) if isinstance(inside, dict) else range(len(inside)):
            yield inside, key
            stack.append(inside[key])


def tensors_changed(content: bytes, chance: random.Random) -> bytes:
    """Return a safetensors file with its list of arrays, or the JSON that is our own entry of it, changed."""
    (size,) = struct.unpack("<Q", content[:8])
    text, rest = content[8 : 8 + size].decode(), content[8 + size :]
    if chance.randrange(4):
        header = json.loads(text)
        entry = chance.choice(list(header["__metadata__"]))
        header["__metadata__"][entry] = json_changed(header["__metadata__"][entry], chance)
        text = json.dumps(header)
    else:
        text = json_changed(text, chance)
    if not chance.randrange(8):
        rest = bytes_changed(rest, chance)
    head = text.encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(head)) + head + rest


NUMBERS = [0.0, -0.0, 1.0, -1.0, 1e-320, 1e-30, 1e30, 1e160, 1e308, -1e308, math.inf, -math.inf, math.nan]


def numbers_changed(content: bytes, chance: random.Random) -> bytes:
    """Return a safetensors file of which a few numbers of the arrays are others, or now and then as `tensors_changed`.

    What is read goes on to be computed with, where a file is refused before.
    """
    if not chance.randrange(4):
        return tensors_changed(content, chance)
    (size,) = struct.unpack("<Q", content[:8])
    listed = json.loads(content[8 : 8 + size])
    arrays = [entry for name, entry in listed.items() if name != "__metadata__"]
    changed = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 20])):
        entry = chance.choice(arrays)
        kind = {"F32": "<f", "F64": "<d"}.get(entry["dtype"], "<q")
        width = struct.calcsize(kind)
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        at = begin + width * chance.randrange(max(1, (end - begin) // width))
        number = chance.choice(NUMBERS) if kind != "<q" else chance.choice([0, -1, 1, 7, 2**31, 2**62])
        with suppress(OverflowError, struct.error):  # larger than single precision has
            changed[at : at + width] = struct.pack(kind, number)
    return bytes(changed)


def lines_changed(content: bytes, chance: random.Random) -> bytes:
    """Return lines of JSON with one of them changed."""
    lines = content.decode().split("\n")
    at = chance.randrange(len(lines))
    if lines[at]:
        lines[at] = json_changed(lines[at], chance)
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def one_json_changed(content: bytes, chance: random.Random) -> bytes:
    """Return a file of JSON changed."""
    return json_changed(content.decode(), chance).encode("utf-8", "surrogatepass")


def changed(content: bytes, seed: int, knowing: Callable[[bytes, random.Random], bytes] | None) -> bytes:
    """Return a file changed by a seed: half of the time by one who knows what it is made of, else byte by byte."""
    chance = random.Random(seed)
    if knowing is not None and chance.randrange(2):
        return knowing(content, chance)
    return bytes_changed(content, chance)
