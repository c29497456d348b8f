"""Every layer of the project, opened: the record is the network, and every slope is the measured one."""

import re

import numpy as np
import pytest

import cutaway as ca
from cutaway.explain import trace
from cutaway.explain.formulas import LETTERS
from cutaway.explain.working import ELEMENT, LINEAR, MOVED, SPECIAL

from .networks import NETWORKS, built

STOCHASTIC = {"Dropout", "Repeat", "TransformerBlock", "Embedding", "augmentation"}

LOW = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def test_no_layer_is_missing():
    kinds = {kind for kind in vars(ca.layers).values() if isinstance(kind, type) and issubclass(kind, ca.layers.Layer)}
    tried = {type(layer) for network, _ in NETWORKS.values() for _, layer in network.named_layers()}
    assert {kind.__name__ for kind in kinds - tried} <= {"Layer", "Activation"}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_record_is_what_the_network_computes(name):
    network, x = built(name)
    found = trace(network, x)
    np.testing.assert_allclose(found.output, network(x), rtol=1e-4, atol=1e-5)
    for step in found.steps:
        np.testing.assert_allclose(step.recomputed(), step.value, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_slope_is_the_measured_one(name):
    network, x = built(name)
    found = trace(network, x, output=1)
    random = np.random.default_rng(5)
    points = {step.name: (step.value, step.gradient) for step in found.steps}
    points |= {path: (found.parameters[path], found.gradients[path]) for path in found.parameters}
    points |= {"x": (found.inputs["x"], found.gradients["x"])} if "x" in found.gradients else {}
    nudge = 1e-6
    for point, (value, gradient) in points.items():
        if value.dtype.kind != "f" or (name == "ColumnEmbedding" and point == "x"):
            continue
        direction = random.standard_normal(value.shape)
        ahead, back = (found.changed({point: value + sign * nudge * direction}) for sign in (1, -1))
        measured, predicted = (ahead - back) / (2 * nudge), float(np.sum(direction * gradient))
        assert measured == pytest.approx(predicted, rel=1e-5, abs=1e-7), point


@pytest.mark.parametrize("name", NETWORKS)
def test_formulas_in_figures_end_in_the_number_itself(name):
    network, x = built(name)
    random = np.random.default_rng(6)
    for step in trace(network, x).steps:
        places = [step.place] + [tuple(int(random.integers(size)) for size in step.shape) for _ in range(3)]
        for place in places:
            written = re.sub(r"·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda power: "e" + power[1].translate(LOW), step.figures(place))
            number = re.findall(r"−?[\d.]+(?:e-?\d+)?$", written)
            value = float(step.value[place])
            assert number, step.figures(place)
            assert float(number[0].replace("−", "-")) == pytest.approx(value, abs=0.002 * (1 + abs(value)))


@pytest.mark.parametrize("name", sorted(STOCHASTIC))
def test_training_is_opened_too(name):
    network, x = built(name)
    found = trace(network, x, mode="train", seed=2)
    for step in found.steps:
        np.testing.assert_allclose(step.recomputed(), step.value, rtol=1e-13, atol=1e-13)
    assert not np.allclose(found.output, network(x))


def test_repeated_blocks_drop_what_the_loop_drops():
    network, x = built("Repeat")
    from cutaway.backends.random import Random

    ctx = ca.Context(mode="train", random=Random(np.uint32(2), np.uint32(0)), progress=np.float64(0))
    np.testing.assert_allclose(
        trace(network, x, mode="train", seed=2).output, network(x, ctx=ctx), rtol=1e-4, atol=1e-5
    )


def test_each_step_belongs_to_the_innermost_layer():
    network, x = built("Sequential")
    owners = [(step.operation, step.layer, step.kind) for step in trace(network, x).steps]
    assert owners[:6] == [
        ("matmul", "0.0", "Dense"), ("add", "0.0", "Dense"), ("relu", "0.1", "ReLU"), ("multiply", "1", "Doubled"),
        ("matmul", "1.inner", "Dense"), ("add", "1.inner", "Dense"),
    ]  # fmt: skip
    network, x = built("Repeat")
    paths = [step.layer for step in trace(network, x).steps]
    assert {"1.block[0].inner.1", "1.block[1].inner.1", "1.block[2].inner.1"} <= set(paths)


def test_every_operation_has_a_formula_and_a_working():
    known = {*ELEMENT, *MOVED, *LINEAR, *SPECIAL, "checkpoint", "repeat"}
    operations = {name for name in ca.ops.__all__ if hasattr(getattr(ca.ops, name), "rule")}
    assert operations - LETTERS.keys() == set()
    assert operations - known == set()


def test_a_loss_its_target_and_what_it_blames():
    net = ca.Sequential(ca.Dense(3), ca.Tanh(), ca.Dense(2)).build(2)
    x, y = np.array([[0.3, -0.7], [1.0, 0.5]]), [1, 0]
    found = trace(net, x, y, "cross_entropy")
    assert found.value == pytest.approx(float(ca.CrossEntropy()(net(x), y)), rel=1e-5)
    assert found.steps[-1].layer == "loss"
    assert "ln softmax" in next(step.formula for step in found.steps if step.operation == "cross_entropy")
    assert found.changed({"0.weight": net[0].weight * 0}) != found.value


def test_an_ensemble_is_its_mean_or_one_of_it():
    net = ca.Sequential(ca.Dense(3), ca.ReLU(), ca.Dense(2)).build(2)
    params = {path: np.stack([array, array * 0.5]) for path, array in net.parameters().items()}
    both, x = ca.layers.Ensemble(net, params, {}), np.array([[0.4, -0.2]])
    np.testing.assert_allclose(trace(both, x).output, both(x), rtol=1e-5)
    np.testing.assert_allclose(trace(both, x, member=1).output, both[1](x), rtol=1e-5)
    assert trace(both, x).words == "the mean of 2 networks"
    assert trace(both, x, member=1).words == "network 2 of 2"
    assert "member 1: 0.weight" in trace(both, x).gradients
    blend = ca.layers.Blend([both, ca.layers.Ensemble.of(net)], [0.5, 0.5])
    np.testing.assert_allclose(trace(blend, x, member=2).output, net(x), rtol=1e-5)


def test_the_network_stays_as_it_was():
    net = ca.Sequential(ca.Dense(3), ca.BatchNorm(), ca.Dense(1)).build(2)
    before = {path: array.copy() for path, array in {**net.parameters(), **net.state()}.items()}
    trace(net, np.ones((4, 2)), np.zeros((4, 1)), "squared_error", mode="train").blame(3)
    for path, array in {**net.parameters(), **net.state()}.items():
        np.testing.assert_array_equal(array, before[path])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y": [1]}, "give both y and loss"),
        ({"output": 7}, "output is 7; there are 2"),
        ({"member": 1}, "there is one network"),
        ({"y": [[1.0, 2.0]], "loss": "squared_error", "output": 0}, "leave output out"),
        ({"x": np.array([["a", "b"]])}, "expected numbers"),
        ({"network": "net"}, "expected a layer"),
    ],
)
def test_wrong_input_gets_one_message(change, words):
    net = ca.Sequential(ca.Dense(2)).build(2)
    given = {"network": net, "x": np.ones((1, 2)), **change}
    with pytest.raises(ca.InputError, match=words):
        trace(given.pop("network"), given.pop("x"), **given)


def test_wrong_names_of_what_to_change():
    found = trace(ca.Sequential(ca.Dense(2)).build(2), np.ones((1, 2)))
    with pytest.raises(ca.InputError, match="nothing is called"):
        found.changed({"a99": 1.0})
    with pytest.raises(ca.InputError, match="expected shape"):
        found.changed({"a1": 1.0})
    with pytest.raises(ca.InputError, match="there is no step"):
        found["b1"]
