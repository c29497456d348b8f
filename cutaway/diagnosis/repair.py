"""Repair: fix the first cause, train again, look again; what does not help is undone, nothing worse is delivered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from cutaway.diagnosis.checks import BY_NAME, CHECKS
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.examination import examine
from cutaway.diagnosis.experiment import Experiments, matters
from cutaway.diagnosis.fixes import FIXES, fixed
from cutaway.diagnosis.proving import alternatives, proved
from cutaway.diagnosis.setup import Setup
from cutaway.diagnosis.verdict import Verdict, verdict
from cutaway.records import Finding, Fix

R = TypeVar("R")

# How often is trained again, at most.
ROUNDS = 4
# Scales of inputs and of targets belong together: either alone leaves the other's harm as it is.
SCALES = ("standardise_inputs", "standardise_targets")
# What is tried in the end where harm is left and no cause is known: what most often helps, the mildest first.
LAST_RESORTS = (
    Fix("standardise_inputs", "bring every feature to mean 0 and deviation 1"),
    Fix("standardise_targets", "learn targets of mean 0 and deviation 1"),
    Fix("learning_rate", "lower the learning rate", settings={"factor": 0.1}),
    Fix("learning_rate", "raise the learning rate", settings={"factor": 10.0}),
    Fix("initialise", "draw the first weights anew"),
    Fix("batch_norm", "normalise between the layers"),
)


@dataclass(frozen=True)
class Training(Generic[R]):
    """A training that was done in full: what it was made of, what is known and found of it, and what it became.

    score   of the delivered weights on all held-out rows, else on the training rows
    run     what the one who trained it holds
    """

    setup: Setup
    evidence: Evidence
    verdict: Verdict
    score: float
    run: R


@dataclass(frozen=True)
class Attempt:
    """One round of a repair: which fixes, for which checks, the score before and after; whether they are delivered."""

    checks: tuple[str, ...]
    sentences: tuple[str, ...]
    before: float
    after: float
    kept: bool

    def __str__(self) -> str:
        done = "kept" if self.kept else "undone"
        return f"{', '.join(self.checks)}: {'; '.join(self.sentences)}: {self.before:.3f} to {self.after:.3f}, {done}"


def repair(
    first: Training[R],
    findings: Sequence[Finding],
    train: Callable[[Setup], Training[R]],
    seconds: float,
) -> tuple[Training[R], list[Attempt], float]:
    """Return the best training that fixes lead to (the first one where none is better), the log, and seconds spent.

    findings   of the first training, ranked: the first cause is fixed first
    train      trains a setup in full and looks at it
    seconds    the budget for experiments, of each round

    After each training it is examined again, at most `ROUNDS` times. A fix is kept if the score rises by something that
    matters, and one of a certain mistake also if it does not fall; all others are undone, and the next cause has its
    turn. Where none is left, what changed nothing is gone on from: it may help together with another fix.
    """
    log: list[Attempt] = []
    base, best, spent = _Node(first, ()), _Node(first, ()), 0.0
    undone: set[tuple[str, str]] = set()
    waiting: list[_Node[R]] = []
    while len(log) < ROUNDS:
        here = base.training
        if base.attempts and here.score + matters(here.score) > 1:
            break  # a perfect score could not be told from this one
        step = next_step(here, findings, undone)
        if step is None and waiting:
            base = waiting.pop(0)
            findings, extra = proved(base.training.setup, base.training.evidence, base.training.verdict, seconds)
            spent += extra
            continue
        if step is None:
            resort, extra = _last_resort(here, undone, seconds)
            spent += extra
            step = None if resort is None else next_step(here, [resort], undone)
        if step is None:
            break
        setup, used = step
        done = train(setup)
        sentences = tuple(each.fix.sentence for each in used if each.fix is not None)
        log.append(Attempt(tuple(each.check for each in used), sentences, here.score, done.score, False))
        node = _Node(done, (*base.attempts, len(log) - 1))
        certain = any(each.check in BY_NAME and BY_NAME[each.check].certain for each in used)
        if not (done.score > here.score + matters(here.score) or (certain and done.score >= here.score)):
            undone |= {_key(each) for each in used}
            if done.score >= here.score - matters(here.score) / 2:
                waiting.append(node)
            continue
        base = node
        best = node if done.score > best.training.score else best
        if not done.verdict.harm and not done.verdict.findings:
            break
        findings, extra = proved(done.setup, done.evidence, done.verdict, seconds)
        spent += extra
    if best.training.score <= first.score + matters(first.score):
        return first, log, spent
    return best.training, [replace(each, kept=place in best.attempts) for place, each in enumerate(log)], spent


@dataclass(frozen=True)
class _Node(Generic[R]):
    """A training, and the attempts (by their place in the log) that led to it."""

    training: Training[R]
    attempts: tuple[int, ...]


def next_step(
    base: Training[R], findings: Sequence[Finding], undone: set[tuple[str, str]]
) -> tuple[Setup, list[Finding]] | None:
    """Return the setup with the first cause fixed that was not tried in vain, and the findings fixed; None: no more.

    With it go what only together can help: the scale of inputs with that of targets, and every certain mistake that an
    examination of the new setup still finds.
    """
    listed: list[Finding] = []
    for finding in findings:
        listed += finding.consequences if finding.check == "not_learning" else (finding,)
    for finding in [*listed, *(other for known in listed for other in alternatives(known))]:
        if finding.fix is None or finding.fix.action not in FIXES or _key(finding) in undone:
            continue
        setup = fixed(base.setup, finding, base.evidence)
        if setup is None:
            continue
        used = [finding]
        if finding.fix.action in SCALES:
            for other in listed:
                if other.fix is not None and other.fix.action in SCALES and other is not finding:
                    changed = fixed(setup, other, looked_at(setup))
                    setup, used = (setup, used) if changed is None else (changed, [*used, other])
        for mistake in mistakes(setup):
            done = {each.check for each in used}
            if mistake.check in done or mistake.fix is None or _key(mistake) in undone:
                continue
            changed = fixed(setup, mistake, looked_at(setup))
            setup, used = (setup, used) if changed is None else (changed, [*used, mistake])
        return setup, used
    return None


def mistakes(setup: Setup) -> tuple[Finding, ...]:
    """Return what is certain to be wrong with a setup before its first step."""
    return verdict(looked_at(setup), [check for check in CHECKS if check.certain]).findings


def looked_at(setup: Setup) -> Evidence:
    """Return the evidence before the first step of a setup."""
    return examine(setup.network, setup.loss, setup.optimizer, setup.rows, setup.held_out, setup.plan, setup.engine)


def _last_resort(base: Training[R], undone: set[tuple[str, str]], seconds: float) -> tuple[Finding | None, float]:
    """Return the one of the fixes that often help which an experiment found to help most, where harm is left."""
    if not base.verdict.harm:
        return None, 0.0
    suspects = [
        Finding("not_learning", base.verdict.harm.sentence, "score", base.score, (None, None), fix=fix, confidence=0.0)
        for fix in LAST_RESORTS
    ]
    suspects = [each for each in suspects if _key(each) not in undone]
    experiments = Experiments(base.setup, base.evidence, seconds, len(suspects))
    tried = [experiments.tried(each) for each in suspects]
    helpful = [each for each in tried if each.proof is not None and each.proof.helps]
    if not helpful:
        return None, experiments.spent
    gains = [float(np.mean(each.proof.with_fix)) if each.proof is not None else 0.0 for each in helpful]
    return helpful[int(np.argmax(gains))], experiments.spent


def _key(finding: Finding) -> tuple[str, str]:
    assert finding.fix is not None
    factor = float(finding.fix.settings.get("factor", 1.0))
    return finding.fix.action, "up" if factor > 1 else "down" if factor < 1 else ""
