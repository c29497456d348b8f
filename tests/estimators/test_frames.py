"""Data frames of any make, with columns of any kind."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import cutaway as ca

QUICK = {"effort": "quick", "epochs": 20, "engine": "numpy", "random_state": 0}
ROWS = 120
rng = np.random.default_rng(0)
COLUMNS = {
    "size": rng.normal(size=ROWS),
    "town": rng.choice(["Delft", "Gouda", "Leiden"], ROWS).tolist(),
    "new": rng.random(ROWS) < 0.5,
    "day": [f"2024-{1 + k % 12:02}-{1 + k % 28:02}" for k in range(ROWS)],
}
PRICE = np.array([{"Delft": 3.0, "Gouda": 0.0, "Leiden": -3.0}[town] for town in COLUMNS["town"]]) + COLUMNS["size"]


def pandas_frame():
    return pd.DataFrame(COLUMNS)


def polars_frame():
    return pytest.importorskip("polars").DataFrame(COLUMNS)


def arrow_frame():
    return pytest.importorskip("pyarrow").table({name: list(column) for name, column in COLUMNS.items()})


@pytest.mark.parametrize("make", [pandas_frame, polars_frame, arrow_frame])
def test_categories_booleans_and_dates_are_learned_from(make):
    frame = make()
    net = ca.NetworkRegressor(**QUICK).fit(frame, PRICE)
    assert net.feature_names_in_.tolist() == list(COLUMNS)
    assert net.n_features_in_ == 4
    kinds = {column.name: column.kind.value for column in net.run_.columns}
    assert kinds == {"size": "number", "town": "category", "new": "boolean", "day": "date"}
    assert net.score(frame, PRICE) > 0.9  # without the towns it would be below 0.2


def test_frames_of_all_makes_give_the_same():
    expected = ca.NetworkRegressor(**QUICK).fit(pandas_frame(), PRICE).predict(pandas_frame())
    for frame in (polars_frame(), arrow_frame()):
        assert np.array_equal(ca.NetworkRegressor(**QUICK).fit(frame, PRICE).predict(frame), expected)


def test_a_frame_of_numbers_is_told_by_its_kinds_and_an_array_by_none():
    frame = pd.DataFrame({"code": np.arange(ROWS) % 2, "size": rng.normal(size=ROWS)})
    told = ca.NetworkRegressor(**QUICK | {"epochs": 1}).fit(frame, PRICE)
    plain = ca.NetworkRegressor(**QUICK | {"epochs": 1}).fit(frame.to_numpy(), PRICE)
    assert {column.kind.value for column in plain.run_.columns} == {"number"}
    assert not hasattr(plain, "feature_names_in_")
    assert told.run_.columns[1].kind.value == "number"


def test_identifiers_copies_and_constants_stay():
    frame = pd.DataFrame(
        {
            "id": np.arange(ROWS),
            "name": [f"n{k:03}" for k in range(ROWS)],
            "copy": PRICE,
            "same": "x",
            "size": COLUMNS["size"],
            "size too": COLUMNS["size"],
        }
    )
    net = ca.NetworkRegressor(**QUICK | {"epochs": 2}).fit(frame, PRICE)
    assert set(net.run_.preprocessing.columns) == set(frame.columns)
    assert np.isfinite(net.predict(frame)).all()


def test_unknown_categories_and_missing_cells_are_survived_in_silence():
    net = ca.NetworkRegressor(**QUICK | {"epochs": 2}).fit(pandas_frame(), PRICE)
    frame = pandas_frame()
    frame.loc[0, "town"] = "Utrecht"
    frame.loc[1, "town"] = None
    frame.loc[2, "size"] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(net.predict(frame)).all()


def test_text_where_numbers_were_is_told():
    net = ca.NetworkRegressor(**QUICK | {"epochs": 2}).fit(pandas_frame()[["size"]], PRICE)
    with pytest.warns(ca.errors.DataWarning, match="'size': 120 of 120 values cannot be read"):
        net.predict(pd.DataFrame({"size": ["large"] * ROWS}))


def test_columns_that_are_others_or_in_another_order_are_refused():
    net = ca.NetworkRegressor(**QUICK | {"epochs": 1}).fit(pandas_frame(), PRICE)
    with pytest.raises(ValueError, match="same order"):
        net.predict(pandas_frame()[["town", "size", "new", "day"]])
    with pytest.raises(ValueError, match="feature names"):
        net.predict(pandas_frame().rename(columns={"town": "city"}))


def test_infinite_values_are_refused_by_place():
    frame = pandas_frame()
    frame.loc[7, "size"] = np.inf
    with pytest.raises(ca.InputError, match="column 'size', row 7: inf is infinite"):
        ca.NetworkRegressor(**QUICK).fit(frame, PRICE)


@pytest.mark.parametrize("given", ["houses.csv", {"size": [1.0, 2.0]}])
def test_files_and_columns_by_name_are_for_train(given):
    with pytest.raises(ca.InputError, match=r"expected an array or a data frame: `cutaway.train` reads files"):
        ca.NetworkRegressor(**QUICK).fit(given, [1.0, 2.0])


def test_a_target_with_a_name_keeps_it():
    frame = pandas_frame()[["size"]]
    net = ca.NetworkRegressor(**QUICK | {"epochs": 1})
    assert net.fit(frame, pd.Series(PRICE, name="price")).run_.target.column == "price"
    assert net.fit(frame, pd.Series(PRICE, name="size")).run_.target.column == "size_"
    assert net.fit(frame, PRICE).run_.target.column == "y"


def test_labels_in_a_column_of_text():
    frame, town = pandas_frame()[["size"]], pandas_frame()["town"]
    net = ca.NetworkClassifier(**QUICK | {"epochs": 1}).fit(frame, town)
    assert net.classes_.tolist() == ["Delft", "Gouda", "Leiden"]
    assert set(net.predict(frame)) <= set(net.classes_)
