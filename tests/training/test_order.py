import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutaway.training.order import epoch_order
from cutaway.training.plan import Plan


@given(st.integers(1, 200), st.integers(1, 64), st.integers(0, 5), st.integers(0, 5))
def test_every_row_is_seen_once_an_epoch_and_the_last_step_is_padded(rows, batch, seed, epoch):
    order = epoch_order(rows, batch, seed, epoch)
    assert order.shape == (-(-rows // batch), batch)
    assert sorted(order[order >= 0].tolist()) == list(range(rows))
    assert (order.ravel()[rows:] == -1).all()


def test_the_order_is_a_function_of_seed_and_epoch():
    same = [epoch_order(100, 10, 3, 4) for _ in range(2)]
    assert np.array_equal(*same)
    assert not np.array_equal(same[0], epoch_order(100, 10, 3, 5))
    assert not np.array_equal(same[0], epoch_order(100, 10, 4, 4))


def test_without_shuffling_rows_come_as_they_are():
    assert epoch_order(6, 2, 0, 9, shuffle=False).tolist() == [[0, 1], [2, 3], [4, 5]]


@given(st.integers(1, 200), st.integers(1, 30), st.integers(1, 9), st.integers(0, 3), st.booleans(), st.booleans())
def test_some_steps_see_other_rows_each_epoch_and_none_twice(rows, batch, steps, epoch, drop_last, shuffle):
    order = epoch_order(rows, batch, 7, epoch, shuffle, drop_last, steps)
    whole = epoch_order(rows, batch, 7, epoch, shuffle, drop_last)
    assert len(order) == min(steps, len(whole))
    taken = order[order >= 0].tolist()
    assert len(set(taken)) == len(taken) == min(rows, order.size) and max(taken) < rows
    assert np.array_equal(order, epoch_order(rows, batch, 7, epoch, shuffle, drop_last, steps))
    if not shuffle or steps >= len(whole):
        assert np.array_equal(order, whole[:steps])


def test_every_row_is_as_likely_in_few_steps():
    counts = np.zeros(12_000)
    for epoch in range(500):
        counts[epoch_order(12_000, 20, 1, epoch, steps=10).ravel()] += 1
    # Each is drawn 500 · 200 / 12,000 = 8.3 times on average; halves and neighbours differ by chance alone.
    assert abs(counts[:6000].sum() / 50_000 - 1) < 0.02 and counts.var() == pytest.approx(500 / 60, rel=0.1)
    first = epoch_order(12_000, 20, 1, 0, steps=10).ravel()
    assert abs(np.corrcoef(first, np.arange(200))[0, 1]) < 0.25 and np.any(np.diff(first) < 0)


def test_few_steps_of_many_rows_need_memory_for_those_alone():
    plan = Plan(epochs=2, batch_size=10, steps=5, drop_last=True)
    tracemalloc.start()
    orders = [plan.order(300_000_000, epoch) for epoch in range(2)]
    assert plan.steps_of_epoch(300_000_000) == 5
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000 and not np.array_equal(*orders)


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("steps", [None, 1, 3, 100])
@pytest.mark.parametrize("how", ["one", "members", "folds", "folds of members", "block"])
def test_how_many_steps_an_epoch_has_is_told_without_its_order(how, steps, drop_last):
    folds = [(np.arange(size), np.arange(2)) for size in (50, 33, 45)]
    settings = {
        "one": {}, "members": {"members": 3}, "folds": {"folds": folds[:1]},
        "folds of members": {"members": 3, "folds": folds}, "block": {"block": 4, "members": 2},
    }[how]  # fmt: skip
    plan = Plan(epochs=1, batch_size=7, steps=steps, drop_last=drop_last, **settings)
    assert plan.steps_of_epoch(60) == plan.order(60, 0).shape[-2]
