"""The cosine of an angle in turns: a whole turn is subtracted exactly, and what is left needs a short polynomial."""

from __future__ import annotations

from math import pi

from cutaway.autodiff import Rule, primitive
from cutaway.backends import Array, namespace

# sin(πr) / r and cos(πr) as polynomials of r² for |r| ≤ ½, by Chebyshev interpolation: 7e-9 and 2e-10 off at most,
# less than float32 tells apart.
SINE = (3.141592640077, -5.167710076668, 2.550077386526, -0.598290411267, 0.077655912243)
COSINE = (0.999999999779, -4.934802136929, 4.058709154761, -1.335211949366, 0.234937068497, -0.024395931956)


@primitive
def cos_of_turns(x: Array) -> Rule:
    """Cosine of x turns, element by element.

        y = cos(2πx) = 1 − 2 sin²(πr),        r = x − round(x), which is exact

    Backward: dL/dx = −g · 2π sin(2πx) = −g · 4π sin(πr) cos(πr).

    float32 takes polynomials, which XLA on a CPU computes in half the time of its cosine (and closer to the truth,
    where x is large); other types take the library's sine and cosine of r.

    >>> import numpy as np
    >>> cos_of_turns(np.array([0.0, 0.5, 1e6])).tolist()
    [1.0, -1.0, 1.0]
    """
    xp = namespace(x)
    r = x - xp.round(x)
    short = x.dtype == xp.float32
    sine = r * polynomial(SINE, r * r) if short else xp.sin(pi * r)

    def blame(g: Array) -> Array:
        cosine = polynomial(COSINE, r * r) if short else xp.cos(pi * r)
        return g * (-4 * pi) * sine * cosine

    return 1 - 2 * sine * sine, lambda g: (lambda: blame(g),)


def polynomial(coefficients: tuple[float, ...], s: Array) -> Array:
    """Return c₀ + c₁ s + c₂ s² + …, by Horner's rule.

    >>> polynomial((1.0, 2.0, 3.0), 10.0)
    321.0
    """
    y = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        y = y * s + coefficient
    return y
