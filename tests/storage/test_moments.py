"""Weights on the way come back to the last bit, one moment at a time, and nothing else is taken for them."""

import json

import numpy as np
import pytest
from safetensors.numpy import load, save

import cutaway as ca
from cutaway.storage.architecture import ModelFileError
from cutaway.storage.moments import HEADER, Moments, moments_bytes

NET = ca.Sequential(ca.Dense(3), ca.BatchNorm(), ca.Tanh(), ca.Dense(1)).build(2)
OWN = {**NET.parameters(), **NET.state()}


def made(epochs=(0, 2, 5)):
    random = np.random.default_rng(0)
    return [(each, {p: random.normal(size=a.shape).astype(a.dtype) for p, a in OWN.items()}) for each in epochs]


def written(folder, content):
    place = folder / "moments.safetensors"
    place.write_bytes(content)
    return place


def test_they_come_back_to_the_last_bit(tmp_path):
    moments = made()
    found = Moments(written(tmp_path, moments_bytes(moments)), OWN)
    assert (found.epochs, len(found)) == ((0, 2, 5), 3)
    for (epoch, arrays), (expected, own) in zip(found, moments, strict=True):
        assert epoch == expected and arrays.keys() == own.keys()
        assert all(arrays[path].tobytes() == own[path].tobytes() for path in own)
    assert [epoch for epoch, _ in found[1:]] == [2, 5] and found[-1][0] == 5
    assert moments_bytes(found) == moments_bytes(moments)


def test_the_file_holds_nothing_but_the_weights(tmp_path):
    moments = made()
    content = moments_bytes(moments)
    numbers = sum(array.nbytes for _, arrays in moments for array in arrays.values())
    header = int.from_bytes(content[:8], "little")
    assert len(content) == 8 + header + numbers


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 2}, "expected format 1"),
        ({"format": True}, "expected format 1"),
        ({"epochs": []}, "expected 1 to 64 whole numbers"),
        ({"epochs": [0, 2.0, 5]}, "whole numbers"),
        ({"epochs": [0, 5, 2]}, "ascend"),
        ({"epochs": [-1, 2, 5]}, "ascend"),
        ({"epochs": [0, 2, 6]}, "not of the network beside it"),
        ({"more": 1}, "expected format 1"),
    ],
)
def test_another_header_is_refused(tmp_path, change, says):
    facts = json.dumps({"format": 1, "epochs": [0, 2, 5]} | change)
    place = written(tmp_path, save(load(moments_bytes(made())), {HEADER: facts}))
    with pytest.raises(ModelFileError, match=says) as fault:
        Moments(place, OWN)
    assert str(place) in str(fault.value) and "without the file the run loads" in str(fault.value)


def test_other_arrays_are_refused(tmp_path):
    facts = {HEADER: json.dumps({"format": 1, "epochs": [0, 2, 5]})}
    arrays = load(moments_bytes(made()))
    for changed in (
        {**arrays, "0/9.weight": np.zeros(1, np.float32)},
        {name: array for name, array in arrays.items() if name != "2/0.bias"},
        {**arrays, "2/0.bias": np.zeros(4, np.float32)},
        {**arrays, "2/0.bias": np.zeros(3, np.float64)},
    ):
        with pytest.raises(ModelFileError, match=r"not of the network|has shape"):
            Moments(written(tmp_path, save(changed, facts)), OWN)
    for content in (b"", b"nothing", moments_bytes(made())[:-1], save(arrays)):
        with pytest.raises(ModelFileError, match=r"moments of cutaway|larger than any"):
            Moments(written(tmp_path, content), OWN)


def test_weights_that_are_not_finite_are_refused_when_they_are_asked_for(tmp_path):
    moments = made()
    moments[1][1]["0.bias"][2] = np.inf
    found = Moments(written(tmp_path, moments_bytes(moments)), OWN)
    assert found[0][0] == 0
    with pytest.raises(ModelFileError, match=r"'2/0.bias' holds values that are not finite"):
        found[1]


def test_the_file_of_another_training_is_not_taken_for_the_first(tmp_path):
    found = Moments(written(tmp_path, moments_bytes(made())), OWN)
    other = [(epoch, {path: array + 1 for path, array in arrays.items()}) for epoch, arrays in made()]
    written(tmp_path, b"").unlink()
    written(tmp_path, moments_bytes(other))  # the same epochs, names and shapes
    with pytest.raises(ModelFileError, match=r"written again since the run was read.*load the run again"):
        found[1]
    assert Moments(found.place, OWN)[1][1]["0.bias"][0] == other[1][1]["0.bias"][0]
    found.place.unlink()
    with pytest.raises(ModelFileError, match=r"it is gone .* put it back, or load the run"):
        found[1]


def test_a_training_into_the_folder_of_a_run_is_another_run(tmp_path):
    moments = made((0, 1))
    first = ca.Run(NET, moments=moments)
    back = ca.load(first.save(tmp_path / "run"))
    assert np.array_equal(back.moments[1][1]["0.bias"], moments[1][1]["0.bias"])
    back.save(tmp_path / "run")  # a run that is saved over itself stays what it is
    assert np.array_equal(back.moments[1][1]["0.bias"], moments[1][1]["0.bias"])
    for _, arrays in moments:
        arrays["0.bias"] += 1
    first.save(tmp_path / "run")
    with pytest.raises(ModelFileError, match="load the run again"):
        back.moments[1]
