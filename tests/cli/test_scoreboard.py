"""What the scoreboard advises where two scores contradict each other, for figures of both directions."""

import pytest

from cutaway.cli.scoreboard import explained, verdict
from cutaway.runs.rival import Rival
from cutaway.runs.scores import Scores


class Run:
    """As much of a run as is explained."""

    data, target = {"watched": 1, "trained": 2}, None

    def __init__(self, estimate, scores, rival=None, findings=()):
        self.estimate, self.scores, self.rival, self.findings = estimate, scores, rival, findings


@pytest.mark.parametrize(
    ("metric", "held_out", "set_aside", "words"),
    [("rmse", 1.0, 3.0, "worse"), ("rmse", 3.0, 1.0, "better"), ("r2", 0.9, 0.1, "worse")],
)
def test_where_scores_contradict_the_worse_one_is_advised_whichever_is_lower(metric, held_out, set_aside, words):
    estimate, scores = (
        Scores(metric, value, (value - 0.1, value + 0.1), 5.0, 3.0, 100) for value in (held_out, set_aside)
    )
    told = dict(explained(Run(estimate, scores)))["set aside"]
    assert f"{words} there than on the rows held out" in told
    assert told.endswith("rely on the worse figure") and "lower" not in told


@pytest.mark.parametrize(
    ("better", "findings", "words"),
    [
        ("", (), ": there may be nothing to learn here, or too few rows to tell."),
        ("", ("too_few_updates",), "; the findings say why."),
        ("trees", ("too_few_updates",), ", and boosted trees are better by 40."),
    ],
)
def test_that_there_is_nothing_to_learn_is_not_said_where_something_else_learns_it(better, findings, words):
    chance = Scores("rmse", 120.0, (110.0, 130.0), 121.0, 3.0, 100)
    assert not chance.better
    rival = Rival("trees", 60.0, 60.0, better, "trees is better by 40")
    assert verdict(Run(chance, None, rival, findings))[0] == f"This is no better than chance would make it{words}"
