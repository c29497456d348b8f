"""Pooling layers: against windows written out, ties, padding, and what they refuse."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.errors import InputError
from cutaway.layers import (
    AveragePool1D,
    AveragePool2D,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool1D,
    MaxPool2D,
)
from cutaway.ops.windows import windows_of

X = np.random.default_rng(0).normal(size=(2, 7, 6, 3)).astype("f")


def written_out(x, function, size, stride, padding):
    """Each window by itself, padding left out."""
    high, wide = windows_of(x.shape[1:3], size, stride=stride, padding=padding)
    y = np.zeros((len(x), high.count, wide.count, x.shape[-1]))
    for a, b in np.ndindex(high.count, wide.count):
        top, left = a * high.stride - high.low, b * wide.stride - wide.low
        part = x[:, max(0, top) : top + high.size, max(0, left) : left + wide.size]
        y[:, a, b] = function(part, axis=(1, 2))
    return y


@pytest.mark.parametrize(
    ("size", "stride", "padding"),
    [(2, None, 0), (3, 2, 1), ((2, 3), (1, 2), "same"), (2, 3, "valid"), ((7, 6), None, 0)],
)
@pytest.mark.parametrize(("layer", "function"), [(MaxPool2D, np.max), (AveragePool2D, np.mean)])
def test_each_window_gives_one_number(layer, function, size, stride, padding):
    expected = written_out(X, function, size, stride or size, padding)
    np.testing.assert_allclose(layer(size, stride, padding)(X), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("layer", "function"), [(MaxPool1D, np.max), (AveragePool1D, np.mean)])
def test_sequences(layer, function):
    expected = function(X[:, :6, 0].reshape(2, 2, 3, 3), axis=2)
    np.testing.assert_allclose(layer(3)(X[:, :, 0]), expected, rtol=1e-6)


@pytest.mark.parametrize("shape", [(2, 5, 3), (2, 5, 4, 3), (2, 2, 2, 2, 3)])
def test_global_pools(shape):
    x = np.random.default_rng(1).normal(size=shape).astype("f")
    places = x.reshape(2, -1, 3)
    np.testing.assert_allclose(GlobalAveragePool()(x), places.mean(axis=1), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(GlobalMaxPool()(x), places.max(axis=1))


def test_of_equal_numbers_the_first_gets_the_blame():
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(2).integers(0, 2, (3, 6, 6, 2)).astype(np.float64)
    for size, stride, padding in ((2, 2, 0), (3, 1, 1), (3, 2, 0)):
        tensor = ca.Tensor(x)
        y = ca.ops.max_pool(tensor, size=size, stride=stride, padding=padding)
        g = np.random.default_rng(3).normal(size=y.shape)
        theirs = torch.tensor(x.transpose(0, 3, 1, 2), requires_grad=True)
        out = torch.nn.functional.max_pool2d(theirs, size, stride, padding)
        out.backward(torch.tensor(g.transpose(0, 3, 1, 2)))
        (ours,) = ca.gradients(ca.ops.sum(y * g), [tensor])
        np.testing.assert_allclose(ours, theirs.grad.numpy().transpose(0, 2, 3, 1), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MaxPool2D(0), "MaxPool2D: size must be"),
        (lambda: MaxPool2D(2, 0), "MaxPool2D: stride must be"),
        (lambda: AveragePool1D(2, padding=-1), "AveragePool1D: padding must be"),
        (lambda: MaxPool2D()(X[:, 0]), "expected pictures"),
        (lambda: MaxPool1D()(X), "expected sequences"),
        (lambda: MaxPool2D(8)(X), "does not fit"),
        (lambda: MaxPool2D(2, padding=2)(X), "nothing but padding"),
        (lambda: GlobalAveragePool()(X[:, 0, 0]), "at least one axis between"),
    ],
)
def test_what_does_not_fit_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_whole_numbers_are_pooled_as_they_are():
    x = np.array([[[-7], [-3], [-9]]])
    assert ca.ops.max_pool(x, size=3, stride=1, padding=1).ravel().tolist() == [-3, -3, -3]
