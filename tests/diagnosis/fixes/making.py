"""A setup as `fit` makes it, and its evidence, for tests of fixes."""

from __future__ import annotations

from typing import Any

import numpy as np

import cutaway as ca
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.examination import examine
from cutaway.diagnosis.fixes import fixed
from cutaway.diagnosis.setup import Setup
from cutaway.losses import as_loss
from cutaway.records import Finding, Fix
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer


def setup_of(
    network: ca.Layer, x: Any, y: Any, loss: Any, optimizer: Any = None, held_out: int = 0, **plan: Any
) -> Setup:
    """Return the setup of a training; the last `held_out` rows are held out."""
    x = np.asarray(x)
    x = x.astype(np.float32) if x.dtype.kind == "f" else x
    loss = as_loss(loss)
    if not network.built:
        network.build(x, plan.get("seed", 0))
    prepared = loss.prepare(y, (len(x), *network(x[:1]).shape[1:]))
    prepared = prepared.astype(np.float32) if prepared.dtype.kind == "f" else prepared
    cut = len(x) - held_out
    rows = Batch(x[:cut], prepared[:cut], None)
    kept = Batch(x[cut:], prepared[cut:], None) if held_out else None
    return Setup(
        network, loss, optimizer or ca.Adam(0.01), rows, kept, Plan(**{"epochs": 20, "batch_size": 32, **plan})
    )


def evidence_of(setup: Setup) -> Evidence:
    """Return what is known of a setup before its first step."""
    return examine(setup.network, setup.loss, setup.optimizer, setup.rows, setup.held_out, setup.plan)


def finding(action: str, layer: str | None = None, check: str = "under_test", **settings: Any) -> Finding:
    """Return a finding with a fix."""
    return Finding(check, "", "", 1.0, (None, None), layer=layer, fix=Fix(action, "do it", settings=settings))


def after(setup: Setup, action: str, layer: str | None = None, **settings: Any) -> Setup:
    """Return the setup with a fix that must apply."""
    changed = fixed(setup, finding(action, layer, **settings), evidence_of(setup))
    assert changed is not None
    return changed


def refused(setup: Setup, action: str, layer: str | None = None, **settings: Any) -> bool:
    """Return whether a fix does not apply."""
    return fixed(setup, finding(action, layer, **settings), evidence_of(setup)) is None


def trained(setup: Setup) -> ca.Layer:
    """Return the setup's network, trained as planned."""
    done = Trainer(setup.network, setup.loss, setup.optimizer, setup.plan).train(setup.rows, setup.held_out)
    return setup.network.bind(done.params, done.state)
