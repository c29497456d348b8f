"""Who follows the weights of a training: asked after each epoch, of several processes by all of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from cutaway.training.loop import Loop


def follow(loop: Loop, epoch: int, last: bool) -> None:
    """Tell the plan's `followed` that an epoch is done; it may ask for a copy of the weights.

    Where processes have parts of the weights, all of them have to be there for a copy, also those in which nobody
    asks, as with a page that the first alone shows. So they ask each other, in turns, whether any wants one: each turn
    in which one does, all make it, and the turn in which none does is the last.
    """
    group, look = loop.group, loop.plan.followed

    def copied() -> dict[str, np.ndarray]:
        return loop.engine.fetch({**loop.carry.params, **loop.carry.state})

    def asked() -> dict[str, np.ndarray]:
        group.most([True])
        return copied()

    if not group.several:
        if look is not None:
            look(epoch, last, copied)
        return
    if look is not None:
        look(epoch, last, asked)
    while group.most([False])[0]:
        copied()
