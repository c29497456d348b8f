"""`cutaway data`: a data set that comes along, written as CSV."""

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

    Without a name the data sets are listed. A file that is there already is not overwritten.

    Example: `cutaway data iris`

    Parameters
    ----------
    name
        Which one.
    out
        The file to write, .csv or .tsv; NAME.csv when not given.
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
