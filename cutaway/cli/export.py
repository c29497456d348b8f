"""`cutaway export`: a trained run for other programs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from cutaway.errors import InputError


def export(
    run: Path,
    /,
    *,
    to: Literal["numpy", "onnx", "pytorch"],
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
    quiet: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Write a trained run as a file that works without cutaway.

    `numpy` is Python code that one can read, and that needs NumPy alone, and Pillow for picture files; it predicts
    for a CSV file, too. `onnx` is a graph for other programs and languages. `pytorch` is a module and its weights.
    All give the predictions of `cutaway predict`.

    Example: `cutaway export runs/houses --to numpy -o houses.py`

    Parameters
    ----------
    run
        The run's folder.
    to
        What to write.
    out
        The file, ending in .py or .onnx; when not given, one of the run's name where you are.
        Weights go beside it.
    json_
        Print JSON: what was written, and what to know of it.
    quiet
        Print nothing but errors.
    """
    from cutaway.export.export import FORMS, is_taken
    from cutaway.export.export import export as written
    from cutaway.runs.load import load

    loaded = load(run)
    name = f"{_name(run)}{'_pytorch' if to == 'pytorch' else ''}"
    name = f"{name}_run" if FORMS[to] == ".py" and is_taken(name) else name
    place = out if out is not None else Path(f"{name}{FORMS[to]}")
    folder = run.resolve().parent if run.is_file() else run.resolve()
    if folder == place.resolve().parent:
        raise InputError(f"{place}: is in the run's folder; choose another place with -o")
    done = written(loaded, to, place)
    if json_:
        shown = {"files": [str(file) for file in done.files], "notes": list(done.notes)}
        sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=1) + "\n")
    elif not quiet:
        for file in done.files:
            sys.stdout.write(f"{file}: {file.stat().st_size:,} bytes\n")
        sys.stderr.writelines(f"{place.name}: {note}\n" for note in done.notes)
    return 0


def _name(run: Path) -> str:
    """Return a name for the file that Python can import.

    >>> _name(Path("runs/my-houses")), _name(Path("runs/2024"))
    ('my_houses', 'run_2024')
    """
    name = "".join(sign if sign.isalnum() or sign == "_" else "_" for sign in run.resolve().stem)
    return name if name.isidentifier() else f"run_{name}"
