"""Labels that are wrong here and there."""

from dataclasses import replace

import numpy as np
import pytest

from cutaway.diagnosis.after.label_noise import label_noise
from tests.diagnosis.preflight.trained import classifier, first, found, numbers, regressor, three_classes

X, Y = three_classes()


def flipped(share, seed=7):
    random = np.random.default_rng(seed)
    return np.where(random.random(len(Y)) < share, (Y + random.integers(1, 3, len(Y))) % 3, Y)


def test_a_third_of_the_labels():
    y = flipped(0.35)
    run = classifier(X, y)
    assert found(run, "label_noise").measured == pytest.approx(0.35, abs=0.07)
    # The network is as good as such labels allow, and so are simple methods.
    assert not run.verdict.harm and first(run) == "label_noise"
    run = classifier(X, y, validation=None)
    suspects = list(run.evidence.references.suspects)
    assert (y[suspects] != Y[suspects]).mean() > 0.8  # the rows it names are those that were changed


def test_the_cause_where_they_were_learned_by_heart():
    run = classifier(X, flipped(0.35), epochs=1)
    hurt = replace(run.evidence, outcome=replace(run.evidence.outcome, score=0.97, validation_score=0.4))
    hurt, well = (
        replace(each, mislabelled=None) for each in (hurt, run.evidence)
    )  # as if it could not be told from them
    assert label_noise(hurt).confidence > 0.5 > label_noise(well).confidence


def test_silent_on_a_twentieth():
    assert found(classifier(X, flipped(0.05)), "label_noise") is None


@pytest.mark.parametrize("distance", [1.5, 2.0, 3.0])
def test_silent_where_classes_overlap(distance):
    assert found(classifier(*three_classes(distance=distance), epochs=8), "label_noise") is None


def test_silent_where_most_rows_are_of_one_class():
    random = np.random.default_rng(0)
    x = random.standard_normal((600, 3)).astype(np.float32)
    y = (x[:, 0] + 2 * random.standard_normal(600) > 1.2).astype(int)
    assert found(classifier(x, y, outputs=2, epochs=8), "label_noise") is None


def test_silent_on_numbers():
    assert found(regressor(*numbers(), epochs=2), "label_noise") is None
