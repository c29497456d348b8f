"""What is fuzzed: for each kind of file some good ones, a way to change them, and what reads them.

    python -m tests.storage.fuzz_targets NAME FIRST COUNT

runs COUNT cases from seed FIRST on within memory and time limits, and prints a line of JSON: how many loaded, how many
were refused, and those that did neither.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import cutaway as ca
from cutaway.cli.diagnose import compared, nothing
from cutaway.data.columns import describe_columns
from cutaway.data.encoders import TableEncoder
from cutaway.data.reading import read_table, table_from
from cutaway.data.targets import ClassTarget, NumberTarget
from cutaway.data.text import read_text
from cutaway.data.text_windows import TextWindows
from cutaway.data.tokens import Tokens
from cutaway.diagnosis.telling import told as told_of
from cutaway.errors import InputError
from cutaway.explain.landscape import landscape
from cutaway.losses import SquaredError
from cutaway.runs.trajectory import Followed
from cutaway.storage.architecture import ModelFileError
from cutaway.storage.moments import Moments, moments_bytes
from cutaway.storage.network_file import network_bytes, read_network
from cutaway.storage.run_folder import MOMENTS, TRAJECTORY
from cutaway.storage.way import read_way, way_bytes
from cutaway.training.checkpoints import Checkpoints
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer
from tests.storage import fuzzing

SECONDS = 10.0  # that a case may take, of processor time
MEMORY = 2 << 30  # bytes that a case may take beyond what the program has when it begins

Change = Callable[[bytes, random.Random], bytes]


class Case(NamedTuple):
    """A good file: what is in it, its name, how one changes it who knows what it is, and what reads it.

    `read` gets the place of the changed file; it returns, or raises one of `refusals`.
    """

    content: bytes
    name: str
    knowing: Change | None
    read: Callable[[Path], Any]
    refusals: type[InputError] = InputError


def rows(count: int = 40) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).uniform(-1, 1, (count, 3)).astype(np.float32)
    return x, x[:, :1] * x[:, 1:2]


def saved(run: Any) -> dict[str, bytes]:
    """Return the files of a run by name."""
    with tempfile.TemporaryDirectory() as folder:
        place = run.save(Path(folder) / "run")
        return {item.name: item.read_bytes() for item in place.iterdir()}


def table_run() -> Any:
    count = 40
    table = {
        "size": np.linspace(0, 9, count), "town": np.array(["Delft", "Gouda", "Leiden", "Breda"] * 10, object),
        "seen": np.array(["2020-01-01", "2021-05-06"] * 20, object), "good": np.array([True, False] * 20),
        "words": np.array(["a red house by the sea", "two rooms and a garden wide"] * 20, object),
        "price": np.linspace(0, 1, count) ** 2,
    }  # fmt: skip
    return ca.train(table, "price", effort="quick", epochs=1, engine="numpy", compare=False, progress=False)


# ---- what reads them -----------------------------------------------------------------------------------------


def use_network(place: Path) -> Any:
    """Read a network, and have it compute, as whoever loads one does."""
    held = read_network(place)
    with np.errstate(all="ignore"):
        if held.preprocessing is not None:
            return held.network(held.preprocessing.example())
        # The file of a plain network does not say what rows it takes, and so these need not fit.
        with suppress(ValueError, LookupError, TypeError, AttributeError, ArithmeticError, MemoryError):
            return held.network(np.zeros((1, 3), np.float32))
    return None


def use_run(place: Path) -> Any:
    """Load the run in a file's folder, and ask it what a person does."""
    run = ca.load(place.parent)
    if run.evidence is not None and run.verdict is not None:
        told = [told_of(finding) for finding in (*run.verdict.findings, *run.verdict.notes)]
        return run.summary(), repr(run), told, nothing(run.evidence), compared(run.evidence)
    return run.summary(), repr(run)


def use_checkpoint(place: Path) -> Any:
    return train(place.parent, resume=True)


def train(folder: Path, resume: bool = False) -> Any:
    network = ca.Sequential(ca.Dense(3), ca.BatchNorm(), ca.Dropout(0.1), ca.Dense(1)).build(3)
    plan = Plan(epochs=3, batch_size=8, patience=2)
    x, y = rows()
    checkpoints = Checkpoints(folder, {"rows": "these"}, 0.0, resume)
    with np.errstate(all="ignore"):
        return Trainer(network, SquaredError(), ca.Adam(0.1), plan, checkpoints=checkpoints).train(
            Batch(x, y, None), Batch(x[:9], y[:9], None)
        )


def use_pictures(place: Path) -> Any:
    from cutaway.data.pictures import read_pictures

    return read_pictures(place if place.suffix in (".npz", ".gz", "") else place.parents[1])


# ---- good files ----------------------------------------------------------------------------------------------


def networks() -> Iterable[Case]:
    def case(content: bytes) -> Case:
        return Case(content, "net.safetensors", fuzzing.tensors_changed, use_network, ModelFileError)

    plain = ca.Sequential(
        ca.Dense(4), ca.BatchNorm(), ca.Residual(ca.Sequential(ca.Dense(4), ca.Mish())), ca.Dropout(ca.FlatCos(0.1)),
        ca.Dense(2), ca.Softmax(),
    )  # fmt: skip
    yield case(network_bytes(plain.build(3)))
    x, y = rows()
    members = ca.Sequential(ca.Dense(3), ca.Tanh(), ca.Dense(1))
    run = ca.fit(members, x, y, loss="squared_error", epochs=1, members=2, engine="numpy", progress=False)
    yield case(network_bytes(run.network))
    table = table_from({"a": 1.5 * np.arange(30.0), "t": list("abcdefghij" * 3), "y": np.arange(30.0) % 7})
    encoder = TableEncoder.fit(table, describe_columns(table, "y"))
    for target, outputs in ((NumberTarget.fit("y", table.columns["y"]), 1), (ClassTarget("y", ("a", "b")), 2)):
        net = ca.Sequential(ca.ColumnEmbedding(encoder.code_sizes, 2), ca.Dense(outputs))
        yield case(network_bytes(net.build(encoder.width), preprocessing=encoder, target=target))
    windows = TextWindows(Tokens.of_characters("to be or not to be, that is the question"), 8)
    gpt = ca.Sequential(
        ca.Embedding(windows.outputs, 4), ca.LearnedPositions(8), ca.TransformerBlock(2), ca.Dense(windows.outputs)
    )
    yield case(network_bytes(gpt.build(windows.example()), preprocessing=windows))
    from cutaway.data.picture_encoder import PictureEncoder

    seen = PictureEncoder.from_json({"height": 8, "width": 8, "channels": 1, "low": 0.0, "high": 255.0})
    cnn = ca.Sequential(ca.Conv2D(2, 3), ca.ReLU(), ca.MaxPool2D(2), ca.Flatten(), ca.Dense(2))
    yield case(network_bytes(cnn.build(seen.example()), preprocessing=seen, target=ClassTarget("class", ("a", "b"))))


def runs() -> Iterable[Case]:
    x, y = rows()
    plain = ca.fit(ca.Sequential(ca.Dense(1)), x, y, loss="squared_error", epochs=3, engine="numpy", progress=False)
    for files in (saved(table_run()), saved(plain)):
        for name, knowing in (
            ("run.json", fuzzing.one_json_changed), ("records.jsonl", fuzzing.lines_changed),
            ("diagnosis.json", fuzzing.one_json_changed),
        ):  # fmt: skip

            def use(place: Path, files: dict[str, bytes] = files) -> Any:
                for name, content in files.items():
                    if name != place.name:
                        (place.parent / name).write_bytes(content)
                return use_run(place)

            yield Case(files[name], name, knowing, use)


def checkpoints() -> Iterable[Case]:
    with tempfile.TemporaryDirectory() as folder:
        train(Path(folder))
        content = sorted(Path(folder).iterdir())[0].read_bytes()
    yield Case(content, "000000000010.safetensors", fuzzing.tensors_changed, use_checkpoint)


def ways() -> Iterable[Case]:
    """The way of a training, as files of both formats have it: read, and drawn with the network that it is of."""
    x, y = rows()
    network = ca.Sequential(ca.Dense(2), ca.BatchNorm(), ca.Tanh(), ca.Dense(1)).build(3)
    plan, criterion, method = Plan(epochs=6, batch_size=8), SquaredError(), ca.Adam(0.1)
    followed = Followed()
    batch = Batch(x, y, None)
    plan = followed.on(plan, network, method, batch)
    trained = Trainer(network, criterion, method, plan, engine="numpy").train(batch, None)
    network.load({**trained.params, **trained.state})

    def use(place: Path) -> Any:
        way = read_way(place, network.parameters())
        with np.errstate(all="ignore"):
            found = landscape(network, x, y, loss=criterion, trajectory=way, points=2, curvature=False, engine="numpy")
        return found.svg(), str(found), found.to_json()

    for judged, places in ((None, None), (criterion, None), (criterion, np.arange(len(x)))):
        way = followed.way(network, trained.history, judged, places)
        assert way is not None and (way.judged is None) == (judged is None)
        yield Case(way_bytes(way), TRAJECTORY, fuzzing.numbers_changed, use)
    old = Path(__file__).parent / "format_1" / "way"
    weights = ca.load(old / "network.safetensors").network[0].parameters()
    yield Case(
        (old / TRAJECTORY).read_bytes(), TRAJECTORY, fuzzing.numbers_changed, lambda place: read_way(place, weights),
        ModelFileError,
    )  # fmt: skip


def moments() -> Iterable[Case]:
    """The weights of a training on its way: all of them read, and the network has them."""
    network = ca.Sequential(ca.Dense(2), ca.BatchNorm(), ca.Tanh(), ca.Dense(1)).build(3)
    own = {**network.parameters(), **network.state()}
    content = moments_bytes([(epoch, own) for epoch in (0, 1, 7)])

    def use(place: Path) -> Any:
        found = list(Moments(place, own))
        for _, arrays in found:
            network.load(dict(arrays))
        return [epoch for epoch, _ in found]

    for knowing in (fuzzing.numbers_changed, fuzzing.tensors_changed):
        yield Case(content, MOMENTS, knowing, use, ModelFileError)


CSV = 'name,size,seen,good,note\nDelft,1.5,2020-01-01,yes,"a, b"\nGouda,2,2021-02-03,no,\nLeiden,-3e5,,yes,x\n' * 4
SEMICOLONS = "naam;prijs;datum\nZwölf;1.234,56;01-02-2020\nElf;7,5;03-04-2021\n" * 6


def tables() -> Iterable[Case]:
    lines = "".join(json.dumps({"a": n, "b": "x", "d": None, "e": f"ü{n}"}) + "\n" for n in range(12))
    parquet = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        import duckdb

        place = Path(folder) / "t.parquet"
        duckdb.sql("SELECT range AS a, 'x' || range AS b, range / 3.0 AS c FROM range(50)").write_parquet(str(place))
        parquet.write(place.read_bytes())
    for content, name in (
        (CSV.encode(), "t.csv"), (CSV.encode("utf-16"), "t.csv"), (SEMICOLONS.encode("latin-1"), "t.csv"),
        (CSV.replace(",", "\t").encode(), "t.tsv"), (gzip.compress(CSV.encode()), "t.csv.gz"),
        (parquet.getvalue(), "t.parquet"),
    ):  # fmt: skip
        yield Case(content, name, None, read_table)
    yield Case(lines.encode(), "t.jsonl", fuzzing.lines_changed, read_table)
    yield Case(json.dumps([json.loads(line) for line in lines.split("\n")[:-1]]).encode(), "t.json",
               fuzzing.one_json_changed, read_table)  # fmt: skip


def pictures() -> Iterable[Case]:
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (12, 10, 3)).astype(np.uint8)
    for kind in ("png", "jpeg", "bmp", "webp", "gif"):
        held = io.BytesIO()
        Image.fromarray(pixels).save(held, kind)
        good = held.getvalue()

        def use(place: Path, good: bytes = good) -> Any:
            for number, label in enumerate("aabb"):
                (place.parents[1] / label).mkdir(exist_ok=True)
                (place.parents[1] / label / f"good{number}{place.suffix}").write_bytes(good)
            return use_pictures(place)

        yield Case(good, f"a/p.{kind}", None, use)
    held = io.BytesIO()
    np.savez(held, x=np.zeros((8, 6, 6), np.uint8), y=np.arange(8) % 2)
    yield Case(held.getvalue(), "p.npz", None, use_pictures)
    held = io.BytesIO()
    np.savez_compressed(held, x_train=np.zeros((8, 6, 6, 3), np.uint8), y_train=np.arange(8) % 2,
                        x_test=np.zeros((4, 6, 6, 3), np.uint8), y_test=np.arange(4) % 2)  # fmt: skip
    yield Case(held.getvalue(), "p.npz", None, use_pictures)


def texts() -> Iterable[Case]:
    text = "Wer reitet so spät durch Nacht und Wind?\nEs ist der Vater mit seinem Kind;\n" * 20
    for content, name in (
        (text.encode(), "t.txt"), (text.encode("utf-16"), "t.txt"), (text.encode("latin-1"), "t.txt"),
        (gzip.compress(text.encode()), "t.txt.gz"),
    ):  # fmt: skip
        yield Case(content, name, None, read_text)


TARGETS: dict[str, Callable[[], Iterable[Case]]] = {
    "networks": networks, "runs": runs, "checkpoints": checkpoints, "tables": tables, "pictures": pictures,
    "texts": texts, "ways": ways, "moments": moments,
}  # fmt: skip


# ---- running them --------------------------------------------------------------------------------------------


class TooLong(BaseException):
    """A case that took too long; no `Exception`, so that nothing takes it for a refusal."""


def _too_long(number: int, frame: Any) -> None:
    raise TooLong


@contextmanager
def within(seconds: float) -> Any:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def outcome(case: Case, content: bytes, room: Path) -> tuple[str, str]:
    """Return "loaded" or "refused", or else what went wrong, and where."""
    place = room / case.name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    try:
        with within(SECONDS):
            case.read(place)
        return "loaded", ""
    except case.refusals:
        return "refused", ""
    except TooLong:
        return "too long", "".join(traceback.format_exc(limit=-6))
    except BaseException as fault:
        return type(fault).__name__, "".join(traceback.format_exc(limit=-6))
    finally:
        for item in room.iterdir():
            shutil.rmtree(item) if item.is_dir() else item.unlink()


def limit_memory() -> None:
    """Let this process have so much more memory than it has now, where the system can do that."""
    if sys.platform != "linux":
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def run(name: str, first: int, count: int, minutes: float | None = None) -> dict[str, Any]:
    """Run cases from a seed on; `minutes` ends it sooner, or goes on beyond `count` where that is 0."""
    warnings.simplefilter("ignore")
    cases = list(TARGETS[name]())
    signal.signal(signal.SIGPROF, _too_long)
    told: dict[str, Any] = {"target": name, "cases": 0, "loaded": 0, "refused": 0, "slowest": 0.0, "failed": []}
    end = None if minutes is None else time.perf_counter() + 60 * minutes
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        for case in cases:  # unchanged, each must load; and what is imported late is there before memory is limited
            how, where = outcome(case, case.content, room)
            assert how == "loaded", f"{name}, {case.name}: {how}\n{where}"
        limit_memory()
        seed = first
        while (not count or seed < first + count) and (end is None or time.perf_counter() < end):
            case = cases[seed % len(cases)]
            began = time.perf_counter()
            how, where = outcome(case, fuzzing.changed(case.content, seed, case.knowing), room)
            told["slowest"] = max(told["slowest"], round(time.perf_counter() - began, 2))
            told["cases"] += 1
            if how in told:
                told[how] += 1
            elif len(told["failed"]) < 20:
                told["failed"].append({"seed": seed, "file": case.name, "how": how, "where": where})
            seed += 1
    return told


if __name__ == "__main__":
    name, first, count, *minutes = sys.argv[1:]
    print(json.dumps(run(name, int(first), int(count), float(minutes[0]) if minutes else None)))
