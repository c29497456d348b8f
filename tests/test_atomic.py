import os
import stat
import sys

import pytest

from cutaway import atomic
from cutaway.atomic import complete_folder, write_complete
from cutaway.errors import InputError


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path):
    place = tmp_path / "weights"
    write_complete(place, b"one")
    place.chmod(0o640)
    write_complete(place, b"two")
    assert place.read_bytes() == b"two"
    assert stat.S_IMODE(place.stat().st_mode) == 0o640
    assert sorted(item.name for item in tmp_path.iterdir()) == ["weights"]


def test_a_failure_leaves_the_old_file(tmp_path, monkeypatch):
    place = tmp_path / "weights"
    write_complete(place, b"one")
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(InputError, match="No space left"):
        write_complete(place, b"two")
    assert place.read_bytes() == b"one"
    assert sorted(item.name for item in tmp_path.iterdir()) == ["weights"]


def test_no_such_folder(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        write_complete(tmp_path / "none" / "weights", b"one")


def test_a_folder_appears_when_it_is_complete(tmp_path):
    place = tmp_path / "runs" / "one"
    with complete_folder(place) as part:
        (part / "a").write_text("1")
        assert not place.exists()
    assert (place / "a").read_text() == "1"
    with complete_folder(place) as part:
        (part / "b").write_text("2")
    assert sorted(item.name for item in place.iterdir()) == ["b"]
    assert sorted(item.name for item in place.parent.iterdir()) == ["one"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_folder_that_fails_leaves_nothing_and_keeps_the_old(tmp_path, error):
    place = tmp_path / "one"
    place.mkdir()
    (place / "a").write_text("1")
    with pytest.raises(error), complete_folder(place) as part:
        (part / "b").write_text("2")
        raise error
    assert sorted(item.name for item in tmp_path.iterdir()) == ["one"]
    assert sorted(item.name for item in place.iterdir()) == ["a"]


def test_the_old_folder_comes_back_when_the_new_cannot_take_its_place(tmp_path, monkeypatch):
    from pathlib import Path

    place = tmp_path / "one"
    place.mkdir()
    (place / "a").write_text("1")
    rename = Path.rename

    def failing(self, target):
        if self.name.endswith(".part"):
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(atomic, "_exchanged", lambda part, place: False)
    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(InputError, match="Input/output"), complete_folder(place):
        pass
    assert sorted(item.name for item in tmp_path.iterdir()) == ["one"]
    assert sorted(item.name for item in place.iterdir()) == ["a"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux exchanges two names in one step")
def test_a_folder_is_replaced_in_one_step(tmp_path, monkeypatch):
    """There is no moment without the name, at which a process that is killed would leave nothing under it."""
    from pathlib import Path

    place = tmp_path / "one"
    place.mkdir()
    (place / "a").write_text("1")
    monkeypatch.setattr(Path, "rename", lambda *given: pytest.fail("two steps"))
    with complete_folder(place) as part:
        (part / "b").write_text("2")
    assert sorted(item.name for item in place.iterdir()) == ["b"]
    assert sorted(item.name for item in tmp_path.iterdir()) == ["one"]
