"""The page of a training that goes on: a listener that shows what it hears, and in the end the run with everything."""

from __future__ import annotations

import copy
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.diagnosis.setup import Setup
from cutaway.errors import FindingWarning, InputError
from cutaway.layers import MemberDense
from cutaway.records import Finding, LayerVitals, NetworkVitals, StepRecord
from cutaway.runs.followers import Fetch
from cutaway.studio.case import Case
from cutaway.studio.diagnosing import finding_told
from cutaway.studio.followed import Following
from cutaway.studio.material import Material
from cutaway.studio.measure import measure_of
from cutaway.studio.sources import of_arrays
from cutaway.studio.way import Way
from cutaway.studio.window import Window

RATE = 30.0  # times a second that weights are fetched at most
SHARE = 0.02  # of the training's time that fetching them may take
MOST_ROWS = 20_000  # of the training that are shown, where its table is not known


class Live:
    """A listener of a training that opens the studio's page on it.

    say      is told where the page is
    browser  whether it is opened in the browser

    Among the callbacks of a training it hears its records and, as a `Follower`, sees its weights. Whatever goes wrong
    on the page, the training goes on, and is the same bit by bit.
    """

    def __init__(self, say: Callable[[str], None] = print, browser: bool = True) -> None:
        self.say, self.browser = say, browser
        self.session: Following | None = None
        self.window: Window | None = None
        self._material: Material | None = None
        self._layers: list[LayerVitals] = []
        self._findings: list[Finding] = []
        self._due, self._trouble = 0.0, False

    # ---- what the training tells ------------------------------------------------------------------------------

    def of(self, run: Any) -> None:
        """Hear of a job before it trains: its table, pictures or text are shown as a person has them."""
        if run.settings.get("sample") is not None:
            return  # a table larger than memory: what is trained on is shown, as numbers
        with self._harmless():
            from cutaway.studio.run_rows import rows_of_run

            self._material = rows_of_run(run)

    def begins(self, setup: Setup) -> None:
        """Show a training that begins, and open the page with the first."""
        self._due = 0.0
        with self._harmless():
            case, way = self._shown(setup)
            if self.session is None:
                self.session = Following(case, way)
                self.session.homes = (str(Path.cwd().resolve()),)
                self.window = Window.opened(self.session, wait=False, browser=self.browser, say=self.say)
            else:
                self.session.follows(case, way)
            self.session.measure = measure_of(setup.plan.judge)
            self._pin()

    def weights(self, epoch: int, last: bool, fetch: Fetch) -> None:
        """Show the weights after an epoch, where that costs little."""
        now = time.perf_counter()
        if now < self._due and not last:
            return
        with self._harmless() as session:
            if session is not None:
                session.reached(dict(fetch()))
        end = time.perf_counter()
        self._due = max(now + 1 / RATE, end + (end - now) / SHARE)

    def __call__(self, record: Any) -> None:
        """Show a record."""
        with self._harmless() as session:
            if session is None:
                return
            if isinstance(record, StepRecord):
                session.stepped(record)
            elif isinstance(record, LayerVitals):
                self._layers.append(record)
            elif isinstance(record, NetworkVitals):
                layers, self._layers = self._layers, []
                session.observed(layers, record)

    def found(self, finding: Finding) -> None:
        """Show a finding."""
        self._findings.append(finding)
        with self._harmless():
            self._pin()

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """Show the findings that are said as warnings while entered; they are said as before."""
        before = warnings.showwarning

        def heard(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            finding = getattr(message, "finding", None)
            if issubclass(category, FindingWarning) and isinstance(finding, Finding):
                self.found(finding)
            before(message, category, *place, **more)

        warnings.showwarning = heard
        try:
            yield
        finally:
            warnings.showwarning = before

    def ends(self, run: Any = None) -> None:
        """Show the finished run with all that can be done to one; without a run what was followed."""
        with self._harmless() as session:
            if session is None:
                return
            opened: Any = ()
            if run is not None:
                from cutaway.studio.called import of_run

                try:
                    opened = of_run(run, None)
                except InputError as fault:
                    self.say(f"The page stays with what it saw of the training: {fault}")
                self._findings = list(run.findings) or self._findings
            session.ends(*opened)
            self._pin()

    def wait(self) -> None:
        """Keep the page until Ctrl-C."""
        if self.window is not None:
            with suppress(KeyboardInterrupt):  # it may come as soon as it is asked for
                self.say("The run is on the page, with everything that can be done to it. Ctrl-C ends it.")
                self.window.wait()

    # ---- inside -------------------------------------------------------------------------------------------------

    def _shown(self, setup: Setup) -> tuple[Case, Way]:
        """Return the case of a training, on its own rows where those of its job are not known."""
        if any(isinstance(layer, MemberDense) for _, layer in setup.network.named_layers()):
            raise InputError("its network holds members that share their weights, which cannot be shown one by one yet")
        material, plan = self._material or _rows_of(setup), setup.plan
        if plan.members is not None:
            several = (
                f"{plan.members} networks are trained side by side: the weights are the first's, losses their means"
            )
            material = replace(material, notes=(several, *material.notes))
        way = Way(
            setup.loss,
            setup.optimizer,
            plan.batch_size,
            plan.seed,
            plan.shuffle,
            plan.epochs,
            setup.engine,
            plan.drop_last,
        )
        return Case(f"{material.name}, in training", material, copy.deepcopy(setup.network), editable=False), way

    def _pin(self) -> None:
        """Put the findings beside the curves; what would mend them is asked for once the training is done."""
        if self.session is None:
            return
        told = [{**finding_told(number, each), "fix": None} for number, each in enumerate(self._findings)]
        self.session.history.diagnosis[self.session.now.branch] = (told, None, None, [])
        self.session.tick += 1
        self.session.wake()

    @contextmanager
    def _harmless(self) -> Iterator[Following | None]:
        """Give the session, None where it shows nothing; what goes wrong is said once, and the training left alone."""
        try:
            yield None if self._trouble else self.session
        except Exception as fault:
            if not self._trouble:
                self._trouble = True
                ours = "" if isinstance(fault, InputError) else f"a fault of ours, {type(fault).__name__}: "
                self.say(f"The page shows nothing more of this training, which goes on: {ours}{fault}")


def _rows_of(setup: Setup) -> Material:
    """Return the rows of a training as arrays, at most so many; those it watches are held out."""
    every = max(1, -(-len(setup.rows.x) // MOST_ROWS))
    x, y = np.asarray(setup.rows.x[::every]), np.asarray(setup.rows.y[::every])
    with np.errstate(all="ignore"):
        outputs = int(setup.network(x[:1]).shape[-1])
    held_out = setup.held_out
    apart = None if held_out is None else (np.asarray(held_out.x[:MOST_ROWS]), np.asarray(held_out.y[:MOST_ROWS]))
    found = of_arrays(x, y, setup.loss, outputs, held_out=apart, dtype=setup.network.dtype)
    notes = (f"1 of {every} rows is shown, of {len(setup.rows.x):,}",) if every > 1 else ()
    return replace(found, notes=(*found.notes, *notes))
