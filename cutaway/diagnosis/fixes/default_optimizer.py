"""Set the optimizer as its paper does; where it is, take Adam as its paper sets it."""

from __future__ import annotations

from dataclasses import replace

from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.setup import Setup
from cutaway.optimizers import Adam, Optimizer
from cutaway.records import Finding

# A rate within this factor of the usual one is the user's choice, and stays.
NEAR = 10.0


def default_optimizer(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup with the defaults of its optimizer but the learning rate, if that is anything near; else Adam.

    A momentum of 0.99, an ε of 1e-16, a decay of 0.1 are gone with that.
    """
    facts, kind = evidence.optimizer, type(setup.optimizer)
    near = facts.usual > 0 and 1 / NEAR <= facts.learning_rate / facts.usual <= NEAR
    made: Optimizer = kind(setup.optimizer.learning_rate) if near else kind(facts.usual)
    if repr(made) == repr(setup.optimizer):
        made = Adam()
    return None if repr(made) == repr(setup.optimizer) else replace(setup, optimizer=made)
