import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from cutaway.errors import InputError
from cutaway.runs.threshold import METRICS, best_threshold, chosen_classes

THEIRS = {
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "f1": lambda *given, **weight: sk.f1_score(*given, zero_division=0.0, **weight),
}


@settings(max_examples=30, deadline=None)
@given(st.data())
@pytest.mark.parametrize("metric", METRICS)
def test_no_threshold_of_all_is_better(metric, data):
    """Against scikit-learn's metric at every threshold that makes a difference, with ties, zeros and ones."""
    rows = data.draw(st.integers(2, 12))
    probabilities = np.array(data.draw(st.lists(st.integers(0, 10), min_size=rows, max_size=rows))) / 10
    truth = np.array(data.draw(st.permutations([0, 1, *([0] * (rows - 2))])))
    truth |= probabilities == 0.7
    weight = np.array(data.draw(st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=rows, max_size=rows)))
    if len(set(truth)) < 2:
        truth[0] ^= 1
    found = best_threshold(probabilities, truth, metric, weight)

    def at(threshold):
        return THEIRS[metric](truth, (probabilities > threshold).astype(int), sample_weight=weight)

    everywhere = [at(threshold) for threshold in (*np.arange(0, 1, 0.05), 0.5, 1.0)]
    assert found.score == pytest.approx(max(everywhere), abs=1e-12)
    assert found.score == pytest.approx(at(found.value), abs=1e-12)
    assert found.at_half == pytest.approx(at(0.5), abs=1e-12)
    assert 0 <= found.value <= 1
    if found.score == found.at_half:
        assert found.value == 0.5


def test_rare_yes_is_chosen_earlier_for_f1():
    random = np.random.default_rng(0)
    probability = random.beta(0.5, 4, 20_000)
    truth = (random.random(20_000) < probability).astype(int)
    found = best_threshold(np.column_stack([1 - probability, probability]), truth, "f1")
    # Of true probabilities, the best threshold is half the best F1: Lipton, Elkan, Naryanaswamy 2014, arXiv 1402.1892.
    assert found.value == pytest.approx(found.score / 2, abs=0.03)
    assert found.score > found.at_half + 0.1
    # And for accuracy it is ½, which pure chance moves a little.
    assert best_threshold(probability, truth).value == pytest.approx(0.5, abs=0.05)


def test_neighbouring_numbers():
    low = 0.3
    high = np.nextafter(low, 1)
    found = best_threshold(np.array([low, high]), np.array([0, 1]))
    assert found.score == 1 and chosen_classes(np.array([low, high]), found.value).tolist() == [0, 1]


def test_one_class_only_leaves_the_half():
    assert best_threshold(np.array([0.1, 0.2]), np.array([0, 0]), "f1").value == 0.5
    assert best_threshold(np.array([0.1, 0.2]), np.array([0, 0]), "balanced_accuracy").score == 1


@pytest.mark.parametrize(
    ("probabilities", "truth", "metric", "message"),
    [
        (np.array([0.1]), np.array([1]), "roc_auc", "metric is 'roc_auc'"),
        (np.array([1.5]), np.array([1]), "f1", "expected numbers from 0 to 1"),
        (np.full((2, 3), 1 / 3), np.array([1, 0]), "f1", r"shape \(2, 3\)"),
        (np.array([0.1, 0.2]), np.array([1, 2]), "f1", r"the values \[1, 2\]"),
        (np.array([0.1, 0.2]), np.array([1]), "f1", r"2 probabilities and truth of shape \(1,\)"),
    ],
)
def test_what_cannot_be_used(probabilities, truth, metric, message):
    with pytest.raises(InputError, match=f"^threshold: .*{message}"):
        best_threshold(probabilities, truth, metric)
