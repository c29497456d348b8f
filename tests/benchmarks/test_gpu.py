"""The benchmark of a GPU, rehearsed on what there is: it runs, it compares, and it writes nothing."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("jax")

from benchmarks import gpu
from benchmarks.report import RESULTS

ROOT = Path(__file__).parents[2]


def test_without_a_gpu_it_says_so_and_ends_with_status_2(monkeypatch, capsys):
    monkeypatch.setattr(gpu, "the_device", lambda: "cpu")
    with pytest.raises(SystemExit) as ended:
        gpu.main(repeats=1, quick=False)
    assert ended.value.code == 2
    assert "JAX knows no GPU here" in capsys.readouterr().err


REHEARSAL = """
from benchmarks import dense, gpu
dense.WORKLOADS = dense.WORKLOADS[:1]
gpu.main(repeats=5, quick=False, rehearse=True)
"""


def test_the_rehearsal_runs_all_of_it_and_writes_nothing():
    before = sorted((path.name, path.stat().st_mtime_ns) for path in RESULTS.iterdir())
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", REHEARSAL], capture_output=True, text=True, check=False, cwd=ROOT, env=one_thread
    )
    assert done.returncode == 0, done.stderr
    for told in ("rows of operations", "10¹² operations a second", "GPT-2 124M", "LeNet-5", "2-8-8-1", "5 networks",
                 "times as fast as one after another", "of the rate of products"):  # fmt: skip
        assert told in done.stdout
    assert sorted((path.name, path.stat().st_mtime_ns) for path in RESULTS.iterdir()) == before


def test_an_operation_that_is_wrong_is_named(monkeypatch):
    assert not gpu.operations(most=6)["wrong"]
    monkeypatch.setattr(gpu, "TOLERANCE", -1.0)
    assert len(gpu.operations(most=6)["wrong"]) >= 6


def test_gpt_2_has_its_124_million_weights():
    size = gpu.Size()
    weights = size.words * size.width + size.length * size.width + size.blocks * (12 * size.width**2 + 13 * size.width)
    assert weights + 2 * size.width == pytest.approx(124.5e6, rel=0.001)
    # By 6 N a token, and a twentieth more or less for attention and the places.
    assert gpu.operations_of_gpt(size, 1) == pytest.approx(6 * 124e6 * 1024, rel=0.2)
    small = gpu.REHEARSAL
    built = gpu.gpt(small).build(np.zeros((1, small.length), np.int32), 0)
    per_block = 12 * small.width**2 + 13 * small.width
    expected = (small.words + small.length) * small.width + small.blocks * per_block + 2 * small.width
    assert sum(array.size for array in built.parameters().values()) == expected
