"""A run of each kind, written as files, says what the run says: preprocessing, members and answers included."""

import csv
import json
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.picture_encoder import PictureEncoder
from cutaway.data.reading import read_table
from cutaway.data.several_targets import NumbersTarget
from cutaway.data.table import as_texts
from cutaway.data.targets import ClassTarget
from cutaway.data.text_windows import TextWindows
from cutaway.data.tokens import Tokens
from cutaway.export import export
from cutaway.runs.picture_run import PictureRun
from cutaway.runs.text_run import TextRun

from .made import csv_rows, members_of, table_run
from .test_layers import session

ALONE = """
    import importlib, json, sys

    class Alone:
        def find_spec(self, name, path=None, target=None):
            first = name.split(".")[0]
            if first not in sys.stdlib_module_names and first not in ("numpy", "exported"):
                raise ImportError(f"{name} is not there")

    sys.meta_path.insert(0, Alone())
    sys.path.insert(0, sys.argv[1])
    import numpy as np
    import exported
"""


def alone(folder, code):
    """What a program prints that has Python, NumPy and the exported file, and nothing else."""
    program = textwrap.dedent(ALONE) + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    (folder / "known.csv").write_text(csv_rows(), encoding="utf-8")
    (folder / "new.csv").write_text(csv_rows(60, 3, strange=True), encoding="utf-8")
    return folder


def assert_telling(run, values):
    """Fail where numbers that are to be compared are clipped, or hardly differ from each other."""
    numbers = run.target.numbers if isinstance(run.target, NumbersTarget) else [run.target]
    for number, column in zip(numbers, np.asarray(values, float).reshape(len(values), -1).T, strict=True):
        within = (column > number.low) & (column < number.high)
        assert within.mean() > 0.95, f"{number.column}: {1 - within.mean():.0%} are clipped to the range in training"
        assert len(np.unique(column)) > 0.9 * len(column) and column.std() > 0.1 * number.std


@pytest.mark.filterwarnings("ignore::cutaway.errors.DataWarning")
@pytest.mark.parametrize(
    ("target", "network"),
    [("classes", "ensemble"), ("two classes", "blend"), ("number", "blend"), ("numbers", "one"), ("labels", "one")],
)
def test_a_table_in_numpy_alone(target, network, tables, tmp_path):
    run = table_run(tables / "known.csv", target, network)
    export(run, "numpy", tmp_path / "exported.py")
    found = alone(
        tmp_path,
        f"""
        rows, semicolons = exported.read_csv({str(tables / "new.csv")!r})
        found = {{"values": np.asarray(exported.predict(rows, semicolons)).tolist()}}
        found["encoded"] = exported.encoded(rows, semicolons).tolist()
        if hasattr(exported, "predict_proba"):
            found["p"] = exported.predict_proba(rows, semicolons).tolist()
        print(json.dumps(found))
        """,
    )
    table = read_table(tables / "new.csv", run.preprocessing.european)
    expected = run.predictions(table)
    np.testing.assert_array_equal(np.float32(found["encoded"]), run.preprocessing.transform(table))
    if expected.probabilities is not None:
        np.testing.assert_allclose(found["p"], expected.probabilities, atol=1e-6)
    if expected.values.dtype == object:
        assert found["values"] == expected.values.tolist()
    else:
        if target.startswith("number"):
            assert_telling(run, expected.values)
        np.testing.assert_allclose(found["values"], expected.values, rtol=1e-6)


def test_every_kind_of_column_is_among_them(tables):
    kinds = {encoder.kind for encoder in table_run(tables / "known.csv").preprocessing.encoders}
    assert kinds == {"number", "category", "boolean", "date", "text"}


@pytest.mark.filterwarnings("ignore::cutaway.errors.DataWarning")
def test_rows_as_dictionaries_in_other_order_and_with_columns_missing(tables, tmp_path):
    run = table_run(tables / "known.csv", "number", "one")
    export(run, "numpy", tmp_path / "exported.py")
    rows = [
        {"town": "Delft", "age": 33, "member": True, "code": 70, "note": "good wine", "sold": "3/4/2019"},
        {"age": None, "member": "no", "code": "3", "income": "$1,200", "colour": "red", "extra": 1, "sold": None},
        {"age": float("nan"), "code": 5.0, "income": 7, "sold": "12/24/2021", "member": None, "town": "Oz"},
    ]
    names = list(dict.fromkeys(name for row in rows for name in row))
    expected = run.predict({name: [row.get(name) for row in rows] for name in names})
    rows[2]["age"] = None  # JSON has no NaN
    found = alone(tmp_path, f"print(json.dumps(exported.predict(json.loads({json.dumps(rows)!r})).tolist()))")
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_file_predicts_a_csv_as_a_script(tables, tmp_path):
    run = table_run(tables / "known.csv", "classes", "ensemble")
    export(run, "numpy", tmp_path / "exported.py")
    command = [sys.executable, str(tmp_path / "exported.py"), str(tables / "known.csv")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert [row["prediction"] for row in rows] == run.predict(tables / "known.csv").tolist()
    np.testing.assert_allclose(
        [float(row["probability_dog"]) for row in rows], run.predict_proba(tables / "known.csv")[:, 1], atol=1e-6
    )


def lines(header, line, rows):
    return "".join([f"{header}\n", *(f"{line(row)}\n" for row in range(rows))])


DIRTY = {
    "european": (
        lines(
            "a;b;t;y", lambda i: f"{i + 1}.{i % 7}00,5;{i % 28 + 1}.{i % 12 + 1}.2020;w{i % 3};{i % 5}", 60
        ),
        "b;a;t\n3.4.2021;1.234,5;w1\n;12,5;w9\n28.12.2020;−7;\n",
    ),
    "words": (
        lines(
            "a;when;t;y",
            lambda i: f"{'k.A.' if i % 9 == 0 else f'{i},5'};{'k.A.' if i % 9 == 1 else f'{i % 28 + 1}.2.2020'};"
            f"{'k.A.' if i % 7 == 0 else f'w{i % 3}'};{i % 5}", 60,
        ),
        "t;a;when\nk.A.;k.A.;k.A.\nw1;12,5;3.4.2021\nw2;k.A.;k.A.\n",
    ),
    "codes": (
        lines(
            "zip,when,grade,y",
            lambda i: f"0{i % 11 + 100},2020-0{i % 9 + 1}-1{i % 9} 1{i % 9}:30,{i % 12},{i % 7}", 90,
        ),
        "zip,when,grade\n0103,2021-03-04 05:06:07.5,3.0\n103,2021-3-4,4\n,nope,12\n",
    ),
    "times": (
        lines("when,y", lambda i: f"2020/{i % 9 + 1}/1{i % 9} {i % 24}:30:15.25,{i % 7}", 90),
        "when\n2021-3-4\n2021-3-4 5:06Z\n\n",
    ),
    "spellings": (
        lines(
            "ok,share,day,y",
            lambda i: f"{'Yes' if i % 2 else 'NO'},{i}%,{i % 28 + 1} Mar 20{i % 9 + 10},{i % 7 + 0.5}", 80,
        ),
        'ok,share,day\nyes,12%,3 Mar 2020\nmaybe,many,4 Apr 2021\nn/a,"1,200%",\n',
    ),
    "months first or days": (
        lines("day,y", lambda i: f"{i % 12 + 1}/{i % 28 + 1}/20,{i % 7 + 0.5}", 80),
        "day\n1/2/21\n3/4/21\n",
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::cutaway.errors.DataWarning")
@pytest.mark.parametrize("name", DIRTY)
def test_cells_are_read_as_the_run_reads_them(name, tmp_path):
    from cutaway.data.columns import describe_columns
    from cutaway.data.encoders import TableEncoder
    from cutaway.data.targets import NumberTarget
    from cutaway.runs.table_run import TableRun

    from .test_layers import loaded

    known, new = DIRTY[name]
    (tmp_path / "known.csv").write_text(known, encoding="utf-8")
    (tmp_path / "new.csv").write_text(new, encoding="utf-8")
    table = read_table(tmp_path / "known.csv")
    encoder = TableEncoder.fit(table, describe_columns(table, "y"))
    net = ca.Sequential(ca.Dense(1)).build(encoder.width)
    run = TableRun(network=net, preprocessing=encoder, target=NumberTarget.fit("y", table.columns["y"]))
    module = loaded(run, "numpy", tmp_path)
    for file in ("known.csv", "new.csv"):
        made = module.encoded(*module.read_csv(tmp_path / file))
        np.testing.assert_array_equal(made, encoder.transform(read_table(tmp_path / file, encoder.european)))


def test_a_series_looks_back_in_the_file_too(tmp_path):
    from cutaway.data.columns import describe_columns
    from cutaway.data.encoders import TableEncoder
    from cutaway.data.series import Series
    from cutaway.data.targets import NumberTarget
    from cutaway.runs.table_run import TableRun

    from .test_layers import loaded

    random = np.random.default_rng(2)
    lines = [f"{1 + i // 2},{'ab'[i % 2]},{random.normal():.3f},{random.normal():.3f}" for i in random.permutation(60)]
    (tmp_path / "t.csv").write_text("\n".join(["day,shop,heat,sales", *lines]) + "\n", encoding="utf-8")
    table = read_table(tmp_path / "t.csv")
    series = Series.of(table, "day", 2, "shop")
    past = series.looked_back(table)
    encoder = TableEncoder.fit(past, describe_columns(past, "sales", drop=["day"]), series=series)
    net = ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(1)).build(encoder.width)
    run = TableRun(network=net, preprocessing=encoder, target=NumberTarget.fit("sales", table.columns["sales"]))
    module = loaded(run, "numpy", tmp_path)
    expected = run.predictions(read_table(tmp_path / "t.csv")).values
    np.testing.assert_allclose(module.predict(*module.read_csv(tmp_path / "t.csv")), expected, rtol=1e-6)


TEXT = "To be, or not to be: that is the question.\nWhether 'tis nobler in the mind to suffer\n" * 3


def text_run(kind):
    tokens = Tokens.of_characters(TEXT, 20) if kind == "characters" else Tokens.of_byte_pairs(TEXT, 290)
    windows = TextWindows(tokens, 12)
    words = ca.Embedding(tokens.outputs, 8)
    net = ca.Sequential(words, ca.LearnedPositions(12), ca.TransformerBlock(2), ca.LayerNorm(), ca.Unembedding(words))
    return TextRun(network=net.build(windows.example(), seed=1), preprocessing=windows)


@pytest.mark.parametrize("kind", ["characters", "byte pairs"])
def test_a_text_in_numpy_alone(kind, tmp_path):
    if kind == "byte pairs":
        pytest.importorskip("tokenizers")
    run = text_run(kind)
    export(run, "numpy", tmp_path / "exported.py")
    text = "Or to suffer, that's 12 questions:\r\n  not½ 'tis — ünd  日本 be\n"
    found = alone(
        tmp_path,
        f"""
        text = {text!r}
        print(json.dumps([exported.loss(text), exported.encode(text).tolist(), exported.next_token(text),
                          exported.next_token("")]))
        """,
    )
    clean = text.replace("\r\n", "\n")
    assert found[1] == run.tokens.encode(clean).tolist()
    assert found[0] == pytest.approx(run.loss(text), abs=1e-6)
    for said, seen in ((found[2], run.tokens.encode(clean)[-12:]), (found[3], [run.preprocessing.start])):
        z = run.network(np.array([seen]))[0, -1].astype(float)
        p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
        assert list(said) == [run.tokens.vocabulary[place] for place in np.argsort(-p)]
        np.testing.assert_allclose(list(said.values()), np.sort(p)[::-1], atol=1e-6)


def picture_run():
    net = ca.Sequential(
        ca.Standardize([100.0], [60.0]), ca.RandomShift(1), ca.Conv2D(4, stride=2), ca.BatchNorm(), ca.ReLU(),
        ca.GlobalAveragePool(), ca.Dense(3),
    )  # fmt: skip
    pixels = np.random.default_rng(4).integers(0, 256, (6, 10, 8, 1)).astype(np.uint8)
    target = ClassTarget("class", ("cat", "dog", "eel"), temperature=1.4)
    return PictureRun(
        network=members_of(net.build(pixels), 2), preprocessing=PictureEncoder(10, 8, 1), target=target
    ), pixels


def test_pictures_in_numpy_alone(tmp_path):
    run, pixels = picture_run()
    export(run, "numpy", tmp_path / "exported.py")
    np.save(tmp_path / "x.npy", pixels)
    found = alone(
        tmp_path,
        """
        x = np.load(sys.argv[1] + "/x.npy")
        made = [exported.predict_proba(each).tolist() for each in (x, x[..., 0], np.repeat(x, 3, axis=-1))]
        print(json.dumps([made, exported.predict(x)]))
        """,
    )
    for made, x in zip(found[0], (pixels, pixels[..., 0], np.repeat(pixels, 3, axis=-1)), strict=True):
        np.testing.assert_allclose(made, run.predict_proba(x), atol=1e-6)
    assert found[1] == run.predict(pixels).tolist()


def test_a_picture_of_another_size_goes_through_pillow(tmp_path):
    from PIL import Image

    from .test_layers import loaded

    run, _ = picture_run()
    large = np.random.default_rng(5).integers(0, 256, (31, 17, 4)).astype(np.uint8)
    Image.fromarray(large).save(tmp_path / "a.png")
    module = loaded(run, "numpy", tmp_path)
    pixels = module.read_picture(tmp_path / "a.png", 10, 8, 1)
    np.testing.assert_array_equal(pixels, run.preprocessing.encode_file(tmp_path / "a.png"))
    np.testing.assert_allclose(module.predict_proba(pixels[None]), run.predict_proba(tmp_path / "a.png"), atol=1e-6)


# ---- ONNX and PyTorch -------------------------------------------------------------------------------------------


def fed(run, table):
    """A table's columns as a graph takes them."""
    feed = {}
    for encoder in run.preprocessing.encoders:
        values = table.columns[encoder.column]
        if encoder.kind == "number":
            feed[encoder.column] = values.astype(np.float64)[:, None]
        else:
            feed[encoder.column] = np.array([text or "" for text in as_texts(values)], object)[:, None]
    return feed


@pytest.mark.parametrize(
    ("target", "network"),
    [("classes", "ensemble"), ("two classes", "one"), ("number", "one"), ("numbers", "ensemble"), ("labels", "one")],
)
@pytest.mark.parametrize("inside", [True, False], ids=["columns", "encoded"])
def test_a_table_in_onnx(target, network, inside, tables, tmp_path):
    onnx = pytest.importorskip("onnx")
    drop = ("note", "sold") if inside else ()
    text, date = ((), ()) if inside else (("note",), ("sold",))
    run = table_run(tables / "known.csv", target, network, drop=drop, text=text, date=date)
    done = export(run, "onnx", tmp_path / "net.onnx")
    graph = session((tmp_path / "net.onnx").read_bytes())
    table = read_table(tables / "new.csv", run.preprocessing.european)
    feed = fed(run, table) if inside else {"encoded": run.preprocessing.transform(table)}
    found = dict(zip([each.name for each in graph.get_outputs()], graph.run(None, feed), strict=True))
    expected = run.predictions(table)
    if "prediction" in found:
        assert_telling(run, expected.values)
        scale = np.abs(expected.values).max()
        np.testing.assert_allclose(
            found["prediction"].reshape(expected.values.shape), expected.values, atol=1e-5 * scale
        )
    else:
        np.testing.assert_allclose(found["probabilities"], expected.probabilities, atol=1e-5)
    if "label" in found:
        assert found["label"].tolist() == [str(value) for value in expected.values]
    facts = {entry.key: entry.value for entry in onnx.load(tmp_path / "net.onnx").metadata_props}
    assert facts["target"] == run.target.column
    told = " ".join(done.notes)
    assert "opset 18" in told
    if inside:
        assert "not inside" not in facts and "one input a column" in told
    else:
        for words in (facts["not inside"], told):
            assert "'note' (free text)" in words and "'sold' (dates)" in words
        assert json.loads(facts["encoded columns"]) == list(run.preprocessing.names)


def test_texts_and_pictures_in_onnx(tmp_path):
    pytest.importorskip("onnx")
    run = text_run("characters")
    export(run, "onnx", tmp_path / "text.onnx")
    tokens = run.tokens.encode(TEXT[:12])[None].astype(np.int64)
    [scores] = session((tmp_path / "text.onnx").read_bytes()).run(None, {"tokens": tokens})
    np.testing.assert_allclose(scores, run.network(tokens), atol=1e-5)
    run, pixels = picture_run()
    export(run, "onnx", tmp_path / "pictures.onnx")
    label, probabilities = session((tmp_path / "pictures.onnx").read_bytes()).run(None, {"pixels": pixels})
    np.testing.assert_allclose(probabilities, run.predict_proba(pixels), atol=1e-5)
    assert label.tolist() == run.predict(pixels).tolist()


def test_tables_texts_and_pictures_in_pytorch(tables, tmp_path):
    pytest.importorskip("torch")
    from .test_layers import loaded

    run = table_run(tables / "known.csv", "number", "blend")
    module = loaded(run, "pytorch", tmp_path, "torch_table")
    made = module.predict(*module.read_csv(tables / "known.csv"))
    assert_telling(run, made)
    np.testing.assert_allclose(made, run.predict(tables / "known.csv"), rtol=1e-5)
    run = text_run("characters")
    assert loaded(run, "pytorch", tmp_path, "torch_text").loss(TEXT) == pytest.approx(run.loss(TEXT), abs=1e-5)
    run, pixels = picture_run()
    made = loaded(run, "pytorch", tmp_path, "torch_pictures").predict_proba(pixels)
    np.testing.assert_allclose(made, run.predict_proba(pixels), atol=1e-5)
