"""Products of rounded numbers: bfloat16 is multiplied, float32 is added and kept."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import jax
import numpy as np

from cutaway.backends.protocol import Array

# The precision of products in what is being traced.
_precision: ContextVar[str] = ContextVar("precision", default="float32")
# Of products of float32 all 24 bits of the operands count: left to itself XLA takes 11 of them on newer GPUs (TF32).
EXACT = jax.lax.Precision.HIGHEST


def rounded(function: Callable[..., Any], precision: str) -> Callable[..., Any]:
    """Return `function` such that the products in it are traced with a precision: "float32" or "bf16"."""
    if precision == "float32":
        return function

    def traced(*arguments: Any) -> Any:
        token = _precision.set(precision)
        try:
            return function(*arguments)
        finally:
            _precision.reset(token)

    return traced


def half() -> bool:
    """Whether what is being traced multiplies bfloat16."""
    return _precision.get() == "bf16"


def kind(*arrays: Array) -> Any:
    """Return the type in which these are multiplied: bfloat16 for float32 where it is asked for, else their own."""
    if half() and all(array.dtype == np.float32 for array in arrays):
        return jax.numpy.bfloat16
    return arrays[0].dtype


def matmul(a: Array, b: Array) -> Array:
    """Return the matrix product over the last two axes, float32 where float32 arrives.

    A bfloat16 has the range of a float32 and 8 bits of its digits: relative to |a| |b| the product is off by at most
    2⁻⁸ for each operand, whatever the number of terms, since they are added in float32.

    Reference: Micikevicius et al., ICLR 2018, arXiv 1710.03740 (master weights and sums in float32); Kalamkar et al.,
    2019, arXiv 1905.12322 (bfloat16, which needs no scaling of the loss).
    """
    if kind(a, b) != jax.numpy.bfloat16 or a.dtype == jax.numpy.bfloat16:
        return jax.numpy.matmul(a, b, precision=EXACT)
    few = jax.numpy.bfloat16
    return jax.numpy.matmul(a.astype(few), b.astype(few), preferred_element_type=np.float32)
