"""What each kind of layer computes, in plain NumPy; the smooth activations are in tests/agreement."""

import numpy as np
import pytest

from cutaway import layers
from cutaway.errors import InputError
from cutaway.layers import Dense, Sequential

X = np.random.default_rng(0).normal(size=(4, 3))


def softmax(x, axis):
    return np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)


ROWS = {
    "Identity": (layers.Identity(), X),
    "Step": (layers.Step(), (X > 0) * 1.0),
    "ReLU": (layers.ReLU(), np.maximum(X, 0)),
    "Tanh": (layers.Tanh(), np.tanh(X)),
    "Sigmoid": (layers.Sigmoid(), 1 / (1 + np.exp(-X))),
    "Softplus": (layers.Softplus(), np.log(1 + np.exp(X))),
    "SiLU": (layers.SiLU(), X / (1 + np.exp(-X))),
    "LeakyReLU": (layers.LeakyReLU(), np.where(X > 0, X, 0.01 * X)),
    "LeakyReLU(0.3)": (layers.LeakyReLU(0.3), np.where(X > 0, X, 0.3 * X)),
    "ELU": (layers.ELU(), np.where(X > 0, X, np.exp(X) - 1)),
    "ELU(0.5)": (layers.ELU(0.5), np.where(X > 0, X, 0.5 * (np.exp(X) - 1))),
    "Softmax": (layers.Softmax(), softmax(X, 1)),
    "Softmax(0)": (layers.Softmax(0), softmax(X, 0)),
    "LayerNorm(0.1)": (
        layers.LayerNorm(0.1),
        (X - X.mean(axis=1, keepdims=True)) / np.sqrt(X.var(axis=1, keepdims=True) + 0.1),
    ),
    "Residual": (layers.Residual(layers.Tanh()), X + np.tanh(X)),
    "Scale": (layers.Scale(), X),
    "Parametric": (layers.Parametric(layers.ReLU()), np.maximum(X, 0)),
    "Flatten": (layers.Flatten(), X),
    "Dropout": (layers.Dropout(0.9), X),
    "Sequential": (Sequential(layers.Tanh(), layers.ReLU()), np.maximum(np.tanh(X), 0)),
    "empty": (Sequential(), X),
}


@pytest.mark.parametrize(("layer", "expected"), ROWS.values(), ids=ROWS)
def test_formula(layer, expected):
    np.testing.assert_allclose(layer.build(3, dtype=np.float64)(X.astype(layer.dtype)), expected, rtol=2e-6)


def test_dense():
    layer = Dense(2).build(3, dtype=np.float64)
    layer.bias = [0.5, -1.0]
    np.testing.assert_allclose(layer(X), X @ layer.weight + [0.5, -1.0], rtol=1e-14)
    bare = Dense(2, bias=False).build(3, dtype=np.float64)
    assert [*bare.parameters()] == ["weight"]
    np.testing.assert_array_equal(bare.weight, layer.weight)
    np.testing.assert_allclose(bare(X), X @ bare.weight, rtol=1e-14)


def test_flatten_keeps_rows():
    x = np.arange(24).reshape(2, 3, 4)
    np.testing.assert_array_equal(layers.Flatten()(x), x.reshape(2, 12))


def test_embedding():
    layer = layers.Embedding(4, 2).build((3,))
    words = np.array([[3, 0, 3], [1, 1, 2]])
    np.testing.assert_array_equal(layer(words), layer.weight[words])
    np.testing.assert_array_equal(layer(words.astype(np.float32)), layer.weight[words])


def test_dense_ntk_divides_by_the_root_of_its_inputs():
    layer = Dense(2, ntk=True, initializer=layers.Normal(), bias_initializer=layers.Normal())
    layer.build(3, dtype=np.float64)
    np.testing.assert_allclose(layer(X), X @ layer.weight / np.sqrt(3) + layer.bias, rtol=1e-14)


def test_parametric_takes_some_of_the_bend():
    layer = layers.Parametric(layers.Tanh()).build(3, dtype=np.float64)
    layer.amount = [0.0, 0.5, 2.0]
    np.testing.assert_allclose(layer(X), X + layer.amount * (np.tanh(X) - X), rtol=1e-14)
    np.testing.assert_array_equal(layer(X)[:, 0], X[:, 0])


def test_scale_multiplies_each_column():
    layer = layers.Scale().build(3, dtype=np.float64)
    layer.factor = [2.0, -1.0, 0.0]
    np.testing.assert_array_equal(layer(X), X * [2.0, -1.0, 0.0])


@pytest.mark.parametrize("activation", [layers.Flatten, 3])
def test_parametric_needs_an_activation(activation):
    with pytest.raises(InputError, match=r"Parametric: got .*, expected an activation such as SELU\(\)"):
        layers.Parametric(activation)


def test_parametric_refuses_a_layer_that_changes_the_shape():
    with pytest.raises(InputError, match=r"Parametric: Dense\(2\) turns shape \(1, 3\) into \(1, 2\)"):
        layers.Parametric(Dense(2))(X)
