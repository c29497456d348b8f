"""Attention: each place looks at every other and takes a weighted mean of what it finds there."""

from __future__ import annotations

from functools import cache
from math import sqrt

from cutaway.autodiff import Rule, Thunk, primitive
from cutaway.backends import Array, backend_of, namespace
from cutaway.ops.broadcasting import unbroadcast
from cutaway.ops.matmul import dot, transposed
from cutaway.ops.softmax import probabilities


def attention_weights(query: Array, key: Array, *, mask: Array | None = None, causal: bool = False) -> Array:
    """Return how much each query looks at each key, for arrays.

        w = softmax(query keyᵀ / √d)        query (..., n, d),  key (..., m, d)  ->  w (..., n, m)

    `mask` (broadcast to w) is true where looking is allowed; `causal` allows no key after the query's place,
    the last query standing at the last key. A query that may look nowhere gets weights of 0.
    """
    xp = namespace(query, key)
    scores = dot(query, transposed(key)) / sqrt(query.shape[-1])
    n, m = scores.shape[-2:]
    allowed = mask
    if causal:
        earlier = xp.expand_dims(xp.arange(m), axis=0) <= xp.expand_dims(xp.arange(n), axis=1) + (m - n)
        allowed = earlier if mask is None else mask & earlier
    if allowed is None:
        return probabilities(scores, -1)
    lowest = xp.asarray(xp.finfo(scores.dtype).min, dtype=scores.dtype)
    weights = probabilities(xp.where(allowed, scores, lowest), -1)
    if mask is None and n <= m:
        return weights  # every query sees a key, and beside that one the others' weights are 0 already
    return xp.where(allowed, weights, xp.zeros_like(weights))


@primitive
def attention(
    query: Array,
    key: Array,
    value: Array,
    *,
    mask: Array | None = None,
    causal: bool = False,
    keep: Array | None = None,
    rate: float = 0.0,
) -> Rule:
    """Scaled dot-product attention.

        w = softmax(query keyᵀ / √d),   y = w value
        query (..., n, d),  key (..., m, d),  value (..., m, e)  ->  y (..., n, e)

    `mask` and `causal` as in `attention_weights`. With dropout, `keep` (in the shape of w) says which weights take
    part, and y = u value, u = w / (1 − rate) where keep else 0.

    Backward, with s = g valueᵀ (with dropout / (1 − rate) where keep else 0) and r = w (s − Σⱼ s w) / √d:

        dL/dquery = r key,   dL/dkey = rᵀ query,   dL/dvalue = uᵀ g

    Reference: Vaswani et al., "Attention is all you need", NeurIPS 2017, equation 1, arXiv 1706.03762.
    """
    xp = namespace(query, key, value)
    fused = None if keep is not None else backend_of(query, key, value).attention(query, key, value, mask, causal)
    if fused is not None:
        y, blames = fused
        return y, blames
    weights = attention_weights(query, key, mask=mask, causal=causal)

    def dropped(x: Array) -> Array:
        return x if keep is None else xp.where(keep, x / (1 - rate), xp.zeros_like(x))

    def blame_of_scores(g: Array) -> Array:
        s = dropped(dot(g, transposed(value)))
        return weights * (s - xp.sum(s * weights, axis=-1, keepdims=True)) / sqrt(query.shape[-1])

    def backward(g: Array) -> tuple[Thunk, ...]:
        r = cache(lambda: blame_of_scores(g))  # query and key share it
        return (
            lambda: unbroadcast(dot(r(), key), query.shape),
            lambda: unbroadcast(dot(transposed(r()), query), key.shape),
            lambda: unbroadcast(dot(transposed(dropped(weights)), g), value.shape),
        )

    return dot(dropped(weights), value), backward


@primitive
def split_heads(x: Array, *, heads: int, part: int = 0, parts: int = 1) -> Rule:
    """Take one of `parts` equal parts of the features and give each head its share of them.

        x (..., time, parts · heads · d)  ->  y (..., heads, time, d)

    Backward: dL/dx is g in the order of x, and 0 for the other parts.

    >>> import numpy as np
    >>> split_heads(np.array([[1, 2, 3, 4, 5, 6, 7, 8]]), heads=2, part=1, parts=2).tolist()
    [[[5, 6]], [[7, 8]]]
    """
    xp = namespace(x)
    size = x.shape[-1] // parts
    begin, end = part * size, (part + 1) * size
    apart = xp.reshape(x[..., begin:end], (*x.shape[:-1], heads, size // heads))  # (..., time, heads, d)

    def blame(g: Array) -> Array:
        together = xp.reshape(xp.moveaxis(g, -3, -2), (*x.shape[:-1], size))
        if parts == 1:
            return together
        return backend_of(x).pad(together, [(0, 0, 0)] * (x.ndim - 1) + [(begin, x.shape[-1] - end, 0)])

    return xp.moveaxis(apart, -2, -3), lambda g: (lambda: blame(g),)


@primitive
def join_heads(x: Array) -> Rule:
    """Set what the heads found side by side.

        x (..., heads, time, d)  ->  y (..., time, heads · d)

    Backward: `split_heads` of g.
    """
    xp = namespace(x)
    *leading, heads, time, d = x.shape

    def blame(g: Array) -> Array:
        return xp.moveaxis(xp.reshape(g, (*leading, time, heads, d)), -2, -3)

    return xp.reshape(xp.moveaxis(x, -3, -2), (*leading, time, heads * d)), lambda g: (lambda: blame(g),)
