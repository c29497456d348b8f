"""Diagnosis of a training as it happens: what is certain is said before the first step, the verdict after the last."""

from __future__ import annotations

import copy
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

from cutaway.diagnosis.examination import examine, with_records
from cutaway.diagnosis.setup import Setup
from cutaway.diagnosis.telling import told
from cutaway.diagnosis.verdict import Verdict, verdict
from cutaway.errors import FindingWarning
from cutaway.layers import Blend, Ensemble

if TYPE_CHECKING:
    from cutaway.runs.run import Run


class Diagnosing:
    """The diagnosis of one training: begun with what it starts from, ended with the run it became."""

    def __init__(self, setup: Setup) -> None:
        self.setup = replace(setup, network=copy.deepcopy(setup.network))
        self.evidence = examine(
            setup.network, setup.loss, setup.optimizer, setup.rows, setup.held_out, setup.plan, setup.engine
        )
        self.said: set[str] = set()
        self._say(verdict(self.evidence))

    def end(self, run: Run) -> None:
        """Put evidence and verdict into the run, and say what was not said before."""
        network, setup = run.network, self.setup
        if isinstance(network, Blend):
            network = network.largest
        if isinstance(network, Ensemble):
            network = network[0]
        run.setup = setup
        run.evidence = with_records(self.evidence, run, network, setup.loss, setup.rows, setup.held_out)
        run.verdict = verdict(run.evidence)
        self._say(run.verdict)

    def _say(self, found: Verdict) -> None:
        for finding in found.findings:
            if finding.check not in self.said:
                self.said.add(finding.check)
                warnings.warn(told(finding), FindingWarning, stacklevel=4)
