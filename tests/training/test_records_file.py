"""Records on disk: a line each, there at once; a full disk is told as wrong input, where and why."""

import json
import math
import sys

import pytest

import cutaway as ca
from cutaway.records import Event, NetworkVitals, Progress, StepRecord
from cutaway.storage.record_lines import read_records
from cutaway.training.callbacks.records import RecordFile


def test_a_record_is_there_once_it_was_told_and_what_is_not_finite_is_null(tmp_path):
    place = tmp_path / "records.jsonl"
    well = StepRecord(1, 5, 0.5, 0.25, 1e-3, 2.0, True, {"rmse": 0.5})
    ill = StepRecord(2, 10, math.nan, -math.inf, 1e-3, 3.0, False, {"rmse": math.inf}, (0.25, math.nan))
    look = NetworkVitals(2, 10, math.nan, 0.5, -1.0, None, math.inf, None, 1e-45, 1.0, 0.0)
    event = Event(0, "engine", "“XLA”: 2 × as fast\u2028on\ntwo lines")
    with RecordFile(place) as keep:
        for count, record in enumerate((well, ill, look, event), 1):
            keep(record)
            keep(Progress(1, 5, 10, 2.0, 2))
            assert place.read_text(encoding="utf-8").count("\n") == count

    def refused(word):
        raise AssertionError(f"{word} is no JSON")

    lines = [json.loads(line, parse_constant=refused) for line in place.read_text(encoding="utf-8").split("\n")[:-1]]
    assert lines[0]["record"] == "StepRecord" and lines[0]["metrics"] == {"rmse": 0.5}
    assert lines[1]["loss"] is lines[1]["validation"] is lines[1]["metrics"]["rmse"] is lines[1]["members"][1] is None
    assert lines[1]["members"][0] == 0.25 and lines[2]["loss"] is lines[2]["output_std"] is None
    back = read_records(place)
    assert back[0] == well and back[3] == event and back[2].gradient_norm == 1e-45 and math.isnan(back[1].loss)


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
