"""What the repair makes of a training, and what chance makes of it in the same time."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np

import cutaway as ca
from benchmarks.diagnosis.cases import Case
from cutaway.diagnosis.fixes import FIXES, fixed
from cutaway.errors import FindingWarning, InputError, TrainingWarning
from cutaway.records import Finding, Fix
from cutaway.runs.repairing import train_again

# However long the repair took, chance draws no more often.
DRAWS = 12
FACTORS = (0.1, 0.3, 3.0, 10.0)


def repaired(case: Case, run: ca.Run, seed: int) -> dict[str, Any]:
    """Return what `run.diagnose(fix=True)` makes of a run: findings with proofs, attempts, score before and after.

    score    on rows that nothing of training or repair has seen
    random   the same of fixes drawn by chance, for as long, the best on the rows that `fit` validates on
    experiments   seconds that they took, and were allowed to take
    """
    with warnings.catch_warnings():
        for kind in (FindingWarning, TrainingWarning, RuntimeWarning):
            warnings.simplefilter("ignore", kind)
        before, start = case.score(run.network), time.perf_counter()
        try:
            found = run.diagnose(fix=True)
        except Exception as error:  # a repair that fails is told, and has repaired nothing
            words = f"{type(error).__name__}: {error}"
            return {"error": words, "findings": [], "before": before, "after": before, "random": before}
        seconds = time.perf_counter() - start
        after = _score(case, found.run) if found.run is not None else before
        drawn = by_chance(case, run, seconds, seed) if found.findings else before
    return {
        "findings": [[each.check, each.proof is not None and each.proof.helps] for each in found.findings],
        "tried": [[list(each.checks), each.kept] for each in found.log],
        "before": before, "after": after, "random": drawn, "seconds": round(seconds, 2),
        "experiments": [round(found.seconds, 2), round(found.budget, 2)],
    }  # fmt: skip


def _score(case: Case, run: ca.Run) -> float:
    assert run.setup is not None
    return case.score(run.network, loss=run.setup.loss)


def by_chance(case: Case, run: ca.Run, seconds: float, seed: int) -> float:
    """Return the score of the best of fixes drawn by chance, one at a time, until as much time is spent."""
    setup, evidence = run.setup, run.evidence
    assert setup is not None
    assert evidence is not None
    random, start = np.random.default_rng([seed, 77]), time.perf_counter()
    best, best_watched = case.score(run.network), case.score(run.network, "watched")
    paths = [layer.path for layer in evidence.layers if layer.parameters]
    for _ in range(DRAWS):
        if time.perf_counter() - start > seconds:
            break
        settings: dict[str, float | str] = {"factor": float(random.choice(FACTORS)), "rate": 0.1, "norm": 1.0}
        fix = Fix(str(random.choice(sorted(FIXES))), "", settings=settings)
        finding = Finding("by chance", "", "", 0.0, (None, None), layer=str(random.choice(paths)), fix=fix)
        try:
            changed = fixed(setup, finding, evidence)
            if changed is None:
                continue
            done = train_again(changed).run
        except (InputError, KeyError, TypeError):  # a fix that wants settings which its check would have given
            continue
        assert done.setup is not None
        watched = case.score(done.network, "watched", done.setup.loss)
        if watched > best_watched:
            best, best_watched = _score(case, done), watched
    return best
