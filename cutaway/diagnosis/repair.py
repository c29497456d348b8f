"""Repair: fix the first cause, train again, look again; what does not help is undone, nothing worse is delivered."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from cutaway.diagnosis.budget import Budget
from cutaway.diagnosis.checks import BY_NAME, CHECKS
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.examination import examine
from cutaway.diagnosis.experiment import FOR_BALANCE, Experiments
from cutaway.diagnosis.fixes import FIXES, fixed
from cutaway.diagnosis.gain import matters
from cutaway.diagnosis.proving import alternatives, proved
from cutaway.diagnosis.setup import Setup
from cutaway.diagnosis.verdict import Verdict, named, verdict
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

# What is tried in full beside the fix of a cause, once it has helped and no other cause is left: where signals or steps
# fared ill one remedy is often not all, and settings that were made for a broken network may not suit this one.
NORMALISED = Fix("batch_norm", "normalise between the layers: BatchNorm", "ca.BatchNorm()")
SLOWER = Fix("learning_rate", "lower the learning rate to a third", settings={"factor": 1 / 3})
LONGER = Fix("epochs", "train three times as long", settings={"factor": 3.0})
BESIDE = {
    **dict.fromkeys(
        ("vanishing_gradient", "exploding_gradient", "init_scale", "saturated", "dead_relu", "non_finite"),
        (NORMALISED, SLOWER),
    ),
    **dict.fromkeys(
        ("learning_rate_too_high", "learning_rate_too_low", "too_few_updates", "oscillation", "late_plateau",
         "optimizer_config", "dropout_too_high", "regularisation_too_strong"),
        (SLOWER, LONGER),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Training(Generic[R]):
    """A training that was done in full: what it was made of, what is known and found of it, and what it became.

    score     of the delivered weights on all held-out rows, else on the training rows
    run       what the one who trained it holds
    balanced  of classes the balanced accuracy on the same rows
    """

    setup: Setup
    evidence: Evidence
    verdict: Verdict
    score: float
    run: R
    balanced: float | None = None

    @property
    def well(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.verdict.harm and not self.verdict.findings

    def worth(self, balanced: bool) -> float:
        """Return the score, or the balanced accuracy, where there is one."""
        return self.balanced if balanced and self.balanced is not None else self.score


@dataclass(frozen=True)
class Attempt:
    """One round of a repair: which fixes, for which checks, the score before and after; whether they are delivered.

    measure   what was looked at, "balanced accuracy" where rare classes are to be recognised
    beside    whether it goes with the fix of that check, which was kept before, and is none of its own
    """

    checks: tuple[str, ...]
    sentences: tuple[str, ...]
    before: float
    after: float
    kept: bool
    measure: str = "score"
    beside: bool = False

    @property
    def change(self) -> str:
        """What was changed, and why."""
        why = f"beside the fix of {self.checks[0]}" if self.beside else ", ".join(self.checks)
        return f"{why}: {'; '.join(self.sentences)}"

    def __str__(self) -> str:
        done = "kept" if self.kept else "undone"
        what = "" if self.measure == "score" else f"{self.measure} "
        return f"{self.change}: {what}{self.before:.3f} to {self.after:.3f}, {done}"


@dataclass(frozen=True)
class Repaired(Generic[R]):
    """What a repair leads to: the best training (the first one where none is better), and the log.

    balanced   whether it was judged by balanced accuracy, since rare classes were to be recognised
    """

    best: Training[R]
    log: tuple[Attempt, ...]
    balanced: bool = False


def repair(
    first: Training[R], findings: Sequence[Finding], train: Callable[[Setup], Training[R]], seconds: float,
    budget: Budget | None = None,
) -> Repaired[R]:  # fmt: skip
    """Return the best training that fixes lead to.

    findings   of the first training, ranked: the first cause is fixed first
    train      trains a setup in full and looks at it
    seconds    for experiments, after each training
    budget     of the experiments with the first one, to which those are added

    At most `ROUNDS` times is trained again, and each training is examined as the first one was. A fix is kept if the
    score rises by something that matters, and one of a certain mistake also if it does not fall; all others are undone.
    Next comes, in this order:

    1. the fix of the first cause that was not tried in vain;
    2. beside the fix that was kept last, what goes well with it (`BESIDE`); that is all where nothing is wrong now;
    3. what changed nothing: it is gone on from, for it may help together with another fix;
    4. where harm is left, what often helps (`LAST_RESORTS`), if an experiment shows that it does.

    From the first finding on whose fix is to have rare classes recognised the score is balanced accuracy.
    """
    log: list[Attempt] = []
    base = best = _Node(first, ())
    budget, balanced = Budget(seconds) if budget is None else budget, for_balance(findings)
    undone: set[tuple[str, str]] = set()
    tried_beside: list[Fix] = []
    waiting: list[_Node[R]] = []
    while len(log) < ROUNDS:
        here, now = base.training, base.training.worth(balanced)
        if base.attempts and now + matters(now) > 1:
            break  # a perfect score could not be told from this one
        step, also = next_step(here, findings, undone), None
        if step is None and base.cause is not None:
            step = also = beside(here, base.cause, undone, tried_beside)
            if step is None and here.well:
                break
        if step is None and waiting:
            base = waiting.pop(0)
            findings = proved(base.training.setup, base.training.evidence, base.training.verdict, budget)
            balanced = balanced or for_balance(findings)
            continue
        if step is None:
            base, findings = best, ()
            here, now = base.training, base.training.worth(balanced)
            resort = _last_resort(here, undone, budget)
            step = None if resort is None else next_step(here, [resort], undone)
        if step is None:
            break
        setup, used = step
        done = train(setup)
        budget.allow(seconds)
        after = done.worth(balanced)
        sentences = tuple(each.fix.sentence for each in used if each.fix is not None)
        measure = "balanced accuracy" if balanced and done.balanced is not None else "score"
        checks = tuple(each.check for each in used)
        log.append(Attempt(checks, sentences, now, after, False, measure, also is not None))
        attempts = (*base.attempts, len(log) - 1)
        tried_beside += [each.fix for each in used if also is not None and each.fix is not None]
        certain = also is None and any(name in BY_NAME and BY_NAME[name].certain for name in checks)
        if not (after > now + matters(now) or (certain and after >= now)):
            if also is None:
                undone |= {_key(each) for each in used}
                if after >= now - matters(now) / 2:
                    waiting.append(_Node(done, attempts))
            continue
        base = _Node(done, attempts, used[0] if also is None else base.cause)
        best = base if after >= best.training.worth(balanced) else best
        findings = proved(done.setup, done.evidence, done.verdict, budget)
        balanced = balanced or for_balance(findings)
    start = first.worth(balanced)
    if best.training.worth(balanced) <= start + matters(start):
        return Repaired(first, tuple(log), balanced)
    kept = tuple(replace(each, kept=place in best.attempts) for place, each in enumerate(log))
    return Repaired(best.training, kept, balanced)


def for_balance(findings: Sequence[Finding]) -> bool:
    """Return whether a fix of the findings is to have rare classes recognised, which accuracy hardly shows.

    >>> for_balance([Finding("class_imbalance", "", "", 0.1, (None, None), fix=Fix("class_weight", ""))])
    True
    """
    return any(each.fix is not None and each.fix.action in FOR_BALANCE for each in named(findings))


def for_a_person(setup: Setup, evidence: Evidence, findings: Sequence[Finding]) -> list[str]:
    """Return what only a person can do about findings, in words: where a fix is none of ours, or does not fit here."""
    return [
        f"{each.check}: only a person can do it: {each.fix.sentence}"
        for each in named(findings)
        if each.fix is not None and fixed(setup, each, evidence) is None
    ]


@dataclass(frozen=True)
class _Node(Generic[R]):
    """A training, and the attempts (by their place in the log) that led to it.

    cause   whose fix was kept last; None of the first training, and of one that waits
    """

    training: Training[R]
    attempts: tuple[int, ...]
    cause: Finding | None = None


def next_step(
    base: Training[R], findings: Sequence[Finding], undone: set[tuple[str, str]]
) -> tuple[Setup, list[Finding]] | None:
    """Return the setup with the first cause fixed that was not tried in vain, and the findings fixed; None: no more.

    With it go what only together can help: the scale of inputs with that of targets, and every certain mistake that an
    examination of the new setup still finds.
    """
    listed: list[Finding] = []
    for finding in findings:
        listed += finding.consequences if finding.check == "not_learning" and finding.fix is None else (finding,)
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


def beside(
    base: Training[R], cause: Finding, undone: set[tuple[str, str]], tried: Sequence[Fix]
) -> tuple[Setup, list[Finding]] | None:
    """Return the setup with what goes well with the fix of a cause, and that as a finding; None: no more."""
    for fix in BESIDE.get(cause.check, ()):
        finding = replace(cause, fix=fix, proof=None)
        if fix in tried or _key(finding) in undone or _back(cause.fix, fix):
            continue
        setup = fixed(base.setup, finding, base.evidence)
        if setup is not None:
            return setup, [finding]
    return None


def _back(one: Fix | None, other: Fix) -> bool:
    """Return whether another fix takes the first one back."""
    if one is None or one.action != other.action:
        return False
    return math.isclose(float(one.settings.get("factor", 1.0)) * float(other.settings.get("factor", 1.0)), 1.0)


def mistakes(setup: Setup) -> tuple[Finding, ...]:
    """Return what is certain to be wrong with a setup before its first step."""
    return verdict(looked_at(setup), [check for check in CHECKS if check.certain]).findings


def looked_at(setup: Setup) -> Evidence:
    """Return the evidence before the first step of a setup."""
    return examine(setup.network, setup.loss, setup.optimizer, setup.rows, setup.held_out, setup.plan, setup.engine)


def _last_resort(base: Training[R], undone: set[tuple[str, str]], budget: Budget) -> Finding | None:
    """Return the one of the fixes that often help which an experiment found to help most, where harm is left."""
    if not base.verdict.harm:
        return None
    suspects = [
        Finding("not_learning", base.verdict.harm.sentence, "score", base.score, (None, None), fix=fix, confidence=0.0)
        for fix in LAST_RESORTS
    ]
    suspects = [each for each in suspects if _key(each) not in undone]
    experiments = Experiments(base.setup, base.evidence, budget, len(suspects))
    tried = [experiments.tried(each) for each in suspects]
    helpful = [each for each in tried if each.proof is not None and each.proof.helps]
    if not helpful:
        return None
    gains = [float(np.mean(each.proof.with_fix)) if each.proof is not None else 0.0 for each in helpful]
    return helpful[int(np.argmax(gains))]


def _key(finding: Finding) -> tuple[str, str]:
    assert finding.fix is not None
    factor = float(finding.fix.settings.get("factor", 1.0))
    return finding.fix.action, "up" if factor > 1 else "down" if factor < 1 else ""
