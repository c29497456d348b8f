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
    assert described["PassengerId"].reason.startswith(
        "counts the rows: an identifier, left out (number=['PassengerId']"
    )


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
            "order": numbers[::-1] + 1,
            "year": numbers + 1,
            "weight": numbers[::-1] + 1000,
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
        "year": "number",
        "weight": "number",
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


def test_five_kinds_are_inputs():
    assert [kind.value for kind in ColumnKind if kind.used] == ["number", "category", "boolean", "date", "text"]


def test_texts_and_dates_as_asked():
    table = Table(
        {
            "name": objects(f"n{n}" for n in range(30)),
            "when": objects(["2024-01-05", "2023-01-01", "soon"] * 10),
            "town": objects(["Delft", "Gouda", None] * 10),
            "same": objects(["a"] * 30),
            "y": np.arange(30.0) % 7,
        }
    )
    assert list(kinds(table, "y").values()) == ["identifier", "category", "category", "constant"]
    described = {c.name: c for c in describe_columns(table, "y", text=["name", "same"], date=["when"])}
    assert [described[name].kind.value for name in ("name", "when", "same")] == ["text", "date", "constant"]
    assert described["name"].reason == "30 distinct texts, their words are counted: text as asked"
    assert (
        described["when"].reason == "dates from 2023-01-01 to 2024-01-05, 10 others taken as missing: a date as asked"
    )
    with pytest.raises(InputError, match=r"'town': is to be dates, and no value is one \('Delft'\)"):
        describe_columns(table, "y", date=["town"])
    for options in ({"text": ["town"], "category": ["town"]}, {"date": ["when"], "text": ["when"]}):
        with pytest.raises(InputError, match="is asked for as two of category, number, text, date and left out"):
            describe_columns(table, "y", **options)


def test_infinities_are_counted_and_wrong_names_refused():
    table = Table({"x": np.array([1.0, np.inf, 2.0]), "y": np.array([1.0, 2.0, 4.0])}, "t.csv")
    assert "1 to 2, 3 distinct, 1 infinite" in describe_columns(table, "y")[0].reason
    for options in ({"target": "z"}, {"target": "y", "drop": ["z"]}, {"target": "y", "category": ["z"]}):
        with pytest.raises(InputError, match=r"t.csv: no column 'z'"):
            describe_columns(table, **options)


def test_an_identifier_is_a_number_when_nothing_else_is_left():
    rows = np.arange(30.0)
    table = Table({"x": rows, "x_id": rows + 7, "again": rows, "name": objects(f"n{n}" for n in range(30)), "y": rows})
    described = {column.name: column for column in describe_columns(table, "y", drop=["x_id"])}
    assert described["x"].kind.value == "leak"
    table.columns["y"] = rows**2
    described = {column.name: column for column in describe_columns(table, "y", drop=["x_id"])}
    assert [described[name].kind.value for name in table.names if name != "y"] == [
        "number", "dropped", "duplicate", "identifier"
    ]  # fmt: skip
    assert described["x"].reason.endswith("like an identifier, used since no other input is left")
    table.columns["z"] = rows % 4
    assert kinds(table, "y")["x"] == "identifier"


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("population", [310.0, 20, 45, 99, 7000, 3, 61, 88, 102, 5, 13, 14], "number"),
        ("population", range(500, 520), "number"),
        ("x", range(20), "identifier"),
        ("x", range(2, 22), "number"),
        ("time", range(20), "number"),
        ("Day_of_sale", range(1, 21), "number"),
        ("Unnamed: 0", range(100, 140, 2), "identifier"),
        ("column_1", range(100, 140, 2), "identifier"),
        ("column_1", range(140, 100, -2), "number"),
        ("customerId", range(100, 140, 2), "identifier"),
        ("ID", range(100, 140, 2), "identifier"),
        ("covid", range(100, 140, 2), "number"),
    ],
)
def test_what_an_identifier_is(name, values, kind):
    values = np.array(list(values), dtype=np.float64)
    table = Table({name: values, "other": values % 3, "y": values % 7})
    assert kinds(table, "y")[name] == kind
    assert kinds(table, "y", number=[name])[name] == "number"


def test_a_number_as_asked():
    table = Table(
        {
            "id": np.arange(20.0),
            "size": objects(["3", "$1,200", "many", None] * 5),
            "town": objects(["Delft", "Gouda"] * 10),
            "flag": np.arange(20) % 2 == 0,
            "same": np.full(20, 3.0),
            "y": np.arange(20.0) % 3,
        }
    )
    described = {c.name: c for c in describe_columns(table, "y", number=["id", "size", "flag", "same"])}
    assert [described[name].kind.value for name in ("id", "size", "flag", "same")] == ["number"] * 3 + ["constant"]
    assert described["id"].reason == "0 to 19, 20 distinct: a number as asked"
    assert described["size"].reason == "3 to 1200, 2 distinct, 5 others taken as missing: a number as asked"
    with pytest.raises(InputError, match="'town': is to be a number, and no value is one"):
        describe_columns(table, "y", number=["town"])
    with pytest.raises(InputError, match="'id': is asked for as two of"):
        describe_columns(table, "y", number=["id"], drop=["id"])
