import numpy as np
import pytest

from cutaway.data.table import Table, as_texts, missing_mask
from cutaway.errors import InputError


def objects(*values):
    return np.array(values, dtype=object)


def test_select_and_without_leave_the_original_alone():
    table = Table({"x": np.array([1.0, 2.0, 3.0]), "y": objects("a", None, "c")}, "here.csv", ["a note"])
    chosen = table.select(np.array([False, True, True])).without(["x", "not there"])
    assert chosen.names == ("y",)
    assert chosen.columns["y"].tolist() == [None, "c"]
    assert (chosen.source, chosen.notes) == ("here.csv", ["a note"])
    assert table.names == ("x", "y") and table.rows == 3
    chosen.notes.append("another")
    assert table.notes == ["a note"]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"x": np.zeros(2), "y": np.zeros(3)}, "equally long.*'x' 2, 'y' 3"),
        ({"x": np.zeros((2, 2))}, r"'x' has shape \(2, 2\)"),
        ({"x": np.zeros(2, dtype=np.int32)}, "'x' holds int32"),
    ],
)
def test_what_is_no_table_is_refused(columns, words):
    with pytest.raises(InputError, match=words):
        Table(columns)


def test_a_column_that_is_not_there_brings_the_nearest_name():
    table = Table({"price": np.zeros(1), "rooms": np.zeros(1)}, "houses.csv")
    with pytest.raises(InputError, match=r"houses.csv: no column 'Prise'; did you mean 'price'\?"):
        table.column("Prise")


def test_missing_and_texts_of_each_type():
    dates = np.array(["2024-02-29", "NaT"], dtype="datetime64[us]")
    assert missing_mask(dates).tolist() == [False, True]
    assert missing_mask(objects(True, None, "x")).tolist() == [False, True, False]
    assert as_texts(np.array([-0.0, 1e300, np.inf, np.nan, 0.1])) == [
        "0",
        str(int(1e300)),
        "inf",
        None,
        "0.1",
    ]
    assert as_texts(objects(True, None, "07", 7.0)) == ["true", None, "07", "7"]
    assert as_texts(dates)[1] is None
