"""Both backends keep the same promises, and the arrays that arrive choose between them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from cutaway.backends import Backend, backend_named, backend_of, namespace

jax = pytest.importorskip("jax")
BACKENDS = pytest.mark.parametrize(
    "backend", [backend_named("numpy"), backend_named("xla")], ids=lambda backend: backend.name
)


def test_the_backend_is_that_of_the_arrays():
    ours, theirs = np.zeros(2), jax.numpy.zeros(2)
    assert backend_of(ours, 3.0, None) is backend_named("numpy")
    assert backend_of(np.float32(1)) is backend_named("numpy")
    assert backend_of() is backend_named("numpy")
    assert backend_of(ours, theirs) is backend_of(theirs, ours) is backend_named("xla")
    assert (namespace(ours), namespace(ours, theirs)) == (np, jax.numpy)
    jax.jit(lambda x: [backend_of(x) is backend_named("xla") or pytest.fail("a tracer is JAX's"), x][1])(theirs)


def test_importing_cutaway_does_not_import_jax():
    code = "import sys, cutaway; print({'jax', 'scipy', 'sklearn', 'duckdb'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"


@BACKENDS
def test_every_name_of_the_protocol_is_there(backend):
    names = [name for name in vars(Backend) if not name.startswith("_")] + list(Backend.__annotations__)
    assert [name for name in names if not hasattr(backend, name)] == []


@BACKENDS
def test_scatter_add_counts_repeated_places(backend):
    target = backend.asarray(np.zeros((3, 2), np.float32))
    updates = backend.asarray(np.ones((4, 2), np.float32))
    result = backend.scatter_add(target, np.array([0, 2, 0, -1]), updates)
    np.testing.assert_array_equal(result, [[2, 2], [0, 0], [2, 2]])
    assert result.dtype == np.float32
    np.testing.assert_array_equal(target, np.zeros((3, 2)))


@BACKENDS
@pytest.mark.parametrize("key", [1, slice(0, 2), (..., 0), None, (slice(None), np.array([1, 1]))], ids=str)
def test_scatter_add_takes_any_key(backend, key):
    zeros = np.zeros((3, 2), np.float32)
    expected = np.zeros((3, 2), np.float32)
    np.add.at(expected, key, 1.0)
    updates = np.ones_like(zeros[key])
    result = backend.scatter_add(backend.asarray(zeros), key, backend.asarray(updates))
    np.testing.assert_array_equal(result, expected)


@BACKENDS
def test_erf(backend):
    x = backend.asarray(np.array([-1e3, -0.5, 0.0, 0.5, 3.0], np.float32))
    expected = [-1.0, -0.5204998778, 0.0, 0.5204998778, 0.9999779095]
    result = backend.erf(x)
    np.testing.assert_allclose(result, expected, rtol=1e-6)
    assert result.dtype == np.float32


@BACKENDS
def test_to_numpy_can_be_written_to_and_is_a_copy(backend):
    array = backend.asarray([1.0, 2.0])
    copy = backend.to_numpy(array)
    copy[0] = 7
    assert type(copy) is np.ndarray
    assert array[0] == 1


@BACKENDS
def test_loop_runs_count_times(backend):
    total = backend.compile(lambda n: backend.loop(n, lambda i, carry: carry + i, n * 0))(backend.asarray(5))
    assert int(total) == 10
    assert int(backend.loop(backend.asarray(0), lambda i, carry: carry + 1, backend.asarray(3))) == 3


@BACKENDS
def test_barrier_changes_nothing(backend):
    arrays = backend.barrier([backend.asarray([1.0]), backend.asarray([2.0])])
    assert [float(array[0]) for array in arrays] == [1.0, 2.0]


@BACKENDS
def test_compile_with_donated_memory(backend):
    step = backend.compile(lambda x: x + 1, donate=(0,))
    np.testing.assert_array_equal(step(step(backend.asarray([1.0]))), [3.0])


@BACKENDS
def test_vmap_runs_the_members(backend):
    """Numbers and dicts of arrays with a leading member axis, beside what all members share."""
    mapped = backend.vmap(lambda params, x: {"sum": params["w"] + x, "shape": x}, (0, None))
    result = mapped({"w": backend.asarray(np.arange(6.0, dtype=np.float32).reshape(3, 2))}, backend.asarray([1.0, 2.0]))
    np.testing.assert_array_equal(result["sum"], [[1, 3], [3, 5], [5, 7]])
    np.testing.assert_array_equal(result["shape"], [[1, 2]] * 3)


@BACKENDS
@pytest.mark.parametrize("reverse", [False, True])
def test_scan_carries_on_and_leaves_results_at_their_places(backend, reverse):
    items = {"a": np.arange(6.0, dtype=np.float32).reshape(3, 2), "b": np.array([1, 10, 100], np.float32)}

    def body(carry, item):
        carry = carry * 2 + item["b"]
        return carry, (carry, item["a"].sum())

    run = backend.compile(lambda items: backend.scan(body, items["b"][0] * 0, items, reverse=reverse))
    last, (carries, sums) = run({key: backend.asarray(array) for key, array in items.items()})
    np.testing.assert_array_equal(carries, [421, 210, 100] if reverse else [1, 12, 124])
    assert float(last) == (421 if reverse else 124)
    np.testing.assert_array_equal(sums, [1, 5, 9])


@BACKENDS
@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ((1, 2, 0), [9, 1, 2, 3, 9, 9]),
        ((0, 0, 2), [1, 9, 9, 2, 9, 9, 3]),
        ((-1, 1, 1), [9, 2, 9, 3, 9]),
        ((-3, -1, 1), [9]),
        ((-7, 6, 1), [9, 9, 9, 9]),
        ((2, -7, 1), []),
    ],
)
def test_pad_puts_before_after_and_between_and_cuts(backend, edges, expected):
    x = backend.asarray(np.array([[1.0, 2.0, 3.0]], np.float32))
    padded = backend.pad(x, [(0, 0, 0), edges], 9.0)
    assert padded.dtype == np.float32
    np.testing.assert_array_equal(np.asarray(padded)[0], expected)
