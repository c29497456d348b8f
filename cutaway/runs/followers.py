"""Listeners that also see what a training starts from, and its weights while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from cutaway.diagnosis.setup import Setup
from cutaway.runs.trajectory import _first_carry
from cutaway.training.plan import Plan

Fetch = Callable[[], Mapping[str, np.ndarray]]


@runtime_checkable
class Follower(Protocol):
    """A listener that follows the weights of a training, with members those of the first."""

    def begins(self, setup: Setup) -> None:
        """Hear what is to be trained, on what, and how; the rows are the training's own, and not to be changed."""

    def weights(self, epoch: int, last: bool, fetch: Fetch) -> None:
        """Hear that an epoch is done, 0 before the first; `fetch` returns a copy of parameters and state, by path."""


def followed_by(listeners: Iterable[Any], setup: Setup) -> Plan:
    """Return the plan of a training that those of the listeners that are followers follow too.

    What is trained stays the same, bit by bit: nothing is fetched that no follower asks for.
    """
    followers, plan = [each for each in listeners if isinstance(each, Follower)], setup.plan
    if not followers:
        return plan
    several, before = plan.members is not None, plan.followed

    def first() -> Mapping[str, np.ndarray]:
        alone = replace(
            plan, members=1 if several else None, folds=None if plan.folds is None else plan.folds[:1], rates=None
        )
        begin = _first_carry(alone, setup.network, setup.optimizer, setup.rows)
        return own({**begin.params, **begin.state})

    def own(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {path: np.array(array[0] if several else array) for path, array in arrays.items()}

    def look(epoch: int, last: bool, fetch: Callable[[], dict[str, np.ndarray]]) -> None:
        if before is not None:
            before(epoch, last, fetch)
        for follower in followers:
            follower.weights(epoch, last, lambda: own(fetch()))

    for follower in followers:
        follower.begins(setup)
        follower.weights(0, False, first)
    return replace(plan, followed=look)
