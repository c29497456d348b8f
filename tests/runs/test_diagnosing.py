"""The hook of the diagnosis: it says what it finds, once; whatever goes wrong in it, the training does not notice."""

import os
import warnings
from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis import checks as listed
from cutaway.diagnosis.check import check
from cutaway.errors import FindingWarning, TrainingWarning
from cutaway.records import Finding, StepRecord
from cutaway.runs import diagnosing
from cutaway.runs.diagnosing import first_member
from cutaway.training import watching
from cutaway.training.bystander import RAISES
from cutaway.training.loop import StopTraining
from cutaway.training.plan import Plan
from cutaway.training.step import Batch

X = np.random.default_rng(0).normal(size=(120, 3)).astype(np.float32)
Y = X[:, 0] * X[:, 1] + X[:, 2]
ENGINES = ["numpy", "xla"]


def net(*head):
    return ca.Sequential(ca.Dense(6), ca.BatchNorm(), ca.Tanh(), ca.Dropout(0.2), ca.Dense(1), *head)


def fitted(network, y=Y, **more):
    how = {"loss": "squared_error", "epochs": 8, "batch_size": 16, "validation": 0.25, "seed": 3, "progress": False}
    return ca.fit(network, X, y, **(how | {"engine": "numpy"} | more))


# ---- nothing of the training is changed ------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("members", [1, 3])
def test_weights_are_the_same_bit_by_bit(engine, members):
    if engine == "xla":
        pytest.importorskip("jax")
    runs = [fitted(net(), engine=engine, members=members, observe=observe) for observe in (True, False)]
    assert runs[0].vitals and runs[0].evidence is not None and not runs[1].vitals and runs[1].evidence is None
    with_it, without = (ca.layers.ensemble.Ensemble.of(run.network) for run in runs)
    for one, other in zip(with_it, without, strict=True):
        mine, theirs = ({**each.parameters(), **each.state()} for each in (one, other))
        assert all(np.array_equal(mine[path], theirs[path]) for path in theirs) and mine.keys() == theirs.keys()
    assert [record.loss for record in runs[0].history] == [record.loss for record in runs[1].history]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_table_too(engine):
    if engine == "xla":
        pytest.importorskip("jax")
    table = {"a": X[:, 0], "b": X[:, 1], "c": X[:, 2], "y": Y}
    how = {"effort": "quick", "epochs": 3, "engine": engine, "compare": False, "progress": False}
    run = ca.train(table, "y", **how)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watching.Watching, "look", lambda *arguments, **more: None)
        patch.setattr(diagnosing.Diagnosing, "__init__", lambda *arguments, **more: None)
        patch.setattr(diagnosing.Diagnosing, "listeners", lambda self, callbacks: list(callbacks))
        patch.setattr(diagnosing.Diagnosing, "end", lambda *arguments: None)
        bare = ca.train(table, "y", **how)
    assert run.evidence is not None and run.vitals and bare.evidence is None and not bare.vitals
    mine, theirs = ([each.parameters() for each in ca.layers.ensemble.Ensemble.of(one.network)] for one in (run, bare))
    assert all(
        np.array_equal(one[path], other[path]) for one, other in zip(mine, theirs, strict=True) for path in other
    )


def test_first_weights_are_those_that_a_member_begins_with():
    """Of a plan with folds each member draws its own, fitted to its own rows."""
    network = ca.Sequential(ca.Dense(5), ca.Tanh(), ca.Dense(1)).build(X, 99)
    rows, loss, method = Batch(X, Y[:, None].astype(np.float32), None), ca.SquaredError(), ca.Adam()
    folds = [(np.arange(0, 120, 2), np.arange(1, 120, 2)), (np.arange(1, 120, 2), np.arange(0, 120, 2))]
    plan = Plan(epochs=2, batch_size=8, seed=4, members=2, folds=folds, rates=[0.5, 1.0])
    before = {path: array.copy() for path, array in network.parameters().items()}
    setup, count = first_member(network, loss, method, rows, None, plan)
    assert all(np.array_equal(before[path], array) for path, array in network.parameters().items())
    begun = plan.first_carry(network, method, rows)
    assert all(np.array_equal(begun.params[path][0], array) for path, array in setup.network.parameters().items())
    assert count == 60 and np.array_equal(setup.rows.x, X[::2]) and np.array_equal(setup.held_out.x, X[1::2])
    assert (setup.plan.members, setup.plan.folds, setup.plan.rates) == (None, None, [0.5])


# ---- what is found is said, once -------------------------------------------------------------------------------


def test_a_certain_mistake_is_said_before_the_first_step_and_not_again():
    told, order = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, category, name, line, *rest: (
            told.append((category, name, str(message))),
            order.append("finding"),
        )
        run = fitted(net(ca.Softmax()), callbacks=[lambda record: order.append("record")])
    assert {(category, name) for category, name, _ in told} == {(FindingWarning, __file__)}
    assert told[0][2].startswith("softmax_one_unit in layer '5'") and order[:2] == ["finding", "record"]
    causes = [text.split(":")[0].split()[0] for _, _, text in told]
    assert len(set(causes)) == len(causes) and set(causes) == {finding.check for finding in run.findings}


def test_a_network_that_is_well_is_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = fitted(ca.Sequential(ca.Dense(32), ca.Tanh(), ca.Dense(1)), epochs=60, optimizer=ca.Adam(0.01))
    assert run.findings == () and run.verdict is not None and not run.verdict.harm


def stuck(**more):
    """Train long enough to be looked at often, at a rate at which nothing can be learned."""
    x = np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32)
    network = ca.Sequential(ca.Dense(16), ca.ReLU(), ca.Dense(1))
    how = {"loss": "squared_error", "optimizer": ca.Adam(10.0), "epochs": 150, "batch_size": 32, "validation": 0.2}
    return ca.fit(network, x, x[:, 0] + x[:, 2], engine="numpy", progress=False, **(how | more))


@pytest.fixture(scope="module")
def looked_at_often():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watching, "PLANNED", 1.0)
        patch.setattr(watching, "MOST", 1.0)
        heard = []
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            run = stuck(callbacks=[heard.append])
        return run, heard, said


def test_what_is_past_help_is_said_while_it_trains_and_not_again(looked_at_often):
    run, heard, said = looked_at_often
    place = next(place for place, record in enumerate(heard) if isinstance(record, Finding))
    done = max(record.epoch for record in heard[:place] if isinstance(record, StepRecord))
    assert 75 <= done < 150 and heard[place].check == run.findings[0].check == "learning_rate_too_high"
    told = [one for one in said if issubclass(one.category, FindingWarning)]
    assert [str(one.message).split(":")[0] for one in told] == [finding.check for finding in run.findings]
    assert {one.filename for one in told} == {__file__}


def test_a_callback_can_end_what_is_past_help(monkeypatch, looked_at_often):
    monkeypatch.setattr(watching, "PLANNED", 1.0)
    monkeypatch.setattr(watching, "MOST", 1.0)

    def ends(record):
        if isinstance(record, Finding):
            raise StopTraining(f"it has {record.check}")

    with pytest.warns(FindingWarning):
        run = stuck(callbacks=[ends])
    assert 75 <= len(run.history) < 150 and run.events[-1].message == "it has learning_rate_too_high"
    # Up to there it is the same training, bit by bit.
    assert [record.loss for record in run.history] == [
        record.loss for record in looked_at_often[0].history[: len(run.history)]
    ]


def test_a_finding_that_is_raised_ends_no_training(monkeypatch):
    monkeypatch.setattr(watching, "PLANNED", 1.0)
    monkeypatch.setattr(watching, "MOST", 1.0)
    records = []
    with warnings.catch_warnings():
        warnings.simplefilter("error", FindingWarning)
        with pytest.raises(FindingWarning, match="learning_rate_too_high"):
            stuck(callbacks=[records.append])
    assert sum(isinstance(record, StepRecord) for record in records) == 150


# ---- a fault in it is told, and passed over --------------------------------------------------------------------


@pytest.fixture
def lenient(monkeypatch):
    monkeypatch.delenv(RAISES, raising=False)


def breaking(when):
    @check()
    def broken(evidence):
        if when(evidence):
            raise ZeroDivisionError("a check divides by 0")

    return broken


WHEN = {
    "before the first step": lambda evidence: not evidence.trained,
    "after the last": lambda evidence: evidence.trained,
}


@pytest.mark.parametrize("when", WHEN)
def test_a_check_that_raises(lenient, monkeypatch, when, tmp_path):
    monkeypatch.setattr(
        diagnosing, "verdict", lambda evidence: actual(evidence, (*listed.CHECKS, breaking(WHEN[when])))
    )
    plain = fitted(net(), observe=False)
    with pytest.warns(
        TrainingWarning, match="diagnosis itself failed: ZeroDivisionError: a check divides by 0"
    ) as told:
        run = fitted(net(), path=tmp_path / "run")
    assert len([one for one in told if one.category is TrainingWarning]) == 1 and told[0].filename == __file__
    events = [event for event in run.events if event.what == "diagnosis"]
    assert len(events) == 1 and "the training is not touched" in events[0].message
    for path, array in plain.network.parameters().items():
        assert np.array_equal(array, run.network.parameters()[path])
    assert [event.message for event in ca.load(tmp_path / "run").events if event.what == "diagnosis"] == [
        events[0].message
    ]


actual = diagnosing.verdict


@pytest.mark.parametrize("place", ["examine", "with_records"])
def test_an_examination_that_raises(lenient, monkeypatch, place):
    def broken(*arguments, **more):
        raise IndexError("no such row")

    monkeypatch.setattr(diagnosing, place, broken)
    with pytest.warns(TrainingWarning, match="failed: IndexError: no such row"):
        run = fitted(net())
    assert len(run.history) == 8


def test_vitals_that_raise(lenient, monkeypatch):
    def broken(*arguments, **more):
        raise MemoryError("no room for the probe rows")

    monkeypatch.setattr(watching, "observe", broken)
    with pytest.warns(TrainingWarning, match="failed: MemoryError: no room"):
        run = fitted(net())
    assert len(run.history) == 8 and not run.vitals
    assert len([event for event in run.events if event.what == "diagnosis"]) == 1
    assert run.verdict is not None  # from what is known without them


@pytest.mark.parametrize("when", WHEN)
def test_in_the_tests_of_this_project_a_fault_is_raised(monkeypatch, when):
    assert os.environ[RAISES]
    monkeypatch.setattr(
        diagnosing, "verdict", lambda evidence: actual(evidence, (*listed.CHECKS, breaking(WHEN[when])))
    )
    with pytest.raises(ZeroDivisionError):
        fitted(net())


def test_ctrl_c_in_the_diagnosis_keeps_what_was_trained(monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt  # no signal, which a process that was started in the background is deaf to

    monkeypatch.setattr(diagnosing, "with_records", interrupted)
    with pytest.warns(TrainingWarning, match="Ctrl-C ended the diagnosis"):
        run = fitted(net())
    assert len(run.history) == 8 and run.verdict is None


# ---- what it costs before the first step -----------------------------------------------------------------------


def test_a_large_network_computes_few_rows_before_the_first_step(monkeypatch):
    seen = []
    real = diagnosing.examine
    monkeypatch.setattr(diagnosing, "examine", lambda *arguments: (seen.append(arguments[-1]), real(*arguments))[1])
    pictures = np.zeros((64, 32, 32, 3), np.float32)
    large = ca.Sequential(ca.Conv2D(64, 3), ca.ReLU(), ca.Conv2D(64, 3), ca.ReLU(), ca.Flatten(), ca.Dense(2))
    how = {"loss": "cross_entropy", "epochs": 1, "batch_size": 64, "engine": "numpy", "progress": False}
    ca.fit(large, pictures + np.arange(64)[:, None, None, None] % 7, np.arange(64) % 2, **how)
    fitted(net())
    assert seen[0] < 64 and seen[1] >= len(X)


def test_of_many_rows_some_are_looked_at_and_all_are_counted(monkeypatch):
    monkeypatch.setattr(diagnosing, "MOST_ROWS", 30)
    table = {"a": X[:, 0], "b": X[:, 1], "c": X[:, 2], "y": Y}
    run = ca.train(table, "y", effort="quick", epochs=2, engine="numpy", compare=False, progress=False)
    facts = run.evidence
    assert facts.inputs.rows > 60 and facts.plan.updates == 2 * (facts.inputs.rows // facts.plan.batch_size or 1)
    assert replace(facts.inputs, rows=0) != facts.inputs
