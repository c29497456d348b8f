import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cutaway.data.splits import folds, group_folds, split_groups, split_rows, split_time
from cutaway.errors import InputError


@settings(max_examples=60, deadline=None)
@given(
    labels=st.lists(st.integers(0, 4), min_size=1, max_size=60),
    fraction=st.floats(0, 0.95),
    seed=st.integers(0, 2**40),
)
@example(labels=[0] * 9 + [1] * 4 + [2, 3], fraction=0.6875, seed=0)  # two classes can give nothing
def test_a_stratified_split_divides_all_rows_and_keeps_every_class_in_the_rest(labels, fraction, seed):
    codes = np.array(labels)
    rest, part = split_rows(len(codes), fraction, seed, codes)
    assert sorted([*rest, *part]) == list(range(len(codes)))
    assert set(codes[rest]) == set(labels)
    size = min(max(round(len(codes) * fraction), fraction > 0), len(codes) - 1)
    for label in set(labels):
        count, taken = labels.count(label), int(np.sum(codes[part] == label))
        assert count * size // len(codes) - 1 <= taken <= np.ceil(count * size / len(codes))


def test_sizes_and_shares():
    rest, part = split_rows(1000, 0.2, seed=3)
    assert (len(rest), len(part)) == (800, 200)
    labels = np.repeat(["a", "b", "c"], [700, 200, 100])
    _, part = split_rows(1000, 0.2, seed=3, labels=labels)
    assert np.unique(labels[part], return_counts=True)[1].tolist() == [140, 40, 20]
    assert len(split_rows(5, 0.0, 0)[1]) == 0 and len(split_rows(3, 0.01, 0)[1]) == 1


def test_the_seed_decides():
    first, again, other = (split_rows(100, 0.3, seed)[1].tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_folds_cover_every_row_once_and_share_out_classes():
    labels = np.repeat([0, 1], [90, 11])
    parts = folds(101, 5, seed=0, labels=labels)
    assert sorted(np.concatenate([part for _, part in parts])) == list(range(101))
    assert {len(part) for _, part in parts} == {20, 21}
    assert {int(labels[part].sum()) for _, part in parts} == {2, 3}
    for rest, part in parts:
        assert sorted([*rest, *part]) == list(range(101))


def objects(values):
    return np.array(list(values), dtype=object)


@settings(max_examples=80, deadline=None)
@given(
    groups=st.lists(st.sampled_from([*"abcdefgh", None]), min_size=2, max_size=60),
    fraction=st.floats(0.01, 0.9),
    seed=st.integers(0, 99),
    stratified=st.booleans(),
)
def test_no_group_is_on_both_sides(groups, fraction, seed, stratified):
    rows = len(groups)
    labels = np.arange(rows) % 3 if stratified else None
    count = len(set(groups) - {None}) + groups.count(None)
    if count < 2:
        with pytest.raises(InputError, match="at least 2 are needed"):
            split_groups(objects(groups), fraction, seed, labels)
        return
    rest, part = split_groups(objects(groups), fraction, seed, labels)
    assert sorted([*rest, *part]) == list(range(rows)) and len(rest) and len(part)
    assert not {groups[row] for row in rest} & {groups[row] for row in part} - {None}
    k = min(count, 3)
    parts = group_folds(objects(groups), k, seed, labels)
    assert sorted(np.concatenate([part for _, part in parts])) == list(range(rows))
    for rest, part in parts:
        assert len(part) and sorted([*rest, *part]) == list(range(rows))
        assert not {groups[row] for row in rest} & {groups[row] for row in part} - {None}


def test_parts_by_group_are_of_the_size_asked_for_and_stratified():
    random = np.random.default_rng(0)
    groups = random.integers(0, 150, 1000).astype(np.float64)
    for seed in range(20):
        _, part = split_groups(groups, 0.2, seed)
        assert abs(len(part) - 200) <= 10  # a group has seven rows
    assert {len(part) for _, part in group_folds(groups, 5, 0)} <= set(range(197, 204))
    labels = (groups % 10 < 2) | (random.random(1000) < 0.05)  # most of a class in few groups
    share = labels.mean()
    for _, part in [split_groups(groups, 0.2, 1, labels), *group_folds(groups, 5, 1, labels)]:
        assert labels[part].mean() == pytest.approx(share, abs=0.03) and abs(len(part) - 200) <= 15
    first, again, other = (split_groups(groups, 0.2, seed)[1].tolist() for seed in (1, 1, 2))
    assert first == again != other


@settings(max_examples=80, deadline=None)
@given(times=st.lists(st.integers(0, 12), min_size=1, max_size=50), fraction=st.floats(0.01, 0.95))
def test_a_part_by_time_is_later_than_the_rest(times, fraction):
    numbers = np.array(times, dtype=np.float64)
    for values in (numbers, np.datetime64("2024-01-01", "us") + numbers.astype(np.int64) * np.timedelta64(1, "h")):
        if len(set(times)) < 2:
            with pytest.raises(InputError, match="one time"):
                split_time(values, fraction)
        else:
            rest, part = split_time(values, fraction)
            assert sorted([*rest, *part]) == list(range(len(times)))
            assert values[rest].max() < values[part].min()
            # No other cut between two times comes nearer to the share.
            sizes = [sum(time >= cut for time in times) for cut in sorted(set(times))[1:]]
            assert abs(len(part) - fraction * len(times)) == pytest.approx(
                min(abs(size - fraction * len(times)) for size in sizes)
            )


@pytest.mark.parametrize(
    "call",
    [
        lambda: split_rows(10, 1.0, 0),
        lambda: split_rows(10, -0.1, 0),
        lambda: split_rows(10, 0.5, 0, np.zeros(9)),
        lambda: folds(3, 4, 0),
        lambda: folds(3, 1, 0),
        lambda: split_groups(objects("aabb"), 1.0, 0),
        lambda: split_groups(objects("aabb"), 0.5, 0, np.zeros(3)),
        lambda: split_groups(np.zeros((2, 2)), 0.5, 0),
        lambda: group_folds(objects("aabb"), 3, 0),
        lambda: split_time(np.arange(4.0), 1.0),
        lambda: split_time(np.array([1.0, np.nan, 2.0]), 0.5),
        lambda: split_time(objects("abc"), 0.5),
    ],
)
def test_what_cannot_be_split(call):
    with pytest.raises(InputError):
        call()
