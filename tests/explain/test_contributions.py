import numpy as np
import pytest

import cutaway as ca
from cutaway import ops
from cutaway.explain import contributions


def test_of_a_linear_function_they_are_weight_times_change():
    weight = np.array([[2.0], [-3.0], [0.5]])
    found = contributions(lambda x: ops.sum(x @ weight, axis=-1), [1.0, 2.0, 4.0], [0.0, 1.0, 0.0])
    np.testing.assert_allclose(found.values, [2.0, -3.0, 2.0])
    assert (found.gap, found.steps) == (pytest.approx(0, abs=1e-12), 16)


def test_of_a_function_with_a_known_integral():
    """x² y from (0, 0) to (a, b): the shares are 2/3 and 1/3 of a² b."""
    found = contributions(lambda x: x[:, 0] * x[:, 0] * x[:, 1], [2.0, 5.0], [0.0, 0.0], tolerance=1e-6)
    np.testing.assert_allclose(found.values, [40 / 3, 20 / 3], rtol=1e-5)


@pytest.mark.parametrize("bend", [ca.ReLU, ca.Tanh, ca.GELU, ca.Sigmoid])
@pytest.mark.parametrize("tolerance", [1e-2, 1e-3])
def test_they_sum_to_the_difference_within_the_tolerance(bend, tolerance):
    net = ca.Sequential(ca.Dense(16), bend(), ca.Dense(16), bend(), ca.Dense(3)).build(6, dtype=np.float64)
    random = np.random.default_rng(0)
    for row, baseline in random.standard_normal((4, 2, 6)):
        found = contributions(lambda x: net(x, ctx=ca.Context())[:, 1], row, baseline, tolerance=tolerance)
        assert found.output == pytest.approx(float(net(row[None])[0, 1]), rel=1e-12)
        assert found.at_baseline == pytest.approx(float(net(baseline[None])[0, 1]), rel=1e-12)
        assert found.exact
        assert abs(found.values.sum() - found.difference) <= tolerance * max(
            abs(found.difference), 1e-3 * max(abs(found.output), abs(found.at_baseline))
        )
        assert found.gap == pytest.approx(found.difference - found.values.sum())


def test_of_a_network_and_of_several():
    net = ca.Sequential(ca.Dense(6), ca.Tanh(), ca.BatchNorm(), ca.Dense(3)).build(4)
    x, baseline = np.random.default_rng(0).standard_normal((2, 4))
    found = contributions(net, x, baseline, output=2)
    assert found.difference == pytest.approx(float(net(x[None])[0, 2] - net(baseline[None])[0, 2]), abs=1e-5)
    assert found.exact
    assert contributions(net, x, baseline).output == pytest.approx(float(net(x[None]).max()), rel=1e-5)
    params = {path: np.stack([array, 2 * array]) for path, array in net.parameters().items()}
    state = {path: np.stack([array, array]) for path, array in net.state().items()}
    both = ca.layers.Ensemble(net, params, state)
    assert contributions(both, x, baseline, output=1).output == pytest.approx(float(both(x[None])[0, 1]), rel=1e-5)
    with pytest.raises(ca.InputError, match="output is 7"):
        contributions(net, x, baseline, output=7)


def test_a_step_has_no_slope_and_the_gap_says_so():
    found = contributions(lambda x: ops.step(x[:, 0]), [1.0], [-1.0], most=64)
    assert (found.difference, found.gap, found.exact) == (1.0, 1.0, False)


def test_an_input_that_is_as_in_the_baseline_contributes_nothing():
    found = contributions(lambda x: ops.sum(x * x * x, axis=-1), [1.0, 2.0], [1.0, 0.0])
    assert found.values[0] == 0


def test_pictures_keep_their_shape():
    found = contributions(lambda x: ops.sum(x * x, axis=(1, 2)), np.ones((2, 3)), np.zeros((2, 3)))
    np.testing.assert_allclose(found.values, np.ones((2, 3)))


@pytest.mark.parametrize(("x", "baseline", "tolerance"), [([1.0], [1.0, 2.0], 1e-3), ([1.0], [0.0], 0)])
def test_wrong_input(x, baseline, tolerance):
    with pytest.raises(ca.InputError, match="contributions"):
        contributions(lambda x: x[:, 0], x, baseline, tolerance=tolerance)
