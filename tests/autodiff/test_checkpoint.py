"""A checkpoint changes what is remembered, not what is computed."""

from __future__ import annotations

import numpy as np
import pytest

from cutaway import Tensor, gradients, ops
from cutaway.autodiff import history

jax = pytest.importorskip("jax")
X, W = np.random.default_rng(0).standard_normal((2, 4, 4))


def block(x, w):
    return ops.tanh(ops.tanh(x @ w) @ w)


def loss(x, w, checkpointed):
    x, w = Tensor(x), Tensor(w)
    for _ in range(2):
        x = ops.checkpoint(block, x, w) if checkpointed else block(x, w)
    return ops.sum(x * x), [x, w]


def value_and_gradient(x, w, checkpointed):
    value, (_, w) = loss(x, w, checkpointed)
    return value.value, gradients(value, w)


def test_same_value_and_gradient():
    with_it, without = value_and_gradient(X, W, True), value_and_gradient(X, W, False)
    assert with_it[0] == without[0]
    np.testing.assert_allclose(with_it[1], without[1], rtol=1e-12)


def test_the_tape_forgets_what_is_inside():
    value, _ = loss(X, W, True)
    assert [node.operation for node in history(value) if node.operation] == [
        "checkpoint", "checkpoint", "multiply", "sum",
    ]  # fmt: skip


def test_what_xla_receives_computes_the_inside_again():
    """Two blocks of two tanh: four of them forward, and four more on the way back, each behind a barrier."""

    def count(operation, checkpointed):
        program = jax.make_jaxpr(lambda x, w: value_and_gradient(x, w, checkpointed))(X, W)
        return str(program).count(f" {operation} ")

    assert (count("tanh", False), count("optimization_barrier", False)) == (4, 0)
    assert (count("tanh", True), count("optimization_barrier", True)) == (8, 2)


def test_xla_leaves_at_least_as_much_of_it_as_of_jax_checkpoint():
    """On a CPU XLA sees through some of jax's own barriers; through ours no more than that, and never through all."""

    def evaluated(function):
        return jax.jit(function).lower(X, W).compile().cost_analysis()["transcendentals"]

    def reference(x, w):
        for _ in range(2):
            x = jax.checkpoint(block)(x, w)
        return jax.numpy.sum(x * x)

    again = evaluated(lambda x, w: value_and_gradient(x, w, True))
    assert again >= evaluated(jax.value_and_grad(reference, argnums=1))
    assert again > evaluated(lambda x, w: value_and_gradient(x, w, False))


def test_xla_gives_the_same():
    with_it = jax.jit(lambda x, w: value_and_gradient(x, w, True))(X, W)
    expected = value_and_gradient(X.astype(np.float32), W.astype(np.float32), False)
    for ours, theirs in zip(with_it, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_arrays_beside_the_tensors_get_no_blame():
    """Indices, masks and numbers go in as they are, and a rule for them is never run."""
    seen = []

    def pick(table, indices, scale, nothing):
        seen.append((type(indices), type(scale), nothing))
        return ops.embedding(table, indices) * scale

    table = Tensor(np.ones((3, 1)))
    output = ops.checkpoint(pick, table, np.array([0, 0, 2]), 2.0, None)
    np.testing.assert_array_equal(gradients(ops.sum(output), table), [[4.0], [0.0], [2.0]])
    assert seen == [(np.ndarray, float, None)] * 2


def test_under_vmap():
    batched = jax.vmap(lambda x: value_and_gradient(x, W, True)[1])(np.stack([X, X + 1]))
    one = value_and_gradient((X + 1).astype(np.float32), W.astype(np.float32), False)[1]
    np.testing.assert_allclose(batched[1], one, rtol=1e-4, atol=1e-5)
