"""The log of every training of the test set: one line of JSON each, appended when it is done, never taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.diagnosis.frozen import hash_of_diagnosis, hash_of_thresholds
from benchmarks.diagnosis.tasks import Task
from benchmarks.report import RESULTS, commit

LOG = RESULTS / "diagnosis_runs.jsonl"


class Log:
    """Records of trainings by their tasks; those of another diagnosis stay in the file and are not read."""

    def __init__(self, path: Path = LOG) -> None:
        self.path = path
        self.marks = {
            "thresholds": hash_of_thresholds()[:16], "diagnosis": hash_of_diagnosis()[:16], "commit": commit(),
        }  # fmt: skip
        self.known: dict[Task, dict[str, Any]] = {}
        text = path.read_text() if path.exists() else ""
        if text and not text.endswith("\n"):  # a run that was killed while it wrote
            with path.open("a") as file:
                file.write("\n")
        lines = text.splitlines()
        for line in lines:
            try:
                record = json.loads(line)
            except json.JSONDecodeError:
                continue
            if record["marks"]["diagnosis"] == self.marks["diagnosis"]:
                self.known[Task(**record["task"])] = whole(record)

    def append(self, record: dict[str, Any]) -> None:
        """Add a record."""
        lean = {name: value for name, value in record.items() if name == "task" or value not in ({}, [], "", None)}
        self.path.parent.mkdir(exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps({"marks": self.marks, **lean}, ensure_ascii=False) + "\n")
        self.known[Task(**record["task"])] = whole(record)


def whole(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record with what was left out because it was empty."""
    empty: dict[str, Any] = {
        "guilty": [], "message": "", "findings": [], "notes": [], "harm": "", "gate off": [], "unordered": [],
        "course": [], "baselines": {}, "broken": {}, "layers": 0, "rows": 0,
    }  # fmt: skip
    return {**empty, **record}
