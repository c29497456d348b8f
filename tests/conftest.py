"""A budget of seconds for each test folder, shown after every run and enforced where CI is set."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import pytest

# Seconds on two cores. A folder that needs more is to be made faster, or its long part moved to `.ci/full`.
BUDGETS = {
    "agreement": 60, "autodiff": 30, "backends": 30, "benchmarks": 60, "cli": 120, "data": 60, "estimators": 120,
    "examples": 180, "explain": 60, "export": 60, "layers": 60, "learning": 90, "losses": 30, "metrics": 20,
    "ops": 90, "optimizers": 30, "recipes": 150, "runs": 420, "storage": 80, "training": 190, "tests": 60,
    "preflight": 60, "after": 30, "diagnosis": 200, "distributed": 120, "fixes": 45, "studio": 240,
}  # fmt: skip

# A fault in a diagnosis is one of ours: here it fails the test instead of being told and passed over.
os.environ.setdefault("CUTAWAY_DIAGNOSIS_RAISES", "1")

spent: dict[str, float] = defaultdict(float)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    spent[Path(report.nodeid.split("::")[0]).parent.name] += report.duration


def over_budget() -> list[str]:
    return [folder for folder, seconds in spent.items() if seconds > BUDGETS.get(folder, 0)]


def pytest_terminal_summary(terminalreporter) -> None:
    if not spent:
        return
    terminalreporter.write_sep("-", "seconds spent in each folder (budget)")
    for folder, seconds in sorted(spent.items(), key=lambda pair: -pair[1]):
        over = "   over budget" if folder in over_budget() else ""
        terminalreporter.write_line(f"{folder:12} {seconds:6.1f} ({BUDGETS.get(folder, 0)}){over}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if os.environ.get("CI") and not exitstatus and over_budget() and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
