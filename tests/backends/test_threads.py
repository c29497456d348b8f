"""On how many threads NumPy's products are computed."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from cutaway.backends.threads import WORTH_THREADS, on_one_thread, threads_for
from cutaway.diagnosis import mislabelled, references
from cutaway.losses import CrossEntropy
from cutaway.training.step import Batch


def threads():
    """Return on how many threads NumPy's own library computes; SciPy may have brought another."""
    found = [each for each in threadpool_info() if each["user_api"] == "blas"]
    return {each["num_threads"] for each in found if len(found) == 1 or "numpy" in each["filepath"]}


@pytest.fixture
def two():
    with threadpool_limits(2, user_api="blas"):
        if threads() != {2}:
            pytest.skip("NumPy's products know one thread here")
        yield


@pytest.mark.usefixtures("two")
def test_little_work_is_done_on_one_thread_and_much_on_all():
    with threads_for(WORTH_THREADS / 2):
        assert threads() == {1}
    with threads_for(WORTH_THREADS):
        assert threads() == {2}
    assert on_one_thread(threads)() == {1}
    assert threads() == {2}


@pytest.mark.usefixtures("two")
def test_simple_methods_compute_on_one_thread(monkeypatch):
    seen = []
    for place, name in ((references, "chosen"), (mislabelled, "chosen")):
        method = getattr(place, name)
        monkeypatch.setattr(place, name, lambda *given, method=method: [seen.append(threads()), method(*given)][1])
    x = np.random.default_rng(0).normal(size=(60, 3))
    rows = Batch(x, (x[:, 0] > 0).astype(int), None)
    references.references(CrossEntropy(), rows, judged=60)
    assert seen == [{1}]
    mislabelled.labels_of(rows, None)
    assert seen == [{1}, {1}] and threads() == {2}
