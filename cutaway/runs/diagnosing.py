"""Diagnosis of a training as it happens: said is what is certain before it, what is past help in it, all after it."""

from __future__ import annotations

import copy
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.examination import ROWS, examine, with_records
from cutaway.diagnosis.layer_facts import PARTS
from cutaway.diagnosis.meanwhile import Meanwhile
from cutaway.diagnosis.setup import Setup
from cutaway.diagnosis.targets import recalls
from cutaway.diagnosis.telling import told
from cutaway.diagnosis.verdict import Verdict, verdict
from cutaway.errors import FindingWarning, InputError, TrainingWarning
from cutaway.layers import Blend, Ensemble, Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.records import Event, Finding, NetworkVitals
from cutaway.training.bystander import passed_over
from cutaway.training.cost import Cost, cost_of_step, seconds_of_step
from cutaway.training.loop import PROBE_NUMBERS, rows_within
from cutaway.training.plan import FIRST_ROWS, Plan
from cutaway.training.score import score_of
from cutaway.training.step import Batch
from cutaway.training.watching import PROBE_ROWS, answering

if TYPE_CHECKING:
    from cutaway.runs.run import Run

# What the network's own pass over rows may take before the first step, as reckoned beforehand, in seconds and as a
# share of the training; and the fewest answers for it.
SECONDS, SHARE, FEWEST_ANSWERS = 0.2, 0.005, 256
# Rows by which it is reckoned.
FEW = 4
# Of the rows of a job, whose preprocessing is ours, so many are looked at: a copy of all could be large.
MOST_ROWS = 50_000
PACKAGE = str(Path(__file__).parents[1])


class Diagnosing:
    """The diagnosis of one training: begun with what it starts from, ended with the run it became.

    names    of the features
    aloud    whether findings are said as they are made; else whoever asked for it says them (`say`)
    count    how many rows are learned from, where the setup holds only some of them

    Whatever goes wrong in it is told as an event of the run and as a warning, and the training goes on.
    """

    def __init__(
        self, setup: Setup, names: Sequence[str] = (), *, aloud: bool = True, count: int | None = None
    ) -> None:
        self.aloud, self.said = aloud, set[str]()
        self.evidence: Evidence | None = None
        self.fault: Exception | None = None
        self.faults: tuple[str, ...] = ()  # of checks that failed before the first step
        self.seen = PROBE_ROWS
        self.meanwhile: Meanwhile | None = None
        self.callbacks: tuple[Callable[[Any], None], ...] = ()
        self.unheard: list[Finding] = []  # by the callbacks
        found: tuple[Finding, ...] = ()
        # Who follows the training is none of what it starts from.
        self.setup = replace(setup, plan=replace(setup.plan, shown=None, followed=None))
        try:
            self.setup = replace(self.setup, network=copy.deepcopy(setup.network))
            self.evidence = self._examined(names, count)
            self.meanwhile = Meanwhile(self.evidence)
            judged = verdict(self.evidence)
            found, self.faults = judged.findings, judged.faults
        except InputError as fault:  # the training will say so itself, and better
            self.fault = fault
        except Exception as fault:
            passed_over(fault)
            self.fault = fault
        self._say(found)

    def _examined(self, names: Sequence[str], count: int | None) -> Evidence:
        network, loss, optimizer, rows, held_out, plan = (
            getattr(self.setup, name) for name in ("network", "loss", "optimizer", "rows", "held_out", "plan")
        )
        cost = cost_of_step(network, loss, Batch(rows.x[:FEW], rows.y[:FEW], None))
        few, learned = len(rows.x[:FEW]), count or len(rows.x)
        numbers = cost.elements / few
        # The calls are as many for few rows as for many; each row adds its sums.
        calls = seconds_of_step("numpy", cost._replace(flops=0.0, elements=0.0))
        row = (seconds_of_step("numpy", cost) - calls) / few
        steps = plan.epochs * plan.steps_of_epoch(learned) * (plan.members or 1)
        engine = "xla" if self.setup.engine == "xla" else "numpy"
        training = steps * seconds_of_step(engine, scaled(cost, plan.batch_size / few))
        self.seen = rows_within(PROBE_ROWS, PROBE_NUMBERS, numbers)
        most = int(min(SECONDS, SHARE * training) / row)
        # It is done in parts, of which one at a time is in memory.
        most = min(rows_within(ROWS, PARTS * PROBE_NUMBERS, numbers), max(answering(rows, FEWEST_ANSWERS), most))
        evidence = examine(network, loss, optimizer, rows, held_out, plan, self.setup.engine, names, most, self.seen)
        if count is None:
            return evidence
        return replace(
            evidence,
            inputs=replace(evidence.inputs, rows=count),
            plan=replace(evidence.plan, updates=plan.steps_of_epoch(count) * plan.epochs),
        )

    def listeners(self, callbacks: Sequence[Callable[[Any], None]]) -> list[Callable[[Any], None]]:
        """Return who is to hear the training's records: the callbacks, which hear each `Finding` too, and this."""
        self.callbacks = tuple(callbacks)
        return [*callbacks, self.hear]

    def hear(self, record: Any) -> None:
        """Hear a record; after a look that shows harm done, say what is known of its cause, once."""
        try:
            if self.meanwhile is not None:
                self.meanwhile.hear(record)
                if isinstance(record, NetworkVitals):
                    found = self.meanwhile.findings(verdict)
                    self._say(found)
                    if found:
                        self.meanwhile = None
        except FindingWarning:
            self.meanwhile = None  # warnings are errors here: it is raised once the training is done, and not lost
        except Exception as fault:
            self.fault, self.meanwhile = fault, None
            passed_over(fault)
        unheard, self.unheard = self.unheard, []
        for finding in unheard:
            for callback in self.callbacks:
                callback(finding)

    def end(self, run: Run, judged: tuple[np.ndarray, np.ndarray] | None = None) -> None:
        """Put evidence and verdict into the run, and say what was not said before.

        judged   outputs for all rows that any member held out, and their targets, where each held out others
        """
        broken = "" if self.fault is None else passed_over(self.fault)
        if self.evidence is not None:
            try:
                self._end(run, self.evidence, judged)
            except KeyboardInterrupt:  # the training is done, and is not to be lost
                broken = "Ctrl-C ended the diagnosis; the training is not touched"
            except Exception as fault:
                broken = passed_over(fault)
        failed = (*self.faults, *(() if run.verdict is None else run.verdict.faults))
        broken = broken or (failed[0] if failed else "")
        if broken:
            run.events.append(Event(0, "diagnosis", broken))
        if self.aloud:
            for event in run.events:
                if event.what == "diagnosis":
                    warnings.warn(event.message, TrainingWarning, stacklevel=outside())
        self._say(run.findings)

    def _end(self, run: Run, evidence: Evidence, judged: tuple[np.ndarray, np.ndarray] | None) -> None:
        network, setup = run.network, self.setup
        if isinstance(network, Blend):
            network = network.largest
        if isinstance(network, Ensemble):
            network = network[0]
        with np.errstate(all="ignore"):
            evidence = with_records(evidence, run, network, setup.loss, setup.rows, setup.held_out, self.seen)
            if judged is not None and setup.held_out is not None:
                evidence = judged_by_all(evidence, setup.loss, *judged)
        found = verdict(evidence)
        run.evidence, run.verdict, run.setup = evidence, found, setup

    def _say(self, found: Sequence[Finding]) -> None:
        new = [finding for finding in found if finding.check not in self.said]
        self.unheard += new
        if self.aloud:
            say(new)
        self.said |= {finding.check for finding in found}


def scaled(cost: Cost, times: float) -> Cost:
    """Return the cost of a step on so many times the rows."""
    return cost._replace(flops=times * cost.flops, elements=times * cost.elements)


def judged_by_all(evidence: Evidence, loss: Loss, outputs: np.ndarray, targets: np.ndarray) -> Evidence:
    """Return the evidence with the score of the rows that all members held out, instead of the first member's few."""
    outcome, known = evidence.outcome, evidence.references
    assert outcome is not None
    recognised, support = recalls(loss, outputs, targets)
    # The simple methods answered the first member's rows, the members all of them.
    share = (1 + known.judged / len(targets)) / 2 if known.judged else 1.0
    return replace(
        evidence,
        outcome=replace(
            outcome, validation_score=score_of(loss, outputs, targets)[0], recalls=recognised, support=support,
            error=None, chance_error=None, own=None, rows=len(targets),
        ),
        references=replace(known, error=known.error * float(np.sqrt(share))),
    )  # fmt: skip


def say(found: Iterable[Finding]) -> None:
    """Warn of each finding, at the line of the person's own that began the training."""
    for finding in found:
        warning = FindingWarning(told(finding))
        warning.finding = finding
        warnings.warn(warning, stacklevel=outside())


def outside() -> int:
    """Return the stack level, for a warning of the caller's, of the nearest line that is not of this package."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        level, frame = level + 1, frame.f_back
    return level


def first_member(
    network: Layer,
    loss: Loss,
    optimizer: Optimizer,
    rows: Batch,
    held_out: Batch | None,
    plan: Plan,
    engine: str = "auto",
) -> tuple[Setup, int]:
    """Return what the first member of a plan starts from, alone with its fold, and how many rows it learns from.

    Of more than `MOST_ROWS` rows the setup holds some, evenly over them.
    """
    alone = replace(plan, members=None, folds=None, start=None, rates=None if plan.rates is None else plan.rates[:1])
    learned: Any = np.arange(len(rows.x)) if plan.folds is None else plan.parts(len(rows.x))[0]
    if isinstance(learned, int):
        learned = np.arange(learned)
    if plan.folds is not None:
        watched = np.asarray(plan.folds[0][1])
        held_out = _taken(rows, watched) if len(watched) else None
    elif held_out is not None:
        held_out = _taken(held_out, np.arange(len(held_out.x)))
    own = copy.deepcopy(network)
    if plan.start is not None:
        own.load({path: array[0] for path, array in plan.start.items()})
    elif plan.members is not None or plan.folds is not None:
        own.build(np.asarray(rows.x[learned[:: -(-len(learned) // FIRST_ROWS)]]), plan.seeds[0], network.dtype)
    return Setup(own, loss, optimizer, _taken(rows, learned), held_out, alone, engine), len(learned)


def _taken(rows: Batch, places: np.ndarray) -> Batch:
    some = places[:: max(1, -(-len(places) // MOST_ROWS))]
    return Batch(*(None if part is None else np.asarray(part[some]) for part in rows))


def diagnosis_of(run: Run) -> tuple[Evidence, Verdict]:
    """Return what a run's diagnosis knows and found; `InputError` where it has none."""
    if run.evidence is None or run.verdict is None:
        place = f"{run.path}" if run.path is not None else "the run"
        raise InputError(
            f"{place}: holds no diagnosis: it was trained with observe=False, by partial_fit or by an earlier version; "
            "train it again to have one"
        )
    return run.evidence, run.verdict
