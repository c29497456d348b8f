"""`cutaway data`: a data set that comes along, written as CSV; digits also as pictures."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def data(
    name: str | None = None,
    /,
    *,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
    quiet: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Write a data set that comes along as CSV: iris, wine, breast_cancer, digits or diabetes.

    Without a name the data sets are listed. A file that is there already is not overwritten. Digits become pictures, a
    folder for each, where a folder is given: -o digits/

    Example: `cutaway data iris`

    Parameters
    ----------
    name
        Which one.
    out
        The file to write, .csv or .tsv; NAME.csv when not given. Of digits also a folder, whose name has no ending.
    json_
        Print JSON: the file, and the column usually predicted.
    quiet
        Print nothing but errors.
    """
    from cutaway.data.bundled import BUNDLED, bundled
    from cutaway.data.writing import write_table
    from cutaway.errors import InputError

    if name is None:
        if json_:
            sys.stdout.write(json.dumps(BUNDLED) + "\n")
        else:
            width = max(map(len, BUNDLED))
            sys.stdout.writelines(f"{known:{width}}  predicts {target}\n" for known, target in BUNDLED.items())
        return 0
    table = bundled(name)
    if name == "digits" and out is not None and not out.suffix:
        return _pictures(out, json_=json_, quiet=quiet)
    place = out or Path(f"{name}.csv")
    if place.is_file():
        with tempfile.TemporaryDirectory(prefix="cutaway-") as folder:
            fresh = Path(folder) / f"table{place.suffix}"
            write_table(table, fresh)
            if fresh.read_bytes() != place.read_bytes():
                raise InputError(f"{place}: is there already and holds something else; choose another with -o")
    else:
        write_table(table, place)
    if json_:
        sys.stdout.write(json.dumps({"file": str(place), "rows": table.rows, "target": BUNDLED[name]}) + "\n")
    elif not quiet:
        sys.stdout.write(
            f"{place}: {table.rows:,} rows, {len(table.names)} columns\n"
            f"next: cutaway train {place} --target {BUNDLED[name]}\n"
        )
    return 0


def _pictures(folder: Path, *, json_: bool, quiet: bool) -> int:
    """Write the digits as pictures, say so, and return the exit code; a folder that is there is left alone."""
    from cutaway.data.bundled import digit_pictures
    from cutaway.errors import InputError

    if folder.exists():
        raise InputError(f"{folder}: is there already; choose another with -o")
    count = digit_pictures(folder)
    if json_:
        sys.stdout.write(json.dumps({"folder": str(folder), "pictures": count}) + "\n")
    elif not quiet:
        sys.stdout.write(f"{folder}: {count:,} pictures, a folder for each digit\nnext: cutaway train {folder}\n")
    return 0
