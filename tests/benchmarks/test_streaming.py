"""The benchmark of streaming: files hold the rows, and are dropped from the cache."""

import numpy as np
import pytest

pytest.importorskip("jax")

from benchmarks import streaming
from benchmarks.dense import WORKLOADS, data
from cutaway.training.step import Batch


def test_files_hold_the_rows_and_training_on_them_learns(tmp_path):
    load = streaming.rows_of(WORKLOADS[0], quick=True)
    whole = Batch(*data(load), None)
    files = streaming.in_files(whole, tmp_path)
    assert isinstance(files.x, np.memmap) and load.rows % load.batch == 0
    streaming.forget(files, tmp_path)
    np.testing.assert_array_equal(files.x, whole.x)
    heard = []
    assert streaming.trained(load, files, 3, True, lambda: heard.append(1)) > 0
    assert len(heard) == 3
