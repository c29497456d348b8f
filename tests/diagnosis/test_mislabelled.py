"""Labels that are wrong at random, told from classes that overlap."""

import numpy as np
import pytest

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.mislabelled import labels_of, mislabelled
from cutaway.training.step import Batch


@pytest.fixture
def random():
    return np.random.default_rng(0)


def one_hot(labels):
    return np.eye(int(labels.max()) + 1)[labels]


def wrong(labels, share, random):
    many = int(labels.max()) + 1
    other = (labels + random.integers(1, many, len(labels))) % many
    return np.where(random.random(len(labels)) < share, other, labels)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.4])
@pytest.mark.parametrize("classes", [3, 5])
def test_the_share_is_found(random, share, classes):
    centres = 3 * random.standard_normal((classes, 4))
    labels = random.integers(0, classes, 600)
    x = centres[labels] + random.standard_normal((600, 4))
    y = wrong(labels, share, random)
    found = mislabelled(x, one_hot(y))
    assert found.share == pytest.approx((y != labels).mean(), abs=0.08)
    assert (found.beyond >= at.LIKELIER) == (share > 0.2)


@pytest.mark.parametrize("classes", [2, 4, 7])
@pytest.mark.parametrize("tells", [0.2, 0.5, 1.0, 3.0])
def test_classes_that_overlap_have_none_however_little_is_told(random, classes, tells):
    x = random.standard_normal((600, 5))
    scores = tells * (x @ random.standard_normal((5, classes))) + random.gumbel(size=(600, classes))
    assert mislabelled(x, one_hot(scores.argmax(axis=1))).beyond < at.LIKELIER


def test_labels_that_have_nothing_to_do_with_inputs_are_not_called_wrong(random):
    assert mislabelled(random.standard_normal((600, 5)), one_hot(random.integers(0, 4, 600))).beyond < at.LIKELIER


def test_rows_held_out_count_and_inputs_that_are_not_finite_tell_nothing(random):
    labels = np.arange(400) % 4
    x = 3 * np.eye(4)[labels] + 0.5 * random.standard_normal((400, 4))
    y = wrong(labels, 0.3, random)
    learned, held_out = Batch(x[:200], y[:200], None), Batch(x[200:], y[200:], None)
    alone, both = labels_of(learned, None), labels_of(learned, held_out)
    assert alone == mislabelled(x[:200], one_hot(y[:200])) != both
    assert both == mislabelled(x, one_hot(y))
    of_columns = [part._replace(y=one_hot(part.y)) for part in (learned, held_out)]
    assert labels_of(*of_columns) == both
    assert labels_of(learned._replace(x=np.where(learned.x > 3, np.nan, learned.x)), None) is None
