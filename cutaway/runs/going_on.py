"""Going on from an earlier run: what is kept of it, and what a person should know of the score."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from cutaway.data.targets import ClassTarget, NumberTarget, Target
from cutaway.errors import InputError
from cutaway.layers import Blend, Ensemble, Layer
from cutaway.runs.table_run import TableRun


def members_of(run: TableRun) -> int:
    """Return how many networks a run to go on from has; raises `InputError` where there is no going on."""
    if isinstance(run.network, Blend):
        raise InputError("train: the run to go on from mixes networks of several kinds; go on from a 'standard' one")
    return len(run.network) if isinstance(run.network, Ensemble) else 1


def weights_of(run: TableRun) -> tuple[Layer, dict[str, Any]]:
    """Return a copy of a run's network, and its weights and state with a leading member axis."""
    assert not isinstance(run.network, Blend)
    ensemble = Ensemble.of(run.network)
    return copy.deepcopy(ensemble.network), {**ensemble.params, **ensemble.state}


def same_target(run: TableRun, found: Target) -> Target:
    """Return the target of a run to go on from; raises `InputError` where the data has another."""
    known = run.target
    if type(known) is not type(found) or known.column != found.column:
        raise InputError(
            f"train: the run to go on from predicts '{known.column}' ({run.task}); these rows are to teach "
            f"'{found.column}' ({'classification' if isinstance(found, ClassTarget) else 'regression'})"
        )
    if isinstance(known, ClassTarget):
        return replace(known, temperature=1.0, threshold=0.5)
    assert isinstance(known, NumberTarget) and isinstance(found, NumberTarget)
    return replace(known, low=min(known.low, found.low), high=max(known.high, found.high), margins=())


def told_of_start(start: TableRun, begun: TableRun) -> list[str]:
    """Return what a person should know about the score of a run that goes on from another one."""
    split = ("test", "seed", "group", "time_column", "lag", "sample")
    same = start.data.get("fingerprint") == begun.data["fingerprint"] and all(
        start.settings.get(name) == begun.settings[name] for name in split
    )
    if same:
        return []
    return [
        "the earlier run may have learned from rows that are held out or set aside here, and the score be too good for "
        "it; to know how good it is give rows that it never saw as the test table"
    ]
