"""What is wrong with the training on show, found by the diagnosis, and its fixes: tried, or put in."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.examination import examine, with_records
from cutaway.diagnosis.setup import Setup
from cutaway.diagnosis.verdict import Verdict, verdict
from cutaway.errors import InputError
from cutaway.records import Finding, StepRecord
from cutaway.studio.arguments import Arguments
from cutaway.studio.case import Case
from cutaway.studio.jobs import Told
from cutaway.studio.scene import scene
from cutaway.studio.session import Session
from cutaway.studio.shown import Shown
from cutaway.studio.way import Way
from cutaway.training.plan import Plan

EXAMINED = 2_000  # rows that the examination looks at
SECONDS = 10.0  # that the trial of a fix may take
STEPS = 300  # that a trial plans, where fewer were taken


class Recorded:
    """A training as the diagnosis reads one: what was recorded on the way to a moment."""

    def __init__(self, now: Shown) -> None:
        history = now.history
        branch, parts, high = history.branch(now.moment.branch), [], now.moment.step
        while True:
            parts.append((branch, high))
            if branch.parent is None:
                break
            high, branch = branch.begin - 1, history.branches[branch.parent]
        per_epoch, rate = now.case.stepper(now.way).per_epoch, now.way.optimizer.learning_rate
        self.history: list[StepRecord] = []
        self.vitals: list[Any] = []
        self.network_vitals: list[Any] = []
        self.events: list[Any] = []
        best = np.inf
        for branch, high in parts[::-1]:
            for found in branch.recording.evaluations:
                if branch.begin <= found.step <= high and found.step:
                    watched = None if np.isnan(found.held_out) else found.held_out
                    better = watched is not None and watched < best
                    best = watched if better and watched is not None else best
                    self.history.append(StepRecord(
                        found.step // per_epoch, found.step, found.training, watched,
                        float(np.asarray(rate(np.float64(0)))), 0.0, better,
                    ))  # fmt: skip
            for layers, network in branch.recording.vitals:
                if branch.begin <= network.step <= high:
                    self.vitals += layers
                    self.network_vitals.append(network)


def setup_of(now: Shown) -> Setup:
    """Return the training on show as one that can be repeated, from its first weights."""
    case, way = now.case, now.way
    first = now.history.at(now.moment.branch, 0)
    network = case.at(first)
    network.load({path: np.array(array) for path, array in first.arrays.items()})
    per_epoch = case.stepper(way).per_epoch
    epochs = max(1, -(-max(now.moment.step, STEPS) // per_epoch))
    plan = Plan(epochs=epochs, batch_size=way.batch_size, seed=way.seed, shuffle=way.shuffle)
    held_out = case.rows(way.loss, "held_out")
    return Setup(
        network, way.loss, way.optimizer, case.rows(way.loss, "training"), held_out if len(held_out.x) else None, plan
    )


def diagnosed(now: Shown) -> tuple[Setup, Evidence, Verdict]:
    """Return what is known and found of the training that led to a moment."""
    setup = setup_of(now)
    with np.errstate(all="ignore"):
        evidence = examine(
            setup.network, setup.loss, setup.optimizer, setup.rows, setup.held_out, setup.plan, setup.engine,
            now.case.material.inputs, EXAMINED,
        )  # fmt: skip
        recorded = Recorded(now)
        if recorded.history:
            network = now.case.at(now.moment)
            evidence = with_records(evidence, recorded, network, setup.loss, setup.rows, setup.held_out)
    return setup, evidence, verdict(evidence)


def findings(session: Session, asked: Arguments, client: Any) -> Any:
    """Examine the training on show, and return its causes, the first cause first."""
    asked.done()
    now = session.shown()
    setup, evidence, found = diagnosed(now)
    every = [*found.findings, *found.notes]
    told = [finding_told(number, each) for number, each in enumerate(every)]
    now.history.diagnosis[now.moment.branch] = (told, setup, evidence, every)
    session.tick += 1
    session.wake()
    said = found.harm.sentence or ("nothing is wrong that could be found" if not found.findings else "")
    return {"findings": told, "sentence": said}


def remembered(session: Session, branch: int) -> list[dict[str, Any]]:
    """Return what was found when a branch was last examined."""
    kept = session.history.diagnosis.get(branch)
    return [] if kept is None else list(kept[0])


def finding_told(number: int, finding: Finding) -> dict[str, Any]:
    """Return a finding as plain data."""
    fix = finding.fix
    return {
        "number": number, "check": finding.check, "sentence": finding.sentence, "quantity": finding.quantity,
        "measured": float(finding.measured), "normal": list(finding.normal), "layer": finding.layer,
        "step": finding.step, "confidence": float(finding.confidence), "note": finding.note,
        "fix": None if fix is None else {"action": fix.action, "sentence": fix.sentence, "code": fix.code},
        "consequences": [each.sentence for each in finding.consequences],
    }  # fmt: skip


def _found(session: Session, asked: Arguments) -> tuple[Shown, int, Setup, Evidence, Finding]:
    number = asked.whole("finding")
    asked.done()
    now = session.shown()
    kept = now.history.diagnosis.get(now.moment.branch)
    if kept is None or number >= len(kept[3]):
        raise InputError(f"{asked.command}: there is no finding {number} here; ask for findings first")
    _, setup, evidence, every = kept
    if every[number].fix is None:
        raise InputError(f"{asked.command}: nothing is known that could be done by itself about {every[number].check}")
    return now, number, setup, evidence, every[number]


def try_fix(session: Session, asked: Arguments, client: Any) -> Any:
    """Begin to train with a fix and without it, from the same weights on the same batches."""
    _, number, setup, evidence, finding = _found(session, asked)

    def work(told: Told) -> dict[str, Any]:
        from cutaway.diagnosis.experiment import Experiments

        tried = Experiments(setup, evidence, SECONDS, 1).tried(finding)
        if tried.proof is None:
            raise InputError(f"try_fix: {finding.check}: its fix cannot be tried on this network in {SECONDS:g} s")
        proof, fix = tried.proof, tried.fix
        return {"finding": number, "sentence": fix.sentence if fix is not None else "", "helps": proof.helps,
                "without": list(proof.without), "with_fix": list(proof.with_fix), "steps": proof.steps}  # fmt: skip

    return {"job": session.jobs.start("fix", work)}


def apply_fix(session: Session, asked: Arguments, client: Any) -> Any:
    """Put a fix in, and start afresh with it."""
    from cutaway.diagnosis.fixes import fixed

    now, _, setup, evidence, finding = _found(session, asked)
    changed = fixed(setup, finding, evidence)
    if changed is None:
        raise InputError(f"apply_fix: the fix of {finding.check} does not fit this network")
    if changed.rows is not setup.rows:
        raise InputError(
            f"apply_fix: {finding.fix.sentence if finding.fix else ''}: it changes the rows, which the studio shows as "
            "they are; prepare them so, and open them again"
        )
    case = now.case
    way = Way(changed.loss, changed.optimizer, changed.plan.batch_size, changed.plan.seed, changed.plan.shuffle)
    fresh = Case(case.title, case.material, changed.network, case.rung, case.editable)
    with session.turn():
        session.training.pause()
        session.open(fresh, way, drawn=False)
        session.changed(scene_too=True, by=client)
        return scene(session)
