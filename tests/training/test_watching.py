"""When vitals are taken: fixed beforehand by what things should cost, and so seldom that they cost little."""

from types import SimpleNamespace

import numpy as np
import pytest

import cutaway as ca
from cutaway.training.cost import cost_of_step
from cutaway.training.step import Batch
from cutaway.training.watching import BESIDES, FEWEST, FEWEST_ANSWERS, OFTEN, PLANNED, PROBE_ROWS, Watching

BATCH = 32


def planned(sizes, rows, epochs, engine="xla"):
    """Return how a training of so many rows and epochs would be watched."""
    x = np.random.default_rng(0).normal(size=(PROBE_ROWS, sizes[0])).astype(np.float32)
    layers = [layer for units in sizes[1:] for layer in (ca.Dense(units), ca.Tanh())]
    network = ca.Sequential(*layers[:-1]).build(x)
    y = np.zeros((len(x), sizes[-1]), np.float32)
    cost = cost_of_step(network, ca.SquaredError(), Batch(x[:BATCH], y[:BATCH], None))
    loop = SimpleNamespace(
        plan=SimpleNamespace(batch_size=BATCH, members=None), count=rows, per_epoch=-(-rows // BATCH), epochs=epochs,
        trainer=SimpleNamespace(engine=engine),
    )  # fmt: skip
    watching = Watching(loop, Batch(x, y, None), Batch(x[::2], y[::2], None), cost)
    watching.plan()
    return watching


@pytest.mark.parametrize("sizes", [(2, 8, 8, 1), (32, 64, 64, 1), (64, 128, 10), (300, 256, 10)])
@pytest.mark.parametrize("epochs", [3, 40, 300, 3000])
def test_looks_are_first_and_last_and_within_their_share(sizes, epochs):
    watching = planned(sizes, 10_000, epochs)
    looks = sorted(watching.planned)
    assert looks[0] == 0 and looks[-1] == epochs and len(looks) <= min(OFTEN, epochs + 1)
    assert np.all(np.diff(looks, 2) >= -1)  # denser at first, but for rounding to whole epochs
    if len(looks) > FEWEST:
        assert len(looks) * (watching.each + BESIDES) <= PLANNED * epochs * watching.epoch
    assert watching.planned == planned(sizes, 10_000, epochs).planned


def test_more_epochs_are_looked_at_more_often_and_short_trainings_at_fewer_rows():
    counts = [len(planned((2, 8, 8, 1), 10_000, epochs).planned) for epochs in (10, 200, 800, 100_000)]
    assert counts == sorted(counts) and counts[0] == FEWEST < counts[1] < counts[2] and counts[-1] == OFTEN
    short, long = planned((300, 256, 10), 320, 40, "numpy"), planned((300, 256, 10), 320, 4000, "numpy")
    assert FEWEST_ANSWERS // 2 <= len(short.probe.x) < len(long.probe.x) == PROBE_ROWS
    assert len(short.held_out.x) <= len(long.held_out.x)
