"""Hashes of what a verdict follows from: a result stands beside them, and the seeds of the test follow from them."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

import cutaway

PACKAGE = Path(cutaway.__file__).parent
HERE = Path(__file__).parent
# What a training is measured with, beside what the examination reads.
MEASURING = (
    "records.py", "training/*.py", "layers/*.py", "ops/*.py", "losses/*.py", "optimizers/*.py", "runs/diagnosing.py",
)  # fmt: skip
# The trainings themselves.
TRAININGS = ("fault.py", "faults_of_*.py", "cases.py", "sets.py", "sources.py", "drawn.py", "healthy.py")


def hash_of(files: list[Path]) -> str:
    """Return the sha256 of what stands in files, one after another."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def files_of_evidence() -> list[Path]:
    """Return the files of the diagnosis that evidence follows from: the examination, and all that it imports."""
    found: list[str] = []
    wanted = ["evidence", "examination"]
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        found.append(name)
        text = (PACKAGE / "diagnosis" / f"{name}.py").read_text(encoding="utf-8")
        wanted += re.findall(r"^\s*from cutaway\.diagnosis\.(\w+) import", text, re.MULTILINE)
    return [PACKAGE / "diagnosis" / f"{name}.py" for name in sorted(found)]


@cache
def hash_of_measuring() -> str:
    """Return the hash of what evidence follows from: trainings, and what measures them. Checks only read evidence."""
    files = [file for pattern in MEASURING for file in sorted(PACKAGE.glob(pattern))] + files_of_evidence()
    return hash_of(files + [file for pattern in TRAININGS for file in sorted(HERE.glob(pattern))])


@cache
def hash_of_thresholds() -> str:
    """Return the sha256 of the file that holds the thresholds."""
    return hash_of([PACKAGE / "diagnosis" / "thresholds.py"])


@cache
def hash_of_diagnosis() -> str:
    """Return the hash of all that decides: trainings, what measures them, every check, the verdict, the repair.

    Confidences and every other number are in it, wherever they stand.
    """
    files = [*sorted((PACKAGE / "diagnosis").rglob("*.py")), PACKAGE / "runs" / "repairing.py"]
    files += sorted((PACKAGE / "recipes").glob("*.py"))
    return hashlib.sha256((hash_of_measuring() + hash_of(files)).encode()).hexdigest()


@cache
def hash_of_cases() -> str:
    """Return the hash of the files that a sweep of learning rates follows from."""
    return hash_of([HERE / name for name in ("cases.py", "sets.py", "sources.py", "drawn.py")])[:16]
