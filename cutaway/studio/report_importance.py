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
ROWS, FEWEST = 500, 80  # that are predicted for each, at most and, where it takes long, at least
WORK, OF_SEVERAL = 4e9, 6e9  # multiplications in all, about half a second; several networks took longer to train
TILE = 512  # rows that are computed at once: what they need stays near the processor
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
    weights = sum(array.size for array in single(run.network).parameters().values())
    work = WORK if members == 1 else OF_SEVERAL
    count, few = len(aside.truth), min(FEWEST, len(aside.truth))
    times, rows = 0, 0
    for times in (TIMES, FEW_TIMES):
        passes = times * len(encoders) * members
        rows = int(min(ROWS, count, work / (passes * weights)))
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
    shuffled, start = [], 0
    for encoder in encoders:
        stop = start + len(encoder.names)
        for _ in range(times):
            moved = here.encoded.copy()
            moved[:, start:stop] = moved[random.permutation(rows), start:stop]
            shuffled.append(moved)
        start = stop
    answers = _answer(run, aside, np.concatenate(shuffled))
    scores = [score(here, metric, part) for part in np.split(answers, len(shuffled))]
    falls = np.array([whole - each if higher else each - whole for each in scores]).reshape(len(encoders), times)
    found: list[dict[str, Any]] = [
        {"column": cut(encoder.column), "fall": float(each.mean()), "low": float(each.min()), "high": float(each.max())}
        for encoder, each in zip(encoders, falls, strict=True)
    ]
    found.sort(key=lambda each: -each["fall"])
    return {
        "metric": BY_NAME[metric].shown, "percent": BY_NAME[metric].percent, "columns": found, "rows": rows,
        "times": times, "score": whole,
    }  # fmt: skip


def _answer(run: TableRun, aside: SetAside, encoded: np.ndarray) -> np.ndarray:
    found = mean_answers(run.network, aside.target, encoded, TILE)
    return aside.target.decode(found) if isinstance(aside.target, NumberTarget) else found


def _some(aside: SetAside, rows: np.ndarray) -> SetAside:
    weight = None if aside.weight is None else aside.weight[rows]
    return SetAside(
        aside.table, None, aside.target, aside.encoded[rows], aside.answer[rows], aside.truth[rows], weight, len(rows)
    )
