import sys

import numpy as np
import pytest

import cutaway as ca
from cutaway.training import cost as cost_module
from cutaway.training.cost import Cost, choose_engine, cost_of_step, seconds_of_step
from cutaway.training.step import Batch


def test_products_parameters_and_operations_are_counted():
    net = ca.Sequential(ca.Dense(20), ca.ReLU(), ca.Dense(5)).build(10)
    batch = Batch(np.zeros((64, 10), np.float32), np.zeros((64, 5), np.float32), None)
    counted = cost_of_step(net, ca.SquaredError(), batch)
    assert counted.flops == 3 * 2 * 64 * (10 * 20 + 20 * 5)
    # the values of those operations, the last two single numbers
    assert counted.elements == (64 / 32) * (3 * 32 * 20 + 3 * 32 * 5 + 32 + 1 + 1)
    assert counted.parameters == 10 * 20 + 20 + 20 * 5 + 5
    # two products, two biases, one activation, squared error, mean over outputs, sum over rows, quotient
    assert counted.operations == 9


def test_little_work_runs_at_once_and_much_is_compiled(monkeypatch):
    monkeypatch.setattr(cost_module, "find_spec", lambda name: object())
    small, large = Cost(8, 1e4, 100), Cost(8, 1e8, 300_000)
    assert choose_engine(small, 10, 10).engine == "numpy"
    chosen = choose_engine(large, 100, 1000)
    assert chosen.engine == "xla" and "compiled" in chosen.reason


def test_the_choice_is_that_of_a_process_that_has_not_imported_jax(monkeypatch):
    """A fit on a worker, or after another fit, takes the engine that it would take here, first; see `--on ray`."""
    monkeypatch.setattr(cost_module, "find_spec", lambda name: object())
    near = Cost(8, 1e8, 300_000)  # where compiling gains something, but less than an import takes
    steps = next(steps for steps in range(1, 10**6) if choose_engine(near, 1, steps).engine == "xla")
    for loaded in ({"jax": object()}, {}):
        with monkeypatch.context() as patch:
            patch.delitem(sys.modules, "jax", raising=False)
            for name, module in loaded.items():
                patch.setitem(sys.modules, name, module)
            assert [choose_engine(near, 1, steps - less).engine for less in (0, 1)] == ["xla", "numpy"]


def test_without_jax_the_reason_says_what_it_would_gain(monkeypatch):
    monkeypatch.setattr(cost_module, "find_spec", lambda name: None)
    chosen = choose_engine(Cost(80, 1e7, 300_000), 100, 1000)
    assert chosen.engine == "numpy"
    assert "pip install 'cutaway[jax]'" in chosen.reason


def test_members_share_calls_on_xla_and_nothing_on_numpy():
    calls, sums = Cost(100, 0, 0), Cost(0, 1e9, 0)
    assert seconds_of_step("xla", calls, 8) == seconds_of_step("xla", calls)
    assert seconds_of_step("numpy", calls, 8) == 8 * seconds_of_step("numpy", calls)
    for engine in ("numpy", "xla"):
        assert seconds_of_step(engine, sums, 8) == 8 * seconds_of_step(engine, sums)


def test_where_time_is_short_the_engine_that_gets_further_is_chosen():
    pytest.importorskip("jax")
    cost = Cost(60, 5e7, 140_000, 4e5)
    whole = choose_engine(cost, 256, 20, 8)
    assert whole.engine == "xla" and choose_engine(cost, 256, 20, 8, limit=1e9).engine == "xla"
    short = choose_engine(cost, 256, 20, 8, limit=2.0)
    assert short.engine == "numpy" and "in the time there is" in short.reason
