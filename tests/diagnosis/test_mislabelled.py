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


@pytest.mark.parametrize(
    ("groups", "odds", "others"), [(2, 0.5, 20), (3, 0.5, 20), (4, 0.6, 4), (5, 0.7, 20), (6, 0.5, 20)]
)
def test_groups_of_which_each_has_its_own_odds_are_no_wrong_labels(random, groups, odds, others):
    """An outcome by sex, say, beside columns that do not matter: nobody can tell it from labels that are wrong."""
    group = random.integers(0, groups, 600)
    x = np.hstack([one_hot(group), random.standard_normal((600, others))])
    y = np.where(random.random(600) < odds, group, random.integers(0, groups, 600))
    assert mislabelled(x, one_hot(y)).beyond == 0


def test_odds_by_two_columns_of_few_values_are_none(random):
    columns = random.integers(0, 4, (600, 2))
    scores = random.standard_normal((4, 3))[columns[:, 0]] + random.standard_normal((4, 3))[columns[:, 1]]
    y = np.where(random.random(600) < 0.5, scores.argmax(axis=1), random.integers(0, 3, 600))
    x = np.hstack([one_hot(columns[:, 0]), one_hot(columns[:, 1]), random.standard_normal((600, 5))])
    assert mislabelled(x, one_hot(y)).beyond == 0


def test_columns_of_few_values_that_tell_less_hide_nothing(random):
    labels = np.arange(600) % 4
    x = np.hstack([3 * one_hot(labels) + 0.5 * random.standard_normal((600, 4)), random.integers(0, 2, (600, 2))])
    assert mislabelled(x, one_hot(wrong(labels, 0.35, random))).beyond > at.LIKELIER


def test_rows_that_are_repeated_count_as_one(random):
    """With labels of their own; one that is copied with its label has a neighbour that confirms it."""
    labels = np.arange(300) % 4
    x = np.tile(3 * one_hot(labels) + 0.8 * random.standard_normal((300, 4)), (2, 1))
    y = one_hot(wrong(np.tile(labels, 2), 0.35, random))
    apart = mislabelled(x + 1e-9 * random.standard_normal(x.shape), y)
    assert apart.beyond > at.LIKELIER
    assert mislabelled(x, y).beyond == pytest.approx(apart.beyond / 2, rel=1e-3)
    assert mislabelled(np.tile(x[:300], (2, 1)), np.tile(y[:300], (2, 1))).beyond == 0


def test_labels_that_have_nothing_to_do_with_inputs_are_not_called_wrong(random):
    assert mislabelled(random.standard_normal((600, 5)), one_hot(random.integers(0, 4, 600))).beyond < at.LIKELIER


def test_rows_held_out_count_and_what_is_not_finite_or_weighs_nothing_does_not(random):
    labels = np.arange(400) % 4
    x = 3 * np.eye(4)[labels] + 0.5 * random.standard_normal((400, 4))
    y = wrong(labels, 0.3, random)
    learned, held_out = Batch(x[:200], y[:200], None), Batch(x[200:], y[200:], None)
    alone, both = labels_of(learned, None), labels_of(learned, held_out)
    assert alone == mislabelled(x[:200], one_hot(y[:200])) != both
    assert both == mislabelled(x, one_hot(y))
    assert labels_of(*(part._replace(y=one_hot(part.y)) for part in (learned, held_out))) == both
    assert labels_of(learned, held_out._replace(x=np.full_like(held_out.x, np.nan))) == alone
    assert labels_of(Batch(x, y, (np.arange(400) < 200).astype(np.float32)), None) == alone
    assert labels_of(Batch(x, np.stack([one_hot(y)] * 2, axis=1), None), None) is None  # two labels a row


def test_of_many_rows_some_are_asked_of_every_class(random):
    labels = np.arange(1281) % 4  # every second row would be of two classes
    x = 3 * np.eye(4)[labels] + 0.5 * random.standard_normal((1281, 4))
    asked = labels_of(Batch(x, wrong(labels, 0.3, random), None), None)
    assert asked.share == pytest.approx(0.3, abs=0.06) and asked.beyond > at.LIKELIER
