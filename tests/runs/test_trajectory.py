"""The way of a training that a run keeps: true to the weights passed through, changing nothing, read strictly."""

import json
from pathlib import Path

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.reading import table_from
from cutaway.data.text import Text
from cutaway.explain.figures import shown
from cutaway.explain.landscape_picture import dots
from cutaway.explain.planes import trajectory_plane
from cutaway.optimizers import Adam
from cutaway.runs import trajectory
from cutaway.runs.landscape import landscape
from cutaway.runs.train_pictures import train_pictures
from cutaway.runs.train_text import train_text
from cutaway.runs.trajectory import Followed
from cutaway.storage.architecture import ModelFileError
from cutaway.storage.moments import moments_bytes
from cutaway.storage.way import read_way, way_bytes
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from tests.storage.make_format import plain_rows

X = np.random.default_rng(0).uniform(-1, 1, (60, 2)).astype(np.float32)
Y = X[:, :1] * X[:, 1:]
TABLE = {"a": X[:, 0], "b": X[:, 1], "y": Y[:, 0]}


def net():
    return ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(1))


def fitted(folder=None, **options):
    return ca.fit(net(), X, Y, loss="squared_error", **{"epochs": 8, "engine": "numpy", "path": folder, **options})


def sorted_flat(arrays, paths):
    return np.concatenate([np.asarray(arrays[path], np.float64).ravel() for path in sorted(paths)])


@pytest.mark.parametrize("members", [1, 2])
def test_the_way_is_that_of_the_weights_passed_through(tmp_path, members):
    """Against the principal components of NumPy, of the weights that are kept whole."""
    run = fitted(tmp_path / "run", trajectory=True, members=members)
    first = run.network if members == 1 else run.network[0]
    paths = first.parameters()
    points = [{path: point[path] if members == 1 else point[path][0] for path in paths} for point in run.trajectory]
    moved = np.stack([sorted_flat(point, paths) for point in points]) - sorted_flat(paths, paths)
    _, lengths, rows = np.linalg.svd(moved, full_matrices=False)
    way = ca.load(tmp_path / "run").way
    assert way.epochs.tolist() == list(range(9))
    axes = np.stack([sorted_flat({p: way.directions[p][axis] for p in paths}, paths) for axis in (0, 1)])
    assert np.abs(axes @ rows[:2].T) == pytest.approx(np.eye(2), abs=1e-4)
    assert way.explained == pytest.approx((lengths**2 / np.sum(lengths**2))[:2])
    assert np.abs(way.places) == pytest.approx(np.abs(moved @ rows[:2].T), abs=1e-5)
    assert way.off_plane == pytest.approx(np.linalg.norm(moved - moved @ rows[:2].T @ rows[:2], axis=1), abs=1e-5)
    assert np.isnan(way.losses[0])
    assert way.losses[1:] == pytest.approx([record.loss for record in run.history])


@pytest.mark.parametrize("members", [1, 2])
@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_training_is_the_same_bit_by_bit(tmp_path, members, engine):
    alone, followed = (fitted(p, members=members, engine=engine, epochs=3) for p in (None, tmp_path / "run"))
    assert alone.way is None
    assert followed.way is not None
    assert np.array_equal(alone.network(X), followed.network(X))


def test_a_table_is_the_same_bit_by_bit_and_draws_its_own_way(tmp_path, capsys):
    from cutaway.cli.landscape import landscape as command

    how = {"effort": "standard", "epochs": 3, "compare": False, "engine": "numpy", "progress": False}
    alone, run = ca.train(TABLE, "y", **how), ca.train(TABLE, "y", out=tmp_path / "run", **how)
    assert alone.way is None
    assert np.array_equal(alone.predict(TABLE), run.predict(TABLE))
    back = ca.load(tmp_path / "run")
    assert way_bytes(back.way) == way_bytes(run.way) == (tmp_path / "run" / "trajectory.safetensors").read_bytes()
    found = landscape(back, TABLE, points=5, curvature=False)
    assert found.plane.kind == "trajectory"
    assert found.path == pytest.approx(run.way.places)
    assert found.explained == pytest.approx(sum(run.way.explained), abs=1e-6)
    low, high = found.across[[0, -1]]
    assert ((found.path[:, 0] >= low) & (found.path[:, 0] <= high)).all()
    assert f"after epoch 0: loss {shown(run.way.judged.losses[0])}" in found.svg()
    assert "nan" not in found.svg()
    # Other planes and other networks have no way.
    assert landscape(back, TABLE, plane="random", points=3, curvature=False).path.size == 0
    assert landscape(back, TABLE, member=1, points=3, curvature=False).plane.kind == "random"
    table = tmp_path / "t.csv"
    table.write_text("\n".join(["a,b,y", *(f"{a},{b},{c}" for (a, b), (c,) in zip(X, Y, strict=True))]))
    options = {"data": table, "points": 3, "out": tmp_path / "a.svg"}
    assert command(tmp_path / "run", json_=True, **options) == 0
    assert json.loads(capsys.readouterr().out)["plane"] == "trajectory"
    assert command(tmp_path / "run", random=True, **options) == 0
    assert "not kept" not in capsys.readouterr().out
    assert command(tmp_path / "run", network=2, **options) == 0
    assert "was not kept" in capsys.readouterr().out
    with pytest.raises(ca.InputError, match="name two planes"):
        command(tmp_path / "run", random=True, weight=["a[0]", "b[0]"])
    # A run that is saved elsewhere takes it along.
    back.save(tmp_path / "other")
    assert ca.load(tmp_path / "other").way is not None


def test_the_first_weights_are_those_that_the_training_begins_with():
    network = net().build(X[:1], 3)
    before = {path: array.copy() for path, array in network.parameters().items()}
    folds = [(np.arange(0, 50), np.arange(50, 60)), (np.arange(10, 60), np.arange(10))]
    plan, rows = Plan(epochs=1, batch_size=10, members=2, folds=folds, seed=7, rates=[1.0, 0.5]), Batch(X, Y, None)
    followed = Followed()
    followed.on(plan, network, Adam(), rows)
    assert all(np.array_equal(network.parameters()[path], array) for path, array in before.items())
    drawn = plan.first_carry(network, Adam(), rows).params
    expected = np.concatenate([drawn[path][0].ravel() for path in sorted(drawn)])
    assert np.array_equal(followed._held[0][1], expected)


def test_a_long_way_is_thinned_and_a_large_network_not_followed(tmp_path, monkeypatch):
    monkeypatch.setattr(trajectory, "HELD", 4 * 17 * 6)  # the network has 17 weights
    run = fitted(tmp_path / "run", epochs=21)
    assert run.way.epochs.tolist() == [0, 4, 8, 12, 16, 20, 21] or run.way.epochs[-1] == 21
    assert len(run.way.epochs) <= 6
    assert len(set(np.diff(run.way.epochs)[:-1])) == 1
    monkeypatch.setattr(trajectory, "HELD", 4 * 17 * 3)
    assert fitted(tmp_path / "run").way is None
    assert not (tmp_path / "run" / "trajectory.safetensors").exists()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("members", [None, 3])
def test_what_is_held_takes_no_more_bytes_than_there_is_room_for(dtype, members):
    """Of 64-bit weights half as many fit; of several members one is held, and takes the room of one."""
    network = ca.Sequential(ca.Dense(4), ca.BatchNorm(), ca.Dense(1)).build(2, dtype=dtype)
    one = (12 + 8 + 5 + 8) * np.dtype(dtype).itemsize  # weights and biases, scale and shift, and running statistics
    plan, rows = Plan(epochs=40, batch_size=30, members=members), Batch(X.astype(dtype), Y.astype(dtype), None)
    for room in (4, 9):
        followed = Followed(room * one)
        assert followed.on(plan, network, Adam(), rows).followed is not None and followed.refused == ""
        first = followed._held[0]
        for epoch in range(1, 40):
            followed.add(epoch, first.weights + epoch, {path: array + epoch for path, array in first.state.items()})
            points = followed._points()
            taken = sum(a.nbytes for _, weights, state in points for a in (weights, *state.values()))
            assert taken <= room * one
        assert (followed.epochs[0], followed.epochs[-1]) == (0, 39) and len(followed.epochs) > room // 2
    tight = Followed(4 * one - 1)
    assert tight.on(plan, network, Adam(), rows) is plan
    assert "the network has 25, and 4 moments of it" in tight.refused


def test_why_no_weights_are_kept_says_the_room_that_there_was():
    """A MiB holds 4 moments of 40,000 weights of 32 bits, 640 kB, and not of 64."""
    for dtype, refused in ((np.float32, False), (np.float64, True)):
        network = ca.Sequential(ca.Dense(13_333), ca.Dense(1)).build(1, dtype=dtype)
        followed, rows = Followed(1 << 20), Batch(X[:, :1].astype(dtype), Y.astype(dtype), None)
        followed.on(Plan(epochs=1, batch_size=10), network, Adam(), rows)
        said = "the network has 40,000, and 4 moments of it would take more than 1 MiB"
        assert (said in followed.refused) is refused


# ---- the true losses --------------------------------------------------------------------------------------------


def true_losses(run, points, state=True):
    """The loss of a network at other weights, by the network itself, in double precision."""
    found = []
    first = run.network if isinstance(run.network, ca.Sequential) else run.network[0]
    before = {path: array.copy() for path, array in {**first.parameters(), **first.state()}.items()}
    for point in points:
        first.load(point)
        found.append(np.mean((first(X).astype(float) - Y) ** 2))
    first.load(before)
    return np.array(found)


@pytest.mark.parametrize("members", [1, 2])
@pytest.mark.parametrize("layer", ["BatchNorm", "Dropout"])
def test_the_dots_have_the_loss_at_their_own_weights_and_state(tmp_path, members, layer):
    """Neither that of the members' mean, nor that with dropout, nor one with the last running statistics."""
    middle = ca.BatchNorm() if layer == "BatchNorm" else ca.Dropout(0.5)
    network = ca.Sequential(ca.Dense(6), middle, ca.Tanh(), ca.Dense(1))
    run = ca.fit(
        network, X, Y, loss="squared_error", epochs=6, engine="numpy", path=tmp_path / "run", members=members,
        trajectory=True,
    )  # fmt: skip
    points = [{p: a if members == 1 else a[0] for p, a in point.items()} for point in run.trajectory]
    judged = ca.load(tmp_path / "run").way.judged
    assert judged.losses == pytest.approx(true_losses(run, points), rel=1e-5)
    assert (judged.loss, judged.count, judged.rows) == ("SquaredError", 60, None)
    assert np.abs(judged.losses[1:] / [record.loss for record in run.history] - 1).max() > 0.01
    # Drawn over the same rows they need no words; over others the picture's words say whose they are.
    same = ca.landscape(ca.load(tmp_path / "run"), X, Y, loss="squared_error", points=3, curvature=False)
    assert same.path_losses == pytest.approx(judged.losses)
    assert same.judged is None and not same.recorded and "ended" not in str(same)
    assert same.to_json()["path_losses_of_these_rows"] is True
    for rows, loss in ((slice(30), "squared_error"), (slice(None), "absolute_error")):
        other = ca.landscape(ca.load(tmp_path / "run"), X[rows], Y[rows], loss=loss, points=3, curvature=False)
        assert other.judged is not None
        assert "SquaredError over 60 rows that the run learned from" in str(other)
        assert other.to_json()["path_losses_of_these_rows"] is False


@pytest.mark.parametrize("target", ["y", "kind"])
def test_of_a_table_dots_and_ground_are_of_the_same_rows(tmp_path, target):
    rng = np.random.default_rng(5)
    x = rng.uniform(-1, 1, (150, 2)).round(4)
    table = tmp_path / "t.csv"
    y = [f"{a * b:.4f}" if n % 11 else "" for n, (a, b) in enumerate(x)]  # some rows have no target
    kind = [("up" if a > b else "down") if n % 13 else "" for n, (a, b) in enumerate(x)]
    rows = zip(x, y, kind, strict=True)
    table.write_text("\n".join(["a,b,y,kind", *(f"{a},{b},{c},{k}" for (a, b), c, k in rows)]))
    ca.train(
        table, target, drop=["kind" if target == "y" else "y"], epochs=3, compare=False, engine="numpy",
        progress=False, out=tmp_path / "run",
    )  # fmt: skip
    run = ca.load(tmp_path / "run")
    judged = run.way.judged
    assert len(judged.rows) == judged.count == run.data["trained"]
    found = ca.landscape(run, points=3, curvature=False)
    assert found.rows == judged.count and found.judged is None
    assert np.array_equal(found.path_losses, judged.losses)
    # The rows of the file whose places are kept, by the first network itself.
    present = [n for n in range(150) if (y if target == "y" else kind)[n]]
    some = [present[place] for place in judged.rows]
    z = run.network[0](run.preprocessing.transform(table_from({"a": x[some, 0], "b": x[some, 1]}))).astype(float)
    if target == "y":
        by_hand = np.mean((z[:, 0] - (np.array([float(y[n]) for n in some]) - run.target.mean) / run.target.std) ** 2)
    else:
        codes = [run.classes.index(kind[n]) for n in some]
        by_hand = np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(some)), codes])
    assert judged.delivered == pytest.approx(by_hand, rel=1e-4)
    assert found.loss == pytest.approx(by_hand, rel=1e-4)
    at_end = ca.landscape(run, {"a": x[:, 0], "b": x[:, 1], "y": y, "kind": kind}, points=3, curvature=False)
    assert at_end.judged is not None  # other rows: those set aside are among them
    assert "as measured when the training ended" in str(at_end)


def test_few_points_and_rows_are_measured_where_that_takes_long(tmp_path, monkeypatch):
    monkeypatch.setattr(trajectory, "JUDGED", 6)
    run = fitted(tmp_path / "a", epochs=9)
    judged = ca.load(tmp_path / "a").way.judged
    assert np.flatnonzero(~np.isnan(judged.losses)).tolist() == [0, 1, 3, 4, 9]
    found = ca.landscape(run, X, Y, loss="squared_error", points=3, curvature=False)
    assert set(dots(found)) <= {0, 1, 3, 4, 9} and {0, 9} <= set(dots(found))
    assert "NaN" not in found.svg()
    monkeypatch.setattr(trajectory, "SECONDS", 0.0)
    monkeypatch.setattr(trajectory, "FEWEST_ROWS", 20)
    judged = fitted(tmp_path / "b", epochs=9).way.judged
    assert judged.count == 20 and np.flatnonzero(~np.isnan(judged.losses)).tolist() == [0, 9]


def test_a_way_of_format_1_is_drawn_with_the_losses_that_were_recorded():
    run = ca.load(Path(__file__).parents[1] / "storage" / "format_1" / "way")
    assert run.way.judged is None
    x = plain_rows(50)
    found = ca.landscape(run, x, x[:, 0] * x[:, 1], loss="squared_error", points=3, curvature=False)
    assert found.recorded and "recorded while the run learned" in str(found)
    assert "after epoch 0: loss not recorded" in found.svg()
    assert found.path_losses[1:] == pytest.approx([record.loss for record in run.history])


def test_what_is_gone_on_with_or_mixed_has_none(tmp_path):
    how = {"epochs": 2, "compare": False, "engine": "numpy", "progress": False}
    assert ca.train(TABLE, "y", effort="best", out=tmp_path / "best", **how).way is None
    assert (tmp_path / "best" / "run.json").exists()
    assert not (tmp_path / "best" / "trajectory.safetensors").exists()


def test_the_plane_of_many_weights_is_that_of_singular_values():
    random = np.random.default_rng(1)
    way = (random.standard_normal((12, 5)) * [9, 4, 1, 0.1, 0.01]) @ random.standard_normal((5, 300))
    plane = trajectory_plane({"w": np.zeros(300)}, way)
    _, lengths, rows = np.linalg.svd(way, full_matrices=False)
    assert np.abs(np.sum(plane.axes * rows[:2], axis=1)) == pytest.approx([1, 1], abs=1e-10)
    assert plane.explained == pytest.approx((lengths**2 / np.sum(lengths**2))[:2], rel=1e-10)


# ---- the file ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept") / "run"
    run = fitted(folder)
    return folder / "trajectory.safetensors", run.network.parameters()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda arrays, facts: arrays.pop("epochs"), "not of the network beside it"),
        (lambda arrays, facts: arrays.update(x=X), "not of the network beside it"),
        (lambda arrays, facts: arrays.update(rows=np.arange(60)) or arrays.pop("true_losses"), "not of the network"),
        (lambda arrays, facts: arrays.update(places=np.zeros((9, 3))), "'places' has shape"),
        (lambda arrays, facts: arrays.update(epochs=np.arange(9.0)), "'epochs' has shape .* F64"),
        (lambda arrays, facts: arrays.update(epochs=np.arange(9)[::-1].copy()), "do not ascend"),
        (lambda arrays, facts: arrays.update(epochs=np.arange(1)), "1 points"),
        (lambda arrays, facts: arrays.update(off_plane=np.full(9, -1.0)), "below 0"),
        (lambda arrays, facts: arrays.update(off_plane=np.full(9, np.nan)), "not finite"),
        (lambda arrays, facts: arrays.update(losses=np.full(9, np.inf)), "not finite"),
        (lambda arrays, facts: arrays["directions/0.weight"].fill(2), "length 1"),
        (lambda arrays, facts: facts.update(format=3), "expected format 1 or 2"),
        (lambda arrays, facts: facts.update(format=1), "format 1, which has no"),
        (lambda arrays, facts: arrays.pop("true_losses"), "the header is"),
        (lambda arrays, facts: facts.pop("count"), "the header is"),
        (lambda arrays, facts: facts.update(count=0), "0 rows"),
        (lambda arrays, facts: facts.update(count=True), "True rows"),
        (lambda arrays, facts: facts.update(loss="a b"), "told to be 'a b'"),
        (lambda arrays, facts: facts.update(delivered="1"), "in the end"),
        (lambda arrays, facts: facts.update(delivered=10**400), "in the end"),
        (lambda arrays, facts: arrays.update(true_losses=np.full(9, -np.inf)), "minus infinity"),
        (lambda arrays, facts: arrays.update(true_losses=np.zeros(8)), "'true_losses' has shape"),
        (lambda arrays, facts: arrays.update(rows=np.arange(60)[::-1].copy()), "60 places that ascend"),
        (lambda arrays, facts: arrays.update(rows=np.arange(59)), "60 places that ascend"),
        (lambda arrays, facts: arrays.update(rows=np.arange(-1, 59)), "60 places that ascend"),
        (lambda arrays, facts: arrays.update(rows=np.arange(60.0)), "'rows' has shape .* F64"),
        (lambda arrays, facts: facts.update(format=True), "expected format 1 or 2"),
        (lambda arrays, facts: facts.update(more=1), "the header is"),
        (lambda arrays, facts: facts.update(explained=[0.9, 0.9]), "explained"),
        (lambda arrays, facts: facts.update(explained=[True, 0]), "explained"),
        (lambda arrays, facts: facts.update(explained="ab"), "explained"),
    ],
)
def test_other_files_are_refused(kept, tmp_path, change, message):
    from safetensors.numpy import load_file, save_file

    place, weights = kept
    arrays = load_file(place)
    facts = {"format": 2, "explained": [0.7, 0.2], "loss": "SquaredError", "count": 60, "delivered": 0.1}
    change(arrays, facts)
    save_file(arrays, tmp_path / "a", {"cutaway trajectory": json.dumps(facts)})
    with pytest.raises(ModelFileError, match=message):
        read_way(tmp_path / "a", weights)


def test_damaged_files_are_refused_and_no_row_is_in_one(kept, tmp_path):
    place, weights = kept
    content = place.read_bytes()
    assert read_way(place, weights).fits(weights)
    assert not any(row.tobytes() in content for row in X)
    random = np.random.default_rng(0)
    for _ in range(150):
        changed = bytearray(content)
        changed[random.integers(len(content) if random.random() < 0.5 else 700)] = random.integers(256)
        (tmp_path / "a").write_bytes(changed if random.random() < 0.8 else changed[: random.integers(len(content))])
        try:
            read_way(tmp_path / "a", weights)
        except ModelFileError as fault:
            assert str(tmp_path / "a") in str(fault)
    with pytest.raises(ModelFileError, match="not of the network"):
        read_way(place, {"0.weight": np.zeros((2, 4))})
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(ModelFileError):
        read_way(tmp_path / "a", weights)


# ---- pictures and texts -----------------------------------------------------------------------------------------

LETTERS = Text("the cat sat on the mat. a dog sat on a log. " * 60)
SHADES = np.random.default_rng(0).integers(0, 120, (60, 8, 8, 1)) + 100 * (np.arange(60) % 2)[:, None, None, None]


class Seen:
    """A follower that holds all weights and state after each epoch."""

    def __init__(self):
        self.points = {}

    def __call__(self, record):
        pass

    def begins(self, setup):
        pass

    def weights(self, epoch, last, fetch):
        self.points[epoch] = dict(fetch())


def job(kind, folder, **options):
    how = {"effort": "quick", "engine": "numpy", "progress": False, **options}
    if kind == "text":
        return train_text(LETTERS, epochs=10, context=16, out=folder, **how)
    np.savez(folder.parent / "shades.npz", x=SHADES.astype(np.uint8), y=np.arange(60) % 2)
    return train_pictures(folder.parent / "shades.npz", epochs=4, out=folder, **how)


@pytest.mark.filterwarnings("ignore::cutaway.errors.FindingWarning")
@pytest.mark.parametrize("kind", ["text", "pictures"])
def test_a_run_keeps_the_very_weights_that_it_had_after_its_epochs(tmp_path, kind):
    if kind == "pictures":
        pytest.importorskip("PIL")
    seen = Seen()
    run = job(kind, tmp_path / "run", callbacks=[seen])
    back = ca.load(tmp_path / "run")
    assert [epoch for epoch, _ in back.moments] == sorted(seen.points) == list(range(len(run.history) + 1))
    for epoch, arrays in back.moments:
        assert arrays.keys() == seen.points[epoch].keys()
        assert all(arrays[path].tobytes() == array.tobytes() for path, array in seen.points[epoch].items())
    first = {path: np.stack([point[path] for point in seen.points.values()]) for path in run.network.parameters()}
    moved = np.concatenate([(first[path] - own).reshape(len(seen.points), -1)
                            for path, own in sorted(run.network.parameters().items())], axis=1)  # fmt: skip
    lengths = np.linalg.svd(moved.astype(np.float64), compute_uv=False)
    assert back.way.explained == pytest.approx((lengths**2 / np.sum(lengths**2))[:2], rel=1e-4)
    # It goes along when the run is saved elsewhere, and is not looked at by who has no use for it.
    back.save(tmp_path / "other")
    assert (tmp_path / "other" / "moments.safetensors").read_bytes() == (
        tmp_path / "run" / "moments.safetensors"
    ).read_bytes()


@pytest.mark.filterwarnings("ignore::cutaway.errors.FindingWarning")
def test_a_text_learns_the_same_bit_by_bit_when_it_is_followed(tmp_path):
    alone, followed = (job("text", folder) for folder in (None, tmp_path / "run"))
    assert alone.way is None and not alone.moments
    assert followed.way is not None and followed.moments
    assert all(np.array_equal(array, followed.network.parameters()[path])
               for path, array in alone.network.parameters().items())  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moments_and_plane_stay_within_their_bytes(monkeypatch, dtype):
    random = np.random.default_rng(0)
    network = ca.Sequential(ca.Dense(50), ca.Tanh(), ca.Dense(50)).build(20, dtype=dtype)
    count = sum(array.size for array in network.parameters().values())
    one = count * np.dtype(dtype).itemsize
    followed = Followed(1000 * one)
    for epoch in range(40):
        followed.add(epoch, random.normal(size=count).astype(dtype))
    plane = len(way_bytes(followed.way(network, [])))
    for room in (4, 7, 20, 1000):
        monkeypatch.setattr(trajectory, "BYTES", room * one)
        found = followed.moments(network)
        assert [found[0][0], found[-1][0]] == [0, 39]
        assert min(room - 3, 12) <= len(found) <= min(room - 2, trajectory.MOMENTS)
        assert plane + len(moments_bytes(found)) < room * one + 2000 * room  # the headers
    # Early on, where more happens, they lie closer together.
    epochs = [epoch for epoch, _ in found]
    assert np.mean(np.diff(epochs[:8])) < np.mean(np.diff(epochs[-8:]))
