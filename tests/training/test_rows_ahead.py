"""Rows in files, fetched on a thread while XLA computes: the same batches in the same order as from memory."""

import threading

import numpy as np
import pytest

import cutaway as ca
from cutaway.losses import SquaredError
from cutaway.training import placing
from cutaway.training.engines import Engine
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer

pytest.importorskip("jax")


@pytest.fixture
def rows(tmp_path):
    x = np.random.default_rng(0).normal(size=(5000, 6)).astype(np.float32)
    y = np.sin(x[:, :1])
    x.tofile(tmp_path / "x")
    return Batch(x, y, None), Batch(np.memmap(tmp_path / "x", np.float32, "r", shape=x.shape), y, None)


def trained(rows, seed=3, **how):
    net = ca.Sequential(ca.Dense(8), ca.Tanh(), ca.Dense(1)).build(6, 0)
    plan = Plan(epochs=3, batch_size=32, seed=seed, block=64, watch=False, **how)
    return Trainer(net, SquaredError(), ca.Adam(0.01), plan, engine="xla").train(rows).params


def test_weights_are_those_of_rows_in_memory_and_the_seed_fixes_the_order(rows, monkeypatch):
    whole, files = rows
    fetched = []
    hand_over = Engine.hand_over

    def heard(self, *given, **how):
        fetched.append(threading.current_thread() is threading.main_thread())
        return hand_over(self, *given, **how)

    monkeypatch.setattr(Engine, "hand_over", heard)
    monkeypatch.setattr(placing, "HANDED", 40 * 32 * 24)  # 40 steps: an epoch of 157 takes four chunks
    expected = trained(whole)
    assert not fetched
    found = trained(files, lean=True)
    for path, array in expected.items():
        np.testing.assert_allclose(found[path], array, rtol=0, atol=1e-6)  # in chunks of another length
    again, other = trained(files, lean=True), trained(files, seed=4, lean=True)
    assert all((found[path] == again[path]).all() for path in found)
    assert any((found[path] != other[path]).any() for path in found)
    assert fetched.count(True) == 3 and len(fetched) == 3 * 3 * 4  # but for the first, all on the thread


def test_what_fails_on_the_thread_arrives(rows, monkeypatch):
    hand_over = Engine.hand_over

    def failing(self, *given, **how):
        if threading.current_thread() is not threading.main_thread():
            raise OSError("the disk is gone")
        return hand_over(self, *given, **how)

    monkeypatch.setattr(Engine, "hand_over", failing)
    with pytest.raises(OSError, match="the disk is gone"):
        trained(rows[1], lean=True)
