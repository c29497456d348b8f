"""What counting alone knows of a text: how often each token comes, and how often after the few before it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST = 5  # tokens of an n-gram
LARGEST_CODE = 2**62


class Counts(NamedTuple):
    """Of one length of context: how often each context came, with how many different tokens after, and each pair."""

    contexts: NDArray[np.int64]
    times: NDArray[np.int64]
    kinds: NDArray[np.int64]
    pairs: NDArray[np.int64]
    pair_times: NDArray[np.int64]


class NGram:
    """The chance of a token after the n − 1 before it, by counting; shorter contexts fill up what is rare.

        p(w | h) = (c(h w) + k(h) p(w | h')) / (c(h) + k(h)),        h' is h without its first token

    c counts in the text learned from, and k(h) is how many different tokens followed h. Below all contexts, every token
    has the same chance.

    tokens       the text learned from, as numbers below `vocabulary`
    order        n; less where so many tokens have no code of 62 bits

    This is Witten and Bell's smoothing, interpolated.

    Reference: Witten, Bell, "The zero-frequency problem", IEEE Transactions on Information Theory 37, 1991, method C.

    >>> gram = NGram(np.array([0, 1, 0, 1, 0, 1]), vocabulary=2, order=2)
    >>> gram.losses(np.array([0, 1]), before=np.array([1])).round(2)
    array([0.18, 0.13])
    """

    def __init__(self, tokens: NDArray[np.integer], vocabulary: int, order: int = MOST) -> None:
        while order > 1 and vocabulary**order >= LARGEST_CODE:
            order -= 1
        self.vocabulary, self.order = vocabulary, order
        self.counts = [_counted(_codes(tokens, vocabulary, length), vocabulary) for length in range(1, order + 1)]

    def losses(self, tokens: NDArray[np.integer], before: NDArray[np.integer], order: int | None = None) -> np.ndarray:
        """Return the surprise of each token, −ln p, in nats; `before` is the text that comes before the first.

        order   with contexts of at most order − 1 tokens (None: as counted); 1 is the frequency of each token alone
        """
        order = self.order if order is None else min(order, self.order)
        before = before[len(before) - min(len(before), order - 1) :]
        whole = np.concatenate([before, tokens])
        chance = np.full(len(tokens), 1.0 / self.vocabulary)
        for length in range(1, order + 1):
            # The first tokens have fewer before them than a long context needs: they keep the chance that they have.
            missing = max(0, length - 1 - len(before))
            if missing >= len(tokens):
                break
            codes = _codes(whole[len(before) + missing - (length - 1) :], self.vocabulary, length)
            chance[missing:] = _refined(self.counts[length - 1], codes, self.vocabulary, chance[missing:])
        result: np.ndarray = -np.log(chance)
        return result


def _codes(tokens: NDArray[np.integer], vocabulary: int, length: int) -> NDArray[np.int64]:
    """Return one number for each `length` tokens side by side."""
    count = max(0, len(tokens) - length + 1)
    codes = np.zeros(count, np.int64)
    for place in range(length):
        codes = codes * vocabulary + tokens[place : place + count]
    return codes


def _counted(codes: NDArray[np.int64], vocabulary: int) -> Counts:
    pairs, pair_times = np.unique(codes, return_counts=True)
    contexts, first, kinds = np.unique(pairs // vocabulary, return_index=True, return_counts=True)
    times = np.add.reduceat(pair_times, first) if len(first) else pair_times
    return Counts(contexts, times, kinds, pairs, pair_times)


def _refined(counts: Counts, codes: NDArray[np.int64], vocabulary: int, shorter: np.ndarray) -> np.ndarray:
    """Return the chances with this length of context, given those with a shorter one."""
    place, known = _found(counts.contexts, codes // vocabulary)
    times, kinds = np.where(known, counts.times[place], 0), np.where(known, counts.kinds[place], 0)
    place, seen = _found(counts.pairs, codes)
    pair = np.where(seen, counts.pair_times[place], 0)
    return np.where(known, (pair + kinds * shorter) / np.maximum(times + kinds, 1), shorter)


def _found(values: NDArray[np.int64], wanted: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return where each wanted number is among sorted ones, and whether it is."""
    place = np.minimum(np.searchsorted(values, wanted), max(0, len(values) - 1))
    return place, values[place] == wanted
