"""Click on anything: the figures add up, the slope is what is measured, and the network is the one on show."""

import re

import numpy as np
import pytest

import cutaway as ca
from cutaway.errors import InputError
from cutaway.studio.commands import run
from cutaway.studio.opening import open_arrays, open_rung
from cutaway.studio.session import Session


@pytest.fixture(scope="module")
def session():
    net = ca.Sequential(ca.Dense(2), ca.ReLU(), ca.Dense(1)).build(2, 0, np.float64)
    net[0].weight, net[0].bias = [[0.7, -0.4], [0.2, 0.5]], [0.1, 0.2]
    net[2].weight, net[2].bias = [[1.5], [-2.0]], [0.25]
    made = Session(*open_arrays(net, [[0.4, 0.3], [1.0, 1.0]], [1.0, 2.0], loss="squared_error"))
    yield made
    made.close()


def told(session, **what):
    return run(session, "number", {"what": what})


def test_a_neuron_is_told_in_figures(session):
    found = told(session, kind="unit", layer="1", place=[0])
    assert found["sentence"] == "h₁ = relu(0.7·0.4 + 0.2·0.3 + 0.1) = relu(0.44) = 0.44"
    assert found["value"] == pytest.approx(0.44)
    assert [step["figures"] for step in found["steps"]][-1] == "relu(0.44) = 0.44"
    assert told(session, kind="unit", layer="0", place=[0])["sentence"] == "z₁ = 0.7·0.4 + 0.2·0.3 + 0.1 = 0.44"


def test_a_weight_is_told_with_its_blame_and_what_it_comes_from(session):
    # y = 1.5·0.44 − 2·0.19 + 0.25 = 0.53;  L = (y − 1)²;  ∂L/∂w = 2(y − 1)·1.5·x = −0.564 for x = 0.4
    found = told(session, kind="parameter", path="0.weight", index=[0, 0])
    assert found["gradient"] == pytest.approx(-0.564)
    assert found["blame"] == "∂L/∂w = −0.564: raising it by 0.01 lowers the loss by 0.00564"
    assert found["chain"] == "what comes in · blame of the sum = 0.4·(−1.41) = −0.564"
    assert found["predicted"] == pytest.approx(-0.00564)
    assert found["measured"] == pytest.approx((0.53 + 1.5 * 0.4 * 0.01 - 1) ** 2 - 0.47**2)
    assert found["slope"] == pytest.approx(found["gradient"], rel=1e-6)


def test_the_loss_and_an_input_are_told(session):
    loss = told(session, kind="loss")
    assert loss["value"] == pytest.approx(0.2209)
    assert loss["sentence"] == "L = (0.53 − 1)² = 0.2209"
    x = told(session, kind="input", place=[1])
    # ∂L/∂x₂ = 2(y − 1)·(1.5·0.2 − 2·0.5)
    assert (x["name"], x["gradient"]) == ("x1", pytest.approx(-0.94 * (0.3 - 1.0)))


@pytest.mark.parametrize("rung", ["line", "neuron", "layer", "network", "attention"])
def test_every_number_of_every_rung_has_a_slope_that_is_measured(rung):
    session = Session(*open_rung(rung))
    run(session, "step", {"size": "batch"})
    random = np.random.default_rng(0)
    forward = run(session, "forward", {})
    for path, gradient in forward["gradients"].items():
        index = [int(random.integers(size)) for size in gradient.shape]
        found = told(session, kind="parameter", path=path, index=index)
        assert found["gradient"] == pytest.approx(gradient[tuple(index)], rel=1e-9, abs=1e-15)
        assert found["slope"] == pytest.approx(found["gradient"], rel=1e-4, abs=1e-7)
    for layer in forward["layers"]:
        place = [int(random.integers(size)) for size in layer["value"].shape]
        found = told(session, kind="unit", layer=layer["path"], place=place)
        assert found["value"] == pytest.approx(layer["value"][tuple(place)], rel=1e-12)
        assert found["gradient"] == pytest.approx(layer["blame"][tuple(place)], rel=1e-9, abs=1e-15)
        assert found["slope"] == pytest.approx(found["gradient"], rel=1e-3, abs=1e-6)
        assert found["sentence"]


def test_numbers_that_are_not_there_are_refused(session):
    for what in (
        {"kind": "unit", "layer": "7", "place": [0]}, {"kind": "unit", "layer": "0", "place": [2]},
        {"kind": "parameter", "path": "0.weight", "index": [0]}, {"kind": "parameter", "path": "x", "index": [0, 0]},
        {"kind": "operation", "name": "a99"}, {"kind": "input", "place": [0, 0]}, {"kind": "star"}, {},
    ):  # fmt: skip
        with pytest.raises(InputError):
            told(session, **what)


@pytest.mark.parametrize("rung", ["line", "network", "attention"])
def test_the_way_there_makes_or_tells_every_result_that_it_uses(rung):
    session = Session(*open_rung(rung))
    forward = run(session, "forward", {})
    asked = [{"kind": "loss"}, *({"kind": "unit", "layer": each["path"], "place": [0] * each["value"].ndim}
                                 for each in forward["layers"])]  # fmt: skip
    for what in asked:
        steps = told(session, **what)["steps"]
        named = [step["name"] for step in steps]
        for place, step in enumerate(steps):
            used = [] if step["formula"].startswith("from before") else re.findall(r"\ba\d+\b", step["formula"])
            assert set(used) <= set(named[:place]), (what, step)


def test_what_was_there_before_is_told_with_its_numbers(session):
    steps = told(session, kind="loss")["steps"]
    before = steps[0]
    assert before["formula"].startswith("from before, what leaves 2 Dense")
    assert before["figures"] == "0.53"
