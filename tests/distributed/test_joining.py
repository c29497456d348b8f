"""How a process is told of the others, what a launch refuses, and what it says when one fails."""

import os
import sys

import numpy as np
import pytest

import cutaway as ca
from cutaway.backends.processes import Processes
from cutaway.cli.launch import _kept
from cutaway.cli.main import main
from cutaway.distributed import Ended, launch
from cutaway.distributed.joining import together, told
from cutaway.errors import InputError
from cutaway.storage.checkpoint import latest_checkpoint


def test_without_a_cluster_it_says_how_to_start(monkeypatch, capsys):
    from cutaway.backends import jax_processes

    def none_found(*given, **options):
        raise ValueError("coordinator_address should be defined.")

    monkeypatch.setattr(jax_processes.jax.distributed, "initialize", none_found)
    for name in [name for name in os.environ if name.startswith(jax_processes.CLUSTERS)]:
        monkeypatch.delenv(name)
    assert main(["train", "no.csv", "--target", "y", "--distributed"]) == 2
    assert "no variables of SLURM, Open MPI or Kubernetes were found; start it with srun" in capsys.readouterr().err
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    assert main(["train", "no.csv", "--target", "y", "--distributed"]) == 2
    assert "this process did not find the others (coordinator_address" in capsys.readouterr().err


class Summed:
    """Three processes in one: what the two others give is written down beforehand."""

    def __init__(self, others):
        self.others = iter(others)

    def total(self, values):
        return values + next(self.others)

    def most(self, values):
        return np.maximum(values, next(self.others))


def test_the_first_process_is_heard_by_the_others_bit_by_bit():
    values = np.array([0.1, np.nan, -np.inf, 5e-324])
    sent = []

    class Heard:
        def total(self, words):
            sent.append(words)
            return words

    Processes(3, 0, Heard()).first_says(values)
    other = Processes(3, 1, Summed(sent))
    found = other.first_says(np.full(4, 7.0))
    assert found.tobytes() == values.tobytes()
    assert Processes(3, 2, Summed([np.array([0, 5])])).most([1, 2]).tolist() == [1, 5]


def test_the_least_memory_of_all_is_what_each_goes_by():
    mib = 1 << 20
    assert Processes(3, 2, Summed([np.array([-100])])).least(5e9) == 100 * mib
    assert Processes(3, 2, Summed([np.array([-100])])).least(70.5 * mib) == 70 * mib
    assert Processes(3, 2, Summed([np.array([-100])])).least(float("inf")) == 100 * mib


@pytest.mark.parametrize("content", [b"", b"a", b"seven b", b"eight by"])
def test_bytes_of_any_length_are_told(content):
    sent = []

    class Heard:
        def total(self, words):
            sent.append(words)
            return words

    assert Processes(2, 0, Heard()).told(content) == content
    assert Processes(2, 1, Summed(sent)).told(b"something else") == content


@pytest.mark.parametrize("length", [(1 << 31) + 5, 25])
def test_a_long_message_goes_in_parts(length, monkeypatch):
    """Its length, beyond what 32 bits hold, and no more of it at once than a part."""
    monkeypatch.setattr("cutaway.backends.processes.PART", 8)
    sent = []

    class Long(bytes):
        def __len__(self):
            return length

    class Heard:
        def total(self, words):
            sent.append(words)
            if length > 100 and len(sent) == 4:
                raise InterruptedError
            return words

    content = Long(bytes(range(25)))
    if length > 100:
        with pytest.raises(InterruptedError):
            Processes(2, 0, Heard()).told(content)
    else:
        assert Processes(2, 0, Heard()).told(content) == content
        assert Processes(2, 1, Summed(sent)).told(b"") == content
    assert sent[0].view(np.int64).tolist() == [length]
    assert [words.nbytes for words in sent[1:4]] == [8, 8, 8]


def test_a_checkpoint_to_go_on_from_is_read_once(tmp_path, monkeypatch):
    """It may be large, and be told to many processes."""
    from cutaway.runs import keeping
    from cutaway.training import checkpoints

    def end(record):
        if getattr(record, "epoch", 0) == 2:
            raise ZeroDivisionError

    read = []
    monkeypatch.setattr(keeping, "EVERY", 0.0)
    monkeypatch.setattr(checkpoints, "latest_checkpoint", lambda place: read.append(place) or latest_checkpoint(place))
    x = np.random.default_rng(0).normal(size=(40, 2))
    how = {"loss": "squared_error", "epochs": 4, "path": tmp_path / "run", "progress": False, "observe": False}
    with pytest.raises(ZeroDivisionError):
        ca.fit(ca.Sequential(ca.Dense(1)), x, x[:, :1], callbacks=[end], **how)
    assert read == []
    run = ca.fit(ca.Sequential(ca.Dense(1)), x, x[:, :1], resume=True, **how)
    assert read == [tmp_path / "run" / "checkpoint" / "0"]
    assert len(run.history) == 4


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"JAX_NUM_PROCESSES": "two"}, "JAX_NUM_PROCESSES is 'two'; expected a whole number"),
        ({"JAX_NUM_PROCESSES": "2", "JAX_PROCESS_ID": "0"}, "JAX_COORDINATOR_ADDRESS is missing"),
        ({"JAX_NUM_PROCESSES": "2", "JAX_COORDINATOR_ADDRESS": "a:1"}, "JAX_PROCESS_ID is missing"),
        ({"JAX_NUM_PROCESSES": "2", "JAX_PROCESS_ID": "2", "JAX_COORDINATOR_ADDRESS": "a:1"}, "process 2 of 2"),
    ],
)
def test_variables_that_do_not_fit_are_refused(environment, words):
    with pytest.raises(InputError, match=words):
        told(environment, False)


def test_a_fault_of_ones_own_stays_one():
    with pytest.raises(ZeroDivisionError), together():
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--processes", "2", "--", "predict", "run"], "got predict run; expected a training"),
        (["--processes", "2"], "got nothing; expected a training"),
        (["--processes", "0", "--", "train", "a.csv"], "--processes must be a whole number of at least 1"),
    ],
)
def test_a_launch_of_nothing_that_trains_is_refused(words, said, capsys):
    assert main(["launch", *words]) == 2
    assert said in capsys.readouterr().err


def test_lines_are_labelled_and_said_once(capfd):
    code = "import os, sys; print('the same', file=sys.stderr); sys.exit('mine: ' + os.environ['JAX_PROCESS_ID'])"
    ended = launch([sys.executable, "-c", code], 3)
    assert ended.codes == (1, 1, 1)
    assert ended.alike
    lines = sorted(capfd.readouterr().err.splitlines())
    assert [line[4:] for line in lines if "the same" in line] == ["the same"]
    assert [line for line in lines if "mine" in line] == [f"[{index}] mine: {index}" for index in range(3)]


def test_one_that_fails_ends_those_that_wait(monkeypatch):
    monkeypatch.setattr("cutaway.distributed.launching.GRACE", 0.5)
    code = "import os, sys, time; sys.exit(3) if os.environ['JAX_PROCESS_ID'] == '1' else time.sleep(60)"
    ended = launch([sys.executable, "-c", code], 2)
    assert ended == Ended((-15, 3), 1)
    assert ended.words == "process 1 of 2 ended with code 3"


def test_where_the_last_checkpoint_is(tmp_path):
    words = ["train", "a.csv", "--target", "y", "-o", str(tmp_path)]
    again = "cutaway launch --processes 2 -- train a.csv"
    assert _kept(words, again).startswith(f"there is no checkpoint in {tmp_path} yet")
    place = tmp_path / "checkpoint" / "0"
    place.mkdir(parents=True)
    (place / "000000000007.safetensors").touch()
    assert _kept(words, again).endswith(f"000000000007.safetensors; to go on from it: {again} --resume")
