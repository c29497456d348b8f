"""A series: earlier values as inputs, the future tested, and new rows predicted from the rows before them."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.table import Table


def walk(rows=240, seed=0):
    """Each value follows from the two before it, and from nothing else."""
    random = np.random.default_rng(seed)
    y = [0.0, 1.0]
    for _ in range(rows - 2):
        y.append(1.6 * y[-1] - 0.9 * y[-2] + 0.05 * random.normal())
    return Table({"day": np.arange(float(rows)), "noise": random.normal(size=rows), "y": np.array(y)})


@pytest.fixture(scope="module")
def run():
    return ca.train(walk(), "y", time_column="day", lag=2, effort="quick", epochs=150, engine="numpy", progress=False,
                    drop=["day"], compare=False)  # fmt: skip


def test_the_past_of_the_target_is_learned_from_and_the_future_tested(run):
    assert {"y 1 before", "y 2 before", "noise 1 before"} <= set(run.preprocessing.columns)
    assert run.scores.others["R²"] > 0.8
    assert run.settings["lag"] == 2
    assert any("without 2 earlier values left out" in note for note in run.notes)


@pytest.mark.filterwarnings("ignore:.*lack earlier values")  # as the first rows do, which is told
def test_new_rows_are_predicted_from_the_rows_before_them_bit_for_bit_after_loading(run, tmp_path):
    table = walk()
    predicted = run.predict(table.select(np.arange(100, 103)))
    whole = run.predict(table)
    np.testing.assert_allclose(predicted[2], whole[102], rtol=1e-12)  # two rows of the past are enough
    again = ca.load(run.save(tmp_path / "run"))
    np.testing.assert_array_equal(again.predict(table), whole)
    truth = table.columns["y"]
    assert np.corrcoef(whole[10:], truth[10:])[0, 1] > 0.9


@pytest.mark.filterwarnings("ignore:.*lack earlier values")
def test_a_row_whose_target_is_yet_to_come_is_predicted(run):
    table = walk()
    last = table.select(np.arange(237, 240))
    last.columns["y"] = np.array([*last.columns["y"][:2], np.nan])
    assert run.predict(last)[2] == pytest.approx(run.predict(table)[239], rel=1e-12)


def test_looking_back_needs_an_order():
    with pytest.raises(ca.InputError, match="time_column"):
        ca.train(walk(), "y", lag=2)


def test_a_test_table_of_ones_own_looks_back_too():
    table = walk()
    run = ca.train(
        table.select(np.arange(180)), "y", time_column="day", lag=2, effort="quick", epochs=150, drop=["day"],
        engine="numpy", progress=False, compare=False, test=table.select(np.arange(178, 240)),
    )  # fmt: skip
    assert run.scores.others["R²"] > 0.7
    assert any("2 of 62 rows lack earlier values: put the last 2 rows" in note for note in run.notes)


def test_what_is_left_out_does_not_come_back_as_its_own_past():
    table = walk()
    table.columns["count"] = np.ones(240) + (np.arange(240) % 3)
    run = ca.train(table, "y", time_column="day", lag=1, effort="quick", epochs=1, engine="numpy", progress=False,
                   drop=["noise"], weight="count", compare=False)  # fmt: skip
    assert run.preprocessing.series.columns == ("y",)


def test_going_on_looks_back_as_before(run):
    more = ca.train(walk(seed=1), "y", start=run, epochs=1, engine="numpy", progress=False, compare=False)
    assert more.preprocessing.series == run.preprocessing.series and more.settings["lag"] == 2
    assert any("earlier run may have learned from rows" in note for note in more.notes)
