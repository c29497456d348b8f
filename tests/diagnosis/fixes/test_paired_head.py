"""The head and loss that suit the task: how many units, what takes their scores, and a training that then learns."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.training.score import score_of
from tests.diagnosis.fixes.making import after, refused, setup_of, trained

X = np.random.default_rng(0).normal(0, 1, (240, 3))
YES = (X[:, :1] > 0).astype(float)
CLASS = np.digitize(X[:, 0], [-0.5, 0.5])
SEVERAL = (X > 0).astype(float)


def net(*ending: ca.Layer) -> ca.Sequential:
    return ca.Sequential(ca.Dense(8), ca.ReLU(), *ending)


CASES = {
    "softmax on one unit": (net(ca.Dense(1), ca.Softmax()), YES, "squared_error", 1, ca.BinaryCrossEntropy),
    "softmax on numbers": (net(ca.Dense(1), ca.Softmax()), 3 * X[:, :1], "squared_error", 1, ca.SquaredError),
    "sigmoid on numbers": (net(ca.Dense(1), ca.Sigmoid()), 3 * X[:, :1], "absolute_error", 1, ca.AbsoluteError),
    "softmax twice": (net(ca.Dense(3), ca.Softmax()), CLASS, "cross_entropy", 3, ca.CrossEntropy),
    "scores as probabilities": (net(ca.Dense(3)), CLASS, ca.CrossEntropy(from_logits=False), 3, ca.CrossEntropy),
    "sigmoid on classes": (
        net(ca.Dense(3), ca.Sigmoid()), CLASS, ca.CrossEntropy(from_logits=False), 3, ca.CrossEntropy,
    ),
    "squares on one-hot": (net(ca.Dense(3), ca.ReLU()), np.eye(3)[CLASS], "squared_error", 3, ca.CrossEntropy),
    "softmax on several": (net(ca.Dense(3), ca.Softmax()), SEVERAL, "squared_error", 3, ca.BinaryCrossEntropy),
    "softmax over the rows": (net(ca.Dense(3), ca.Softmax(axis=0)), CLASS, "cross_entropy", 3, ca.CrossEntropy),
    "dropout on the answers": (
        net(ca.Dense(3), ca.Dropout(0.5), ca.Softmax()), CLASS, "cross_entropy", 3, ca.CrossEntropy,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_head_and_loss_suit_the_task_and_learn_it(name):
    network, y, loss, units, expected = CASES[name]
    setup = setup_of(network, X, y, loss, ca.Adam(0.02), held_out=60, epochs=40)
    changed = after(setup, "paired_head")
    assert type(changed.loss) is expected and getattr(changed.loss, "from_logits", True)
    assert [type(layer).__name__ for layer in changed.network] == ["Dense", "ReLU", "Dense"]
    assert changed.network[2].units == units
    assert np.array_equal(changed.network[0].weight, setup.network[0].weight)
    network = trained(changed)
    assert score_of(changed.loss, network(changed.held_out.x), changed.held_out.y)[0] > 0.85


def test_a_head_of_too_few_units_gets_as_many_as_there_are_columns():
    y = np.eye(3)[CLASS]
    setup = setup_of(net(ca.Dense(3), ca.Softmax()), X, y, "squared_error")
    setup.network.layers = (*setup.network.layers[:2], ca.Dense(1), ca.Softmax())
    setup.network.build(3)
    assert after(setup, "paired_head").network[2].units == 3


def test_a_pair_that_fits_is_left_alone():
    assert refused(setup_of(net(ca.Dense(3)), X, CLASS, "cross_entropy"), "paired_head")
    assert refused(setup_of(net(ca.Dense(1)), X, 3 * X[:, :1], "squared_error"), "paired_head")
