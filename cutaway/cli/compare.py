"""`cutaway compare`: whether one run is better than another, or only luckier."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def compare(
    run: Path,
    other: Path,
    /,
    *,
    data: Path | None = None,
    metric: str | None = None,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
    quiet: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Compare two runs on the same rows: both figures, the difference, and whether it is more than chance.

    The rows are those that both set aside, cut once more from the file that they learned from; it must be there
    unchanged, and both runs must have cut it alike. Other rows are given with --data.

    Example: `cutaway compare runs/houses runs/houses-long`

    Parameters
    ----------
    run
        One run's folder.
    other
        The other run's folder.
    data
        A table of rows with the target, which neither run learned from.
    metric
        What to compare by; what both runs were scored by when not given.
    json_
        Print the comparison as JSON.
    quiet
        Print nothing but the sentence that says which is better, and errors.
    """
    from cutaway.cli.printable import printable
    from cutaway.errors import DataWarning
    from cutaway.metrics.figures import between, measured
    from cutaway.runs.compare import compare as compare_runs

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", DataWarning)
        found = compare_runs(run, other, data, metric=metric)
    notes = [str(one.message) for one in told if issubclass(one.category, DataWarning)]
    shown = found.metric
    if json_:
        facts = {
            "metric": shown.name,
            "higher_is_better": shown.higher,
            "runs": [str(run), str(other)],
            "figures": list(found.figures),
            "gain": found.gain,
            "interval": list(found.interval),
            "rows": found.rows,
            "better": found.better,
            "sentence": found.sentence,
            "notes": notes,
        }
        sys.stdout.write(json.dumps(facts, ensure_ascii=False, indent=1) + "\n")
        return 0
    if not quiet:
        where = "both set aside" if data is None else f"of {data.name}"
        better = "higher" if shown.higher else "lower"
        lines = [("rows", f"{found.rows:,} {where}"), ("figure", f"{shown.shown}, {better} is better"), ("", "")]
        lines += [(name, measured(shown.name, value)) for name, value in zip(found.names, found.figures, strict=True)]
        gain = f"{measured(shown.name, found.gain)}  (95 % interval {between(shown.name, found.interval)})"
        lines += [("difference", f"{gain}, above 0 where {found.names[1]} is better")]
        width = max(len(name) for name, _ in lines) + 2
        sys.stdout.writelines(f"{printable(name):{width}}{value}".rstrip() + "\n" for name, value in lines)
        sys.stdout.writelines(f"note: {printable(note)}\n" for note in notes)
        sys.stdout.write("\n")
    sentence = printable(found.sentence)
    sys.stdout.write(f"{sentence[0].upper()}{sentence[1:]}.\n" if sentence.startswith("no ") else f"{sentence}.\n")
    return 0
