"""Losses and optimizers come back from data as they were, and compute the same; anything else is refused."""

import json

import numpy as np
import pytest

import cutaway as ca
from cutaway.errors import InputError
from cutaway.losses import ClassificationError, Loss, MeanOverMembers
from cutaway.optimizers import Optimizer, Schedule
from cutaway.storage.architecture import SCHEDULES, ModelFileError
from cutaway.storage.method import LOSSES, OPTIMIZERS, describe_method, rebuild_method

CLASSES = (np.array([[0.1, 0.7, -0.3], [1.0, -2.0, 0.5]]), np.array([1, 0]))
YES = (np.array([[0.3], [-1.0]]), np.array([1.0, 0.0]))
MEMBERS = (np.array([[[0.3], [0.4]], [[1.0], [-3.0]]]), np.array([1.0, 0.0]))
METHODS = [
    (ca.CrossEntropy(label_smoothing=0.1, class_weight={1: 2.0}), CLASSES),
    (ca.BinaryCrossEntropy(class_weight=[1, 3]), YES),
    (ca.BinaryCrossEntropy(from_logits=False), (np.array([[0.3], [0.9]]), YES[1])),
    (ca.Huber(0.5), YES),
    (ca.Hinge(), YES),
    (ca.AbsoluteError(), YES),
    (ca.ResidualSumOfSquares(), YES),
    (MeanOverMembers(ca.Huber(2.0)), MEMBERS),
    (ClassificationError(), CLASSES),
]
OTHERS = [
    ca.Adam(), ca.Adam(ca.OneCycle(0.1), betas=(0.5, 0.9), epsilon=1e-16), ca.GradientDescent(3),
    ca.AdamW(ca.WarmUp(0.1, ca.Cosine(1.0)), weight_decay=ca.Cosine(0.1), weight_decay_factors={"*.bias": 0.0}),
    ca.Momentum(ca.StepDecay(0.1, (0.2, 0.4)), 0.5, clip_norm=1.0), ca.RMSProp(rho=0.5, clip_value=2.0),
    ca.Nesterov(np.float32(0.1), learning_rate_factors={"weight": 0.0}),
]  # fmt: skip


def again(method, base):
    return rebuild_method(json.loads(json.dumps(describe_method(method))), base)


@pytest.mark.parametrize(("loss", "rows"), METHODS, ids=lambda each: repr(each)[:40])
def test_a_loss_comes_back(loss, rows):
    found = again(loss, Loss)
    assert type(found) is type(loss) and repr(found) == repr(loss) and found is not loss
    assert float(found(*rows)) == float(loss(*rows))


@pytest.mark.parametrize("optimizer", OTHERS, ids=repr)
def test_an_optimizer_comes_back_and_takes_the_same_steps(optimizer):
    found = again(optimizer, Optimizer)
    assert type(found) is type(optimizer) and repr(found) == repr(optimizer)
    params = {"weight": np.array([1.0, -2.0]), "0.bias": np.array([0.5])}
    grads = {"weight": np.array([0.3, 5.0]), "0.bias": np.array([-1.0])}
    stepped = []
    for each in (optimizer, found):
        moving, moments = params, each.init(params)
        for _ in range(3):
            moving, moments = each.update(moving, grads, moments, 10)
        stepped.append(moving)
    assert all((stepped[0][path] == stepped[1][path]).all() for path in params)


def test_every_one_of_the_package_is_known():
    assert {"CrossEntropy", "SquaredError", "MeanOverMembers"} <= LOSSES.keys() and "Loss" not in LOSSES
    assert OPTIMIZERS.keys() == {"Adam", "AdamW", "GradientDescent", "Momentum", "Nesterov", "RMSProp"}
    for name, kind in SCHEDULES.items():
        found = again(ca.Adam(kind(0.25)), Optimizer).learning_rate
        assert type(found).__name__ == name and found == kind(0.25)


class Own(ca.SquaredError):
    pass


class OwnRate(Schedule):
    pass


def test_what_is_a_persons_own_is_not_kept():
    for method in (Own(), ca.Adam(OwnRate(0.1)), MeanOverMembers(Own())):
        with pytest.raises(InputError, match="is one of your own"):
            describe_method(method)
    with pytest.raises(InputError, match="cannot be kept"):
        describe_method(ca.Adam(epsilon=float("inf")))


@pytest.mark.parametrize(
    "data",
    [
        None, "Adam", [], {}, {"optimizer": "Adam"}, {"optimizer": "Own", "arguments": {}},
        {"optimizer": "Adam", "arguments": []}, {"optimizer": ["Adam"], "arguments": {}},
        {"optimizer": "Adam", "arguments": {"speed": 1}}, {"optimizer": "Adam", "arguments": {"betas": [0.9]}},
        {"optimizer": "Adam", "arguments": {"learning_rate": "fast"}},
        {"optimizer": "Adam", "arguments": {"learning_rate": -1.0}},
        {"optimizer": "Adam", "arguments": {"learning_rate_factors": {"*": "x"}}},
        {"optimizer": "Adam", "arguments": {"learning_rate": {"loss": "SquaredError", "arguments": {}}}},
        {"optimizer": "Adam", "arguments": {"learning_rate": {"schedule": "Adam", "arguments": {}}}},
        {"optimizer": "Adam", "arguments": {}, "more": 1}, {"loss": "SquaredError", "arguments": {}},
    ],
    ids=str,
)  # fmt: skip
def test_anything_else_is_refused(data):
    with pytest.raises(ModelFileError):
        rebuild_method(data, Optimizer)
