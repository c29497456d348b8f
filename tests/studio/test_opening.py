"""What the studio opens: tables, dropped files, points, arrays, runs; and what it refuses."""

import time

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.bundled import bundled
from cutaway.errors import InputError
from cutaway.studio import case as case_module
from cutaway.studio.commands import run
from cutaway.studio.opening import open_arrays, open_material, open_run, open_rung
from cutaway.studio.protocol import packed
from cutaway.studio.session import Session
from cutaway.studio.sources import of_bundled, of_points, of_table, read_bytes

CSV = (
    b"size;town;built;price;<script>alert(1)</script>\n"
    + b"".join(
        b"%d,5;%s;20%02d-05-01;%d;%d\n" % (30 + i, [b"Delft", b"Gouda", b""][i % 3], i % 30, 100 + 7 * i % 90, i % 5)
        for i in range(80)
    )
)  # fmt: skip


def scene_of(opened):
    session = Session(*opened)
    told = run(session, "open", {})
    packed(told)
    return session, told


def test_a_dropped_table_is_read_encoded_and_drawn_in_its_own_units():
    table = read_bytes("../../houses of mine.csv", CSV)
    assert table.source == "houses of mine.csv"
    session, told = scene_of(open_material(of_table(table, "price")))
    assert told["data"]["task"] == "regression"
    assert {column["name"]: column["kind"] for column in told["data"]["columns"]} == {
        "size": "number", "town": "category", "built": "date", "<script>alert(1)</script>": "number",
    }  # fmt: skip
    assert told["data"]["axes"][0] == {"name": "size", "low": 30.5, "high": 109.5}
    assert (told["data"]["rows"], told["data"]["held_out"]) == (64, 16)
    found = run(session, "boundary", {"axes": ["size"], "points": 6})
    assert 0 < found["axes"][0]["low"] < 30.5
    assert 100 <= found["outputs"].min() <= found["outputs"].max() <= 189  # in the price's own units, and its range
    shown = run(session, "forward", {})
    row = {each["column"]: each["value"] for each in shown["row"]}
    typed = run(session, "select", {"typed": row})
    np.testing.assert_array_equal(typed["x"], shown["x"])  # the same row, typed
    assert typed["answer"]["shown"] == shown["answer"]["shown"]


def test_errors_of_a_dropped_file_name_the_file_as_it_was_called():
    with pytest.raises(InputError, match=r"empty\.csv") as fault:
        read_bytes("C:\\mine\\empty.csv", b"")
    assert "/tmp" not in str(fault.value)


def test_more_categories_than_inputs_can_be_are_refused():
    rows = {"code": np.array([f"c{i % 90}" for i in range(900)], object), "y": np.arange(900.0) % 7}
    with pytest.raises(InputError, match="'code' has more than 50"):
        of_table(ca.data.table.Table(rows), "y")


def test_bundled_sets_have_their_classes_and_a_start_of_chance():
    session, told = scene_of(open_material(of_bundled("iris")))
    assert told["data"]["classes"] == ["setosa", "versicolor", "virginica"]
    assert told["network"]["words"] == "4 → 8 → 8 → 3, 139 weights"
    with session.turn():
        session.advance(400)
    assert session.evaluation(session.case, session.now, session.way).metrics["accuracy, training"] > 0.9
    with pytest.raises(InputError, match="iris"):
        of_bundled("iriss")


def test_points_drawn_by_hand_are_classes_or_numbers():
    points = {"x": [[0, 0], [1, 1], [0, 1], [1, 0]], "y": ["a", "a", "b", "b"], "names": ["left", "up"]}
    _, told = scene_of(open_material(of_points(points)))
    assert (told["data"]["classes"], told["can"]["boundary"]) == (["a", "b"], "plane")
    _, told = scene_of(open_material(of_points({"x": [[0], [1], [2]], "y": [0, 1.5, 4]})))
    assert (told["data"]["task"], told["can"]["boundary"]) == ("regression", "curve")
    for wrong in (
        {}, [], {"x": [], "y": []}, {"x": [[0], [1, 2]], "y": [1, 2]}, {"x": [[0], [1]], "y": [1]},
        {"x": [[0], ["1e"]], "y": [1, 2]}, {"x": [[0], [float("nan")]], "y": [1, 2]},
        {"x": [[0], [1]], "y": ["a", "a"]}, {"x": [[0], [1]], "y": [1, None]},
        {"x": [[0, 1], [1, 2]], "y": [1, 2], "names": ["a", "a"]},
    ):  # fmt: skip
        with pytest.raises(InputError, match="points: "):
            of_points(wrong)


def test_arrays_and_a_network_are_shown_as_they_are_and_the_network_is_left_alone():
    X, y = np.random.default_rng(0).normal(size=(50, 3)), np.arange(50) % 3
    net = ca.Sequential(ca.Dense(4), ca.ReLU(), ca.Dense(3)).build(3)
    before = {path: array.copy() for path, array in net.parameters().items()}
    session, told = scene_of(open_arrays(net, X, y, names=["a", "b", "c"], validation=0.2))
    assert told["data"]["classes"] == ["class 0", "class 1", "class 2"]
    assert told["network"]["dtype"] == "float32"
    assert told["training"]["loss"]["name"] == "cross_entropy"
    np.testing.assert_array_equal(run(session, "forward", {})["output"], net(session.case.material.x[:1])[0])
    with session.turn():
        session.advance(20)
    assert all(np.array_equal(array, before[path]) for path, array in net.parameters().items())
    with pytest.raises(InputError, match="as many rows"):
        open_arrays(net, X, y[:-1])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studio")
    from cutaway.data.writing import write_table

    write_table(bundled("iris"), folder / "iris.csv")
    made = ca.train(folder / "iris.csv", "species", effort="quick", epochs=3, out=folder / "run", compare=False)
    return folder, made


def test_a_run_answers_in_the_studio_as_it_predicts(trained):
    folder, made = trained
    session, told = scene_of(open_run(folder / "run"))
    assert not told["network"]["editable"]
    truth = made.predict_proba(folder / "iris.csv")
    material = session.case.material
    assert (told["data"]["rows"], told["data"]["held_out"]) == (102, 30)  # 18 more chose the weights
    for part, example in (("training", 0), ("training", 60), ("held_out", 29)):
        place = material.place(part, example)
        run(session, "select", {"part": part, "example": example})
        found = run(session, "forward", {})
        np.testing.assert_allclose(found["answer"]["probabilities"], truth[place], atol=2e-6)
    told = run(session, "number", {"what": {"kind": "loss"}})
    assert told["value"] == pytest.approx(run(session, "forward", {})["loss"], rel=1e-4)
    with pytest.raises(InputError, match="layers of a run"):
        run(session, "shape", {"change": {"layers": [{"kind": "Dense", "settings": {"units": 3}}]}})


def test_only_runs_of_the_folder_where_it_was_started_are_opened_from_the_page(trained):
    folder, _ = trained
    session = Session(*open_rung("line"))
    for name in (str(folder / "run"), "/etc", "../run"):
        with pytest.raises(InputError, match="does not lie"):
            run(session, "load", {"source": {"run": name}})
    session.homes = (str(folder),)
    assert run(session, "load", {"source": {"run": str(folder / "run")}})["title"] == "run"
    with pytest.raises(InputError, match="does not lie"):
        run(session, "load", {"source": {"run": str(folder / ".." / "other")}})


def test_sources_that_are_none_are_refused():
    session = Session(*open_rung("line"))
    for wrong in ({}, {"rung": "line", "bundled": "iris"}, {"rung": "sky"}, {"table": 5, "target": "y"}, {"rung": 3}):
        with pytest.raises(InputError):
            run(session, "load", {"source": wrong})


def test_large_networks_are_trained_by_xla_and_rewound_bit_by_bit(monkeypatch):
    pytest.importorskip("jax")
    monkeypatch.setattr(case_module, "LARGE", 10)
    X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    net = ca.Sequential(ca.Dense(16), ca.Tanh(), ca.Dense(1)).build(3)
    session, told = scene_of(open_arrays(net, X, X[:, :1] * X[:, 1:2], loss="squared_error", batch_size=16))
    assert told["training"]["engine"] == "xla"
    run(session, "train", {"until": 90})
    while session.training.running:
        time.sleep(0.01)
    end = run(session, "weights", {})
    assert session.now.step == 90
    run(session, "seek", {"step": 37})
    run(session, "seek", {"step": 90})
    assert all(np.array_equal(array, end[path]) for path, array in run(session, "weights", {}).items())
    assert session.time()["loss"] < told["time"]["loss"]


def test_pictures_show_what_an_answer_depends_on():
    random = np.random.default_rng(0)
    X, y = random.normal(size=(12, 6, 6, 1)), np.arange(12) % 3
    net = ca.Sequential(
        ca.RandomFlip(), ca.Conv2D(4, 3), ca.BatchNorm(), ca.ReLU(), ca.GlobalAveragePool(), ca.Dense(3)
    )
    session, told = scene_of(open_arrays(net, X, y))
    assert told["data"]["picture"] == [6, 6, 1]
    forward = run(session, "forward", {})
    packed(forward)
    layers = {layer["path"]: layer for layer in forward["layers"]}
    assert layers["0"]["blame"] is None  # nothing before the first weight is to blame
    assert layers["1"]["blame"].shape == layers["1"]["value"].shape
    found, away = run(session, "saliency", {"output": 2}), random.normal(size=(6, 6, 1))
    scores = [session.case.outputs(session.now, found["picture"][None] + sign * 1e-6 * away)[0, 2] for sign in (1, -1)]
    assert np.vdot(found["gradient"], away) == pytest.approx((scores[0] - scores[1]) / 2e-6, rel=1e-5)
    assert run(session, "filters", {})["filters"].shape == (4, 3, 3, 1)
    norm = run(session, "norms", {})["layers"][0]
    values = session.case.taps(session.now, X)[1][1].output.reshape(-1, 4)
    np.testing.assert_allclose(norm["units"]["mean"], values.mean(axis=0), rtol=1e-9)
    assert norm["before"]["counts"].sum() == values.size
