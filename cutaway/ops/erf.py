"""The error function: how much of a bell curve lies within x of its middle."""

from __future__ import annotations

from math import pi, sqrt

from cutaway.autodiff import Rule, primitive
from cutaway.backends import Array, backend_of, namespace


@primitive
def erf(x: Array) -> Rule:
    """Error function, element by element.

        y = 2/√π ∫₀ˣ e^(−t²) dt

    Backward: dL/dx = g 2/√π e^(−x²).

    `gelu` has it inside; it stands alone in graphs that other programs wrote.

    >>> import numpy as np
    >>> erf(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.8427])
    """
    xp = namespace(x)
    return backend_of(x).erf(x), lambda g: (lambda: g * (2 / sqrt(pi)) * xp.exp(-x * x),)
