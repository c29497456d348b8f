import json

import pytest

from cutaway.errors import InputError
from cutaway.storage.architecture import ModelFileError
from cutaway.storage.run_folder import beside, check_place, is_finished_run, is_run, new_run, read_facts


def test_facts_come_back(tmp_path):
    folder = tmp_path / "runs" / "one"
    with new_run(folder, {"seconds": 1.5, "notes": ["größer"]}) as part:
        (part / "network.safetensors").write_bytes(b"")
    assert read_facts(folder) == {"seconds": 1.5, "notes": ["größer"]}
    assert is_run(folder)
    assert sorted(item.name for item in folder.iterdir()) == ["network.safetensors", "run.json"]


def test_only_an_earlier_run_is_replaced(tmp_path):
    folder = tmp_path / "one"
    assert check_place(folder) is False
    folder.mkdir()
    assert check_place(folder) is False
    with new_run(folder, {"turn": 1}):
        pass
    assert check_place(folder) is True
    with new_run(folder, {"turn": 2}):
        pass
    assert read_facts(folder) == {"turn": 2}
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds thesis.txt beside an earlier run"), new_run(folder, {}):
        pass
    assert (folder / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("content", ["{}", '{"cutaway": 2}', "[]", "{", '{"cutaway": 1, "a": NaN}', "\x00"])
def test_what_is_no_run_is_left_alone(tmp_path, content):
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "run.json").write_text(content)
    with pytest.raises(ModelFileError):
        read_facts(folder)
    with pytest.raises(InputError, match="not a run of cutaway"):
        check_place(folder)


def test_places_where_no_folder_can_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file"):
        check_place(tmp_path / "file")
    with pytest.raises(InputError, match="is a file"):
        check_place(tmp_path / "file" / "runs" / "one")
    with pytest.raises(InputError, match="is not a run"):
        read_facts(tmp_path / "none")


def test_facts_are_plain_json(tmp_path):
    with new_run(tmp_path / "one", {"a": [1]}):
        pass
    assert json.loads((tmp_path / "one" / "run.json").read_text()) == {"cutaway": 1, "a": [1]}
    with pytest.raises(ValueError), new_run(tmp_path / "two", {"a": float("nan")}):
        pass
    assert sorted(item.name for item in tmp_path.iterdir()) == ["one"]


def test_a_place_that_cannot_be_written_is_told_at_once(tmp_path, monkeypatch):
    """Also to who may do everything by the rules and yet cannot: a file system that is read only, say."""

    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("cutaway.storage.run_folder.tempfile.mkdtemp", refuse)
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "one", tmp_path / "deep" / "er", tmp_path / "empty"):
        with pytest.raises(InputError, match=r"cannot be written: nothing can be made in .* \(Permission denied\)"):
            check_place(place)
    assert [item.name for item in tmp_path.iterdir()] == ["empty"]


def test_names_that_no_folder_can_have(tmp_path):
    for name in ("x" * 250, "y" * 300):
        with pytest.raises(InputError, match="cannot be written"):
            check_place(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_has_its_place_beside(tmp_path):
    folder = tmp_path / "one"
    for facts, finished in (({"interrupted": True}, False), ({"interrupted": False}, True), ({}, True)):
        with new_run(folder, facts):
            pass
        assert is_finished_run(folder) is finished
    assert not is_finished_run(tmp_path / "none")
    assert beside(folder) == tmp_path / "one-interrupted"
    with new_run(tmp_path / "one-interrupted", {"interrupted": True}):
        pass
    assert beside(folder) == tmp_path / "one-interrupted-2"
