import numpy as np
import pytest

import cutaway as ca
from cutaway.explain import filters, saliency
from cutaway.explain.picture import PictureExplanation, drawn


def network():
    return ca.Sequential(ca.Conv2D(4, 3), ca.Tanh(), ca.GlobalAveragePool(), ca.Dense(3)).build((7, 7, 2), seed=2)


def test_it_is_the_measured_slope_of_the_score():
    net, picture = network(), np.random.default_rng(0).standard_normal((7, 7, 2))
    found = saliency(net, picture)
    doubled = net.bind({path: array.astype(float) for path, array in net.parameters().items()})
    assert found.output == int(np.argmax(net(picture[None])))
    nudge = 1e-5
    for place in [(0, 0, 0), (3, 4, 1), (6, 6, 0)]:
        moved = np.zeros_like(picture)
        moved[place] = nudge
        ends = [doubled(picture[None] + sign * moved[None], ctx=ca.Context())[0, found.output] for sign in (1, -1)]
        assert found.gradient[place] == pytest.approx((ends[0] - ends[1]) / (2 * nudge), rel=1e-6)
    np.testing.assert_allclose(found.map, np.abs(found.gradient).max(axis=-1))


def test_bytes_and_a_class_of_ones_own():
    found = saliency(
        ca.Sequential(ca.Standardize([99.0], [50.0]), *network_of_one()), np.full((7, 7, 1), 200, np.uint8), 2
    )
    assert found.output == 2
    assert np.any(found.map)


def network_of_one():
    return ca.Conv2D(2, 3), ca.GlobalAveragePool(), ca.Dense(3)


def test_filters_are_scaled_by_their_largest_weight():
    net = network()
    shown = filters(net)
    assert shown.shape == (4, 3, 3, 2)
    weights = np.moveaxis(net[0].weight, -1, 0)
    for own, weight in zip(shown, weights, strict=True):
        np.testing.assert_allclose((own - 0.5) * 2 * np.abs(weight).max(), weight, atol=1e-6)


def test_what_is_no_picture():
    with pytest.raises(ca.InputError, match="height, width, channels"):
        saliency(network(), np.zeros((7, 7)))
    with pytest.raises(ca.InputError, match="no convolution"):
        filters(ca.Sequential(ca.Dense(2)).build(2))


def test_drawn_and_as_a_page():
    assert drawn(np.array([[0.0, 0.5], [1.0, 0.0]])) == ["  ▒▒", "██  "]
    assert len(drawn(np.ones((100, 100)))[0]) <= 80
    found = saliency(network(), np.random.default_rng(0).standard_normal((7, 7, 2)))
    page = PictureExplanation("<x>.png", "a & b", (("a & b", 0.75), ("<c>", 0.25)), found, filters(network())).html()
    assert page.count("<img ") == 2 + 4
    assert "&lt;x&gt;.png" in page and "<x>" not in page and "&lt;c&gt;" in page
