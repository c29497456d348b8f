"""Convolution layers: against sums written out, and what they refuse."""

import json

import numpy as np
import pytest

import cutaway as ca
from cutaway.backends import backend_named
from cutaway.errors import InputError
from cutaway.layers import Context, Conv1D, Conv2D, ConvTranspose1D, ConvTranspose2D
from cutaway.storage.architecture import describe, rebuild
from cutaway.tensor import as_tensors

RANDOM = np.random.default_rng(0)


def written_out(x, weight, low, stride, dilation, groups, rows, columns):
    """The definition, one number at a time."""
    height, width, inside, out = weight.shape
    y = np.zeros((len(x), rows, columns, out))
    for n, a, b, o, i, j, c in np.ndindex(len(x), rows, columns, out, height, width, inside):
        row, column = a * stride + i * dilation - low[0], b * stride + j * dilation - low[1]
        if 0 <= row < x.shape[1] and 0 <= column < x.shape[2]:
            y[n, a, b, o] += weight[i, j, c, o] * x[n, row, column, c + inside * (o * groups // out)]
    return y


@pytest.mark.parametrize(
    ("padding", "stride", "dilation", "groups", "low", "rows", "columns"),
    [
        ("valid", 1, 1, 1, (0, 0), 4, 6),
        ("same", 1, 1, 1, (1, 0), 6, 7),
        ("same", 2, 1, 2, (0, 0), 3, 4),
        ((2, 1), 3, 2, 1, (2, 1), 2, 3),
    ],
)
def test_convolution_is_the_sum_of_its_definition(padding, stride, dilation, groups, low, rows, columns):
    x = RANDOM.normal(size=(2, 6, 7, 4))
    layer = Conv2D(6, (3, 2), stride=stride, padding=padding, dilation=dilation, groups=groups, bias=False)
    y = layer.build(x.shape[1:], dtype=np.float64)(x)
    expected = written_out(x, layer.weight, low, stride, dilation, groups, rows, columns)
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)


def test_same_puts_the_odd_zero_at_the_end():
    x = np.zeros((1, 4, 4, 1))
    x[0, 3, 3, 0] = 1
    layer = Conv2D(1, 3, stride=2, bias=False).build((4, 4, 1))
    layer.weight = np.arange(9.0).reshape(3, 3, 1, 1)
    assert layer(x)[0, :, :, 0].tolist() == [[0, 0], [0, 4]]
    symmetric = Conv2D(1, 3, stride=2, padding=1, bias=False).build((4, 4, 1))
    symmetric.weight = layer.weight
    assert symmetric(x)[0, :, :, 0].tolist() == [[0, 0], [0, 8]]


def test_a_convolution_of_one_place_is_a_dense_layer():
    x, layer, dense = RANDOM.normal(size=(2, 3, 4, 5)), Conv2D(6, 1).build((3, 4, 5)), ca.Dense(6).build(5)
    dense.weight, dense.bias = layer.weight[0, 0], np.arange(6.0)
    layer.bias = dense.bias
    np.testing.assert_allclose(layer(x), dense(x), rtol=1e-5, atol=1e-6)


def test_transposed_convolution_is_the_transpose_of_the_convolution():
    """⟨conv(u), v⟩ = ⟨u, convᵀ(v)⟩ for the same weight."""
    weight, u = RANDOM.normal(size=(3, 2, 4, 5)), RANDOM.normal(size=(2, 9, 8, 4))
    settings = {"stride": 2, "padding": 1}
    forth = ca.ops.convolution(u, weight, **settings)
    v = RANDOM.normal(size=forth.shape)
    back = ca.ops.transposed_convolution(v, weight, **settings)
    assert back.shape == (2, 9, 8, 4)
    np.testing.assert_allclose(np.sum(forth * v), np.sum(u * back), rtol=1e-12)


def test_transposed_convolution_makes_pictures_larger():
    assert ConvTranspose2D(3)(np.ones((1, 5, 4, 2))).shape == (1, 10, 8, 3)
    assert ConvTranspose2D(3, 4, stride=3, padding="valid")(np.ones((1, 5, 4, 2))).shape == (1, 16, 13, 3)
    assert ConvTranspose1D(3)(np.ones((1, 5, 2))).shape == (1, 10, 3)


def test_sizes_are_inferred_and_first_weights_have_the_variance_of_their_fan_in():
    layer = Conv2D(64, 5).build((9, 9, 16))
    assert layer.weight.shape == (5, 5, 16, 64) and layer.bias.shape == (64,)
    np.testing.assert_allclose(layer.weight.std(), np.sqrt(2 / (5 * 5 * 16)), rtol=0.02)
    assert Conv1D(4, 3, groups=2).build((9, 6)).weight.shape == (3, 3, 4)


def test_members_are_convolved_each_with_its_own_weights():
    pytest.importorskip("jax")
    x, weights = RANDOM.normal(size=(2, 5, 5, 2)).astype("f"), RANDOM.normal(size=(3, 3, 3, 2, 4)).astype("f")

    def blames(weight, x):
        (tensor,) = as_tensors({"w": weight}).values()
        loss = ca.ops.sum(ca.ops.max_pool(ca.ops.convolution(x, tensor, stride=2, padding="same")) ** 2)
        return ca.gradients(loss, [tensor])[0]

    backend = backend_named("xla")
    together = backend.compile(backend.vmap(blames, (0, None)))(weights, backend.asarray(x))
    for member, weight in enumerate(weights):
        np.testing.assert_allclose(together[member], blames(weight, x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("groups", "shape", "settings"),
    [
        (1, (2, 6, 5, 4), {"stride": 2, "padding": "same", "dilation": 2}),
        (2, (2, 6, 5, 4), {"stride": 2, "padding": "same", "dilation": 2}),
        (1, (2, 7, 3), {"stride": 2, "padding": "same", "dilation": 2}),
        (2, (3, 9, 7, 6), {"stride": (3, 1), "padding": 1, "dilation": (1, 2)}),  # places that no window sees
        (1, (2, 4, 4, 3), {"stride": 4, "padding": 2}),  # windows that see padding alone
    ],
)
def test_xla_own_convolution_is_the_same(groups, shape, settings, monkeypatch):
    """What a GPU runs, on this machine's processor."""
    jax = pytest.importorskip("jax")
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    x = RANDOM.normal(size=shape).astype("f")
    weight = RANDOM.normal(size=(*(3, 2)[: len(shape) - 2], shape[-1] // groups, 4)).astype("f")
    arrays = [backend_named("xla").asarray(array) for array in (x, weight)]
    y, backward = ca.ops.convolution.rule(*arrays, groups=groups, **settings)
    ours, rule = ca.ops.convolution.rule(x, weight, groups=groups, **settings)
    np.testing.assert_allclose(y, ours, rtol=1e-5, atol=1e-5)
    g = RANDOM.normal(size=ours.shape).astype("f")
    for theirs, mine in zip(backward(jax.numpy.asarray(g)), rule(g), strict=True):
        np.testing.assert_allclose(theirs(), mine(), rtol=1e-4, atol=1e-4)


def test_it_is_written_down_and_made_again():
    layers = [Conv2D(4, (3, 2), stride=(1, 2), groups=2), ca.MaxPool2D(2, 1, "same"), ConvTranspose2D(3)]
    network = ca.Sequential(*layers)
    assert repr(rebuild(json.loads(json.dumps(describe(network))))) == repr(network)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv2D(0), "Conv2D: filters must be a whole number of at least 1, got 0"),
        (
            lambda: Conv2D(4, (3, 3, 3)),
            r"size must be a whole number or 2 of them of at least 1, got \(3, 3, 3\)",
        ),
        (lambda: Conv1D(4, 0), "Conv1D: size must be a whole number of at least 1, got 0"),
        (lambda: Conv2D(4, padding="full"), 'Conv2D: padding must be "same", "valid" or a whole number, got \'full\''),
        (lambda: Conv2D(4, groups=3), "Conv2D: 4 filters cannot be divided into 3 groups"),
        (lambda: Conv2D(4)(np.ones((2, 5))), "expected pictures"),
        (lambda: Conv2D(4, groups=2)(np.ones((2, 5, 5, 3))), "3 input channels cannot be divided into 2 groups"),
        (lambda: Conv2D(4, 7, padding=0)(np.ones((2, 5, 5, 3))), "a window of 7 places.* does not fit into 5"),
        (lambda: Conv2D(4).build((5, 5, 3))(np.ones((2, 5, 5, 2))), "got 2 input features, was built for 3"),
        (lambda: ConvTranspose2D(0), "filters must be"),
        (lambda: ConvTranspose2D(1, 2, padding=5)(np.ones((1, 2, 2, 1))), "nothing is left"),
    ],
)
def test_what_does_not_fit_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_a_picture_of_other_size_is_convolved_too():
    layer = Conv2D(4).build((8, 8, 3))
    assert layer(np.ones((1, 20, 11, 3)), ctx=Context()).shape == (1, 20, 11, 4)


def test_a_batch_of_no_pictures():
    net = ca.Sequential(ca.Conv2D(4), ca.MaxPool2D(), ca.GlobalAveragePool(), ca.Dense(2)).build((8, 8, 1))
    assert net(np.zeros((0, 8, 8, 1), np.float32)).shape == (0, 2)
