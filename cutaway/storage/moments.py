"""The weights that a training had after some of its epochs, to the last bit, read from their file one at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias, overload

import numpy as np

from cutaway.errors import InputError
from cutaway.storage.architecture import ModelFileError
from cutaway.storage.header import check_outer_header, strict_header

FORMAT = 1
HEADER = "cutaway moments"  # the one entry of the file's metadata
MOST = 64  # moments of a file
LATEST = 1 << 48  # epoch that there may be
WITHOUT = "without the file the run loads, and its weights on the way are gone"
TYPES = {"float32": "F32", "float64": "F64", "int32": "I32", "int64": "I64", "uint32": "U32", "bool": "BOOL"}

# After how many epochs, and the parameters and state that there were then, by path.
Moment: TypeAlias = tuple[int, Mapping[str, np.ndarray]]


def moments_bytes(moments: Sequence[Moment]) -> bytes:
    """Return the content of a file of moments, by ascending epoch; no training row is in it.

    >>> len(moments_bytes([(0, {"0.bias": np.zeros(2, np.float32)})])) % 8
    0
    """
    from safetensors.numpy import save

    arrays = {
        f"{epoch}/{path}": np.ascontiguousarray(array) for epoch, known in moments for path, array in known.items()
    }
    content: bytes = save(arrays, {HEADER: json.dumps({"format": FORMAT, "epochs": [epoch for epoch, _ in moments]})})
    return content


class Moments(Sequence[Moment]):
    """The moments that a file holds, of a network with such parameters and state; each is read when it is asked for.

    epochs   after how many epochs each was, ascending; 0 is before the first step

    Raises `ModelFileError` for a file that is damaged, of another version or network, or holds anything unknown. When
    a moment is asked for, it does so for weights that are not finite, and for a file that is gone or was written again:
    a training into the same folder replaces it, and its weights belong to other records.
    """

    def __init__(self, place: Path, arrays: Mapping[str, np.ndarray]) -> None:
        self.place = place
        self._expected = {path: (array.shape, array.dtype) for path, array in arrays.items()}
        self._first = self._seen()
        self.epochs: tuple[int, ...] = self._read(None)[0]

    def __len__(self) -> int:
        return len(self.epochs)

    @overload
    def __getitem__(self, place: int) -> Moment: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Moment]: ...
    def __getitem__(self, place: int | slice) -> Moment | Sequence[Moment]:
        """Return a moment, or some, read from the file."""
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        epoch = self.epochs[place]
        return epoch, self._read(epoch)[1]

    def written_again(self) -> None:
        """Take the file as it is now for the first: the run whose moments these are was saved over itself."""
        self._first = self._seen()

    def _read(self, epoch: int | None) -> tuple[tuple[int, ...], dict[str, np.ndarray]]:
        """Return the epochs, and the arrays of one, None for none; the whole header is looked at each time."""
        from safetensors import SafetensorError, safe_open

        self._check_same()
        try:
            check_outer_header(self.place)
            with safe_open(self.place, framework="np") as file:
                epochs = self._checked(file)
                if epoch is None:
                    return epochs, {}
                found = {path: file.get_tensor(f"{epoch}/{path}") for path in self._expected}
        except InputError as fault:
            raise ModelFileError(f"{self.place}: {fault}; {WITHOUT}") from fault
        except (SafetensorError, OSError, ValueError) as fault:
            raise ModelFileError(
                f"{self.place}: these are no moments of cutaway, or they are damaged ({fault}); {WITHOUT}"
            ) from fault
        self._check_same()  # what was read may have taken its place a moment ago
        for path, array in found.items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise ModelFileError(f"{self.place}: '{epoch}/{path}' holds values that are not finite; {WITHOUT}")
        return epochs, found

    def _seen(self) -> tuple[int, int, int]:
        """Return by what a file that was written again is told from the one before it."""
        try:
            found = self.place.stat()
        except OSError as fault:
            raise ModelFileError(
                f"{self.place}: it is gone ({fault.strerror or fault}), and a run's weights on the way are read "
                "from it when they are asked for; put it back, or load the run from where it is now"
            ) from fault
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _check_same(self) -> None:
        if self._seen() != self._first:
            raise ModelFileError(
                f"{self.place}: it was written again since the run was read, by another training perhaps; load the run "
                "again"
            )

    def _checked(self, file: Any) -> tuple[int, ...]:
        """Return the epochs of a file whose names, types and shapes are those of the network."""
        text = (file.metadata() or {}).get(HEADER)
        if text is None:
            raise ModelFileError("these are no moments of cutaway")
        facts = strict_header(text)
        epochs: Any = facts.get("epochs")
        if facts.keys() != {"format", "epochs"} or type(facts["format"]) is not int or facts["format"] != FORMAT:
            raise ModelFileError(f"the header is {text!r:.120}; expected format {FORMAT} and epochs")
        whole = isinstance(epochs, list) and all(type(each) is int for each in epochs)
        if not whole or not 1 <= len(epochs) <= MOST:
            raise ModelFileError(f"its epochs are {epochs!r:.120}; expected 1 to {MOST} whole numbers")
        if not 0 <= epochs[0] <= epochs[-1] <= LATEST or any(a >= b for a, b in pairwise(epochs)):
            raise ModelFileError(f"its epochs are {epochs!r:.120}; expected some that ascend from 0 or later")
        names = {f"{epoch}/{path}" for epoch in epochs for path in self._expected}
        if set(file.keys()) != names:
            wrong = sorted(set(file.keys()) ^ names)
            raise ModelFileError(f"it is not of the network beside it: {', '.join(map(repr, wrong[:5]))}")
        for epoch in epochs:
            for path, (shape, dtype) in self._expected.items():
                part = file.get_slice(f"{epoch}/{path}")
                if tuple(part.get_shape()) != shape or part.get_dtype() != TYPES.get(dtype.name):
                    raise ModelFileError(
                        f"'{epoch}/{path}' has shape {tuple(part.get_shape())} and holds {part.get_dtype()}; expected "
                        f"{shape} and {TYPES.get(dtype.name)}"
                    )
        return tuple(epochs)
