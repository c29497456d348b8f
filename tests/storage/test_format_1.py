"""Runs that an earlier version wrote load, and predict what they did; formats that are not known are refused."""

import json
from pathlib import Path

import numpy as np
import pytest

import cutaway as ca
from cutaway.storage import network_file, run_folder
from cutaway.storage.architecture import ModelFileError
from tests.storage.make_format import NAMES, predicted

KEPT = Path(__file__).parent / "format_1"


@pytest.mark.parametrize("name", NAMES)
def test_a_run_of_format_1_predicts_what_it_did(name):
    run = ca.load(KEPT / name)
    expected = json.loads((KEPT / f"{name}.json").read_text())
    np.testing.assert_allclose(predicted(run, name), expected, rtol=2e-5, atol=1e-6)
    assert run.history and run.engine == "numpy" and run.events[0].what == "engine"


@pytest.mark.parametrize("name", NAMES)
def test_its_network_alone_loads_and_is_written_again_to_the_same_weights(name, tmp_path):
    run = ca.load(KEPT / name / "network.safetensors")
    run.save(tmp_path / "again")
    again = ca.load(tmp_path / "again")
    np.testing.assert_array_equal(predicted(again, name), predicted(run, name))


def test_the_kept_files_are_of_format_1_and_small():
    assert network_file.FORMAT == run_folder.FORMAT == 1, "keep runs of the new format beside these: make_format.py"
    files = [path for path in KEPT.rglob("*") if path.is_file()]
    assert len(files) >= 4 * len(NAMES)
    assert sum(path.stat().st_size for path in files) < 2 << 20


def test_a_later_format_is_refused_with_both_numbers(tmp_path):
    place = tmp_path / "net.safetensors"
    content = (KEPT / "network" / "network.safetensors").read_bytes()
    place.write_bytes(content.replace(b'{\\"format\\":1,', b'{\\"format\\":2,'))
    assert place.read_bytes() != content
    with pytest.raises(ModelFileError, match="the file's format is 2; this version of cutaway reads 1"):
        ca.load(place)
