"""The verdict: what follows from which figures, and what does not."""

from __future__ import annotations

import numpy as np
import pytest

from cutaway.explain.decomposition import difference, squared_parts
from cutaway.explain.intervals import Redrawn
from cutaway.explain.verdict import states, verdict


def parts_of(error, seeds=0.0, redrawn=None):
    """Parts with an error that is the same in each draw, and so much variance of seeds."""
    outputs = error**0.5 + seeds**0.5 * np.random.default_rng(0).standard_normal((4, 3, 30, 1))
    outputs -= outputs.mean() - error**0.5
    return squared_parts(outputs, np.zeros((30, 1)), redrawn)


@pytest.mark.parametrize(
    ("vary", "errors", "fewer", "decayed", "seeds", "what"),
    [
        ("width", (4.0, 2.0, 1.0), None, None, 0, "more capacity"),
        ("epochs", (4.0, 2.0, 1.0), None, None, 0, "longer training"),
        ("width", (1.0, 2.0, 4.0), None, None, 0, "less capacity"),  # no word of regularisation: it was not measured
        ("width", (1.0, 2.0, 4.0), None, 1.0, 0, "less capacity"),
        ("width", (1.0, 1.5, 4.0), None, 0.2, 0, "more regularisation"),
        ("width", (2.0, 1.0, 4.0), None, 0.9, 0, "more regularisation"),
        ("width", (2.0, 1.0, 4.0), None, 0.99, 0, "neither"),  # less than 3 %
        ("width", (2.0, 1.0, 4.0), None, 1.5, 0, "neither"),
        ("epochs", (1.0, 2.0, 4.0), None, None, 0, "shorter training"),
        ("width", (1.0, 1.0, 4.0), None, None, 0, "neither"),  # as good at the small end
        ("weight_decay", (4.0, 2.0, 1.0), None, None, 0, "more regularisation"),
        ("weight_decay", (1.0, 2.0, 4.0), None, None, 0, "less regularisation"),
        ("width", (2.0, 1.0, 1.5), 1.2, None, 0, "more data"),
        ("width", (2.0, 1.0, 1.5), 1.0, None, 0.2, "averaging"),
        ("width", (2.0, 1.0, 1.5), 1.0, None, 0.02, "neither"),
        ("width", (2.0, 1.0, 1.5), 1.0, None, 0, "neither"),
        ("rows", (2.0, 1.5, 1.0), None, None, 0, "more data"),
        ("rows", (2.0, 1.0, 1.0), None, None, 0, "neither"),
        ("width", (4.0, 2.0, 1.9), 3.0, None, 0, "more data"),
    ],
)
def test_follows_from_the_figures(vary, errors, fewer, decayed, seeds, what):
    redrawn = Redrawn(4, 30)
    parts = [parts_of(error, seeds, redrawn) for error in errors]
    less = None if fewer is None else (100, 50, parts_of(fewer, seeds, redrawn))
    with_it = None if decayed is None else (0.3, parts_of(decayed, seeds, redrawn))
    found = verdict(vary, [2.0, 4.0, 8.0], parts, redrawn, less, decayed=with_it)
    assert found.what == what, found.sentence
    assert found.sentence.startswith(what)
    assert decayed is not None or vary == "weight_decay" or "regularisation" not in found.sentence
    if what == "more data" and vary == "width":
        assert "from 50 rows to 100" in found.sentence
        assert "left out" not in found.sentence
    if decayed is not None:
        apart = found.evidence["no weight decay against 0.3"]
        assert apart.value == pytest.approx(min(errors) - decayed)


def test_smaller_than_one_neuron_is_nothing_and_less_than_no_decay_is_not_there():
    redrawn = Redrawn(4, 30)
    parts = [parts_of(error, 0, redrawn) for error in (1.0, 2.0)]
    assert verdict("width", [1.0, 4.0], parts, redrawn).what == "neither"
    assert verdict("weight_decay", [0.0, 0.1], parts, redrawn).what == "neither"


def test_more_data_says_that_there_is_more_at_hand():
    redrawn = Redrawn(4, 30)
    less = (2000, 1000, parts_of(2.0, 0, redrawn))
    found = verdict("width", [4.0], [parts_of(1.0, 0, redrawn)], redrawn, less, left_out=13_480)
    assert found.what == "more data"
    assert "13,480 more that are at hand were left out here" in found.sentence


def test_neither_tells_what_was_tried_and_what_the_error_is_made_of():
    redrawn = Redrawn(4, 30)
    parts = [parts_of(error, 0, redrawn) for error in (2.0, 1.0, 1.5)]
    found = verdict("width", [2.0, 4.0, 8.0], parts, redrawn, (9, 4, parts[1]), decayed=(0.3, parts[1]))
    assert "no sign that another width, more rows, weight decay 0.3 or averaging would help" in found.sentence
    assert "its error, 1, is 1 bias and noise" in found.sentence


def test_states_say_where_the_best_is():
    redrawn = Redrawn(4, 30)
    parts = [parts_of(error, 0, redrawn) for error in (2.0, 1.0, 1.0, 3.0)]
    assert states(parts, redrawn) == ["too small", "best", "as good", "too large"]
    assert difference(parts[3], parts[1], redrawn).value == pytest.approx(2.0)
