"""A table written to a file that spreadsheets and programs read back."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path
from typing import IO, Any

import numpy as np

from cutaway.atomic import complete_file
from cutaway.data.table import Table, Values
from cutaway.errors import InputError

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def write_table(table: Table, path: str | os.PathLike[str]) -> None:
    """Write a table as comma-separated UTF-8 text (tab-separated when the name ends in .tsv).

    The file appears complete or not at all. A missing value is an empty cell. Text that a spreadsheet would
    run as a formula (it begins with = + - @ and is not a number) gets a leading apostrophe.
    Raises `InputError` when the place cannot be written to.
    """
    place = Path(path)
    suffix = place.suffix.lower()
    if suffix in (".parquet", ".json", ".jsonl", ".xlsx", ".gz", ".zip"):
        raise InputError(f"{place}: tables are written as text; end the name in .csv or .tsv, not {suffix}")
    delimiter = "\t" if suffix == ".tsv" else ","
    try:
        if place.is_dir():
            raise InputError(f"{place}: is a folder; expected the name of the file to write")
        if place.exists() and not place.is_file():  # a pipe or a terminal cannot be replaced
            with place.open("w", encoding="utf-8", newline="") as file:
                _write(table, file, delimiter)
            return
        with complete_file(place.resolve(), "w", encoding="utf-8", newline="") as file:
            _write(table, file, delimiter)
    except OSError as fault:
        raise InputError(f"{place}: cannot be written: {fault.strerror or fault}") from fault


def _write(table: Table, file: IO[Any], delimiter: str) -> None:
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    writer.writerow([_harmless(name) for name in table.names])
    writer.writerows(zip(*(_cells(values) for values in table.columns.values()), strict=True))


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
