"""The experiment: train with a fix and without it, from the same weights on the same batches, and compare."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.alteration import is_fresh, redrawn
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.examination import examine
from cutaway.diagnosis.fixes import fixed
from cutaway.diagnosis.setup import Setup
from cutaway.diagnosis.trial import Length, Result, alone, engines, price_of, results_of, seconds_to_compile, steps_of
from cutaway.records import Finding, Fix, Proof

# Trainings of each kind, each with another order of the batches.
ORDERS = 3
# A shorter training says nothing, unless the run itself was as short.
FEWEST_STEPS = 50
# What takes so many times as long as was planned is abandoned, but not before so many seconds.
PATIENCE, PATIENT_SECONDS = 2.5, 5.0
# Factors that are tried, to lower and to raise; and those beyond, as long as the last is the best.
SEARCHED = {
    "learning_rate": ((1 / 3, 1 / 10, 1 / 30, 1 / 100), (3.0, 10.0, 30.0, 100.0)),
    "weight_decay": ((1e-1, 1e-2, 1e-3), (3.0, 10.0, 30.0)),
}
BEYOND = (1e3, 1e4)
# The share of an experiment's time in which a learning rate is looked for.
SEARCH = 0.4
# Fixes of how long is trained: shown only at full length, for of more steps any training makes more.
FULL_LENGTH = ("epochs", "batch_size")


class Experiments:
    """Experiments with fixes of one setup, which share the trainings without a fix.

    seconds     for all of them together
    fixes       how many are to be tried
    evidence    of the setup

    Everything but the seconds that the clock tells follows from the setup and the budget: how many steps are taken is
    planned by what a step should cost, and so a second experiment gives the same figures.
    """

    def __init__(self, setup: Setup, evidence: Evidence, seconds: float, fixes: int = 1) -> None:
        self.setup, self.evidence = alone(setup), evidence
        self.budget, self.fixes = seconds, max(1, fixes)
        self.began = time.perf_counter()
        self._without: dict[tuple[Length, bool], list[Result] | None] = {}
        self._starts: list[Setup] = []

    @property
    def spent(self) -> float:
        """Seconds since the first."""
        return time.perf_counter() - self.began

    def tried(self, finding: Finding) -> Finding:
        """Return the finding with the proof, if one could be afforded; of a learning rate, with the best one found."""
        begun = time.perf_counter()
        if finding.fix is not None and finding.fix.action in SEARCHED:
            finding = self._with_best_factor(finding)
        changed = fixed(self.setup, finding, self.evidence)
        if changed is None or finding.fix is None:
            return finding
        length = self._length(changed, finding.fix.action in FULL_LENGTH)
        if length is None:
            return finding
        starts = self.starts()
        others = [changed, *(fixed(start, finding, self.evidence) for start in starts[1:])]
        if starts[1].network is starts[0].network:  # only the order differs
            others = [replace(changed, plan=replace(changed.plan, seed=start.plan.seed)) for start in starts]
        fits = [other for other in others if other is not None]
        apart = self.setup.held_out is None and changed.held_out is not None
        without = self._control(length, changed if apart else None)
        with_fix = results_of(fits, length, self._deadline()) if without is not None and len(fits) == ORDERS else None
        if without is None or with_fix is None:
            return finding
        proof = Proof(
            without=tuple(each.score for each in without),
            with_fix=tuple(each.score for each in with_fix),
            steps=length.steps or steps_of(self.setup),
            seconds=time.perf_counter() - begun,
            helps=helps(without, with_fix, alike=_same_measure(self.setup, changed)),
        )
        return replace(finding, proof=proof)

    def starts(self) -> list[Setup]:
        """Return what the trainings start from: the same weights in other orders, or where all orders are one, drawn.

        Where every step sees all rows, or none are shuffled, an order says nothing; then the first weights are drawn
        anew, if they were drawn at all, and not set by hand.
        """
        if not self._starts:
            plan = self.setup.plan
            seeds = [plan.seed + place for place in range(ORDERS)]
            one_order = not plan.shuffle or plan.batch_size >= len(self.setup.rows.x)
            if one_order and is_fresh(self.setup):
                self._starts = [redrawn(self.setup, seed) for seed in seeds]
            else:
                self._starts = [replace(self.setup, plan=replace(plan, seed=seed)) for seed in seeds]
        return self._starts

    def _deadline(self) -> float:
        return self.began + max(PATIENCE * self.budget, PATIENT_SECONDS)

    def _control(self, length: Length, like: Setup | None) -> list[Result] | None:
        """Return the results without a fix; of one that holds rows out, without those."""
        key = (length, like is not None)
        if key not in self._without:
            starts = self.starts()
            if like is not None:
                starts = [replace(start, rows=like.rows) for start in starts]
            judged = None if like is None else like.held_out
            self._without[key] = results_of(starts, length, self._deadline(), judged)
        return self._without[key]

    def _length(self, changed: Setup, full: bool) -> Length | None:
        """Return how long trainings can be, so that those without and with each fix fit the budget; None: too short."""
        own = steps_of(self.setup)
        seconds = self.budget * (1 - SEARCH) if full else self.budget * (1 - SEARCH) / (self.fixes + 1)
        if full:
            for engine in engines(self.setup):
                price = sum(ORDERS * price_of(each, None, engine) for each in (self.setup, changed))
                if price + seconds_to_compile(self.setup, engine, 2) <= seconds:
                    return Length(None, engine)
            return None
        best = Length(0, "numpy")
        for engine in engines(self.setup):
            left = seconds - seconds_to_compile(self.setup, engine, 1)
            each = max(price_of(setup, 1000, engine) / 1000 for setup in (self.setup, changed))
            steps = min(own, int(left / ORDERS / each)) if left > 0 else 0
            if steps > (best.steps or 0):
                best = Length(steps, engine)
        return best if (best.steps or 0) >= min(own, FEWEST_STEPS) else None

    def _with_best_factor(self, finding: Finding) -> Finding:
        """Return the finding whose fix has the best of a few factors, by one short training each."""
        assert finding.fix is not None
        if finding.fix.action == "weight_decay" and not self.evidence.optimizer.weight_decay:
            return finding  # any factor of nothing is nothing
        up = float(finding.fix.settings.get("factor", 0.1)) > 1
        factors = SEARCHED[finding.fix.action][up]
        length = self._length(self.setup, False)
        if length is None or length.steps is None:
            return finding
        price = price_of(self.setup, 1000, length.engine) / 1000
        room = self.budget * SEARCH / self.fixes - seconds_to_compile(self.setup, length.engine, len(factors))
        steps = min(length.steps, int(room / len(factors) / price))
        if steps < min(steps_of(self.setup), FEWEST_STEPS):
            return finding
        found: list[tuple[float, float, float]] = []
        start = replace(self.setup, plan=replace(self.setup.plan, seed=self.setup.plan.seed + ORDERS))
        for factor in (*factors, *(each if up else 1 / each for each in BEYOND)):
            if len(found) >= len(factors) and min(found) is not found[-1]:
                break
            changed = fixed(start, at_factor(finding, factor, self.evidence), self.evidence)
            results = None if changed is None else results_of([changed], replace(length, steps=steps), self._deadline())
            if results is None:
                break
            found.append((results[0].loss if math.isfinite(results[0].loss) else math.inf, -results[0].score, factor))
            if len(found) > 2 and found[-1][:2] > found[-2][:2] > found[-3][:2]:
                break  # it got worse twice: the best is behind
        if not found:
            return finding
        return at_factor(finding, min(found)[2], self.evidence)


def experiment(setup: Setup, finding: Finding, budget_seconds: float, evidence: Evidence | None = None) -> Proof | None:
    """Return what a finding's fix is worth; None where it cannot be tried, or not in so many seconds.

    Trains `ORDERS` times with and without the fix, from the same weights on the same batches, for as many steps as the
    budget pays for: at least 50 and at most the run's own number. It helps if the score on held-out rows (else on
    training rows) is better by more than two standard errors of the mean of the paired differences and by something
    that matters; or the loss, where both sides have the same.

        d̄ > 2 √(Σ (d − d̄)² / (n (n − 1)))        d = with − without, one for each of n orders

    evidence   of the setup, where it is at hand

    Reference: Hurlbert, "Pseudoreplication and the design of ecological field experiments", 1984, for why the orders,
    and not the rows, are what is counted.
    """
    if evidence is None:
        evidence = examine(
            setup.network, setup.loss, setup.optimizer, setup.rows, setup.held_out, setup.plan, setup.engine
        )
    return Experiments(setup, evidence, budget_seconds).tried(finding).proof


def at_factor(finding: Finding, factor: float, evidence: Evidence) -> Finding:
    """Return the finding with its fix at another factor, of the learning rate or of the weight decay."""
    assert finding.fix is not None
    decay = finding.fix.action == "weight_decay"
    value = factor * (evidence.optimizer.weight_decay if decay else evidence.optimizer.learning_rate)
    name = "weight decay" if decay else "learning rate"
    fix = Fix(
        finding.fix.action, f"{'raise' if factor > 1 else 'lower'} the {name}, to about {value:.2g}",
        f"{name.replace(' ', '_')}={value:.2g}", {**finding.fix.settings, "factor": factor},
    )  # fmt: skip
    return replace(finding, fix=fix)


def helps(without: Sequence[Result], with_fix: Sequence[Result], alike: bool) -> bool:
    """Return whether scores are better, or where it is the same loss, losses, surely and by something that matters.

    >>> none, some = [Result(0.5, 0.69)] * 3, [Result(0.8, 0.4), Result(0.82, 0.39), Result(0.79, 0.41)]
    >>> helps(none, some, alike=True), helps(some, none, alike=True), helps(none, none, alike=True)
    (True, False, False)
    """
    before, after = ([each.score for each in side] for side in (without, with_fix))
    needed = matters(float(np.mean(before)))
    if surely_above(np.subtract(after, before), needed):
        return True
    if not alike or float(np.mean(after)) < float(np.mean(before)) - needed / 2:
        return False
    losses = [
        np.array([each.loss if math.isfinite(each.loss) else np.inf for each in side]) for side in (without, with_fix)
    ]
    if not np.isfinite(losses[1]).all():
        return False
    if not np.isfinite(losses[0]).all():
        return True
    scale = float(np.abs(losses[0]).mean())
    return surely_above(losses[0] - losses[1], at.LOSS_THAT_MATTERS * scale)


def matters(score: float) -> float:
    """Return by how much a score must rise from `score` to be worth a change."""
    return max(at.SCORE_THAT_MATTERS, at.SHARE_THAT_MATTERS * (1 - score))


def surely_above(differences: np.ndarray, needed: float) -> bool:
    """Return whether the mean of the differences is above what is needed, and above two of its standard errors.

    >>> surely_above(np.array([0.1, 0.11, 0.12]), 0.05), surely_above(np.array([0.5, 0.0, 0.01]), 0.05)
    (True, False)
    """
    error = float(np.std(differences, ddof=1)) / math.sqrt(len(differences)) if len(differences) > 1 else 0.0
    return float(np.mean(differences)) > max(needed, at.SURE_ERRORS * error)


def _same_measure(one: Setup, other: Setup) -> bool:
    """Return whether the loss of two setups is the same number of the same answers."""
    return repr(one.loss) == repr(other.loss) and one.rows.y is other.rows.y and one.held_out is other.held_out
