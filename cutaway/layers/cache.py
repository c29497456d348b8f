"""The key/value cache: what earlier tokens left for later ones to look at, so that nothing is computed twice."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.backends import Array
from cutaway.errors import InputError, whole
from cutaway.layers.context import Context

if TYPE_CHECKING:
    from cutaway.layers.layer import Layer


class Cache:
    """Keys and values of the tokens so far, for a causal network that is fed token by token on NumPy.

    length     how many tokens fit
    position   how many are there

    A token's key and value depend on it and on earlier tokens alone, so each is computed once: the next token costs
    one row of every product, in the place of one for every token so far. The memory is laid out once and written to.

    Raises `InputError` for more tokens than fit, and for other rows than those it was begun with.

    Reference: Shazeer, "Fast transformer decoding", 2019, section 2.4.1, arXiv 1911.02150.

    >>> import cutaway as ca
    >>> net = ca.Sequential(ca.Embedding(5, 4), ca.MultiHeadAttention(2, causal=True)).build(np.zeros((1, 3), int))
    >>> tokens = np.array([[4, 0, 2]])
    >>> cache = Cache(length=8)
    >>> first, last = cache.feed(net, tokens[:, :2]), cache.feed(net, tokens[:, 2:])
    >>> bool(np.allclose(last[:, -1], net(tokens)[:, -1], atol=1e-6)), cache.position
    (True, 3)
    """

    def __init__(self, length: int) -> None:
        self.length = whole("Cache: length", length)
        self.position = 0
        self._kept: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._inside = ""

    def part(self, path: str) -> Cache:
        """Return this cache for one turn of a repeated block: the same memory, under names of its own."""
        inside = copy.copy(self)
        inside._inside = f"{self._inside}{path}:"
        return inside

    def feed(self, network: Layer, tokens: np.ndarray) -> Any:
        """Return what a built network makes of the next tokens (batch, time) after those so far."""
        tokens = np.asarray(tokens)
        output = network(tokens, ctx=Context(cache=self))
        self.position += tokens.shape[1]
        return output

    def extended(self, path: str, key: Array, value: Array) -> tuple[np.ndarray, np.ndarray]:
        """Return all keys and values of the layer at `path`, those so far and `key`, `value` (batch, heads, time, d).

        What is returned are views, good until the next call.
        """
        if type(key) is not np.ndarray or type(value) is not np.ndarray:
            raise InputError("Cache: it is for evaluating on NumPy; train and differentiate without ctx.cache")
        end = self.position + key.shape[-2]
        if end > self.length:
            raise InputError(
                f"Cache: got {end} tokens, but only {self.length} fit; make a longer one, or begin a new one with the "
                "last tokens"
            )
        path = self._inside + path
        if path not in self._kept:
            self._kept[path] = tuple(  # type: ignore[assignment]
                np.empty((*part.shape[:-2], self.length, part.shape[-1]), part.dtype) for part in (key, value)
            )
        keys, values = self._kept[path]
        if keys.shape[:-2] != key.shape[:-2] or keys.shape[-1] != key.shape[-1]:
            raise InputError(
                f"Cache: got keys of shape {tuple(key.shape)} (batch, heads, time, d), but those so far have shape "
                f"{(*keys.shape[:-2], self.position, keys.shape[-1])}; go on with the same network and the same rows, "
                "or begin a new cache"
            )
        keys[..., self.position : end, :], values[..., self.position : end, :] = key, value
        return keys[..., :end, :], values[..., :end, :]
