"""Thousands of changed files, by a seed: each loads or is refused, within memory and time; and the crashes found."""

import io
import json
import os
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cutaway as ca
from cutaway.errors import InputError
from cutaway.storage import header, trial
from cutaway.storage.architecture import ModelFileError, rebuild
from cutaway.storage.checkpoint import Checkpoint, latest_checkpoint, write_checkpoint
from cutaway.storage.header import strict_header
from cutaway.storage.network_file import network_bytes, read_network
from tests.storage import fuzz_targets, fuzzing

ROOT = Path(__file__).parents[2]
# So many that they take about ten seconds each on two cores, but for tables, each of which a database reads.
CASES = {
    "networks": 3000, "runs": 600, "checkpoints": 600, "tables": 60, "pictures": 400, "texts": 1500, "ways": 4000,
    "moments": 2000,
}  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="limits of time and memory are those of POSIX")
@pytest.mark.parametrize("name", fuzz_targets.TARGETS)
def test_changed_files_load_or_are_refused(name):
    """In a process of their own, whose memory is limited; the seeds are the same each time."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.storage.fuzz_targets", name, "0", str(CASES[name])],
        cwd=ROOT, capture_output=True, text=True, timeout=200, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert not done.returncode, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert not told["failed"], told["failed"][0]["where"]
    assert told["cases"] == CASES[name]
    assert told["loaded"] and told["refused"]  # changes that all load, or none of which does, tell nothing


def test_a_fault_is_found(tmp_path):
    """What fuzzes would see a reader that crashes, one that hangs, and one that wants all the memory."""

    def read(place):
        content = place.read_bytes()
        if content == b"crash":
            return {}["crash"]
        while content == b"hang":
            pass
        return np.ones(1 << 50) if content == b"greed" else None

    case = fuzz_targets.Case(b"", "x", None, read)
    seconds, fuzz_targets.SECONDS = fuzz_targets.SECONDS, 0.2
    before = fuzz_targets.signal.signal(fuzz_targets.signal.SIGPROF, fuzz_targets._too_long)
    try:
        found = [fuzz_targets.outcome(case, content, tmp_path)[0] for content in (b"", b"crash", b"hang", b"greed")]
    finally:
        fuzz_targets.SECONDS = seconds
        fuzz_targets.signal.signal(fuzz_targets.signal.SIGPROF, before)
    assert found[:3] == ["loaded", "KeyError", "too long"] and "MemoryError" in found[3]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**64), blocks=st.lists(st.binary(max_size=40), max_size=3))
def test_any_bytes_are_a_network_or_are_refused(tmp_path, seed, blocks):
    content = fuzzing.bytes_changed(PLAIN, random.Random(seed))
    for block in blocks:
        at = seed % (len(content) + 1)
        content = content[:at] + block + content[at:]
    place = tmp_path / "net.safetensors"
    place.write_bytes(content)
    try:
        read_network(place)
    except ModelFileError as fault:
        assert str(place) in str(fault)


PLAIN = network_bytes(ca.Sequential(ca.Dense(2), ca.Tanh(), ca.Dense(1)).build(2))

# ---- sizes are looked at before anything is made of them -----------------------------------------------------

MIB = 1 << 20
LARGE_HEADERS = {
    "lists in lists": lambda: '{"network": ' + "[" * (30 * MIB),
    "objects in objects": lambda: '{"a":' * (6 * MIB),
    "empty lists": lambda: '{"network": [' + "[]," * (10 * MIB) + "0]}",
    "empty objects": lambda: '{"network": [' + "{}," * (10 * MIB) + "0]}",
    "numbers": lambda: '{"network": [' + "1," * (15 * MIB) + "0]}",
    "keys": lambda: "{" + ",".join(f'"{n}":0' for n in range(2_500_000)) + "}",
    "digits": lambda: '{"format": ' + "1" * (30 * MIB) + "}",
    "a text": lambda: '{"format": "' + "x" * (33 * MIB) + '"}',
}

READ = """
import resource, sys, time
from pathlib import Path
from cutaway.storage.header import strict_header
from cutaway.storage.architecture import ModelFileError
from tests.storage.test_fuzz import LARGE_HEADERS
texts = {name: make() for name, make in LARGE_HEADERS.items()}
for name, text in texts.items():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    try:
        strict_header(text)
        told = "read"
    except ModelFileError as fault:
        told = "refused"
    taken = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10
    print(name, told, f"{time.process_time() - began:.2f}", taken, sep=";")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is told in other units elsewhere")
def test_a_header_of_nested_json_takes_neither_gigabytes_nor_minutes():
    done = subprocess.run([sys.executable, "-c", READ], cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert not done.returncode, done.stderr
    told = [line.split(";") for line in done.stdout.strip().split("\n")]
    assert [each[0] for each in told] == list(LARGE_HEADERS)
    for name, _, seconds, mebibytes in told:
        assert float(seconds) < 10 and int(mebibytes) < 1000, name


def test_what_could_not_be_read_again_is_not_written(monkeypatch):
    monkeypatch.setattr(header, "LARGEST_HEADER", 100)
    with pytest.raises(ModelFileError, match=r"the header has \d+ characters, more than 100"):
        network_bytes(ca.Sequential(ca.Dense(2)).build(2))


def test_a_file_that_says_its_header_is_huge(tmp_path):
    place = tmp_path / "net.safetensors"
    place.write_bytes((99 << 20).to_bytes(8, "little") + b"{}")
    with pytest.raises(ModelFileError, match="its header would be larger than any is"):
        read_network(place)


def test_layers_used_over_and_over_count_each_time():
    """Twenty lines that say "twice the one before" are a million layers."""
    layer = {"layer": "ReLU", "arguments": {}}
    for place in range(20):
        layer = {"layer": "Sequential", "arguments": {"layers": [layer, {"same": place}]}}
    with pytest.raises(ModelFileError, match="more than 10000 layers"):
        rebuild(layer)
    few = {"layer": "Sequential", "arguments": {"layers": [{"layer": "ReLU", "arguments": {}}, {"same": 0}]}}
    assert repr(rebuild(few)) == "Sequential(ReLU(), ReLU())"


# ---- found by fuzzing ----------------------------------------------------------------------------------------


def test_a_picture_grown_by_layer_after_layer_is_refused_before_it_is_made():
    net = ca.Sequential(*[ca.ConvTranspose2D(1, 2, stride=2) for _ in range(3)])
    net.build((8, 8, 1))
    for layer in net.layers:
        layer.stride = 100  # as a file may say; each picture is then 10,000 times as large
    with pytest.raises(ModelFileError, match=r"would give up to .* numbers for a row"):
        trial.try_out(net, np.zeros((1, 8, 8, 1), np.uint8), 1)


def test_a_context_of_thousands_is_tried_on_a_part():
    net = ca.Sequential(ca.Embedding(5, 4), ca.TransformerBlock(2), ca.Dense(5)).build(np.zeros((1, 4), np.int32))
    trial.try_out(net, np.zeros((1, 1 << 16), np.int32), 5)  # whole, its attention would be 4 billion numbers a head


@pytest.mark.parametrize("name", ["seconds", "compiled", "observed", "best_mean", "epochs", "looked"])
@pytest.mark.parametrize("value", ["nan", "1", True, -1e300, 10**400, [], 10**9], ids=lambda value: repr(value)[:9])
def test_a_checkpoint_with_odd_facts(tmp_path, name, value):
    """One whose seconds were the text "nan" was gone on with, until the next could not be written."""
    fuzz_targets.train(tmp_path)
    found = latest_checkpoint(tmp_path)
    for place in tmp_path.iterdir():
        place.unlink()
    write_checkpoint(tmp_path, 6, Checkpoint(found.arrays, {**found.facts, name: value}))
    try:
        fuzz_targets.train(tmp_path, resume=True)
    except ModelFileError:
        return
    assert value == 10**9


def npz(**parts):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        for name, content in parts.items():
            file.writestr(f"{name}.npy", content)
    return held.getvalue()


def npy(array):
    held = io.BytesIO()
    np.save(held, array)
    return held.getvalue()


PIXELS, LABELS = npy(np.zeros((4, 6, 6), np.uint8)), npy(np.arange(4) % 2)
FLAGS = b"PK\x01\x02\x14\x03\x14\x00"  # of each entry in the list at the end: its flags come next


@pytest.mark.parametrize(
    "content",
    [
        npz(x=b"no array", y=LABELS),
        npz(x=PIXELS, y=b"no array"),
        npz(x=PIXELS, y=LABELS).replace(FLAGS + b"\0\0", FLAGS + b"\1\0"),  # encrypted
        npz(x=PIXELS, y=LABELS).replace(FLAGS + b"\0\0", FLAGS + b"\x20\0"),  # a patch of something else
        npz(x=PIXELS, y=LABELS).replace(FLAGS + b"\0\0\0\0", FLAGS + b"\0\0\x63\0"),  # packed in an unknown way
        npz(x=PIXELS.replace(b"(4, 6, 6)", b"(1 << 50,)")[: len(PIXELS)], y=LABELS),
        npz(x=PIXELS.replace(b"(4, 6, 6), }          ", b"(9999999999, 99, 99), }"), y=LABELS),
    ],
)
def test_pictures_in_archives_of_arrays_that_are_none(tmp_path, content):
    from cutaway.data.pictures import read_pictures

    assert content not in (npz(x=PIXELS, y=LABELS),)
    (tmp_path / "p.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"p\.npz"):
        read_pictures(tmp_path / "p.npz")


@pytest.mark.parametrize("content", ["", "\n\n", "{", "[]", "null", '{"record": "Event"}', "\xff"])
def test_records_that_are_none(tmp_path, content):
    net = ca.Sequential(ca.Dense(1))
    x = np.linspace(-1, 1, 8)[:, None]
    ca.fit(net, x, x, loss="squared_error", epochs=1, path=tmp_path / "run", engine="numpy")
    (tmp_path / "run" / "records.jsonl").write_bytes(content.encode("latin-1"))
    if not content:
        assert not ca.load(tmp_path / "run").history
    else:
        with pytest.raises(InputError):
            ca.load(tmp_path / "run")


def test_header_of_an_object():
    with pytest.raises(ModelFileError, match="holds list"):
        strict_header("[]")
