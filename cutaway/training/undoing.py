"""Steps that went non-finite undone: back to the last good weights, at a lower rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.records import Event
from cutaway.training.first_non_finite import first_non_finite

if TYPE_CHECKING:
    from cutaway.training.loop import Loop

# Once a step has gone non-finite, the learning rate is multiplied by this; a second time ends the training.
SLOWER = 0.1


def undo(loop: Loop, losses: np.ndarray, epoch: int) -> None:
    """Put members whose loss or weights are not finite back to their last good weights, at a lower rate.

    One to whom that happens a second time before it was good for long enough has given up: it is told no more of,
    and goes on being put back, so that what is delivered is finite.
    """
    broken = ~np.isfinite(losses)
    if not broken.any():
        return
    new = broken & ~loop.members.gave_up
    again = new & loop.members.undone
    loop.members.gave_up |= again
    loop.members.undone |= broken
    if new.any():
        which = "" if loop.plan.members is None else f" for member {', '.join(map(str, np.flatnonzero(new)))}"
        message = f"the loss or a weight became non-finite{which}: back to the last good weights" + (
            f", learning rate × {SLOWER:g}" if not again.any() else "; a tenth of the learning rate did not help"
        )
        found = first_non_finite(loop, epoch, int(np.flatnonzero(new)[0]))
        told = Event(loop.step, "not finite", f"{message}; {found.words}", found.layer, found.operation)
        loop.tell(told, loop.trained.events)
    loop.members.since[broken] = epoch
    factors = np.where(broken, np.float32(SLOWER), np.float32(1))
    flag: Any = broken if loop.plan.members is not None else broken[0]
    factor: Any = factors if loop.plan.members is not None else factors[0]
    loop.carry = loop.engine.slower(loop.engine.choose(flag, loop.good, loop.carry), factor)
