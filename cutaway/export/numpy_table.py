"""How rows become numbers and outputs become answers, in NumPy and the standard library: copied into files.

They say the same as the reading of cells in `cutaway.data.cells` and the encoders of `cutaway.data`, for rows as
dictionaries and for a file that the `csv` module reads.
"""

from __future__ import annotations

import csv
import datetime
import gzip
import re
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rows = Sequence[Mapping[str, Any]]

MISSING = {
    "", "?", "-", "--", ".", "na", "n/a", "#n/a", "#na", "<na>", "none", "null", "nil", "nan", "nat",
    "#value!", "#div/0!",
}  # fmt: skip
SIGNS = {"yes": 1.0, "no": -1.0, "true": 1.0, "false": -1.0, "y": 1.0, "n": -1.0, "t": 1.0, "f": -1.0}
SIGNS |= {"on": 1.0, "off": -1.0, "1": 1.0, "0": -1.0}
NAMED_DATES = (
    (r"\d{1,2} [A-Za-z]{3} \d{4}", "%d %b %Y"),
    (r"\d{1,2}-[A-Za-z]{3}-\d{4}", "%d-%b-%Y"),
    (r"\d{1,2} [A-Za-z]{3,} \d{4}", "%d %B %Y"),
    (r"[A-Za-z]{3} \d{1,2}, \d{4}", "%b %d, %Y"),
    (r"[A-Za-z]{3,} \d{1,2}, \d{4}", "%B %d, %Y"),
)


def read_csv(path: str | Path) -> tuple[list[dict[str, str]], bool]:
    """The rows of a CSV file, packed with gzip or not, and whether semicolons part its cells; or `ValueError`."""
    try:
        return _read_csv(path)
    except (csv.Error, EOFError, zlib.error) as fault:
        raise ValueError(f"{path} is no CSV file, or a damaged one ({fault})") from fault


def _read_csv(path: str | Path) -> tuple[list[dict[str, str]], bool]:
    opened: Callable[..., Any] = gzip.open if str(path).endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        delimiter = max(",;\t|", key=head.count)
        names = [name.strip() for name in next(csv.reader([head], delimiter=delimiter, skipinitialspace=True))]
        cells = csv.reader(file, delimiter=delimiter, skipinitialspace=True)
        # Of one column an empty line is a row in which it is missing; of several it is no row.
        rows = [dict(zip(names, row, strict=False)) for row in cells if row or len(names) == 1]
    return rows, delimiter == ";"


# ---- cells to values ---------------------------------------------------------------------------------------------


def typed(cells: Sequence[Any], european: bool = False, known: bool = False) -> list[Any]:
    """A column's cells as numbers, booleans or texts, None where one is missing: decided over the whole column.

    Where it is open whether the comma in 1,234 is a decimal point, `european` says so. A column that is `known` to be
    one of numbers is so however many of its cells are words.
    """
    values: list[Any] = []
    for cell in cells:
        value = cell.strip(" \t\r\n\u00a0") if isinstance(cell, str) else cell
        absent = value is None or value != value or (isinstance(value, str) and value.lower() in MISSING)
        values.append(None if absent else value.item() if isinstance(value, np.generic) else value)
    texts = [str(value) for value in values if value is not None]
    if not any(isinstance(value, str) for value in values):
        numeric = all(isinstance(value, int | float) for value in values if value is not None)
        truths = all(isinstance(value, bool) for value in values if value is not None)
        return [None if v is None else float(v) for v in values] if numeric and not truths else values
    plain = [plain_number(text) for text in texts]
    if all(number is not None for number in plain):
        digits = all(re.fullmatch(r"[+-]?\d+", text) for text in texts)
        led = any(text.startswith("0") and len(text) > 1 and "." not in text for text in texts)
        codes = digits and led and len({len(text) for text in texts}) == 1
        if codes or (digits and max(abs(number or 0.0) for number in plain) >= 2.0**53):
            return [None if value is None else str(value) for value in values]
        return [None if value is None else plain_number(str(value)) for value in values]
    begins = sum(re.match(r"[+−-]?\s?[$€£¥]?\s?[+−-]?[.,]?\d|[+-]?inf", text, re.I) is not None for text in texts)
    if known or begins > 0.5 * len(texts):
        fits = [sum(written_number(text, comma) is not None for text in texts) for comma in (False, True)]
        comma = fits[1] > fits[0] or (fits[1] == fits[0] and european)
        numbers = [None if value is None else number_of(str(value), comma) for value in values]
        unlike = sum(number is None for number in numbers) - (len(values) - len(texts))
        if unlike <= 0.05 * len(texts) or (known and unlike < len(texts)):
            return numbers
    return [None if value is None else str(value) for value in values]


def plain_number(text: str) -> float | None:
    """A text as a number, None where it is none."""
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def written_number(text: str, comma: bool) -> float | None:
    """A number with signs, currencies and groups of three digits, None where the text is none."""
    thousands, point = (".", ",") if comma else (",", ".")
    text = text.replace("−", "-")
    pattern = (
        rf"[+-]?\s?[$€£¥]?\s?[+-]?(\d{{1,3}}([{thousands} '\u00a0\u202f]\d{{3}})+|\d+)?(\{point}\d*)?([eE][+-]?\d+)?"
        r"\s?(%|[$€£¥])?"
    )
    if not re.search(r"\d", text) or not re.fullmatch(pattern, text):
        return None
    cleaned = re.sub(r"[^0-9,eE+-]" if comma else r"[^0-9.eE+-]", "", text)
    return plain_number(cleaned.replace(",", "."))


def number_of(text: str, comma: bool) -> float | None:
    """A text as a number, written with separators or plain."""
    written = written_number(text, comma)
    return plain_number(text.replace("−", "-")) if written is None else written


def as_text(value: Any) -> str | None:
    """A value as the text by which it is known as a category; whole numbers have no decimal point."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return (
            None if value != value else str(int(value)) if np.isfinite(value) and value == int(value) else repr(value)
        )
    return str(value)


def as_number(value: Any) -> float:
    """A value as a number, NaN where it is none."""
    if isinstance(value, bool | int | float):
        return float(value)
    if not isinstance(value, str):
        return np.nan
    text = re.sub(r"^([+-]?)\s?[$€£¥]|\s?[%$€£¥]$", r"\1", value)
    grouped = re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", text)
    number = plain_number(text.replace(",", "") if grouped else text)
    return np.nan if number is None else number


def as_dates(cells: Sequence[Any], european: bool = False, known: bool = False) -> Array:
    """A column's cells as dates, NaT where one is missing or none; the form is the one that most cells have.

    A column that is `known` to be one of dates is so however many of its cells are words.
    """
    texts = [cell.strip() if isinstance(cell, str) else None for cell in cells]
    texts = [None if text is None or text.lower() in MISSING else text for text in texts]
    filled = [text for text in texts if text is not None]
    form = date_form([text for text in filled if not known or re.search(r"\d", text)], european)
    unread = sum(np.isnat(read_date(text, form)) for text in filled)
    form = None if unread > 0.05 * len(filled) and not known else form  # then it is text, in which some cells are dates
    dates: list[Any] = []
    for cell, text in zip(cells, texts, strict=True):
        if isinstance(cell, datetime.datetime) and cell.tzinfo is not None:
            cell = cell.astimezone(datetime.UTC).replace(tzinfo=None)
        is_date = isinstance(cell, datetime.date | np.datetime64)
        dates.append(np.array(cell, "datetime64[us]") if is_date else read_date(text or "", form))
    return np.array(dates, dtype="datetime64[us]")


ISO = r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?.*)?"


def date_form(texts: Sequence[str], european: bool) -> str | None:
    """The `strptime` pattern in which most of the texts are dates, ISO for year-month-day, None where there is none."""
    sample = texts[:500]
    for shape, pattern in ((ISO, ISO), *NAMED_DATES):
        if sample and sum(re.fullmatch(shape, text) is not None for text in sample) >= 0.9 * len(sample):
            return pattern
    numeric = r"\d{1,2}([/.-])\d{1,2}\1(\d{4}|\d{2})( \d{1,2}:\d{2}(:\d{2})?)?"
    found = [match for text in sample if (match := re.fullmatch(numeric, text))]
    if not found or len(found) < 0.9 * len(sample):
        return None
    part, year, time, seconds = found[0].groups()
    tail = part + ("%Y" if len(year) == 4 else "%y") + ("" if time is None else " %H:%M")
    tail += "" if seconds is None else ":%S"
    forms = [f"%d{part}%m{tail}", f"%m{part}%d{tail}"]  # the day first, or the month
    forms = forms if european or part == "." else forms[::-1]
    read = [sum(not np.isnat(read_date(text, form)) for text in texts) for form in forms]
    return forms[int(np.argmax(read))]


def read_date(text: str, form: str | None) -> np.datetime64:
    """A text as a date, NaT where it does not fit the form; a time zone is passed over."""
    try:
        if form is None:
            return np.datetime64(text, "us")
        if form != ISO:
            return np.datetime64(datetime.datetime.strptime(text, form).isoformat(), "us")
        iso = re.fullmatch(ISO, text)
        if iso is None:
            return np.datetime64("NaT", "us")
        year, month, day, hour, minute, second = (int(part or 0) for part in iso.groups()[:6])
        fraction = round(float(iso[7] or 0) * 1e6)
        return np.datetime64(datetime.datetime(year, month, day, hour, minute, second, fraction).isoformat(), "us")
    except ValueError:
        return np.datetime64("NaT", "us")


# ---- columns to numbers ------------------------------------------------------------------------------------------


def number(cells: Sequence[Any], centre: float, spread: float, indicator: bool) -> Array:
    """z = (x − centre) / spread, y = z / √(1 + (z/3)²); a missing x is the centre, and `indicator` adds a column."""
    return squeezed(np.array([as_number(cell) for cell in cells], np.float64), centre, spread, indicator)


def squeezed(numbers: Array, centre: float, spread: float, indicator: bool) -> Array:
    """The formula of `number`, for numbers with NaN where one is missing."""
    missing = np.isnan(numbers)
    with np.errstate(over="ignore"):
        z = (np.where(missing, centre, numbers) - centre) / spread if spread else np.zeros(len(numbers))
    z = np.clip(z, -1e30, 1e30)
    y = z / np.hypot(1.0, z / 3)
    return np.stack([y, missing], axis=1) if indicator else y[:, None]


def category(cells: Sequence[Any], categories: Sequence[str], coded: bool, rare: bool) -> Array:
    """Two categories as −1 and +1; a few as a column each; many as codes 1, 2, …; missing or unknown is 0.

    Where some were too rare to have a code of their own, unknown ones share their last code.
    """
    places = {name: place + 1 for place, name in enumerate(map(str, categories))}
    other, texts = len(places) + 1 if rare else 0, [as_text(cell) for cell in cells]
    codes = np.array([0 if text is None else places.get(text, other) for text in texts], dtype=np.int64)
    if coded:
        return codes[:, None].astype(np.float64)
    if len(places) == 2:
        return np.array([0.0, -1.0, 1.0])[codes][:, None]
    return np.eye(len(places) + 1)[codes][:, 1:]


def boolean(cells: Sequence[Any]) -> Array:
    """Yes as +1, no as −1, missing as 0, in the usual spellings."""
    return np.array([[SIGNS.get((as_text(cell) or "").strip().lower(), 0.0)] for cell in cells]).reshape(-1, 1)


def date(
    cells: Sequence[Any],
    centre: float,
    spread: float,
    indicator: bool,
    hours: bool,
    european: bool = False,
    known: bool = False,
) -> Array:
    """The year with its fraction as `number` has it, and month, weekday and hour by their circles."""
    dates = as_dates(cells, european, known)
    missing = np.isnat(dates)
    filled = np.where(missing, np.datetime64(0, "us"), dates)
    days, year = filled.astype("datetime64[D]"), filled.astype("datetime64[Y]")
    length = (year + np.timedelta64(1, "Y")).astype("datetime64[us]") - year.astype("datetime64[us]")
    years = np.where(missing, np.nan, year.astype(np.int64) + 1970 + (filled - year) / length)
    turns = [filled.astype("datetime64[M]").astype(np.int64) % 12 / 12, (days.astype(np.int64) + 3) % 7 / 7]
    if hours:
        turns.append((filled - days) / np.timedelta64(1, "D"))
    waves = [wave(2 * np.pi * turn) * ~missing for turn in turns for wave in (np.sin, np.cos)]
    return np.column_stack([squeezed(years, centre, spread, indicator), *waves])


def text(
    cells: Sequence[Any], terms: Sequence[str], idf: Array, scale: float, shared: int, other_scale: float
) -> Array:
    """log(1 + n) · idf / scale for each term that is told apart; the others add ±log(1 + n) to shared columns."""
    places, encoded = (
        {str(term): place for place, term in enumerate(terms)},
        np.zeros((len(cells), len(terms) + shared)),
    )
    for row, cell in enumerate(cells):
        for term, count in Counter(terms_of(as_text(cell) or "")).items():
            if term in places:
                encoded[row, places[term]] = np.log1p(count) * idf[places[term]] / scale
            elif shared:
                turn, column = divmod(zlib.crc32(term.encode("utf-8", "surrogatepass")), shared)
                encoded[row, len(terms) + column] += np.log1p(count) * (1 if turn % 2 else -1) / other_scale
    return encoded


def terms_of(words: str) -> list[str]:
    """The words of a text in lower case, and its pairs of neighbouring words."""
    found = re.findall(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]{1,64}", words.lower())
    return found + [f"{one} {following}" for one, following in pairwise(found)]


def looked_back(
    rows: Rows, time: str, lags: int, columns: Sequence[str], group: str | None, european: dict[str, bool]
) -> list[dict[str, Any]]:
    """The rows with the values of up to `lags` rows before each as columns "x 1 before", …, in the order of time."""
    names = [f"{name} {lag} before" for name in columns for lag in range(1, lags + 1)]
    if rows and all(name in rows[0] for name in names):
        return [dict(row) for row in rows]
    times = [row.get(time) for row in rows]
    ordered_by = typed(times)
    if not all(isinstance(value, float) for value in ordered_by):
        ordered_by = as_dates(times, european.get(time, False), time in european).tolist()
    if any(value is None for value in ordered_by):
        raise ValueError(f"{time!r} is missing in some rows; rows are put in its order")
    series = ["" if group is None else as_text(value) or "" for value in typed([row.get(group or "") for row in rows])]
    found, past = [dict(row) for row in rows], dict[str, list[Any]]()
    values = {
        name: typed([row.get(name) for row in rows], european.get(name, False), name in european) for name in columns
    }
    for row in sorted(range(len(rows)), key=lambda row: (series[row], ordered_by[row])):
        before = past.setdefault(series[row], [])
        for name in columns:
            for lag in range(1, lags + 1):
                found[row][f"{name} {lag} before"] = values[name][before[-lag]] if lag <= len(before) else None
        before.append(row)
    return found


def check_columns(rows: Rows, known: Sequence[str]) -> None:
    """Raise `ValueError` where no row has any of the columns."""
    if not any(name in row for row in rows for name in known):
        raise ValueError(f"none of the columns is there; expected {', '.join(map(repr, known[:8]))}")


# ---- outputs to answers ------------------------------------------------------------------------------------------


def probabilities(z: Array) -> Array:
    """p = eᶻ / Σ eᶻ over the classes; outputs (rows, members, classes) are averaged over the members."""
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    p = powers / powers.sum(axis=-1, keepdims=True)
    return p.mean(axis=1) if p.ndim == 3 else p


def tempered(p: Array, temperature: float) -> Array:
    """softmax(ln p / T): as sure as held-out rows showed that it may be."""
    return probabilities(np.log(np.maximum(p, 1e-15)) / temperature)


def each_by_itself(z: Array) -> Array:
    """p = 1 / (1 + e⁻ᶻ) for each label."""
    decay = np.exp(-np.abs(z))
    p = np.where(z >= 0, 1.0, decay) / (1 + decay)
    return p.mean(axis=1) if p.ndim == 3 else p


def plain(z: Array) -> Array:
    """The outputs, averaged over members where there are any inside the network."""
    return z.mean(axis=1) if z.ndim == 3 else z
