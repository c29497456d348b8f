"""Fits on a Ray cluster of two nodes on this machine: the same numbers as here, and a lost worker's fit begun anew."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.table import Table
from cutaway.errors import InputError, TrainingWarning
from cutaway.runs import search
from cutaway.training.fits import Here, fits_on, found_cluster

SECONDS = 30  # in which a cluster is up


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def below(parent):
    """The processes that a process started, and those that these started."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:  # it ended meanwhile
                continue
    found, new = set(), {parent}
    while new:
        new = {child for child, above in parents.items() if above in new}
        found |= new
    return found


class Cluster:
    """Two nodes of one core each, started as `ray start` does, and ended with all that they started."""

    def __init__(self, folder):
        self.folder, self.nodes = folder, []
        self.port, self.client = free_port(), free_port()
        self.address = f"127.0.0.1:{self.port}"

    def start(self):
        common = ["--num-cpus=1", "--node-ip-address=127.0.0.1", "--object-store-memory=100000000", "--block",
                  "--disable-usage-stats"]  # fmt: skip
        head = ["--head", f"--port={self.port}", f"--ray-client-server-port={self.client}"]
        self._node(*head, "--include-dashboard=false", f"--temp-dir={self.folder}", *common)
        self._node(f"--address={self.address}", *common)

    def _node(self, *options):
        log = (self.folder / f"node{len(self.nodes)}.txt").open("wb")
        command = [Path(sys.executable).parent / "ray", "start", *options]
        self.nodes.append(subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL))
        log.close()
        end = time.monotonic() + SECONDS
        while b"Ray runtime started" not in (text := (self.folder / f"node{len(self.nodes) - 1}.txt").read_bytes()):
            assert self.nodes[-1].poll() is None and time.monotonic() < end, text.decode()
            time.sleep(0.1)

    def stop(self):
        """End what was started, and nothing else; at once, since a node that is asked to end drains for 30 seconds."""
        nodes = [node.pid for node in self.nodes]
        for process in [*nodes, *set().union(*map(below, nodes))]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        for node in self.nodes:
            node.wait()


@pytest.fixture(scope="module")
def cluster():
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed: pip install 'cutaway[ray]'")
    if not Path("/proc/self/stat").exists():
        pytest.skip("tells by /proc which processes Ray started, to end them")
    folder = Path(tempfile.mkdtemp(prefix="ray", dir="/tmp"))  # a socket's path has room for 107 letters
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")  # before Ray is imported, which reads it once
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        patch.setenv("RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S", "15")
        patch.setenv("GRPC_ENABLE_FORK_SUPPORT", "false")  # the head forks servers for clients, which that may hold up
        made = Cluster(folder)
        try:
            made.start()
            yield made
        finally:
            made.stop()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def joined(cluster):
    """The address of the cluster, which this process has joined: who names it again finds the connection."""
    with fits_on(cluster.address):
        yield cluster.address


def test_where_no_cluster_answers_it_is_said(cluster):  # before this process has joined one
    port = free_port()
    with (
        pytest.raises(InputError, match=rf"no Ray cluster answers at 127\.0\.0\.1:{port} .*ray start --head"),
        fits_on(f"127.0.0.1:{port}"),
    ):
        pass


FROM_OUTSIDE = """
import sys
from cutaway.training.fits import fits_on

if __name__ == "__main__":
    with fits_on(sys.argv[1]) as fits:
        print(sorted(fits.each(pow, 2, [3, 4])))
"""


def test_a_cluster_is_joined_from_outside_by_its_client_server(cluster):
    address = f"ray://127.0.0.1:{cluster.client}"
    done = subprocess.run([sys.executable, "-c", FROM_OUTSIDE, address], capture_output=True, text=True, check=False)
    assert done.stdout == "[(0, 8), (1, 16)]\n", done.stderr


LOCAL = """
import os, sys
from pathlib import Path
from cutaway.training.fits import fits_on
from tests.runs.test_on_ray import below

if __name__ == "__main__":
    with fits_on("ray") as fits:
        assert sorted(fits.each(pow, 2, [3])) == [(0, 8)]
        sockets = set()
        for process in below(os.getpid()):
            for file in Path(f"/proc/{process}/fd").iterdir():
                try:
                    sockets.add(os.readlink(file))
                except OSError:  # it is closed
                    continue
        for table in ("tcp", "tcp6"):
            for line in Path("/proc/net", table).read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == "0A" and f"socket:[{words[9]}]" in sockets:  # it listens
                    print(words[1].split(":")[0])
    print(os.environ["RAY_AUTH_MODE"], (Path.home() / ".ray" / "auth_token").exists())
"""


def test_a_cluster_of_ones_own_is_not_to_be_reached_from_outside():
    if importlib.util.find_spec("ray") is None or not Path("/proc/net/tcp").exists():
        pytest.skip("needs Ray, and /proc to tell where it listens")
    usual = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as folder:
        (Path(folder) / "ray").mkdir()
        (Path(folder) / "ray" / "ray_current_cluster").write_text(f"127.0.0.1:{free_port()}")  # one that is gone
        done = subprocess.run(
            [sys.executable, "-c", LOCAL], capture_output=True, text=True, check=False, timeout=120,
            env={**usual, "HOME": folder, "RAY_TMPDIR": folder}, cwd=Path(__file__).parents[2],
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *listening, last = done.stdout.split("\n")[:-1]
    assert last == "token True"
    assert listening and set(listening) <= {"0100007F", "0000000000000000FFFF00000100007F"}  # 127.0.0.1


def test_only_a_cluster_of_the_same_user_is_found(tmp_path, monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    assert found_cluster() is None
    (tmp_path / "ray").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as door:
        address = f"127.0.0.1:{door.getsockname()[1]}"
        (tmp_path / "ray" / "ray_current_cluster").write_text(address)
        assert found_cluster() == address
        with monkeypatch.context() as patch:
            patch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
            assert found_cluster() is None
    assert found_cluster() is None  # it does not answer
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.5:6379")
    assert found_cluster() == "10.0.0.5:6379"


def test_another_cluster_than_the_one_joined_is_refused(joined):
    other = f"127.0.0.1:{free_port()}"
    with pytest.raises(InputError, match=r"has joined the Ray cluster at [\d.]+:\d+ already"), fits_on(other):
        pass
    with fits_on(f"localhost:{joined.partition(':')[2]}") as fits:  # another name of the same
        assert list(fits.each(pow, 2, [3])) == [(0, 8)]


def where(given, item):
    """Return on which node a fit runs; so long that the other node takes the next."""
    import ray

    time.sleep(1)
    return ray.get_runtime_context().get_node_id(), float(given.sum()) + item


def test_fits_run_on_both_nodes_and_come_back_in_their_places(joined):
    with fits_on(joined) as fits:
        found = dict(fits.each(where, np.ones(1000), [0, 1, 2, 3]))
    assert len({node for node, _ in found.values()}) == 2
    assert [found[place][1] for place in range(4)] == [1000, 1001, 1002, 1003]


def killed_once(given, item):
    """End this worker as a crash does, the first time that it is asked for the item."""
    mark = Path(given) / str(item)
    if not mark.exists():
        mark.write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid() != int(mark.read_text())


def killed_always(given, item):
    os.kill(os.getpid(), signal.SIGKILL)


def test_the_fit_of_a_worker_that_was_killed_is_begun_anew(joined, tmp_path):
    with fits_on(joined) as fits:
        assert dict(fits.each(killed_once, str(tmp_path), [0, 1])) == {0: True, 1: True}
        with pytest.raises(InputError, match="fit 1 of 1 was begun 4 times, and each time its worker was lost"):
            list(fits.each(killed_always, None, [0]))


def warned(given, item):
    warnings.warn("slowly", TrainingWarning, stacklevel=1)
    return item


def refused(given, item):
    raise InputError("the rows: none")


def test_warnings_and_errors_of_fits_arrive_here(joined):
    with fits_on(joined) as fits:
        with pytest.warns(TrainingWarning, match="slowly"):
            assert list(fits.each(warned, None, [7])) == [(0, 7)]
        with pytest.raises(InputError, match=r"^the rows: none$"):
            list(fits.each(refused, None, [0]))


def rows(count=300):
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, count))
    return Table({"a": a, "b": b, "y": np.sin(2 * a) + b**2 + 0.1 * random.normal(size=count)})


def same(one, other):
    mine, theirs = one.network, other.network
    for a, b in zip(getattr(mine, "parts", [mine]), getattr(theirs, "parts", [theirs]), strict=True):
        assert a.params.keys() == b.params.keys()
        for path in a.params:
            np.testing.assert_array_equal(a.params[path], b.params[path])
    np.testing.assert_array_equal(one.predict(rows(40)), other.predict(rows(40)))
    assert one.estimate.value == other.estimate.value


def test_folds_are_the_same_bit_by_bit(joined, monkeypatch, tmp_path):
    monkeypatch.setattr("cutaway.runs.parts.FEWEST_TO_CHOOSE", 10)  # so that each has an epoch of its own
    how = {"epochs": 2, "engine": "numpy", "compare": False, "progress": False}
    there = ca.train(rows(), "y", on=joined, out=tmp_path / "there", **how)
    side_by_side = ca.train(rows(), "y", out=tmp_path / "here", **how)
    same(side_by_side, there)
    same(ca.load(tmp_path / "there"), there)
    assert len(there.network) == 8
    np.testing.assert_array_equal(there.way.places, side_by_side.way.places)
    for one, other in zip(there.history, side_by_side.history, strict=True):
        assert replace(one, seconds=0) == replace(other, seconds=0)
    assert len(there.vitals) and [v.path for v in there.vitals[:3]] == [v.path for v in side_by_side.vitals[:3]]


def test_a_search_is_the_same_bit_by_bit(joined, monkeypatch):
    monkeypatch.setattr(search, "KINDS", 3)
    monkeypatch.setattr(search, "FINALISTS", 1)
    how = {"epochs": 2, "effort": "best", "engine": "auto", "compare": False, "progress": False}
    there = ca.train(rows(160), "y", on=joined, **how)
    here = ca.train(rows(160), "y", **how)
    same(here, there)
    assert [event.message for event in here.events] == [event.message for event in there.events]


@pytest.mark.parametrize(
    "how", [{"engine": "numpy", "values": (1, 4)}, {"engine": "xla", "values": (4,), "weight_decay": 0}]
)
def test_a_sweep_of_capacity_is_the_same_bit_by_bit(joined, how):
    pytest.importorskip("jax") if how["engine"] == "xla" else None
    how = {"resamples": 3, "seeds": 2, "epochs": 4, "learning_curve": how["engine"] == "numpy", **how}
    heard = []
    there = ca.bias_variance(made, *arrays(), on=joined, told=lambda *done: heard.append(done), **how)
    here = ca.bias_variance(made, *arrays(), **how)
    told = [{**found.to_json(), "seconds": 0} for found in (here, there)]
    assert told[0] == told[1]
    assert heard[-1] == (there.networks, there.networks) and [done for done, _ in heard] == sorted(
        done for done, _ in heard
    )


def made(width):
    return ca.Sequential(ca.Dense(width), ca.Tanh(), ca.Dense(1))


def arrays():
    x = np.random.default_rng(0).uniform(-1, 1, (80, 1))
    return x, x**2


def test_here_ends_what_nobody_asks_for():
    heard = []
    for place, _ in Here().each(lambda given, item: heard.append(item), None, [1, 2, 3]):
        if place == 1:
            break
    assert heard == [1, 2]


def test_other_words_and_what_cannot_be_had_on_a_cluster_are_refused():
    for wrong in ("rays", "ray://", "127.0.0.1", "a b:1"):
        with pytest.raises(InputError, match="expected 'here', 'ray', 'host:port'"), fits_on(wrong):
            pass
    for port in ("0", "99999"):
        with (
            pytest.raises(InputError, match=f"whose port is {port}; expected one from 1 to 65535"),
            fits_on(f"a:{port}"),
        ):
            pass
    for asked in ({"limit": 10}, {"resume": True}, {"callbacks": [print]}):
        with pytest.raises(InputError, match=r"cannot be used with on='ray': .*; [^;]+, or leave on out"):
            ca.train(rows(), "y", on="ray", **asked)
