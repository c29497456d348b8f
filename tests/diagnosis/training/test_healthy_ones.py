"""Healthy networks of every kind are left in peace by the checks of a training."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.verdict import verdict
from tests.diagnosis.trained import clouds, evidence_of, moons, sine, stack


def pictures():
    """Return pictures of 8 × 8 with a bar that lies or stands."""
    random = np.random.default_rng(0)
    x, y = 0.3 * random.normal(size=(300, 8, 8, 1)), random.integers(0, 2, 300)
    for picture, stands, place in zip(x, y, random.integers(1, 7, 300), strict=True):
        if stands:
            picture[:, place] += 1
        else:
            picture[place] += 1
    return x, y


def words():
    """Return lines of 10 tokens, and whether token 1 comes before token 2."""
    random = np.random.default_rng(0)
    x = random.integers(3, 8, (400, 10))
    places = np.sort(np.array([random.choice(10, 2, replace=False) for _ in x]), axis=1)
    y = random.integers(0, 2, 400)
    rows = np.arange(400)
    x[rows, places[:, 0]], x[rows, places[:, 1]] = np.where(y, 1, 2), np.where(y, 2, 1)
    return x, y


def convolution():
    return ca.Sequential(
        ca.Conv2D(8, 3), ca.ReLU(), ca.MaxPool2D(2), ca.Conv2D(8, 3), ca.ReLU(), ca.GlobalMaxPool(), ca.Dense(2)
    )


def residual():
    blocks = [ca.Sequential(ca.LayerNorm(), ca.Dense(16), ca.GELU(), ca.Dense(16)) for _ in range(3)]
    return ca.Sequential(ca.Dense(16), *map(ca.Residual, blocks), ca.Dense(2))


CASES = {
    "relu": (lambda: stack(32, 32), moons, ca.Adam(3e-3), {}),
    "tanh": (lambda: stack(16, 16, act=ca.Tanh), moons, ca.Momentum(0.02), {}),
    "gelu": (lambda: stack(32, 32, act=ca.GELU, out=1), sine, ca.Adam(0.01), {"epochs": 60}),
    "deep tanh": (lambda: stack(*(8,) * 9, act=ca.Tanh, out=4), clouds, ca.Adam(3e-3), {"epochs": 60}),
    "batch norm": (lambda: stack(24, 24, norm=True), moons, ca.GradientDescent(0.1), {}),
    "one hidden unit for a line": (lambda: stack(1, act=ca.Identity, out=1), lambda: (sine()[0], 2 * sine()[0] + 1),
                                   ca.Adam(0.03), {"epochs": 60}),
    "one row a step": (lambda: stack(16), moons, ca.GradientDescent(0.02), {"batch_size": 1, "epochs": 10}),
    "whole batch": (lambda: stack(16), moons, ca.Adam(0.03), {"batch_size": None, "epochs": 250}),
    "dropout": (lambda: ca.Sequential(ca.Dense(64), ca.ReLU(), ca.Dropout(0.3), ca.Dense(2)), moons, ca.AdamW(0.01),
                {}),
    "residual": (residual, moons, ca.Adam(3e-3), {}),
    "convolution": (convolution, pictures, ca.Adam(0.01), {"epochs": 25}),
    "members": (lambda: stack(16), moons, ca.Adam(0.01), {"members": 3, "engine": "xla"}),
    "cosine": (lambda: stack(16, 16), moons, ca.Adam(ca.Cosine(0.02)), {}),
    "recurrent": (lambda: ca.Sequential(ca.Embedding(8, 8), ca.LSTM(16, sequence=False), ca.Dense(2)), words,
                  ca.Adam(0.01), {"engine": "xla"}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_is_left_in_peace(name):
    make, rows, optimizer, how = CASES[name]
    judged = verdict(evidence_of(make(), rows(), optimizer, **how))
    assert judged.findings == ()
