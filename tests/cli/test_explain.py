"""`cutaway explain`: what it prints, writes and refuses, on runs of each kind."""

import json

import numpy as np
import pytest

import cutaway as ca
from cutaway.cli.explain import explain
from cutaway.data.picture_encoder import PictureEncoder
from cutaway.data.targets import ClassTarget
from cutaway.data.writing import write_table
from cutaway.runs.explaining import explain_picture
from cutaway.runs.picture_run import PictureRun

from ..explain.test_row import run_of
from ..explain.test_text import run as text_run


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explained")
    run, data = run_of("classes")
    run.save(folder / "towns")
    write_table(data, folder / "towns.csv")
    text_run(repeat=False).save(folder / "words")
    net = ca.Sequential(ca.Standardize([99.0], [50.0]), ca.Conv2D(3, 3), ca.GlobalAveragePool(), ca.Dense(2)).build(
        (6, 6, 1)
    )
    PictureRun(network=net, preprocessing=PictureEncoder(6, 6, 1), target=ClassTarget("class", ("cat", "dog"))).save(
        folder / "pets"
    )
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (9, 9)).astype(np.uint8)
    Image.fromarray(pixels).save(folder / "pet.png")
    x = np.random.default_rng(0).standard_normal((5, 2))
    ca.fit(
        ca.Sequential(ca.Dense(3), ca.Tanh(), ca.Dense(1)), x, x[:, :1], loss="squared_error", epochs=1,
        engine="numpy", path=folder / "line",
    )  # fmt: skip
    np.save(folder / "rows.npy", x)
    np.save(folder / "gaps.npy", np.where(x == x[1], np.nan, x))
    return folder


def test_a_row_of_a_table(places, capsys):
    assert explain(places / "towns", data=places / "towns.csv", row=8) == 0
    told = capsys.readouterr().out
    assert "towns.csv, row 8" in told
    for words in ("income", "contribution", "The contributions sum to", "h₁", "Weights on which the loss", "--ledger"):
        assert words in told
    assert "Every operation" not in told


def test_the_whole_ledger_and_a_page(places, capsys, tmp_path):
    page = tmp_path / "why.html"
    explain(
        places / "towns", data=places / "towns.csv", row=8, ledger=True, html=page, against=2, class_="low", network=2
    )
    told = capsys.readouterr().out
    assert "Every operation in order" in told and "compared with row 2" in told and "'low'" in told
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_as_json(places, capsys):
    explain(places / "towns", data=places / "towns.csv", row=8, json_=True)
    told = json.loads(capsys.readouterr().out)
    assert {column["column"] for column in told["columns"]} == {"income", "town", "sort", "old", "day"}
    assert told["ledger"]["steps"][0]["name"] == "a1"


def test_a_text(places, capsys):
    explain(places / "words", text="to be")
    told = capsys.readouterr().out
    assert "What may come next" in told and "attention" in told
    explain(places / "words", text="to be", json_=True)
    assert json.loads(capsys.readouterr().out)["tokens"] == list("to be")


def test_a_picture(places, capsys):
    explain(places / "pets", places / "pet.png", class_="dog")
    told = capsys.readouterr().out
    assert "pet.png" in told and "'dog'" in told and "3 filters" in told


def test_a_class_that_is_not_the_answer_is_said_to_be_none():
    pixels = np.random.default_rng(0).integers(0, 256, (6, 6, 3)).astype(np.uint8)
    net = ca.Sequential(ca.Standardize([99.0] * 3, [50.0] * 3), ca.Conv2D(3, 3), ca.GlobalAveragePool(), ca.Dense(2))
    run = PictureRun(
        network=net.build((6, 6, 3)), preprocessing=PictureEncoder(6, 6, 3), target=ClassTarget("class", ("cat", "dog"))
    )
    answer = str(run.predict(pixels[None])[0])
    other = "dog" if answer == "cat" else "cat"
    asked, own = explain_picture(run, pixels, other), explain_picture(run, pixels)
    assert f"why {other}" in asked.title and asked.title.endswith(f"though the answer is {answer}")
    assert f"The answer is '{answer}'; this explains '{other}', as asked." in str(asked)
    assert f"picture: {answer}, score" in own.title and "The answer is" not in str(own)
    assert "red, green and blue" in own.filters_words


def test_a_row_of_an_array(places, capsys):
    explain(places / "line", input_=places / "rows.npy", row=2)
    told = capsys.readouterr().out
    assert "Output 0" in told and "h₁ = tanh(" in told


def test_a_network_of_another_program(places, capsys):
    onnx = pytest.importorskip("onnx")
    make, numbers = onnx.helper, onnx.numpy_helper.from_array
    weight, bias = np.array([[0.7, 0.5], [0.2, -1.0]], np.float32), np.array([-0.3, 0.1], np.float32)
    graph = make.make_graph(
        [make.make_node("Gemm", ["x", "w", "b"], ["sums"]), make.make_node("Relu", ["sums"], ["y"])],
        "net",
        [make.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [None, 2])],
        [make.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [None, 2])],
        [numbers(weight, "w"), numbers(bias, "b")],
    )
    onnx.save(make.make_model(graph, opset_imports=[make.make_opsetid("", 17)]), places / "net.onnx")
    np.save(places / "one.npy", np.array([[-0.5, 0.8]]))
    explain(places / "net.onnx", input_=places / "one.npy", class_="0")
    assert "h₁ = relu(0.7·(−0.5) + 0.2·0.8 − 0.3) = relu(−0.49) = 0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("run", "given", "words"),
    [
        ("towns", {}, "which row"),
        ("towns", {"row": 1, "text": "a"}, r"--text is not for a run on a table, as .*towns is; leave it out"),
        ("towns", {"row": 1, "picture": "pet.png"}, "a picture is not for a run on a table"),
        ("towns", {"row": 0, "data": "towns.csv"}, "counted from 1"),
        ("towns", {"row": 61, "data": "towns.csv"}, "row 61 is not there"),
        ("towns", {"row": 1}, "without a file"),
        ("towns", {"row": 1, "data": "towns.csv", "class_": "lwo"}, "did you mean 'low'"),
        ("towns", {"row": 1, "data": "towns.csv", "network": 9}, "network 9 is not there"),
        ("towns", {"row": 1, "data": "towns.csv", "html": "page"}, "--html"),
        ("towns", {"input_": "rows.npy"}, "--input"),
        ("words", {}, "--text"),
        ("words", {"text": "λ"}, "'λ'"),
        ("pets", {}, "the picture's file"),
        ("words", {"text": "to be", "row": 1}, "--row is not for a run on a text"),
        ("pets", {"picture": "pet.png", "row": 3}, "--row is not for a run on pictures"),
        ("pets", {"picture": "pet.png", "text": "a"}, "--text is not for a run on pictures"),
        ("pets", {"picture": "pets"}, "pets: is a folder; one picture is explained at a time"),
        ("pets", {"picture": "rows.npy"}, "rows.npy"),
        ("line", {}, "--input"),
        ("line", {"input_": "towns.csv"}, "as an array"),
        ("line", {"input_": "rows.npy", "row": 6}, "row 6 is not there"),
        ("line", {"input_": "gaps.npy", "row": 2}, "which is no finite number"),
        ("line", {"input_": "rows.npy", "class_": "a"}, "no class"),
    ],
)
def test_wrong_input_gets_one_message(places, run, given, words):
    files = {name: places / value for name, value in given.items() if name in ("data", "input_", "picture", "html")}
    picture = files.pop("picture", None)
    with pytest.raises(ca.InputError, match=words):
        explain(places / run, picture, **{**{n: v for n, v in given.items() if n != "picture"}, **files})
