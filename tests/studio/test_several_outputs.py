"""Networks with several outputs: each is answered, judged and drawn by its name, none stands for the others."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.studio.commands import run
from cutaway.studio.opening import open_arrays
from cutaway.studio.protocol import packed
from cutaway.studio.session import Session

X = np.random.default_rng(0).normal(size=(40, 2))


def ask(session, do, **arguments):
    found = run(session, do, arguments)
    packed(found)
    return found


def opened(y, **how):
    net = ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(y.shape[1])).build(2, 0, np.float64)
    return net, Session(*open_arrays(net, X, y, **how))


def test_numbers_are_told_by_name_each_with_its_own_truth():
    y = np.stack([X.sum(axis=1), X[:, 0] * 100, -X[:, 1]], axis=1)
    net, session = opened(y)
    forward = ask(session, "select", part="training", example=7)
    assert [name for name, _ in forward["answer"]["values"]] == ["y 0", "y 1", "y 2"]
    np.testing.assert_allclose([value for _, value in forward["answer"]["values"]], net(X[7:8])[0], rtol=1e-12)
    assert forward["target"] == [["y 0", y[7, 0]], ["y 1", y[7, 1]], ["y 2", y[7, 2]]]
    assert forward["answer"]["shown"].count("y ") == 3
    row = next(each for each in ask(session, "rows", order="given")["rows"] if each["example"] == 7)
    assert row["answer"] == forward["answer"]["shown"] and row["target"].startswith("y 0 ")
    found = ask(session, "boundary", points=3, rows=True)
    assert found["classes"] is None and found["outputs"].shape == (3, 3, 3)
    np.testing.assert_array_equal(found["rows"]["target"], y[found["rows"]["places"]])


def test_several_yes_and_no_have_a_probability_each():
    y = (X > 0).astype(np.float64)  # rows of none, one and both
    net, session = opened(y, loss="binary_cross_entropy", classes=["left", "up"])
    answer = ask(session, "forward")["answer"]
    expected = 1 / (1 + np.exp(-net(X[:1])[0]))
    assert [name for name, _ in answer["values"]] == ["left", "up"]
    np.testing.assert_allclose([value for _, value in answer["values"]], expected, rtol=1e-12)
    assert ask(session, "forward")["target"] == [["left", y[0, 0]], ["up", y[0, 1]]]
    assert ask(session, "open")["choices"]["losses"] == ["binary_cross_entropy", "hinge"]
    found = ask(session, "boundary", points=2)
    assert found["classes"] is None and 0 < found["outputs"].min() < found["outputs"].max() < 1


def test_one_among_zeros_names_a_class():
    codes = (X[:, 0] > 0) * 1 + (X[:, 1] > 0)
    _, session = opened(np.eye(3)[codes], loss="cross_entropy", classes=["a", "b", "c"])
    for example in (0, 1, 2, 3):
        assert ask(session, "select", part="training", example=example)["target"] == "abc"[codes[example]]
    forward = ask(session, "forward")
    assert forward["answer"]["values"] is None
    assert forward["answer"]["probabilities"].sum() == pytest.approx(1)
    assert ask(session, "boundary", points=3, rows=True)["rows"]["target"].tolist() == codes.tolist()
