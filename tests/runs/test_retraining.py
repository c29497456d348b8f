"""Runs on tables and texts are repaired through the options of their job, and say what only a person can do."""

from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.text import Text
from cutaway.diagnosis.harm import Harm
from cutaway.diagnosis.verdict import Verdict
from cutaway.errors import InputError
from cutaway.records import Finding, Fix
from cutaway.runs.retraining import figure_of

pytestmark = pytest.mark.filterwarnings("ignore::cutaway.errors.FindingWarning")
HOW = {"effort": "quick", "engine": "numpy", "compare": False, "progress": False}


def table(rows=200):
    random = np.random.default_rng(0)
    a, b = random.uniform(-1, 1, (2, rows))
    y = a + 0.5 * b + 0.3 * random.normal(size=rows)
    return {"a": a, "b": b, "status": np.where(y > 0, "paid", "open"), "y": np.where(y > 0, "yes", "no")}


@pytest.fixture(scope="module")
def leaking():
    return ca.train(table(), "y", epochs=12, **HOW)


def ill(run, action, check="underfit", **settings):
    """Return the run with a finding whose fix is of that action."""
    finding = Finding(check, "it is ill", "measure", 8.0, (1.0, None), fix=Fix(action, "do something", "", settings))
    return replace(run, verdict=Verdict((finding,), (), Harm("below", "it is ill")), setup=None)


def test_a_leaking_column_is_left_out_though_the_score_falls(leaking):
    assert [finding.check for finding in leaking.findings] == ["leakage"]
    found = leaking.diagnose(fix=True, data=table())
    assert found.log[0].checks == ("leakage",) and found.repaired and "drop=['status']" in str(found.log[0])
    assert "status" not in found.run.preprocessing.columns and not found.run.findings
    assert found.before == leaking.estimate.value > found.after == found.run.estimate.value
    assert found.run.settings["epochs"] == leaking.settings["epochs"]
    assert "accuracy on rows held out before 1.000" in repr(found)
    assert repr(found).endswith("the first is what a column that is the target itself told; rely on the second")
    assert "status" in leaking.preprocessing.columns  # the old run stays as it is


def test_other_data_is_refused_before_any_step(leaking):
    with pytest.raises(InputError, match="not, or no longer, what the run learned from"):
        leaking.diagnose(fix=True, data=table(190))
    with pytest.raises(InputError, match="data without a file"):
        leaking.diagnose(fix=True)
    with pytest.raises(InputError, match="is for a repair"):
        leaking.diagnose(data=table())
    with pytest.raises(InputError, match=r"none.csv is not there"):
        leaking.diagnose(fix=True, data="none.csv")
    with pytest.raises(InputError, match="fix must be True or False, got 'leakage'"):
        leaking.diagnose(fix="leakage")
    with pytest.raises(InputError, match="budget is a share of the training time"):
        leaking.diagnose(budget="x")


def test_too_short_a_training_is_made_longer():
    data = {name: column for name, column in table().items() if name != "status"}
    run = ca.train(data, "y", epochs=2, **HOW)
    found = ill(run, "epochs", factor=20.0).diagnose(fix=True, data=data)
    assert found.repaired and found.run.settings["epochs"] == 40 and found.after > found.before
    # Figures that are no better are not worth a change: it is undone.
    undone = ill(found.run, "epochs", factor=1.0).diagnose(fix=True, data=data)
    assert undone.log and not undone.repaired and undone.before == undone.after
    assert undone.run.settings["epochs"] == 40 and "nothing that was tried helped" in repr(undone)
    few = ill(run, "batch_size", "too_few_updates", factor=0.5).diagnose(fix=True, data=data)
    assert few.log[0].sentences == ("epochs=100",)  # of 8 steps 400 and more


@pytest.mark.parametrize(
    ("action", "check", "words"),
    [
        ("learning_rate", "underfit", "the recipe decides the learning rate; with a network of your own"),
        ("class_weight", "underfit", "the recipe decides how much each class counts; name a column"),
        ("", "rows_repeated", "only a person can do it: take repeated rows out"),
        ("", "underfit", "only a person can do it: do something"),
        ("initialise", "underfit", "the recipe decides the network and its first weights"),
    ],
)
def test_what_the_recipe_decides_is_left_to_a_person(leaking, action, check, words):
    found = ill(leaking, action, check).diagnose(fix=True)  # no data is needed
    assert words in found.by_hand[0] and not found.log and found.before == found.after
    assert "nothing could be repaired automatically" in repr(found)


def test_figures_of_which_lower_is_better_are_told_from_the_others(leaking):
    accuracy = figure_of(leaking)
    assert accuracy.score == accuracy.value and accuracy.name == "accuracy on rows held out"
    scores = replace(leaking.estimate, metric="log_loss", value=0.2, baseline=0.8)
    worse = figure_of(replace(leaking, estimate=replace(scores, value=0.4)))
    better = figure_of(replace(leaking, estimate=scores))
    assert (better.score, worse.score) == (0.75, 0.5) and better.better_than(worse) and not worse.better_than(better)
    assert not better.better_than(replace(worse, name="another measure"))
    assert not better.better_than(replace(worse, count=7))  # of other rows
    assert figure_of(replace(leaking, estimate=None, scores=None)) is None


def test_a_text_is_trained_for_longer():
    text = Text("the cat sat on the mat and the dog lay on the log. " * 30)
    run = ca.train(text, effort="quick", epochs=0.5, engine="numpy", progress=False)
    ill_one = ill(run, "epochs", factor=4.0)
    found = ill_one.diagnose(fix=True, data=text)
    assert found.log and found.measure == "nats a token, on text held out"
    assert found.repaired and found.run.settings["steps"] >= 3 * run.settings["steps"] and found.after < found.before
