"""How a delimited file is written: what separates its cells, and where its header is."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cutaway.errors import InputError

DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 1 << 18  # characters; enough lines to see what is usual, few enough to be read at once
MOST_SHOWN = 80  # characters of a header that a message shows


@dataclass(frozen=True)
class Dialect:
    """What separates cells, the columns' names, and what stands before the first row.

    `skipped` records (a title, an empty line) come before the header. `header` is False when the first
    record already is data. `row_names` is True when rows have one cell more than the header, in front.
    """

    delimiter: str
    names: tuple[str, ...]
    blank: frozenset[str]
    skipped: int = 0
    header: bool = True
    row_names: bool = False
    notes: tuple[str, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether the rows can be read as they stand in the file."""
        return not self.skipped and not self.row_names and self.delimiter != " "


def find_dialect(path: Path, source: str) -> Dialect:
    """Tell a file's dialect from its beginning.

    The delimiter is the one that gives the header as many cells as most rows have; among several,
    the one on which most rows agree. Raises `InputError` when there is no header or no row.
    """
    with path.open(encoding="utf-8", newline="") as file:
        sample = file.read(SAMPLE)
        complete = not file.read(1)
    announced = re.match(r"sep=(.)\r?\n", sample)  # a line by which spreadsheets announce the delimiter
    if announced:
        choices: tuple[str, ...] = (announced[1],)
    else:
        choices = DELIMITERS
    candidates = {delimiter: _records(sample, delimiter, complete) for delimiter in choices}
    if not any(candidates.values()):
        raise InputError(f"{source}: holds no text; expected a header line and at least one row")
    delimiter = max(choices, key=lambda one: _fitness(candidates[one]))
    records = candidates[delimiter]
    if _usual_width(records) == 1 and not announced:
        spaced = [re.sub(r"[ \t]+", " ", line.strip()) for line in sample.splitlines() if line.strip()]
        cells = _records("\n".join(spaced), " ", complete)
        counts = {len(record) for record in cells}
        if len(cells) > 1 and len(counts) == 1 and counts != {1} and _mostly_numbers(cells[1:]):
            delimiter, records = " ", cells
    width = _usual_width(records)
    skipped = _preamble(records, width)
    header = records[skipped]
    if len(records) == skipped + 1 and complete:
        shown = ", ".join(repr(name) for name in header[:6]) + (", …" if len(header) > 6 else "")
        shown = shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN]}…"
        raise InputError(f"{source}: holds a header ({shown}) and no rows; expected at least one row below it")
    notes = [f"{skipped} line(s) above the header passed over"] if skipped else []
    return _with_names(delimiter, header, width, skipped, notes)


@contextmanager
def long_cells() -> Iterator[None]:
    """Let the standard library's reader take cells of any length for a `with` block; by default 128 KiB."""
    usual = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(usual)


def _records(sample: str, delimiter: str, complete: bool) -> list[list[str]]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, skipinitialspace=True)
    records: list[list[str]] = []
    try:
        with long_cells():
            records.extend(reader)  # what came before a fault is kept
    except csv.Error:
        return [record for record in records if record]
    if not complete and len(records) > 1:
        records.pop()  # cut in the middle by the end of the sample
    return [record for record in records if record]


def _usual_width(records: list[list[str]]) -> int:
    if not records:
        return 0
    widths = Counter(len(record) for record in records)
    return max(widths, key=lambda width: (widths[width], width))


def _fitness(records: list[list[str]]) -> tuple[bool, bool, float, int]:
    width = _usual_width(records)
    if width < 2:
        return False, False, 0.0, 0
    share = sum(len(record) == width for record in records) / len(records)
    return True, len(records[0]) == width, share, width


def _preamble(records: list[list[str]], width: int) -> int:
    if width < 2:
        return 0
    for place, record in enumerate(records[:20]):
        if sum(bool(cell.strip()) for cell in record) > 1:
            return place
    return 0


def _mostly_numbers(records: list[list[str]]) -> bool:
    cells = [cell for record in records for cell in record]
    return sum(_is_number(cell) for cell in cells) > len(cells) / 2


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*", cell) is not None


def _is_data(cells: list[str]) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled or not all(_is_number(cell) for cell in filled):
        return False
    if all(cell.isdecimal() for cell in filled):  # 0, 1, 2, … or years in a row are names, not data
        numbers = [int(cell) for cell in filled]
        return numbers != list(range(numbers[0], numbers[0] + len(numbers))) or len(numbers) == 1
    return True


def _with_names(delimiter: str, header: list[str], width: int, skipped: int, notes: list[str]) -> Dialect:
    if _is_data(header):
        names = tuple(f"column_{place + 1}" for place in range(max(width, len(header))))
        notes.append(f"the first line holds numbers only: taken as data, columns named {names[0]} and so on")
        return Dialect(delimiter, names, frozenset(), skipped, header=False, notes=tuple(notes))
    cells = [cell.strip() for cell in header]
    row_names = len(cells) == width - 1 and width > 2
    if row_names:
        cells.insert(0, "row_name")
        notes.append("rows have one cell more than the header: the first is taken as the row's name")
    return _named(delimiter, cells, skipped, row_names, notes)


def _named(delimiter: str, cells: list[str], skipped: int, row_names: bool, notes: list[str]) -> Dialect:
    names, blank, more = unique_names(cells)
    return Dialect(delimiter, names, blank, skipped, row_names=row_names, notes=(*notes, *more))


def unique_names(cells: list[str]) -> tuple[tuple[str, ...], frozenset[str], list[str]]:
    """Names for columns: the header's cells, with blank ones and repeated ones told apart by number.

    >>> unique_names(["age", "", "age"])[0]
    ('age', 'column_2', 'age_2')
    """
    taken = set(cells) - {""}
    seen: set[str] = set()
    names: list[str] = []
    blank: list[str] = []
    repeated: list[str] = []
    for place, cell in enumerate(cells):
        name = cell or f"column_{place + 1}"
        number = 2
        while name in seen or (name != cell and name in taken):
            name = f"{cell or 'column'}_{number}"
            number += 1
        if not cell:
            blank.append(name)
        elif name != cell:
            repeated.append(f"'{cell}' to '{name}'")
        seen.add(name)
        names.append(name)
    notes = [f"repeated column names changed: {', '.join(repeated)}"] if repeated else []
    if blank:
        notes.append(f"columns without a name: called {', '.join(repr(name) for name in blank)}")
    return tuple(names), frozenset(blank), notes
