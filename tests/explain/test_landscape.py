"""The loss landscape: each point against the network itself, planes, the way, curvature against exact Hessians."""

from __future__ import annotations

import json
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

import cutaway as ca
from cutaway.explain.curvature import curvature, hessian_product, lanczos
from cutaway.explain.figures import shown
from cutaway.explain.landscape import landscape
from cutaway.explain.landscape_picture import Shades, contour, dots
from cutaway.explain.planes import Plane, filter_normalised, flat, paths_of_members
from cutaway.losses import as_loss

RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(-1, 1, (60, 2)).astype(np.float32)
Y = (X[:, :1] * X[:, 1:]).astype(np.float32)


def trained(members=1, epochs=6, batch_norm=False):
    layers = [ca.Dense(4), *([ca.BatchNorm()] if batch_norm else []), ca.Tanh(), ca.Dense(1)]
    return ca.fit(
        ca.Sequential(*layers), X, Y, loss="squared_error", optimizer=ca.Adam(0.03), epochs=epochs, members=members,
        trajectory=True, engine="numpy",
    )  # fmt: skip


@pytest.fixture(scope="module")
def run():
    return trained()


def loss_of(network, arrays):
    """The loss of a network with other weights, by the network itself."""
    before = {path: array.copy() for path, array in {**network.parameters(), **network.state()}.items()}
    value = float(np.mean((network.load(arrays)(X) - Y) ** 2))
    network.load(before)
    return value


def moved(network, plane, place):
    """The network's weights at a place of the plane."""
    found, begin = {}, 0
    vector = plane.centre + place[0] * plane.axes[0] + place[1] * plane.axes[1]
    for path, array in network.parameters().items():
        found[path] = vector[begin : begin + array.size].reshape(array.shape)
        begin += array.size
    return {**found, **network.state()}


@pytest.mark.parametrize("plane", ["trajectory", "random", ("0.weight[1, 2]", ("2.bias", 0))])
@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_every_point_is_the_loss_of_the_network_there(run, plane, engine):
    found = landscape(run, X, Y, loss="squared_error", plane=plane, points=4, engine=engine, curvature=False)
    assert found.engine == engine
    for row, column in ((0, 0), (1, 3), (3, 2)):
        place = np.array([found.across[column], found.up[row]]) - found.plane.offsets
        assert found.losses[row, column] == pytest.approx(
            loss_of(run.network, moved(run.network, found.plane, place)), rel=2e-5
        )
    assert found.loss == pytest.approx(float(np.mean((run.network(X) - Y) ** 2)), rel=1e-5)


def test_a_plane_of_two_weights_is_exact_and_shows_their_own_values(run):
    found = landscape(run, X, Y, loss="squared_error", plane=("0.weight[1, 2]", "2.bias[0]"), points=5, curvature=False)
    arrays = {**run.network.parameters(), **run.network.state()}
    assert found.centre == pytest.approx((arrays["0.weight"][1, 2], arrays["2.bias"][0]))
    by_hand = {path: array.copy() for path, array in arrays.items()}
    by_hand["0.weight"][1, 2], by_hand["2.bias"][0] = found.across[3], found.up[1]
    assert found.losses[1, 3] == pytest.approx(loss_of(run.network, by_hand), rel=2e-5)


def test_the_way_has_its_true_loss_and_its_distance_from_the_plane(run):
    found = landscape(run, X, Y, loss="squared_error", points=3, curvature=False)
    assert len(found.path) == 7
    for place in (0, 3):
        point = run.trajectory[place]
        assert found.path_losses[place] == pytest.approx(loss_of(run.network, point), rel=1e-5)
        away = flat(point) - flat(run.network.parameters())
        assert away @ away == pytest.approx(found.path[place] @ found.path[place] + found.off_plane[place] ** 2)
    assert found.path[-1] == pytest.approx(np.zeros(2), abs=1e-6)
    assert found.path_losses[-1] == pytest.approx(found.loss)


def test_true_loss_is_not_that_of_the_plane_below(run):
    found = landscape(run, X, Y, loss="squared_error", plane="random", points=3, curvature=False)
    below = loss_of(run.network, moved(run.network, found.plane, found.path[0]))
    assert abs(found.path_losses[0] - below) > 1e-3


def test_of_all_planes_the_trajectorys_own_leaves_the_least_of_it_out(run):
    found = landscape(run, X, Y, loss="squared_error", points=2, curvature=False)
    assert found.explained == pytest.approx(sum(found.plane.explained))
    assert 0.5 < found.explained <= 1
    way = np.stack([flat(point) for point in run.trajectory])
    for seed in range(20):
        axes = np.random.default_rng(seed).standard_normal((2, way.shape[1]))
        other = Plane("random", found.plane.centre, axes, ("a", "b"))
        assert np.sum(other.projected(way)[1] ** 2) > np.sum(found.off_plane**2)


def test_projection_is_right_for_axes_that_are_neither_long_one_nor_upright():
    plane = Plane("random", np.zeros(3), np.array([[2.0, 0, 0], [1, 1, 0]]), ("a", "b"))
    places, off = plane.projected(np.array([[5.0, 3.0, 4.0]]))
    assert places[0] == pytest.approx([1.0, 3.0])
    assert off == pytest.approx([4.0])


def test_a_trajectory_on_a_line_gets_a_second_axis():
    network = ca.Sequential(ca.Dense(1, bias=False)).build(2)
    base = network.parameters()["0.weight"]
    way = [{"0.weight": base * share} for share in (0.2, 0.6, 1.0)]
    found = landscape(network, X, Y, loss="squared_error", trajectory=way, points=3, curvature=False)
    assert found.plane.explained == pytest.approx((1.0, 0.0))
    assert found.plane.axes @ found.plane.axes.T == pytest.approx(np.eye(2), abs=1e-9)


def test_random_directions_are_as_long_as_each_filter():
    params = {"w": RANDOM.standard_normal((3, 3, 2, 5)), "b": np.ones(5), "zero": np.zeros((2, 2))}
    found = filter_normalised(params, seed=1)
    lengths = np.linalg.norm(found["w"].reshape(-1, 5), axis=0)
    assert lengths == pytest.approx(np.linalg.norm(params["w"].reshape(-1, 5), axis=0))
    assert not found["b"].any()
    assert not found["zero"].any()


def test_each_member_of_a_layer_has_filters_of_its_own():
    network = ca.Sequential(ca.Dense(3), ca.MemberScale(4), ca.MemberDense(2, 4)).build(2)
    network[2].weight = network[2].weight * np.array([1, 10, 100, 1000])[:, None, None]
    params = network.parameters()
    assert paths_of_members(network) == {"1.factor", "2.weight", "2.bias"}
    found = filter_normalised(params, 1, members=paths_of_members(network))
    lengths = np.linalg.norm(found["2.weight"], axis=1)  # of each member's weights into each neuron
    assert lengths == pytest.approx(np.linalg.norm(params["2.weight"], axis=1))
    assert np.linalg.norm(found["0.weight"], axis=0) == pytest.approx(np.linalg.norm(params["0.weight"], axis=0))
    # One number a neuron is no filter, whether there are members or not.
    assert not found["1.factor"].any() and not found["2.bias"].any()
    x, y = X, np.zeros((len(X), 2))
    plane = landscape(
        network, x, y, loss=ca.MeanOverMembers(ca.SquaredError()), plane="random", points=2, curvature=False
    ).plane
    sizes = np.cumsum([array.size for array in params.values()])[:-1]
    moved = dict(zip(params, np.split(plane.axes[0], sizes), strict=True))
    moved = moved["2.weight"].reshape(params["2.weight"].shape)
    assert np.linalg.norm(moved, axis=1) == pytest.approx(np.linalg.norm(params["2.weight"], axis=1))


def test_losses_that_are_not_finite_stay_so(run):
    found = landscape(run, X, Y, loss="squared_error", plane=("2.weight[0, 0]", "2.bias[0]"), span=1e20, points=3)
    assert np.isinf(found.losses[0, 0])
    assert np.isfinite(found.losses[1, 1])
    assert "not finite at 8 of 9 points" in str(found)
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["losses"][0][0] == "Infinity"
    ElementTree.fromstring(found.svg())


def test_a_member_of_several_has_its_own_landscape():
    run = trained(members=2, epochs=3)
    found = landscape(run, X, Y, loss="squared_error", member=1, points=2, curvature=False)
    assert found.loss == pytest.approx(float(np.mean((run.network[1](X) - Y) ** 2)), rel=1e-5)
    assert found.path_losses[-1] == pytest.approx(found.loss)
    assert found.of == "network 2 of 2"
    # The first point is what this member began with.
    assert not np.allclose(run.trajectory[0]["0.weight"][0], run.trajectory[0]["0.weight"][1])


def test_state_is_the_networks_own_on_the_plane_and_each_points_own_on_the_way():
    run = trained(batch_norm=True, epochs=4)
    found = landscape(run, X, Y, loss="squared_error", points=2, curvature=False)
    assert found.path_losses[1] == pytest.approx(loss_of(run.network, run.trajectory[1]), rel=1e-5)
    assert found.loss == pytest.approx(float(np.mean((run.network(X) - Y) ** 2)), rel=1e-5)


def test_many_points_and_rows_in_tiles(monkeypatch, run):
    whole = landscape(run, X, Y, loss="squared_error", points=5, curvature=False)
    monkeypatch.setattr("cutaway.explain.surface.ROWS", 25)
    monkeypatch.setattr("cutaway.explain.surface.NUMBERS", 2000)
    tiled = landscape(run, X, Y, loss="squared_error", points=5, curvature=False)
    assert tiled.losses == pytest.approx(whole.losses, rel=1e-5)


def test_the_trajectory_does_not_change_the_training():
    weights = [
        ca.fit(
            ca.Sequential(ca.Dense(3), ca.Tanh(), ca.Dense(1)), X, Y, loss="squared_error", epochs=3, engine="numpy",
            trajectory=kept, members=members,
        ).network
        for members in (1, 2) for kept in (False, True)
    ]  # fmt: skip
    assert np.array_equal(weights[0](X), weights[1](X))
    assert np.array_equal(weights[2](X), weights[3](X))


# ---- curvature --------------------------------------------------------------------------------------------------


def test_curvature_of_a_line_is_that_of_its_closed_form():
    line = ca.Sequential(ca.Dense(1, bias=False)).build(2)
    exact = np.linalg.eigvalsh(2 * X.T.astype(float) @ X / len(X))
    found = curvature(line, X, Y, loss="squared_error", count=2, directions=np.array([[1.0, 0.0]]))
    assert found.largest == pytest.approx(exact[::-1], rel=1e-5)
    assert found.smallest == pytest.approx(exact[0], rel=1e-5)
    assert found.along[0] == pytest.approx(2 * np.mean(X[:, 0].astype(float) ** 2), rel=1e-5)
    assert found.sharpest_rate == pytest.approx(2 / exact[1], rel=1e-5)


def test_curvature_agrees_with_the_hessian_of_jax():
    jax = pytest.importorskip("jax")
    from jax.flatten_util import ravel_pytree

    from cutaway.layers import Context

    network = ca.Sequential(ca.Dense(3), ca.Tanh(), ca.Dense(2)).build(2, seed=4)
    criterion = as_loss("cross_entropy")
    y = (Y[:, 0] > 0).astype(int)
    params = {path: array.astype(np.float64) for path, array in network.parameters().items()}
    targets = criterion.prepare(y, (len(X), 2))
    with jax.enable_x64(True):
        numbers, back = ravel_pytree(params)

        def value(vector):
            outputs = network.bind(back(vector))(jax.numpy.asarray(X, "float64"), ctx=Context())
            return criterion.value(outputs, jax.numpy.asarray(targets))

        exact = np.asarray(jax.jit(jax.hessian(value))(numbers))
        # JAX sorts the names of a dict, we keep the order of the layers.
        numbered = back(jax.numpy.arange(len(numbers), dtype="float64"))
        order = np.concatenate([np.asarray(numbered[path]).ravel() for path in params]).astype(int)
    exact = exact[np.ix_(order, order)]
    product = hessian_product(network, X, y, criterion)
    vector = np.random.default_rng(1).standard_normal(len(exact))
    assert product(vector) == pytest.approx(exact @ vector, abs=1e-7)
    found = curvature(network, X, y, loss=criterion, count=3, tolerance=1e-8)
    assert found.largest == pytest.approx(np.linalg.eigvalsh(exact)[::-1][:3], rel=1e-5)
    assert found.smallest == pytest.approx(np.linalg.eigvalsh(exact)[0], abs=1e-6)


def test_lanczos_finds_the_outermost_eigenvalues():
    matrix = RANDOM.standard_normal((40, 40))
    matrix = matrix + matrix.T
    exact = np.linalg.eigvalsh(matrix)
    found = lanczos(lambda v: matrix @ v, 40, 3, 40, 1e-9)
    assert found.largest == pytest.approx(exact[::-1][:3])
    assert found.smallest == pytest.approx(exact[0])
    assert found.converged
    still = lanczos(lambda v: 0 * v, 5, 1, 5)
    assert (still.largest, still.smallest, still.converged) == ((0.0,), 0.0, True)


@pytest.mark.parametrize("steps", [1, 2, 4, 8, 16])
def test_lanczos_that_ends_too_soon_says_how_far_off_it_may_be(steps):
    """The bounds against the eigenvalues of NumPy; what is found never lies beyond the outermost of them."""
    matrix = np.random.default_rng(3).standard_normal((60, 60))
    matrix = matrix + matrix.T
    exact = np.linalg.eigvalsh(matrix)
    found = lanczos(lambda v: matrix @ v, 60, 3, steps, 1e-6)
    assert not found.converged
    assert found.steps == steps
    assert len(found.within) == len(found.largest) + 1
    for value, bound in zip([*found.largest, found.smallest], found.within, strict=True):
        assert np.abs(exact - value).min() <= bound * 1.01
    assert found.largest[0] < exact[-1] and found.smallest > exact[0]
    settled = lanczos(lambda v: matrix @ v, 60, 3, 60, 1e-6)
    assert settled.converged and max(settled.within) <= 1e-6 * np.abs(exact).max()


def test_a_space_that_is_used_up_has_settled():
    """Of three different eigenvalues, each many times over, nothing is left after three steps."""
    values = np.repeat([1.0, 2.0, 5.0], 10)
    found = lanczos(lambda v: values * v, 30, 3, 10, 1e-9)
    assert found.largest == pytest.approx((5.0, 2.0, 1.0))
    assert (found.converged, found.steps) == (True, 3)


def test_curvature_that_has_not_settled_is_told_so_everywhere(run, monkeypatch):
    settled = landscape(run, X, Y, loss="squared_error", plane="random", points=3)
    assert settled.curvature.converged
    assert "settled" not in str(settled) + settled.svg()
    assert settled.to_json()["curvature"]["converged"] is True
    # The module's name is the function's as well: only sys.modules tells them apart.
    module = sys.modules["cutaway.explain.landscape"]
    monkeypatch.setattr(module, "curvature_of", lambda *a, **how: curvature(*a, **{**how, "steps": 2}))
    found = landscape(run, X, Y, loss="squared_error", plane="random", points=3)
    assert not found.curvature.converged
    assert "had not settled after 2 steps" in str(found)
    assert f"largest at least {shown(found.curvature.largest[0], 3)}, not settled in 2 steps" in found.svg()
    assert found.to_json()["curvature"]["converged"] is False
    assert found.curvature.largest[0] <= settled.curvature.largest[0]


# ---- pictures and files -----------------------------------------------------------------------------------------


def test_contours_lie_where_the_level_is():
    across, up = np.linspace(-2, 2, 41), np.linspace(-1, 1, 31)
    values = across[None] ** 2 + up[:, None] ** 2
    ends = contour(across, up, values, 0.5).reshape(-1, 2)
    assert len(ends) > 40
    assert np.abs((ends**2).sum(axis=1) - 0.5).max() < 0.01
    values[10, 20] = np.nan
    assert len(contour(across, up, values, 0.5).reshape(-1, 2)) <= len(ends)


def test_the_pictures_are_of_the_same_numbers(run, tmp_path):
    pytest.importorskip("matplotlib")
    found = landscape(run, X, Y, loss="squared_error", points=6)
    axes = found.figure().axes[0]
    assert axes.lines[0].get_xydata() == pytest.approx(found.path)
    drawn = axes.collections[-1]
    assert np.asarray(drawn.get_array()) == pytest.approx(Shades(found).place(found.path_losses[dots(found)]))
    root = ElementTree.fromstring(found.svg())
    circles = [item for item in root.iter() if item.tag.endswith("circle")]
    assert len(circles) == len(dots(found))
    assert "after epoch 0: loss" in circles[0][0].text
    for name in ("a.svg", "a.png", "a.json", "a.npz"):
        assert found.save(tmp_path / name).stat().st_size > 1000 or name == "a.json"
    with np.load(tmp_path / "a.npz") as held:
        assert np.array_equal(held["losses"], found.losses)
    assert json.loads((tmp_path / "a.json").read_text())["explained"] == pytest.approx(found.explained)


def test_losses_that_differ_much_are_drawn_by_their_logarithm(run):
    found = landscape(run, X, Y, loss="squared_error", plane="random", points=5, span=3.0, curvature=False)
    shades = Shades(found)
    assert shades.log == (found.losses.max() > 20 * min(found.losses.min(), found.path_losses.min()))
    places = shades.place(found.losses)
    assert np.array_equal(np.argsort(places.ravel()), np.argsort(found.losses.ravel()))
    assert places.max() == pytest.approx(1.0)


# ---- runs on tables ---------------------------------------------------------------------------------------------


def test_the_command_draws_a_saved_run_and_refuses_other_rows(tmp_path, monkeypatch, capsys):
    from cutaway.cli.landscape import landscape as command

    monkeypatch.chdir(tmp_path)
    table = tmp_path / "t.csv"
    lines = [f"{a:.3f},{b:.3f},{a * b:.3f}" for a, b in X]
    table.write_text("\n".join(["a,b,y", *lines]))
    ca.train(table, target="y", effort="quick", epochs=2, compare=False, out=tmp_path / "run")
    assert command(tmp_path / "run", points=3, numbers=tmp_path / "n.json") == 0
    said = capsys.readouterr().out
    assert "SquaredError over 48 rows" in said  # those learned from: 12 were set aside
    ElementTree.fromstring((tmp_path / "run-landscape.svg").read_text())
    path = next(iter(ca.load(tmp_path / "run").network.parameters()))
    assert command(tmp_path / "run", points=3, weight=[f"{path}[0]", f"{path}[1]"], json_=True) == 0
    assert json.loads(capsys.readouterr().out)["plane"] == "weights"
    table.write_text(table.read_text() + "\n0.1,0.2,0.3\n")
    with pytest.raises(ca.InputError, match="no longer the file"):
        command(tmp_path / "run", points=3)
    assert command(tmp_path / "run", points=3, data=table, json_=True) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 61


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"plane": "spiral"}, "plane is 'spiral'"),
        ({"plane": ("0.weight[9, 9]", "2.bias[0]")}, "no place in it"),
        ({"plane": ("0.wait[1, 1]", "2.bias[0]")}, "no weights '0.wait'"),
        ({"plane": ("0.weight", "2.bias[0]")}, "not understood"),
        ({"plane": ("2.bias[0]", ("2.bias", 0))}, "named twice"),
        ({"points": 1}, "points is 1"),
        ({"span": -1.0}, "span is -1.0"),
        ({"engine": "gpu"}, "engine is 'gpu'"),
        ({"trajectory": [{"w": np.zeros(2)}]}, "another network"),
    ],
)
def test_wrong_input_is_told(run, how, message):
    with pytest.raises(ca.InputError, match=message.replace("[", r"\[")):
        landscape(run, X, Y, loss="squared_error", **how)


def test_wrong_networks_and_rows_are_told(run):
    with pytest.raises(ca.InputError, match="there is no trajectory"):
        landscape(run.network, X, Y, loss="squared_error", plane="trajectory")
    with pytest.raises(ca.InputError, match="no weights yet"):
        landscape(ca.Sequential(ca.Dense(1)), X, Y, loss="squared_error")
    with pytest.raises(ca.InputError, match="expected a run or a network"):
        landscape(3, X, Y, loss="squared_error")
    with pytest.raises(ca.InputError, match="60 rows, y has 59"):
        landscape(run, X, Y[:-1], loss="squared_error")
    with pytest.raises(ca.InputError, match="a landscape is written as"):
        landscape(run, X, Y, loss="squared_error", points=2, curvature=False).save("a.gif")
    with pytest.raises(ca.InputError, match="resume and trajectory"):
        ca.fit(ca.Sequential(ca.Dense(1)), X, Y, loss="squared_error", trajectory=True, resume=True)
