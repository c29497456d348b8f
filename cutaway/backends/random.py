"""Randomness without a hidden stream: every draw is a function of its key.

On the host (initial weights, orders, splits) NumPy's Philox draws, keyed by seed and name. Inside a step
(dropout masks) the Threefry-2×32 generator runs in plain array operations, so that NumPy and XLA draw the
same bits, and a draw depends only on (seed, layer path, step): adding a layer changes no other's draws,
and a resumed run goes on exactly where it stopped.

Reference: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from math import prod
from typing import Any
from zlib import crc32

import numpy as np

from cutaway.backends.dispatch import namespace
from cutaway.backends.protocol import Array

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA
ROUNDS = 13


def generator(seed: int, *names: object) -> np.random.Generator:
    """Return NumPy's Philox generator keyed by `seed` and `names`.

    >>> bool(generator(0, "order", 3).random() == generator(0, "order", 3).random())
    True
    """
    # By str(), so that 3 and np.int64(3) name the same stream.
    digest = blake2b(repr((int(seed), *map(str, names))).encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))


def threefry(key: tuple[Array, Array], counter: tuple[Array, Array], rounds: int = ROUNDS) -> tuple[Array, Array]:
    """Return two arrays of 32 random bits for each pair of counter words: Threefry-2×32.

        key, counter: uint32 arrays of one shape (or of a shape that broadcasts)

    Each round is x₀ ← x₀ + x₁;  x₁ ← rotate(x₁, r) xor x₀;  the key is added after every fourth. 13 rounds are the
    fewest that pass all statistical tests of BigCrush; 20 are the published ones, with a margin.
    """
    words = (key[0], key[1], key[0] ^ key[1] ^ np.uint32(PARITY))
    x, y = counter[0] + words[0], counter[1] + words[1]
    for done in range(rounds):
        rotation = ROTATIONS[done // 4 % 2][done % 4]
        x = x + y
        y = ((y << np.uint32(rotation)) | (y >> np.uint32(32 - rotation))) ^ x
        if done % 4 == 3:
            block = done // 4 + 1
            x = x + words[block % 3]
            y = y + words[(block + 1) % 3] + np.uint32(block)
    return x, y


@dataclass(frozen=True)
class Random:
    """The random stream of one step: `seed` and `step` are scalars, of either backend."""

    seed: Array
    step: Array

    def bits(self, path: str, shape: tuple[int, ...]) -> Array:
        """Return uint32 random bits of `shape`, keyed by (seed, path, step).

        >>> random = Random(np.uint32(0), np.uint32(7))
        >>> random.bits("0.dropout", (2, 3)).shape
        (2, 3)
        """
        xp = namespace(self.seed, self.step)
        count = prod(shape)
        half = (count + 1) // 2
        key = (
            xp.reshape(xp.asarray(self.seed, dtype=xp.uint32), (1,)),
            np.full(1, crc32(path.encode()), np.uint32),
        )
        counter = (xp.arange(half, dtype=xp.uint32), xp.reshape(xp.asarray(self.step, dtype=xp.uint32), (1,)))
        first, second = threefry(key, counter)
        return xp.reshape(xp.concat((first, second))[:count], shape)

    def keep(self, path: str, shape: tuple[int, ...], probability: Any) -> Array:
        """Return a boolean mask of `shape`, true with `probability`, a number or an array of one, to 16 bits.

        Each draw of 32 bits decides two places: half the work, and a probability is met to 0.00002.
        """
        xp = namespace(self.seed, self.step)
        count = prod(shape)
        bits = self.bits(path, ((count + 1) // 2,))
        halves = xp.concat((bits & np.uint32(0xFFFF), bits >> np.uint32(16)))[:count]
        limit = xp.asarray(xp.round(xp.asarray(probability) * 65536.0), dtype=xp.uint32)
        return xp.reshape(halves, shape) < limit
