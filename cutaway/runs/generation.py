"""Writing on: the next token drawn from what the network expects, again and again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cutaway.backends.random import generator
from cutaway.errors import InputError, whole
from cutaway.layers import Cache, Layer

HOTTEST = 100.0


def generated(
    network: Layer,
    start: Sequence[int],
    *,
    length: int,
    context: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    seed: int = 0,
    never: int | None = None,
) -> Iterator[int]:
    """Yield `length` tokens that go on from `start`, each as soon as it is drawn.

        p = softmax(scores / temperature), over the top_k highest scores

    network      built, on NumPy: (1, time) tokens to (1, time, vocabulary) scores
    start        at least one token
    context      how many tokens the network sees at once
    temperature  0 takes the likeliest, 1 what the network expects; above, more surprises
    top_k        how many of the likeliest may be drawn (None: all)
    seed         the same seed gives the same tokens
    never        a token that is not to be drawn

    What earlier tokens left is kept (`Cache`), so that each new one costs one row of every product. When the context
    is full, it goes on from its latter half, computed anew: there are always at least half a context before a token.

    Raises `InputError` for settings out of range, and, while writing, for scores that are not finite.

    >>> import cutaway as ca
    >>> network = ca.Sequential(ca.Embedding(3, 4), ca.Dense(3)).build(np.zeros((1, 2), int))
    >>> len(list(generated(network, [0], length=5, context=2)))
    5
    """
    check_generation(length, temperature, top_k, seed)
    if not len(start):
        raise InputError("generate: there is no token to go on from; expected at least one")
    return _drawn(network, list(start), length, context, float(temperature), top_k, int(seed), never)


def check_generation(length: Any, temperature: Any, top_k: Any, seed: Any) -> None:
    """Raise `InputError` for settings that no text can be written with."""
    whole("generate: the length, in tokens,", length)
    number = isinstance(temperature, (int, float, np.number)) and not isinstance(temperature, bool)
    if not number or not 0 <= temperature <= HOTTEST:
        raise InputError(
            f"generate: the temperature is {temperature!r}; expected a number from 0, the likeliest, to {HOTTEST:g}"
        )
    if top_k is not None:
        whole("generate: top_k, where it is given,", top_k)
    whole("generate: the seed", seed, 0, 2**32 - 1)


def _drawn(
    network: Layer,
    tokens: list[int],
    length: int,
    context: int,
    temperature: float,
    top_k: int | None,
    seed: int,
    never: int | None,
) -> Iterator[int]:
    random = generator(seed, "generate")
    cache, new = Cache(context), tokens[-context:]
    for _ in range(length):
        if cache.position + len(new) > context:
            cache, new = Cache(context), tokens[-max(1, context // 2) :]
        scores = cache.feed(network, np.array([new], np.int32))[0, -1].astype(np.float64)
        if not np.isfinite(scores).all():
            raise InputError(
                f"generate: the network's scores after {len(tokens):,} tokens are not finite (nan or infinite), so "
                "that nothing can be drawn; its weights are damaged, or too large: train it anew"
            )
        if never is not None:
            scores[never] = -np.inf
        token = chosen(scores, temperature, top_k, float(random.random()))
        tokens.append(token)
        new = [token]
        yield token


def chosen(scores: np.ndarray, temperature: float, top_k: int | None, share: float) -> int:
    """Return the token at a share (0 ≤ share < 1) of the probability that softmax(scores / temperature) gives.

    >>> chosen(np.log([0.5, 0.3, 0.2]), 1.0, None, 0.6), chosen(np.log([0.5, 0.3, 0.2]), 0.0, None, 0.6)
    (1, 0)
    """
    if temperature == 0:
        return int(scores.argmax())
    if top_k is not None and top_k < len(scores):
        kept = np.argsort(-scores, kind="stable")[:top_k]
        scores = np.where(np.isin(np.arange(len(scores)), kept), scores, -np.inf)
    with np.errstate(over="ignore"):  # next to 0, a temperature leaves only the likeliest: exp(−∞) = 0 for the others
        raised = np.exp((scores - scores.max()) / temperature)
    reached = np.cumsum(raised)
    return int(np.searchsorted(reached, share * reached[-1], side="right"))
