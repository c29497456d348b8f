"""Recurrence: what a state, handed from each place of a sequence to the next, has in common in all its forms."""

from __future__ import annotations

from cutaway.backends import Array, namespace


def exchanged(x: Array) -> Array:
    """Return x (batch, time, ...) as (time, batch, ...), or back: a scan walks along the leading axis.

    >>> import numpy as np
    >>> exchanged(np.zeros((2, 5, 3))).shape
    (5, 2, 3)
    """
    return namespace(x).permute_dims(x, (1, 0, *range(2, x.ndim)))


def flat(x: Array) -> Array:
    """Return x (time, batch, n) as rows (time · batch, n), for one product over all places."""
    return namespace(x).reshape(x, (-1, x.shape[-1]))


def counted(mask: Array) -> Array:
    """Return a mask (batch, time), true where a place counts, as the items of a scan: (time, batch, 1)."""
    xp = namespace(mask)
    return xp.expand_dims(exchanged(xp.astype(mask, xp.bool)), axis=-1)


def nothing(x: Array, units: int) -> Array:
    """Return the state before the first place of x (batch, time, features): zeros (batch, units)."""
    return namespace(x).zeros((x.shape[0], units), dtype=x.dtype)


def before(start: Array, states: Array) -> Array:
    """Return the state that each place found: `start`, then `states` (time, batch, units) without the last."""
    xp = namespace(states)
    return xp.concat((xp.expand_dims(start, axis=0), states[:-1]), axis=0)


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + e⁻ˣ) as ½ + ½ tanh(x / 2), for arrays: one pass, and no overflow.

    Below −20 a gate is shut; how tightly, to a relative precision that `logistic` keeps, makes no difference to it.
    """
    return 0.5 + 0.5 * namespace(x).tanh(0.5 * x)
