"""How good a run on pictures is, which classes it confuses, and the sheets to look at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cutaway.data.pictures import Pictures
from cutaway.layers import Ensemble
from cutaway.runs.calibration import as_scores, best_temperature, calibration_error, tempered
from cutaway.runs.judging import CALIBRATION, FEWEST_TO_CALIBRATE
from cutaway.runs.picture_parts import Division, Rows
from cutaway.runs.picture_run import MOST_CLASSES, PictureRun, probabilities_of
from cutaway.runs.picture_sheet import MOST, filters_sheet, mistakes_sheet
from cutaway.runs.scores import score_classes
from cutaway.storage.run_folder import FILTERS, MISTAKES

MOST_CONFUSED = 10  # pairs of classes
MOST_NUMBERS = 1 << 24  # that the temperature is found from


def judge_pictures(run: PictureRun, pictures: Pictures, codes: NDArray[np.int32], division: Division) -> None:
    """Set the temperature by the pictures watched, and score the run on those and on the ones set aside."""
    target, seed = run.target, run.settings["seed"]
    trained_on = codes[np.concatenate([division.learned, division.watched])]
    judged: tuple[NDArray[np.float64], Rows] | None = None
    if len(division.watched):
        answer = probabilities_of(run.network, target, pictures.pixels[division.watched])
        truth = codes[division.watched]
        if len(truth) >= FEWEST_TO_CALIBRATE:
            # It doubts as if one more row of each class were there. Of many classes, and few mistakes, that is far too
            # much doubt: with each row as often as there are classes, it is one more row in all.
            scores = as_scores(answer)
            many = max(1, min(target.outputs, MOST_NUMBERS // scores.size))
            temperature = best_temperature(np.repeat(scores, many, axis=0), np.repeat(truth, many))
            run.target = target = replace(target, temperature=temperature)
            answer = tempered(scores, temperature)
        run.estimate = score_classes(target, answer, truth, trained_on, seed=seed)
        judged = answer, division.watched
    if len(division.tested):
        answer = probabilities_of(run.network, target, pictures.pixels[division.tested])
        truth = codes[division.tested]
        found = score_classes(target, answer, truth, trained_on, seed=seed)
        run.scores = replace(found, others={**found.others, CALIBRATION: calibration_error(answer, truth)})
        judged = answer, division.tested
    filters = filters_sheet(Ensemble.of(run.network)[0])
    if filters is not None:
        run.sheets[FILTERS] = filters
    if judged is None:
        return
    answer, places = judged
    choice, truth = answer.argmax(axis=1), codes[places]
    counts = np.zeros((target.outputs, target.outputs), np.int64)
    np.add.at(counts, (truth, choice), 1)
    if target.outputs <= MOST_CLASSES:
        run.confusion = counts.tolist()
    labels = [str(label) for label in target.labels]
    wrong = np.where(np.eye(target.outputs, dtype=np.bool_), 0, counts)
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_CONFUSED]
    pairs = [np.unravel_index(int(place), wrong.shape) for place in order]
    run.confused = [
        (labels[row], labels[column], int(wrong[row, column])) for row, column in pairs if wrong[row, column]
    ]
    missed = np.flatnonzero(choice != truth)
    if len(missed):
        worst = missed[np.argsort(-answer[missed].max(axis=1), kind="stable")][:MOST]
        what = "the surest first" if len(missed) <= MOST else f"the {MOST} surest"
        run.sheets[MISTAKES] = mistakes_sheet(
            pictures.pixels[places[worst]],
            [labels[truth[row]] for row in worst],
            [labels[choice[row]] for row in worst],
            answer[worst].max(axis=1),
            f"{len(missed):,} of {len(places):,} pictures taken for another class, {what}",
        )
