"""What a training survives: SIGKILL at random moments, writes that fail, a full disk, torn checkpoints, two processes.

Each training is run once undisturbed; then it is killed, gone on with and killed again until it is finished, and its
final weights are compared with the undisturbed ones bit by bit. *Lost* is a training that could not be gone on with, or
whose earlier run was gone; *different* one whose weights differ in any bit.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import table, write
from benchmarks.trainings import ENGINES, NAMES

SLOWEST = 300.0  # seconds that a training may take until it counts as lost


def begun(name: str, engine: str, place: Path, resume: bool, *before: str) -> subprocess.Popen[str]:
    """Start a training in a process of its own; `before` is the command that starts the interpreter, if another."""
    command = [*(before or (sys.executable, "-m", "benchmarks.trainings")), name, engine, str(place)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*command, *(["resume"] if resume else [])],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip


def finished(process: subprocess.Popen[str]) -> str:
    """Wait for a training, and return what it said that ended in another way than finished; "" else."""
    try:
        _, told = process.communicate(timeout=SLOWEST)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return "it took too long"
    return told.strip() or f"exit {process.returncode}" if process.returncode else ""


def checkpoints(place: Path) -> bool:
    return any((place / "checkpoint" / "0").glob("*.safetensors"))


def done(place: Path) -> bool:
    return (place / "run.json").exists()


def size_of(file: Path) -> int:
    """Return how many bytes a file has that may vanish at any time; 0 where it is not there."""
    try:
        return file.stat().st_size
    except OSError:
        return 0


def newest(place: Path) -> str:
    return max((file.name for file in (place / "checkpoint" / "0").glob("*.safetensors")), default="")


def killed(process: subprocess.Popen[str], place: Path, after: float, *, writing: bool) -> bool:
    """Kill a process so many seconds after it is ready to train; whether it was still there to be killed.

    writing   count from when it has written its next checkpoint, so that it is surely in the midst of training
    """
    assert process.stdout is not None
    process.stdout.readline()
    before = newest(place)
    while writing and newest(place) == before and process.poll() is None:
        time.sleep(0.002)
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()
    return process.returncode == -signal.SIGKILL


def weights(place: Path) -> dict[str, bytes]:
    """Return every array of a run's network as bytes, by name."""
    from safetensors.numpy import load_file

    return {
        name: f"{array.dtype} {array.shape}".encode() + np.ascontiguousarray(array).tobytes()
        for name, array in load_file(place / "network.safetensors").items()
    }


class Training:
    """One of the trainings on one engine, with the weights and the seconds of an undisturbed one."""

    def __init__(self, name: str, engine: str, room: Path) -> None:
        self.name, self.engine, self.room = name, engine, room
        place = room / f"{name}-{engine}-whole"
        process = begun(name, engine, place, False)
        assert process.stdout is not None
        process.stdout.readline()
        start = time.perf_counter()
        told = finished(process)
        assert not told, f"{name} on {engine}: {told}"
        self.seconds = time.perf_counter() - start
        self.whole = weights(place)

    def begin(self, place: Path, *before: str) -> subprocess.Popen[str]:
        return begun(self.name, self.engine, place, checkpoints(place), *before)

    def verdict(self, place: Path) -> str:
        """Go on with a training that was disturbed until it is finished; "same", "different", or why it is lost."""
        told = "" if done(place) and not checkpoints(place) else finished(self.begin(place))
        if told or not done(place):
            return f"lost: {told or 'there is no run'}"
        return "same" if weights(place) == self.whole else "different"

    def kill_until_finished(self, chance: random.Random, most: int) -> tuple[int, str]:
        """Kill it at random moments, and return how often, and the verdict."""
        place = self.room / f"{self.name}-{self.engine}-{chance.randrange(1 << 30)}"
        kills = 0
        while kills < most and not (done(place) and not checkpoints(place)):
            writing = chance.random() < 0.7
            longest = 0.2 if writing else 1.0
            kills += killed(self.begin(place), place, chance.uniform(0, longest * self.seconds), writing=writing)
        return kills, self.verdict(place)


# ---- faults other than kills -----------------------------------------------------------------------------------

FAILING = """
import os, sys
left, usual = int(sys.argv.pop(1)), os.fsync
from cutaway import atomic
class Failing:
    def __init__(self, file): self.file = file
    def write(self, content):
        global left
        if len(content) > left:
            self.file.write(content[:left])
            left = 0
            raise OSError(28, "No space left on device")
        left -= len(content)
        return self.file.write(content)
    def __getattr__(self, name): return getattr(self.file, name)
    def __enter__(self): return self
    def __exit__(self, *given): self.file.close()
opened = os.fdopen
def failing(handle, mode="r", **how):
    file = opened(handle, mode, **how)
    return Failing(file) if mode == "wb" else file
os.fdopen = failing
from benchmarks import trainings
sys.exit(trainings.main())
"""

LIMITED = """
import resource, signal, sys
size = int(sys.argv.pop(1))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
from benchmarks import trainings
sys.exit(trainings.main())
"""


def failing_write(training: Training, chance: random.Random) -> tuple[str, str]:
    """A writer that fails after so many bytes, anywhere in what the training writes."""
    place = training.room / f"failing-{chance.randrange(1 << 30)}"
    size = sum(len(content) for content in training.whole.values())
    process = training.begin(place, sys.executable, "-c", FAILING, str(int(size * chance.uniform(0, 30))))
    return finished(process), training.verdict(place)


def full_disk(training: Training, chance: random.Random) -> tuple[str, str]:
    """A file system that is full after a while: a small tmpfs where that may be mounted, else files are limited."""
    place = training.room / f"full-{chance.randrange(1 << 30)}"
    size = sum(len(content) for content in training.whole.values())
    mount = training.room / "small"
    mount.mkdir(exist_ok=True)
    kibibytes = max(16, int(size * chance.uniform(1, 12)) >> 10)
    if tmpfs(mount, kibibytes):
        try:
            told = finished(training.begin(mount / "run"))
            subprocess.run(["mount", "-o", "remount,size=64m", str(mount)], check=True)
            return told, training.verdict(mount / "run")
        finally:
            subprocess.run(["umount", str(mount)], check=False)
    told = finished(training.begin(place, sys.executable, "-c", LIMITED, str(int(size * chance.uniform(0.5, 4)))))
    return told, training.verdict(place)


def tmpfs(mount: Path, kibibytes: int) -> bool:
    """Mount a small file system in memory; whether this process may."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", str(mount)]
    try:
        return not subprocess.run(command, capture_output=True, check=False).returncode
    except OSError:
        return False


def truncated(training: Training, chance: random.Random) -> tuple[str, str]:
    """The newest checkpoint cut at a random byte, as a disk that lies about flushing leaves it."""
    place = training.room / f"truncated-{chance.randrange(1 << 30)}"
    for _ in range(100):
        killed(training.begin(place), place, chance.uniform(0, 0.2 * training.seconds), writing=True)
        files = sorted((place / "checkpoint" / "0").glob("*.safetensors"))
        if len(files) > 1:
            content = files[-1].read_bytes()
            files[-1].write_bytes(content[: chance.randrange(len(content))])
            return "a torn checkpoint", training.verdict(place)
        if done(place):
            break
    return "", training.verdict(place)


def two_processes(training: Training, chance: random.Random) -> tuple[str, str]:
    """A second process on the folder of a training under way: it must refuse, and change nothing."""
    place = training.room / f"two-{chance.randrange(1 << 30)}"
    first = training.begin(place)
    lock = place / "lock"
    # Its number is written once it has the lock; stopped before, it would be the second.
    while not size_of(lock) and first.poll() is None:
        time.sleep(0.002)
    first.send_signal(signal.SIGSTOP)  # so that it does not end first
    if first.poll() is not None or done(place):  # it was too quick
        first.send_signal(signal.SIGCONT)
        finished(first)
        return "", training.verdict(place)
    told = finished(begun(training.name, training.engine, place, False))
    first.send_signal(signal.SIGCONT)
    if "another training writes to this folder" not in told:
        first.kill()
        finished(first)
        return told, f"lost: the second was not refused, but {told or 'went ahead'}"
    finished(first)
    return told, training.verdict(place)


# Each returns what the disturbed process said, "" where the fault did not come about, and the verdict.
FAULTS: dict[str, Callable[[Training, random.Random], tuple[str, str]]] = {
    "a write that fails": failing_write, "a full disk": full_disk, "a torn checkpoint": truncated,
    "two processes on one folder": two_processes,
}  # fmt: skip


def count(found: dict[str, Any], verdict: str, where: str) -> None:
    """Count a verdict; one that is bad is told at once."""
    kind = verdict.split(":")[0]
    found[kind] += 1
    if kind != "same":
        found["told"].append(f"{where}: {verdict}")
        print(f"{where}: {verdict}", file=sys.stderr)


def fault_loop(kills: int, seed: int, trainings: list[tuple[str, str]], each: int = 3) -> dict[str, Any]:
    """Return how often each fault was survived; `each` is how often those other than kills are made."""
    chance = random.Random(seed)
    none = {"trainings": 0, "same": 0, "different": 0, "lost": 0}
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        made = [Training(name, engine, room) for name, engine in trainings]
        figures: dict[str, Any] = {"SIGKILL": {"kills": 0, **none, "told": []}}
        found = figures["SIGKILL"]
        while found["kills"] < kills:
            training = made[found["trainings"] % len(made)]
            number, verdict = training.kill_until_finished(chance, most=max(1, kills - found["kills"]))
            found["kills"] += number
            found["trainings"] += 1
            count(found, verdict, f"SIGKILL, {training.name} on {training.engine}")
        for name, fault in FAULTS.items():
            found = figures[name] = {"came about": 0, **none, "told": []}
            for number in range(each):
                training = made[number % len(made)]
                found["trainings"] += 1
                told, verdict = fault(training, chance)
                found["came about"] += bool(told)
                count(found, verdict, f"{name}, {training.name} on {training.engine}")
        if "a full disk" in figures:
            way = "a small tmpfs" if tmpfs(room / "small", 64) else "limited files (RLIMIT_FSIZE)"
            subprocess.run(["umount", str(room / "small")], capture_output=True, check=False)
            figures["a full disk"]["by"] = way
    return figures


def main(kills: int, seed: int, quick: bool) -> None:
    trainings = [(name, engine) for name in NAMES for engine in ENGINES]
    figures = fault_loop(6 if quick else kills, seed, trainings, each=1 if quick else len(trainings))
    rows = [["fault", "trainings", "same", "different", "lost"]]
    for name, found in figures.items():
        shown = f"{name}, {found.get('kills', found.get('came about'))} times"
        rows.append([shown, *(str(found[key]) for key in ("trainings", "same", "different", "lost"))])
    print(table(rows))
    if not quick:
        print(
            write("faults", {"seed": seed, "trainings": [" on ".join(each) for each in trainings], "faults": figures})
        )
    if any(found["different"] or found["lost"] for found in figures.values()):
        sys.exit(1)
