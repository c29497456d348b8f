"""What a launch gives each of its processes, how it passes on what it is asked, and that it leaves none behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from cutaway.backends.processes import Processes
from cutaway.cli import main as entry
from cutaway.cli.launch import _folder, _kept
from cutaway.distributed import Ended, launch, launching, leaving, shares
from cutaway.errors import InputError
from cutaway.training.interrupt import Interrupt, Terminated

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0  # seconds, on a machine that has much else to do
# A process that follows its launcher, says who it is, and has nothing else to do.
WAITING = (
    "import os, sys, time; from cutaway.distributed.leaving import follow_launcher; follow_launcher(); "
    "sys.stderr.write(f'pid {os.getpid()}\\n'); time.sleep(100)"
)
LAUNCHING = f"import sys; from cutaway.distributed import launch; print(launch([sys.executable, '-c', {WAITING!r}], 2))"


def is_there(pid):
    """Whether a process runs; one that ended and that nobody asked about yet does not."""
    with suppress(OSError):
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
def test_a_launch_that_is_gone_leaves_nobody_behind(number):
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHING], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    lines = [launcher.stderr.readline() for _ in range(2)]
    pids = [int(line.split()[-1]) for line in lines]
    try:
        launcher.send_signal(number)
        until = time.monotonic() + PATIENCE
        while any(map(is_there, pids)) and time.monotonic() < until:
            time.sleep(0.05)
        assert not any(map(is_there, pids))
        if number == signal.SIGHUP:
            assert f"codes=({-signal.SIGTERM}, {-signal.SIGTERM})" in launcher.communicate(timeout=PATIENCE)[0]
    finally:
        for pid in (*pids, launcher.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        launcher.communicate()


def test_a_fault_ends_a_process_that_would_wait_for_the_others_at_its_end():
    code = (
        "import atexit, time; from cutaway.backends import processes as p; from cutaway.distributed import leaving; "
        "p.join(p.Processes(2, 1)); atexit.register(time.sleep, 100); leaving.leave_at_faults(); 1 / 0"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == leaving.FAULT
    assert "ZeroDivisionError" in ended.stderr


@pytest.mark.parametrize(
    ("fault", "code"), [(Terminated(), 143), (KeyboardInterrupt(), 130), (InputError("no"), 2), (ValueError("no"), 1)]
)
def test_a_command_of_several_processes_ends_at_once(fault, code, monkeypatch, capsys):
    """However it ends: at exit it would wait for the others."""

    class Left(BaseException):
        pass

    def left(number):
        raise Left(number)

    def fail(*arguments, **options):
        raise fault

    monkeypatch.setattr(leaving, "processes", lambda: Processes(2, 1))
    monkeypatch.setattr(leaving.os, "_exit", left)
    monkeypatch.setattr(type(entry.app), "parse_args", fail)
    monkeypatch.setattr(entry, "last_checkpoint", lambda words: None)
    with pytest.raises(Left, match=str(code)):
        entry.main(["train", "a.csv"])
    capsys.readouterr()


def test_a_signal_that_reaches_each_process_is_no_second_one():
    """Another process told of the first Ctrl-C before it arrived here too; only two that arrive here stop at once."""
    with Interrupt(alone=False) as interrupt:
        interrupt.obey(1)
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)


def test_a_signal_between_two_questions_is_heard_at_the_next():
    with Interrupt(ending=True, alone=False) as interrupt:
        os.kill(os.getpid(), signal.SIGTERM)
        interrupt.obey(0)  # what all were asked before it came
        assert not interrupt.asked
        assert interrupt.heard == 2


def test_where_there_is_a_terminal_the_first_process_has_it():
    """So that its progress bar is drawn; the others are heard where they end otherwise than it."""
    code = (
        "import os, sys; i = int(os.environ['JAX_PROCESS_ID']); "
        "sys.stderr.write(f'{i} of a terminal: {sys.stderr.isatty()}\\n'); sys.exit({codes}[i])"
    )
    pty = pytest.importorskip("pty")
    for codes, heard in (((2, 2), False), ((0, 2), True)):
        outer, inner = pty.openpty()
        child = code.replace("{codes}", str(codes))
        script = f"import sys; from cutaway.distributed import launch; launch([sys.executable, '-c', {child!r}], 2)"
        subprocess.run([sys.executable, "-c", script], cwd=ROOT, stderr=inner, timeout=60, check=True)
        os.close(inner)
        said = os.read(outer, 10_000).decode()
        os.close(outer)
        assert "0 of a terminal: True" in said
        assert ("[1] 1 of a terminal: False" in said) == heard


def test_what_comes_after_the_message_of_the_one_that_failed_is_not_passed_on(capfd):
    """Unless that one said nothing: then what the others say of it is all there is."""
    code = (
        "import os, sys, time; i = int(os.environ['JAX_PROCESS_ID']); say = sys.stderr.write; "
        "i or time.sleep(1); i or say('F1121 10:15:02.1 77 a.cc:3] Check failed\\n    @ 0x7f\\nlost another one\\n'); "
        "i and {said} say('its own reason\\n'); sys.exit(2 + i)"
    )
    assert launch([sys.executable, "-c", code.replace("{said}", "")], 2).failed == 1
    assert capfd.readouterr().err == "[1] its own reason\n"
    launch([sys.executable, "-c", code.replace("{said}", "0 and")], 2)
    assert capfd.readouterr().err.splitlines()[0].startswith("[0] F1121") and not capfd.readouterr().err


def test_who_does_not_end_when_asked_twice_has_failed(monkeypatch):
    monkeypatch.setattr(launching, "GRACE", 0.1)
    code = "import os, signal, time; signal.signal(2, signal.SIG_IGN); time.sleep(100)"
    for after in (1.0, 1.2):
        threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT)).start()
    ended = launch([sys.executable, "-c", code], 2)
    assert ended.failed == 0 and ended.asked == signal.SIGINT and ended.codes == (-signal.SIGTERM, -signal.SIGTERM)


def test_each_process_has_graphics_processors_of_its_own(monkeypatch, tmp_path, capfd):
    monkeypatch.setattr(shares, "find_spec", lambda name: name == "jax_cuda12_plugin")
    for number in range(3):
        (tmp_path / f"nvidia{number}").touch()
    (tmp_path / "nvidiactl").touch()
    assert shares.graphics({}, tmp_path) == ["0", "1", "2"]
    assert shares.graphics({"CUDA_VISIBLE_DEVICES": "5,GPU-1f,-1,3"}, tmp_path) == ["5", "GPU-1f"]
    assert shares.graphics({"CUDA_VISIBLE_DEVICES": ""}, tmp_path) == []
    assert shares.graphics({"JAX_PLATFORMS": "cpu"}, tmp_path) == []
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7,9")
    code = "import os, sys; sys.exit('sees ' + os.environ['CUDA_VISIBLE_DEVICES'])"
    launch([sys.executable, "-c", code], 2)
    assert sorted(capfd.readouterr().err.split("\n")) == ["", "[0] sees 4", "[1] sees 7,9"]
    with pytest.raises(InputError, match="--processes 4: this machine has 3 graphics processors"):
        launch([sys.executable, "-c", code], 4)
    monkeypatch.setattr(shares, "find_spec", lambda name: None)
    assert shares.graphics({}, tmp_path) == []


def test_the_folder_of_a_run_is_read_as_the_command_reads_it():
    assert _folder(["train", "--target", "price", "data/houses.csv"]) == Path("runs/houses")
    assert _folder(["train", "--quiet", "--out=there", "--seed", "3", "pictures"]) == Path("there")
    assert _kept(["train", "--no-such", "a"], "again").startswith("there is no checkpoint in runs yet")


def test_what_a_launch_says_where_it_was_asked_to_end(monkeypatch, capsys):
    for number, codes, code in (
        (signal.SIGINT, (-signal.SIGINT, 130), 130),
        (signal.SIGTERM, (-signal.SIGTERM, -signal.SIGTERM), 143),
        (signal.SIGTERM, (143, 143), 143),
    ):
        ended = Ended(codes, 0, number)
        monkeypatch.setattr("cutaway.distributed.launching.launch", lambda *given, ended=ended: ended)
        assert entry.main(["launch", "--processes", "2", "--", "train", "no.csv"]) == code
        assert "cutaway: ended, as was asked; there is no checkpoint in runs/no yet" in capsys.readouterr().err
