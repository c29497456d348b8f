import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cutaway.training.order import epoch_order


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
