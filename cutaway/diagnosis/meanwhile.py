"""The verdict while a training goes on: of what is known so far, and silent where it may yet get well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.evidence import Evidence, Outcome
from cutaway.diagnosis.harm import harm
from cutaway.diagnosis.verdict import Verdict, verdict
from cutaway.records import Event, Finding, LayerVitals, NetworkVitals, StepRecord

# What is judged by how a training ended; as long as it goes on, nothing can be said of it.
AT_THE_END = (
    "not_learning", "too_few_updates", "not_enough_epochs", "learning_rate_too_low", "underfit", "overfit",
    "label_noise", "late_plateau", "plateau_from_start", "collapsed_output", "class_forgotten",
    "train_evaluate_mismatch", "loss_metric_disagree", "batch_noise",
)  # fmt: skip


class Meanwhile:
    """Hears the records of a training that began with some evidence, and judges what they tell so far.

    A training that is not done yet answers badly, which is no harm. Harm is, in so many looks in a row (`PERSISTENT`):

    * it diverged: numbers were not finite, or the loss is far above its lowest, after a tenth of its steps
      (`DIVERGED_BY`) and `MANY_STEPS` of them;
    * or it has learned nothing: half of its steps are taken (`NOTHING_LEARNED_BY`), and rows that it learned from are
      answered as by one who knows nothing, where simple methods do better.

    A training that goes astray for a moment and comes back is let alone, and so is one that was better than simple
    methods before, where rows held out have kept its best weights.

    >>> import numpy as np, cutaway as ca
    >>> x = np.random.default_rng(0).normal(size=(200, 3))
    >>> net = ca.Sequential(ca.Dense(8), ca.Tanh(), ca.Dense(1))
    >>> run = ca.fit(net, x, x.sum(axis=1), loss="squared_error", optimizer=ca.Adam(0.01), engine="numpy")
    >>> so_far = Meanwhile(run.evidence)
    >>> for record in (*run.history[:5], *run.vitals[:3], run.network_vitals[0]):
    ...     so_far.hear(record)
    >>> len(so_far.evidence.history), so_far.findings()
    (5, ())
    """

    def __init__(self, evidence: Evidence) -> None:
        self.before = replace(evidence, layer_vitals=(), network_vitals=(), history=(), events=(), outcome=None)
        self.layers: list[LayerVitals] = []
        self.looks: list[NetworkVitals] = []
        self.history: list[StepRecord] = []
        self.events: list[Event] = []
        self.hurt = 0

    def hear(self, record: Any) -> None:
        """Hear a record, and after a look how the training fares."""
        if isinstance(record, StepRecord):
            self.history.append(record)
        elif isinstance(record, Event):
            self.events.append(record)
        elif isinstance(record, LayerVitals):
            self.layers.append(record)
        elif isinstance(record, NetworkVitals):
            self.looks.append(record)
            self.hurt = self.hurt + 1 if self._suffers() else 0

    def _suffers(self) -> bool:
        """Whether the training is hurt, by what is known now."""
        known, look = self.before.references, self.looks[-1]
        held_out = look.validation_score is not None
        scores = [each.validation_score if held_out else each.score for each in self.looks]
        good = max([score for score in scores if score is not None], default=-1.0) if held_out else look.score
        if not self.history or good >= known.best > known.chance:
            return False
        done = look.step / self.before.plan.updates if self.before.plan.updates and look.step >= at.MANY_STEPS else 0.0
        if done >= at.DIVERGED_BY and self._diverged():
            return True
        # Stricter than in the end (`harm.tells`): what is said now ends trainings.
        doubtless = known.best - known.chance >= at.REFERENCE_ERRORS * known.error
        nothing = known.chance + max(known.error, at.NO_SCORE * (known.best - known.chance))
        return done >= at.NOTHING_LEARNED_BY and doubtless and look.score <= nothing

    def _diverged(self) -> bool:
        so_far = replace(self.before, history=tuple(self.history), events=tuple(self.events))
        return harm(so_far).kind == "diverged"

    @property
    def evidence(self) -> Evidence:
        """All that is known so far, the last look for the outcome."""
        last = self.looks[-1] if self.looks else None
        return replace(
            self.before, layer_vitals=tuple(self.layers), network_vitals=tuple(self.looks), history=tuple(self.history),
            events=tuple(self.events), outcome=None if last is None else Outcome(last.score, last.validation_score),
        )  # fmt: skip

    def findings(self, judge: Callable[[Evidence], Verdict] = verdict) -> tuple[Finding, ...]:
        """Return the first cause as it is known so far; nothing where none is, or the end of the training must tell.

        The last look is left to the verdict on the whole.
        """
        if self.hurt < at.PERSISTENT or self.looks[-1].epoch >= self.before.plan.epochs:
            return ()
        first = judge(self.evidence).findings[:1]
        return tuple(finding for finding in first if finding.check not in AT_THE_END)
