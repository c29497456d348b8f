"""`cutaway predict` for a text: how surprising each line is to a run that learned from another."""

from __future__ import annotations

import csv
import io
import json
import sys
from math import isnan, log
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cutaway.errors import InputError

if TYPE_CHECKING:
    from cutaway.runs.text_run import TextRun

COLUMNS = ("line", "characters", "loss", "bits_per_character")
MOST_SHOWN = 20  # different characters that are named
DIGITS = 5  # of a loss; float32 holds no more after a sum


def predict_text(run: TextRun, data: Path, out: Path | None, json_: bool, quiet: bool) -> int:
    """Write a table with a row for each line of a text: characters, loss in nats and in bits a character.

    Characters that training did not have are one unknown character, counted and told. Raises `InputError` for a file
    that is no text, and for an `out` that is neither .csv nor .tsv.
    """
    from cutaway.atomic import write_complete
    from cutaway.data.text import read_text

    if out is not None and out.suffix.lower() not in (".csv", ".tsv"):
        raise InputError(f"{out}: the losses of lines are written as .csv or .tsv; choose such a name with -o")
    text = read_text(data)
    lines = run.lines(text.content)
    rows = [
        (
            line.number,
            line.characters,
            *("" if isnan(line.loss) else f"{value:.{DIGITS}g}" for value in both(line.loss)),
        )
        for line in lines
    ]
    characters = sum(line.characters for line in lines)
    loss = sum(line.loss * line.characters for line in lines if line.characters) / characters
    told = [*text.notes, *strangers(run, text.content)]
    if out is not None or not json_:
        file = io.StringIO()
        table = csv.writer(
            file, delimiter="\t" if out is not None and out.suffix.lower() == ".tsv" else ",", lineterminator="\n"
        )
        table.writerows([COLUMNS, *rows])
        if out is not None:
            write_complete(out, file.getvalue().encode())
        else:
            sys.stdout.write(file.getvalue())
    if json_:
        nats, bits = both(loss)
        shown: dict[str, Any] = {
            "lines": len(lines), "characters": characters, "loss": nats, "bits_per_character": bits, "notes": told
        }  # fmt: skip
        if out is None:
            shown["line"] = [None if isnan(line.loss) else line.loss for line in lines]
        else:
            shown |= {"out": str(out), "columns": list(COLUMNS)}
        sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=1) + "\n")
    elif not quiet:
        sys.stderr.writelines(f"{data.name}: {sentence}\n" for sentence in told)
        nats, bits = both(loss)
        where = "" if out is None else f"{out}: "
        sys.stderr.write(
            f"{where}{len(lines):,} lines, {characters:,} characters; {nats:.4g} nats, {bits:.4g} bits a character\n"
        )
    return 0


def both(nats: float) -> tuple[float, float]:
    """Return nats, and as many bits.

    >>> both(log(2))
    (0.6931471805599453, 1.0)
    """
    return nats, nats / log(2)


def strangers(run: TextRun, text: str) -> list[str]:
    """Return what there is to say of characters that training did not have."""
    from cutaway.cli.printable import printable

    found = run.strangers(text)
    if not found:
        return []
    named = sorted(found, key=lambda letter: -found[letter])
    letters = " ".join("␣" if letter == " " else printable(letter) for letter in named[:MOST_SHOWN])
    more = f" and {len(named) - MOST_SHOWN} more" if len(named) > MOST_SHOWN else ""
    what = "count as one unknown character" if run.tokens.unknown else "are left out"
    return [f"{sum(found.values()):,} characters that training did not have {what}: {letters}{more}"]
