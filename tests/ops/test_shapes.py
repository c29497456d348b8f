"""Random shapes, found by hypothesis: a gradient has its operand's shape and the right numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, mutually_broadcastable_shapes

from cutaway import Tensor, ops
from cutaway.autodiff import check_gradients
from cutaway.ops.broadcasting import unbroadcast

quick = settings(max_examples=60, deadline=None, derandomize=True)
REDUCTIONS = st.sampled_from([ops.sum, ops.mean, ops.variance, ops.max, ops.min, ops.logsumexp])


def normal(*shape: int) -> np.ndarray:
    return np.asarray(np.random.default_rng(0).standard_normal(shape))


@quick
@given(mutually_broadcastable_shapes(num_shapes=1, base_shape=(3, 1, 2), max_dims=4, max_side=3))
def test_unbroadcast_is_the_transpose_of_broadcasting(shapes):
    """⟨broadcast x, g⟩ = ⟨x, unbroadcast g⟩ is what it means to send blame back."""
    (shape,), stretched = shapes.input_shapes, shapes.result_shape
    x, g = normal(*shape), np.random.default_rng(1).standard_normal(stretched)
    back = unbroadcast(g, shape)
    assert back.shape == shape
    np.testing.assert_allclose(np.sum(np.broadcast_to(x, stretched) * g), np.sum(x * back), atol=1e-12)


@quick
@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3))
def test_any_two_shapes_that_broadcast(shapes):
    operands = [normal(*shape) for shape in shapes.input_shapes]
    assert ops.multiply(*operands).shape == shapes.result_shape
    assert check_gradients(ops.multiply, operands) < 1e-7


@quick
@given(mutually_broadcastable_shapes(signature="(n,k),(k,m)->(n,m)", max_dims=3, max_side=3))
def test_matmul_over_any_batches(shapes):
    a, b = (normal(*shape) for shape in shapes.input_shapes)
    np.testing.assert_allclose(ops.matmul(a, b), a @ b)
    assert check_gradients(lambda a, b: a @ b, [a, b], node=Tensor) < 1e-7


@quick
@given(st.data(), REDUCTIONS, array_shapes(min_dims=0, max_dims=4, max_side=3), st.booleans())
def test_reduction_over_any_axes(data, reduce, shape, keepdims):
    axes = st.lists(st.integers(0, len(shape) - 1), min_size=1, unique=True) if shape else st.nothing()
    chosen = data.draw(st.none() | axes)
    signs = data.draw(st.lists(st.booleans(), min_size=len(shape), max_size=len(shape)))
    axis = None if chosen is None else tuple(a - len(shape) if signs[a] else a for a in chosen)
    x = normal(*shape)
    assert reduce(x, axis=axis, keepdims=keepdims).shape == np.sum(x, axis=axis, keepdims=keepdims).shape
    assert check_gradients(lambda x: reduce(x, axis=axis, keepdims=keepdims), [x]) < 1e-7
