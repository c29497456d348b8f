"""A table in several files: a folder of them, or a pattern such as shards/*.parquet."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cutaway.errors import InputError

# What a folder's files must end in to be taken for parts of a table; of a pattern a person says so.
SHARDS = re.compile(r"\.(csv|tsv|tab|parquet|pq|jsonl|ndjson)(\.(gz|bz2|xz|zip))?$", re.IGNORECASE)
CHUNK = 1 << 20  # bytes that are copied at a time


def shards_of(path: str | os.PathLike[str]) -> list[Path] | None:
    """Return the files of a folder or of a pattern (`*`, `?`, `[…]`, `**` for folders below), by name; None for a file.

    In a folder those count that are named as tables, hidden ones left out. `part-2` comes before `part-10`. Raises
    `InputError` for a pattern that no file fits.

    >>> shards_of("houses.csv") is None
    True
    """
    place = Path(path)
    try:
        folder, there = place.is_dir(), place.exists()
    except OSError:  # whoever opens it will say what is wrong with it
        return None
    if folder:
        found = [each for each in place.iterdir() if SHARDS.search(each.name) and each.name[0] not in "._"]
        return sorted(found, key=_in_order) or None
    if there or not glob.has_magic(str(path)):
        return None
    found = [each for each in _fitting(path) if each.is_file()]
    if not found:
        raise InputError(f"{path}: no file fits this pattern; check the folder, and put it in quotes: '{path}'")
    return sorted(found, key=_in_order)


def is_there(path: str | os.PathLike[str]) -> bool:
    """Whether there is a file, a folder, or what fits a pattern."""
    return Path(path).exists() or (glob.has_magic(str(path)) and bool(_fitting(path)))


def put_together(parts: Sequence[tuple[Path, Path]], target: Path, header: bool) -> None:
    """Write texts one after another, of all but the first without its first line where that is a header.

    parts   the files, unpacked and in UTF-8, each with its own name for messages

    Raises `InputError` for a part whose header differs from the first one's.
    """
    first = b""
    with target.open("wb") as whole:
        for number, (ready, original) in enumerate(parts):
            with ready.open("rb") as part:
                if header:
                    line = part.readline()
                    if number and line.strip() != first.strip():
                        raise InputError(
                            f"{original}: its first line is {_shown(line)}, that of {parts[0][1].name} "
                            f"{_shown(first)}; all parts of a table need the same columns in the same order"
                        )
                    if not number:
                        first = line
                        whole.write(line)
                ended = True
                while chunk := part.read(CHUNK):
                    whole.write(chunk)
                    ended = chunk.endswith(b"\n")
                if not ended:
                    whole.write(b"\n")


def check_alike(names: Sequence[Sequence[str]], parts: Sequence[Path]) -> None:
    """Raise `InputError` for a part that has other columns than the first, whatever their order."""
    for own, part in zip(names, parts, strict=True):
        if set(own) != set(names[0]):
            missing, more = sorted(set(names[0]) - set(own)), sorted(set(own) - set(names[0]))
            said = [f"lacks {missing}"] * bool(missing) + [f"has {more} besides"] * bool(more)
            raise InputError(
                f"{part}: {' and '.join(said)}, unlike {parts[0].name}; all parts of a table need the same columns"
            )


def check_kinds(
    types: Sequence[Mapping[str, str]],
    parts: Sequence[Path],
    kind: Callable[[str], str],
    filled: Callable[[int, str], bool],
) -> None:
    """Raise `InputError` for a part that has other values in a column than an earlier one, such as text for numbers.

    types    of each part, the type of each column
    kind     which kind of value a type is; types of one kind are read as one
    filled   whether the part at a place has a value in a column: without one, its type says nothing
    """
    for name in types[0]:
        if len({kind(own[name]) for own in types}) == 1:
            continue
        first: int | None = None
        for place, own in enumerate(types):
            if not filled(place, name):
                continue
            if first is None:
                first = place
            elif kind(own[name]) != kind(types[first][name]):
                raise InputError(
                    f"{parts[place]}: column '{name}' is {own[name]}, in {parts[first].name} it is "
                    f"{types[first][name]}; all parts of a table need the same kind of value in a column: write one "
                    "of them anew"
                )


def _fitting(pattern: str | os.PathLike[str]) -> list[Path]:
    return [Path(each) for each in glob.glob(str(pattern), recursive=True)]  # noqa: PTH207 - of an absolute one, too


def _in_order(place: Path) -> list[tuple[int, str]]:
    """Return what sorts names with numbers by these.

    >>> sorted([Path("p10"), Path("p2")], key=_in_order)
    [PosixPath('p2'), PosixPath('p10')]
    """
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", str(place)) if part]


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "replace").strip()
    return repr(text if len(text) <= 60 else text[:59] + "…")
