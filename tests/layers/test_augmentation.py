"""Augmentation: silent in evaluation, the same bits on both engines, and what each layer says it does."""

import sys
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest

from cutaway import ops
from cutaway.autodiff import gradients
from cutaway.backends.random import Random
from cutaway.errors import InputError
from cutaway.layers import Context, Conv2D, Cutout, Dense, Flatten, RandomFlip, RandomShift, Sequential, Standardize
from cutaway.storage.architecture import describe, rebuild
from cutaway.tensor import Tensor

RANDOM = np.random.default_rng(0)
BYTES = RANDOM.integers(0, 256, (64, 9, 7, 3)).astype(np.uint8)
LAYERS = [RandomShift(2), RandomFlip(), Cutout(4)]


def train(step=0, seed=0):
    return Context(mode="train", random=Random(np.uint32(seed), np.uint32(step)))


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_silent_in_evaluation_and_another_draw_each_step(layer):
    assert layer(BYTES) is BYTES
    first, again, next_one = (layer(BYTES, ctx=train(step)) for step in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.uint8 and first.shape == BYTES.shape
    assert (first != next_one).any() and (first != BYTES).any()
    with pytest.raises(InputError, match="training needs random draws"):
        layer(BYTES, ctx=Context(mode="train"))
    with pytest.raises(InputError, match=r"expected pictures \(batch, height, width, channels\)"):
        layer(BYTES[0], ctx=train())


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_both_engines_draw_the_same_bits(dtype):
    jax = pytest.importorskip("jax")
    net = Sequential(*LAYERS, Standardize([100.0, 90.0, 80.0], [50.0, 60.0, 70.0]))
    x = BYTES.astype(dtype)

    def forward(x, seed, step):
        return net(x, ctx=Context(mode="train", random=Random(seed, step)))

    here = forward(x, np.uint32(5), np.uint32(9))
    there = jax.jit(forward)(x, np.uint32(5), np.uint32(9))
    assert here.dtype == there.dtype == np.float32
    np.testing.assert_allclose(here, there, rtol=1e-6, atol=1e-6)
    # Members, side by side: each has draws of its own.
    seeds = np.array([5, 6], np.uint32)
    both = jax.jit(jax.vmap(forward, (None, 0, None)))(x, seeds, np.uint32(9))
    np.testing.assert_allclose(both[0], here, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(both[1], forward(x, np.uint32(6), np.uint32(9)), rtol=1e-6, atol=1e-6)


def test_a_shift_moves_each_picture_by_every_distance_and_repeats_the_edge():
    x = np.zeros((4000, 9, 9, 1), np.uint8)
    x[:, 4, 4] = 1
    moved = np.argwhere(RandomShift(2)(x, ctx=train()))[:, 1:3] - 4
    assert len(moved) == len(x)
    places, counts = np.unique(moved, axis=0, return_counts=True)
    assert len(places) == 25 and np.abs(moved).max() == 2
    # Each of 25 places is as likely: five standard deviations of a binomial.
    assert np.abs(counts - 160).max() < 5 * np.sqrt(4000 * 0.04 * 0.96)
    ramp = np.broadcast_to(np.arange(9, dtype=np.uint8)[:, None, None], (200, 9, 9, 1))
    shifted = RandomShift(3)(np.ascontiguousarray(ramp), ctx=train())
    steps = np.diff(shifted[:, :, 0, 0].astype(int), axis=1)
    assert set(np.unique(steps)) == {0, 1} and (shifted == shifted[:, :, :1]).all()
    assert sorted(set(shifted[:, 4, 0, 0].tolist())) == [1, 2, 3, 4, 5, 6, 7]


def test_a_flip_mirrors_about_half():
    x = np.broadcast_to(BYTES[:1], (2000, 9, 7, 3))
    y = RandomFlip()(np.ascontiguousarray(x), ctx=train())
    same, mirrored = (y == x).all(axis=(1, 2, 3)), (y == x[:, :, ::-1]).all(axis=(1, 2, 3))
    assert (same ^ mirrored).all()
    assert abs(mirrored.mean() - 0.5) < 5 * 0.5 / np.sqrt(2000)


def test_a_cutout_hides_a_square_whose_middle_is_any_pixel():
    x = np.ones((3000, 6, 5, 2), np.float32)
    y = Cutout(3)(x, ctx=train())
    hidden = y[..., 0] == 0
    np.testing.assert_array_equal(hidden, y[..., 1] == 0)
    rows, columns = hidden.any(axis=2).sum(axis=1), hidden.any(axis=1).sum(axis=1)
    np.testing.assert_array_equal(hidden.sum(axis=(1, 2)), rows * columns)  # one rectangle
    assert rows.max() == columns.max() == 3 and rows.min() == columns.min() == 2  # it may lie partly outside
    middle = hidden[:, 2, 2].mean()
    assert abs(middle - 9 / 30) < 5 * np.sqrt(0.3 * 0.7 / 3000)


def test_standardize_is_what_numpy_says():
    layer = Standardize.fit(BYTES)
    y = layer(BYTES)
    assert y.dtype == np.float32
    exact = (BYTES - BYTES.mean(axis=(0, 1, 2), dtype=np.float64)) / BYTES.std(axis=(0, 1, 2), dtype=np.float64)
    np.testing.assert_allclose(y, exact, atol=1e-5)
    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0, atol=1e-5)
    assert layer(BYTES.astype(np.float64)).dtype == np.float32  # as every network does with what it is given
    with pytest.raises(InputError, match="got 1 input features"):
        layer(BYTES[..., :1])
    with pytest.raises(InputError, match="1 means and 2 deviations"):
        Standardize([0.0], [1.0, 2.0])
    with pytest.raises(InputError, match="above 0"):
        Standardize([0.0], [0.0])


def test_blame_passes_through_to_the_pixels():
    """By central differences, in double precision, along a random direction of the input."""
    layers = (*LAYERS, Standardize([0.5] * 3, [2.0] * 3), Conv2D(2), Flatten(), Dense(1))
    net = Sequential(*layers).build((9, 7, 3), dtype=np.float64)
    x, direction = RANDOM.standard_normal((2, 4, 9, 7, 3))

    def value(x):
        y = net.bind(net.parameters())(x, ctx=train(3))
        return ops.sum(ops.multiply(y, y))

    tensor = Tensor(x)
    slope = np.vdot(gradients(value(tensor), {"x": tensor})["x"], direction)
    step = 1e-6
    measured = (value(x + step * direction) - value(x - step * direction)) / (2 * step)
    np.testing.assert_allclose(slope, measured, rtol=1e-6)


@pytest.mark.parametrize("layer", [*LAYERS, Standardize([1.0], [2.0])], ids=lambda layer: type(layer).__name__)
def test_they_are_saved_by_their_arguments(layer):
    assert repr(rebuild(describe(layer))) == repr(layer)


@pytest.mark.parametrize("make", [lambda: RandomShift(-1), lambda: RandomShift(1.5), lambda: Cutout(0)])
def test_refuses_what_is_no_number_of_pixels(make):
    with pytest.raises(InputError, match="pixels"):
        make()


def test_standardize_counts_bytes_exactly_and_copies_none(monkeypatch):
    fitted = Standardize.fit(BYTES)
    assert Standardize.fit(np.moveaxis(np.moveaxis(BYTES, -1, 0).copy(), 0, -1)).mean == fitted.mean  # any layout
    exact = [[Fraction(int(value)) for value in BYTES[..., channel].ravel()] for channel in range(3)]
    for channel, values in enumerate(exact):
        mean = sum(values) / len(values)
        variance = sum((value - mean) ** 2 for value in values) / len(values)
        assert fitted.mean[channel] == pytest.approx(float(mean), rel=1e-15)
        assert fitted.deviation[channel] == pytest.approx(float(variance) ** 0.5, rel=1e-14)
    monkeypatch.setattr(sys.modules[Standardize.__module__], "COUNTED", 1000)  # many pieces, the last one short
    assert Standardize.fit(BYTES).mean == fitted.mean and Standardize.fit(BYTES).deviation == fitted.deviation
    flat = Standardize.fit(np.full((3, 2, 2, 1), 7, np.uint8))
    assert flat.mean == (7.0,) and flat.deviation == (1.0,)
    monkeypatch.undo()
    large = np.zeros((4000, 64, 64, 1), np.uint8)  # 16 MB
    tracemalloc.start()
    Standardize.fit(large)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < large.nbytes
