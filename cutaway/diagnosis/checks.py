"""All checks, in causal order: what comes first explains what comes after it."""

from __future__ import annotations

from cutaway.diagnosis.check import Check
from cutaway.diagnosis.preflight.inputs_unscaled import inputs_unscaled
from cutaway.diagnosis.preflight.softmax_one_unit import softmax_one_unit
from cutaway.diagnosis.training.learning_rate_too_high import learning_rate_too_high

CHECKS: tuple[Check, ...] = (
    # the data
    inputs_unscaled,
    # the head and the loss
    softmax_one_unit,
    # the first weights
    # the size of the steps
    learning_rate_too_high,
    # how the units and gradients fare
    # the fit
)

BY_NAME = {check.name: check for check in CHECKS}
