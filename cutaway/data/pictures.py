"""Pictures with a class each: read from a folder that has one folder a class, or from a file of arrays."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.picture_arrays import ARRAY_FILES, Arrays, read_arrays
from cutaway.data.picture_encoder import PictureEncoder
from cutaway.data.picture_files import Look, Pixels, look_at, quietly
from cutaway.data.picture_folders import PICTURES, files_in, inside, list_folder
from cutaway.data.targets import Label
from cutaway.errors import InputError

NAMED = 5  # files that are no pictures are named up to so many, and then counted
FEW = 64  # files are told about after so many

Told = Callable[[int, int], None]
"""Hears how many of how many files have been read."""


@dataclass
class Pictures:
    """Pictures, read and of one size.

    pixels    uint8 (n, height, width, channels)
    labels    the class of each, (n,), text or whole numbers
    parts     what each is for, (n,): 0 to learn from, 1 to watch, 2 to test on; None where that is not said
    names     of the files, relative to the folder, or the places in the arrays, (n,)
    encoder   how more of them become such pixels
    source    where they come from, for messages
    sizes     the sizes that arrived, most common first: ((height, width), count)
    skipped   files that are none, or damaged: (name, reason)
    notes     what a person should know about the reading
    digests   of each file's bytes, by which equal ones are found
    """

    pixels: Pixels
    labels: NDArray[Any]
    parts: NDArray[np.int8] | None
    names: list[str]
    encoder: PictureEncoder
    source: str
    sizes: list[tuple[tuple[int, int], int]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)

    @property
    def classes(self) -> dict[Label, int]:
        """How many pictures each class has, in ascending order of the classes."""
        counted = Counter(self.labels.tolist())
        return {label: counted[label] for label in sorted(counted)}

    def fingerprint(self) -> str:
        """Return the SHA-256 of names, classes and files, in the order of the names."""
        digest = hashlib.sha256()
        each = zip(self.names, self.labels.tolist(), self.digests, strict=True)
        for name, label, content in sorted(each, key=lambda item: item[0]):
            digest.update(repr((name, label)).encode() + content)
        return f"sha256:{digest.hexdigest()}"


def read_pictures(
    data: str | os.PathLike[str], *, largest: int = 64, size: int | None = None, told: Told | None = None
) -> Pictures:
    """Read a folder of pictures, or a file of arrays (.npz, IDX).

    largest   the side of a picture in pixels above which all are made smaller
    size      the side that all are given, whatever theirs (None: theirs where all are the same, else their median)
    told      hears of the progress

    A folder has a folder for each class, whose name is the class; or folders train and test (and val) that do. Files
    that are no pictures, or damaged, are passed over and listed. Raises `InputError` where there are no pictures, or
    they are all of one class.
    """
    place = Path(data)
    try:
        if place.is_dir():
            found = _read_folder(place, largest, size, told)
        elif ARRAY_FILES.search(place.name) and place.is_file():
            found = _of_arrays(read_arrays(place), str(place), largest, size)
        else:
            what = "is neither a folder of pictures nor a file of arrays (.npz, IDX)"
            raise InputError(f"{place}: {what if place.exists() else 'there is no such folder or file'}")
    except OSError as fault:
        raise InputError(f"{place}: cannot be read: {fault.strerror or fault}") from fault
    _check_classes(found)
    found.notes += _about(found)
    return found


# ---- a folder -------------------------------------------------------------------------------------------------


def _read_folder(place: Path, largest: int, size: int | None, told: Told | None) -> Pictures:
    listed = list_folder(place)
    files, skipped = listed.files, list(listed.skipped)
    if not files:
        raise InputError(
            f"{place}: holds no pictures in folders; expected one folder of pictures for each class "
            f"({', '.join(PICTURES)}){_named(skipped)}"
        )
    paths = [path for path, _, _ in files]
    looks: list[Look | str] = list(_each(_look, paths, told, 0, 2 * len(paths)))
    seen = [look for look in looks if isinstance(look, Look)]
    if not seen:
        bad = [(inside(path, place), str(look)) for path, look in zip(paths, looks, strict=True)]
        raise InputError(f"{place}: no file holds a picture that can be read{_named(bad + skipped)}")
    colour = any(look.colour for look in seen)
    height, width = common_size([(look.height, look.width) for look in seen], largest, size)
    encoder = PictureEncoder(height, width, 3 if colour else 1)
    good = [number for number, look in enumerate(looks) if isinstance(look, Look)]
    pixels = np.empty((len(good), height, width, encoder.channels), np.uint8)

    def read(place: tuple[int, Path]) -> bytes | str:
        row, path = place
        try:
            content = path.read_bytes()
            pixels[row] = encoder.encode_file(content)
        except (InputError, OSError) as fault:
            return str(fault)
        return hashlib.blake2b(content, digest_size=16).digest()

    rows = [(row, paths[number]) for row, number in enumerate(good)]
    digests = list(_each(read, rows, told, len(paths), len(paths) + len(rows)))
    kept = [row for row, digest in enumerate(digests) if isinstance(digest, bytes)]
    for number, look in enumerate(looks):
        if isinstance(look, str):
            skipped.append((inside(paths[number], place), look))
    for row, digest in enumerate(digests):
        if isinstance(digest, str):
            skipped.append((inside(paths[good[row]], place), digest))
    if not kept:
        raise InputError(f"{place}: no file holds a picture that can be read{_named(skipped)}")
    if len(kept) < len(pixels):
        pixels = pixels[kept]
    taken = [files[good[row]] for row in kept]
    if colour and _all_gray(pixels):
        pixels, encoder = np.ascontiguousarray(pixels[..., :1]), PictureEncoder(height, width, 1)
    white = sum(look.transparent for look in seen)
    sizes = Counter((look.height, look.width) for look in seen)
    return Pictures(
        pixels=pixels,
        labels=np.array([label for _, label, _ in taken], dtype=object),
        parts=np.array([part for _, _, part in taken], np.int8) if listed.divided else None,
        names=[inside(path, place) for path, _, _ in taken],
        encoder=encoder,
        source=str(place),
        sizes=sizes.most_common(),
        skipped=sorted(skipped),
        notes=[*listed.notes, *([f"{white:,} picture(s) with transparent parts, put on white"] if white else [])],
        digests=[digest for digest in digests if isinstance(digest, bytes)],
    )


def decode_files(
    paths: list[Path], encoder: PictureEncoder, told: Told | None = None
) -> tuple[Pixels, list[str], list[tuple[str, str]]]:
    """Return the pixels of files and of all files in folders, their names, and those passed over with the reason.

    A file in a folder is named by its place there. Raises `InputError` for a path at which there is nothing.
    """
    files: list[tuple[Path, str]] = []
    skipped: list[tuple[str, str]] = []
    for path in paths:
        if path.is_dir():
            held, others = files_in(path)
            files += [(each, inside(each, path)) for each in held]
            skipped += others
        elif path.exists():
            files.append((path, str(path)))
        else:
            raise InputError(f"{path}: there is no such file or folder")

    def read(file: tuple[Path, str]) -> Pixels | str:
        try:
            return encoder.encode_file(file[0])
        except (InputError, OSError) as fault:
            return str(fault)

    found = list(_each(read, files, told, 0, len(files)))
    good = [row for row, picture in enumerate(found) if not isinstance(picture, str)]
    pixels = np.stack([found[row] for row in good]) if good else encoder.example()[:0]
    skipped += [(files[row][1], picture) for row, picture in enumerate(found) if isinstance(picture, str)]
    return pixels, [files[row][1] for row in good], sorted(skipped)


def _look(path: Path) -> Look | str:
    try:
        return look_at(path)
    except InputError as fault:
        return str(fault)


def _each(work: Callable[[Any], Any], items: list[Any], told: Told | None, done: int, whole: int) -> Iterator[Any]:
    """Give work(item) of each item in order, several at once: decoders leave Python's lock while they work."""
    with quietly(), ThreadPoolExecutor(min(32, (os.cpu_count() or 1) + 1)) as pool:
        for number, result in enumerate(pool.map(work, items), 1):
            if told is not None and (number % FEW == 0 or number == len(items)):
                told(done + number, whole)
            yield result


def _all_gray(pixels: Pixels) -> bool:
    parts = np.array_split(pixels, max(1, len(pixels) // 4096))
    return all(
        np.array_equal(part[..., 0], part[..., 1]) and np.array_equal(part[..., 0], part[..., 2]) for part in parts
    )


def common_size(sizes: list[tuple[int, int]], largest: int, size: int | None) -> tuple[int, int]:
    """Return the height and width for all: theirs, if they are the same, else a square of their median longer side.

    largest   no side becomes longer than that
    size      a side that was asked for: a square, whatever they are

    >>> common_size([(20, 30)] * 3, 64, None), common_size([(20, 30), (50, 40), (90, 90)], 64, None)
    ((20, 30), (50, 50))
    >>> common_size([(200, 100)] * 3, 64, None), common_size([(20, 30)], 64, 16)
    ((64, 32), (16, 16))
    """
    if size is not None:
        return size, size
    if len(set(sizes)) == 1:
        height, width = sizes[0]
        share = min(1.0, largest / max(height, width))
        return max(1, round(height * share)), max(1, round(width * share))
    side = min(largest, max(1, round(float(np.median([max(pair) for pair in sizes])))))
    return side, side


# ---- arrays ---------------------------------------------------------------------------------------------------


def _of_arrays(arrays: Arrays, source: str, largest: int, size: int | None) -> Pictures:
    """Return pictures of arrays, made to fit where they are larger than a network should take."""
    pixels = arrays.pixels
    channels = 1 if pixels.shape[-1] == 3 and _all_gray(pixels) else pixels.shape[-1]
    pixels = pixels[..., :channels]
    arrived = (pixels.shape[1], pixels.shape[2])
    height, width = common_size([arrived], largest, size)
    encoder = PictureEncoder(height, width, channels, arrays.low, arrays.high)
    digests = [hashlib.blake2b(picture.tobytes(), digest_size=16).digest() for picture in pixels]
    if (height, width) != arrived:
        pixels = np.stack([encoder.fitted(picture) for picture in pixels])
    return Pictures(
        pixels=np.ascontiguousarray(pixels), labels=arrays.labels, parts=arrays.parts, names=arrays.names,
        encoder=encoder, source=source, sizes=[(arrived, len(pixels))], notes=list(arrays.notes), digests=digests,
    )  # fmt: skip


# ---- what to say ----------------------------------------------------------------------------------------------


def _check_classes(found: Pictures) -> None:
    learned = found.labels if found.parts is None else found.labels[found.parts == 0]
    classes = sorted(set(learned.tolist()))
    if len(classes) < 2:
        held = f"all {len(learned):,} picture(s) are of the class {classes[0]!r}" if classes else "no picture"
        raise InputError(
            f"{found.source}: {held}; to tell classes apart takes at least two: expected a folder of pictures for each"
        )


def _about(found: Pictures) -> list[str]:
    """Return what a person should know: lone classes, equal files, files passed over."""
    notes = []
    alone = [str(label) for label, count in found.classes.items() if count == 1]
    if alone:
        shown = ", ".join(map(repr, alone[:NAMED])) + (" …" if len(alone) > NAMED else "")
        notes.append(f"one picture only of {shown}: it is learned from, but cannot be tested")
    first: dict[bytes, int] = {}
    unclear = []
    for row, digest in enumerate(found.digests):
        other = first.setdefault(digest, row)
        if found.labels[other] != found.labels[row]:
            unclear.append((found.names[other], found.names[row]))
    if unclear:
        pair = " and ".join(unclear[0])
        notes.append(f"{len(unclear):,} picture(s) stand in two classes, such as {pair}: one of them must be wrong")
    if found.skipped:
        notes.append(f"{len(found.skipped):,} file(s) passed over{_named(found.skipped)}")
    return notes


def _named(skipped: list[tuple[str, str]]) -> str:
    """Return the first few files passed over with the reason, and how many more there are."""
    if not skipped:
        return ""
    more = f"; and {len(skipped) - NAMED:,} more" if len(skipped) > NAMED else ""
    return ": " + "; ".join(f"{name} {reason}" for name, reason in skipped[:NAMED]) + more
