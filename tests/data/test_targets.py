import json

import numpy as np
import pytest

from cutaway.data.bundled import bundled
from cutaway.data.reading import read_table
from cutaway.data.table import Table
from cutaway.data.targets import (
    ClassTarget,
    NumberTarget,
    choose_target,
    target_from_json,
    with_target_present,
)
from cutaway.errors import InputError


def chosen(values, **options):
    array = values if isinstance(values, np.ndarray) else np.array(values, dtype=object)
    return choose_target(Table({"y": array}, "t.csv"), "y", **options)


def test_real_targets(shared):
    assert choose_target(read_table(shared("titanic.csv")), "Survived")[0] == ClassTarget("Survived", (0, 1))
    penguins = choose_target(read_table(shared("penguins.csv")), "species")[0]
    assert penguins.labels == ("Adelie", "Chinstrap", "Gentoo")
    housing = choose_target(read_table(shared("housing.csv")), "median_house_value")[0]
    assert isinstance(housing, NumberTarget) and housing.std == pytest.approx(115392.82)


def test_digits_are_classes_and_diabetes_is_a_number():
    assert choose_target(bundled("digits"), "digit")[0].labels == tuple(range(10))
    assert isinstance(choose_target(bundled("diabetes"), "progression")[0], NumberTarget)


def test_grades_and_counts_are_numbers_unless_said_otherwise():
    quality = np.repeat([3.0, 4, 5, 6, 7, 8], [10, 53, 681, 638, 199, 18])
    target, reason = chosen(quality)
    assert isinstance(target, NumberTarget) and "task='classification'" in reason
    assert chosen(quality, task="classification")[0].labels == (3, 4, 5, 6, 7, 8)
    counts = np.repeat([0.0, 1, 2, 3, 4], [600, 300, 90, 9, 1])
    assert isinstance(chosen(counts)[0], NumberTarget)
    assert isinstance(chosen(np.array([0.0, 1] * 10), task="regression")[0], NumberTarget)


def test_booleans_and_text_are_classes():
    assert chosen(np.array([True, False, True]))[0].labels == (False, True)
    assert chosen(["yes", "no", "yes"])[0].labels == ("no", "yes")


def test_a_class_alone_is_named():
    assert "one row only of c" in chosen(["a", "b", "c", "a", "b"])[1]


@pytest.mark.parametrize(
    ("values", "options", "words"),
    [
        (np.full(5, 2.0), {}, r"t.csv: target 'y' holds only the value '2' in 5 row"),
        (np.full(5, np.nan), {}, "holds no value"),
        (["a"] * 4, {}, "only the value 'a'"),
        ([f"name {number}" for number in range(100)], {}, "100 different values in 100 rows"),
        (np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[us]"), {}, "holds dates"),
        (["a", "b"], {"task": "regression"}, "regression needs numbers"),
        (np.append(np.linspace(0, 1, 30), np.inf), {}, "row 31: inf is not a finite number"),
    ],
)
def test_targets_that_cannot_be_learnt(values, options, words):
    with pytest.raises(InputError, match=words):
        chosen(values, **options)


def test_rows_without_target_are_left_out_and_counted():
    table = Table({"y": np.array(["a", None, "b"], dtype=object), "x": np.arange(3.0)})
    kept, count = with_target_present(table, "y")
    assert count == 1 and kept.columns["x"].tolist() == [0.0, 2.0] and "1 row" in kept.notes[-1]


def test_unknown_and_missing_labels_name_the_row():
    target = ClassTarget("species", ("Adelie", "Gentoo"))
    with pytest.raises(InputError, match=r"row 2: the label 'gentoo' .*did you mean 'Gentoo'"):
        target.encode(np.array(["Adelie", "gentoo"], dtype=object))
    with pytest.raises(InputError, match="row 1: the label is missing"):
        target.encode(np.array([None], dtype=object))


def test_encode_and_decode_are_inverse():
    for values in (np.array([3.0, 1.0, 2.0]), np.array([True, False]), np.array(["b", "a"], dtype=object)):
        target = ClassTarget.fit("y", values)
        decoded = target.decode(target.encode(values))
        assert decoded.dtype == values.dtype and decoded.tolist() == values.tolist()
    numbers = np.array([1e300, -1e300, 5.0])
    target = NumberTarget.fit("y", numbers)
    assert target.decode(target.encode(numbers)) == pytest.approx(numbers, rel=1e-6, abs=1e293)
    encoded = NumberTarget.fit("y", np.arange(7.0)).encode(np.arange(7.0))
    assert encoded.shape == (7, 1) and encoded.mean() == pytest.approx(0, abs=1e-7)
    assert encoded.std() == pytest.approx(1)


def test_json_round_trip_and_what_is_refused():
    for target in (
        ClassTarget("y", (False, True)),
        ClassTarget("y", ("1", "a")),
        NumberTarget("y", 1.5, 2.0, -1.0, 4.0, ((0.5, 0.25), (0.9, 1.0))),
    ):
        assert target_from_json(json.loads(json.dumps(target.to_json()))) == target
    good = NumberTarget("y", 1.5, 2.0, -1.0, 4.0).to_json()
    for data in (None, {}, {"kind": []}, good | {"std": 0}, good | {"mean": "x"}, good | {"extra": 1}):
        with pytest.raises(InputError):
            target_from_json(data)
    for labels in (["a"], ["a", "a"], ["a", None], ["a", float("nan")], "ab"):
        with pytest.raises(InputError):
            target_from_json({"kind": "class", "column": "y", "labels": labels})
