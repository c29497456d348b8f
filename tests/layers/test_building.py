"""Where weights come from, how they are read and set, and what a wrong input is told."""

import numpy as np
import pytest

from cutaway.errors import InputError
from cutaway.layers import BatchNorm, Dense, Embedding, Flatten, LayerNorm, ReLU, Residual, Sequential, Tanh


def mlp():
    return Sequential(Dense(4), ReLU(), Dense(2))


@pytest.mark.parametrize("example", [3, np.int64(3), (3,), np.ones((7, 3))], ids=str)
def test_input_size_is_inferred(example):
    shapes = {path: array.shape for path, array in mlp().build(example).parameters().items()}
    assert shapes == {"0.weight": (3, 4), "0.bias": (4,), "2.weight": (4, 2), "2.bias": (2,)}


def test_the_first_call_builds():
    network = mlp()
    assert not network.built
    x = np.ones((2, 3))
    np.testing.assert_array_equal(network(x), mlp().build(3)(x))
    assert network.built


def test_paths_of_nested_layers():
    network = Sequential(Dense(3), Residual(Sequential(Dense(3), BatchNorm())), Sequential(Sequential(Dense(1))))
    network.build(2)
    assert list(network.parameters()) == [
        "0.weight", "0.bias",
        "1.inner.0.weight", "1.inner.0.bias", "1.inner.1.weight", "1.inner.1.bias",
        "2.0.0.weight", "2.0.0.bias",
    ]  # fmt: skip
    assert list(network.state()) == ["1.inner.1.running_mean", "1.inner.1.running_variance"]
    assert [layer.path for _, layer in network.named_layers()] == [path for path, _ in network.named_layers()]


def test_weights_depend_on_seed_and_path_alone():
    first = mlp().build(3, seed=1).parameters()
    grown = Sequential(Dense(4), ReLU(), Dense(2), Dense(5), BatchNorm()).build(3, seed=1).parameters()
    for path, array in first.items():
        np.testing.assert_array_equal(array, grown[path])
    assert not np.allclose(first["0.weight"], mlp().build(3, seed=2)[0].weight)
    square = Sequential(Dense(3), Dense(3)).build(3)
    assert not np.allclose(square[0].weight, square[1].weight)


def test_a_shared_layer_is_built_once():
    shared = Dense(4)
    with pytest.raises(InputError, match=r"layer '0' \(Dense\): got 4 input features, was built for 3"):
        Sequential(shared, shared).build(3)


def test_building_again_starts_afresh():
    network = Sequential(Dense(4), BatchNorm()).build(3)
    before = {**network.parameters(), **network.state()}
    expected = {path: array.copy() for path, array in before.items()}
    for array in before.values():
        array += 1
    network.build(3)
    for path, array in {**network.parameters(), **network.state()}.items():
        np.testing.assert_array_equal(array, expected[path])
    assert network.build(5)[0].weight.shape == (5, 4)


def test_no_weights_before_building():
    network = mlp()
    with pytest.raises(AttributeError, match=r"Dense has no weight yet.*net\.build"):
        network[0].weight  # noqa: B018
    with pytest.raises(InputError, match=r"weight cannot be set before.*net\.build"):
        network[0].weight = np.zeros((3, 4))
    with pytest.raises(AttributeError, match="has no weight yet"):
        network.parameters()
    with pytest.raises(AttributeError, match="has no attribute 'wieght'"):
        network.build(3)[0].wieght  # noqa: B018


def test_weights_set_by_hand_are_used():
    network = Sequential(Dense(1)).build(2)
    x = np.array([[1.0, 10.0]])
    network[0].weight = [[2], [3]]
    assert network[0].weight.dtype == np.float32
    assert network(x) == [[32.0]]
    network[0].weight[1, 0] = 0.5
    assert network(x) == [[7.0]]
    network[0].bias += 1
    assert network(x) == [[8.0]]
    with pytest.raises(InputError, match=r"layer '0' \(Dense\): weight has shape \(2, 1\), got \(1, 2\)"):
        network[0].weight = [[1.0, 2.0]]
    assert network(x) == [[8.0]]


def test_an_array_that_was_set_is_a_copy():
    network, mine = Sequential(Dense(1)).build(2), np.ones((2, 1), np.float32)
    network[0].weight = mine
    mine[0] = 7
    assert network[0].weight[0] == 1


def test_float64_networks():
    network = Sequential(Dense(4), LayerNorm(), BatchNorm(), Dense(1)).build(3, dtype=np.float64)
    assert {array.dtype for array in (*network.parameters().values(), *network.state().values())} == {
        np.dtype(np.float64)
    }
    assert network(np.ones((2, 3), np.float32)).dtype == np.float64


@pytest.mark.parametrize("kind", [np.int64, np.uint8, bool, np.float64, np.float16])
@pytest.mark.parametrize("first", [Dense, LayerNorm, BatchNorm])
def test_the_output_has_the_network_type_whatever_came_in(first, kind):
    network = Sequential(first(3) if first is Dense else first(), Dense(1)).build(3)
    x = np.array([[0, 1, 1], [1, 0, 0]])
    output = network(x.astype(kind))
    assert output.dtype == np.float32
    np.testing.assert_array_equal(output, network(x.astype(np.float32)))


def test_lists_are_inputs_too():
    network = mlp().build(3)
    np.testing.assert_array_equal(network([[1.0, 2.0, 3.0]]), network(np.array([[1.0, 2.0, 3.0]])))


@pytest.mark.parametrize("layer", [Dense(2), LayerNorm(), BatchNorm()], ids=repr)
@pytest.mark.parametrize("width", [1, 5])
def test_a_wrong_width_names_the_layer(layer, width):
    network = Sequential(Tanh(), Sequential(layer)).build(3)
    with pytest.raises(
        InputError,
        match=rf"layer '1.0' \({type(layer).__name__}\): got {width} input features, was built for 3",
    ):
        network(np.ones((4, width)))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: Sequential(Dense(2)).build(3)(np.ones(3)), r"shape \(3,\), expected rows"),
        (lambda: Sequential(Dense(2)).build(3)([["a", "b", "c"]]), "input is <U1, expected numbers"),
        (lambda: Sequential(Dense(2)).build(0), r"rows of shape \(0,\) hold no numbers"),
        (lambda: Dense(0), "whole number of at least 1, got 0"),
        (lambda: Dense(2.5), "whole number of at least 1, got 2.5"),
        (lambda: Embedding(0, 2), "words must be a whole number of at least 1, got 0"),
        (lambda: Sequential(ReLU), r"item 0 .*write the brackets: ReLU\(…\)"),
        (lambda: Sequential(Dense(2), 3), "item 1 is 3, expected a layer"),
        (
            lambda: Sequential(Residual(Dense(2)))(np.ones((1, 3))),
            r"layer '0' \(Residual\).*\(1, 3\) into \(1, 2\)",
        ),
    ],
)
def test_wrong_settings_and_inputs(wrong, words):
    with pytest.raises(InputError, match=words):
        wrong()


@pytest.mark.parametrize("word", [-1, 4, 0.5])
def test_embedding_refuses_numbers_outside_its_table(word):
    network = Sequential(Embedding(4, 2), Flatten()).build((2,))
    with pytest.raises(InputError, match=rf"layer '0' \(Embedding\): got {word}, expected whole numbers from 0 to 3"):
        network(np.array([[0, word]]))
