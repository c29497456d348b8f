"""Batch norm between sums and activation: the signal keeps its size through any depth."""

import numpy as np

import cutaway as ca
from cutaway.backends.random import Random
from cutaway.layers import Context
from tests.diagnosis.fixes.making import after, refused, setup_of

X = np.random.default_rng(0).normal(0, 1, (64, 3)).astype(np.float32)


def deep(start):
    hidden = [layer for _ in range(6) for layer in (ca.Dense(16, initializer=start), ca.Tanh())]
    return setup_of(ca.Sequential(*hidden, ca.Dense(1), ca.Sigmoid()), X, X[:, :1], "squared_error")


def test_the_signal_neither_vanishes_nor_explodes():
    changed = after(deep(ca.Normal(0.01)), "batch_norm").network
    assert sum(isinstance(layer, ca.BatchNorm) for layer in changed) == 6
    assert isinstance(changed[-2], ca.Dense)  # none on the answers
    taps = []
    changed(X, ctx=Context(mode="train", random=Random(np.uint32(0), np.uint32(0)), taps=taps))
    sizes = [float(tap.output.std()) for tap in taps if isinstance(tap.layer, ca.Tanh)]
    assert all(0.4 < size < 0.9 for size in sizes)


def test_what_has_it_and_batches_of_a_few_rows_are_left_alone():
    once = after(deep(ca.He()), "batch_norm")
    assert refused(once, "batch_norm")
    few = setup_of(ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(1)), X, X[:, :1], "squared_error", batch_size=2)
    assert refused(few, "batch_norm")


def test_activations_of_ones_own_are_normalised_before_too():
    class Exponential(ca.Layer):
        def forward(self, x, ctx):
            return ca.ops.exp(x)

    net = ca.Sequential(ca.Dense(4), Exponential(), ca.Dense(4), ca.LayerNorm(), ca.Tanh(), ca.Dense(1))
    changed = after(setup_of(net, X, X[:, :1], "squared_error"), "batch_norm").network
    kinds = [type(layer).__name__ for layer in changed]
    assert kinds == ["Dense", "BatchNorm", "Exponential", "Dense", "LayerNorm", "Tanh", "Dense"]
