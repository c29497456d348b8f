"""A table written to a file that spreadsheets and programs read back."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from cutaway.atomic import complete_file
from cutaway.data.table import Table, Values
from cutaway.errors import InputError

if TYPE_CHECKING:
    from cutaway.data.loaded_file import LoadedFile

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]*[\d.,'\s$€£¥%]*([eE][+-]?\d+)?")  # as people write one anywhere, and signs alone
BATCH = 1 << 14  # rows that are fetched at once


def write_table(table: Table, path: str | os.PathLike[str]) -> None:
    """Write a table as comma-separated UTF-8 text (tab-separated when the name ends in .tsv).

    The file appears complete or not at all. A missing value is an empty cell. Text that a spreadsheet would
    run as a formula (it begins with = + - @ and is not a number) gets a leading apostrophe.
    Raises `InputError` when the place cannot be written to.
    """
    rows = zip(*(_cells(values) for values in table.columns.values()), strict=True)
    _write(Path(path), ",", table.names, rows)


def write_arrived(file: LoadedFile, added: Mapping[str, Values], path: str | os.PathLike[str]) -> None:
    """Write the rows of a delimited file, their cells as they arrived, with further columns behind them, as UTF-8.

    The file's separator stays, but tabs are for names that end in .tsv and for these alone; so does a byte order mark,
    without which spreadsheets on Windows take UTF-8 for something else. Added numbers have a
    decimal comma where those of the file have one. Formulas, places and errors are as for `write_table`. Of a large
    file, a column that is plainly numbers is kept as numbers: its cells lose zeros at their end.
    """
    more = [_cells(values) for values in added.values()]
    if _has_decimal_commas(file):
        for place, values in enumerate(added.values()):
            if values.dtype.kind == "f":
                more[place] = [text.replace(".", ",") for text in more[place]]
    delimiter = "," if file.delimiter in ("\t", " ") else file.delimiter
    encoding = "utf-8-sig" if file.marked else "utf-8"
    _write(Path(path), delimiter, (*file.columns, *added), _arrived(file, more), encoding)


def _has_decimal_commas(file: LoadedFile) -> bool:
    """Whether a cell that was read as a number has a comma for its decimal point."""
    cells = [
        column.cell for name, column in file.columns.items() if column.dtype == "float64" and file.european.get(name)
    ]
    found = " OR ".join(f"bool_or(contains({cell}, ','))" for cell in cells)
    return bool(found and file.connection.execute(f"SELECT {found} FROM arrived").fetchone()[0])


def _arrived(file: LoadedFile, more: list[list[str]]) -> Iterator[tuple[str, ...]]:
    """Each row of a file, with what stands behind it."""
    cells = ", ".join(column.cell for column in file.columns.values())
    some = f"SELECT {cells} FROM arrived WHERE rowid >= ? AND rowid < ? ORDER BY rowid"
    for start in range(0, file.rows, BATCH):
        fetched = file.connection.execute(some, [start, start + BATCH]).fetchall()
        for place, row in enumerate(fetched, start):
            yield (*(_harmless(cell) if cell else "" for cell in row), *(texts[place] for texts in more))


def _write(
    place: Path, delimiter: str, names: Iterable[str], rows: Iterable[Iterable[str]], encoding: str = "utf-8"
) -> None:
    """Write rows of cells below a header, complete or not at all."""
    suffix = place.suffix.lower()
    if suffix in (".parquet", ".json", ".jsonl", ".xlsx", ".gz", ".zip"):
        raise InputError(f"{place}: tables are written as text; end the name in .csv or .tsv, not {suffix}")

    def fill(file: IO[Any]) -> None:
        writer = csv.writer(file, delimiter="\t" if suffix == ".tsv" else delimiter, lineterminator="\n")
        writer.writerow([_harmless(name) for name in names])
        writer.writerows(rows)

    try:
        if place.is_dir():
            raise InputError(f"{place}: is a folder; expected the name of the file to write")
        if place.exists() and not place.is_file():  # a pipe or a terminal cannot be replaced
            with place.open("w", encoding=encoding, newline="") as pipe:
                fill(pipe)
            return
        with complete_file(place.resolve(), "w", encoding=encoding, newline="") as file:
            fill(file)
    except OSError as fault:
        raise InputError(f"{place}: cannot be written: {fault.strerror or fault}") from fault


def _cells(values: Values) -> list[str]:
    if values.dtype.kind == "f":
        finite = values[np.isfinite(values)]
        if np.all(finite == np.floor(finite)) and np.all(np.abs(finite) < 2.0**53):
            return [_number(value, whole=True) for value in values.tolist()]
        return [_number(value, whole=False) for value in values.tolist()]
    if values.dtype.kind == "M":
        present = values[~np.isnat(values)]
        days = bool(np.all(present == present.astype("datetime64[D]")))
        texts = np.datetime_as_string(values, unit="D" if days else "auto").tolist()
        return ["" if text == "NaT" else text for text in texts]
    if values.dtype.kind == "b":
        return ["true" if value else "false" for value in values]
    return [_cell(value) for value in values]


def _number(value: float, whole: bool) -> str:
    if value != value:
        return ""
    return str(int(value)) if whole and abs(value) != float("inf") else repr(value)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    return _harmless(str(value))


def _harmless(text: str) -> str:
    if text.startswith(FORMULA_STARTS) and _NUMBER.fullmatch(text) is None:
        return "'" + text
    return text
