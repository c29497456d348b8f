"""`train` gone on with: the same run as if nothing had happened, or a refusal that says what differs."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import cutaway as ca
from cutaway.records import Progress
from cutaway.runs import keeping
from cutaway.training import checkpoints, loop


class Killed(Exception):  # noqa: N818 - it is no error
    pass


@pytest.fixture(autouse=True)
def short_chunks_and_many_checkpoints(monkeypatch):
    monkeypatch.setattr(loop, "seconds_of_step", lambda *given: loop.CHUNK_SECONDS / 2)
    monkeypatch.setattr(loop, "FEWEST_STEPS", 1)
    monkeypatch.setattr(checkpoints, "SHARE", np.inf)
    monkeypatch.setattr(keeping, "EVERY", 0.0)


def table(shift=0.0):
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, 600)
    return {"x": x, "z": random.choice(["a", "b"], 600).astype(object), "y": np.sin(3 * x) + shift}


def train(out, kill=None, **options):
    """Train, and be killed as checkpoint number `kill` is to be written."""
    written = 0
    usual = checkpoints.write_checkpoint

    def write(*given):
        nonlocal written
        written += 1
        if kill is not None and written > kill:
            raise Killed
        usual(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "write_checkpoint", write)
        how = {"effort": "quick", "epochs": 3, "engine": "numpy", "compare": False, "progress": False, **options}
        return ca.train(how.pop("data", table()), "y", out=out, **how)


def arrays(run):
    network = run.network
    return {**network.params, **network.state} if hasattr(network, "params") else network.parameters()


@pytest.mark.parametrize("effort", ["quick", "standard"])
def test_a_killed_training_is_gone_on_with_to_the_same_run(tmp_path, effort):
    whole = train(tmp_path / "whole", effort=effort)
    with pytest.raises(Killed):
        train(tmp_path / "run", kill=3, effort=effort)
    assert [item.name for item in (tmp_path / "run").iterdir()] == ["checkpoint"]
    run = train(tmp_path / "run", resume=True, effort=effort)
    for key, array in arrays(whole).items():
        np.testing.assert_array_equal(array, arrays(run)[key], err_msg=key)
    assert run.scores == whole.scores and not (tmp_path / "run" / "checkpoint").exists()
    assert [record.step for record in run.history] == [record.step for record in whole.history]


def test_other_data_or_settings_are_refused_and_what_differs_is_said(tmp_path):
    with pytest.raises(Killed):
        train(tmp_path / "run", kill=2)
    with pytest.raises(ca.InputError, match="data was 'sha256"):
        train(tmp_path / "run", resume=True, data=table(shift=1.0))
    with pytest.raises(ca.InputError, match="seed was 0, is 1"):
        train(tmp_path / "run", resume=True, seed=1)
    assert train(tmp_path / "run", resume=True).scores is not None


def test_what_was_begun_is_not_begun_anew_by_mistake(tmp_path):
    with pytest.raises(Killed):
        train(tmp_path / "run", kill=2)
    before = {item: item.read_bytes() for item in (tmp_path / "run").rglob("*.safetensors")}
    with pytest.raises(ca.InputError, match="this training was begun there and is not finished: --resume"):
        train(tmp_path / "run")
    assert before == {item: item.read_bytes() for item in (tmp_path / "run").rglob("*.safetensors")}
    other = train(tmp_path / "run", seed=1)  # another training, to which the place is given
    assert other.path == tmp_path / "run" and not (tmp_path / "run" / "checkpoint").exists()


def test_there_must_be_something_to_go_on_with(tmp_path):
    with pytest.raises(ca.InputError, match="no training to go on with"):
        train(tmp_path / "run", resume=True)
    with pytest.raises(ca.InputError, match="name it"):
        train(None, resume=True)


def test_an_interrupted_run_can_be_used_and_gone_on_with(tmp_path, monkeypatch):
    whole = train(tmp_path / "whole")
    asked = 0
    usual = loop.Loop.tell

    def tell(self, record, kept=None):
        nonlocal asked
        asked += isinstance(record, Progress)
        if asked == 4:
            self.interrupt.asked = True
        usual(self, record, kept)

    with monkeypatch.context() as patch:
        patch.setattr(loop.Loop, "tell", tell)
        stopped = train(tmp_path / "run")
    assert stopped.interrupted and len(ca.load(tmp_path / "run").predict(table())) == 600
    run = train(tmp_path / "run", resume=True)
    assert not run.interrupted and run.scores == whole.scores


SCRIPT = """
import sys
import numpy as np
from cutaway.runs import keeping
keeping.EVERY = 0.0
from cutaway.cli.main import main
options = "--target y --effort quick --epochs 20000 --engine numpy -o run"
sys.exit(main(["train", "t.csv", *options.split()]))
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM is what POSIX systems send")
def test_a_request_to_end_leaves_a_checkpoint_and_says_how_to_go_on(tmp_path):
    x = np.linspace(-1, 1, 100)
    (tmp_path / "t.csv").write_text("x,y\n" + "".join(f"{a},{a * a}\n" for a in x))
    begun = subprocess.Popen([sys.executable, "-c", SCRIPT], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    place = tmp_path / "run" / "checkpoint" / "0"
    for _ in range(600):
        if place.is_dir() and any(place.glob("*.safetensors")):
            break
        try:
            begun.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    begun.send_signal(signal.SIGTERM)
    _, told = begun.communicate(timeout=60)
    assert begun.returncode == 143 and "--resume" in told and "Traceback" not in told
    assert any(place.glob("*.safetensors"))


# ---- pictures and texts --------------------------------------------------------------------------------------


def pictures(place):
    random = np.random.default_rng(0)
    pixels = random.integers(0, 90, (60, 8, 8)).astype(np.uint8)
    pixels[np.arange(60) % 2 == 1, 2:6, 2:6] += 120
    if not place.exists():
        np.savez(place, x=pixels, y=np.arange(60) % 2)
    return place


def text(place):
    place.write_text("the cat sat on the mat. the dog ran after the cat. " * 24)
    return place


JOBS = {
    "pictures": (lambda room: pictures(room / "p.npz"), {"epochs": 3}),
    "a text": (lambda room: text(room / "t.txt"), {"epochs": 3, "context": 16}),
}


@pytest.mark.parametrize("name", JOBS)
def test_pictures_and_texts_are_gone_on_with_to_the_same_run(tmp_path, monkeypatch, name):
    make, own = JOBS[name]
    data, how = make(tmp_path), {"effort": "quick", "engine": "numpy", "progress": False, **own}
    whole = ca.train(data, out=tmp_path / "whole", **how)
    written, usual = 0, checkpoints.write_checkpoint

    def write(*given):
        nonlocal written
        written += 1
        if written > 1:
            raise Killed
        usual(*given)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "write_checkpoint", write)
        with pytest.raises(Killed):
            ca.train(data, out=tmp_path / "run", **how)
    assert [item.name for item in (tmp_path / "run").iterdir()] == ["checkpoint"]
    with pytest.raises(ca.InputError, match="seed was 0, is 1"):
        ca.train(data, out=tmp_path / "run", resume=True, seed=1, **how)
    run = ca.train(data, out=tmp_path / "run", resume=True, **how)
    for key, array in arrays(whole).items():
        np.testing.assert_array_equal(arrays(run)[key], array, err_msg=key)
    assert [(r.epoch, r.step, r.loss) for r in run.history] == [(r.epoch, r.step, r.loss) for r in whole.history]
    assert run.summary().get("scores") == whole.summary().get("scores")
    assert not (tmp_path / "run" / "checkpoint").exists() and not (tmp_path / "run" / "lock").exists()
