"""XLA's convolution in the forms for which a CPU has a routine: what it gives is what the automatic gradient gives."""

from __future__ import annotations

import numpy as np
import pytest

jax = pytest.importorskip("jax")

from cutaway import ops  # noqa: E402
from cutaway.backends import jax_convolution  # noqa: E402
from cutaway.ops.windows import windows_of  # noqa: E402

# Lengths, window, stride, padding, channels in and out: overlapping windows and gaps between them, places that no
# window sees, windows that see padding alone, more places out than in, a height of 1, windows of one place.
SHAPES = [
    ((7, 9), (3, 3), 1, 1, 3, 5),
    ((6, 8), (3, 3), 1, 1, 16, 16),
    ((7, 9), (3, 2), 2, "same", 3, 5),
    ((8, 10), (1, 1), 2, 0, 4, 8),
    ((8, 8), (5, 5), 1, 0, 4, 8),
    ((8, 8), (3, 3), (1, 3), 4, 4, 8),
    ((9, 8), (2, 2), 3, 0, 4, 40),
    ((1, 9), (1, 3), (1, 2), (0, 1), 4, 8),
    ((4, 4), (1, 1), 1, 2, 3, 3),
    ((5, 5), (2, 2), 4, 2, 3, 3),
]


def operands(size, window, inside, out, rows=2):
    random = np.random.default_rng(0)
    x = random.standard_normal((rows, *size, inside)).astype(np.float32)
    return x, random.standard_normal((*window, inside, out)).astype(np.float32)


def library(x, weight, windows):
    return jax.lax.conv_general_dilated(
        x,
        weight,
        [each.stride for each in windows],
        [(each.low, each.high) for each in windows],
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


@pytest.mark.parametrize("case", SHAPES, ids=str)
def test_blames_are_the_automatic_ones(case):
    size, window, stride, padding, inside, out = case
    windows = windows_of(size, window, stride=stride, padding=padding)
    x, weight = operands(size, window, inside, out)
    g = np.random.default_rng(1).standard_normal((2, *(each.count for each in windows), out)).astype(np.float32)

    @jax.jit
    def both(x, weight, g):
        y, pullback = jax.vjp(lambda x, w: library(x, w, windows), x, weight)
        ours, backward = jax_convolution.convolution(x, weight, windows, None)
        return (ours, *(thunk() for thunk in backward(g))), (y, *pullback(g))

    for ours, theirs in zip(*both(x, weight, g), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("rows", [64, 67])
def test_the_blame_of_a_weight_is_the_sum_of_its_parts(rows):
    windows = windows_of((4, 4), 3, padding=1)
    x, weight = operands((4, 4), (3, 3), 2, 3, rows)

    @jax.jit
    def both(x, weight):
        y, pullback = jax.vjp(lambda w: library(x, w, windows), weight)
        return jax_convolution.blame_of_weight(x, jax.numpy.cos(y), windows), pullback(jax.numpy.cos(y))[0]

    np.testing.assert_allclose(*both(x, weight), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [(3, 6, 6, 16), (3, 9, 16)], ids=["picture", "sequence"])
def test_members_and_numpy_get_what_one_network_gets(shape, monkeypatch):
    monkeypatch.setattr(jax_convolution, "has_routine", lambda: True)
    random = np.random.default_rng(2)
    x = random.standard_normal((2, *shape))
    weight = random.standard_normal((2, *(3,) * (len(shape) - 2), 16, 16))
    bias = random.standard_normal((2, 16))

    def rule(x, weight, bias):
        y, backward = ops.convolution.rule(x, weight, bias, stride=2, padding=1)
        return y, [thunk() for thunk in backward(y * y)]

    with jax.enable_x64(True):
        one, many = (
            jax.jit(function)(x, weight, bias)
            for function in (lambda *all: rule(*(part[0] for part in all)), jax.vmap(rule))
        )
    for number in range(2):
        expected = jax.tree.leaves(rule(x[number], weight[number], bias[number]))
        for member, theirs in zip(jax.tree.leaves(many), expected, strict=True):
            np.testing.assert_allclose(member[number], theirs, rtol=1e-9, atol=1e-9)
        if not number:
            for alone, theirs in zip(jax.tree.leaves(one), expected, strict=True):
                np.testing.assert_allclose(alone, theirs, rtol=1e-9, atol=1e-9)
