"""Random bits: the published generator, the same on both backends, keyed by everything that names a draw."""

from __future__ import annotations

import numpy as np
import pytest

from cutaway.backends.random import Random, generator, threefry

jax = pytest.importorskip("jax")

# Random123, kat_vectors: threefry2x32; rounds, counter, key and result as published there.
KNOWN_ANSWERS = [
    (20, (0x00000000, 0x00000000), (0x00000000, 0x00000000), (0x6B200159, 0x99BA4EFE)),
    (20, (0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    (20, (0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
    (13, (0x00000000, 0x00000000), (0x00000000, 0x00000000), (0x9D1C5EC6, 0x8BD50731)),
    (13, (0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0xFD36D048, 0x2D17272C)),
    (13, (0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xBA3E4725, 0xF27D669E)),
]
BACKENDS = pytest.mark.parametrize("xp", [np, jax.numpy], ids=["numpy", "xla"])


def words(xp, pair):
    return tuple(xp.asarray([word], dtype=xp.uint32) for word in pair)


@BACKENDS
@pytest.mark.parametrize(("rounds", "counter", "key", "answer"), KNOWN_ANSWERS)
def test_threefry_gives_the_published_answers(xp, rounds, counter, key, answer):
    assert tuple(int(word[0]) for word in threefry(words(xp, key), words(xp, counter), rounds)) == answer


def test_threefry_is_the_one_in_jax():
    random = np.random.default_rng(0)
    key, counter = (random.integers(0, 2**32, size, np.uint32) for size in ((2, 1), (2, 50)))
    ours = np.concatenate(threefry(key, counter, rounds=20))
    from jax.extend.random import threefry_2x32

    theirs = threefry_2x32(key[:, 0], counter.reshape(-1))
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("shape", [(), (1,), (5,), (2, 3), (0, 3), (4, 1, 7)])
def test_both_backends_draw_the_same_bits(shape):
    ours = Random(np.uint32(3), np.uint32(9)).bits("0.dropout", shape)
    theirs = jax.jit(lambda seed, step: Random(seed, step).bits("0.dropout", shape))(np.uint32(3), np.uint32(9))
    assert ours.shape == shape
    assert ours.dtype == theirs.dtype == np.uint32
    np.testing.assert_array_equal(ours, theirs)


@BACKENDS
def test_a_draw_is_named_by_seed_path_and_step(xp):
    def draw(seed=0, path="0.dropout", step=0):
        return tuple(np.asarray(Random(xp.uint32(seed), xp.uint32(step)).bits(path, (8,))).tolist())

    assert draw() == draw()
    assert len({draw(), draw(seed=1), draw(path="1.dropout"), draw(step=1), draw(seed=1, step=1)}) == 5


def test_python_numbers_name_the_same_draw():
    np.testing.assert_array_equal(Random(3, 9).bits("a", (4,)), Random(np.uint32(3), np.uint32(9)).bits("a", (4,)))


@pytest.mark.parametrize("probability", [0.01, 0.5, 0.9])
def test_keep_is_as_frequent_as_it_says(probability):
    """Within five standard deviations of a binomial count; adjacent draws are uncorrelated."""
    count = 200_000
    kept = Random(np.uint32(1), np.uint32(2)).keep("0", (count,), probability)
    deviation = np.sqrt(count * probability * (1 - probability))
    assert abs(kept.sum() - count * probability) < 5 * deviation
    both = np.sum(kept[1:] & kept[:-1]) - count * probability**2
    assert abs(both) < 10 * np.sqrt(count) * probability


def test_keep_near_one():
    assert Random(np.uint32(0), np.uint32(0)).keep("0", (1000,), 1 - 1e-12).all()


def test_every_bit_is_fair():
    bits = Random(np.uint32(5), np.uint32(0)).bits("0", (20_000,))
    ones = np.unpackbits(bits.view(np.uint8)).reshape(-1, 32).sum(axis=0, dtype=np.int64)
    assert np.all(np.abs(ones - 10_000) < 5 * np.sqrt(5_000))


def test_generator_is_keyed_by_seed_and_names():
    def draw(*key):
        return generator(*key).random()

    assert draw(0, "order", 3) == draw(0, "order", 3) == draw(np.int64(0), "order", np.int64(3))
    assert (
        len(
            {
                draw(0),
                draw(1),
                draw(0, "order"),
                draw(0, "order", 3),
                draw(0, "order", 4),
                draw(0, "o", "rder"),
            }
        )
        == 6
    )
    assert draw(-1) != draw(2**40)
