"""Which of several processes this one is, and what they tell each other; one alone unless it has joined others.

Processes that train together run the same program on the same arguments, each on devices of its own. What one decides
by its clock, its memory or its files alone would part them: such things go through `first_says` or `most`, after which
all know the same. Only the first process writes files and speaks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

MIB = 1 << 20


# Bytes that go at once to the others: a longer message goes in parts, each of which takes a few times this in memory.
PART = 64 << 20


class Exchange(Protocol):
    """What processes that have joined can do together."""

    def total(self, values: np.ndarray) -> np.ndarray:
        """Return the sum over all processes of whole numbers of 32 bits, the same for each."""

    def most(self, values: np.ndarray) -> np.ndarray:
        """Return the largest over all processes of whole numbers of 32 bits, the same for each."""


@dataclass(frozen=True)
class Processes:
    """The processes of a training: how many there are, and which this is.

    >>> alone = Processes()
    >>> alone.first, alone.several, alone.most([3, 1]).tolist(), alone.first_says(np.array([0.5])).tolist()
    (True, False, [3, 1], [0.5])
    """

    count: int = 1
    index: int = 0
    exchange: Exchange | None = None

    @property
    def first(self) -> bool:
        """Whether this is the one that writes and speaks."""
        return self.index == 0

    @property
    def several(self) -> bool:
        """Whether there are others."""
        return self.count > 1

    def most(self, values: Any) -> np.ndarray:
        """Return the largest of each whole number, −2³¹ to 2³¹ − 1, over the processes."""
        mine = np.asarray(values, np.int32)
        return mine if self.exchange is None else self.exchange.most(mine)

    def least(self, size: float) -> float:
        """Return the smallest of a number of bytes over the processes, in whole MiB; one alone has its own.

        >>> Processes().least(1.5e9)
        1500000000.0
        """
        if self.exchange is None:
            return size
        return float(-int(self.most([-int(min(size / MIB, 2**31 - 1))])[0])) * MIB

    def first_says(self, values: np.ndarray) -> np.ndarray:
        """Return the first process's array, bit by bit; all must give one of the same shape and type."""
        if self.exchange is None:
            return values
        return np.frombuffer(self._of_the_first(values.tobytes(), values.nbytes), values.dtype).reshape(values.shape)

    def told(self, content: bytes) -> bytes:
        """Return the bytes that the first process gives; what the others give does not matter."""
        if self.exchange is None:
            return content
        length = int(self.first_says(np.array([len(content)], np.int64))[0])
        return self._of_the_first(content, length)

    def _of_the_first(self, content: bytes, length: int) -> bytes:
        """Return the first process's content, of so many bytes: it adds its words, and the others add zeros."""
        exchange, parts = self.exchange, []
        assert exchange is not None  # both that call this have asked
        for begin in range(0, length, PART):
            size = min(PART, length - begin)
            words = np.zeros(-(-size // 4), np.int32)
            if self.first:
                words = np.frombuffer(content[begin : begin + size].ljust(words.nbytes, b"\0"), np.int32)
            parts.append(exchange.total(words).tobytes()[:size])
        return b"".join(parts)


_joined = [Processes()]


def processes() -> Processes:
    """Return the processes of this training; `Processes()`, one alone, unless this one has joined others."""
    return _joined[0]


def join(found: Processes) -> None:
    """Say which processes there are; `cutaway.distributed.join` does, once they are connected."""
    _joined[0] = found
