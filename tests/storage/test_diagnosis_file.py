"""A diagnosis comes back from its file as it was, number by number; anything else is refused."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.verdict import Verdict
from cutaway.records import Finding, Fix, Proof
from cutaway.storage.architecture import ModelFileError
from cutaway.storage.diagnosis_file import diagnosis_bytes, plain, read_diagnosis, restored


@dataclass(frozen=True)
class Small:
    """All kinds of field that a diagnosis has."""

    name: str
    numbers: tuple[float, ...]
    pair: tuple[float | None, float | None]
    settings: Mapping[str, float | str] = field(default_factory=dict)
    inner: "Small | None" = None
    count: int = 0
    flag: bool = False


def back(value, tmp_path):
    place = tmp_path / "diagnosis.json"
    place.write_bytes(diagnosis_bytes(it=value))
    return read_diagnosis(place, it=type(value))["it"]


def test_every_kind_of_field_comes_back(tmp_path):
    inner = Small("größer \n", (-0.0, 1e-308, math.inf, -math.inf), (None, 2.0))
    whole = Small("a", (0.1 + 0.2,), (1.0, None), {"rate": 0.1, "how": "nan", "inf": math.inf}, inner, -3, True)
    found = back(whole, tmp_path)
    assert found == whole
    assert [type(number) for number in found.numbers] == [float]
    assert math.isnan(back(replace(inner, numbers=(math.nan,)), tmp_path).numbers[0])
    assert back(replace(inner, numbers=(np.float32(0.5),)), tmp_path).numbers == (0.5,)


def test_a_finding_with_all_it_can_have(tmp_path):
    under = Finding("dead_relu", "half are dead", "share", 0.5, (None, 0.3), "1", 12, note=True)
    finding = Finding(
        "init_scale", "too small", "deviation", 1e-9, (0.5, 2.0), "0", 0,
        Fix("initialise", "draw them anew", "net.build(x)", {"factor": 2.0, "kind": "He"}), 0.7, False, (under,),
        Proof((0.1, 0.2), (0.5, math.nan), 50, 1.5, True),
    )  # fmt: skip
    found = back(finding, tmp_path)
    assert math.isnan(found.proof.with_fix[1])
    assert replace(found, proof=None) == replace(finding, proof=None)


def test_what_a_training_knows_comes_back_from_its_run(tmp_path):
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 2))
    net = ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(1), ca.Softmax())
    run = ca.fit(net, x, x[:, 0] > 0, loss="squared_error", epochs=6, validation=0.2, path=tmp_path / "run",
                 engine="numpy", progress=False)  # fmt: skip
    assert [finding.check for finding in run.findings] == ["softmax_one_unit"]
    loaded = ca.load(tmp_path / "run")
    assert (loaded.evidence, loaded.verdict) == (run.evidence, run.verdict)
    assert len(loaded.evidence.history) == 6 and loaded.evidence.layer_vitals
    kept = json.loads((tmp_path / "run" / "diagnosis.json").read_text())
    assert kept["evidence"]["history"] == []  # they are in records.jsonl
    told = json.loads((tmp_path / "run" / "run.json").read_text())["findings"]
    assert [(each["check"], each["layer"]) for each in told] == [("softmax_one_unit", "3")]


def test_a_run_that_was_not_observed_has_no_file(tmp_path):
    x = np.linspace(-1, 1, 20)[:, None]
    run = ca.fit(ca.Sequential(ca.Dense(1)), x, x, loss="squared_error", epochs=2, observe=False, engine="numpy",
                 path=tmp_path / "run", progress=False)  # fmt: skip
    assert run.evidence is None and not (tmp_path / "run" / "diagnosis.json").exists()
    assert ca.load(tmp_path / "run").verdict is None


GOOD = {"name": "a", "numbers": [1.0], "pair": [None, 2.0]}


def test_a_field_that_is_missing_has_its_default():
    assert restored(Small, GOOD, "it") == Small("a", (1.0,), (None, 2.0))


@pytest.mark.parametrize(
    "change",
    [
        {"name": None}, {"name": 3}, {"name": "\ud800"}, {"numbers": None}, {"numbers": [True]}, {"numbers": ["1"]},
        {"numbers": [{"number": "nine"}]}, {"numbers": [{"number": []}]}, {"numbers": [{}]}, {"numbers": [10**400]},
        {"pair": [1.0]}, {"pair": [1.0, 2.0, 3.0]}, {"pair": {}}, {"settings": []}, {"settings": {"a": None}},
        {"settings": {"\ud800": 1.0}}, {"settings": {"a": []}}, {"inner": []}, {"inner": {}}, {"inner": "x"},
        {"count": 1.5}, {"count": True}, {"count": 2**63}, {"flag": 1}, {"more": 1},
    ],
    ids=str,
)  # fmt: skip
def test_anything_else_is_refused(change):
    with pytest.raises(ModelFileError):
        restored(Small, GOOD | change, "it")


def test_depth_is_bounded():
    deep = dict(GOOD)
    for _ in range(400):
        deep = GOOD | {"inner": deep}
    with pytest.raises(ModelFileError, match="deeper than"):
        restored(Small, deep, "it")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "JSON"), (b"[]", "list"), (b"{}", "format"), (b'{"cutaway": 2}', "format"), (b"\xff", "read"),
        (b'{"cutaway": 1, "other": {}}', "expected"), (b'{"cutaway": 1, "it": NaN}', "NaN"),
        (b'{"cutaway": 1, "it": {"a": 1, "a": 2}}', "twice"), (b" " * (17 << 20), "larger"),
    ],
)  # fmt: skip
def test_files_that_hold_none(tmp_path, content, words):
    (tmp_path / "diagnosis.json").write_bytes(content)
    with pytest.raises(ModelFileError, match=words) as told:
        read_diagnosis(tmp_path / "diagnosis.json", it=Small)
    assert "diagnosis.json" in str(told.value)
    with pytest.raises(ModelFileError):
        read_diagnosis(tmp_path / "none.json", it=Small)


def test_what_is_no_plain_data_is_not_written():
    with pytest.raises(ModelFileError, match="Sequential"):
        plain((ca.Sequential(),))


def test_types_of_the_real_ones_are_known():
    """A field of a type that cannot come back would be found by its first user."""
    for kind in (Evidence, Verdict):
        with pytest.raises(ModelFileError, match="expected"):
            restored(kind, {}, "it")
