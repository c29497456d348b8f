"""Whole numbers are checked in one place, in the same words."""

import numpy as np
import pytest

from cutaway.errors import InputError, whole


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_a_whole_number_comes_back_as_an_int(value):
    found = whole("a size", value, 3, 3)
    assert found == 3 and type(found) is int


@pytest.mark.parametrize("value", [0, -1, 2.0, 2.5, "2", None, True, np.True_, np.float64(2), np.array([2]), [2]])
def test_anything_else_is_refused(value):
    with pytest.raises(InputError, match=r"^a size must be a whole number of at least 1, got "):
        whole("a size", value)


def test_a_bound_from_above_is_told():
    with pytest.raises(InputError, match=r"^the seed must be a whole number of at most 9, got 10$"):
        whole("the seed", 10, 0, 9)
    assert whole("the seed", 0, 0, 9) == 0
