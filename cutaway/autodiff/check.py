"""Is a gradient right? Compare it with the slope itself, measured by central differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cutaway.autodiff.backward import pull
from cutaway.autodiff.node import Node
from cutaway.backends import Array
from cutaway.backends.random import generator


def check_gradients(
    function: Callable[..., Any],
    operands: Sequence[Array],
    *,
    node: type[Node] = Node,
    nudge: float = 1e-6,
    seed: int = 0,
) -> float:
    """Return the relative error between the gradients of `function` and its measured slope.

    Along a random direction d of all float operands, and a random direction g of the result,

        slope = Σ g · (f(x + εd) − f(x − εd)) / 2ε      against      Σ d · pull(f, x, g)

    in float64. The direction g is never all ones: the sum of a softmax or of a normalised batch has zero
    gradient, and such a check would pass any wrong rule.

    Raises `ValueError` when a gradient has not the shape of its operand.

    >>> import numpy as np, cutaway as ca
    >>> check_gradients(lambda a, b: a @ b, [np.eye(3), np.ones((3, 2))], node=ca.Tensor) < 1e-8
    True
    """
    random = generator(seed, "check_gradients")
    values = [np.asarray(operand) for operand in operands]
    floats = [index for index, value in enumerate(values) if value.dtype.kind == "f"]
    values = [value.astype(np.float64) if index in floats else value for index, value in enumerate(values)]
    directions = {index: random.standard_normal(values[index].shape) for index in floats}

    def shifted(distance: float) -> Array:
        return np.asarray(
            function(*[v + distance * directions[i] if i in floats else v for i, v in enumerate(values)]),
            np.float64,
        )

    leaves: list[Any] = [node(value) if index in floats else value for index, value in enumerate(values)]
    output = function(*leaves)
    g = random.standard_normal(output.value.shape)
    shares = pull(output, [leaves[index] for index in floats], g)
    for index, share in zip(floats, shares, strict=True):
        # Broadcasting would hide it from the sums below.
        if np.shape(share) != values[index].shape:
            raise ValueError(
                f"check_gradients: operand {index} has shape {values[index].shape}, its gradient {np.shape(share)}"
            )
    analytic = sum(float(np.sum(directions[index] * share)) for index, share in zip(floats, shares, strict=True))
    measured = float(np.sum(g * (shifted(nudge) - shifted(-nudge)))) / (2 * nudge)
    return abs(analytic - measured) / max(1.0, abs(analytic), abs(measured))
