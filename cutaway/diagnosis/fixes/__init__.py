"""What can be done about a finding: each fix a function that turns a setup into another one, or says that it cannot."""

from __future__ import annotations

from collections.abc import Callable

from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.fixes.batch_norm import batch_norm
from cutaway.diagnosis.fixes.batch_size import batch_size
from cutaway.diagnosis.fixes.class_weight import class_weight
from cutaway.diagnosis.fixes.clip import clip
from cutaway.diagnosis.fixes.default_optimizer import default_optimizer
from cutaway.diagnosis.fixes.drop_constant import drop_constant
from cutaway.diagnosis.fixes.dropout import dropout
from cutaway.diagnosis.fixes.epochs import epochs
from cutaway.diagnosis.fixes.initialise import initialise
from cutaway.diagnosis.fixes.insert_activation import insert_activation
from cutaway.diagnosis.fixes.leaky import leaky
from cutaway.diagnosis.fixes.learning_rate import learning_rate
from cutaway.diagnosis.fixes.leave_out import leave_out
from cutaway.diagnosis.fixes.mean_loss import mean_loss
from cutaway.diagnosis.fixes.paired_head import paired_head
from cutaway.diagnosis.fixes.shuffle import shuffle
from cutaway.diagnosis.fixes.standardise_inputs import standardise_inputs
from cutaway.diagnosis.fixes.standardise_targets import standardise_targets
from cutaway.diagnosis.fixes.unfreeze import unfreeze
from cutaway.diagnosis.fixes.weight_decay import weight_decay
from cutaway.diagnosis.fixes.widen import widen
from cutaway.diagnosis.setup import Setup
from cutaway.errors import InputError
from cutaway.records import Finding

Change = Callable[[Setup, Finding, Evidence], Setup | None]

FIXES: dict[str, Change] = {
    "batch_norm": batch_norm,
    "batch_size": batch_size,
    "class_weight": class_weight,
    "clip": clip,
    "default_optimizer": default_optimizer,
    "drop_constant": drop_constant,
    "dropout": dropout,
    "epochs": epochs,
    "initialise": initialise,
    "insert_activation": insert_activation,
    "leaky": leaky,
    "learning_rate": learning_rate,
    "leave_out": leave_out,
    "mean_loss": mean_loss,
    "paired_head": paired_head,
    "shuffle": shuffle,
    "standardise_inputs": standardise_inputs,
    "standardise_targets": standardise_targets,
    "unfreeze": unfreeze,
    "weight_decay": weight_decay,
    "widen": widen,
}
"""Every fix by its name, the `action` of a `Fix`."""


def fixed(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
    """Return the setup with the finding's fix; None where there is none, or it does not apply to this network.

    evidence   of the same setup: its layers are those of the setup's network
    """
    if finding.fix is None or finding.fix.action not in FIXES:
        return None
    try:
        return FIXES[finding.fix.action](setup, finding, evidence)
    except InputError:  # layers that hold the changed one want other shapes
        return None


__all__ = ["FIXES", "Change", "fixed"]
