"""Rows that stay where they are, and are handed over chunk by chunk: the same training as with a copy of them all."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.backends import backend_named
from cutaway.data.splits import folds
from cutaway.errors import InputError
from cutaway.losses import SquaredError
from cutaway.training import engines, loop, placing
from cutaway.training.order import block_order, epoch_order
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer

ENGINES = ["numpy", "xla"]


@pytest.fixture
def small_is_large(monkeypatch):
    """Make 600 bytes many: chunks of a step or two."""
    monkeypatch.setattr(engines, "LARGE", 600)
    monkeypatch.setattr(placing, "LARGE", 600)
    monkeypatch.setattr(placing, "HANDED", 600)


def rows(count=203, weighted=False):
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (count, 3)).astype(np.float32)
    y = (x[:, :1] * x[:, 1:2] + 0.1 * random.standard_normal((count, 1))).astype(np.float32)
    return Batch(x, y, random.integers(1, 4, count).astype(np.float32) if weighted else None)


def trained(data, engine, validation=None, **settings):
    network = ca.Sequential(ca.Dense(8), ca.Tanh(), ca.Dropout(0.1), ca.Dense(1)).build(np.array(data.x[:4]), 0)
    plan = Plan(**{"epochs": 3, "batch_size": 16, "watch": False, **settings})
    return Trainer(network, SquaredError(), ca.Adam(0.01), plan, engine=engine).train(data, validation)


def same(one, other):
    for key, array in one.params.items():
        np.testing.assert_array_equal(array, other.params[key], err_msg=key)
    assert [(r.loss, r.validation, r.members) for r in one.history] == [
        (r.loss, r.validation, r.members) for r in other.history
    ]
    if one.outputs is not None:
        np.testing.assert_array_equal(one.outputs, other.outputs)


DIVIDED = folds(203, 4, seed=0)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"drop_last": True},
        {"members": 4, "folds": DIVIDED, "drop_last": True},
        {"members": 4, "folds": DIVIDED},
        {"members": 2, "block": 8},
    ],
    ids=["one", "whole batches", "members, whole batches", "members", "members that share an order"],
)
def test_rows_handed_over_give_the_same_bits(engine, weighted, settings, small_is_large):
    data = rows(weighted=weighted)
    same(trained(data, engine, lean=True, **settings), trained(data, engine, **settings))


def test_members_have_no_copy_of_all_rows_on_each_device(monkeypatch, request):
    """Neither of those learned from nor of those watched, and without being asked to be lean."""
    data, held_out = rows(), rows(90)
    whole = trained(data, "xla", held_out, members=2)
    request.getfixturevalue("small_is_large")
    monkeypatch.setattr(placing, "ROOM", 203 * 12 - 1)  # a copy on each device is too much
    monkeypatch.setattr(loop, "TILE", 32)
    kind, placed = type(backend_named("xla").division(None, 2)), []

    def everywhere(self, tree, usual=kind.whole):
        placed.extend([len(tree.x)] if isinstance(tree, Batch) else [])
        return usual(self, tree)

    monkeypatch.setattr(kind, "whole", everywhere)
    handed = trained(data, "xla", held_out, members=2)
    assert 0 < max(placed) <= 50  # 600 bytes of inputs hold 50 rows
    for key, array in whole.params.items():
        np.testing.assert_array_equal(array, handed.params[key], err_msg=key)
    np.testing.assert_allclose(
        [record.validation for record in whole.history], [record.validation for record in handed.history], rtol=1e-5
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("members", [None, 2])
def test_rows_in_a_file_give_the_same_bits_as_rows_in_memory(engine, members, tmp_path):
    data, held_out = rows(), rows(40)
    files = []
    for name, array in (("x", data.x), ("y", data.y)):
        array.tofile(tmp_path / name)
        files.append(np.memmap(tmp_path / name, np.float32, "r", shape=array.shape))
    how = {"members": members, "block": 16, "drop_last": True, "validation": held_out}
    same(trained(Batch(*files, None), engine, lean=True, **how), trained(data, engine, **how))


def test_blocks_and_folds_are_not_both_to_be_had():
    with pytest.raises(InputError, match=r"blocks of 8 rows.* folds.* leave one of the two out"):
        trained(rows(), "numpy", members=4, folds=DIVIDED, block=8)


def test_large_rows_are_left_where_they_are_and_small_ones_are_not(small_is_large):
    network = ca.Sequential(ca.Dense(1)).build(np.zeros((1, 3), np.float32), 0)
    xla, numpy = (
        engines.Engine(name, network, SquaredError(), ca.Adam(), masked=False, members=None)
        for name in ("xla", "numpy")
    )
    few, many = rows(10), rows(203)
    on_host = all(device.platform == "cpu" for device in backend_named("xla").asarray(few.x).devices())
    assert (xla.leaves(few), xla.leaves(many)) == (False, on_host)
    assert not numpy.leaves(many)


def test_what_is_handed_over_are_the_rows_of_the_order_padding_too():
    data = rows()
    network = ca.Sequential(ca.Dense(1)).build(data.x[:1], 0)
    engine = engines.Engine("xla", network, SquaredError(), ca.Adam(), masked=True, members=2)
    order = np.stack([epoch_order(20, 8, seed, 0) for seed in (0, 1)])
    given, numbers = engine.hand_over(data, order, shared=False)
    there = numbers >= 0
    assert (there == (order >= 0)).all() and not there.all() and numbers.shape == order.shape
    np.testing.assert_array_equal(np.asarray(given.x)[numbers[there]], data.x[order[there]])
    shared, numbers = engine.hand_over(data, np.broadcast_to(order[0], order.shape), shared=True)
    assert len(shared.x) == order[0].size and (numbers[0] == numbers[1]).all()


@pytest.mark.parametrize("drop_last", [False, True])
def test_an_order_of_blocks_takes_every_row_once(drop_last):
    order = block_order(1003, 32, seed=1, epoch=2, block=10, window=100, drop_last=drop_last)
    taken = order[order >= 0]
    assert order.shape == (31 if drop_last else 32, 32) and len(set(taken.tolist())) == len(taken)
    assert set(taken.tolist()) <= set(range(1003)) and len(taken) == (992 if drop_last else 1003)
    again, other = (block_order(1003, 32, 1, epoch, 10, 100, drop_last) for epoch in (2, 3))
    assert (again == order).all() and (other != order).any()


def test_an_order_of_blocks_reads_in_runs_and_mixes_within_a_window():
    order = block_order(64_000, 100, seed=0, epoch=0, block=50, window=1000).ravel()
    first = order[:1000]
    assert len(set((first // 50).tolist())) == 20  # the rows of twenty blocks, all of them
    assert len(set((order[:100] // 50).tolist())) > 10  # and each step has some of most
    places = np.flatnonzero(np.bincount(first // 50))
    assert places.max() - places.min() > 640  # from all over the file
