"""Which step, layer and operation went non-finite first: told by name, on both engines, as a loop by hand finds it."""

import re
import warnings

import numpy as np
import pytest

import cutaway as ca
from cutaway.losses import SquaredError
from cutaway.training import first_non_finite as module
from cutaway.training import loop, undoing
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer

ENGINES = ["numpy", "xla"]


def rows(count=60, scale=1.0):
    x = np.random.default_rng(0).uniform(-1, 1, (count, 3)).astype(np.float32)
    return np.float32(scale) * x, x[:, :1] * x[:, 1:2]


def message(network, x, y, engine, rate=1e-3, **how):
    with np.errstate(all="ignore"):
        run = ca.fit(network, x, y, loss="squared_error", optimizer=ca.GradientDescent(rate), engine=engine,
                     **{"epochs": 3, "batch_size": 6, "seed": 1, "callbacks": [enough], **how})  # fmt: skip
    found = [event.message for event in run.events if event.what == "not finite"]
    assert found, run.events
    return found[0]


def enough(record):
    if getattr(record, "what", "") == "not finite":
        raise ca.StopTraining("seen enough")


class Logarithm(ca.Layer):
    def forward(self, x, ctx):
        return ca.ops.log(ca.ops.maximum(x, 0.0))


class Root(ca.Layer):
    def forward(self, x, ctx):
        return ca.ops.sqrt(0.0 * x)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_exploding_rate(engine):
    """The step is the one at which the same descent, written out here, overflows."""
    x, y = rows(scale=1e4)
    network = ca.Sequential(ca.Dense(1)).build(3, seed=1)
    weight, bias = (array.astype(np.float32) for array in network.parameters().values())
    expected = None
    with np.errstate(all="ignore"):
        for epoch in range(3):
            for step, places in enumerate(Plan(epochs=3, batch_size=6, seed=1).order(60, epoch)):
                error = x[places] @ weight + bias - y[places]
                loss = np.mean(error * error)
                grad = 2 * error / np.float32(len(places))
                weight, bias = weight - np.float32(1e-3) * (x[places].T @ grad), bias - np.float32(1e-3) * grad.sum(0)
                if expected is None and not (np.isfinite(loss) and np.isfinite(weight).all()):
                    expected = (step + 1, epoch + 1)
    told = message(network, x, y, engine)
    found = re.search(r"step (\d+) of epoch (\d+) was the first: (.*)", told)
    assert expected and (int(found[1]), int(found[2])) == expected
    assert "gave inf" in found[3] and "reach" in found[3]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_logarithm_of_zero_in_a_layer_of_ones_own(engine):
    x, y = rows()
    told = message(ca.Sequential(ca.Dense(4), Logarithm(), ca.Dense(1)), x, y, engine)
    assert "step 1 of epoch 1 was the first: layer '1' (Logarithm): its log gave -inf; its inputs reach" in told


def test_huge_inputs():
    x, y = rows(scale=1e30)
    told = message(ca.Sequential(ca.Dense(1)), x, y, "numpy")
    assert "step 1 of epoch 1 was the first: the loss (SquaredError): its squared_error gave inf" in told
    assert "its inputs reach 1" in told or re.search(r"its inputs reach \d(\.\d+)?e\+(29|30)", told)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_slope_that_is_infinite(engine):
    x, y = rows()
    told = message(ca.Sequential(ca.Dense(4), ca.ReLU(), Root(), ca.Dense(1)), x, y, engine)
    assert "step 1 of epoch 1 was the first: layer '2' (Root): on the way back, its sqrt gave " in told


def test_a_rate_that_no_weight_survives():
    x, y = rows()
    told = message(ca.Sequential(ca.Dense(1)), x, y, "numpy", rate=3e38, batch_size=60)
    assert "of epoch 1 was the first: " in told
    assert "the optimizer's step made '0." in told or "gave" in told


@pytest.mark.parametrize("engine", ENGINES)
def test_of_several_members_the_one_that_broke(engine):
    x, y = rows(scale=10.0)
    network = ca.Sequential(ca.Dense(4), ca.Dense(1)).build(3)
    plan = Plan(epochs=4, batch_size=6, members=3, rates=[1e-3, 1e-3, 1e3], seed=1)
    run = Trainer(network, SquaredError(), ca.GradientDescent(0.1), plan, engine=engine).train(
        Batch(x, y.astype(np.float32), None)
    )
    told = next(event.message for event in run.events if event.what == "not finite")
    assert "for member 2:" in told
    assert re.search(r"of epoch 1 was the first: (layer '\d' \(Dense\)|the loss|the optimizer)", told)


@pytest.mark.parametrize("engine", ENGINES)
def test_padding_dropout_and_what_happens_late(engine, monkeypatch):
    """Fifty rows in batches of eight; the rate rises until it is too high, later than in the first chunk and epoch."""
    monkeypatch.setattr(loop, "seconds_of_step", lambda *given: loop.CHUNK_SECONDS / 2)
    monkeypatch.setattr(loop, "FEWEST_STEPS", 1)
    x, y = rows(50)
    network = ca.Sequential(ca.Dense(6), ca.BatchNorm(), ca.Dropout(0.2), ca.Dense(1))
    rate = ca.Exponential(1e-3, 1e30)
    with np.errstate(all="ignore"):
        run = ca.fit(network, x, y, loss="squared_error", optimizer=ca.GradientDescent(rate), engine=engine,
                     epochs=9, batch_size=8, callbacks=[enough])  # fmt: skip
    told = next(event.message for event in run.events if event.what == "not finite")
    found = re.search(r"step (\d+) of epoch (\d+) was the first: (layer|the loss|the optimizer)", told)
    assert found and int(found[2]) > 1
    epochs = [record.epoch for record in run.history if np.isfinite(record.loss)]
    assert int(found[2]) == len(epochs) + 1


@pytest.mark.parametrize("engine", ENGINES)
def test_looking_for_it_changes_nothing(engine, monkeypatch):
    x, y = rows(scale=100.0)

    def weights():
        net = ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(1))
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a second time ends it
            run = ca.fit(net, x, y, loss="squared_error", optimizer=ca.GradientDescent(ca.Exponential(0.1, 1e9)),
                         epochs=6, batch_size=6, engine=engine, seed=2)  # fmt: skip
        assert any(event.what == "not finite" for event in run.events)
        return net.parameters()

    looked = weights()
    monkeypatch.setattr(undoing, "first_non_finite", lambda *given: module.Broken(""))
    for path, array in weights().items():
        np.testing.assert_array_equal(array, looked[path], err_msg=path)


def test_where_it_would_take_long_the_epoch_is_told(monkeypatch):
    monkeypatch.setattr(module, "SECONDS", -1.0)
    x, y = rows(scale=1e30)
    assert "somewhere in the steps after epoch 0" in message(ca.Sequential(ca.Dense(1)), x, y, "numpy")
