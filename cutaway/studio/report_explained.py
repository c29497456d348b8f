"""Some rows of a run on a table explained: what each of the person's columns contributed, in their own units."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.data.targets import ClassTarget
from cutaway.explain.answers import which_of
from cutaway.explain.row import columns_of, row_shares, usual_row, usual_value, usual_words
from cutaway.runs.table_run import TableRun
from cutaway.studio.report_mistakes import errors, facts
from cutaway.studio.report_rows import SetAside
from cutaway.studio.report_words import cut

TOLERANCE = 0.01  # of the sum of contributions, as a share of it: no bar shows more
MOST_COLUMNS = 12  # of one explanation; the others are added up


def explained(run: TableRun, aside: SetAside) -> dict[str, Any]:
    """Return contributions by integrated gradients for a few rows that are chosen by what they show.

    Of classes the surest mistake, the surest right answer and the row with the most doubt; of numbers the largest
    error, the highest and the lowest prediction.
    """
    return {
        "baseline": usual_words(run.preprocessing),
        "rows": [{"why": why, **_row(run, aside, row)} for why, row in chosen_rows(aside)],
    }


def chosen_rows(aside: SetAside) -> list[tuple[str, int]]:
    """Return why a row is shown, and which, each row once."""
    wrong = errors(aside)
    if isinstance(aside.target, ClassTarget):
        sure = aside.answer.max(axis=1)
        right = np.where(wrong == 0, sure, -1.0)
        found = [("the surest mistake", int(wrong.argmax()))] if wrong.max() > 0 else []
        found += [("the surest of the right answers", int(right.argmax()))] if right.max() > 0 else []
        found += [("the row with the most doubt", int(sure.argmin()))]
    else:
        found = [
            ("the largest error", int(wrong.argmax())),
            ("the highest prediction", int(aside.answer.argmax())),
            ("the lowest prediction", int(aside.answer.argmin())),
        ]
    seen: set[int] = set()
    return [(why, row) for why, row in found if not (row in seen or seen.add(row))]  # type: ignore[func-returns-value]


def _row(run: TableRun, aside: SetAside, row: int) -> dict[str, Any]:
    target, encoder = aside.target, run.preprocessing
    one = aside.table.select(np.array([row]))
    asked = None
    if isinstance(target, ClassTarget):
        asked = target.choose(aside.answer[row : row + 1])[0]
        asked = int(asked) if isinstance(asked, float) and asked.is_integer() else asked
    which, score = which_of(target, asked, np.atleast_1d(np.asarray(aside.answer[row])))
    shares = row_shares(run.network, encoder, target, which, aside.encoded[row], usual_row(encoder), TOLERANCE)
    usual = {each.column: usual_value(each) for each in encoder.encoders}
    columns = columns_of(encoder, one.columns, aside.encoded[row], shares.values, usual)
    told = [
        {"column": cut(each.column), "value": cut(each.value), "usual": cut(each.baseline), "share": each.contribution}
        for each in columns[:MOST_COLUMNS]
    ]
    rest = columns[MOST_COLUMNS:]
    return {
        **facts(aside, row),
        "score": cut(score), "from": shares.at_baseline, "to": shares.output, "gap": shares.gap, "exact": shares.exact,
        "columns": told,
        "others": {"count": len(rest), "share": sum(each.contribution for each in rest)} if rest else None,
    }  # fmt: skip
