"""`fit` gone on with: the same run, bit by bit, on both engines; and one process on a folder."""

import os
import subprocess
import sys

import numpy as np
import pytest

import cutaway as ca
from cutaway.records import Progress
from cutaway.runs import keeping
from cutaway.storage.run_lock import locked
from cutaway.training import checkpoints, loop


class Killed(Exception):  # noqa: N818 - it is no error
    pass


@pytest.fixture(autouse=True)
def short_chunks_and_many_checkpoints(monkeypatch):
    monkeypatch.setattr(loop, "seconds_of_step", lambda *given: loop.CHUNK_SECONDS / 2)
    monkeypatch.setattr(loop, "FEWEST_STEPS", 1)
    monkeypatch.setattr(checkpoints, "SHARE", np.inf)
    monkeypatch.setattr(keeping, "EVERY", 0.0)


def network():
    return ca.Sequential(ca.Dense(6), ca.BatchNorm(), ca.Tanh(), ca.Dropout(0.2), ca.Dense(1))


def data(shift=0.0):
    x = np.random.default_rng(0).uniform(-1, 1, (60, 3))
    return x, np.prod(x, axis=1) + shift


def fit(place, kill=None, net=None, shift=0.0, **how):
    chunks = 0

    def listen(record):
        nonlocal chunks
        chunks += isinstance(record, Progress)
        if kill is not None and chunks > kill:
            raise Killed

    given = {
        "loss": "squared_error", "optimizer": ca.Adam(ca.Cosine(0.05)), "epochs": 4, "batch_size": 8, "seed": 3,
        "validation": 0.2, "engine": "numpy", "progress": False, **how,
    }  # fmt: skip
    return ca.fit(net or network(), *data(shift), callbacks=[listen], path=place, **given)


def arrays(run):
    net = run.network
    return {**net.params, **net.state} if hasattr(net, "params") else {**net.parameters(), **net.state()}


def same(run, whole):
    for path, array in arrays(whole).items():
        np.testing.assert_array_equal(arrays(run)[path], array, err_msg=path)
    assert [(r.epoch, r.loss, r.validation) for r in run.history] == [
        (r.epoch, r.loss, r.validation) for r in whole.history
    ]


@pytest.mark.parametrize(("engine", "members"), [("numpy", 1), ("xla", 1), ("numpy", 2), ("xla", 2)])
def test_a_killed_fit_is_gone_on_with_to_the_same_bits(tmp_path, engine, members):
    whole = fit(tmp_path / "whole", engine=engine, members=members)
    with pytest.raises(Killed):
        fit(tmp_path / "run", kill=7, engine=engine, members=members)
    assert sorted(item.name for item in (tmp_path / "run").iterdir()) == ["checkpoint", "records.jsonl"]
    same(fit(tmp_path / "run", resume=True, engine=engine, members=members), whole)
    again = ca.load(tmp_path / "run")
    same(again, whole)
    assert not (tmp_path / "run" / "checkpoint").exists() and not (tmp_path / "run" / "lock").exists()


def test_going_on_in_the_same_session(tmp_path):
    """The network has learned by then, but goes on from where the checkpoint says."""
    whole, net = fit(tmp_path / "whole"), network()
    with pytest.raises(Killed):
        fit(tmp_path / "run", kill=5, net=net)
    same(fit(tmp_path / "run", net=net, resume=True), whole)


def test_an_interrupted_fit_goes_beside_a_finished_one(tmp_path, monkeypatch):
    fit(tmp_path / "run")
    usual, told = loop.Loop.tell, 0

    def tell(self, record, kept=None):
        nonlocal told
        told += isinstance(record, Progress)
        self.interrupt.asked = self.interrupt.asked or told == 5
        usual(self, record, kept)

    with monkeypatch.context() as patch:
        patch.setattr(loop.Loop, "tell", tell)
        stopped = fit(tmp_path / "run", seed=4)
    assert stopped.interrupted and stopped.path == tmp_path / "run-interrupted"
    assert not ca.load(tmp_path / "run").interrupted
    assert fit(tmp_path / "run", seed=4, resume=True).history[-1].epoch == 4


def test_other_data_or_settings_are_refused_and_what_differs_is_said(tmp_path):
    with pytest.raises(Killed):
        fit(tmp_path / "run", kill=5)
    for how, words in (
        ({"shift": 1.0}, "data was 'sha256"),
        ({"seed": 4}, "seed was 3, is 4"),
        ({"optimizer": ca.Adam(0.1)}, "optimizer was 'Adam"),
        ({"validation": 0.3}, "data was 'sha256"),
        ({"net": ca.Sequential(ca.Dense(1))}, "network was 'Sequential"),
    ):
        with pytest.raises(ca.InputError, match=words):
            fit(tmp_path / "run", resume=True, **how)
    assert fit(tmp_path / "run", resume=True).history[-1].epoch == 4


def test_there_must_be_something_to_go_on_with(tmp_path):
    with pytest.raises(ca.InputError, match="no training to go on with"):
        fit(tmp_path / "run", resume=True)
    with pytest.raises(ca.InputError, match="name it: path="):
        fit(None, resume=True)
    fit(tmp_path / "run")
    with pytest.raises(ca.InputError, match="it was finished"):
        fit(tmp_path / "run", resume=True)


def test_a_folder_under_way_is_refused_and_left_alone(tmp_path):
    with pytest.raises(Killed):
        fit(tmp_path / "run", kill=5)
    before = sorted(item.name for item in (tmp_path / "run" / "checkpoint" / "0").iterdir())
    with locked(tmp_path / "run"), pytest.raises(ca.InputError, match=f"process {os.getpid()}"):
        fit(tmp_path / "run")
    assert sorted(item.name for item in (tmp_path / "run" / "checkpoint" / "0").iterdir()) == before
    same(fit(tmp_path / "run", resume=True), fit(tmp_path / "whole"))


OTHER = """
import sys
import numpy as np, cutaway as ca
x = np.linspace(-1, 1, 64)[:, None]
def told(record):
    print("begun", flush=True)
ca.fit(ca.Sequential(ca.Dense(4), ca.Dense(1)), x, x, loss="squared_error", epochs=10**6, engine="numpy",
       path=sys.argv[1], callbacks=[told], progress=False)
"""


def test_two_processes_on_one_folder(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", OTHER, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "begun\n"
        with pytest.raises(ca.InputError, match=f"another training .*process {other.pid}"):
            fit(tmp_path / "run")
        other.kill()
    assert fit(tmp_path / "run").history[-1].epoch == 4
