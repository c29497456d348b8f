"""Faults of the steps: how large, how many, over how many rows, by which rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import benchmarks.diagnosis.fault as suits
from benchmarks.diagnosis.cases import Architecture, Case
from benchmarks.diagnosis.fault import Fault
from benchmarks.diagnosis.sets import Parts


def _high(case: Case, severity: float, random: np.random.Generator) -> Case:
    return replace(case, rate=case.rate * severity)


def _low(case: Case, severity: float, random: np.random.Generator) -> Case:
    return replace(case, rate=case.rate / severity)


def _few_epochs(case: Case, severity: float, random: np.random.Generator) -> Case:
    return replace(case, epochs=round(severity), rate=case.rate / 3)


def _whole_batch(case: Case, severity: float, random: np.random.Generator) -> Case:
    return replace(case, batch_size=None, epochs=round(severity))


def _decay(case: Case, severity: float, random: np.random.Generator) -> Case:
    """Let each step shrink the weights by a share of `severity`, beside what the gradient does."""
    share = severity / case.rate
    return replace(case, optimizer="AdamW" if case.optimizer == "Adam" else case.optimizer,
                   options={**case.options, "weight_decay": share})  # fmt: skip


def _momentum(case: Case, severity: float, random: np.random.Generator) -> Case:
    return replace(case, optimizer="Momentum", options={**case.options, "momentum": 1 - 1 / severity})


def _epsilon(case: Case, severity: float, random: np.random.Generator) -> Case:
    return replace(case, options={**case.options, "epsilon": severity})


def _clipped(case: Case, severity: float, random: np.random.Generator) -> Case:
    return replace(case, options={**case.options, "clip_norm": severity})


def _with_adam(parts: Parts, architecture: Architecture) -> bool:
    return architecture.optimizer in ("Adam", "AdamW")


FAULTS = (
    Fault("learning rate too high", _high, ("learning_rate_too_high", "non_finite"), "learning rate", (50, 200),
          (30, 500)),
    Fault("learning rate too low", _low, ("learning_rate_too_low", "too_few_updates"), "learning rate", (200, 2000),
          (100, 5000)),
    Fault("too few epochs", _few_epochs, ("too_few_updates", "not_enough_epochs"), "epochs", (1, 2), (1, 3)),
    Fault("batch of all rows", _whole_batch, ("too_few_updates", "not_enough_epochs"), "batch", (8, 15), (5, 20),
          suits.with_descent),
    Fault("weight decay too strong", _decay, ("regularisation_too_strong", "optimizer_config"), "regularisation",
          (0.1, 0.4), (0.05, 0.6)),
    Fault("momentum too high", _momentum, ("optimizer_config", "oscillation"), "optimizer", (500, 2000), (300, 5000),
          suits.with_descent),
    Fault("epsilon of Adam too large", _epsilon, ("optimizer_config", "learning_rate_too_low"), "optimizer", (10, 100),
          (3, 300), _with_adam),
    Fault("gradient clipped away", _clipped, ("optimizer_config", "learning_rate_too_low"), "optimizer", (1e-4, 1e-3),
          (3e-5, 2e-3), suits.with_descent),
)  # fmt: skip
