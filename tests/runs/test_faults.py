"""Real trainings killed at random moments end with the same bits: the short form of `benchmarks faults`."""

import random
import subprocess
import sys

import pytest

from benchmarks import faults
from benchmarks.faults import FAULTS, Training, fault_loop

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is what POSIX systems send")


def test_trainings_killed_and_gone_on_with():
    figures = fault_loop(4, seed=0, trainings=[("table", "numpy"), ("gpt", "numpy")], each=0)["SIGKILL"]
    assert figures["kills"] >= 4 and figures["same"] == figures["trainings"], figures["told"]


def test_one_on_xla(tmp_path):
    training = Training("cnn", "xla", tmp_path)
    kills, verdict = training.kill_until_finished(random.Random(1), most=1)
    assert verdict == "same" and kills <= 1


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    return Training("cnn", "numpy", tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize("name", FAULTS)
def test_other_faults(training, name):
    told, verdicts = zip(*(FAULTS[name](training, random.Random(seed)) for seed in range(2)), strict=True)
    assert set(verdicts) == {"same"}
    assert any(told)  # else the fault did not come about


def test_what_would_be_different_is_told(training):
    """The comparison is of bits: another seed's network is not the same."""
    place = training.room / "other"
    process = training.begin(place)
    assert not faults.finished(process)
    assert training.verdict(place) == "same"
    changed = place / "network.safetensors"
    content = bytearray(changed.read_bytes())
    content[-1] ^= 1
    changed.write_bytes(bytes(content))
    assert training.verdict(place) == "different"


def test_what_is_lost_is_told(training, monkeypatch):
    """Where no checkpoint can be read, nothing is pretended."""
    place = training.room / "lost"
    faults.killed(training.begin(place), place, 0.0, writing=True)
    for file in (place / "checkpoint" / "0").iterdir():
        file.write_bytes(b"torn")
    assert training.verdict(place).startswith("lost: ")


def test_the_command(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "faults", "--help"], capture_output=True, text=True, check=True
    )
    assert "--kills" in done.stdout
