"""Diagnosis of a run with proof: suspected causes are tried, and where it is asked for, repaired."""

from __future__ import annotations

import copy
import time
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.data.shards import is_there
from cutaway.diagnosis.budget import Budget
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.examination import with_records
from cutaway.diagnosis.gain import balanced_accuracy
from cutaway.diagnosis.pace import slowness
from cutaway.diagnosis.proving import proved
from cutaway.diagnosis.repair import Attempt, Training, for_a_person, looked_at, repair
from cutaway.diagnosis.setup import SHARE, Setup, apart
from cutaway.diagnosis.telling import told
from cutaway.diagnosis.verdict import Verdict, verdict
from cutaway.errors import FindingWarning, InputError, TrainingWarning, flag
from cutaway.layers import Blend, Ensemble, Layer, Sequential
from cutaway.records import Event, Finding
from cutaway.runs.diagnosing import diagnosis_of
from cutaway.runs.learn import learn
from cutaway.runs.origin import setup_again
from cutaway.training.score import score_of

if TYPE_CHECKING:
    from cutaway.runs.run import Run

# An experiment that is shorter than this says nothing, however short the training was.
FEWEST_SECONDS = 1.0
# A machine is busy with other things where seconds by the clock on the wall are so many times those of work.
BUSY = 1.2


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a run, and what was made of it; its `repr` is to be read.

    findings   causes, the first cause first, with the proof of each fix that was tried
    notes      what is unusual and does no harm that could be measured
    harm       what the training suffers from, in words; "" for nothing
    seconds    what the experiments took by the clock on the wall
    worked     for how many of these this process was at work; on a machine that does other things these are fewer
    budget     what they were allowed to take, in a repair so much for each training
    suspected  whether nothing could be tried: the run came from disk, without what it was trained from
    run        the repaired run, the run itself where no fix helped; None where no repair was asked for
    log        what the repair tried, one attempt after another
    by_hand    what it could not try, and what a person can do about it
    before, after   score of the run and of the repaired one, on the same rows
    measure    what the score is, in words
    beside     of another score its name, that of the run and that of the repaired one
    remark     what is to be known of the repaired run, "" for nothing
    trainings  seconds that it took to train again, in full
    """

    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...] = ()
    harm: str = ""
    seconds: float = 0.0
    budget: float = 0.0
    suspected: bool = False
    run: Run | None = field(default=None, repr=False)
    log: tuple[Attempt, ...] = ()
    by_hand: tuple[str, ...] = ()
    before: float | None = None
    after: float | None = None
    measure: str = "score"
    beside: tuple[str, float, float] | None = None
    remark: str = ""
    trainings: float = 0.0
    worked: float = 0.0

    @property
    def repaired(self) -> bool:
        """Whether there is a run that something was mended in."""
        return any(attempt.kept for attempt in self.log)

    def __repr__(self) -> str:
        lines: list[str] = []
        for place, finding in enumerate(self.findings, 1):
            lines.append(f"{place}. {'suspected: ' if self.suspected else ''}{told(finding)}")
        if not self.findings:
            lines.append("nothing is wrong that could be found" if not self.harm else self.harm)
        lines += [f"note: {finding.sentence}" for finding in self.notes]
        return "\n".join([*lines, *self.done()])

    def done(self) -> list[str]:
        """Return what was tried and what came of it, a line each; nothing where nothing was."""
        lines: list[str] = []
        if self.seconds:
            again = f"; training again took {self.trainings:.1f} s" if self.trainings else ""
            busy = (
                f" ({self.seconds:.1f} s on this busy machine)"
                if self.seconds > max(self.budget, BUSY * self.worked)
                else ""
            )
            took = self.worked if busy else self.seconds
            lines.append(f"experiments took {took:.1f} s of {self.budget:.1f} s allowed{busy}{again}")
        lines += [f"tried: {attempt}" for attempt in self.log]
        lines += [f"not tried: {sentence}" for sentence in self.by_hand]
        if self.run is not None and not self.findings:
            lines.append("nothing to repair")
        elif self.run is not None and not self.repaired:
            lines.append("nothing that was tried helped" if self.log else "nothing could be repaired automatically")
        elif self.before is not None and self.after is not None:
            other = "" if self.beside is None else " ({} {:.3f}, then {:.3f})".format(*self.beside)
            lines.append(f"{self.measure} before {self.before:.3f}, after {self.after:.3f}{other}")
            lines += [self.remark] if self.remark else []
        return lines


def diagnose(
    run: Run, fix: bool = False, budget: float = 0.2, data: Any = None, progress: bool | None = False
) -> Diagnosis:
    """Return the diagnosis of a run; see `Run.diagnose`."""
    flag("diagnose: fix", fix, "it applies all that helps")
    if not isinstance(budget, (int, float, np.number)) or not budget >= 0:
        raise InputError(f"diagnose: budget is a share of the training time, at least 0, got {budget!r}")
    evidence, found = diagnosis_of(run)
    setup, own = run.setup, run.summary()["kind"] == "network"
    if setup is not None and own and data is not None:
        raise InputError("diagnose: this run still holds the rows that it learned from; leave data out")
    if not own and data is not None and not fix:
        raise InputError("diagnose: data is for a repair of this run; ask for one (fix=True, --fix), or leave it out")
    if isinstance(data, (str, Path)) and not is_there(data):
        raise InputError(f"diagnose: {data} is not there; give what the run learned from (data=…, --data)")
    if setup is None and not found.findings:
        # There is nothing to try, and no rows are needed to say so.
        return Diagnosis((), found.notes, found.harm.sentence, run=run if fix else None)
    if setup is None and own and data is not None:
        setup = setup_again(run, data)
    if setup is None and fix and own:
        raise InputError(
            "diagnose: this run holds no rows to train again on; give those that it learned from: data=(X, y), --data "
            "rows.npz with X and y"
        )
    if setup is None and not fix:
        return Diagnosis(found.findings, found.notes, found.harm.sentence, suspected=True)
    # Experiments are planned in seconds of a machine as fast as reckoned.
    seconds = max(FEWEST_SECONDS, budget * run.seconds / slowness()) if budget else 0.0
    findings, experiments = found.findings, Budget(seconds)
    if seconds and found.findings and setup is not None:
        findings = proved(setup, evidence, found, experiments)
    if not fix:
        spent = experiments.spent
        return Diagnosis(findings, found.notes, found.harm.sentence, spent, seconds, worked=experiments.worked)
    if not own or setup is None:
        return _of_a_job(run, findings, found, experiments, data, progress)
    if not findings:
        now = score(setup, trained_of(run, setup))[0]
        return Diagnosis(findings, found.notes, "", experiments.spent, seconds, run=run, before=now, after=now)
    return _repaired(run, setup, evidence, replace(found, findings=findings), experiments, seconds)


def _repaired(
    run: Run, setup: Setup, evidence: Evidence, found: Verdict, experiments: Budget, seconds: float
) -> Diagnosis:
    """Return the diagnosis with the repair of a run of `fit`.

    Where it holds no rows out, a fifth of its own are, of all trainings, the one without a fix included: it is done
    again for that.
    """
    judging, began, within = apart(setup), time.perf_counter(), experiments.spent
    if judging is None or judging is setup:
        now, balanced = score(setup, trained_of(run, setup))
        first = Training(setup, evidence, found, now, run, balanced)
    else:
        first = train_again(judging)
    done = repair(first, found.findings, train_again, seconds, experiments)
    kept, best = any(attempt.kept for attempt in done.log), done.best
    for attempt in done.log:
        if attempt.kept:
            best.run.events.append(Event(0, "repaired", attempt.change))
    beside = None
    if done.balanced and first.balanced is not None:
        beside = ("accuracy", first.score, best.score)
    remark = ""
    if kept and judging is None:
        remark = "judged on the rows that they learned from: these are too few to hold some out"
    elif kept and judging is not setup:
        remark = f"both trained without {SHARE:.0%} of the rows, which they were judged on"
    return Diagnosis(
        found.findings, found.notes, found.harm.sentence, experiments.spent, experiments.allowed,
        run=best.run if kept else run, log=done.log, by_hand=tuple(for_a_person(setup, evidence, found.findings)),
        before=first.worth(done.balanced), after=best.worth(done.balanced),
        measure="score" if beside is None else "balanced accuracy", beside=beside, remark=remark,
        trainings=time.perf_counter() - began - (experiments.spent - within), worked=experiments.worked,
    )  # fmt: skip


def _of_a_job(
    run: Run, findings: tuple[Finding, ...], found: Verdict, experiments: Budget, data: Any, progress: bool | None
) -> Diagnosis:  # fmt: skip
    """Return the diagnosis with the repair of a run on a table, pictures or a text."""
    from cutaway.runs.retraining import retrained

    if not findings:
        return Diagnosis(findings, found.notes, found.harm.sentence, run=run)
    began = time.perf_counter()
    again = retrained(run, findings, data, progress)
    return Diagnosis(
        findings, found.notes, found.harm.sentence, experiments.spent, experiments.allowed,
        suspected=run.setup is None, run=again.run, log=tuple(again.log), by_hand=tuple(again.by_hand),
        before=again.before, after=again.after, measure=again.measure, remark=again.remark,
        trainings=time.perf_counter() - began, worked=experiments.worked,
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
    if learned.interrupted:
        raise KeyboardInterrupt
    network = learned.network
    evidence = with_records(before, learned, _one(network), setup.loss, setup.rows, setup.held_out)
    found: Verdict = verdict(evidence)
    run = Run(
        network=closed(network, setup.closing), history=learned.history, vitals=learned.vitals,
        network_vitals=learned.network_vitals, events=learned.events, engine=learned.engine, reason=learned.reason,
        seconds=time.perf_counter() - began, evidence=evidence, verdict=found, setup=setup,
    )  # fmt: skip
    now, balanced = score(setup, network)
    return Training(setup, evidence, found, now, run, balanced)


def trained_of(run: Run, setup: Setup) -> Layer | Ensemble | Blend:
    """Return the run's network as the setup trained it: without what turns its answers into the user's units."""
    network = run.network
    if setup.closing is None or not isinstance(network, Sequential):
        return network
    return Sequential(*network.layers[:-1])


def score(setup: Setup, network: Layer | Ensemble | Blend) -> tuple[float, float | None]:
    """Return the score of a trained network, and of classes its balanced accuracy, on the setup's held-out rows.

    Where it holds none out it is that on its training rows.
    """
    rows = setup.held_out if setup.held_out is not None else setup.rows
    one = network.largest if isinstance(network, Blend) else network
    with np.errstate(all="ignore"):
        outputs = np.concatenate([one(rows.x[begin : begin + 4096]) for begin in range(0, len(rows.x), 4096)])
        targets = np.asarray(rows.y)
        return score_of(setup.loss, outputs, targets)[0], balanced_accuracy(setup.loss, outputs, targets)


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
