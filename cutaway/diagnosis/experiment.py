"""The experiment: train with a fix and without it, from the same weights on the same batches, and compare."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from cutaway.diagnosis.alteration import is_fresh, redrawn
from cutaway.diagnosis.budget import Budget
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.examination import examine
from cutaway.diagnosis.fixes import fixed
from cutaway.diagnosis.gain import Gain, chance_of_each, gain_of, losses_fell, matters, surely_above
from cutaway.diagnosis.setup import Setup, apart
from cutaway.diagnosis.trial import (
    START,
    Length,
    Result,
    alone,
    engines,
    price_of,
    price_of_one_step,
    results_of,
    seconds_to_compile,
    steps_of,
)
from cutaway.records import Finding, Fix, Proof

# Trainings of each kind, each with another order of the batches.
ORDERS = 5
# A shorter training says nothing, unless the run itself was as short.
FEWEST_STEPS = 50
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


# Fixes that are to have rare classes recognised, which accuracy hardly shows.
FOR_BALANCE = ("class_weight",)


class Experiments:
    """Experiments with fixes of one setup, which share the trainings without a fix.

    budget      for all of them together; seconds, or what is left of a budget
    fixes       how many are to be tried
    others      how many more, if none of those helps: `go_on` begins with them
    evidence    of the setup
    kept        seconds of the budget that are left for something else

    Where a setup holds no rows out, a fifth of its own are held out from all trainings, so that no fix is judged on
    rows that it learned from. Everything but the seconds that the clock tells follows from the setup and the budget:
    how many steps are taken is planned by what a step should cost, and so a second experiment gives the same figures.
    """

    def __init__(
        self, setup: Setup, evidence: Evidence, budget: float | Budget, fixes: int = 1, others: int = 0,
        kept: float = 0.0,
    ) -> None:  # fmt: skip
        self.budget = budget if isinstance(budget, Budget) else Budget(budget)
        self.whole, self.evidence, self.kept = alone(setup), evidence, kept
        self.setup = apart(self.whole) or self.whole
        self.waiting, self.others = max(1, fixes), others
        self.tries, self.share = self.waiting, (self.waiting, others)
        self._without: dict[Length, list[Result]] = {}
        self._starts: list[Setup] = []

    @property
    def spent(self) -> float:
        """Seconds that they took."""
        return self.budget.spent

    def go_on(self) -> None:
        """Begin with the others, which share what is left of the seconds, and the other half of the chance."""
        self.waiting, self.tries, self.share = max(1, self.others), self.tries + self.others, (self.others, 1)

    def tried(self, finding: Finding) -> Finding:
        """Return the finding with the proof, if one could be afforded; of a learning rate, with the best one found."""
        with self.budget.running():
            begun, waiting = time.perf_counter(), self.waiting
            self.waiting = max(1, waiting - 1)
            room = self._room(waiting)
            if finding.fix is not None and finding.fix.action in SEARCHED:
                before = self.budget.planned
                finding = self._with_best_factor(finding, SEARCH * room)
                room -= self.budget.planned - before
            changed = fixed(self.setup, finding, self.evidence)
            if changed is None or finding.fix is None:
                return finding
            length = self._length(changed, finding.fix.action in FULL_LENGTH, room, waiting)
            if length is None:
                return finding
            starts = self.starts()
            others = [changed, *(fixed(start, finding, self.evidence) for start in starts[1:])]
            if starts[1].network is starts[0].network:  # only the order differs
                others = [replace(changed, plan=replace(changed.plan, seed=start.plan.seed)) for start in starts]
            fits = [other for other in others if other is not None]
            without = self._control(length) if len(fits) == ORDERS else None
            with_fix = results_of(fits, length, self.budget) if without is not None else None
            if without is None or with_fix is None:
                return finding
            proof = self._proof(finding.fix, without, with_fix, _same_measure(self.setup, changed))
            seconds = time.perf_counter() - begun
            return replace(finding, proof=replace(proof, steps=length.steps or steps_of(self.setup), seconds=seconds))

    def starts(self) -> list[Setup]:
        """Return what the pairs start from: the run's own first weights, then others, each with an order of its own.

        Where the weights were set by hand, or learned before, all pairs start from those, in other orders. Else a fix
        that draws weights would be judged by the luck of one draw.
        """
        if not self._starts:
            plan = self.setup.plan
            seeds = [plan.seed + place for place in range(ORDERS)]
            if is_fresh(self.whole):
                self._starts = [self.setup, *(redrawn(self.setup, seed) for seed in seeds[1:])]
            else:
                self._starts = [replace(self.setup, plan=replace(plan, seed=seed)) for seed in seeds]
        return self._starts

    def _proof(self, fix: Fix, without: Sequence[Result], with_fix: Sequence[Result], alike: bool) -> Proof:
        """Return what became of the pairs, without how long they took."""
        numbers = without[0].balanced is None
        name, other = ("R²", "") if numbers else ("accuracy", "")
        if fix.action in FOR_BALANCE and not numbers:
            name, other, alike = "balanced accuracy", "accuracy", False
        chance = chance_of_each(*self.share, measures=2 if alike else 1)
        found = compared(without, with_fix, alike, chance, balanced=bool(other))
        scores = [tuple(_score(each, bool(other)) for each in side) for side in (without, with_fix)]
        means = [float(np.mean([each.score for each in side])) for side in (without, with_fix)]
        beside = (other, means[0], means[1]) if other else None
        gain = found.gain
        return Proof(
            without=scores[0], with_fix=scores[1], steps=0, seconds=0.0, helps=found.helps, score=name,
            measure="loss" if found.by_loss else name, gain=gain.mean, low=gain.low, high=gain.high, chance=chance,
            tries=self.tries, beside=beside, held_out=self.setup.held_out is not None,
        )  # fmt: skip

    def _room(self, waiting: int) -> float:
        """Return the seconds for the next of so many fixes; for the first of all those for trainings without, too."""
        extra = 0 if self._without else 1
        return max(0.0, self.budget.left - self.kept) * (1 + extra) / (waiting + extra)

    def _control(self, length: Length) -> list[Result] | None:
        """Return the results without a fix."""
        if length not in self._without:
            found = results_of(self.starts(), length, self.budget)
            if found is None:
                return None
            self._without[length] = found
        return self._without[length]

    def _length(self, changed: Setup, full: bool, room: float, waiting: int = 1) -> Length | None:
        """Return how long trainings with and without a fix can be, and take the seconds; None: too short."""
        if full:  # not to be had in part: what others leave it
            room = (self.budget.left - self.kept) * (1.0 if waiting == 1 else 1 - SEARCH)
        for length, price in self._lengths(changed, full, room):
            if price <= room and self.budget.take(price):
                return length
        return None

    def _lengths(self, changed: Setup, full: bool, room: float) -> list[tuple[Length, float]]:
        """Return lengths with what they cost, the best first: that of trainings which are there, then others."""
        own = steps_of(self.setup)
        found: list[tuple[Length, float]] = []
        for engine in engines(self.setup):
            compiling = [seconds_to_compile(each, engine, 1) for each in (changed, self.setup)]
            if full:
                prices = [ORDERS * price_of(each, None, engine) for each in (changed, self.setup)]
                again = Length(None, engine) not in self._without
                cost = prices[0] + compiling[0] + (prices[1] + compiling[1] if again else 0.0)
                found.append((Length(None, engine), cost))
                continue
            each, control = (ORDERS * price_of_one_step(setup, engine) for setup in (changed, self.setup))
            known = [length for length in self._without if length.engine == engine and length.steps is not None]
            begin = ORDERS * START + compiling[0]
            found += [(length, begin + each * (length.steps or 0)) for length in known]
            begin += ORDERS * START + compiling[1]
            steps = min(own, int((room - begin) / (each + control))) if room > begin else 0
            if steps >= min(own, FEWEST_STEPS):
                found.append((Length(steps, engine), begin + (each + control) * steps))
        if full:
            return sorted(found, key=lambda one: one[1])
        found = [one for one in found if one[1] <= room]
        return sorted(found, key=lambda one: (one[0] not in self._without, -(one[0].steps or 0)))

    def _with_best_factor(self, finding: Finding, room: float) -> Finding:
        """Return the finding whose fix has the best of a few factors, by one short training each."""
        assert finding.fix is not None
        if finding.fix.action == "weight_decay" and not self.evidence.optimizer.weight_decay:
            return finding  # any factor of nothing is nothing
        up = float(finding.fix.settings.get("factor", 0.1)) > 1
        factors = SEARCHED[finding.fix.action][up]
        many = len(factors) + len(BEYOND)
        best = (0, "numpy", 0.0)
        for engine in engines(self.setup):
            price = price_of_one_step(self.setup, engine)
            begin = many * START + seconds_to_compile(self.setup, engine, many)
            steps = min(steps_of(self.setup), int((room - begin) / many / price)) if room > begin else 0
            best = max(best, (steps, engine, begin + many * steps * price), key=lambda one: one[0])
        steps, engine, price = best
        if steps < min(steps_of(self.setup), FEWEST_STEPS) or not self.budget.take(price):
            return finding
        found: list[tuple[float, float, float]] = []
        start = replace(self.setup, plan=replace(self.setup.plan, seed=self.setup.plan.seed + ORDERS))
        for factor in (*factors, *(each if up else 1 / each for each in BEYOND)):
            if len(found) >= len(factors) and min(found) is not found[-1]:
                break
            changed = fixed(start, at_factor(finding, factor, self.evidence), self.evidence)
            results = None if changed is None else results_of([changed], Length(steps, engine), self.budget)
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

    Trains `ORDERS` times with and without the fix, both from the same weights on the same batches, other ones each time
    (weights only where they were drawn, not where they were set by hand), for as many steps as the budget pays for: at
    least 50 and at most the run's own number. It helps if the score on rows held out is better by something that
    matters, and by more than chance makes of it; or the loss, where both sides have the same.

        d̄ > t(1 − α, n − 1) √(Σ (d − d̄)² / (n (n − 1)))        d = with − without, one for each of n orders

    α is `FALSE_PROOFS`, divided by how many fixes are tried and in how many measures. Of weights of classes the score
    is balanced accuracy. Of fewer than thirty rows none can be held out; then it is those that were learned from.

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


class Compared(NamedTuple):
    """Whether the pairs show that the fix helps, in what, and by how much."""

    helps: bool
    by_loss: bool
    gain: Gain


def compared(
    without: Sequence[Result], with_fix: Sequence[Result], alike: bool, chance: float, balanced: bool = False
) -> Compared:
    """Return whether scores are better, or where it is the same loss, losses, surely and by something that matters.

    chance     of a wrong "it helps", in each measure
    balanced   whether the score is balanced accuracy

    >>> none, some = [Result(0.5, 0.69)] * 3, [Result(0.8, 0.4), Result(0.82, 0.39), Result(0.79, 0.41)]
    >>> [compared(one, other, True, 0.05).helps for one, other in ((none, some), (some, none), (none, none))]
    [True, False, False]
    """
    before, after = ([_score(each, balanced) for each in side] for side in (without, with_fix))
    gain, needed = gain_of(np.subtract(after, before), chance), matters(float(np.mean(before)))
    if surely_above(gain, needed):
        return Compared(True, False, gain)
    if not alike or gain.mean < -needed / 2:
        return Compared(False, False, gain)
    fell = losses_fell([each.loss for each in without], [each.loss for each in with_fix], chance)
    return Compared(False, False, gain) if fell is None else Compared(True, True, fell)


def _score(result: Result, balanced: bool) -> float:
    return result.balanced if balanced and result.balanced is not None else result.score


def _same_measure(one: Setup, other: Setup) -> bool:
    """Return whether the loss of two setups is the same number of the same answers."""
    return repr(one.loss) == repr(other.loss) and one.rows.y is other.rows.y and one.held_out is other.held_out
