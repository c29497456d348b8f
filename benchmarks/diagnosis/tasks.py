"""One training of the benchmark: which, how it is made, what is kept of it."""

from __future__ import annotations

import hashlib
import os
import pickle
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import cutaway
from benchmarks.diagnosis.cases import ARCHITECTURES, Case, healthy_case
from benchmarks.diagnosis.faults import BY_NAME
from benchmarks.diagnosis.healthy import RECIPES
from benchmarks.diagnosis.judging import refused, said_of
from cutaway.errors import InputError

PACKAGE = Path(cutaway.__file__).parent
# What evidence follows from; checks, thresholds and verdicts only read it.
MEASURING = (
    "records.py", "training/*.py", "layers/*.py", "ops/*.py", "losses/*.py", "optimizers/*.py",
    "diagnosis/evidence.py", "diagnosis/examination.py", "diagnosis/inputs.py", "diagnosis/targets.py",
    "diagnosis/layer_facts.py", "diagnosis/references.py",
)  # fmt: skip


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
        """Return the severity of the fault, the same for all seeds."""
        return BY_NAME[self.fault].severity(self.testing, self._chance(0)) if self.fault else 1.0

    def _chance(self, seed: int) -> np.random.Generator:
        digest = hashlib.sha256(f"{self.cell}|{self.testing}|{seed}".encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:8], "little"))

    def case(self) -> Case:
        """Return the training itself."""
        if self.network in RECIPES:
            return RECIPES[self.network](self.data, self.seed)
        made = healthy_case(self.data, ARCHITECTURES[self.network], self.factor * self.rate, self.seed)
        if not self.fault:
            return made
        return BY_NAME[self.fault].change(made, self.severity(), self._chance(1))


def work(task: Task, keep: bool = False, repairing: bool = False) -> dict[str, Any]:
    """Train, judge, and return what is kept: scores and all that was said; `keep` keeps the evidence on disk too.

    Evidence that was kept is judged again instead of training again.
    """
    place = kept_at(task)
    if keep and place.exists():
        facts, evidence = pickle.loads(place.read_bytes())
        said = said_of(evidence) if evidence is not None else refused(facts["message"])
        return {"task": asdict(task), **facts, **said}
    case = task.case()
    facts = {
        "severity": task.severity(), "chance": case.parts.chance(), "guilty": case.guilty, "message": "",
        "updates": 0, "score": case.parts.chance(), "watched": case.parts.chance(), "seconds": 0.0,
    }  # fmt: skip
    try:
        run = case.fit(task.seed)
    except InputError as error:
        facts["message"] = str(error)
        _keep(place, (facts, None), keep)
        return {"task": asdict(task), **facts, **refused(str(error))}
    facts |= {
        "score": case.score(run.network), "watched": case.score(run.network, "watched"),
        "updates": run.history[-1].step if run.history else 0, "seconds": round(run.seconds, 3),
    }  # fmt: skip
    assert run.evidence is not None
    _keep(place, (facts, run.evidence), keep)
    record = {"task": asdict(task), **facts, **said_of(run.evidence)}
    if repairing:
        from benchmarks.diagnosis.repairing import repaired

        record["repair"] = repaired(case, run)
    return record


def _keep(place: Path, content: Any, keep: bool) -> None:
    if not keep:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_suffix(f".{os.getpid()}")
    part.write_bytes(pickle.dumps(content))
    part.replace(place)


def kept_at(task: Task) -> Path:
    """Return where the evidence of a task is kept, by all that it follows from."""
    digest = hashlib.sha256(f"{measuring()}|{task.key}".encode()).hexdigest()
    return Path(tempfile.gettempdir()) / f"cutaway_diagnosis_{os.getuid()}" / f"{digest[:24]}.pickle"


_measuring: list[str] = []


def measuring() -> str:
    """Return the hash of the files that evidence follows from, and of the cases."""
    if not _measuring and os.environ.get("KEEP_OLD_EVIDENCE"):
        _measuring.append("old")
    if not _measuring:
        files = [file for pattern in MEASURING for file in sorted(PACKAGE.glob(pattern))]
        here = Path(__file__).parent
        files += sorted(here.glob("faults_of_*.py")) + [here / "cases.py", here / "sets.py", here / "healthy.py"]
        _measuring.append(hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest())
    return _measuring[0]


def sweep(data: str, network: str, rate: float, seed: int) -> float:
    """Return the score on the watched rows that one rate of a sweep reaches."""
    case = healthy_case(data, ARCHITECTURES[network], rate, seed)
    return case.score(case.fit(seed, observe=False).network, "watched")
