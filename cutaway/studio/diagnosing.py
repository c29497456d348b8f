"""What is wrong with the training on show, found by the diagnosis, and its fixes: tried, or put in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.examination import examine, with_records
from cutaway.diagnosis.setup import Setup
from cutaway.diagnosis.verdict import Verdict, verdict
from cutaway.errors import InputError
from cutaway.explain.figures import in_books
from cutaway.records import Finding, Fix, StepRecord
from cutaway.studio.arguments import Arguments
from cutaway.studio.case import Case
from cutaway.studio.headline import headline, in_order, lowest, risen
from cutaway.studio.jobs import Told
from cutaway.studio.past import ToldHistory
from cutaway.studio.scene import scene
from cutaway.studio.session import Session
from cutaway.studio.shown import Shown
from cutaway.studio.vitals import observed
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
        stepper, rate = now.case.stepper(now.way), now.way.optimizer.learning_rate
        per_epoch = stepper.per_epoch
        self.history: list[StepRecord] = []
        self.vitals: list[Any] = []
        self.network_vitals: list[Any] = []
        self.events: list[Any] = []
        self._look_at_the_first_weights(now)
        best = np.inf
        for branch, high in parts[::-1]:
            for found in branch.recording.evaluations:
                if branch.begin <= found.step <= high and found.step:
                    watched = None if np.isnan(found.held_out) else found.held_out
                    better = watched is not None and watched < best
                    best = watched if better and watched is not None else best
                    self.history.append(StepRecord(
                        found.step // per_epoch, found.step, found.training, watched,
                        float(np.asarray(rate(np.minimum(1.0, found.step / stepper.steps)))), 0.0, better,
                    ))  # fmt: skip
            for layers, network in branch.recording.vitals:
                if branch.begin <= network.step <= high and (network.step or not self.network_vitals):
                    self.vitals += layers
                    self.network_vitals.append(network)

    def _look_at_the_first_weights(self, now: Shown) -> None:
        """Take the vitals before the first step, as every other training does.

        The looks of a training on show come when the clock lets them, and once weights are thrown far, a step is short
        beside them: of a rate that is too high only the first look is sure to tell, and the same every time.
        """
        found = observed(now.case, now.history.at(now.moment.branch, 0), now.way)
        if found is not None:
            self.vitals += found[0]
            self.network_vitals.append(found[1])


def setup_of(now: Shown) -> Setup:
    """Return the training on show as one that can be repeated, from its first weights."""
    case, way = now.case, now.way
    first = now.history.at(now.moment.branch, 0)
    network = case.at(first)
    network.load({path: np.array(array) for path, array in first.arrays.items()})
    per_epoch = case.stepper(way).per_epoch
    epochs = max(1, -(-max(now.moment.step, STEPS) // per_epoch))
    plan = Plan(epochs=epochs, batch_size=way.batch_size, seed=way.seed, shuffle=way.shuffle, drop_last=way.drop_last)
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
    past, history = now.case.past, now.history
    if (
        past is not None
        and past.diagnosis is not None
        and isinstance(history, ToldHistory)
        and (history.is_told(now.moment) or history.is_delivered(now.moment))
    ):  # of a run that nobody has changed: its own
        history.diagnosis[now.moment.branch] = past.diagnosis
        return {"branch": now.moment.branch, "step": now.moment.step, "findings": list(past.diagnosis[0]),
                "sentence": past.sentence, "best": None}  # fmt: skip
    setup, evidence, found = diagnosed(now)
    held_out = session.evaluation(now.case, now.moment, now.way).held_out
    best = lowest(now, held_out)
    rose = risen(best, held_out)
    causes, notes = in_order(found.findings, found.notes, best, rose)
    said = headline(causes, notes, found.harm, len(now.case.material.held_out), rose)
    if not found.findings:
        with session.turn():
            said = session.time(now)["broken"] or said  # a sum that is too large is none it knows
    every = [said_once(each, said) for each in (*causes, *notes)]
    told = [finding_told(number, each) for number, each in enumerate(every)]
    with session.turn():
        now.history.diagnosis[now.moment.branch] = (told, setup, evidence, every)
        session.tick += 1
        session.wake()
    return {"branch": now.moment.branch, "step": now.moment.step, "findings": told, "sentence": said, "best": best}


def remembered(session: Session, branch: int) -> list[dict[str, Any]]:
    """Return what was found when a branch was last examined."""
    kept = session.history.diagnosis.get(branch)
    return [] if kept is None else list(kept[0])


def said_once(finding: Finding, said: str) -> Finding:
    """Return the finding as it stands below the headline: where that is its own sentence, with its figure instead.

    said   the headline

    >>> heart = Finding("overfit", "rows are known by heart", "score lost", 0.3, (None, 0.1), note=True)
    >>> said_once(heart, "rows are known by heart").sentence
    'overfit: score lost is 0.3, and 0.1 at most is normal'
    >>> said_once(heart, "R² is 0.1").sentence
    'rows are known by heart'
    """
    if finding.sentence != said:
        return finding
    low, high = finding.normal
    ends = [f"{end:.3g}" for end in (low, high) if end is not None]
    bound = "" if len(ends) > 1 else " at most" if low is None else " at least"
    normal = f", and {' to '.join(ends)}{bound} is normal" if ends else ""
    return replace(finding, sentence=f"{finding.check}: {finding.quantity} is {finding.measured:.3g}{normal}")


def as_tried(first: Fix | None, tried: Fix | None) -> Fix | None:
    """Return the fix that was tried, which says so where its value is another than was suggested first.

    >>> first = Fix("learning_rate", "lower it, to about 0.5", "learning_rate=0.5", {"factor": 0.01})
    >>> tried = Fix("learning_rate", "lower it, to about 0.05", "learning_rate=0.05", {"factor": 0.001})
    >>> as_tried(first, tried).sentence
    'lower it, to about 0.05: of the values that were tried it did best; 0.5 was a first guess'
    >>> as_tried(tried, tried) is tried
    True
    """
    if first is None or tried is None or tried.settings == first.settings:
        return first
    guess = first.code.rpartition("=")[2]
    best = f"{tried.sentence}: of the values that were tried it did best"
    return replace(tried, sentence=f"{best}; {guess} was a first guess" if guess else best)


def finding_told(number: int, finding: Finding) -> dict[str, Any]:
    """Return a finding as plain data."""
    fix = finding.fix
    return {
        "number": number, "check": finding.check, "sentence": in_books(finding.sentence), "quantity": finding.quantity,
        "measured": float(finding.measured), "normal": list(finding.normal), "layer": finding.layer,
        "step": finding.step, "confidence": float(finding.confidence), "note": finding.note,
        "fix": None if fix is None else {"action": fix.action, "sentence": in_books(fix.sentence), "code": fix.code},
        "consequences": [in_books(each.sentence) for each in finding.consequences],
    }  # fmt: skip


def _found(session: Session, asked: Arguments) -> tuple[Shown, int, Setup, Evidence, Finding]:
    number, now = asked.whole("finding"), session.shown()
    branch = asked.whole("branch", now.moment.branch)
    asked.done()
    if branch != now.moment.branch:
        raise InputError(
            f"{asked.command}: the finding is of branch {branch}, and branch {now.moment.branch} is on show; go there "
            "(`seek` with `branch`), or ask for findings here"
        )
    kept = now.history.diagnosis.get(branch)
    if kept is None or number >= len(kept[3]):
        raise InputError(f"{asked.command}: there is no finding {number} here; ask for findings first")
    _, setup, evidence, every = kept
    if every[number].fix is None:
        raise InputError(f"{asked.command}: nothing is known that could be done by itself about {every[number].check}")
    return now, number, setup, evidence, every[number]


def try_fix(session: Session, asked: Arguments, client: Any) -> Any:
    """Begin to train with a fix and without it, from the same weights on the same batches."""
    now, number, setup, evidence, finding = _found(session, asked)

    def work(told: Told) -> dict[str, Any]:
        from cutaway.diagnosis.experiment import Experiments

        tried = Experiments(setup, evidence, SECONDS, 1).tried(finding)
        if tried.proof is None:
            raise InputError(f"try_fix: {finding.check}: its fix cannot be tried on this network in {SECONDS:g} s")
        proof, fix = tried.proof, as_tried(finding.fix, tried.fix)
        tried = replace(tried, fix=fix)
        with session.turn():  # what is put in is what was tried: of a learning rate the best that was found
            kept = now.history.diagnosis.get(now.moment.branch)
            if kept is not None and kept[1] is setup:
                kept[0][number], kept[3][number] = finding_told(number, tried), tried
                session.tick += 1
                session.wake()
        said = "" if fix is None else in_books(fix.sentence)
        return {"branch": now.moment.branch, "finding": number, "sentence": said,
                "helps": proof.helps, "score": proof.score, "without": list(proof.without),
                "with_fix": list(proof.with_fix), "steps": proof.steps}  # fmt: skip

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
