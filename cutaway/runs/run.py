"""A run: the trained network and everything that was recorded on the way."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.layers import Blend, Ensemble, Layer
from cutaway.records import Event, Finding, LayerVitals, NetworkVitals, StepRecord
from cutaway.training.bystander import passed_over
from cutaway.training.callbacks.records import RecordFile
from cutaway.version import __version__

if TYPE_CHECKING:
    from cutaway.data.several_targets import AnyTarget
    from cutaway.diagnosis.evidence import Evidence
    from cutaway.diagnosis.setup import Setup
    from cutaway.diagnosis.verdict import Verdict
    from cutaway.export import Exported
    from cutaway.runs.origin import Origin
    from cutaway.runs.repairing import Diagnosis
    from cutaway.storage.moments import Moment
    from cutaway.storage.network_file import Preprocessing
    from cutaway.storage.way import Way


@dataclass
class Run:
    """What `fit` returns.

    network   the trained network, or an `Ensemble` of members
    history   one `StepRecord` an epoch
    vitals    `LayerVitals` of every layer at sampled epochs
    network_vitals   `NetworkVitals` of the whole at the same epochs
    events    what else happened: the engine chosen, roll-backs, why it stopped
    engine, reason   which engine ran, and why it was chosen
    seconds   how long the training took
    path      the run's folder, where one was asked for
    trajectory  weights and state by path before the first epoch and after each, with members with a leading axis for
              them; empty unless `fit` was asked to keep it
    way       of the first member, the plane nearest to those weights, and where they passed through it: what is kept of
              the trajectory on disk; None where the training was not followed
    evidence, verdict   what its diagnosis knows, and what it found; None where the training was not observed
    setup     what it was trained from, for experiments with fixes; not on disk
    origin    the same without the rows, which is on disk, of a run of `fit`; None of others
    moments   the weights and state of the first member after some epochs, to the last bit: of a run of one or two
              inputs, on pictures, or on a text; none where the training was not followed, or the network is too large
    """

    network: Layer | Ensemble | Blend
    history: list[StepRecord] = field(default_factory=list)
    vitals: list[LayerVitals] = field(default_factory=list)
    network_vitals: list[NetworkVitals] = field(default_factory=list, repr=False)
    events: list[Event] = field(default_factory=list)
    engine: str = "numpy"
    reason: str = ""
    seconds: float = 0.0
    path: Path | None = None
    trajectory: list[dict[str, np.ndarray]] = field(default_factory=list, repr=False)
    way: Way | None = field(default=None, repr=False)
    evidence: Evidence | None = field(default=None, repr=False)
    verdict: Verdict | None = field(default=None, repr=False)
    setup: Setup | None = field(default=None, repr=False)
    origin: Origin | None = field(default=None, repr=False)
    moments: Sequence[Moment] = field(default_factory=list, repr=False)

    @property
    def interrupted(self) -> bool:
        """Whether training was ended by Ctrl-C; what was learned until then is here."""
        return any(event.what == "interrupted" for event in self.events)

    @property
    def best(self) -> StepRecord | None:
        """The record of the epoch whose weights were kept: the best on validation, else the last."""
        chosen = [record for record in self.history if record.best] or self.history
        return chosen[-1] if chosen else None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The causes why it does not learn as it could, the first cause first; none for a training that is well."""
        return () if self.verdict is None else self.verdict.findings

    def diagnose(self, fix: bool = False, budget: float = 0.2, data: Any = None) -> Diagnosis:
        """Return why it does not learn as it could, each cause with what an experiment made of its fix.

        fix      whether to apply what helps and train again in full, first cause first, up to four times, and where
                 more epochs are the fix for several times as long: the repaired run is in `diagnosis.run`, with the
                 score before and after; what does not help is undone
        budget   seconds that experiments may take, as a share of the training's, but at least one (0: no experiments);
                 they are made only where something is wrong
        data     of a run from disk the rows that it learned from, as `fit` was given them: (X, y), or by name also
                 sample_weight, X_validation and y_validation, or an .npz file that holds them; of a table, pictures or
                 a text only where it is no longer where it was

        Without them a run of `fit` from disk has no rows to try anything on: then causes are suspected. One of `train`
        is repaired by training once more with other options, where these can help; what its recipe decides stays, and
        `diagnosis.by_hand` says what a person can do. Raises `InputError` where nothing was observed of the training,
        for `fix` without rows, and for rows that are not those that it learned from.
        """
        from cutaway.runs.repairing import diagnose

        return diagnose(self, fix, budget, data)

    def predict(self, x: Any, rows: int = 4096) -> np.ndarray:
        """Return the network's outputs for `x`, `rows` rows at a time, so that memory stays bounded."""
        values = np.asarray(x)
        parts = [self.network(values[begin : begin + rows]) for begin in range(0, max(1, len(values)), rows)]
        return np.concatenate(parts)

    def summary(self) -> dict[str, Any]:
        """Return what was done and how well it went, as plain data; it becomes `run.json`."""
        best, network = self.best, single(self.network)
        return {
            "kind": "network",
            "network": str(network),
            "weights": sum(array.size for array in network.parameters().values()),
            "members": len(self.network) if isinstance(self.network, (Blend, Ensemble)) else 1,
            "engine": self.engine,
            "engine_reason": self.reason,
            "epochs": self.history[-1].epoch if self.history else 0,
            "best_epoch": best.epoch if best else 0,
            "seconds": round(self.seconds, 3),
            "interrupted": self.interrupted,
            "findings": [
                {"check": each.check, "layer": each.layer, "step": each.step, "sentence": each.sentence}
                for each in self.findings
            ],
        }

    def save(self, folder: str | Path) -> Path:
        """Write the run to a folder and return it: `run.json`, `network.safetensors`, `records.jsonl`.

        The folder appears complete or not at all; an earlier run there is replaced, anything else is left alone and
        refused. Layers of your own must keep their arguments (see `Layer`). `cutaway.load(folder)` brings it back.
        Raises `InputError` for a network that cannot be saved, or a place that cannot be written to.
        """
        return self._save(Path(folder))

    def export(self, path: str | Path, to: str = "numpy") -> Exported:
        """Write the run for other programs: as NumPy code, "onnx" or "pytorch"; see `cutaway.export.export`."""
        from cutaway.export import export

        return export(self, to, path)

    def report(self, path: str | Path | None = None, *, rows: bool = True, data: Any = None) -> Path:
        """Write one page about the run that opens without a network, and return where it is.

        path   a file, or a folder to write `report.html` into (None: the run's own folder)
        rows   whether single rows, pictures and passages are shown
        data   of a run on a table what it learned from, where that is not in its file any more

        Raises `InputError` where there is no place to write to.
        """
        from cutaway.runs.reporting import report

        return report(self, path, rows=rows, data=data)

    def _save(
        self,
        folder: Path,
        preprocessing: Preprocessing | None = None,
        target: AnyTarget | None = None,
        also: Mapping[str, bytes] | None = None,
    ) -> Path:
        """Write the run with what its kind has besides; `also` holds further files by name."""
        from cutaway.storage.moments import Moments, moments_bytes
        from cutaway.storage.network_file import write_network
        from cutaway.storage.run_folder import DIAGNOSIS, MOMENTS, NETWORK, RECORDS, TRAJECTORY, new_run
        from cutaway.storage.way import way_bytes

        facts = {
            **self.summary(),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": _versions(self.engine),
            "threads": _threads(),
        }
        with new_run(folder, facts) as part:
            write_network(part / NETWORK, self.network, preprocessing=preprocessing, target=target)
            if self.way is not None:
                (part / TRAJECTORY).write_bytes(way_bytes(self.way))
            if self.moments:
                (part / MOMENTS).write_bytes(moments_bytes(self.moments))
            if content := self._diagnosis_bytes():
                (part / DIAGNOSIS).write_bytes(content)
            for name, content in (also or {}).items():
                (part / name).write_bytes(content)
            records: list[Event | LayerVitals | NetworkVitals | StepRecord] = [
                *self.events, *self.vitals, *self.network_vitals, *self.history,
            ]  # fmt: skip
            with RecordFile(part / RECORDS) as keep:
                for record in sorted(records, key=lambda record: record.step):
                    keep(record)
        if isinstance(self.moments, Moments) and self.moments.place.absolute() == (folder / MOMENTS).absolute():
            self.moments.written_again()
        return folder

    def _diagnosis_bytes(self) -> bytes:
        """Return what its diagnosis knows and found, but for the records, which have a file; nothing without one."""
        from cutaway.storage.diagnosis_file import diagnosis_bytes

        if self.evidence is None or self.verdict is None:
            return b""
        evidence = replace(self.evidence, layer_vitals=(), network_vitals=(), history=(), events=())
        try:
            origin = None if self.origin is None else self.origin.seeing(self.setup)
            return diagnosis_bytes(evidence=evidence, verdict=self.verdict, origin=origin)
        except Exception as fault:
            self.events.append(Event(0, "diagnosis", passed_over(fault)))
            return b""

    def __repr__(self) -> str:
        if not self.history:
            return f"Run({self.engine}, no epoch done)"
        best = self.best
        assert best is not None
        figures = f"loss {best.loss:.4g}" + (
            "" if best.validation is None else f", validation {best.validation:.4g} (epoch {best.epoch})"
        )
        return f"Run({self.engine}, {self.history[-1].epoch} epochs, {self.seconds:.1f} s, {figures})"


def single(network: Layer | Ensemble | Blend) -> Layer:
    """Return the network, or the one whose shape all members have, of a blend those with the largest share."""
    if isinstance(network, Blend):
        network = network.largest
    return network.network if isinstance(network, Ensemble) else network


def _threads() -> int:
    """Return how many threads there are to compute with: sums are taken in another order where there are others."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit():
        return int(asked)
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable is not None else os.cpu_count() or 1


def _versions(engine: str) -> dict[str, str]:
    """Return the versions of what made a run."""
    found = {"cutaway": __version__, "python": sys.version.split()[0], "numpy": np.__version__}
    if engine == "xla":
        from importlib.metadata import PackageNotFoundError, version

        try:
            found["jax"] = version("jax")
        except PackageNotFoundError:
            found["jax"] = "unknown"
    return found
