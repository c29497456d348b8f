"""Universal approximation: errors against what is fitted, width, depth, functions of every make."""

from __future__ import annotations

import json
import math
from xml.etree import ElementTree

import numpy as np
import pytest

import cutaway as ca
from cutaway.explain.approximate import approximate


def wave(x):
    return np.sin(3 * x)


@pytest.fixture(scope="module")
def found():
    return approximate(wave, widths=(1, 4, 16), depths=(1, 2), epochs=400, seeds=1, points=32, engine="numpy")


def test_wider_is_nearer_and_errors_are_those_of_what_is_fitted(found):
    errors = [each.error for each in found.by_width]
    assert errors[0] > 1.3 * errors[1] > 3 * errors[2]
    assert errors[2] < 0.03
    for each in found.by_width:
        exact = np.sin(3 * found.x[:, 0])
        assert each.error == pytest.approx(np.sqrt(np.mean((each.fitted - exact) ** 2)))
        assert each.worst == pytest.approx(np.abs(each.fitted - exact).max())
        assert each.errors == (each.error,)
        assert each.parameters == 3 * each.width + 1
    assert found.power == pytest.approx(-np.polyfit(np.log([1, 4, 16]), np.log(errors), 1)[0])


def test_depth_has_no_more_parameters_and_as_many_as_fit(found):
    assert [each.depth for each in found.by_depth] == [1, 2]
    deep = found.by_depth[1]
    network = ca.Sequential(ca.Dense(deep.width), ca.Tanh(), ca.Dense(deep.width), ca.Tanh(), ca.Dense(1)).build(1)
    assert deep.parameters == sum(array.size for array in network.parameters().values())
    assert deep.parameters <= 49 < deep.parameters + 2 * deep.width + 4


def test_pictures_text_and_json_are_of_the_same_numbers(found):
    for chart in (found.chart(), found.depth_chart(), found.curves()):
        ElementTree.fromstring(chart.svg())
    assert list(found.chart().lines[0].y) == [each.error for each in found.by_width]
    assert "2 × " in str(found)
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert told["by_width"][0]["width"] == 1
    pytest.importorskip("matplotlib")
    axes = found.figure().axes
    assert axes[0].lines[0].get_ydata() == pytest.approx(found.y)
    assert axes[1].lines[0].get_ydata() == pytest.approx([each.error for each in found.by_width])


def test_two_variables_and_functions_of_single_numbers():
    def valley(x, y):
        return x * y if y > 0 else math.sin(x)

    found = approximate(
        valley, widths=(2, 8), domain=((-1, 2), (0.5, 1)), depths=(), epochs=200, seeds=1, points=7, engine="numpy"
    )
    assert found.x.shape == (169, 2)
    assert found.y == pytest.approx(found.x[:, 0] * found.x[:, 1])
    assert found.by_width[1].error < 0.2
    with pytest.raises(ca.InputError, match="surfaces, not curves"):
        found.curves()
    pytest.importorskip("matplotlib")
    drawn = found.figure().axes[0].images[0].get_array()
    assert np.asarray(drawn) == pytest.approx(found.y.reshape(13, 13))


def test_relu_bends_at_a_corner():
    found = approximate(abs, widths=(4,), activation="relu", depths=(), epochs=400, points=32, engine="numpy")
    assert found.by_width[0].error < 0.05
    assert found.name == "abs"


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"widths": ()}, "widths is"),
        ({"widths": (0,)}, "expected whole numbers of at least 1"),
        ({"domain": (1, 0)}, "domain is"),
        ({"domain": "wide"}, "domain is"),
        ({"activation": "spline"}, "activation is 'spline'"),
        ({"function": lambda x: 1 / x, "points": 3}, r"not finite at \(0\)"),
        ({"function": lambda x, y: x + y}, "cannot be computed for 1 number"),
        ({"epochs": 0}, "epochs is"),
        ({"engine": "gpu"}, "engine is 'gpu'"),
    ],
)
def test_wrong_input_is_told(how, message):
    function = how.pop("function", wave)
    with pytest.raises(ca.InputError, match=message):
        approximate(function, **how)
