"""What a run on pictures or a text answered while it learned, at the moments of which it kept the weights."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from cutaway.layers import Ensemble, Layer
from cutaway.runs.picture_run import PictureRun, probabilities_of
from cutaway.runs.run import Run
from cutaway.runs.text_run import TextRun, written
from cutaway.studio.report_course import times
from cutaway.studio.report_pictures import Aside, png
from cutaway.studio.report_words import cut

WRITTEN, MOST_WRITTEN = 80, 6  # tokens at a moment, and moments: about half a second of a GPT of 800,000 weights
TEMPERATURE = 0.8
SHOWN = 8  # pictures


def moments(run: Run, aside: Aside | None, rows: bool = True) -> dict[str, Any] | None:
    """Return what a run answered at its moments; None where it kept none, or there is nothing to ask.

    at        the moments, in the unit of the run's curves
    texts     of a text what the network wrote at each, from nothing, by the same draws
    pictures  some that were set aside, each with what it is; with `answers`, at each moment for each of them the class
              and the probability that the first network gave it
    """
    if len(run.moments) < 2:
        return None
    if isinstance(run, TextRun):
        places = np.unique(
            np.linspace(0, len(run.moments) - 1, min(MOST_WRITTEN, len(run.moments))).round().astype(int)
        )
        found = [(at, _wrote(run, network)) for at, network in _networks(run, places)]
        return {"at": [at for at, _ in found], "texts": [cut(text, 4 * WRITTEN) for _, text in found]}
    if isinstance(run, PictureRun) and aside is not None and rows:
        first = [int(np.flatnonzero(aside.truth == code)[0]) for code in np.unique(aside.truth)]
        chosen = np.array(first)[np.unique(np.linspace(0, len(first) - 1, min(SHOWN, len(first))).round().astype(int))]
        labels = [cut(str(label)) for label in run.classes]
        told, answers = [], []
        for at, network in _networks(run, np.arange(len(run.moments))):
            sure = probabilities_of(network, run.target, aside.pixels[chosen])
            told.append(at)
            answers.append([[labels[int(row.argmax())], float(f"{row.max():.3g}")] for row in sure])
        pictures = [{"picture": png(aside.pixels[row]), "truth": labels[int(aside.truth[row])]} for row in chosen]
        return {"at": told, "pictures": pictures, "answers": answers}
    return None


def _networks(run: Run, places: np.ndarray) -> Iterator[tuple[int, Layer]]:
    """Yield the first network as it was at some of the moments, and when that was."""
    first, when = next(iter(Ensemble.of(run.network))), times(run)
    network = copy.deepcopy(first)
    for place in map(int, places):
        epoch, arrays = run.moments[place]
        if epoch in when:
            network.load(dict(arrays))
            yield when[epoch], network


def _wrote(run: TextRun, network: Layer) -> str:
    seed = int(run.settings.get("seed") or 0)
    pieces = written(
        network, run.preprocessing, "", length=WRITTEN, temperature=TEMPERATURE, top_k=None, seed=seed
    )  # fmt: skip
    return "".join(pieces)
