"""All that makes a training, in one piece: what a fix changes, and an experiment runs again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cutaway.data.splits import split_rows
from cutaway.layers import Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.training.plan import Plan
from cutaway.training.score import task_of
from cutaway.training.step import Batch

# The share of the rows that is held out where none are; fewer than this judge nothing, and this many must be left.
SHARE, FEWEST_HELD, FEWEST_LEARNED = 0.2, 10, 20


@dataclass(frozen=True)
class Setup:
    """A training as it can be repeated.

    network   with the weights it starts from; whoever trains it makes a copy
    rows, held_out   as the loss prepared them
    closing   what turns the trained network's answers into the user's units, put behind it once it is trained
    """

    network: Layer
    loss: Loss
    optimizer: Optimizer
    rows: Batch
    held_out: Batch | None
    plan: Plan
    engine: str = "numpy"
    closing: Layer | None = None


def apart(setup: Setup) -> Setup | None:
    """Return the setup that holds a fifth of its own rows out, drawn by its seed; itself where it holds some out.

    At least ten rows are held out; None where that leaves fewer than twenty. Of classes each gives its share.

    >>> import cutaway as ca
    >>> net = ca.Sequential(ca.Dense(1)).build(1)
    >>> rows = Batch(np.arange(100.0).reshape(-1, 1), np.arange(100.0).reshape(-1, 1), None)
    >>> split = apart(Setup(net, ca.SquaredError(), ca.Adam(), rows, None, Plan(epochs=1, batch_size=8)))
    >>> len(split.rows.x), len(split.held_out.x), bool(np.isin(split.held_out.x, split.rows.x).any())
    (80, 20, False)
    """
    if setup.held_out is not None:
        return setup
    x, y = np.asarray(setup.rows.x), np.asarray(setup.rows.y)
    count = len(x)
    if count < FEWEST_HELD + FEWEST_LEARNED:
        return None
    task = task_of(y)
    labels = {"classes": y, "yes_no": y, "one_hot": y.argmax(axis=-1) if y.ndim > 1 else y}.get(task)
    if labels is not None and labels.size != count:  # a class for each place of a row
        labels = None
    share = max(SHARE, FEWEST_HELD / count)
    rest, part = split_rows(count, share, setup.plan.seed, None if labels is None else labels.reshape(count))
    if len(part) < FEWEST_HELD // 2:
        return None
    learned, held = (
        Batch(*(None if array is None else np.asarray(array)[places] for array in setup.rows))
        for places in (rest, part)
    )
    return replace(setup, rows=learned, held_out=held)
