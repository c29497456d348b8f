"""A row explained: the person's own columns in their own units, what each contributed, and the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway.data.boolean_encoder import BooleanEncoder
from cutaway.data.category_encoder import CategoryEncoder
from cutaway.data.date_encoder import DateEncoder
from cutaway.data.encoders import Encoder, TableEncoder
from cutaway.data.number_encoder import NumberEncoder
from cutaway.data.table import Values, missing_mask
from cutaway.data.text_encoder import TextEncoder
from cutaway.errors import InputError
from cutaway.explain.answers import score_of
from cutaway.explain.contributions import Contributions, contributions
from cutaway.explain.figures import shown
from cutaway.explain.record import Trace

MOST_NAMED = 3  # encoded columns of a column that are named


@dataclass(frozen=True)
class ColumnShare:
    """One column of the table, for one row.

    column        its name
    value         what the row holds, as the person has it
    baseline      what the row that it is compared with holds
    encoded       the columns that the network sees in its place, with their numbers
    contribution  by how much it moved the answer from the baseline's, in the answer's unit
    """

    column: str
    value: str
    baseline: str
    encoded: tuple[tuple[str, float], ...]
    contribution: float

    @property
    def arrow(self) -> str:
        """What the network sees in its place: `1.94`, or `is INLAND`."""
        named = [(name.removeprefix(self.column).lstrip(": "), v) for name, v in self.encoded if v != 0]
        words = ", ".join(_seen(name, value) for name, value in named[:MOST_NAMED])
        more = len(named) - MOST_NAMED
        return (words or "0") + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, eq=False)
class RowExplanation:
    """Why a run answers as it does for one row of a table.

    source        where the row is from, in words
    prediction    what the run predicts for it, in words
    truth         what the row's target is, "" where it is not known
    score         what the contributions add up to, in words: log-odds of a class, or the number itself
    baseline      what the row is compared with, in words
    columns       each column that the run reads, the largest contribution first
    shares        the contributions of all encoded columns, and how well they add up
    trace         the ledger of one of the run's networks for this row
    notes         what is unusual about the row
    """

    source: str
    prediction: str
    truth: str
    score: str
    baseline: str
    columns: tuple[ColumnShare, ...]
    shares: Contributions
    trace: Trace = field(repr=False)
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "source": self.source,
            "prediction": self.prediction,
            "truth": self.truth or None,
            "score": self.score,
            "baseline": self.baseline,
            "output": self.shares.output,
            "at_baseline": self.shares.at_baseline,
            "gap": self.shares.gap,
            "points": self.shares.steps,
            "columns": [
                {
                    "column": each.column,
                    "value": each.value,
                    "baseline": each.baseline,
                    "encoded": dict(each.encoded),
                    "contribution": each.contribution,
                }
                for each in self.columns
            ],
            "notes": list(self.notes),
            "ledger": self.trace.to_json(),
        }

    def html(self) -> str:
        """Return the explanation as one page that needs nothing else."""
        from cutaway.explain.html import row_page

        return row_page(self)

    def _repr_html_(self) -> str:
        from cutaway.explain.html import notebook

        return notebook(self.html())

    def __str__(self) -> str:
        from cutaway.explain.ledger import table

        lines = [f"{self.source}: {self.prediction}" + (f" (in truth {self.truth})" if self.truth else "")]
        lines += [f"note: {note}" for note in self.notes]
        lines += ["", f"What moved {self.score} from {shown(self.shares.at_baseline)} to {shown(self.shares.output)}, "
                  f"compared with {self.baseline}:", ""]  # fmt: skip
        rows = [[c.column, c.value, c.arrow, c.baseline, signed(c.contribution)] for c in self.columns]
        lines += table(["column", "here", "as the network sees it", "compared with", "contribution"], rows)
        lines += ["", adding_up(self.shares)]
        return "\n".join(line.rstrip() for line in lines)


def _seen(name: str, value: float) -> str:
    """Return one encoded column in words: a number alone, `is INLAND`, `code 31`, or name and number."""
    if name.startswith("is ") and value == 1:
        return name
    return f"code {shown(value)}" if name == "code" else f"{name} = {shown(value)}" if name else shown(value)


def signed(value: float) -> str:
    """Return a contribution with its sign.

    >>> signed(0.5), signed(-0.5), signed(0.0)
    ('+0.5', '−0.5', '0')
    """
    return ("+" if value > 0 else "") + shown(value)


def adding_up(shares: Contributions) -> str:
    """Return the sentence that says how well the contributions add up."""
    total = (
        f"The contributions sum to {signed(float(shares.values.sum()))}, the difference is {signed(shares.difference)}"
    )
    words = f"{total}: a gap of {shown(abs(shares.gap), 2)}, from slopes at {shares.steps:,} points of the way."
    return words if shares.exact else f"{words} That is more than the tolerance: read them as rough."


def row_shares(
    network: Any,
    encoder: TableEncoder,
    target: Any,
    which: int,
    row: np.ndarray,
    baseline: np.ndarray,
    tolerance: float = 1e-3,
) -> Contributions:
    """Return the contribution of each encoded column to a run's answer for a row, against a baseline row.

    row, baseline   encoded, (width,); codes of categories are followed through their vectors
    tolerance       how large the gap of their sum may be, as a share of the difference
    """
    codes = len(encoder.code_sizes)
    if not codes:
        return contributions(score_of(network, target, which), row, baseline, tolerance=tolerance)
    ends = baseline[len(baseline) - codes :], row[len(row) - codes :]
    begin, end = baseline.astype(np.float64), row.astype(np.float64)
    begin[-codes:], end[-codes:] = 0.0, 1.0
    return contributions(score_of(network, target, which, ends), end, begin, tolerance=tolerance)


def usual_row(encoder: TableEncoder) -> np.ndarray:
    """Return the encoded row that others are compared with, as far as the encoders know one, (width,).

    Numbers and dates at the median of the training rows, dates in no month and on no weekday; of categories in codes
    the commonest; no category, no word and no answer where categories, words and booleans have columns of their own.
    """
    row = np.zeros(encoder.width, np.float64)
    codes = encoder.code_sizes
    row[encoder.width - len(codes) :] = [min(1, size - 1) for size in codes]
    return row


def usual_words(encoder: TableEncoder) -> str:
    """Return what `usual_row` is, in words, of the kinds of column that there are."""
    kinds = {
        "the median of numbers": NumberEncoder,
        "the median of dates, in no month and on no weekday": DateEncoder,
        "no word": TextEncoder,
    }
    said = [words for words, kind in kinds.items() if any(isinstance(each, kind) for each in encoder.encoders)]
    categories = [each for each in encoder.encoders if isinstance(each, CategoryEncoder)]
    if any(each.coded for each in categories):
        said.append("the commonest of many categories")
    if any(not each.coded and len(each.categories) != 2 for each in categories):
        said.append("none of few categories")
    pairs = any(not each.coded and len(each.categories) == 2 for each in categories)
    if pairs or any(isinstance(each, BooleanEncoder) for each in encoder.encoders):
        said.append("neither of two answers")
    return f"the middle of training: {', '.join(said)}"


def usual_value(encoder: Encoder) -> str:
    """Return what `usual_row` holds of a column, in words."""
    if isinstance(encoder, NumberEncoder):
        return shown(encoder.centre)
    if isinstance(encoder, DateEncoder):
        return as_written(encoder.middle)
    if isinstance(encoder, BooleanEncoder):
        return "neither of the two"
    if isinstance(encoder, CategoryEncoder):
        count = len(encoder.categories)
        if encoder.coded:
            return encoder.categories[0] if count else "none"
        return "neither of the two" if count == 2 else f"none of the {count}" if count > 2 else "none"
    return "no words"


def columns_of(
    encoder: TableEncoder, values: dict[str, Values], encoded: np.ndarray, shares: np.ndarray, other: dict[str, str]
) -> tuple[ColumnShare, ...]:
    """Return the share of each column, the largest first.

    values   one value of each column that is there
    encoded, shares   of the row, (width,)
    other    what the baseline holds, by column
    """
    found, start = [], 0
    for each in encoder.encoders:
        stop = start + len(each.names)
        coded = isinstance(each, CategoryEncoder) and each.coded
        names = (f"{each.column} code",) if coded else each.names
        found.append(
            ColumnShare(
                each.column,
                as_written(values[each.column][0]) if each.column in values else "not there",
                other[each.column],
                tuple(zip(names, map(float, encoded[start:stop]), strict=True)),
                float(shares[start:stop].sum()),
            )
        )
        start = stop
    return tuple(sorted(found, key=lambda share: -abs(share.contribution)))


def as_written(value: Any) -> str:
    """Return a cell as a person has it.

    >>> as_written(8.3252), as_written(41.0), as_written(float("nan")), as_written("NEAR BAY")
    ('8.3252', '41', 'missing', 'NEAR BAY')
    """
    if missing_mask(np.array([value], dtype=object))[0] or (isinstance(value, np.datetime64) and np.isnat(value)):
        return "missing"
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else f"{number:.10g}"
    if isinstance(value, np.datetime64):
        return str(value).removesuffix("T00:00:00.000000").replace("T", " ").removesuffix(".000000")
    return str(value)


def check_row(row: Any, rows: int, source: str) -> int:
    """Return a row's place, counted from 0; raises `InputError` where there is no such row."""
    if not isinstance(row, (int, np.integer)) or isinstance(row, bool):
        raise InputError(f"{source}: row is {row!r}, expected a whole number")
    if not 0 <= row < rows:
        raise InputError(f"{source}: row {row + 1} is not there; it has the rows 1 to {rows:,}")
    return int(row)
