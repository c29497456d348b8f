import numpy as np
import pytest

from cutaway.data.columns import ColumnKind, describe_columns
from cutaway.data.reading import read_table
from cutaway.data.table import Table
from cutaway.errors import InputError


def kinds(table, target, **options):
    return {column.name: column.kind.value for column in describe_columns(table, target, **options)}


def objects(values):
    return np.array(list(values), dtype=object)


def test_penguins(shared):
    assert kinds(read_table(shared("penguins.csv")), "species") == {
        "island": "category",
        "bill_length_mm": "number",
        "bill_depth_mm": "number",
        "flipper_length_mm": "number",
        "body_mass_g": "number",
        "sex": "category",
    }


def test_titanic(shared):
    table = read_table(shared("titanic.csv"))
    assert kinds(table, "Survived") == {
        "PassengerId": "identifier",
        "Pclass": "number",
        "Name": "text",
        "Sex": "category",
        "Age": "number",
        "SibSp": "number",
        "Parch": "number",
        "Ticket": "identifier",
        "Fare": "number",
        "Cabin": "identifier",
        "Embarked": "category",
    }
    described = {column.name: column for column in describe_columns(table, "Survived")}
    assert (described["Age"].missing, described["Age"].distinct) == (177, 88)
    assert described["PassengerId"].reason.startswith("891 whole numbers in a row, all different")


def test_credit_and_churn_and_housing(shared):
    credit = kinds(read_table(shared("credit_data.csv")), "Status")
    assert credit["Records"] == "boolean" and credit["Job"] == "category"
    assert set(credit.values()) == {"boolean", "category", "number"}
    churn = kinds(read_table(shared("mlc_churn.csv")), "churn")
    assert (churn["state"], churn["area_code"]) == ("category", "category")
    assert churn["voice_mail_plan"] == "boolean" and churn["total_day_charge"] == "number"
    housing = kinds(read_table(shared("housing.csv")), "median_house_value")
    assert list(housing.values()).count("number") == 8 and housing["ocean_proximity"] == "category"


def test_every_kind_has_its_column():
    rows = 40
    numbers = np.arange(rows, dtype=np.float64)
    table = Table(
        {
            "y": numbers % 7,
            "copy": numbers % 7,
            "same": np.full(rows, 3.0),
            "nothing": np.full(rows, np.nan),
            "order": numbers[::-1] + 1000,
            "account_id": numbers**2,
            "money": numbers**2 + 0.5,
            "squares": numbers**2,
            "again": numbers**2 + 0.5,
            "flag": objects(["y", "N", None, "n"] * 10),
            "mark": objects(["x", None] * 20),
            "zip": objects(f"0{place % 15}" for place in range(rows)),
            "code": objects(f"k{place}" for place in range(rows)),
            "story": objects(f"the tale of number {place}" for place in range(rows)),
            "day": np.datetime64("2024-01-01", "us") + np.arange(rows) * np.timedelta64(1, "D"),
            "unwanted": numbers % 3,
        }
    )
    assert kinds(table, "y", drop=["unwanted"]) == {
        "copy": "leak",
        "same": "constant",
        "nothing": "constant",
        "order": "identifier",
        "account_id": "identifier",
        "money": "number",
        "squares": "number",
        "again": "duplicate",
        "flag": "boolean",
        "mark": "category",
        "zip": "category",
        "code": "identifier",
        "story": "text",
        "day": "date",
        "unwanted": "dropped",
    }
    assert kinds(table, "y", category=["order", "code"])["order"] == "category"


def test_only_four_kinds_are_inputs():
    assert [kind.value for kind in ColumnKind if kind.used] == ["number", "category", "boolean", "date"]


def test_infinities_are_counted_and_wrong_names_refused():
    table = Table({"x": np.array([1.0, np.inf, 2.0]), "y": np.array([1.0, 2.0, 4.0])}, "t.csv")
    assert "1 of them infinite" in describe_columns(table, "y")[0].reason
    for options in ({"target": "z"}, {"target": "y", "drop": ["z"]}, {"target": "y", "category": ["z"]}):
        with pytest.raises(InputError, match=r"t.csv: no column 'z'"):
            describe_columns(table, **options)
