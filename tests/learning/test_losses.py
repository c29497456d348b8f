"""What each loss makes a network say is known in closed form for a network that can say only one thing.

With nothing but a bias to learn, squared error finds the mean, absolute error the median, cross-entropy the share
of each class; weights count rows as if they were there several times.
"""

from __future__ import annotations

import numpy as np
import pytest

import cutaway as ca
from tests.learning.data import load


def learned_constant(y, loss, outputs=1, weight=None, rate=0.05, epochs=800, activation=None):
    """Return what the network says after training, whatever comes in."""
    layers = [ca.Dense(outputs), *([activation] if activation else [])]
    net = ca.Sequential(*layers).build(1, dtype=np.float64)
    ca.fit(
        net, np.zeros((len(y), 1)), y, loss=loss, optimizer=ca.Adam(ca.Cosine(rate)), epochs=epochs,
        batch_size=None, sample_weight=weight, engine="numpy", observe=False,
    )  # fmt: skip
    return net(np.zeros((1, 1)))[0]


@pytest.fixture(scope="module")
def skewed():
    """Numbers with a long tail, so that mean and median differ: how long an iris's petals are, raised to e."""
    x, _ = load("iris")
    return np.exp(x[:149, 2])


@pytest.fixture(scope="module")
def classes():
    """Three classes of unequal size: 60 %, 30 % and 10 %."""
    return np.repeat([0, 1, 2], [60, 30, 10])


def test_squared_error_finds_the_mean(skewed):
    assert learned_constant(skewed, "squared_error").item() == pytest.approx(skewed.mean(), abs=1e-3)


def test_residual_sum_of_squares_finds_the_mean(skewed):
    assert learned_constant(skewed, "residual_sum_of_squares").item() == pytest.approx(skewed.mean(), abs=1e-3)


def test_absolute_error_finds_the_median(skewed):
    assert skewed.mean() - np.median(skewed) > 0.05
    assert learned_constant(skewed, "absolute_error").item() == pytest.approx(np.median(skewed), abs=0.01)


def test_huber_finds_a_place_where_the_clipped_pulls_balance(skewed):
    found = learned_constant(skewed, ca.Huber(0.3)).item()
    assert np.clip(found - skewed, -0.3, 0.3).mean() == pytest.approx(0, abs=1e-3)
    assert np.median(skewed) < found < skewed.mean()


def test_weights_of_rows_count_them_several_times(skewed):
    weight = np.arange(len(skewed)) % 3
    expected = np.average(skewed, weights=weight)
    assert learned_constant(skewed, "squared_error", weight=weight).item() == pytest.approx(expected, abs=1e-3)


def test_cross_entropy_finds_the_share_of_each_class(classes):
    found = ca.ops.softmax(learned_constant(classes, "cross_entropy", outputs=3))
    assert found == pytest.approx([0.6, 0.3, 0.1], abs=1e-3)


def test_cross_entropy_on_probabilities_finds_the_same(classes):
    loss = ca.CrossEntropy(from_logits=False)
    found = learned_constant(classes, loss, outputs=3, activation=ca.Softmax())
    assert found == pytest.approx([0.6, 0.3, 0.1], abs=1e-3)


def test_one_hot_targets_say_the_same_as_class_numbers(classes):
    by_number = learned_constant(classes, "cross_entropy", outputs=3, epochs=50)
    by_row = learned_constant(np.eye(3)[classes], "cross_entropy", outputs=3, epochs=50)
    assert by_row == pytest.approx(by_number, abs=1e-9)


def test_label_smoothing_moves_the_shares_towards_equal(classes):
    found = ca.ops.softmax(learned_constant(classes, ca.CrossEntropy(label_smoothing=0.3), outputs=3))
    assert found == pytest.approx(0.7 * np.array([0.6, 0.3, 0.1]) + 0.1, abs=1e-3)


def test_class_weights_move_the_shares(classes):
    loss = ca.CrossEntropy(class_weight=[1 / 0.6, 1 / 0.3, 1 / 0.1])
    assert ca.ops.softmax(learned_constant(classes, loss, outputs=3)) == pytest.approx([1 / 3] * 3, abs=1e-3)


@pytest.mark.parametrize("from_logits", [True, False])
def test_binary_cross_entropy_finds_the_share_of_yes(classes, from_logits):
    loss = ca.BinaryCrossEntropy(from_logits=from_logits)
    found = learned_constant(classes == 0, loss, activation=None if from_logits else ca.Sigmoid()).item()
    assert (1 / (1 + np.exp(-found)) if from_logits else found) == pytest.approx(0.6, abs=1e-3)


def test_binary_class_weights_and_smoothing(classes):
    weighted = learned_constant(classes == 0, ca.BinaryCrossEntropy(class_weight=(3.0, 1.0))).item()
    assert ca.ops.sigmoid(np.array(weighted)) == pytest.approx(0.6 / (0.6 + 3 * 0.4), abs=1e-3)
    smoothed = learned_constant(classes == 0, ca.BinaryCrossEntropy(label_smoothing=0.2)).item()
    assert ca.ops.sigmoid(np.array(smoothed)) == pytest.approx(0.8 * 0.6 + 0.1, abs=1e-3)


def test_several_yes_or_no_at_once():
    """Multi-label: each output learns its own share."""
    y = np.stack([np.arange(20) < n for n in (2, 10, 15)], axis=1)
    found = ca.ops.sigmoid(learned_constant(y, "binary_cross_entropy", outputs=3))
    assert found == pytest.approx([0.1, 0.5, 0.75], abs=1e-3)


def test_hinge_parts_tumours_from_healthy_tissue():
    x, y = load("breast_cancer")
    net = ca.Sequential(ca.Dense(1))
    ca.fit(net, x[:400], y[:400], loss="hinge", optimizer=ca.Adam(0.01), epochs=30, engine="numpy")
    assert np.mean((net(x[400:])[:, 0] > 0) == y[400:]) > 0.95


def four_columns():
    """Return age, sex, body mass and blood pressure, and the target; the other columns nearly repeat each other."""
    x, y = load("diabetes")
    return x[:, :4], y


def test_a_line_equals_least_squares():
    x, y = four_columns()
    net = ca.Sequential(ca.Dense(1)).build(x.shape[1], dtype=np.float64)
    ca.fit(
        net, x, (y - 150) / 75, loss="squared_error", optimizer=ca.Adam(ca.Cosine(0.05)), epochs=800,
        batch_size=None, engine="numpy", observe=False,
    )  # fmt: skip
    columns = np.column_stack([x, np.ones(len(x))])
    best, *_ = np.linalg.lstsq(columns, (y - 150) / 75, rcond=None)
    prediction = columns @ best
    assert np.abs(net(x)[:, 0] - prediction).max() < 0.001 * prediction.std()


def test_one_neuron_equals_logistic_regression():
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, y = four_columns()
    high = y > 140
    reference = linear_model.LogisticRegression(C=1e6, tol=1e-8, max_iter=1000).fit(x, high)
    net = ca.Sequential(ca.Dense(1)).build(x.shape[1], dtype=np.float64)
    ca.fit(
        net, x, high, loss="binary_cross_entropy", optimizer=ca.Adam(ca.Cosine(0.05)), epochs=800,
        batch_size=None, engine="numpy", observe=False,
    )  # fmt: skip
    found = ca.ops.sigmoid(net(x)[:, 0])
    assert found == pytest.approx(reference.predict_proba(x)[:, 1], abs=0.001)
