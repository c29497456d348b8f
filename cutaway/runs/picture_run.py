"""A run on pictures: predicts for files, folders and arrays, and remembers how it was made."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.picture_arrays import PREDICTABLE, read_pixels
from cutaway.data.picture_encoder import PictureEncoder
from cutaway.data.picture_files import Pixels
from cutaway.data.pictures import Told, decode_files
from cutaway.data.strict_json import some_fields
from cutaway.data.table import Values
from cutaway.data.targets import ClassTarget, Label
from cutaway.errors import DataWarning, InputError
from cutaway.layers import Blend, Ensemble, Layer
from cutaway.runs.calibration import as_scores, tempered
from cutaway.runs.decoding import answers
from cutaway.runs.run import Run
from cutaway.runs.scores import Scores
from cutaway.storage.network_file import NetworkFile
from cutaway.storage.run_folder import FILTERS, MISTAKES

TILE = 1 << 18  # pixels of pictures that are computed at once
MOST_CLASSES = 100  # with more the matrix of confusions is not kept, only the largest of them


@dataclass(frozen=True)
class PicturePredictions:
    """What a run says about pictures.

    files          of the pictures, or their places in an array
    values         the most probable class of each
    probabilities  (pictures, classes), in the order of the run's `classes`
    skipped        files that are no pictures, or damaged: (name, reason)
    """

    files: list[str]
    values: Values
    probabilities: NDArray[np.float64]
    skipped: list[tuple[str, str]] = field(default_factory=list)


@dataclass(kw_only=True, repr=False)
class PictureRun(Run):
    """What `train_pictures` returns, and `load` gives back.

    preprocessing  how a file or an array becomes the network's input
    target         the classes, and the temperature of their probabilities
    estimate       on pictures that were learned from by no step, but set the temperature; None where there were none
    scores         on pictures set aside, beside a baseline; None where none were
    confusion      of those, or else of the pictures watched: how many of each class (row) were taken for each (column);
                   empty with more than 100 classes
    confused       the classes most confused: (true, predicted, how many)
    notes          what was passed over, and what a person should know
    data           where the pictures came from, how many of each class, and their fingerprint
    settings       how it was trained
    sheets         pictures to look at, by the name of their file in the run's folder
    """

    preprocessing: PictureEncoder
    target: ClassTarget
    estimate: Scores | None = None
    scores: Scores | None = None
    confusion: list[list[int]] = field(default_factory=list)
    confused: list[tuple[str, str, int]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    sheets: dict[str, bytes] = field(default_factory=dict)

    @property
    def classes(self) -> tuple[Label, ...]:
        """The classes, in the order of the columns of `predict_proba`."""
        return self.target.labels

    # ---- predicting -------------------------------------------------------------------------------------------

    def predict(self, x: Any, rows: int | None = None) -> Values:
        """Return the most probable class of each picture of `x`.

        x      an array of pictures in any layout that `as_pictures` knows, a file, a folder, or several files
        rows   how many are computed at once (None: by their size)

        Of a folder, files that are no pictures are passed over, and told as a `DataWarning`; a file that was named and
        is none raises `InputError`. Pictures are computed in single precision: the last digits of a probability may
        depend on which are computed together.
        """
        return self._told(x, rows).values

    def predict_proba(self, x: Any, rows: int | None = None) -> NDArray[np.float64]:
        """Return the probability of each of `classes` for each picture, (pictures, classes); see `predict`."""
        return self._told(x, rows).probabilities

    def _told(self, x: Any, rows: int | None) -> PicturePredictions:
        found = self.predictions(x, rows)
        if found.skipped:
            named = "; ".join(f"{name} {reason}" for name, reason in found.skipped[:3])
            message = f"{len(found.skipped)} file(s) passed over: {named}"
            if not isinstance(x, (str, os.PathLike)) or not Path(x).is_dir():
                raise InputError(f"predict: {message}; leave them out, or give their folder")
            warnings.warn(message, DataWarning, stacklevel=3)
        return found

    def predictions(self, x: Any, rows: int | None = None, told: Told | None = None) -> PicturePredictions:
        """Return predictions and probabilities for pictures, and which files are none; `told` hears of the reading.

        Raises `InputError` where there is no picture at all.
        """
        pixels, files, skipped = self._read(x, told)
        if not len(pixels):
            named = "".join(f"; {name} {reason}" for name, reason in skipped[:3])
            place = x if isinstance(x, (str, os.PathLike)) else "predict"
            raise InputError(f"{place}: there is no picture that can be read{named}")
        probabilities = probabilities_of(self.network, self.target, pixels, rows)
        return PicturePredictions(files, self._labels(probabilities), probabilities, skipped)

    def _labels(self, probabilities: NDArray[np.float64]) -> Values:
        values = self.target.choose(probabilities)
        whole = all(isinstance(label, int) and not isinstance(label, bool) for label in self.target.labels)
        return values.astype(np.int64) if whole else values

    def _read(self, x: Any, told: Told | None) -> tuple[Pixels, list[str], list[tuple[str, str]]]:
        if isinstance(x, (str, os.PathLike)):
            place = Path(x)
            if place.is_file() and PREDICTABLE.search(place.name):
                name, array = read_pixels(place)
                try:
                    pixels = self.preprocessing.encode_arrays(array)
                except InputError as fault:
                    raise InputError(f"{place}: {fault}") from None
                return pixels, [f"{name}[{row}]" for row in range(len(array))], []
            return decode_files([place], self.preprocessing, told)
        if isinstance(x, Sequence) and x and all(isinstance(item, (str, os.PathLike)) for item in x):
            return decode_files([Path(item) for item in x], self.preprocessing, told)
        array = np.asarray(x)
        if array.dtype.kind not in "fiub":
            raise InputError(f"predict: got {type(x).__name__}; expected an array of pictures, files, or a folder")
        return self.preprocessing.encode_arrays(array), [f"[{row}]" for row in range(len(array))], []

    # ---- telling ----------------------------------------------------------------------------------------------

    @classmethod
    def restored(cls, held: NetworkFile, facts: dict[str, Any] | None, **common: Any) -> PictureRun:
        """Return the run that a network's file and `run.json` describe; a file alone says no facts."""
        if not isinstance(held.target, ClassTarget):
            raise InputError("the network is for pictures, whose target must be classes")
        told = {} if facts is None else _from_facts(facts)
        folder = common.get("path")
        if folder is not None:
            places = {name: Path(folder) / name for name in (MISTAKES, FILTERS)}
            told["sheets"] = {name: place.read_bytes() for name, place in places.items() if place.is_file()}
        return cls(**common, preprocessing=held.preprocessing, target=held.target, **told)

    def summary(self) -> dict[str, Any]:
        """Return what was done and how well it went, as plain data; it becomes `run.json`."""
        return {
            **super().summary(),
            "kind": "pictures",
            "data": self.data,
            "target": self.target.column,
            "classes": list(self.classes),
            "size": [self.preprocessing.height, self.preprocessing.width, self.preprocessing.channels],
            "notes": self.notes,
            "settings": self.settings,
            "estimate": None if self.estimate is None else self.estimate.to_json(),
            "scores": None if self.scores is None else self.scores.to_json(),
            "confusion": self.confusion,
            "confused": [list(each) for each in self.confused],
        }

    def save(self, folder: str | Path) -> Path:
        """Write the run to a folder, which appears complete or not at all, and return it; see `Run.save`."""
        return self._save(Path(folder), preprocessing=self.preprocessing, target=self.target, also=self.sheets)

    def __repr__(self) -> str:
        told = "not tested"
        if self.scores is not None:
            told = f"{self.scores.metric} {self.scores.value:.4g} on {self.scores.rows} pictures"
        return f"PictureRun({len(self.classes)} classes, {told})"


def probabilities_of(
    network: Layer | Ensemble | Blend, target: ClassTarget, pixels: Pixels, rows: int | None = None
) -> NDArray[np.float64]:
    """Return the probability of each class for pixels (n, height, width, channels), (n, classes).

        softmax(ln p̄ / T), with the mean p̄ of the members' probabilities and the target's temperature T

    rows   how many are computed at once (None: by their size)
    """
    tile = rows or max(1, TILE // (pixels.shape[1] * pixels.shape[2]))
    members: list[Layer] = list(Ensemble.of(network))
    parts = []
    for begin in range(0, len(pixels), tile):
        some = pixels[begin : begin + tile]
        parts.append(np.mean([answers(member(some), target) for member in members], axis=0))
    mean: NDArray[np.float64] = np.concatenate(parts) if parts else np.zeros((0, target.outputs))
    return tempered(as_scores(mean), target.temperature) if target.temperature != 1.0 else mean


def _from_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """Return what `summary` told of data, settings and scores, checked; `InputError` says what is wrong."""
    told = some_fields(facts, "run", notes=list, settings=dict, data=dict, confusion=list, confused=list)
    if not all(isinstance(note, str) for note in told["notes"]):
        raise InputError("notes: expected a list of texts")
    rows = told["confusion"]
    if not all(isinstance(row, list) and len(row) == len(rows) and all(type(n) is int for n in row) for row in rows):
        raise InputError("confusion: expected as many rows of counts as there are classes, each of as many")
    pairs = told["confused"]
    if not all(isinstance(each, list) and [type(item) for item in each] == [str, str, int] for each in pairs):
        raise InputError("confused: expected lists of two classes and a count")
    return {
        **told,
        "confused": [(true, predicted, count) for true, predicted, count in pairs],
        "estimate": Scores.from_json(facts.get("estimate"), "estimate"),
        "scores": Scores.from_json(facts.get("scores"), "scores"),
    }
