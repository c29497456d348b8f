"""What a report shows of a run on pictures: the worst mistakes, and the pixels that answers rest on."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.backends.random import generator
from cutaway.errors import InputError
from cutaway.explain.saliency import saliency
from cutaway.layers import Blend, Ensemble
from cutaway.metrics import BY_NAME
from cutaway.runs.picture_run import PictureRun, probabilities_of
from cutaway.storage.run_folder import FILTERS, MISTAKES
from cutaway.studio.report_mistakes import matrix
from cutaway.studio.report_rows import AGREES
from cutaway.studio.report_words import cut

MOST_READ = 4_000  # pictures that are read again; of more the sheet of the run's folder is shown
MOST = 500  # of those set aside that are looked at
TILES, EXPLAINED = 24, 4
LARGEST_SHEET = 600_000  # bytes
FILTERS_SHEET = 120_000


@dataclass(frozen=True)
class Aside:
    """Pictures that no step of the training saw: pixels, the probabilities of each class, and the true codes."""

    pixels: np.ndarray
    answer: np.ndarray
    truth: np.ndarray
    whole: int

    @property
    def words(self) -> str:
        """Which pictures they are."""
        if len(self.truth) < self.whole:
            return f"{len(self.truth):,} pictures, drawn from the {self.whole:,} that were set aside"
        return f"the {self.whole:,} pictures that were set aside"


def pictures_aside(run: PictureRun) -> Aside:
    """Return the pictures that a run set aside, read again, with its answers.

    Raises `InputError`, in words for the report, where there are none, where they would take long to read, and where
    they are gone or have changed.
    """
    from cutaway.data.pictures import read_pictures
    from cutaway.recipes.image import LARGEST
    from cutaway.runs.picture_parts import divide

    place, settings = run.data.get("path"), run.settings
    if run.scores is None:
        raise InputError("no pictures were set aside")
    if int(run.data.get("pictures", 0)) > MOST_READ:
        raise InputError(f"there are more than {MOST_READ:,} pictures, which would take long to read again")
    if not isinstance(place, str) or not Path(place).exists():
        raise InputError("the pictures are not where they were")
    pictures = read_pictures(place, largest=LARGEST[settings["effort"]], size=settings.get("size"))
    if pictures.fingerprint() != run.data.get("fingerprint") or pictures.encoder != run.preprocessing:
        raise InputError("the pictures have changed since they were learned from")
    tested = divide(pictures, run.target, float(settings["test"]), int(settings["seed"]))[0].tested
    whole = len(tested)
    if whole > MOST:
        tested = np.sort(generator(settings["seed"], "report").permutation(tested)[:MOST])
    truth = run.target.encode(pictures.labels[tested])
    answer = probabilities_of(run.network, run.target, pictures.pixels[tested])
    if whole != run.scores.rows or (len(tested) == whole and not _as_scored(run, answer, truth)):
        raise InputError("the pictures that were set aside cannot be found again")
    return Aside(pictures.pixels[tested], answer, truth, whole)


def _as_scored(run: PictureRun, answer: np.ndarray, truth: np.ndarray) -> bool:
    assert run.scores is not None
    found = BY_NAME[run.scores.metric](answer, truth)
    return isclose(found, run.scores.value, rel_tol=AGREES, abs_tol=AGREES)


def picture_mistakes(run: PictureRun, aside: Aside | None, rows: bool = True) -> dict[str, Any] | None:
    """Return the confusion that the run counted, and the surest mistakes as pictures, or the sheet of its folder."""
    found: dict[str, Any] = {}
    labels = [cut(str(label)) for label in run.classes]
    if run.confusion:
        counts = np.array(run.confusion)
        found |= matrix(counts, labels) | {"wrong": int(counts.sum() - np.trace(counts)), "rows": int(counts.sum())}
        where = "set aside" if run.scores is not None else "held out"
        found["of"] = f"the {int(counts.sum()):,} pictures that were {where}"
    elif run.confused:
        found |= {"pairs": [[cut(true), cut(other), count] for true, other, count in run.confused]}
        found["of"] = "the pictures that were set aside"
    if rows and aside is not None:
        found["tiles"] = tiles(aside, labels)
        found.setdefault("of", aside.words)
    elif rows and (sheet := _sheet(run, MISTAKES, LARGEST_SHEET)):
        found["sheet"] = sheet
    if filters := _sheet(run, FILTERS, FILTERS_SHEET):
        found["filters"] = filters
    return found or None


def tiles(aside: Aside, labels: list[str]) -> list[dict[str, Any]]:
    """Return the pictures that were taken for another class, the surest first, with what they are."""
    choice = aside.answer.argmax(axis=1)
    missed = np.flatnonzero(choice != aside.truth)
    worst = missed[np.argsort(-aside.answer[missed].max(axis=1), kind="stable")][:TILES]
    return [
        {
            "picture": png(aside.pixels[row]), "truth": labels[int(aside.truth[row])],
            "predicted": labels[int(choice[row])], "sure": float(aside.answer[row].max()),
        }
        for row in worst
    ]  # fmt: skip


def picture_explained(run: PictureRun, aside: Aside) -> dict[str, Any]:
    """Return a few pictures with the slope of the answer's score by pixel: surest mistakes, else the most doubt."""
    choice = aside.answer.argmax(axis=1)
    sure = aside.answer.max(axis=1)
    wrong = choice != aside.truth
    order = np.argsort(np.where(wrong, -sure, sure), kind="stable")[:EXPLAINED]
    several = isinstance(run.network, (Blend, Ensemble))
    labels = [cut(str(label)) for label in run.classes]
    told = []
    for row in map(int, order):
        found = saliency(run.network, aside.pixels[row], int(choice[row]), 0 if several else None)
        slope = found.map
        told.append(
            {
                "why": "a mistake" if wrong[row] else "a right answer with much doubt",
                "picture": png(aside.pixels[row]),
                "slope": png((255 * slope / (float(slope.max()) or 1.0)).astype(np.uint8)[..., None]),
                "truth": labels[int(aside.truth[row])], "predicted": labels[int(choice[row])], "sure": float(sure[row]),
            }
        )  # fmt: skip
    return {"pictures": told, "first": several}


def png(pixels: np.ndarray) -> str:
    """Return pixels (height, width, channels) of 0 to 255 as a data address.

    >>> png(np.zeros((2, 2, 1), np.uint8))[:22]
    'data:image/png;base64,'
    """
    from PIL import Image

    shown = np.asarray(pixels, np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(shown[:, :, 0] if shown.shape[2] == 1 else shown).save(buffer, "PNG")
    return _address(buffer.getvalue())


def _sheet(run: PictureRun, name: str, most: int) -> str:
    content = run.sheets.get(name, b"")
    return _address(content) if 0 < len(content) <= most else ""


def _address(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
