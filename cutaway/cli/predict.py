"""`cutaway predict`: a trained run's answers for new data."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cutaway.errors import InputError

if TYPE_CHECKING:
    from cutaway.data.table import Table, Values
    from cutaway.runs.table_run import Predictions, TableRun


def predict(
    run: Path,
    data: Path,
    /,
    *,
    out: Annotated[Path | None, Parameter(name=["--out", "-o"])] = None,
    interval: float | None = None,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
    quiet: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Predict for new data with a trained run.

    Of a table the columns are kept, of csv and the like each cell as it is and the separator; `prediction` is added,
    for classes `probability_<class>` each, and for numbers with --interval `low` and `high`. Columns may come in
    another order; categories and missing values that training did not see are counted and told. Of pictures there is a
    row for each file, of a text a row for each line, with how much it surprises the network.

    Example: `cutaway predict runs/houses new.csv -o predicted.csv`

    Parameters
    ----------
    run
        The run's folder.
    data
        A table (csv, tsv, parquet or JSON lines, packed or not), a folder of pictures or one, or a text.
    out
        The file to write, .csv or .tsv, though not the data itself; standard output when not given.
    interval
        Of predicted numbers, also an interval that holds the true number of this share of new rows: 0.5, 0.8, 0.9,
        0.95 or 0.99.
    json_
        Print JSON: the predictions, or with --out what was written and counted.
    quiet
        Print nothing but the predictions and errors.
    """
    from cutaway.runs.load import load
    from cutaway.runs.table_run import TableRun

    if out is not None:
        _check_not_an_input(out, run, data)
    loaded = load(run)
    if isinstance(loaded, TableRun):
        return predict_table(loaded, data, out, interval, json_=json_, quiet=quiet)
    if interval is not None:
        raise InputError("--interval: is for predicted numbers, of tables; leave it out")
    from cutaway.runs.picture_run import PictureRun
    from cutaway.runs.text_run import TextRun

    if isinstance(loaded, PictureRun):
        from cutaway.cli.predict_pictures import predict_pictures

        return predict_pictures(loaded, data, out, json_=json_, quiet=quiet)
    if isinstance(loaded, TextRun):
        from cutaway.cli.predict_text import predict_text

        return predict_text(loaded, data, out, json_=json_, quiet=quiet)
    raise InputError(f"{run}: is a network trained on arrays, which does not say how a file becomes its inputs")


def predict_table(
    run: TableRun, data: Path, out: Path | None, interval: float | None, *, json_: bool, quiet: bool
) -> int:
    """Write a table with predictions added, say what was met, and return the exit code."""
    from cutaway.data.loading import loaded
    from cutaway.data.writing import write_arrived, write_table

    margin = None if interval is None else margin_of(run, interval)
    with loaded(data, run.preprocessing.european) as file:
        table = file.table()
        predictions = run.predictions(table)
        told = [*table.notes, *predictions.counts.sentences()]
        result, added = with_predictions(table, run, predictions, margin)

        def write(place: Path) -> None:
            if file.delimiter:
                write_arrived(file, {name: result.columns[name] for name in added}, place)
            else:
                write_table(result, place)

        if out is not None:
            write(out)
        elif not json_:
            with tempfile.TemporaryDirectory(prefix="cutaway-") as folder:
                place = Path(folder) / ("table.tsv" if file.delimiter == "\t" else "table.csv")
                write(place)
                with place.open(encoding="utf-8-sig", newline="") as written:
                    shutil.copyfileobj(written, sys.stdout)
    if json_:
        shown = {"rows": table.rows, "notes": told}
        if out is None:
            shown |= {name: _plain(result.columns[name]) for name in added}
        else:
            shown |= {"out": str(out), "columns": added}
        sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=1) + "\n")
        return 0
    if not quiet:
        sys.stderr.writelines(f"{data.name}: {sentence}\n" for sentence in told)
        if out is not None:
            sys.stderr.write(f"{out}: {table.rows:,} rows, with {_listed(added)} added\n")
    return 0


def margin_of(run: TableRun, share: float) -> float:
    """Return how far around a predicted number the true one is, for that share of new rows; `InputError` if unknown."""
    from cutaway.data.targets import NumberTarget

    if not isinstance(run.target, NumberTarget):
        raise InputError(
            f"--interval: '{run.target.column}' has classes, whose probabilities are written anyway; leave it out"
        )
    margins = dict(run.target.margins)
    if share not in margins:
        known = f"give one of {', '.join(f'{known:g}' for known in margins)}" if margins else "it held out too few rows"
        raise InputError(f"--interval is {share:g}, a share that the run has no interval for; {known}")
    return margins[share]


def with_predictions(
    table: Table, run: TableRun, predictions: Predictions, margin: float | None = None
) -> tuple[Table, list[str]]:
    """Return the table with predictions, probabilities and intervals as further columns, and the names of those."""
    from cutaway.data.table import Table

    columns = dict(table.columns)
    added: list[str] = []

    def add(name: str, values: object) -> None:
        free, number = name, 2
        while free in columns:
            free, number = f"{name}_{number}", number + 1
        columns[free] = values  # type: ignore[assignment]
        added.append(free)

    add("prediction", predictions.values if run.classes else rounded(predictions.values))
    if margin is not None:
        add("low", rounded(predictions.values - margin))
        add("high", rounded(predictions.values + margin))
    if predictions.probabilities is not None:
        for place, label in enumerate(run.classes):
            add(
                f"probability_{str(label).lower() if isinstance(label, bool) else label}",
                rounded(predictions.probabilities[:, place]),
            )
    return Table(columns, table.source, list(table.notes)), added


def rounded(values: Values) -> Values:
    """Return numbers with the digits that the network's float32 holds; more would be noise.

    >>> import numpy as np
    >>> rounded(np.array([0.12345678901234567, 45812.370000001]))
    array([1.2345679e-01, 4.5812370e+04])
    """
    import numpy as np

    return np.array([float(f"{value:.8g}") for value in values.tolist()], dtype=np.float64)


def _check_not_an_input(out: Path, run: Path, data: Path) -> None:
    """Raise `InputError` where the answers would be written over what they are made from."""
    from cutaway.storage.run_folder import is_run

    place = out.resolve()
    try:
        same = place == data.resolve() or out.samefile(data)
    except OSError:  # one of them is not there
        same = False
    if same:
        raise InputError(f"{out}: is what is to be predicted for, which would be lost; choose another file with -o")
    folder = run.resolve().parent if run.is_file() and is_run(run.parent) else run.resolve()
    if place == run.resolve() or folder in (place, *place.parents):
        raise InputError(f"{out}: is in the run's folder; choose another place with -o")


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"


def _plain(values: object) -> list[object]:
    """Return a column as data for JSON."""
    result: list[object] = values.tolist()  # type: ignore[attr-defined]
    return result
