"""Small trainings that the tests of checks break, each in one way."""

from dataclasses import replace

import numpy as np

import cutaway as ca


def three_classes(rows=600, features=4, distance=3.0, seed=0):
    """Return clouds around three centres, and their numbers."""
    random = np.random.default_rng(seed)
    y = random.integers(0, 3, rows)
    centres = random.standard_normal((3, features))
    centres *= distance / np.linalg.norm(centres[0] - centres[1])
    return (centres[y] + random.standard_normal((rows, features))).astype(np.float32), y


def numbers(rows=600, features=5, seed=0):
    """Return rows, and a number that follows from them by a wave and a slope."""
    random = np.random.default_rng(seed)
    x = random.standard_normal((rows, features)).astype(np.float32)
    return x, (np.sin(2 * x[:, 0]) + x[:, 1] + 0.5 * x[:, 2] + 0.1 * random.standard_normal(rows)).astype(np.float32)


def classifier(x, y, *layers, outputs=3, **settings):
    """Return the run of a network that ends in a unit a class."""
    hidden = layers or (ca.Dense(32), ca.ReLU())
    return _run(ca.Sequential(*hidden, ca.Dense(outputs)), x, y, "cross_entropy", settings)


def regressor(x, y, *layers, **settings):
    """Return the run of a network that ends in one number."""
    hidden = layers or (ca.Dense(32), ca.Tanh())
    return _run(ca.Sequential(*hidden, ca.Dense(1)), x, y, "squared_error", settings)


def _run(network, x, y, loss, settings):
    loss = settings.pop("loss", loss)
    settings = {"epochs": 30, "validation": 0.25, "optimizer": ca.Adam(1e-2), "engine": "numpy", **settings}
    return ca.fit(network, x, y, loss=loss, progress=False, **settings)


def found(run, name):
    """Return the finding of that name, whether it is a cause, a consequence or a note; None where there is none."""
    causes = [*run.verdict.findings, *run.verdict.notes]
    every = [*causes, *(each for cause in causes for each in cause.consequences)]
    return next((finding for finding in every if finding.check == name), None)


def first(run):
    """Return the name of the first finding, None for a training that is well."""
    return run.findings[0].check if run.findings else None


def altered(evidence, **facts):
    """Return evidence with other facts, as if it came from elsewhere."""
    return replace(evidence, **facts)
