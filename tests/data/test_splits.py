import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cutaway.data.splits import folds, split_rows
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


@pytest.mark.parametrize(
    "call",
    [
        lambda: split_rows(10, 1.0, 0),
        lambda: split_rows(10, -0.1, 0),
        lambda: split_rows(10, 0.5, 0, np.zeros(9)),
        lambda: folds(3, 4, 0),
        lambda: folds(3, 1, 0),
    ],
)
def test_what_cannot_be_split(call):
    with pytest.raises(InputError):
        call()
