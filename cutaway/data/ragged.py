"""Rows with too few or too many cells: made even where nothing is lost, refused by line number otherwise."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from cutaway.data.dialect import Dialect, long_cells
from cutaway.errors import InputError


def rewrite_even(path: Path, dialect: Dialect, target: Path, source: str) -> list[str]:
    """Write the rows of `path`, comma-separated and equally long, without header, to `target`.

    A short row is filled up with missing cells, a long one cut when only empty cells are lost.
    Returns notes that name the lines. Raises `InputError`, naming the lines, when a row has too many
    cells or a quote is opened and not closed.
    """
    width = len(dialect.names)
    short: list[int] = []
    long: list[int] = []
    found = 0
    with (
        long_cells(),
        path.open(encoding="utf-8", newline="") as file,
        target.open("w", encoding="utf-8", newline="") as even,
    ):
        writer = csv.writer(even, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for line, record in records(file, dialect, source):
            if len(record) < width:
                short.append(line)
                record += [""] * (width - len(record))
            elif len(record) > width:
                found = len(record)
                if any(cell.strip() for cell in record[width:]):
                    long.append(line)
                del record[width:]
            writer.writerow(record)
    if long:
        raise InputError(
            f"{source}: {_lines(long)}: {found} cells where the header names {width}; "
            "write a cell that contains the separator in double quotes, or delete what is too much"
        )
    if short:
        return [f"{len(short)} row(s) with too few cells filled up with missing values: {_lines(short)}"]
    return []


def records(file: TextIO, dialect: Dialect, source: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a delimited file below its header, each with the line on which it begins.

    Raises `InputError`, naming the line, when a quote is opened and not closed.
    """
    spaced = dialect.delimiter == " "
    # Runs of blanks separate the cells of an aligned table; elsewhere a line is read as it is.
    lines: Iterator[str] = (re.sub(r"[ \t]+", " ", line.strip()) + "\n" for line in file) if spaced else file
    reader = csv.reader(lines, delimiter=dialect.delimiter, skipinitialspace=True, strict=True)
    before_rows = dialect.skipped + dialect.header
    line = 1
    try:
        for record in reader:
            if record and record != [""]:
                if before_rows:
                    before_rows -= 1
                else:
                    yield line, record
            line = reader.line_num + 1
    except csv.Error as fault:
        raise InputError(
            f"{source}: line {line}: {fault}; a double quote opens a cell and must close it, "
            'and one inside a cell is written twice ("")'
        ) from fault


def _lines(numbers: list[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:5])
    more = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
    return f"line{'s' if len(numbers) > 1 else ''} {shown}{more}"
