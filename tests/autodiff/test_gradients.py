"""Backpropagation: every use of a number counts, nothing is stored, and depth is no limit."""

from __future__ import annotations

import numpy as np
import pytest

from cutaway import Tensor, as_tensors, gradients, ops
from cutaway.autodiff import Node, history, primitive, pull


def test_a_number_used_twice_collects_both_blames():
    a = Tensor(np.array(1.5))
    b = a + a
    c = b + b
    assert gradients(c, a) == 4
    assert gradients(c, a) == 4, "a second call gives the same answer, not the sum of both"
    assert gradients(c, [a, b, c]) == [4, 2, 1]


def test_diamond():
    x = Tensor(np.array([0.3, -2.0]))
    left, right = ops.sin(x), x * x
    loss = ops.sum(left * right)
    np.testing.assert_allclose(gradients(loss, x), np.cos(x.value) * x.value**2 + np.sin(x.value) * 2 * x.value)


def test_each_operation_runs_backward_once():
    """Walking every path instead of every node would take 2³⁰ steps here."""
    x = y = Tensor(np.array(1.0))
    for _ in range(30):
        y = y + y
    assert gradients(y, x) == 2.0**30


def test_history_has_each_operand_before_its_use():
    x = Tensor(np.array(1.0))
    y = (x + 1) * x
    order = [id(node) for node in history(y)]
    assert len(order) == len(set(order)) == 3
    assert order[0] == id(x)
    assert order[-1] == id(y)


def test_unused_weights_get_zeros():
    params = as_tensors({"used": np.ones(2), "unused": np.ones((3, 1), np.float32)})
    found = gradients(ops.sum(params["used"]), params)
    assert list(found) == ["used", "unused"]
    np.testing.assert_array_equal(found["unused"], np.zeros((3, 1)))
    assert found["unused"].dtype == np.float32


def test_one_many_and_named():
    x, y = Tensor(np.array(2.0)), Tensor(np.array(3.0))
    loss = x * y
    assert gradients(loss, x) == 3
    assert gradients(loss, (y, x)) == [2, 3]
    assert gradients(loss, [x, x]) == [3, 3]
    assert gradients(loss, {"y": y}) == {"y": 2}


def test_blame_stops_at_an_index_or_a_mask():
    """What is only used to choose has no slope, though it is on the tape."""
    x = Tensor(np.array([1.0, -1.0]))
    chosen = ops.where(ops.step(x), x * 3, x)
    np.testing.assert_array_equal(gradients(ops.sum(chosen), x), [3.0, 1.0])
    only_chooses = ops.where(ops.step(x), np.ones(2), np.zeros(2))
    np.testing.assert_array_equal(gradients(ops.sum(only_chooses), x), [0.0, 0.0])


@pytest.mark.parametrize(
    ("loss", "wrt", "error", "words"),
    [
        (Tensor(np.ones((2, 3))), Tensor(np.ones(1)), ValueError, r"single number, it has shape \(2, 3\)"),
        (Tensor(np.ones(0)), Tensor(np.ones(1)), ValueError, r"shape \(0,\)"),
        (3.0, Tensor(np.ones(1)), TypeError, "the loss is a float, not a Tensor"),
        (Tensor(np.ones(())), 3, TypeError, "wrt is a int"),
    ],
)
def test_errors_say_what_arrived(loss, wrt, error, words):
    with pytest.raises(error, match=words):
        gradients(loss, wrt)


def test_a_single_number_may_have_axes():
    x = Tensor(np.ones((1, 1)))
    np.testing.assert_array_equal(gradients(x * 3, x), [[3.0]])


def test_five_thousand_operations_deep():
    x = y = Tensor(np.array(1.0))
    for _ in range(5_000):
        y = y + 1
    assert gradients(y, x) == 1
    del y  # nor may freeing the tape recurse


def test_nothing_is_mutated():
    x = Tensor(np.array([1.0, 2.0]))
    y = x * x
    g = np.array([1.0, 1.0])
    for array in (x.value, y.value, g):
        array.setflags(write=False)
    before = {name: getattr(y, name) for name in Node.__slots__}
    np.testing.assert_array_equal(pull(y + x, [x], g)[0], [3.0, 5.0])
    assert all(getattr(y, name) is value for name, value in before.items())
    assert not hasattr(x, "__dict__")


def test_what_nobody_asks_for_is_never_computed():
    def refuse():
        raise AssertionError("this blame was not asked for")

    @primitive
    def product(a, b):
        return a * b, lambda g: (lambda: g * b, refuse)

    a, b = Tensor(np.array(2.0)), Tensor(np.array(3.0))
    assert gradients(product(a, b), a) == 3
    assert gradients(product(a, np.array(3.0)), a) == 3
    assert gradients(product(a, b + 1), a) == 4
    with pytest.raises(AssertionError, match="not asked for"):
        gradients(product(a, b), b)


def test_an_operation_on_arrays_leaves_no_tape():
    assert type(ops.exp(np.zeros(2))) is np.ndarray
    assert type(ops.exp(Tensor(np.zeros(2)))) is Tensor
    assert type(ops.exp(Node(np.zeros(2)))) is Node


def test_the_tape_names_operation_operands_and_settings():
    x = Tensor(np.ones((2, 3)))
    y = ops.sum(x, axis=-1)
    assert (y.operation, y.operands, y.settings) == ("sum", (x,), {"axis": -1})
    assert ops.sum.rule(x.value, axis=-1)[0].shape == (2,)
