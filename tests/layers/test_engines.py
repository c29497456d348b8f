"""The same step, eager on NumPy and compiled by XLA: ten steps of Adam end at the same weights."""

import numpy as np
import pytest

from cutaway.autodiff import gradients
from cutaway.backends.random import Random
from cutaway.layers import GELU, BatchNorm, Context, Dense, Dropout, LayerNorm, ReLU, Residual, Sequential
from cutaway.losses import CrossEntropy
from cutaway.optimizers import Adam
from cutaway.schedules import Cosine
from cutaway.tensor import as_tensors

from .precision import x64

jax = pytest.importorskip("jax")

STEPS, ROWS, FEATURES, CLASSES = 10, 16, 5, 3
# Adam divides by the gradient's own size: the rounding of a tiny gradient can move a weight visibly.
TOLERANCE = {"float32": 3e-4, "float64": 1e-11}


def network(dtype):
    # Without a bias below batch norm: its gradient is zero, and Adam makes full steps of the rounding left.
    block = Residual(Sequential(LayerNorm(), Dense(8), GELU(), Dropout(0.2), Dense(8)))
    layers = (Dense(8, bias=False), BatchNorm(), ReLU(), Dropout(0.3), block, Dense(CLASSES))
    return Sequential(*layers).build(FEATURES, seed=1, dtype=dtype)


def data(dtype):
    random = np.random.default_rng(2)
    x = random.standard_normal((STEPS, ROWS, FEATURES)).astype(dtype)
    weight = np.ones((STEPS, ROWS), dtype)
    weight[-1, 10:] = 0
    return x, random.integers(0, CLASSES, (STEPS, ROWS)).astype(np.int32), weight


def make_step(net):
    loss, optimizer = (
        CrossEntropy(label_smoothing=0.1, class_weight=[1, 2, 1]),
        Adam(Cosine(1e-2), clip_norm=1.0),
    )

    def step(params, state, moments, x, y, weight, seed):
        ctx = Context(mode="train", random=Random(seed, moments["step"]), row_mask=weight > 0)
        tensors = as_tensors(params)
        value = loss.value(net.bind(tensors, state)(x, ctx=ctx), y, weight)
        params, moments = optimizer.update(params, gradients(value, tensors), moments, STEPS)
        return params, {**state, **ctx.new_state}, moments, value.value

    return step, optimizer


def train(net, step, optimizer, x, y, weight):
    carry = net.parameters(), net.state(), optimizer.init(net.parameters())
    losses = []
    for batch in zip(x, y, weight, strict=True):
        *carry, value = step(*carry, *batch, np.uint32(3))
        losses.append(float(value))
    return {**carry[0], **carry[1], **carry[2]}, losses


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ten_steps_of_adam_agree(dtype):
    net = network(np.dtype(dtype))
    step, optimizer = make_step(net)
    before = {path: array.copy() for path, array in net.parameters().items()}
    here, losses = train(net, step, optimizer, *data(dtype))
    if dtype == "float64":
        with x64():
            there, compiled = train(net, jax.jit(step), optimizer, *data(dtype))
    else:
        with jax.numpy_dtype_promotion("strict"):
            there, compiled = train(net, jax.jit(step), optimizer, *data(dtype))
    np.testing.assert_allclose(compiled, losses, rtol=TOLERANCE[dtype])
    assert here.keys() == there.keys()
    for path, array in here.items():
        assert there[path].dtype == np.asarray(array).dtype, path
        np.testing.assert_allclose(there[path], array, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype], err_msg=path)
    # The steps went somewhere, and the network itself stayed where it was.
    for path, array in net.parameters().items():
        np.testing.assert_array_equal(array, before[path])
        assert np.max(np.abs(here[path] - array)) > 1e-3
