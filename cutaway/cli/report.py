"""`cutaway report`: one page about a run, that opens without a network."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cutaway.cli.printable import printable


def report(
    run: Path,
    /,
    *,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    rows: Annotated[bool, Parameter(name="--rows", negative="--no-rows")] = True,
    data: Path | None = None,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
) -> int:
    """Write one page about a run, that opens in any browser without a network.

    What was trained on what, how good it is and what to watch out for; then how it went, what the diagnosis found, the
    worst mistakes, which columns it needs, whether its probabilities mean what they say, some answers explained, and
    the training to be watched again. `cutaway train` writes it too.

    Example: `cutaway report runs/houses`

    Parameters
    ----------
    run
        The run's folder.
    out
        The file, or a folder for report.html; the run's own folder when not given.
    rows
        Whether single rows, pictures and passages are shown; without them the page can be given away more freely.
    data
        The table that the run learned from, where it is not where it was.
    json_
        Print where the page is, and its size, as JSON.
    """
    from cutaway.runs.load import load

    place = load(run).report(out, rows=rows, data=data)
    size = place.stat().st_size
    if json_:
        sys.stdout.write(json.dumps({"report": str(place), "bytes": size}, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(f"{printable(str(place))}: {size / 1000:,.0f} kB\n")
    return 0
