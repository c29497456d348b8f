"""Graphs: branches, several inputs, shared weights, gradients through every operation, and what they refuse."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.layers.operation import OPERATIONS
from cutaway.storage.architecture import describe, rebuild


def branches():
    """y = dense(a) · b + dense(a), with one dense layer that stands in two places."""
    dense = ca.Dense(3)
    return ca.Graph(
        ["a", "b"],
        [dense, ca.Operation("multiply"), dense, ca.Operation("add")],
        ["first", "product", "second", "sum"],
        [["a"], ["first", "b"], ["a"], ["product", "second"]],
        "sum",
    )


def test_branches_meet_and_a_shared_layer_has_one_set_of_weights():
    random = np.random.default_rng(0)
    a, b = random.normal(size=(4, 2)).astype(np.float32), random.normal(size=(4, 3)).astype(np.float32)
    net = branches()
    dense = net.layers[0]
    dense.build(a)
    for path, layer in net.named_layers():
        layer.__dict__["path"] = path
    assert list(net.parameters()) == ["first.weight", "first.bias"]
    np.testing.assert_allclose(net(a, b), dense(a) * b + dense(a), rtol=1e-6)
    again = rebuild(describe(net))
    assert again.layers[0] is again.layers[2]
    assert repr(again) == repr(net)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"inputs": []}, "expected an input"),
        ({"names": ["first", "product", "second"]}, "a name and sources for each layer"),
        ({"names": ["first", "a", "second", "sum"]}, "'a' is given twice"),
        ({"sources": [["a"], ["sum", "b"], ["a"], ["product", "second"]]}, "takes 'sum'"),
        ({"sources": [["a"], [], ["a"], ["product", "second"]]}, "takes 'nothing'"),
        ({"names": ["first", "pro.duct", "second", "sum"]}, "'pro.duct' is no name"),
        ({"output": "z"}, "the output 'z' is not among"),
    ],
)
def test_names_that_do_not_fit_are_refused(change, words):
    given = {**branches().arguments(), **change}
    with pytest.raises(ca.InputError, match=words):
        ca.Graph(**given)


def test_an_operation_that_there_is_not_and_inputs_that_do_not_fit():
    with pytest.raises(ca.InputError, match="there is no 'eval'"):
        ca.Operation("eval")
    with pytest.raises(ca.InputError, match="expected pairs"):
        ca.Operation("add", ["left"])
    with pytest.raises(ca.InputError, match=r"matmul of inputs of shapes \[\(1, 2\), \(3, 1\)\]"):
        ca.Operation("matmul")(np.ones((1, 2)), np.ones((3, 1)))


X = np.random.default_rng(1).uniform(0.5, 1.5, (2, 3, 4))
SETTINGS = {
    "transpose": {"axes": (0, 2, 1)}, "reshape": {"shape": (0, -1)}, "squeeze": {}, "unsqueeze": {"axes": (0, -1)},
    "stretch": {"shape": (5, 1, 3, 4)}, "part": {"starts": (-1,), "ends": (-9,), "axes": (2,), "steps": (-2,)},
    "take": {"axis": 1, "at": (2, 0, 2)}, "clip": {"low": 0.7, "high": 1.2}, "triangle": {"upper": True, "shift": 1},
    "mean": {"axes": (1, 2)}, "sum": {"axes": (-1,), "keepdims": True}, "max": {"axes": (1,)}, "min": {"axes": (1,)},
    "softmax": {"axis": 1}, "log_softmax": {"axis": -1}, "flatten": {"axis": 2},
}  # fmt: skip
WITHOUT = {  # no blame flows through these, or they take no such input
    "where", "less", "less_equal", "greater", "greater_equal", "equal", "logical_and", "logical_or", "logical_not",
    "round", "floor", "shape", "range", "filled", "whole_numbers", "truths", "floats", "integers",
}  # fmt: skip
TWO = {"add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "matmul", "concatenate"}


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - WITHOUT))
def test_blame_flows_through_an_operation(name):
    second = np.random.default_rng(2).uniform(0.5, 1.5, (2, 4, 3) if name == "matmul" else X.shape)
    operands = (X, second) if name in TWO else (X,)
    layer = ca.Operation(name, tuple(SETTINGS.get(name, {}).items()))
    assert ca.check_gradients(lambda *x: layer(*x, ctx=ca.Context()), operands, node=ca.Tensor) < 1e-6


def test_sizes_and_places_are_known_when_a_step_is_compiled():
    jax = pytest.importorskip("jax")
    layers = [
        ca.Operation("shape", [("start", 0), ("end", 1)]),
        ca.Operation("whole_numbers", [("values", (-1,)), ("shape", (1,))]),
        ca.Operation("concatenate", [("axis", 0)]),
        ca.Operation("reshape"),
    ]
    sources = [["x"], ["x"], ["rows", "rest"], ["x", "to"]]
    net = ca.Graph(["x"], layers, ["rows", "rest", "to", "flat"], sources, "flat")
    made = jax.jit(lambda x: net(x, ctx=ca.Context()))(X.astype(np.float32))
    assert made.shape == (2, 12)
