import numpy as np
import pytest
from scipy import stats

from cutaway.errors import InputError
from cutaway.metrics import BY_NAME
from cutaway.runs.comparison import Comparison, compare


def chances(right, truth):
    """Probabilities that choose the true class where `right`."""
    return np.eye(2)[np.where(right, truth, 1 - truth)]


def test_interval_of_a_paired_difference_is_that_of_students_t():
    random = np.random.default_rng(0)
    truth = random.normal(size=400) * 10
    hard = random.exponential(size=400) * 5  # what makes a row hard for both
    first, second = truth + hard + random.normal(size=400) * 0.3, truth + hard - 0.1
    found = compare(truth, first, second, BY_NAME["mae"])
    differences = np.abs(first - truth) - np.abs(second - truth)
    assert found.gain == pytest.approx(differences.mean())
    theirs = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert found.interval == pytest.approx((theirs.low, theirs.high), abs=0.1 * (theirs.high - theirs.low))
    assert found.better == "run B"
    assert found.interval[1] - found.interval[0] < 0.2  # each mean alone varies by ± 0.5


def test_accuracy_agrees_with_mcnemar():
    """What the exact test of the rows in which one is right and the other wrong says of three sets of predictions."""
    truth = np.arange(200) % 2
    for only_first, only_second, better in ((5, 30, "B"), (30, 5, "A"), (14, 17, None)):
        right_first = np.arange(200) >= only_second
        right_second = ~((np.arange(200) >= 100) & (np.arange(200) < 100 + only_first))
        found = compare(
            truth, chances(right_first, truth), chances(right_second, truth), BY_NAME["accuracy"], names=("A", "B")
        )
        assert found.gain == pytest.approx((only_second - only_first) / 200)
        assert found.better == better
        assert (stats.binomtest(only_first, only_first + only_second).pvalue < 0.05) == (better is not None)


def test_sentences():
    truth = np.arange(200) % 2
    good, poor = chances(np.arange(200) >= 10, truth), chances(np.arange(200) >= 60, truth)
    accuracy = BY_NAME["accuracy"]
    found = compare(truth, poor, good, accuracy)
    low, high = (100 * end for end in found.interval)
    assert found.sentence == (
        f"run B is better by 25.0 points of accuracy, 95 % interval {low:.1f} to {high:.1f}"
    ) and 18 < low < 22 < 28 < high < 32  # fmt: skip
    turned = compare(truth, good, poor, accuracy)
    assert turned.sentence == found.sentence.replace("run B", "run A") and turned.gain == -found.gain
    same = compare(truth, good, good, accuracy)
    assert same.sentence == "no difference: run A and run B have the same accuracy on 200 rows"
    unsure = compare(truth, good, chances((np.arange(200) >= 9), truth), accuracy)
    assert unsure.better is None
    assert unsure.sentence.startswith("no difference that 200 rows could show: run B is better by 0.5 points")
    # The 10 wrong ones in 200 rise from a probability of 1e-15 to 0.01, the others sink to 0.99.
    gain = (10 * np.log(0.01 / 1e-15) + 190 * np.log(0.99)) / 200
    softened = compare(truth, good, good * 0.98 + 0.01, BY_NAME["log_loss"]).sentence
    assert softened.startswith(f"run B is better by {gain:.3g} of log loss, 95 % interval 0.")


def test_figures_of_a_sentence_are_written_as_those_of_the_scores():
    """Thousands are set apart, and nothing a person can count has a power of ten."""
    metric, names = BY_NAME["rmse"], ("trees", "the network")
    large = Comparison(metric, names, (112233.0, 85720.0), 26512.7, (1604.0, 51718.0), 90)
    assert large.sentence == "the network is better by 26,500 of RMSE, 95 % interval 1,600 to 51,700"
    small = Comparison(metric, names, (0.002, 0.001), 0.000123456, (-0.0002, 0.00034567), 90)
    assert small.sentence.endswith("better by 0.000123 of RMSE, 95 % interval -0.0002 to 0.000346")


def test_five_rows_show_nothing():
    truth = np.zeros(6)
    for rows, better in ((5, None), (6, "run B")):
        assert compare(truth[:rows], truth[:rows] + 2, truth[:rows] + 1, BY_NAME["mae"]).better == better


def test_claims_are_false_in_about_one_of_twenty():
    """Two models that are equally good, compared on many tables."""
    claims = 0
    for seed in range(150):
        random = np.random.default_rng(seed)
        truth = random.normal(size=80)
        first, second = truth + random.normal(size=(2, 80))
        claims += compare(truth, first, second, BY_NAME["rmse"], seed=seed).better is not None
    assert 0.02 < claims / 150 < 0.1


def test_rows_that_decide_nothing_are_refused():
    with pytest.raises(InputError, match="comparison: 3 rows do not decide area under ROC"):
        compare(np.ones(3, int), np.full((3, 2), 0.5), np.full((3, 2), 0.5), BY_NAME["roc_auc"])


def test_rows_that_do_not_count_do_not_count():
    truth = np.zeros(40)
    second = np.where(np.arange(40) < 20, 1.0, 9.0)
    weight = (np.arange(40) < 20) * 1.0
    assert compare(truth, truth + 2, second, BY_NAME["mae"]).better == "run A"
    found = compare(truth, truth + 2, second, BY_NAME["mae"], weight=weight)
    assert found.better == "run B" and found.gain == 1
