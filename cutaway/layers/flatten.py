"""Flatten: each row's numbers in one line."""

from __future__ import annotations

from math import prod
from typing import Any

from cutaway import ops
from cutaway.layers.context import Context
from cutaway.layers.layer import Layer


class Flatten(Layer):
    """x (batch, a, b, ...)  ->  y (batch, a·b·...)."""

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return x with every axis but the first in one."""
        return ops.reshape(x, shape=(x.shape[0], prod(x.shape[1:])))
