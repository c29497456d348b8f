"""Two and four processes on this machine give the weights of one; killed and gone on with, in other numbers, too."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.distributed import parting, work

pytest.importorskip("jax")

from cutaway.distributed import launch

ROOT = Path(__file__).parents[2]
# Between numbers of processes only the order of sums differs, in float32; Adam's quotients of small gradients carry it
# on for some forty steps.
TOLERANCE = {"rtol": 2e-4, "atol": 2e-5}


def launched(names, place, count, monkeypatch):
    monkeypatch.chdir(ROOT)
    return launch([sys.executable, "-m", "tests.distributed.work", names, str(place)], count)


def same(found, expected):
    assert set(found) == set(expected)
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, **TOLERANCE, err_msg=name)


@pytest.fixture(scope="module")
def alone():
    return work.single(Path())


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A folder with a training that one process began, and that was ended in its fourth epoch."""
    place = tmp_path_factory.mktemp("place")

    def end(record):
        if isinstance(record, work.StepRecord) and record.epoch == 4:
            raise ZeroDivisionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work.keeping, "EVERY", 0.0)
        with pytest.raises(ZeroDivisionError):
            work.fitted(path=place / "begun", callbacks=[end])
    return place


def test_two_processes_give_the_weights_of_one(alone, begun, monkeypatch, capfd):
    """One network, with a batch that two do not divide; three, divided by rows; begun by one; asked to end."""
    names = [*parting.TOGETHER, "single", "odd_members", "resumed", "differing", "ended"]
    ended = launched(",".join(names), begun, 2, monkeypatch)
    out, told = capfd.readouterr()
    assert ended.codes == (0, 0), told
    assert out == "hello from 0\n"
    assert "[1] hello from 1" in told
    expected = {"single": alone, "resumed": alone, "odd_members": work.odd_members(begun)}
    for index in (0, 1):
        for name, those in expected.items():
            same(np.load(begun / f"{name}-{index}.npz"), those)
        refused = np.load(begun / f"differing-{index}.npz")
        assert "settings and first weights and rows of the first step" in str(refused["seed"])
        assert f"distributed: settings of process {index} are not those of all 2" in str(refused["epochs"])
        assert np.load(begun / f"ended-{index}.npz")["ended"].all()
    nothing_parted_them(begun)
    assert list((begun / "ended" / "checkpoint" / "0").glob("*.safetensors"))
    assert not (begun / "begun" / "checkpoint").exists()  # it is finished, and was written by one
    assert (begun / "begun" / "run.json").exists()


def test_two_processes_do_in_every_way_what_one_does(tmp_path, monkeypatch, capfd):
    """Networks that they divide; an early stop; a listener that has enough; rows in files; a surface of the loss."""
    ended = launched("members,stopped,halted,files,surface", tmp_path, 2, monkeypatch)
    assert ended.codes == (0, 0), capfd.readouterr().err
    expected = {name: work.DONE[name](tmp_path) for name in ("members", "stopped", "files")}
    assert len(expected["stopped"]["losses"]) < 60
    expected["files"].pop("handed")
    for index in (0, 1):
        found = {name: dict(np.load(tmp_path / f"{name}-{index}.npz")) for name in expected}
        handed = found["files"].pop("handed")
        assert (handed[:, 0] == 17).all()  # of 34 rows of a step
        assert handed[:, 1].tolist() == 2 * [1, 0, 0, 0]  # all chunks but the first are read on a thread
        for name, those in expected.items():
            same(found[name], those)
        assert len(np.load(tmp_path / f"halted-{index}.npz")["losses"]) == 3
    same(np.load(tmp_path / "surface-0.npz"), work.surface(tmp_path))


def nothing_parted_them(place):
    for name in ("diverged", "diverged_members"):
        expected = getattr(parting, name)(place)["told"].tolist()
        assert any(words.startswith("not finite") and not words.endswith(" ") for words in expected)
        for index in (0, 1):
            assert np.load(place / f"{name}-{index}.npz")["told"].tolist() == expected
    for index in (0, 1):
        blind = np.load(place / f"blind-{index}.npz")
        assert blind["epochs"].tolist() == [1, 2, 3]
        assert (blind["looks"][0] > 0) == (index == 0)
        assert np.load(place / f"halted_at_vitals-{index}.npz")["epochs"].tolist() == [1]
        assert "process 0 has 1 of kind cpu" in str(np.load(place / f"refused-{index}.npz")["said"])
    seen = parting.followed(place)["seen"]
    assert len(seen) == 1
    np.testing.assert_allclose(np.load(place / "followed-0.npz")["seen"], seen, **TOLERANCE)


def test_four_processes_give_the_weights_of_one(alone, tmp_path, monkeypatch, capfd):
    ended = launched("single", tmp_path, 4, monkeypatch)
    assert ended.codes == (0, 0, 0, 0), capfd.readouterr().err
    for index in (0, 3):
        same(np.load(tmp_path / f"single-{index}.npz"), alone)


def test_a_killed_process_ends_the_others_and_one_goes_on(alone, tmp_path, monkeypatch, capfd):
    ended = launched("killed", tmp_path, 2, monkeypatch)
    told = capfd.readouterr().err
    assert ended.failed == 1
    assert ended.words == "process 1 of 2 was killed (SIGKILL)"
    assert ended.codes[0] == 1, told  # by what it found, rather than by waiting for the one that is gone
    assert "process 0 of 2 lost another one" in told
    assert not ended.alike
    kept = sorted((tmp_path / "killed" / "checkpoint" / "0").glob("*.safetensors"))
    assert kept, told
    same(work.fitted(path=tmp_path / "killed", resume=True), alone)


def test_a_request_to_end_reaches_all_where_nothing_trains(tmp_path, monkeypatch, capfd):
    """JAX would take the signal for itself, and the processes go on."""
    ended = launched("terminated", tmp_path, 2, monkeypatch)
    assert ended.codes == (-signal.SIGTERM, -signal.SIGTERM), capfd.readouterr().err
    assert ended.asked == signal.SIGTERM


CLUSTERS = {
    "SLURM": lambda index, port: {
        "SLURM_JOB_ID": str(port - 61440), "SLURM_STEP_NODELIST": "localhost", "SLURM_NTASKS": "2",
        "SLURM_PROCID": str(index), "SLURM_LOCALID": str(index),
    },
    "Open MPI": lambda index, port: {
        "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": str(index), "JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{port}",
    },
    "Kubernetes": lambda index, port: {
        "JAX_NUM_PROCESSES": "2", "JOB_COMPLETION_INDEX": str(index), "JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{port}",
    },
}  # fmt: skip
JOINED = """
from cutaway.distributed import join
group = join(distributed=True)
print(group.count, group.index, group.most([group.index])[0], group.told(b"first" if group.first else b"not"))
"""


@pytest.mark.parametrize("name", CLUSTERS)
def test_what_clusters_say_is_understood(name):
    """Two processes with the variables that a cluster sets, on this machine, join each other."""
    port = next(port for port in range(61440, 65536) if _is_free(port))
    usual = {key: value for key, value in os.environ.items() if not key.startswith(("SLURM", "OMPI", "JAX_"))}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", JOINED], env={**usual, **CLUSTERS[name](index, port)}, cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for index in (0, 1)
    ]  # fmt: skip
    for index, process in enumerate(running):
        out, told = process.communicate(timeout=120)
        assert out == f"2 {index} 1 b'first'\n", told


def _is_free(port):
    with socket.socket() as door:
        return door.connect_ex(("127.0.0.1", port)) != 0
