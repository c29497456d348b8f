"""No training row is in a model file or a checkpoint; and nothing in the package runs what a file says."""

import ast
import struct
from pathlib import Path

import numpy as np
import pytest

import cutaway as ca
from cutaway.runs import keeping
from cutaway.storage.checkpoint import latest_checkpoint
from cutaway.training import checkpoints, loop

PACKAGE = Path(ca.__file__).parent
# Numbers and texts that occur nowhere else. A number is looked for as digits, and as the bytes of either precision.
NUMBER = 8675309.140625
SECRET = "Xanthippe-Zwölfkirch"


def traces(number: float) -> dict[str, bytes]:
    return {
        "digits": str(number).encode(),
        "whole digits": str(int(number)).encode(),
        "float32": struct.pack("<f", number),
        "float64": struct.pack("<d", number),
    }


def rows(count=60):
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (count, 3)).astype(np.float32)
    x[7, 1] = NUMBER / 2**20  # exact in float32: its last digits are binary fractions
    return x, (x[:, :1] * 0.5).astype(np.float32)


@pytest.fixture(autouse=True)
def checkpoints_after_each_chunk(monkeypatch):
    monkeypatch.setattr(loop, "seconds_of_step", lambda *given: loop.CHUNK_SECONDS / 2)
    monkeypatch.setattr(loop, "FEWEST_STEPS", 1)
    monkeypatch.setattr(checkpoints, "SHARE", np.inf)
    monkeypatch.setattr(keeping, "EVERY", 0.0)


class Killed(Exception):  # noqa: N818 - it is no error
    pass


def written(folder):
    """Return what is in a folder, by name, but for the lock."""
    return {item.name: item.read_bytes() for item in folder.rglob("*") if item.is_file()}


def kill_after(writes, monkeypatch):
    usual, count = checkpoints.write_checkpoint, 0

    def write(*given):
        nonlocal count
        count += 1
        if count > writes:
            raise Killed
        usual(*given)

    monkeypatch.setattr(checkpoints, "write_checkpoint", write)


@pytest.mark.parametrize("members", [1, 2])
def test_a_fit_on_arrays(tmp_path, monkeypatch, members):
    x, y = rows()
    how = {"loss": "squared_error", "optimizer": ca.GradientDescent(1e-3), "epochs": 2, "batch_size": 6,
           "validation": 0.2, "members": members, "engine": "numpy", "progress": False}  # fmt: skip
    net = ca.Sequential(ca.Dense(4), ca.BatchNorm(), ca.Tanh(), ca.Dense(1))
    ca.fit(net, x, y, path=tmp_path / "run", **how)
    kill_after(3, monkeypatch)
    with pytest.raises(Killed):
        ca.fit(ca.Sequential(ca.Dense(4), ca.Dense(1)), x, y, path=tmp_path / "killed", **how)
    files = {**written(tmp_path / "run"), **written(tmp_path / "killed")}
    assert {"network.safetensors", "run.json", "records.jsonl"} < files.keys()
    assert sum(name[0].isdigit() for name in files) == 2
    for name, content in files.items():
        for way, trace in traces(float(x[7, 1])).items():
            assert trace not in content or way == "whole digits", (name, way)
        assert x[7].tobytes() not in content and x[7:9].astype(np.float64).tobytes() not in content, name


def test_a_table(tmp_path, monkeypatch):
    """Free text that is in one row and a number that is no border of its column's range leave no trace."""
    count = 60
    random = np.random.default_rng(0)
    size, price = random.uniform(0, 3e7, (2, count)).round(6)
    size[5] = price[9] = NUMBER
    notes = np.array([f"the house number {n} has a {['garden', 'cellar'][n % 2]}" for n in range(count)], object)
    notes[11] = f"{SECRET} lives in this house with a garden"
    table = {"size": size, "note": notes, "price": price}
    how = {"effort": "quick", "epochs": 2, "engine": "numpy", "compare": False, "progress": False, "text": ["note"]}
    ca.train(table, "price", out=tmp_path / "run", **how)
    kill_after(1, monkeypatch)
    with pytest.raises(Killed):
        ca.train(table, "price", out=tmp_path / "killed", **how)
    assert latest_checkpoint(tmp_path / "killed" / "checkpoint" / "0") is not None
    files = {**written(tmp_path / "run"), **written(tmp_path / "killed")}
    for name, content in files.items():
        for way, trace in traces(NUMBER).items():
            assert trace not in content, (name, way)
        for form in (SECRET, SECRET.lower(), "zwölfkirch", "xanthippe"):
            assert form.encode() not in content, (name, form)


def test_the_search_would_find_a_row(tmp_path):
    """A number that is the end of its column's range is kept on purpose, and found."""
    size, price = np.random.default_rng(0).uniform(0, 1e6, (2, 60))
    price[5] = NUMBER
    run = ca.train({"size": size, "price": price}, "price", effort="quick", epochs=1, test=0, engine="numpy",
                   compare=False, progress=False, out=tmp_path / "run")  # fmt: skip
    content = (run.path / "network.safetensors").read_bytes()
    assert any(trace in content for trace in traces(NUMBER).values())


# ---- nothing that a file says is run -------------------------------------------------------------------------

RUN = {"eval", "exec", "compile"}
UNSAFE = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "runpy", "code", "imp"}
# import_module, of names that are written in the program itself.
ALLOWED = {("cli/train.py", "import_module"): "the summaries of its own table in _shown"}


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            yield node, name, isinstance(node.func, ast.Name)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_runs_what_a_file_says(path):
    name, tree = path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            modules = [node.module or ""]
        assert not {module.split(".")[0] for module in modules} & UNSAFE, f"{name}, line {node.lineno}"
    for node, called, bare in calls(tree):
        place = f"{name}, line {node.lineno}: {called}"
        assert not (bare and called in RUN), place
        if called in ("import_module", "__import__") and not isinstance(node.args[0], ast.Constant):
            assert (name, called) in ALLOWED, place
        if called == "load" and isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "np":
            refused = [word for word in node.keywords if word.arg == "allow_pickle"]
            assert refused and refused[0].value.value is False, place
        assert not any(word.arg == "allow_pickle" and word.value.value is not False for word in node.keywords), place
