"""The way that a training takes: its weights before the first epoch and after each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cutaway.layers import Layer
from cutaway.optimizers import Optimizer
from cutaway.training.plan import Plan
from cutaway.training.step import Batch, Carry


def with_trajectory(
    plan: Plan, way: list[dict[str, np.ndarray]], network: Layer, optimizer: Optimizer, rows: Batch
) -> Plan:
    """Return the plan of a training that adds its weights and state to `way`; those it begins with are there at once.

    Each entry is a dict by path, with members with a leading axis for them. The network is as it was.
    """
    before = {path: array.copy() for path, array in {**network.parameters(), **network.state()}.items()}

    def keep(carry: Carry) -> None:
        way.append({path: np.array(array) for path, array in {**carry.params, **carry.state}.items()})

    keep(plan.first_carry(network, optimizer, rows))
    network.load(before)
    return replace(plan, shown=lambda _, carry: keep(carry))
