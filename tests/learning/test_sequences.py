"""What each way of reading a sequence is for: tasks that it solves, and that a simple recurrent network does not."""

from __future__ import annotations

import numpy as np
import pytest

import cutaway as ca

pytest.importorskip("jax")

TIME, WORDS = 64, 8


def trained(net, x, y, loss, rate, epochs):
    ca.fit(
        net, x, y, loss=loss, optimizer=ca.Adam(ca.Cosine(rate), clip_norm=1.0), epochs=epochs, batch_size=32,
        engine="xla", observe=False,
    )  # fmt: skip
    return net


def additions(count, seed):
    """Return sequences of numbers, two of which are marked, one in each half, and their sum.

    Reference: Hochreiter, Schmidhuber, Neural Computation 9 (8), 1997, section 5.4.
    """
    random = np.random.default_rng(seed)
    values, marks, row = random.uniform(0, 1, (count, TIME)), np.zeros((count, TIME)), np.arange(count)
    first, second = random.integers(0, TIME // 2, count), random.integers(TIME // 2, TIME, count)
    marks[row, first] = marks[row, second] = 1
    return np.stack((values, marks), axis=-1), (values[row, first] + values[row, second])[:, None]


# Squared error of always saying 1, the mean: the variance of a sum of two uniform numbers.
GUESS = 1 / 6
# Rates 0.001, 0.003, 0.01 and 0.03 were tried for each, and the best one taken.
RATES = {ca.SimpleRNN: 0.003, ca.GRU: 0.01, ca.LSTM: 0.03}


@pytest.mark.parametrize("kind", RATES)
def test_gates_remember_two_marked_numbers_of_64_which_a_simple_network_forgets(kind):
    net = ca.Sequential(kind(32, sequence=False), ca.Dense(1))
    trained(net, *additions(4096, seed=0), "squared_error", RATES[kind], epochs=6)
    x, y = additions(1000, seed=1)
    error = float(np.mean((net(x) - y) ** 2))
    assert error > 0.7 * GUESS if kind is ca.SimpleRNN else error < 0.1 * GUESS


def mirrored(count, seed):
    """Return sequences of words, and the same read from the end: place t is to say what stands at 63 − t."""
    x = np.random.default_rng(seed).integers(0, WORDS, (count, TIME))
    return x, x[:, ::-1].copy()


def looking():
    """Return one head of attention over words and places: 21,768 weights."""
    first = ca.Normal(1.0)
    return ca.Sequential(
        ca.Embedding(WORDS, 64, initializer=first), ca.LearnedPositions(TIME, initializer=first),
        ca.MultiHeadAttention(1), ca.Dense(WORDS),
    )  # fmt: skip


def reading():
    """Return a recurrent network that reads from both ends, so that every word has been read: 22,084 weights."""
    both = ca.Bidirectional(ca.SimpleRNN(93), ca.SimpleRNN(93))
    return ca.Sequential(ca.Embedding(WORDS, 16), both, ca.Dense(WORDS))


def test_attention_reverses_a_sequence_of_64_which_a_recurrent_network_of_its_size_does_not():
    """The same rows and as many steps; of the rates 0.001, 0.003, 0.01 and 0.03 the best for each, 0.01 for both."""
    attention, recurrent = looking(), reading()
    trained(attention, *mirrored(1024, seed=0), "cross_entropy", 0.01, epochs=6)
    trained(recurrent, *mirrored(1024, seed=0), "cross_entropy", 0.01, epochs=6)
    sizes = [sum(array.size for array in net.parameters().values()) for net in (attention, recurrent)]
    assert 1 <= sizes[1] / sizes[0] < 1.1
    x, y = mirrored(100, seed=1)
    assert np.mean(attention(x).argmax(axis=-1) == y) > 0.99
    assert np.mean(recurrent(x).argmax(axis=-1) == y) < 0.5
