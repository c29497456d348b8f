"""Convolution by XLA's own operation on a device for which every form of it is fast: a GPU.

What is convolved has the kind that `jax_rounding` says, and sums are float32; so are those of the blames, which are
written out as convolutions, since JAX's automatic ones would be of the kind of what is summed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from cutaway.backends.jax_rounding import EXACT, kind
from cutaway.backends.protocol import Array


def convolution(
    x: Array, weight: Array, windows: Sequence[Any], groups: int
) -> tuple[Array, Callable[[Array], tuple[Callable[[], Array], ...]]]:
    """Return the convolution of x (batch, height, width, in) with weight (height, width, in / groups, out), and blames.

    Along each axis, for windows s apart whose n places are d apart, and a picture of length l with `low` zeros before:

        y[a] = Σ_i w[i] x[a s + i d − low]
        dL/dx[p] = Σ_i w[i] g[(p + low − i d) / s], where that is whole: g with s − 1 zeros between, w turned round
        dL/dw[i] = Σ_a g[a] x[a s + i d − low]: g is the window, whose places are s apart, and such windows d apart
    """
    few, result = kind(x, weight), x.dtype
    inside, out = weight.shape[2:]

    def summed(a: Array, b: Array, **how: Any) -> Array:
        found: Array = jax.lax.conv_general_dilated(
            a.astype(few), b.astype(few), precision=EXACT, preferred_element_type=result, **how
        )
        return found

    y = summed(
        x, weight,
        window_strides=[each.stride for each in windows],
        padding=[(each.low, each.high) for each in windows],
        rhs_dilation=[each.dilation for each in windows],
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=groups,
    )  # fmt: skip
    span = [(each.size - 1) * each.dilation for each in windows]
    reach = [(each.count - 1) * each.stride + 1 for each in windows]

    def backward(g: Array) -> tuple[Callable[[], Array], ...]:
        def blame_of_x() -> Array:
            # (h, w, in / groups, groups · out / groups) -> (h, w, out / groups, groups · in / groups)
            apart = weight[::-1, ::-1].reshape(*weight.shape[:2], inside, groups, out // groups)
            turned = jnp.transpose(apart, (0, 1, 4, 3, 2)).reshape(*weight.shape[:2], out // groups, groups * inside)
            return summed(
                g, turned,
                window_strides=(1, 1),
                padding=[
                    (wide - each.low, each.length + each.low - far)
                    for each, wide, far in zip(windows, span, reach, strict=True)
                ],
                lhs_dilation=[each.stride for each in windows],
                rhs_dilation=[each.dilation for each in windows],
                dimension_numbers=("NHWC", "HWIO", "NHWC"),
                feature_group_count=groups,
            )  # fmt: skip

        def blame_of_weight() -> Array:
            return summed(
                x, g,
                window_strides=[each.dilation for each in windows],
                padding=[
                    (each.low, wide + far - each.length - each.low)
                    for each, wide, far in zip(windows, span, reach, strict=True)
                ],
                rhs_dilation=[each.stride for each in windows],
                dimension_numbers=("CHWN", "IHWO", "HWNC"),
                batch_group_count=groups,
            )  # fmt: skip

        return blame_of_x, blame_of_weight

    return y, backward
