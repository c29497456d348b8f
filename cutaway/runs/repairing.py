"""Diagnosis of a run with proof: suspected causes are tried, and where it is asked for, repaired."""

from __future__ import annotations

import copy
import time
import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from cutaway.diagnosis.examination import with_records
from cutaway.diagnosis.proving import proved
from cutaway.diagnosis.repair import Attempt, Training, looked_at, repair
from cutaway.diagnosis.setup import Setup
from cutaway.diagnosis.telling import told
from cutaway.diagnosis.verdict import Verdict, verdict
from cutaway.errors import FindingWarning, InputError, TrainingWarning
from cutaway.layers import Blend, Ensemble, Layer, Sequential
from cutaway.records import Finding
from cutaway.runs.diagnosing import diagnosis_of
from cutaway.runs.learn import learn
from cutaway.training.score import score_of

if TYPE_CHECKING:
    from cutaway.runs.run import Run

# An experiment that is shorter than this says nothing, however short the training was.
FEWEST_SECONDS = 1.0


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a run, and what was made of it; its `repr` is to be read.

    findings   causes, the first cause first, with the proof of each fix that was tried
    notes      what is unusual and does no harm that could be measured
    harm       what the training suffers from, in words; "" for nothing
    seconds    what the experiments took
    budget     what they were allowed to take, in a repair so much for each training
    suspected  whether nothing could be tried: the run came from disk, without what it was trained from
    run        the repaired run, the run itself where no fix helped; None where no repair was asked for
    log        what the repair tried, one attempt after another
    before, after   score of the run and of the repaired one, on the same rows
    """

    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...] = ()
    harm: str = ""
    seconds: float = 0.0
    budget: float = 0.0
    suspected: bool = False
    run: Run | None = field(default=None, repr=False)
    log: tuple[Attempt, ...] = ()
    before: float | None = None
    after: float | None = None

    def __repr__(self) -> str:
        lines: list[str] = []
        for place, finding in enumerate(self.findings, 1):
            lines.append(f"{place}. {'suspected: ' if self.suspected else ''}{told(finding)}")
            if finding.proof is not None:
                lines[-1] += "\n  it helps" if finding.proof.helps else "\n  so short, it was not seen to help"
        if not self.findings:
            lines.append("nothing is wrong that could be found" if not self.harm else self.harm)
        lines += [f"note: {finding.sentence}" for finding in self.notes]
        if self.seconds:
            lines.append(f"experiments took {self.seconds:.1f} s of {self.budget:.1f} s allowed")
        lines += [f"tried: {attempt}" for attempt in self.log]
        if self.before is not None and self.after is not None:
            lines.append(f"score before {self.before:.3f}, after {self.after:.3f}")
        return "\n".join(lines)


def diagnose(run: Run, fix: bool = False, budget: float = 0.2) -> Diagnosis:
    """Return the diagnosis of a run; see `Run.diagnose`."""
    if not budget >= 0:
        raise InputError(f"diagnose: budget is a share of the training time, at least 0, got {budget!r}")
    evidence, found = diagnosis_of(run)
    setup = run.setup
    if fix and run.summary()["kind"] != "network":
        raise InputError(
            "diagnose: fix=True repairs runs of ca.fit; a run that made its own network from a table, pictures or a "
            "text is trained again with other settings (effort, columns, more data)"
        )
    if setup is None:
        if fix:
            raise InputError(
                "diagnose: this run holds no rows to train again on; call fit with its data, and diagnose what it "
                "returns with fix=True"
            )
        return Diagnosis(found.findings, found.notes, found.harm.sentence, suspected=bool(found.findings))
    seconds = max(FEWEST_SECONDS, budget * run.seconds) if budget else 0.0
    findings, spent = found.findings, 0.0
    if seconds and found.findings:
        findings, spent = proved(setup, evidence, found, seconds)
    if not fix:
        return Diagnosis(findings, found.notes, found.harm.sentence, spent, seconds)
    first = Training(setup, evidence, found, score(setup, trained_of(run, setup)), run)
    if not findings:
        return Diagnosis(findings, found.notes, "", spent, seconds, run=run, before=first.score, after=first.score)
    best, log, extra = repair(first, findings, train_again, seconds)
    return Diagnosis(
        findings, found.notes, found.harm.sentence, spent + extra, (1 + len(log)) * seconds,
        run=best.run, log=tuple(log), before=first.score, after=best.score,
    )  # fmt: skip


def train_again(setup: Setup) -> Training[Run]:
    """Train a setup in full and look at what came of it; the setup stays as it is."""
    from cutaway.runs.run import Run

    began = time.perf_counter()
    before = looked_at(setup)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrainingWarning)
        warnings.simplefilter("ignore", FindingWarning)
        learned = learn(
            copy.deepcopy(setup.network), setup.loss, setup.optimizer, setup.rows, setup.held_out,
            replace(setup.plan, shown=None, followed=None), engine=setup.engine, progress=False,
        )  # fmt: skip
    network = learned.network
    evidence = with_records(before, learned, _one(network), setup.loss, setup.rows, setup.held_out)
    found: Verdict = verdict(evidence)
    run = Run(
        network=closed(network, setup.closing), history=learned.history, vitals=learned.vitals,
        network_vitals=learned.network_vitals, events=learned.events, engine=learned.engine, reason=learned.reason,
        seconds=time.perf_counter() - began, evidence=evidence, verdict=found, setup=setup,
    )  # fmt: skip
    return Training(setup, evidence, found, score(setup, network), run)


def trained_of(run: Run, setup: Setup) -> Layer | Ensemble | Blend:
    """Return the run's network as the setup trained it: without what turns its answers into the user's units."""
    network = run.network
    if setup.closing is None or not isinstance(network, Sequential):
        return network
    return Sequential(*network.layers[:-1])


def score(setup: Setup, network: Layer | Ensemble | Blend) -> float:
    """Return the score of a trained network on the setup's held-out rows, else on its training rows."""
    rows = setup.held_out if setup.held_out is not None else setup.rows
    one = network.largest if isinstance(network, Blend) else network
    with np.errstate(all="ignore"):
        parts = [one(rows.x[begin : begin + 4096]) for begin in range(0, len(rows.x), 4096)]
        return score_of(setup.loss, np.concatenate(parts), np.asarray(rows.y))[0]


def closed(network: Layer | Ensemble | Blend, closing: Layer | None) -> Layer | Ensemble | Blend:
    """Return the network with a closing layer behind it."""
    if closing is None or isinstance(network, Blend):
        return network
    if isinstance(network, Ensemble):
        whole = closed(network.network, closing)
        assert isinstance(whole, Layer)
        head = "" if isinstance(network.network, Sequential) else "0."
        params, state = (
            {head + path: array for path, array in part.items()} for part in (network.params, network.state)
        )
        return Ensemble(whole, params, state)
    inside = network.layers if isinstance(network, Sequential) else (network,)
    return Sequential(*inside, closing)


def _one(network: Layer | Ensemble | Blend) -> Layer:
    """Return one network that stands for all."""
    if isinstance(network, Blend):
        network = network.largest
    return network[0] if isinstance(network, Ensemble) else network
