import re
from decimal import Decimal

import numpy as np
import pytest

import cutaway as ca
from cutaway.explain import neurons, trace
from cutaway.explain.figures import shown
from cutaway.explain.ledger import in_lines

LOW = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def decimals(text):
    written = re.sub(r"·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda power: "e" + power[1].translate(LOW), text)
    return [Decimal(part.replace("−", "-")) for part in re.findall(r"−?[\d.]+(?:e-?\d+)?", written)]


def test_the_textbook_example():
    net = ca.Sequential(ca.Dense(2), ca.ReLU(), ca.Dense(1)).build(2)
    net[0].weight, net[0].bias = [[0.1, 0.7], [-0.4, 0.2]], [0.0, -0.3]
    net[2].weight, net[2].bias = [[2.0], [3.0]], [1.0]
    first, second = neurons(trace(net, [[-0.5, 0.8]]))
    assert str(first.neurons[1]) == "h₂ = relu(0.7·(−0.5) + 0.2·0.8 − 0.3) = relu(−0.49) = 0"
    assert (first.layer, first.kind, first.steps) == ("0", "Dense, ReLU", ("a1", "a2", "a3"))
    assert str(second.neurons[0]) == "z₁ = 2·0 + 3·0 + 1 = 1"


@pytest.mark.parametrize("most", [3, 6, 1000])
@pytest.mark.parametrize("ntk", [False, True])
def test_as_it_is_printed_the_terms_and_the_rest_add_up(most, ntk):
    net = ca.Sequential(ca.Dense(20, ntk=ntk, bias_initializer=ca.Normal(0.1)), ca.Tanh(), ca.Dense(3))
    net.build(784)
    x = np.random.default_rng(0).uniform(0, 1, (1, 784))
    found = trace(net, x)
    layers = neurons(found, most)
    assert [len(layer.neurons) for layer in layers] == [20, 3]
    for neuron in (*layers[0].neurons, *layers[1].neurons):
        total = neuron.total
        # The printed line itself: its terms, and what the others come to, make its total.
        line, rest = re.sub(r" \+ [\d,]+ more \(= (−?[\d.e−]+)\)", "", total.figures), total.rest
        printed = line.replace(" − ", " + −").split(" + ")
        assert sum((decimals(term)[0] for term in printed), Decimal(0)) + rest == total.total
        if total.more:
            assert f"{total.more:,} more" in total.products
            assert rest == decimals(total.figures)[-1]
        end = f"{neuron.bend}({total.stages[-1]}) = {shown(neuron.value)}" if neuron.bend else str(total)
        assert str(neuron).endswith(end)
    np.testing.assert_allclose(
        [n.total.exact for n in layers[0].neurons], found["a3" if ntk else "a2"].value[0], rtol=1e-12
    )
    np.testing.assert_allclose([n.value for n in layers[1].neurons], found.output[0], rtol=1e-12)


def test_several_rows_have_no_neurons_of_their_own():
    net = ca.Sequential(ca.Dense(2)).build(2)
    assert neurons(trace(net, np.ones((2, 2)))) == []


def test_long_lines_are_broken_at_the_equals_signs():
    net = ca.Sequential(ca.Dense(1), ca.Tanh()).build(9)
    lines = in_lines(neurons(trace(net, np.linspace(-1, 1, 9)[None]))[0].neurons[0])
    assert lines[0].startswith("  h₁ = tanh(") and all(line.startswith("     = tanh(") for line in lines[1:])
    assert len(lines) == 3


def test_a_layer_that_two_others_read_keeps_its_own_sum():
    shared = ca.Sequential(ca.Dense(2), ca.Residual(ca.Sequential(ca.Dense(2), ca.ReLU()))).build(2)
    layers = neurons(trace(shared, [[1.0, 2.0]]))
    assert [(layer.layer, layer.neurons[0].bend) for layer in layers] == [("0", ""), ("1.inner.0", "relu")]
