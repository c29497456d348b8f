"""What the rungs ask: one choice of each is right, by other code than the claims'."""

import numpy as np
import pytest

from cutaway.explain.figures import shown
from cutaway.studio.ahead import asked, turned_out
from cutaway.studio.commands import run
from cutaway.studio.ladder import LADDER
from cutaway.studio.opening import open_rung
from cutaway.studio.session import Session


def curve(name):
    """The outputs of a rung of one input along a fine line of places, at its start."""
    case, way = open_rung(name)
    return np.ravel(case.outputs(case.first(way), np.linspace(-1, 1, 401)[:, None]))


def test_what_is_right_is_so_in_plain_numpy():
    line, neuron, layer = (curve(name) for name in ("line", "neuron", "layer"))
    assert asked("line")["choices"][turned_out("line")["right"]] == "It falls" and np.all(np.diff(line) < 0)
    assert asked("neuron")["choices"][turned_out("neuron")["right"]].startswith("Flat first")
    assert np.all(neuron[:201] == 0) and np.all(np.diff(neuron[200:]) > 0)
    bends = np.flatnonzero(np.abs(np.diff(layer, 2)) > 1e-9)
    assert asked("layer")["choices"][turned_out("layer")["right"]] == "In one"
    np.testing.assert_array_equal(bends, [199])  # the middle of the places: x = 0
    case, way = open_rung("network")
    material = case.material
    said = np.ravel(case.outputs(case.first(way), material.x[material.training])) > 0
    share = float(np.mean(said == np.ravel(material.y[material.training])))
    assert asked("network")["choices"][turned_out("network")["right"]] == "On about half" and 0.25 <= share <= 0.75
    assert f"The share is {shown(share)}" in turned_out("network")["shown"]
    assert "About as much" in asked("attention")["choices"][turned_out("attention")["right"]]


@pytest.mark.parametrize("name", [rung.name for rung in LADDER])
def test_nothing_is_given_away_of_a_rung_that_is_not_open(name):
    ladder = run(Session(*open_rung(name)), "open", {})["ladder"]
    assert [each["name"] for each in ladder if each["found"] is not None] == [name]
    assert all(each["asks"]["question"].endswith("?") and len(each["asks"]["choices"]) == 3 for each in ladder)
    found = turned_out(name)
    assert len(set(found["replies"])) == 3 and "{" not in found["shown"]
