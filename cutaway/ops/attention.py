"""Attention: each place looks at every other and takes a weighted mean of what it finds there."""

from __future__ import annotations

from functools import cache
from math import sqrt

from cutaway.autodiff import Rule, Thunk, primitive
from cutaway.backends import Array, namespace
from cutaway.ops.broadcasting import unbroadcast
from cutaway.ops.matmul import transposed
from cutaway.ops.softmax import probabilities


def attention_weights(query: Array, key: Array, *, mask: Array | None = None, causal: bool = False) -> Array:
    """Return how much each query looks at each key, for arrays.

        w = softmax(query keyᵀ / √d)        query (..., n, d),  key (..., m, d)  ->  w (..., n, m)

    `mask` (broadcast to w) is true where looking is allowed; `causal` allows no key after the query's place,
    the last query standing at the last key. A query that may look nowhere gets weights of 0.
    """
    xp = namespace(query, key)
    scores = (query @ transposed(key)) / sqrt(query.shape[-1])
    n, m = scores.shape[-2:]
    allowed = mask
    if causal:
        earlier = xp.expand_dims(xp.arange(m), axis=0) <= xp.expand_dims(xp.arange(n), axis=1) + (m - n)
        allowed = earlier if mask is None else mask & earlier
    if allowed is None:
        return probabilities(scores, -1)
    lowest = xp.asarray(xp.finfo(scores.dtype).min, dtype=scores.dtype)
    weights = probabilities(xp.where(allowed, scores, lowest), -1)
    return xp.where(allowed, weights, xp.zeros_like(weights))


@primitive
def attention(query: Array, key: Array, value: Array, *, mask: Array | None = None, causal: bool = False) -> Rule:
    """Scaled dot-product attention.

        w = softmax(query keyᵀ / √d),   y = w value
        query (..., n, d),  key (..., m, d),  value (..., m, e)  ->  y (..., n, e)

    Backward, with s = g valueᵀ and r = w (s − Σⱼ s w) / √d:

        dL/dquery = r key,   dL/dkey = rᵀ query,   dL/dvalue = wᵀ g

    Reference: Vaswani et al., "Attention is all you need", NeurIPS 2017, equation 1, arXiv 1706.03762.
    """
    xp = namespace(query, key, value)
    weights = attention_weights(query, key, mask=mask, causal=causal)

    def blame_of_scores(g: Array) -> Array:
        s = g @ transposed(value)
        return weights * (s - xp.sum(s * weights, axis=-1, keepdims=True)) / sqrt(query.shape[-1])

    def backward(g: Array) -> tuple[Thunk, ...]:
        r = cache(lambda: blame_of_scores(g))  # query and key share it
        return (
            lambda: unbroadcast(r() @ key, query.shape),
            lambda: unbroadcast(transposed(r()) @ query, key.shape),
            lambda: unbroadcast(transposed(weights) @ g, value.shape),
        )

    return weights @ value, backward
