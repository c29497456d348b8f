"""How much a run on a table needs each column: what shuffling it costs on rows set aside."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.backends.random import generator
from cutaway.data.targets import NumberTarget
from cutaway.layers import Blend, Ensemble
from cutaway.metrics import BY_NAME
from cutaway.runs.decoding import mean_answers
from cutaway.runs.run import single
from cutaway.runs.table_run import TableRun
from cutaway.studio.report_rows import SetAside, score
from cutaway.studio.report_words import cut

TIMES, FEW_TIMES = 5, 3  # that each column is shuffled; and where it takes long
ROWS, FEWEST = 500, 100  # that are predicted for each, at most and, where it takes long, at least
WORK, OF_SEVERAL = 4e9, 12e9  # multiplications in all, half a second or one and a half: several took longer to train
CALL = 4e5  # multiplications that calling a layer counts as
MOST_COLUMNS = 60


def importance(run: TableRun, aside: SetAside) -> dict[str, Any] | None:
    """Return by how much the score falls when a column's values are dealt out among the rows anew, the largest first.

        importance = mean over shufflings of (score as it is − score with the column shuffled), so turned that a
        positive one says that the column is needed

    With `low` and `high` of the shufflings. None where there is one column only, or it would take long. What columns
    say together is counted for none of them: where two say the same, either can be missed.

    Reference: Breiman, "Random forests", Machine Learning 45, 2001, section 10.
    """
    encoders = run.preprocessing.encoders
    if not 2 <= len(encoders) <= MOST_COLUMNS or run.scores is None:
        return None
    members = len(run.network) if isinstance(run.network, (Blend, Ensemble)) else 1
    layers = sum(1 for _ in single(run.network).named_layers())
    weights = sum(array.size for array in single(run.network).parameters().values())
    work = WORK if members == 1 else OF_SEVERAL
    count, few = len(aside.truth), min(FEWEST, len(aside.truth))
    times, rows = 0, 0
    for times in (TIMES, FEW_TIMES):
        passes = times * len(encoders) * members
        rows = int(min(ROWS, count, max(0.0, work - passes * layers * CALL) / (passes * weights)))
        if rows >= few:
            break
    if rows < few:
        return None
    metric = run.scores.metric
    random = generator(run.settings["seed"], "importance")
    some = np.sort(random.permutation(count)[:rows])
    here = _some(aside, some)
    whole = score(here, metric)
    higher = BY_NAME[metric].higher
    found: list[dict[str, Any]] = []
    start = 0
    for encoder in encoders:
        stop = start + len(encoder.names)
        falls = []
        for _ in range(times):
            moved = here.encoded.copy()
            moved[:, start:stop] = moved[random.permutation(rows), start:stop]
            value = score(here, metric, _answer(run, aside, moved))
            falls.append(whole - value if higher else value - whole)
        found.append(
            {"column": cut(encoder.column), "fall": float(np.mean(falls)), "low": min(falls), "high": max(falls)}
        )
        start = stop
    found.sort(key=lambda each: -each["fall"])
    return {
        "metric": BY_NAME[metric].shown, "percent": BY_NAME[metric].percent, "columns": found, "rows": rows,
        "times": times, "score": whole,
    }  # fmt: skip


def _answer(run: TableRun, aside: SetAside, encoded: np.ndarray) -> np.ndarray:
    found = mean_answers(run.network, aside.target, encoded)
    return aside.target.decode(found) if isinstance(aside.target, NumberTarget) else found


def _some(aside: SetAside, rows: np.ndarray) -> SetAside:
    weight = None if aside.weight is None else aside.weight[rows]
    return SetAside(
        aside.table, None, aside.target, aside.encoded[rows], aside.answer[rows], aside.truth[rows], weight, len(rows)
    )
