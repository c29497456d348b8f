"""Learning on from the present weights."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_friedman1, make_multilabel_classification

import cutaway as ca

QUICK = {"effort": "quick", "engine": "numpy", "random_state": 0}


def test_passes_over_batches_learn_digits():
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    x, y = x[order], y[order]
    net = ca.NetworkClassifier(**QUICK)
    for _ in range(3):
        for begin in range(0, 1500, 300):
            net.partial_fit(x[begin : begin + 300], y[begin : begin + 300], classes=range(10))
    assert net.n_iter_ == 15
    assert net.score(x[1500:], y[1500:]) > 0.9
    assert net.loss_curve_[-1] < 0.5 * net.loss_curve_[0]


def test_one_pass_is_one_epoch_of_adamw_by_torch():
    """The same batches, weights and rates in PyTorch give the same weights."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=40)
    estimator = ca.NetworkRegressor(**QUICK).partial_fit(x, y)
    before = {path: torch.tensor(array.copy()) for path, array in estimator.run_.network.parameters().items()}
    online = estimator._online
    moments = online.carries[0].moments
    after_one = int(moments["step"])
    estimator.partial_fit(x, y)
    moved = estimator.run_.network.parameters()

    inputs = torch.tensor(estimator.run_.preprocessing.transform(ca.data.reading.table_from(x)))
    answers = torch.tensor(estimator.run_.target.encode(y))
    leaves = {path: tensor.clone().requires_grad_(True) for path, tensor in before.items()}
    hidden = inputs * leaves["0.factor"]
    for place in (1, 3, 5, 7):
        weight, bias = leaves[f"{place}.weight"], leaves[f"{place}.bias"]
        hidden = hidden @ weight / np.sqrt(weight.shape[0]) + bias
        if place < 7:
            hidden = torch.nn.functional.mish(hidden)
    ((hidden - answers) ** 2).mean().backward()  # 40 rows are one batch, so its order does not matter
    assert after_one == 1
    for path, tensor in leaves.items():
        g = tensor.grad.numpy().astype(np.float64)
        mean = 0.9 * moments[f"mean:{path}"] + 0.1 * g
        square = 0.95 * moments[f"square:{path}"] + 0.05 * g**2
        factor = 6.0 if path.endswith("factor") else 0.1 if path.endswith("bias") else 1.0
        step = online.rate * factor * (mean / (1 - 0.9**2)) / (np.sqrt(square / (1 - 0.95**2)) + 1e-8)
        np.testing.assert_allclose(moved[path], before[path].numpy() - step, atol=2e-5)


def test_it_goes_on_from_fit_without_forgetting():
    x, y = make_friedman1(500, random_state=0)
    net = ca.NetworkRegressor(**QUICK, members=2).fit(x[:200], y[:200])
    at_first, epochs, estimate = net.score(x[400:], y[400:]), net.n_iter_, net.estimate_
    for _ in range(10):
        net.partial_fit(x[:400], y[:400])
    assert len(net.run_.network) == 2
    assert net.n_iter_ == epochs + 10
    assert net.score(x[400:], y[400:]) > at_first
    assert net.estimate_ == estimate


def test_the_range_of_answers_grows_with_the_rows():
    x = np.linspace(0, 1, 100)[:, None]
    net = ca.NetworkRegressor(**QUICK).fit(x[:50], x[:50, 0])
    assert net.predict([[1.0]])[0] <= 0.5
    for _ in range(30):
        net.partial_fit(x, x[:, 0])
    assert net.predict([[1.0]])[0] > 0.7


def test_weights_of_rows_count():
    x, y = np.zeros((128, 1)), np.tile([0.0, 1.0], 64)
    net = ca.NetworkRegressor(**QUICK)
    for _ in range(60):
        net.partial_fit(x, y, sample_weight=np.where(y == 1, 1.0, 3.0))
    assert net.predict(x[:1])[0] == pytest.approx(0.25, abs=0.05)


def test_a_class_may_come_later():
    x = np.r_[np.linspace(-1, 0, 40), np.linspace(0, 1, 40)][:, None]
    net = ca.NetworkClassifier(**QUICK).partial_fit(x[:40], ["a"] * 40, classes=["a", "b"])
    assert net.predict(x).tolist() == ["a"] * 80
    for _ in range(20):
        net.partial_fit(x, np.repeat(["a", "b"], 40))
    assert net.predict([[-1.0], [1.0]]).tolist() == ["a", "b"]


def test_labels_pass_by_pass():
    x, y = make_multilabel_classification(300, n_features=6, n_classes=3, random_state=0)
    net = ca.NetworkClassifier(**QUICK)
    for _ in range(10):
        net.partial_fit(x, y, classes=range(3))
    assert (net.predict(x) == y).mean() > 0.8


def test_callbacks_hear_each_pass():
    heard = []

    def listen(record):
        heard.append(record.loss)
        raise ca.StopTraining("which a pass cannot")

    x, y = make_friedman1(60, random_state=0)
    net = ca.NetworkRegressor(**QUICK, callbacks=[listen]).partial_fit(x, y).partial_fit(x, y)
    assert heard == net.loss_curve_
    assert len(heard) == 2


def test_the_same_calls_give_the_same_network():
    x, y = make_friedman1(100, random_state=0)
    one, other = (ca.NetworkRegressor(**QUICK).partial_fit(x, y).partial_fit(x, y).predict(x) for _ in range(2))
    assert np.array_equal(one, other)


def test_rows_that_would_break_it_are_passed_over():
    x, y = make_friedman1(100, random_state=0)
    net = ca.NetworkRegressor(**QUICK).partial_fit(x, y)
    before = net.predict(x)
    with pytest.warns(ca.TrainingWarning, match="passed over"):
        net.partial_fit(x, np.full(100, 1e30))
    assert np.array_equal(net.predict(x), before)


def test_what_cannot_be_learned_on_is_told():
    x, y = np.zeros((40, 1)), np.repeat([0, 1], 20)
    fresh = ca.NetworkClassifier(**QUICK)
    with pytest.raises(ca.InputError, match="classes must be passed on the first call"):
        fresh.partial_fit(x, y)
    with pytest.raises(ca.InputError, match="needs all rows at once"):
        ca.NetworkClassifier(**QUICK, class_weight="balanced").partial_fit(x, y, classes=[0, 1])
    net = fresh.partial_fit(x, y, classes=[0, 1])
    with pytest.raises(ca.InputError, match="they stay the same"):
        net.partial_fit(x, y, classes=[0, 1, 2])
    with pytest.raises(ca.InputError, match="none of the classes"):
        net.partial_fit(x, y + 5)
    with pytest.raises(ca.InputError, match="1 column"):
        ca.NetworkRegressor(**QUICK).partial_fit(x, y).partial_fit(x, np.zeros((40, 2)))
