"""Two processes on one folder: the second is refused; what a dead one left behind is no lock."""

import json
import os
import platform
import subprocess
import sys
import threading

import pytest

from cutaway.errors import InputError
from cutaway.storage import run_lock
from cutaway.storage.run_folder import check_place, new_run
from cutaway.storage.run_lock import holder, locked

HOLD = """
import sys, time
from pathlib import Path
from cutaway.storage.run_lock import locked
with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(60)
"""


@pytest.fixture(params=["the system's locks", "process numbers"])
def way(request, monkeypatch):
    if request.param == "process numbers":
        monkeypatch.setattr(run_lock, "locks", None)
    elif run_lock.locks is None:
        pytest.skip("this system has no locks")
    return request.param


def held_elsewhere(folder):
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline() == "locked\n"
    return other


def test_the_second_process_is_refused_until_the_first_is_gone(tmp_path, way):
    folder = tmp_path / "run"
    with held_elsewhere(folder) as other:
        with pytest.raises(InputError, match=f"another training writes .* \\(process {other.pid}\\)"), locked(folder):
            pass
        assert holder(folder) == f"process {other.pid}"
        with pytest.raises(InputError, match=f"process {other.pid}"):
            check_place(folder)
        with pytest.raises(InputError, match=f"process {other.pid}"), new_run(folder, {}):
            pass
        assert sorted(item.name for item in folder.iterdir()) == ["lock"]
        other.kill()
        other.wait()
        assert (folder / "lock").exists()  # nobody took it away
        with locked(folder):
            assert json.loads((folder / "lock").read_text())["process"] == os.getpid()


def test_two_threads_of_one_process(tmp_path, way):
    told = []

    def second():
        try:
            with locked(tmp_path):
                told.append("both")
        except InputError as fault:
            told.append(str(fault))

    with locked(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
        assert holder(tmp_path) == "" and (tmp_path / "lock").exists()  # one's own is in nobody's way
    assert f"process {os.getpid()}" in told[0]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, None])
def test_it_is_released_in_every_case(tmp_path, way, error):
    folder = tmp_path / "run"
    for _ in range(2):
        try:
            with locked(folder):
                (folder / "records.jsonl").write_text("")
                if error is not None:
                    raise error
        except (KeyboardInterrupt, ValueError):
            pass
    assert [item.name for item in folder.iterdir()] == ["records.jsonl"]


def test_a_folder_with_nothing_in_it_goes_and_one_that_was_replaced_stays(tmp_path, way):
    with locked(tmp_path / "empty"):
        pass
    assert not (tmp_path / "empty").exists()
    folder = tmp_path / "run"
    with locked(folder):
        with new_run(folder, {"turn": 1}):
            pass
        assert [item.name for item in folder.iterdir()] == ["run.json"]
    assert [item.name for item in folder.iterdir()] == ["run.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"process": "x"}', '{"process": -1, "machine": ""}', "\xff"])
def test_a_torn_lock_counts_for_nothing(tmp_path, way, content):
    (tmp_path / "lock").write_text(content)
    with locked(tmp_path):
        pass


def test_a_process_of_another_machine_is_not_known_to_be_gone(tmp_path, monkeypatch):
    monkeypatch.setattr(run_lock, "locks", None)
    (tmp_path / "lock").write_text(json.dumps({"process": 1, "machine": f"not {platform.node()}"}))
    with pytest.raises(InputError, match="process 1 on not"), locked(tmp_path):
        pass


def test_a_place_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"), locked(tmp_path / "file" / "run"):
        pass
