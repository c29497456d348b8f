"""Which files of a folder hold pictures, of which class each is, and what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif")
"""Endings of files that hold a picture; files with another ending are looked into."""

SIGNATURES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"BM", b"RIFF", b"GIF8")
IGNORED = frozenset({"__macosx", "thumbs.db", "desktop.ini", "ehthumbs.db"})
"""What systems leave in folders, and nobody means."""

PARTS = {"train": 0, "training": 0, "val": 1, "valid": 1, "validation": 1, "test": 2, "testing": 2}
"""Names of folders that say what their pictures are for: 0 to learn from, 1 to watch, 2 to test on."""


NAMED = 5  # folders without pictures are named up to so many


@dataclass
class Listed:
    """The files of a folder: (path, class, part), whether folders say the part, and what is passed over."""

    files: list[tuple[Path, str, int]] = field(default_factory=list)
    divided: bool = False
    skipped: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def list_folder(place: Path) -> Listed:
    """Return the files that may hold a picture, by class, without opening those whose name says so."""
    found = Listed()
    folders = _folders(place)
    for folder in folders:
        if folder.name.lower() in PARTS and PARTS[folder.name.lower()] == 0:
            classes, direct = hold_pictures(folder)
            found.divided = classes and not direct
    tops = [(folder, PARTS.get(folder.name.lower())) for folder in folders] if found.divided else [(place, 0)]
    empty: list[str] = []
    for top, part in tops:
        if part is None:
            found.notes.append(f"the folder '{top.name}' beside the one to learn from is left out")
            continue
        for folder in _folders(top):
            paths = list(_pictures_in(folder, skipped=(found.skipped, place)))
            found.files += [(path, folder.name, part) for path in paths]
            if not paths:
                empty.append(inside(folder, place))
    if empty:
        found.notes.append(no_classes(empty))
    loose = sum(1 for _ in _pictures_in(place, deep=False))
    if loose:
        found.notes.append(f"{loose:,} picture(s) in no folder of a class left out")
    return found


def no_classes(empty: list[str]) -> str:
    """Return what to say of folders where classes are expected that hold no picture.

    >>> no_classes(["bird"])
    "no picture in the folder 'bird', which is no class, then"
    """
    more = f" and {len(empty) - NAMED:,} more" if len(empty) > NAMED else ""
    shown = ", ".join(map(repr, empty[:NAMED])) + more
    if len(empty) == 1:
        return f"no picture in the folder {shown}, which is no class, then"
    return f"no picture in {len(empty):,} folders, which are no classes, then: {shown}"


def hold_pictures(place: Path) -> tuple[bool, bool]:
    """Return whether folders inside hold what may be a picture, at any depth, and whether the folder itself does.

    One of each is enough: there may be very many.
    """
    inside = any(True for folder in _folders(place) for _ in _pictures_in(folder))
    return inside, any(True for _ in _pictures_in(place, deep=False))


def files_in(place: Path) -> tuple[list[Path], list[tuple[str, str]]]:
    """Return every file in a folder, at any depth, that may hold a picture, by name, and others with the reason."""
    skipped: list[tuple[str, str]] = []
    return list(_pictures_in(place, skipped=(skipped, place))), skipped


def _folders(place: Path) -> list[Path]:
    held = [path for path in place.iterdir() if not _ignored(path) and path.is_dir()]
    return sorted(held, key=lambda path: path.name)


def _pictures_in(
    folder: Path, *, deep: bool = True, skipped: tuple[list[tuple[str, str]], Path] | None = None
) -> Iterator[Path]:
    """Give the files of a folder that may hold a picture; what is passed over goes to `skipped`."""
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if _ignored(path):
            continue
        if path.is_dir():
            if deep and not path.is_symlink():  # a link may lead round in a circle
                yield from _pictures_in(path, skipped=skipped)
        elif path.suffix.lower() in PICTURES or _signed(path):
            yield path
        elif skipped is not None:
            skipped[0].append((inside(path, skipped[1]), "is no picture in png, jpeg, bmp, webp or gif"))


def _ignored(path: Path) -> bool:
    return path.name.startswith(".") or path.name.lower() in IGNORED


def _signed(path: Path) -> bool:
    """Whether a file begins as a picture does, whatever its name ends in."""
    if not path.is_file():  # to read a pipe would be to wait for someone to write
        return False
    try:
        with path.open("rb") as file:
            return file.read(8).startswith(SIGNATURES)
    except OSError:
        return False


def inside(path: Path, place: Path) -> str:
    """Return where a file is in a folder, its parts set apart by slashes."""
    return path.relative_to(place).as_posix()
