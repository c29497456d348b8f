"""Memory is estimated before training: short of it evaluations get smaller, then training is refused; never killed."""

import re
import subprocess
import sys
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

import cutaway as ca
from cutaway.losses import SquaredError
from cutaway.training import engines, footprint
from cutaway.training.cost import cost_of_step
from cutaway.training.footprint import footprint_of
from cutaway.training.loop import Loop
from cutaway.training.order import distinct
from cutaway.training.plan import Plan
from cutaway.training.step import Batch

MIB = 1 << 20


def rows(count=256, width=64):
    x = np.random.default_rng(0).uniform(-1, 1, (count, width)).astype(np.float32)
    return Batch(x, x[:, :1].copy(), None)


def fit(engine="numpy", **how):
    batch = rows()
    net = ca.Sequential(ca.Dense(64), ca.ReLU(), ca.Dense(1))
    ca.fit(net, batch.x, batch.y, loss="squared_error", epochs=2, engine=engine, seed=1, **how)
    return net.parameters()


def test_weights_and_moments_are_counted_exactly():
    network = ca.Sequential(ca.Dense(64), ca.ReLU(), ca.Dense(1)).build(64)
    parameters = 64 * 64 + 64 + 64 + 1
    plan, batch = Plan(epochs=1, batch_size=32), rows()
    cost = cost_of_step(network, SquaredError(), Batch(batch.x[:32], batch.y[:32], None))
    adam = footprint_of("numpy", network, ca.Adam(), plan, batch, cost, 1 << 20)
    plain = footprint_of("numpy", network, ca.GradientDescent(0.1), plan, batch, cost, 1 << 20)
    assert plain.weights == 4 * parameters * 5 and adam.weights - plain.weights == 4 * parameters * 2 * 3
    order = 4 * 256  # which row comes when, in the next epoch
    assert adam.data == order
    assert footprint_of("xla", network, ca.Adam(), plan, batch, cost, 1).data == batch.x.nbytes + batch.y.nbytes + order
    # x @ w, + b, relu, @ w, + b, and the loss: 32 rows of 64, 64, 64, 1, 1 and one or two for the loss.
    assert 4 * 32 * 194 <= adam.activations <= 4 * 32 * 200


def test_an_order_counts_once_where_members_share_it():
    network = ca.Sequential(ca.Dense(1)).build(64)
    batch = rows()
    cost = cost_of_step(network, SquaredError(), Batch(batch.x[:32], batch.y[:32], None))
    for block, count in ((None, 8), (16, 1)):
        plan = Plan(epochs=1, batch_size=32, members=8, block=block)
        order = plan.order(256, 0)
        assert footprint_of("numpy", network, ca.Adam(), plan, batch, cost, 1).data == count * order[0].nbytes
        assert distinct(order).nbytes == count * order[0].nbytes


def test_what_is_divided_among_devices_counts_by_its_share():
    """Four devices: rows are divided and weights are not, or members are, with all that is theirs."""
    network, batch = ca.Sequential(ca.Dense(1)).build(64), rows()
    cost = cost_of_step(network, SquaredError(), Batch(batch.x[:32], batch.y[:32], None))
    plan = Plan(epochs=1, batch_size=32, members=8)
    what = ("xla", network, ca.Adam(), plan, batch, cost, 1000)
    whole = footprint_of(*what)
    for by_member, together, weights, activations in (
        (False, 1, 1, 1 / 4),  # each in a memory of its own
        (True, 1, 1 / 4, 1 / 4),
        (False, 4, 4, 1),  # all in one
        (True, 4, 1, 1),
        (True, 2, 1 / 2, 1 / 2),  # two processes of two devices each
    ):
        found = footprint_of(*what, SimpleNamespace(count=4, by_member=by_member, by_row=not by_member), together)
        assert found.weights == weights * whole.weights and found.activations == activations * whole.activations
        assert found.evaluation == activations * whole.evaluation and found.data == whole.data


def test_a_device_with_a_memory_of_its_own_is_asked_for_what_is_free_there(monkeypatch):
    pytest.importorskip("jax")
    monkeypatch.setattr(engines.Engine, "here", lambda self: False)
    monkeypatch.setattr(footprint, "available_memory", lambda: 1.0)  # of the machine, which does not matter then
    fit(engine="xla")  # this one does not say: a processor
    told = SimpleNamespace(memory_stats=lambda: {"bytes_limit": 300_000, "bytes_in_use": 200_000})
    probe = SimpleNamespace(sharding=SimpleNamespace(addressable_devices=[told]))
    monkeypatch.setattr(engines.Engine, "_probe", lambda self: probe)
    with pytest.raises(ca.InputError, match=r"needs about .* MiB of memory .*, and 0.1 MiB can be had"):
        fit(engine="xla")


def test_the_rows_of_an_epoch_are_weighed_without_a_copy_for_each_member():
    order = Plan(epochs=1, batch_size=100, members=50, block=10).order(100_000, 0)
    loop = SimpleNamespace(plan=Plan(epochs=1, batch_size=100, drop_last=True), weights=None, per_epoch=1000)
    tracemalloc.start()
    try:
        assert Loop.weight_of(loop, order, 1000) == 100_000
        assert tracemalloc.get_traced_memory()[1] < 3 * order[0].size  # bytes; a mask of all has 50 times as many
    finally:
        tracemalloc.stop()


def test_short_of_memory_evaluations_get_smaller_and_nothing_else_changes(monkeypatch):
    whole = fit(validation=0.2)
    monkeypatch.setattr(footprint, "available_memory", lambda: 2.0 * MIB)
    made = []
    usual = engines.Engine.evaluate

    def evaluate(self, *given, **how):
        made.append(self.tile)
        return usual(self, *given, **how)

    monkeypatch.setattr(engines.Engine, "evaluate", evaluate)
    monkeypatch.setattr(footprint, "FEWEST", 1000)
    for path, array in fit(validation=0.2).items():
        np.testing.assert_array_equal(array, whole[path])
    assert max(made) < 4096


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_too_little_memory_is_refused_with_the_figures(monkeypatch, engine):
    monkeypatch.setattr(footprint, "available_memory", lambda: 100_000.0)
    with pytest.raises(ca.InputError, match=r"needs about .* MiB of memory .*, and 0.1 MiB can be had") as refused:
        fit(engine=engine)
    assert re.search(r"weights, moments and their copies 0\.\d MiB, numbers of a step 0\.\d MiB", str(refused.value))
    with pytest.raises(ca.InputError, match="fewer members"):
        fit(engine=engine, members=4)


LARGE = """
import resource, sys
import numpy as np, cutaway as ca
from cutaway.training import footprint
footprint.available_memory = lambda: 1.0 * (1 << 30)
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
x = np.zeros((64, 5000), np.float32)
net = ca.Sequential(ca.Dense(5000), ca.ReLU(), ca.Dense(5000), ca.ReLU(), ca.Dense(1))
try:
    ca.fit(net, x, x[:, 0], loss="squared_error", epochs=1, engine="numpy", progress=False)
except ca.InputError as fault:
    print(fault)
# Not ru_maxrss: it begins with that of the process which this one was made from.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) >> 10)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
def test_a_network_too_large_is_refused_before_its_moments_are_made():
    done = subprocess.run([sys.executable, "-c", LARGE], capture_output=True, text=True, check=True, timeout=120)
    told, peak = done.stdout.strip().split("\n")
    assert "needs about 2.1 GiB of memory" in told and "1.0 GiB can be had" in told
    assert int(peak) < 900  # MiB: the weights, made twice, and the interpreter
