"""What the scoreboard advises where two scores contradict each other, for figures of both directions."""

import pytest

from cutaway.cli.scoreboard import explained
from cutaway.runs.scores import Scores


class Run:
    """As much of a run as is explained."""

    data, target, rival = {"watched": 1, "trained": 2}, None, None

    def __init__(self, estimate, scores):
        self.estimate, self.scores = estimate, scores


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
