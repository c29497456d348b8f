"""`cutaway predict` for pictures: the class of each, and how probable each class is."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cutaway.errors import InputError

if TYPE_CHECKING:
    from cutaway.runs.picture_run import PicturePredictions, PictureRun

NAMED = 5  # files passed over are named up to so many


def predict_pictures(
    run: PictureRun, data: Path, out: Path | None = None, json_: bool = False, quiet: bool = False
) -> int:
    """Predict the class of pictures: a file, a folder with files at any depth, an .npy, .npz or IDX file.

    A table is written, a row a picture: `file`, `prediction`, and `probability_<class>` each; to `out`, or standard
    output. Files that are no pictures, or damaged, are told on standard error. Returns the exit code, 0; raises
    `InputError` where no picture can be read.
    """
    from cutaway.atomic import write_complete
    from cutaway.runs.streamed import saying

    if out is not None and out.suffix.lower() not in (".csv", ".tsv"):
        raise InputError(f"{out}: is written as .csv or .tsv, told by the ending; choose such a name")
    with saying(f"reading {data}", False if quiet or json_ else None) as say:
        found = run.predictions(data, told=lambda done, whole: say(f"{100 * done // whole} %"))
    if json_:
        told: dict[str, Any] = {
            "pictures": len(found.files),
            "skipped": [{"file": name, "reason": reason} for name, reason in found.skipped],
        }
        if out is None:
            told |= {"file": found.files, "prediction": found.values.tolist()}
            told |= dict(zip(_names(run), _columns(found), strict=True))
    table = as_table(run, found, "\t" if out is not None and out.suffix.lower() == ".tsv" else ",")
    if out is not None:
        write_complete(out, table.encode("utf-8"))
    if json_:
        if out is not None:
            told |= {"out": str(out)}
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
        return 0
    if out is None:
        sys.stdout.write(table)
    if not quiet:
        for name, reason in found.skipped[:NAMED]:
            sys.stderr.write(f"{data.name}: {name} {reason}; passed over\n")
        if len(found.skipped) > NAMED:
            sys.stderr.write(f"{data.name}: {len(found.skipped) - NAMED:,} more files passed over\n")
        if out is not None:
            sys.stderr.write(f"{out}: {len(found.files):,} pictures\n")
    return 0


def as_table(run: PictureRun, found: PicturePredictions, comma: str = ",") -> str:
    """Return a row a picture, with its file, its class and the probability of each class."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=comma, lineterminator="\n")
    writer.writerow(["file", "prediction", *_names(run)])
    writer.writerows(zip(found.files, found.values.tolist(), *_columns(found), strict=True))
    return buffer.getvalue()


def _names(run: PictureRun) -> list[str]:
    return [f"probability_{label}" for label in run.classes]


def _columns(found: PicturePredictions) -> list[list[float]]:
    """Return the probabilities by class, with the digits that single precision holds."""
    return [[float(f"{value:.6g}") for value in column] for column in found.probabilities.T.tolist()]
