"""Attention as one kernel of the device, which never writes down how much each place looks at each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import numpy as np

from cutaway.backends.protocol import Array

# cuDNN takes heads of at most so many features, in multiples of so many.
WIDEST, STEP = 128, 8
# The compute capability of the first GPUs for which it has this kernel.
AMPERE = 8


def suits(query: Array, key: Array, value: Array, mask: Array | None, causal: bool) -> bool:
    """Whether cuDNN is there and takes such arrays: four axes, no mask, heads of a width that it knows."""
    if mask is not None or query.ndim != 4 or query.dtype != np.float32 or not has_kernel(jax.local_devices()[0]):
        return False
    width = query.shape[-1]
    alike = key.shape == value.shape and query.shape[:2] == key.shape[:2] and width == key.shape[-1]
    return alike and width <= WIDEST and width % STEP == 0 and (not causal or query.shape == key.shape)


def has_kernel(device: Any) -> bool:
    """Whether cuDNN has such a kernel for a device: NVIDIA's GPUs from compute capability 8.0 (Ampere) on.

    AMD's GPUs are of platform "gpu", too; their capability is a word such as "gfx90a".

    >>> from types import SimpleNamespace
    >>> known = {"H100": "9.0", "V100": "7.0", "Blackwell": "12.0", "AMD": "gfx90a"}
    >>> [name for name, told in known.items() if has_kernel(SimpleNamespace(platform="gpu", compute_capability=told))]
    ['H100', 'Blackwell']
    """
    major = re.fullmatch(r"(\d+)\.\d+", str(getattr(device, "compute_capability", "")))
    return device.platform == "gpu" and major is not None and int(major[1]) >= AMPERE


def attention(
    query: Array, key: Array, value: Array, causal: bool, implementation: str
) -> tuple[Array, Callable[[Array], tuple[Callable[[], Array], ...]]]:
    """Return y (batch, heads, time, features) of arrays of this shape, and the backward rule.

    implementation  "cudnn", a fused kernel of a GPU, which computes in bfloat16 and adds in float32; or "xla", the same
                    as products and a softmax, in the arrays' own precision

    Reference: Dao, Fu, Ermon, Rudra, Ré, NeurIPS 2022, arXiv 2205.14135 (what such a kernel does).
    """
    kind = jax.numpy.bfloat16 if implementation == "cudnn" else query.dtype

    def forward(query: Array, key: Array, value: Array) -> Array:
        parts = [jax.numpy.moveaxis(part, 1, 2).astype(kind) for part in (query, key, value)]  # (batch, time, heads, d)
        found = jax.nn.dot_product_attention(*parts, is_causal=causal, implementation=implementation)  # type: ignore[call-overload]
        return jax.numpy.moveaxis(found, 1, 2).astype(query.dtype)

    y, pullback = jax.vjp(forward, query, key, value)

    def backward(g: Array) -> tuple[Callable[[], Any], ...]:
        blames = cache(lambda: pullback(g))  # one kernel finds all three
        return (lambda: blames()[0], lambda: blames()[1], lambda: blames()[2])

    return y, backward
