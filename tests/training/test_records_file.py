"""Records on a disk that is full: told as wrong input, where and why, rather than as a fault of ours."""

import sys

import pytest

import cutaway as ca
from cutaway.records import Event
from cutaway.training.callbacks.records import RecordFile


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_full_disk_is_told(tmp_path):
    place = tmp_path / "records.jsonl"
    place.symlink_to("/dev/full")
    with (
        pytest.raises(ca.InputError, match=r"records.jsonl: cannot be written \(No space left"),
        RecordFile(place) as keep,
    ):
        keep(Event(0, "engine", "numpy"))
    with pytest.raises(ValueError, match="something else"), RecordFile(place):
        raise ValueError("something else")
