"""Pictures and their classes from files of arrays: NumPy's .npz, and IDX, in which MNIST came."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.picture_encoder import as_bytes, as_pictures, range_of, with_channels
from cutaway.data.picture_files import Pixels
from cutaway.errors import InputError

PREDICTABLE = re.compile(r"\.np[yz]$|idx[13][-.]ubyte(\.gz)?$", re.IGNORECASE)
"""Names of files of arrays that are predicted for: an .npy file holds pictures without their classes."""

ARRAY_FILES = re.compile(r"\.npz$|idx[13][-.]ubyte(\.gz)?$", re.IGNORECASE)
"""Names of files that hold many pictures, or their classes."""

# Names that arrays of pictures and of classes go by, and what stands before them for each part.
PICTURES = ("x", "images", "image", "data", "pictures", "features", "pixels")
CLASSES = ("y", "labels", "label", "target", "targets", "classes", "class")
PARTS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (0, ("train", "training", "")), (1, ("val", "valid", "validation")), (2, ("test", "testing")),
)  # fmt: skip
MOST_BYTES = 1 << 31  # of an IDX file, unpacked: a small one that is packed may fill the memory
IDX_KINDS = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


@dataclass
class Arrays:
    """What a file of arrays holds: pixels (n, height, width, channels) as bytes, classes, parts; see `Pictures`.

    low, high   what became 0 and 255
    """

    pixels: Pixels
    labels: NDArray[Any]
    parts: NDArray[np.int8] | None
    names: list[str]
    low: float = 0.0
    high: float = 255.0
    notes: list[str] = field(default_factory=list)


def read_arrays(place: Path) -> Arrays:
    """Return the pictures of an .npz or IDX file; of an IDX file also its labels, and the test part beside it.

    Raises `InputError` where arrays are missing or do not fit each other, and says what was found.
    """
    pairs = _npz_pairs(place) if place.suffix.lower() == ".npz" else _idx_pairs(place)
    shown = {part: as_pictures(x, f"{place}: {name}") for part, name, x, _ in pairs}
    low, high, note = range_of(shown[0], f"{place}: {pairs[0][1]}")
    pixels, labels, parts, names = [], [], [], []
    kinds: dict[str, str] = {}
    for part, name, _, y in pairs:
        x = shown[part]
        codes = _labels(y, f"{place}: the classes of {name}")
        kinds[name] = "text" if codes.dtype.kind == "U" else "whole numbers"
        if len(x) != len(codes):
            raise InputError(
                f"{place}: {name} holds {len(x):,} pictures, and there are {len(codes):,} classes for them"
            )
        x = x if x.dtype == np.uint8 else as_bytes(x, low, high)
        pixels.append(with_channels(x, 3) if x.shape[-1] == 4 else x)
        labels += codes.tolist()
        parts += [part] * len(x)
        names += [f"{name}[{row}]" for row in range(len(x))]
    if len({each.shape[1:] for each in pixels}) > 1:
        sizes = " and ".join(f"{name} {each.shape[1:]}" for (_, name, _, _), each in zip(pairs, pixels, strict=True))
        raise InputError(f"{place}: the parts hold pictures of different sizes: {sizes}")
    if len(set(kinds.values())) > 1:
        told = " and ".join(f"of {name} {kind}" for name, kind in kinds.items())
        raise InputError(f"{place}: the classes are {told}; expected either in all parts: write them alike")
    if not len(pixels[0]):
        raise InputError(f"{place}: {pairs[0][1]} holds no pictures")
    return Arrays(
        pixels=np.concatenate(pixels) if len(pixels) > 1 else pixels[0],
        labels=np.array(labels, dtype=object),
        parts=np.array(parts, np.int8) if len(pairs) > 1 else None,
        names=names,
        low=low,
        high=high,
        notes=[note] if note else [],
    )


def read_pixels(place: Path) -> tuple[str, NDArray[Any]]:
    """Return the name and the pictures of an .npz, .npy or IDX file to predict for: its classes need not be there.

    Of several arrays in an .npz those of the test part are meant, else those to learn from, else the only one.
    """
    if place.suffix.lower() == ".npy":
        return place.name, _of_npy(place)
    if place.suffix.lower() != ".npz":
        return place.name, read_idx(place)
    pairs = _with_npz(place, lambda file: [(x, file[x]) for _, x, _ in pairs_of(list(file.files))[-1:]])
    if pairs:
        return pairs[0][0], pairs[0][1]
    only = _with_npz(place, lambda file: [(name, file[name]) for name in file.files if file[name].ndim > 1])
    if len(only) != 1:
        raise InputError(f"{place}: {_with_npz(place, lambda file: _wanted(file, list(file.files)))}")
    return only[0][0], only[0][1]


def _of_npy(place: Path) -> NDArray[Any]:
    """Return the array of an .npy file; `InputError` where it is none, or holds Python objects."""
    try:
        array = np.load(place, allow_pickle=False)
    except (ValueError, OSError, EOFError, MemoryError, zipfile.BadZipFile) as fault:  # MemoryError: it says it is huge
        why = "it holds Python objects, which are not loaded from a file" if "pickle" in str(fault) else str(fault)
        raise InputError(f"{place}: cannot be read as .npy ({why}); save pictures with numpy.save") from None
    if not isinstance(array, np.ndarray):
        array.close()
        raise InputError(f"{place}: holds several arrays, as .npz files do; give it that ending")
    return array


def _labels(y: NDArray[Any], what: str) -> NDArray[Any]:
    """Return classes (n,) as whole numbers or text; rows with a single 1 are the number of its place."""
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 2 and y.dtype.kind in "fiub" and ((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all():
        return np.asarray(y.argmax(axis=1))
    if y.ndim == 1 and y.dtype.kind in "SU":
        return y.astype(str)
    if y.ndim == 1 and y.dtype.kind in "iub":
        return y.astype(np.int64)
    if y.ndim == 1 and y.dtype.kind == "f" and np.isfinite(y).all() and (y == np.floor(y)).all():
        return y.astype(np.int64)
    raise InputError(
        f"{what}: got {y.dtype} of shape {y.shape}; expected one whole number or text a picture, or rows "
        "with a single 1"
    )


# ---- npz ------------------------------------------------------------------------------------------------------


def _npz_pairs(place: Path) -> list[tuple[int, str, NDArray[Any], NDArray[Any]]]:
    """Return (part, name, pictures, classes) of each part of an .npz file."""

    def read(file: Any) -> list[tuple[int, str, NDArray[Any], NDArray[Any]]]:
        chosen = pairs_of(list(file.files))
        if not chosen or chosen[0][0] != 0:
            raise InputError(f"{place}: {_wanted(file, list(file.files))}")
        found = [(part, x, file[x], file[y]) for part, x, y in chosen]
        for _, _, *held in found:
            if not all(isinstance(each, np.ndarray) for each in held):  # what numpy gives of a member that is no .npy
                raise InputError(f"{place}: cannot be read as .npz (a part of it is no array)")
        return found

    found: list[tuple[int, str, NDArray[Any], NDArray[Any]]] = _with_npz(place, read)
    return found


def _with_npz(place: Path, read: Callable[[Any], Any]) -> Any:
    """Return what `read` makes of an opened .npz file; `InputError` where it is none, or holds Python objects."""
    try:
        opened = np.load(place, allow_pickle=False)
        if isinstance(opened, np.ndarray):
            raise InputError(
                f"{place}: is one array, as .npy files are, {opened.dtype} {opened.shape}; expected pictures and their "
                "classes in one file: numpy.savez(file, x=pictures, y=classes)"
            )
        with opened as file:
            return read(file)
    # RuntimeError: a part is encrypted, or packed in a way that Python does not know; MemoryError: it says it is huge.
    except (
        ValueError, OSError, EOFError, KeyError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error,
    ) as fault:  # fmt: skip
        if isinstance(fault, InputError):
            raise
        why = "it holds Python objects, which are not loaded from a file" if "pickle" in str(fault) else str(fault)
        raise InputError(f"{place}: cannot be read as .npz ({why})") from None


def pairs_of(names: list[str]) -> list[tuple[int, str, str]]:
    """Return (part, name of the pictures, name of the classes) for each part that the names of arrays tell of.

    >>> pairs_of(["x_train", "y_train", "x_test", "y_test"])
    [(0, 'x_train', 'y_train'), (2, 'x_test', 'y_test')]
    >>> pairs_of(["images", "labels"])
    [(0, 'images', 'labels')]
    """
    plain = {re.sub(r"[^a-z]", "", name.lower()): name for name in reversed(names)}
    found = []
    for part, words in PARTS:
        for word in words:
            # As x_train, trainX, train_images: the word before or behind.
            x = next((plain[each] for p in PICTURES for each in (p + word, word + p) if each in plain), None)
            y = next((plain[each] for c in CLASSES for each in (c + word, word + c) if each in plain), None)
            if x is not None and y is not None:
                found.append((part, x, y))
                break
    return found


def _wanted(file: Any, names: list[str]) -> str:
    shown = []
    for name in names[:8]:
        try:
            shown.append(f"{name} {file[name].dtype} {file[name].shape}")
        except ValueError:
            shown.append(f"{name} (Python objects, which are not loaded)")
    return (
        f"found {', '.join(shown) or 'no array'}{' …' if len(names) > 8 else ''}; expected pictures and their classes "
        "by such names as x_train and y_train (with x_test and y_test), images and labels, x and y, data and target"
    )


# ---- IDX ------------------------------------------------------------------------------------------------------


def _idx_pairs(place: Path) -> list[tuple[int, str, NDArray[Any], NDArray[Any]]]:
    """Return (part, name, pictures, classes) of an IDX file, with its labels' file and the test pair beside it."""
    name = place.name
    if re.search("labels", name, re.IGNORECASE):
        name = re.sub("idx1", "idx3", re.sub("labels", "images", name))
    if not re.search("images", name, re.IGNORECASE):
        raise InputError(
            f"{place}: expected a name such as train-images-idx3-ubyte, with train-labels-idx1-ubyte beside"
        )
    pairs = [(0, name, *_idx_pair(place.parent, name))]
    tested = name.replace("train", "t10k")
    if tested != name and _beside(place.parent, tested) is not None:
        pairs.append((2, tested, *_idx_pair(place.parent, tested)))
    return pairs


def _idx_pair(folder: Path, name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    labels = re.sub("idx3", "idx1", re.sub("images", "labels", name))
    found = [_beside(folder, each) for each in (name, labels)]
    for path, wanted in zip(found, (name, labels), strict=True):
        if path is None:
            raise InputError(f"{folder / wanted}: there is no such file; pictures and labels come in two IDX files")
    return read_idx(found[0]), read_idx(found[1])  # type: ignore[arg-type]


def _beside(folder: Path, name: str) -> Path | None:
    """Return the file of this name in the folder, packed or not, with - or . before its ending."""
    plain = re.sub(r"\.gz$", "", name)
    dotted = re.sub(r"-(idx[13])", r".\1", plain), re.sub(r"\.(idx[13])", r"-\1", plain)
    choices = [name, plain, f"{plain}.gz", *dotted, *(f"{each}.gz" for each in dotted)]
    return next((folder / each for each in choices if (folder / each).is_file()), None)


def read_idx(place: Path) -> NDArray[Any]:
    """Return the array of an IDX file: two zeros, a byte for the type, one for the axes, their sizes, the numbers.

    Raises `InputError` for a file that is none, or does not hold as many numbers as it says.
    """
    try:
        content = place.read_bytes()
        if content[:2] == b"\x1f\x8b":
            with gzip.open(io.BytesIO(content)) as packed:
                content = packed.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as fault:
        raise InputError(f"{place}: cannot be read ({fault})") from None
    if len(content) > MOST_BYTES:
        raise InputError(
            f"{place}: holds more than {MOST_BYTES:,} bytes once unpacked, which is refused; expected pictures that "
            "fit into memory"
        )
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in IDX_KINDS or not 1 <= content[3] <= 4:
        raise InputError(
            f"{place}: is no IDX file; expected one that begins with two zeros, a type and a number of axes"
        )
    begin = 4 + 4 * content[3]
    sizes = np.frombuffer(content[4:begin], ">u4").tolist() if len(content) >= begin else [0]
    kind = np.dtype(IDX_KINDS[content[2]])
    if len(content) != begin + prod(sizes) * kind.itemsize:
        raise InputError(
            f"{place}: says it holds {' × '.join(map(str, sizes))} numbers, {prod(sizes) * kind.itemsize:,} bytes, and "
            f"{len(content) - begin:,} are there; fetch it again"
        )
    values = np.frombuffer(content, kind, offset=begin).reshape(sizes)
    return values.astype(kind.newbyteorder("="))
