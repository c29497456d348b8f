"""A row of a table: the person's own columns, and contributions that add up to the run's own answer."""

import json

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.columns import Column, ColumnKind
from cutaway.data.encoders import TableEncoder
from cutaway.data.several_targets import LabelsTarget, NumbersTarget
from cutaway.data.table import Table
from cutaway.data.targets import ClassTarget, NumberTarget
from cutaway.explain.row import usual_row, usual_value, usual_words
from cutaway.layers import Blend, Ensemble
from cutaway.runs.explaining import explain_row
from cutaway.runs.table_run import TableRun

ROWS = 60
EVIL = '<b onclick="x">town</b>'


def table():
    random = np.random.default_rng(0)
    towns = np.array([f"town {number}" for number in range(11)] + [EVIL], dtype=object)
    days = np.datetime64("2024-01-01", "us") + random.integers(0, 300, ROWS) * np.timedelta64(1, "D")
    income = random.uniform(1, 9, ROWS)
    income[5] = np.nan
    return Table(
        {
            "income": income,
            "town": towns[random.integers(0, 12, ROWS)],
            "sort": np.array(["a", "b", "c"], dtype=object)[random.integers(0, 3, ROWS)],
            "old": random.random(ROWS) > 0.5,
            "day": days,
            "price": random.uniform(10, 90, ROWS),
            "rent": random.uniform(1, 2, ROWS),
            "kind": np.array(["<i>", "mid", "low"], dtype=object)[random.integers(0, 3, ROWS)],
            "sweet": (random.random(ROWS) > 0.5).astype(float),
        },
        "towns.csv",
    )


KINDS = {
    "income": ColumnKind.NUMBER, "town": ColumnKind.CATEGORY, "sort": ColumnKind.CATEGORY, "old": ColumnKind.BOOLEAN,
    "day": ColumnKind.DATE,
}  # fmt: skip
TARGETS = {
    "number": lambda t: NumberTarget.fit("price", t.column("price")),
    "classes": lambda t: ClassTarget("kind", ("<i>", "low", "mid"), temperature=1.7, threshold=0.5),
    "numbers": lambda t: NumbersTarget.fit(t, ("price", "rent")),
    "labels": lambda t: LabelsTarget(("sweet",)),
}


def ensemble(net, members, seed):
    random = np.random.default_rng(seed)
    params = {
        path: np.stack([array + random.normal(0, 0.3, array.shape) for _ in range(members)]).astype(array.dtype)
        for path, array in net.parameters().items()
    }
    return Ensemble(net, params, {})


def run_of(target, network="ensemble"):
    data = table()
    columns = [Column(name, kind, "", 0, 0) for name, kind in KINDS.items()]
    encoder = TableEncoder.fit(data, columns)
    aim = TARGETS[target](data)
    outputs = len(aim.labels) if isinstance(aim, ClassTarget) else aim.outputs
    example = encoder.transform(data)[:1]
    plain = ca.Sequential(
        ca.ColumnEmbedding(encoder.code_sizes, 4), ca.PeriodicEmbedding(encoder.numbers), ca.Dense(16), ca.Mish(),
        ca.Dense(outputs),
    ).build(example)  # fmt: skip
    many = ca.Sequential(
        ca.ColumnEmbedding(encoder.code_sizes, 4), ca.MemberScale(3), ca.Dense(8), ca.ReLU(), ca.MemberDense(outputs, 3)
    ).build(example)
    made = {
        "one": lambda: plain,
        "ensemble": lambda: ensemble(plain, 3, 1),
        "members": lambda: many,
        "blend": lambda: Blend([ensemble(plain, 2, 2), ensemble(many, 2, 3)], [0.3, 0.7]),
    }
    return TableRun(network=made[network](), preprocessing=encoder, target=aim), data


def said(run, data, row):
    """What the run itself answers, in the score's unit."""
    found = run.predictions(data.select(np.array([row])))
    if found.probabilities is None:
        return np.atleast_1d(np.asarray(found.values[0], float))
    p = found.probabilities[0]
    return np.log(p) - np.log1p(-p)


@pytest.mark.parametrize("network", ["one", "ensemble", "members", "blend"])
@pytest.mark.parametrize("target", TARGETS)
def test_contributions_of_the_columns_add_up_to_the_runs_own_answer(target, network):
    run, data = run_of(target, network)
    found = explain_row(run, data, 7)
    total = sum(column.contribution for column in found.columns)
    assert total == pytest.approx(found.shares.values.sum())
    assert found.shares.exact
    assert abs(total - found.shares.difference) <= 1.01e-3 * max(
        abs(found.shares.difference), 1e-3 * abs(found.shares.output)
    )
    answer = said(run, data, 7)
    which = int(np.argmax(answer)) if target == "classes" else 0
    if target in ("classes", "labels"):
        assert found.shares.output == pytest.approx(answer[which], rel=1e-6, abs=1e-8)
    else:  # what is predicted is kept within the range of training; the score is not
        number = run.target.numbers[0] if target == "numbers" else run.target
        assert np.clip(found.shares.output, number.low, number.high) == pytest.approx(answer[0], rel=1e-6)


def test_each_class_has_contributions_of_its_own():
    run, data = run_of("classes")
    for label, answer in zip(run.target.labels, said(run, data, 7), strict=True):
        found = explain_row(run, data, 7, class_=label)
        assert found.shares.output == pytest.approx(answer, rel=1e-6)
        assert f"'{label}'" in found.score
    second = explain_row(run_of("numbers")[0], data, 7, class_="rent")
    assert second.score == "rent"


def test_against_another_row():
    run, data = run_of("number")
    found = explain_row(run, data, 7, against=8)
    number = run.target
    ends = [np.clip(end, number.low, number.high) for end in (found.shares.output, found.shares.at_baseline)]
    assert ends == [pytest.approx(said(run, data, row)[0], rel=1e-6) for row in (7, 8)]
    assert found.baseline == "row 9"
    same = explain_row(run, data, 7, against=7)
    assert all(column.contribution == 0 for column in same.columns)


def test_against_what_is_usual():
    run, data = run_of("number")
    found = explain_row(run, data, 7)
    usual = {column.column: column.baseline for column in found.columns}
    assert float(usual["income"]) == pytest.approx(np.nanmedian(data.column("income")), rel=1e-3)
    towns = data.column("town").tolist()
    assert towns.count(usual["town"]) == max(map(towns.count, towns))
    days = data.column("day").astype("datetime64[D]")
    assert abs(np.datetime64(usual["day"]) - np.sort(days)[ROWS // 2]) <= np.timedelta64(2, "D")
    assert (usual["old"], usual["sort"]) == ("neither of the two", "none of the 3")
    assert found.baseline == (
        "the middle of training: the median of numbers, the median of dates, in no month and on no weekday, "
        "the commonest of many categories, none of few categories, neither of two answers"
    )
    row = usual_row(run.preprocessing)
    assert row.shape == (run.preprocessing.width,)
    assert row[: run.preprocessing.width - 1].tolist() == [0] * (run.preprocessing.width - 1) and row[-1] == 1


def test_what_is_usual_is_said_of_the_kinds_that_there_are():
    sizes = Table({"size": np.arange(9.0), "sort": np.array(["a", "b", "a"] * 3, dtype=object)})
    kinds = {"size": ColumnKind.NUMBER, "sort": ColumnKind.CATEGORY}
    encoder = TableEncoder.fit(sizes, [Column(name, kind, "", 0, 0) for name, kind in kinds.items()])
    assert usual_words(encoder) == "the middle of training: the median of numbers, neither of two answers"
    assert [usual_value(each) for each in encoder.encoders] == ["4", "neither of the two"]


def test_columns_are_the_persons_own_in_their_own_units():
    run, data = run_of("number")
    found = {column.column: column for column in explain_row(run, data, 5).columns}
    assert found.keys() == KINDS.keys()
    assert found["income"].value == "missing"
    assert found["income"].arrow == "is missing"
    assert found["town"].value == data.column("town")[5]
    assert found["sort"].arrow == f"is {data.column('sort')[5]}"
    assert found["day"].value == str(data.column("day")[5])[:10]
    assert found["old"].value in ("true", "false")
    known = {column.column: column for column in explain_row(run, data, 7).columns}["income"]
    encoded = dict(known.encoded)
    centre, spread = run.preprocessing.encoders[0].centre, run.preprocessing.encoders[0].spread
    z = (float(known.value) - centre) / spread
    assert encoded["income"] == pytest.approx(z / np.hypot(1, z / 3), rel=1e-4)


def test_the_ledger_is_that_of_one_network_with_its_loss():
    run, data = run_of("classes")
    found = explain_row(run, data, 7, member=2)
    x = run.preprocessing.transform(data, np.array([7]))
    np.testing.assert_allclose(found.trace.output, run.network[2](x), rtol=1e-4, atol=1e-5)
    assert found.trace.words == "network 3 of 3"
    assert found.truth == data.column("kind")[7]
    assert found.trace.value == pytest.approx(
        float(ca.CrossEntropy()(run.network[2](x), run.target.encode(data.column("kind")[7:8]))), rel=1e-4
    )
    unknown = explain_row(run, data.without(["kind"]), 7)
    assert (unknown.truth, unknown.trace.of[:6]) == ("", "output")


def test_printed_as_a_page_and_as_data():
    run, data = run_of("classes")
    row = int(np.flatnonzero(data.column("town") == EVIL)[0])
    found = explain_row(run, data, row)
    assert f"towns.csv, row {row + 1}" in str(found)
    assert found.shares.steps >= 16 and "a gap of" in str(found)
    page = found.html()
    assert "<b onclick" not in page and "<i>" not in page and "&lt;b onclick" in page
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert sum(column["contribution"] for column in told["columns"]) == pytest.approx(
        told["output"] - told["at_baseline"] - told["gap"]
    )


def test_new_rows_that_lack_things_are_told():
    run, _ = run_of("number")
    found = explain_row(run, {"income": [3.0], "town": ["nowhere"]})
    assert any("'nowhere'" in note or "not seen" in note for note in found.notes)
    assert {column.value for column in found.columns} == {"3", "nowhere", "not there"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"row": 60}, "row 61 is not there; it has the rows 1 to 60"),
        ({"row": -1}, "row 0 is not there"),
        ({"row": 1.5}, "expected a whole number"),
        ({"class_": "hihg"}, "knows no class 'hihg'"),
        ({"member": 3}, "network 4 is not there; the run has 3"),
        ({"against": 99}, "row 100 is not there"),
        ({"x": {"colour": ["red"]}}, "none of the columns"),
        ({"x": None}, "without a file"),
    ],
)
def test_wrong_input_gets_one_message(given, words):
    run, data = run_of("classes")
    with pytest.raises(ca.InputError, match=words):
        explain_row(run, **{"x": data, "row": 7, **given})


def test_a_number_has_no_class():
    run, data = run_of("number")
    with pytest.raises(ca.InputError, match="is a number and has no class"):
        explain_row(run, data, 7, class_="a")
