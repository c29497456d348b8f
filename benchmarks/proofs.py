"""`python -m benchmarks proofs`: how often an experiment calls a fix helpful that does nothing, and one that helps.

A fix that does nothing draws the first weights anew, from another seed: what it gives differs by luck alone. Fixes that
help are those of six faults that stop a training. Settings and seeds are drawn; each try has its own rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

import cutaway as ca
from benchmarks.diagnosis.statistics import Share, wilson
from benchmarks.report import table, write
from cutaway.diagnosis.alteration import redrawn
from cutaway.diagnosis.budget import Budget
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.examination import examine
from cutaway.diagnosis.experiment import Experiments
from cutaway.diagnosis.fixes import FIXES
from cutaway.diagnosis.setup import Setup
from cutaway.losses import as_loss
from cutaway.records import Finding, Fix
from cutaway.training.plan import Plan
from cutaway.training.step import Batch

# Seconds for the experiments with a fix that does nothing; twice as many for one that helps, which may look for a rate.
SECONDS = 0.5
# How many tries of either kind.
TRIES = 120
# Fixes that do nothing are tried so many at a time, as a diagnosis tries several.
AT_ONCE = (1, 2, 4)
NOTHING = "nothing"


def main(repeats: int = 0, quick: bool = False) -> None:
    """Print how often fixes are called helpful, and write it."""
    tries = 6 if quick else TRIES
    found = {
        "does nothing": idle(tries),
        **{name: helping(name, max(1, tries // len(HELPING))) for name in HELPING},
    }
    rows = [["a fix that", "called helpful"], *([name, str(share)] for name, share in found.items())]
    print(table(rows))
    if not quick:
        print(write("proofs", {name: list(share) for name, share in found.items()}))


def idle(tries: int, first: int = 0, seconds: float = SECONDS) -> Share:
    """Return the share of diagnoses in which any fix was called helpful, where none does anything."""
    wrong, seed, made = 0, first, 0
    with doing_nothing():
        while made < tries:
            setup = drawn(seed)
            many = AT_ONCE[seed % len(AT_ONCE)]
            experiments = Experiments(setup, evidence_of(setup), Budget(many * seconds), many)
            proofs = [experiments.tried(finding(NOTHING, factor=place + 1.0)).proof for place in range(many)]
            seed += 1
            made += all(proof is not None for proof in proofs)  # else it was too short to try them all
            wrong += any(proof is not None and proof.helps for proof in proofs)
    return wilson(wrong, tries)


def helping(name: str, tries: int, first: int = 0, seconds: float = 2 * SECONDS) -> Share:
    """Return the share of tries in which the fix of a fault is called helpful."""
    break_it, fix = HELPING[name]
    hits = 0
    for seed in range(first, first + tries):
        setup = break_it(drawn(seed, classes=name == "takes a softmax off one unit" or None))
        tried = Experiments(setup, evidence_of(setup), seconds).tried(finding(fix, **SETTINGS.get(name, {})))
        hits += tried.proof is not None and tried.proof.helps
    return wilson(hits, tries)


@contextmanager
def doing_nothing() -> Iterator[None]:
    """Know the fix that does nothing while entered."""

    def nothing(setup: Setup, finding: Finding, evidence: Evidence) -> Setup | None:
        assert finding.fix is not None
        other = 1000 * int(float(finding.fix.settings["factor"]))
        return replace(redrawn(setup, setup.plan.seed + other), plan=setup.plan)

    FIXES[NOTHING] = nothing
    try:
        yield
    finally:
        del FIXES[NOTHING]


def drawn(seed: int, classes: bool | None = None) -> Setup:
    """Return a small training that is well: rows, widths, optimizer, rate and length drawn; a half holds rows out."""
    random = np.random.default_rng([seed, 11])
    count, width = int(random.integers(80, 400)), int(random.integers(2, 6))
    x = random.normal(size=(count, width)).astype(np.float32)
    signal = np.sin(2 * x[:, 0]) + x[:, 1] * x[:, -1] + 0.5 * random.normal(size=count)
    numbers = bool(random.random() < 0.5) if classes is None else not classes
    y = signal[:, None].astype(np.float32) if numbers else (signal > 0).astype(np.int64)
    act = (ca.ReLU, ca.Tanh)[random.integers(2)]
    net = ca.Sequential(ca.Dense(int(random.integers(4, 24))), act(), ca.Dense(1 if numbers else 2))
    optimizers: list[Callable[[], Any]] = [
        lambda: ca.Adam(0.01), lambda: ca.Adam(0.001), lambda: ca.GradientDescent(0.1), lambda: ca.Momentum(0.01),
    ]  # fmt: skip
    optimizer = optimizers[random.integers(len(optimizers))]()
    loss = as_loss("squared_error" if numbers else "cross_entropy")
    held = count // 4 if random.random() < 0.5 else 0
    parts = [Batch(x[held:], y[held:], None), Batch(x[:held], y[:held], None) if held else None]
    assert parts[0] is not None
    plan = Plan(epochs=int(random.integers(5, 30)), batch_size=32, seed=seed)
    return Setup(net.build(x, seed), loss, optimizer, parts[0], parts[1], plan)


def finding(action: str, **settings: float) -> Finding:
    """Return a finding with a fix."""
    return Finding("by design", "", "", 1.0, (None, None), fix=Fix(action, "", settings=settings))


def evidence_of(setup: Setup) -> Evidence:
    return examine(setup.network, setup.loss, setup.optimizer, setup.rows, setup.held_out, setup.plan, setup.engine)


def _unscaled(setup: Setup) -> Setup:
    size = np.ones(setup.rows.x.shape[1], np.float32)
    size[0] = 1000.0
    parts = [None if part is None else part._replace(x=part.x * size) for part in (setup.rows, setup.held_out)]
    assert parts[0] is not None
    return replace(setup, rows=parts[0], held_out=parts[1], plan=replace(setup.plan, epochs=30))


def _fast(setup: Setup) -> Setup:
    return replace(setup, optimizer=ca.GradientDescent(100.0), plan=replace(setup.plan, epochs=30))


def _slow(setup: Setup) -> Setup:
    return replace(setup, optimizer=ca.GradientDescent(1e-5), plan=replace(setup.plan, epochs=30))


def _constant(setup: Setup) -> Setup:
    layers = [ca.Dense(16, initializer=ca.Constant(0.0)), ca.ReLU(), ca.Dense(setup.network(setup.rows.x[:1]).shape[1])]
    return _with(setup, *layers)


def _dead(setup: Setup) -> Setup:
    return _with(
        setup, ca.Dense(16, bias_initializer=ca.Constant(-20.0)), ca.ReLU(),
        ca.Dense(setup.network(setup.rows.x[:1]).shape[1]),
    )  # fmt: skip


def _one_unit(setup: Setup) -> Setup:
    yes = [
        None if part is None else part._replace(y=part.y.astype(np.float32).reshape(-1, 1))
        for part in (setup.rows, setup.held_out)
    ]
    assert yes[0] is not None
    ended = _with(setup, ca.Dense(16), ca.ReLU(), ca.Dense(1), ca.Softmax())
    return replace(ended, loss=as_loss("squared_error"), rows=yes[0], held_out=yes[1])


def _with(setup: Setup, *layers: ca.Layer) -> Setup:
    net = ca.Sequential(*layers).build(setup.rows.x, setup.plan.seed)
    return replace(setup, network=net, optimizer=ca.Adam(0.01), plan=replace(setup.plan, epochs=30))


HELPING: dict[str, tuple[Callable[[Setup], Setup], str]] = {
    "scales inputs": (_unscaled, "standardise_inputs"),
    "lowers a rate of 100": (_fast, "learning_rate"),
    "raises a rate of 1e-5": (_slow, "learning_rate"),
    "draws weights that are all 0": (_constant, "initialise"),
    "wakes dead units": (_dead, "leaky"),
    "takes a softmax off one unit": (_one_unit, "paired_head"),
}
SETTINGS = {"raises a rate of 1e-5": {"factor": 10.0}, "lowers a rate of 100": {"factor": 0.1}}
