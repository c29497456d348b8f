"""One training of the benchmark: which, how it is made, what is kept of it."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.diagnosis.cases import ARCHITECTURES, Case, healthy_case
from benchmarks.diagnosis.faults import BY_NAME
from benchmarks.diagnosis.frozen import hash_of_measuring
from benchmarks.diagnosis.healthy import RECIPES
from benchmarks.diagnosis.judging import failed, refused, said_of
from cutaway.errors import InputError


@dataclass(frozen=True)
class Task:
    """A training.

    fault    "" for a healthy one
    network  name of an architecture or of a recipe
    factor   what the best rate of the sweep is multiplied by
    testing  whether severities are those of the test
    """

    fault: str
    data: str
    network: str
    rate: float
    seed: int
    factor: float = 1.0
    testing: bool = False

    @property
    def key(self) -> str:
        """The task as words that no other has."""
        return f"{self.fault}|{self.data}|{self.network}|×{self.factor:.3g}|{self.seed}|{self.testing}|{self.rate:g}"

    @property
    def cell(self) -> str:
        """What its repetitions with other seeds have in common."""
        return f"{self.fault}|{self.data}|{self.network}|×{self.factor:.3g}"

    @property
    def twin(self) -> str:
        """The cell of the healthy training that it was before its fault."""
        return f"|{self.data}|{self.network}|×1"

    def severity(self) -> float:
        """Return the severity of the fault, drawn by the seed: who cannot choose the seed cannot choose it."""
        return BY_NAME[self.fault].severity(self.testing, self._chance(0)) if self.fault else 1.0

    def _chance(self, place: int) -> np.random.Generator:
        digest = hashlib.sha256(f"{self.cell}|{self.testing}|{2 * self.seed + place}".encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:8], "little"))

    def case(self) -> Case:
        """Return the training itself."""
        if self.network in RECIPES:
            return RECIPES[self.network](self.data, self.seed)
        made = healthy_case(self.data, ARCHITECTURES[self.network], self.factor * self.rate, self.seed)
        if not self.fault:
            return made
        return BY_NAME[self.fault].change(made, self.severity(), self._chance(1))


def work(task: Task, keep: str = "", repairing: bool = False) -> dict[str, Any]:
    """Train, judge, and return what is kept: scores and all that was said.

    With `keep`, the evidence is kept on disk, and what was kept is judged again instead of training again: with "new"
    where nothing has changed that evidence follows from, with "old" whatever has changed.
    """
    start = time.perf_counter()
    place = kept_at(task, keep == "old")
    if keep and place.exists():
        facts, evidence = pickle.loads(place.read_bytes())
        said = said_of(evidence) if evidence is not None else refused(facts["message"])
        return {"task": asdict(task), **facts, **said}
    case = task.case()
    facts = {
        "severity": task.severity(), "chance": case.parts.chance(), "guilty": case.guilty, "message": "",
        "updates": 0, "score": case.parts.chance(), "watched": case.parts.chance(), "seconds": 0.0,
        "layers": len(case.layers), "rows": len(case.parts.judged[0]),
    }  # fmt: skip
    try:
        run = case.fit(task.seed)
    except InputError as error:
        facts["message"] = str(error)
        _keep(kept_at(task), (facts, None), keep)
        return {"task": asdict(task), **facts, **refused(str(error))}
    facts |= {
        "score": case.score(run.network), "watched": case.score(run.network, "watched"),
        "updates": run.history[-1].step if run.history else 0, "seconds": round(run.seconds, 3),
    }  # fmt: skip
    if run.evidence is None:
        return {"task": asdict(task), **facts, **failed(run)}
    _keep(kept_at(task), (facts, run.evidence), keep)
    record = {"task": asdict(task), **facts, **said_of(run.evidence)}
    if repairing:
        from benchmarks.diagnosis.repairing import repaired

        record["repair"] = repaired(case, run, task.seed)
    record["all seconds"] = round(time.perf_counter() - start, 3)
    return record


def _keep(place: Path, content: Any, keep: str) -> None:
    if not keep:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_suffix(f".{os.getpid()}")
    part.write_bytes(pickle.dumps(content))
    part.replace(place)


def folder() -> Path:
    """Return where evidence is kept between calls, by what it was measured with."""
    return Path(tempfile.gettempdir()) / f"cutaway_diagnosis_{os.getuid()}"


def kept_at(task: Task, old: bool = False) -> Path:
    """Return where the evidence of a task is kept; with `old`, where any was, however it was measured."""
    name = hashlib.sha256(task.key.encode()).hexdigest()[:24] + ".pickle"
    place = folder() / hash_of_measuring()[:12] / name
    if old and not place.exists():
        return max(folder().glob(f"*/{name}"), key=lambda file: file.stat().st_mtime, default=place)
    return place


def forget(most: int = 3) -> None:
    """Delete all kept evidence but that of the last few ways to measure."""
    known = sorted(folder().glob("*/"), key=lambda each: each.stat().st_mtime) if folder().exists() else []
    for each in known[:-most]:
        shutil.rmtree(each, ignore_errors=True)


def sweep(data: str, network: str, rate: float, seed: int) -> float:
    """Return the score on the watched rows that one rate of a sweep reaches."""
    case = healthy_case(data, ARCHITECTURES[network], rate, seed)
    return case.score(case.fit(seed, observe=False).network, "watched")
