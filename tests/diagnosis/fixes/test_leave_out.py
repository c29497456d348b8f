"""A layer that hands nothing on is left out; all others keep the weights they had, under the names they get."""

import numpy as np

import cutaway as ca
from tests.diagnosis.fixes.making import after, refused, setup_of, trained


class Closed(ca.Layer):
    """Hands on nothing."""

    def forward(self, x, ctx):
        return x * 0.0


def test_what_stands_before_and_after_is_connected():
    x = np.random.default_rng(0).normal(0, 1, (80, 3))
    net = ca.Sequential(ca.Dense(8), ca.ReLU(), Closed(), ca.Dense(1))
    optimizer = ca.Adam(0.02, learning_rate_factors={"3.bias": 0.5})
    setup = setup_of(net, x, x @ [[1.0], [2.0], [-1.0]], "squared_error", optimizer, epochs=60)
    changed = after(setup, "leave_out", layer="2")
    assert [type(layer).__name__ for layer in changed.network] == ["Dense", "ReLU", "Dense"]
    assert np.array_equal(changed.network[2].weight, net[3].weight)
    assert changed.optimizer.learning_rate_factors == {"2.bias": 0.5}
    assert np.var(trained(setup)(setup.rows.x)) < 1e-9 and np.var(trained(changed)(setup.rows.x)) > 3
    assert refused(setup, "leave_out", layer="7") and refused(setup, "leave_out")


def test_inside_a_branch_the_input_goes_on():
    x = np.ones((8, 3))
    net = ca.Sequential(ca.Dense(3), ca.Residual(Closed()), ca.Dense(1))
    setup = setup_of(net, x, x[:, :1], "squared_error")
    path = next(path for path, layer in net.named_layers() if isinstance(layer, Closed))
    changed = after(setup, "leave_out", layer=path).network
    np.testing.assert_allclose(changed(setup.rows.x), net[2](2 * net[0](setup.rows.x)), rtol=1e-6)


class Flattened(ca.Layer):
    """Hands on nothing, in another shape."""

    def forward(self, x, ctx):
        return x[:, 0] * 0.0


def test_what_would_change_the_shape_of_the_answers_is_left():
    x = np.ones((8, 4, 3))
    net = ca.Sequential(ca.Dense(3), Flattened(), ca.Dense(1))
    assert refused(setup_of(net, x, x[:, 0, :1], "squared_error"), "leave_out", layer="1")
