"""The landscape of runs by themselves: the rows found again, for tables, pictures and texts, and what is refused."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest

import cutaway as ca
from cutaway.cli.landscape import landscape as command

QUICK = {"effort": "quick", "epochs": 1, "engine": "numpy", "progress": False}
HOW = {"points": 3, "curvature": False}


def log_softmax(z):
    z = np.asarray(z, float)
    return z - np.log(np.sum(np.exp(z - z.max(-1, keepdims=True)), -1, keepdims=True)) - z.max(-1, keepdims=True)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    x = np.random.default_rng(0).uniform(-1, 1, (60, 2)).round(3)
    (folder / "t.csv").write_text("\n".join(["a,b,y", *(f"{a},{b},{a * b:.4f}" for a, b in x)]))
    ca.train(folder / "t.csv", "y", compare=False, out=folder / "run", **QUICK | {"epochs": 3})
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    random, labels = np.random.default_rng(0), np.arange(60) % 2
    pixels = random.integers(0, 90, (60, 8, 8)).astype(np.uint8)
    pixels[labels == 1, 2:6, 2:6] += 120
    np.savez(folder / "p.npz", x=pixels, y=labels)
    ca.train(folder / "p.npz", out=folder / "run", **QUICK)
    return folder, pixels, labels


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    (folder / "t.txt").write_text("the cat sat on the mat. the dog ran after the cat. " * 30)
    ca.train(folder / "t.txt", out=folder / "run", context=16, **QUICK | {"epochs": 0.05})
    return folder


def test_a_table_alone_and_with_other_rows(table):
    run = ca.load(table / "run")
    found = ca.landscape(run, **HOW)
    assert (found.rows, found.unit, found.plane.kind) == (run.data["trained"], "rows", "trajectory")
    other = ca.landscape(run, table / "t.csv", rows=10, plane="random", **HOW)
    assert other.rows == 10
    ground = ca.landscape(run, table / "t.csv", **HOW)
    assert ground.rows == 60
    # As arrays, as before.
    x = np.zeros((4, run.preprocessing.width), np.float32)
    assert ca.landscape(run, x, np.zeros(4), loss="squared_error", **HOW).rows == 4


def test_pictures_are_those_learned_from(pictures):
    folder, pixels, labels = pictures
    run = ca.load(folder / "run")
    found = ca.landscape(run, rows=1000, **HOW)
    assert (found.rows, found.unit, found.losses.shape) == (run.data["learned"], "pictures", (3, 3))
    assert f"CrossEntropy over {run.data['learned']} pictures" in str(found)
    assert found.plane.kind == "trajectory"  # of the way that it kept, which begins at its first weights
    assert found.epochs.tolist() == [epoch for epoch, _ in run.moments]
    every = ca.landscape(run, folder / "p.npz", rows=60, plane="random", **HOW)
    by_hand = -log_softmax(run.network(pixels[..., None]))[np.arange(60), labels].mean()
    assert every.loss == pytest.approx(by_hand, rel=1e-4)
    assert every.losses[1, 1] == pytest.approx(by_hand, rel=1e-4)
    assert len(ca.landscape(run, **HOW).losses) == 3


def test_a_folder_of_pictures_is_taken_by_its_classes(tmp_path):
    from PIL import Image

    random = np.random.default_rng(1)
    for label in ("cat", "dog"):
        (tmp_path / "p" / label).mkdir(parents=True)
        for number in range(12):
            pixels = random.integers(0, 99, (6, 6)).astype(np.uint8) + 100 * (label == "dog")
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "p" / label / f"{number}.png")
    run = ca.train(tmp_path / "p", out=tmp_path / "run", **QUICK)
    every = ca.landscape(run, tmp_path / "p", **HOW)
    probabilities = run.predict_proba(tmp_path / "p")
    codes = np.repeat([0, 1], 12)
    if run.target.temperature == 1:
        assert every.loss == pytest.approx(-np.log(probabilities[np.arange(24), codes]).mean(), rel=1e-4)
    again = ca.landscape(run, **HOW)
    assert again.rows == run.data["learned"] < every.rows == 24
    (tmp_path / "p" / "cat" / "new.png").write_bytes((tmp_path / "p" / "cat" / "1.png").read_bytes())
    with pytest.raises(ca.InputError, match="no longer the data"):
        ca.landscape(run, **HOW)
    with pytest.raises(ca.InputError, match="no such folder"):
        ca.landscape(run, tmp_path / "none", **HOW)
    with pytest.raises(ca.InputError, match="got list"):
        ca.landscape(run, [1], **HOW)


def test_a_text_is_what_was_learned_from_in_windows(text):
    run = ca.load(text / "run")
    found = ca.landscape(run, rows=100, **HOW)
    learned = (text / "t.txt").read_text()[: run.data["learned"]["characters"]]
    tokens = run.tokens.encode(learned)
    count = (len(tokens) - 1) // 16
    assert (found.rows, found.unit) == (min(100, count), "windows of 16 tokens")
    x, y = tokens[: count * 16].reshape(count, 16), tokens[1 : count * 16 + 1].reshape(count, 16)
    if count <= 100:
        by_hand = -np.take_along_axis(log_softmax(run.network(x)), y[..., None].astype(int), -1).mean()
        assert found.loss == pytest.approx(by_hand, rel=1e-4)
    (text / "other.txt").write_text("the mat sat on the cat. " * 40)
    other = ca.landscape(run, text / "other.txt", rows=5, **HOW)
    assert other.rows == 5
    (text / "short.txt").write_text("the cat")
    with pytest.raises(ca.InputError, match="holds 7 tokens"):
        ca.landscape(run, text / "short.txt", **HOW)


@pytest.mark.parametrize("kind", ["pictures", "text"])
def test_the_command_draws_pictures_and_texts_and_refuses_other_data(kind, request, tmp_path, capsys):
    given = request.getfixturevalue(kind)
    folder = given[0] if kind == "pictures" else given
    picture = tmp_path / "a.svg"
    assert command(folder / "run", points=2, rows=4, out=picture) == 0
    said = capsys.readouterr().out
    assert "CrossEntropy over 4" in said and "largest curvatures" in said
    # The text was learned from for one step, at the rate 0 with which a schedule begins: its way leads nowhere.
    assert ("main direction of the training" if kind == "pictures" else "random directions") in said
    ElementTree.fromstring(picture.read_text())
    data = folder / ("p.npz" if kind == "pictures" else "t.txt")
    content = data.read_bytes()
    try:
        if kind == "pictures":
            np.savez(data, x=given[1][:50], y=given[2][:50])
        else:
            data.write_bytes(content + b"more")
        with pytest.raises(ca.InputError, match="no longer the"):
            command(folder / "run", points=2, rows=4, out=picture)
        data.unlink()
        with pytest.raises(ca.InputError, match=r"not there any more.*--data"):
            command(folder / "run", points=2, rows=4, out=picture)
    finally:
        data.write_bytes(content)
    assert command(folder / "run", points=2, rows=4, data=data, json_=True) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 4


def test_what_is_not_there_or_does_not_fit_is_told(table, tmp_path):
    run = ca.load(table / "run")
    with pytest.raises(ca.InputError, match="y is for rows as arrays"):
        ca.landscape(run, table / "t.csv", np.zeros(60))
    with pytest.raises(ca.InputError, match="X, y not given"):
        ca.landscape(run, loss="squared_error")
    with pytest.raises(ca.InputError, match="rows must be a whole number"):
        ca.landscape(run, rows=0)
    net = ca.Sequential(ca.Dense(1))
    x = np.linspace(-1, 1, 8)[:, None]
    fitted = ca.fit(net, x, x, loss="squared_error", epochs=1, path=tmp_path / "run")
    with pytest.raises(ca.InputError, match="X, y, loss not given"):
        ca.landscape(fitted)
    with pytest.raises(ca.InputError, match="of rows as arrays all count"):
        ca.landscape(fitted, x, x, loss="squared_error", rows=3)
    with pytest.raises(ca.InputError, match="learned from arrays"):
        command(tmp_path / "run")
    with pytest.raises(ca.InputError, match="expected a run or a network"):
        ca.landscape(3, x, x, loss="squared_error")
