"""Vitals of the network on show, and what the diagnosis makes of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cutaway.records import LayerVitals, NetworkVitals
from cutaway.studio.case import Case
from cutaway.studio.moment import Moment
from cutaway.studio.way import Way
from cutaway.training.observe import observe
from cutaway.training.step import Batch
from cutaway.training.watching import spaced

PROBED = 256  # rows that vitals are taken on
LARGE = 2_000_000  # weights × rows beyond which none are taken while the network trains


def observed(case: Case, moment: Moment, way: Way) -> tuple[list[LayerVitals], NetworkVitals] | None:
    """Return the vitals at a moment, counted by its steps; None for a network too large to look at in passing."""
    rows = spaced(case.rows(way.loss, "training"), PROBED)
    if case.weights * len(rows.x) > LARGE * 16 or not all(np.isfinite(a).all() for a in moment.carry.params.values()):
        return None
    held_out: Batch | None = case.rows(way.loss, "held_out")
    held_out = spaced(held_out, PROBED) if held_out is not None and len(held_out.x) else None
    stepper = case.stepper(way)
    epoch = moment.position // stepper.per_epoch
    layers, network = observe(
        case.network, way.loss, way.optimizer, moment.carry, rows, epoch, int(stepper.steps), held_out, way.batch_size
    )
    return [replace(each, step=moment.step) for each in layers], replace(network, step=moment.step)
