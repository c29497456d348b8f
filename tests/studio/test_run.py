"""A run in the studio is the run: its parts, its records, its findings, its way of training, the weights it kept."""

import copy

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.bundled import bundled
from cutaway.data.writing import write_table
from cutaway.errors import InputError
from cutaway.losses import CrossEntropy
from cutaway.storage.moments import Moments
from cutaway.studio.commands import run
from cutaway.studio.keeping import kept_page
from cutaway.studio.measure import SHARE_WRONG
from cutaway.studio.opening import open_run, opened_run
from cutaway.studio.protocol import packed
from cutaway.studio.report_rows import set_aside
from cutaway.studio.run_past import moments_of_way, past_of
from cutaway.studio.session import Session
from cutaway.studio.studies import _landscape

EPOCHS = 12
HOW = {"engine": "numpy", "progress": False}


def session_of(opened):
    session = Session(*opened)
    told = run(session, "open", {})
    packed(told)
    return session, told


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    write_table(bundled("iris"), folder / "iris.csv")
    return folder


@pytest.fixture(scope="module")
def quick(folder):
    return ca.train(
        folder / "iris.csv", "species", effort="quick", epochs=EPOCHS, out=folder / "quick", compare=False, **HOW
    )


def test_what_was_set_aside_is_held_out_and_scores_as_the_run_says(quick):
    session, told = session_of(open_run(quick.path))
    material, aside = session.case.material, set_aside(quick)
    assert sorted(material.held_out) == sorted(aside.places)
    assert (told["data"]["rows"], told["data"]["held_out"]) == (102, 30)
    assert quick.data["trained"] - quick.data["watched"] == 102
    assert not set(material.training) & set(material.held_out)
    metrics = session.evaluation(session.case, session.now, session.way).metrics
    assert metrics["accuracy"] == pytest.approx(quick.scores.value)
    assert any("18 rows" in note for note in told["notes"])


def test_its_records_and_its_findings_are_the_runs_own(quick):
    session, told = session_of(open_run(quick.path))
    curves = run(session, "curves", {})
    packed(curves)
    np.testing.assert_array_equal(curves["loss"]["step"], [record.step for record in quick.history])
    np.testing.assert_array_equal(curves["loss"]["training"], [record.loss for record in quick.history])
    # Its weights were chosen by the share of wrong answers, which is no loss.
    np.testing.assert_array_equal(curves["metrics"][SHARE_WRONG], [record.validation for record in quick.history])
    assert np.isnan(curves["loss"]["held_out"]).all()
    assert {each["path"] for each in curves["vitals"]} == {vitals.path for vitals in quick.vitals}
    every = [*quick.verdict.findings, *quick.verdict.notes]
    assert every  # so few steps are worth a word
    assert [each["sentence"] for each in curves["findings"]] == [finding.sentence for finding in every]
    found = run(session, "findings", {})
    assert [each["check"] for each in found["findings"]] == [finding.check for finding in every]
    assert (told["time"]["step"], told["time"]["epoch"]) == (quick.history[-1].step, EPOCHS)


def test_it_is_trained_as_the_run_was_from_its_first_weights_to_those_delivered(quick):
    session, told = session_of(open_run(quick.path))
    assert told["training"]["optimizer"]["words"] == quick.settings["optimizer"]
    assert told["training"]["optimizer"]["short"] == "Adam, rate 0.04 rising and falling"
    assert told["training"]["batch_size"] == quick.settings["batch_size"]
    assert told["training"]["seed"] == quick.settings["seed"]
    session.reset()
    session.advance(quick.best.step)
    for path, array in quick.network.parameters().items():
        np.testing.assert_allclose(session.now.carry.params[path], array, rtol=1e-4, atol=1e-5, err_msg=path)


def test_of_several_networks_the_first_is_trained_again_on_its_own_fold(folder):
    made = ca.train(folder / "iris.csv", "species", epochs=4, out=folder / "several", compare=False, **HOW)
    session, told = session_of(open_run(made.path))
    assert told["data"]["rows"] == 105  # seven of its eight folds
    session.reset()
    session.advance(made.best.step)
    first = made.network[0].parameters()
    for path, array in first.items():
        np.testing.assert_allclose(session.now.carry.params[path], array, rtol=1e-3, atol=1e-4, err_msg=path)
    assert any("means over all its networks" in note for note in told["notes"])


def test_weights_on_the_way_say_how_nearly_they_are_known(quick):
    session, _ = session_of(open_run(quick.path))
    run(session, "seek", {"step": 0, "branch": 0})
    assert (session.now.step, session.time()["nearly"]) == (0, "")
    told = run(session, "seek", {"step": 5, "branch": 0})
    assert told["step"] == 5 and told["nearly"].startswith("nearly the weights after epoch 5")
    assert told["loss"] != quick.history[-1].loss
    assert run(session, "seek", {"step": 6})["step"] == 6
    assert run(session, "seek", {"step": EPOCHS, "branch": 1})["nearly"] == ""
    delivered = quick.network.parameters()
    assert all(np.array_equal(session.now.carry.params[path], delivered[path]) for path in delivered)


def test_a_weight_set_in_the_past_begins_a_branch_and_the_past_stays(quick):
    session, _ = session_of(open_run(quick.path))
    run(session, "seek", {"step": 5, "branch": 0})
    before = session.now.arrays["1.bias"][0]
    run(session, "edit", {"path": "1.bias", "index": [0], "value": 2.0})
    assert session.now.branch == 2
    session.advance(3)
    assert session.now.step == 8
    assert session.history.at(0, 5).arrays["1.bias"][0] == before
    assert len(session.history.curves(0)["loss"]["step"]) == EPOCHS


def test_moments_of_the_plane_are_as_far_off_as_it_says(tmp_path):
    X = np.random.default_rng(0).uniform(-1, 1, (60, 2))
    net = ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(1))
    made = ca.fit(net, X, X[:, 0] * X[:, 1], loss="squared_error", optimizer=ca.Adam(0.05), epochs=20, engine="numpy",
                  trajectory=True, path=tmp_path / "run")  # fmt: skip
    moments, nearly = moments_of_way(made.way, net, {epoch: epoch for epoch in range(21)}, 1)
    assert nearly
    for epoch, off in zip(made.way.epochs, made.way.off_plane, strict=True):
        found, true = moments[int(epoch)].carry.params, made.trajectory[int(epoch)]
        missing = np.sqrt(sum(np.sum((found[path] - true[path]) ** 2) for path in found))
        assert missing == pytest.approx(off, rel=1e-3, abs=1e-5)


def test_a_run_in_memory_has_the_very_weights_of_its_way(tmp_path):
    X = np.random.default_rng(0).uniform(-1, 1, (60, 2)).astype(np.float32)
    y = X[:, 0] * X[:, 1]
    net = ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(1))
    made = ca.fit(net, X, y, loss="squared_error", optimizer=ca.Adam(0.05), epochs=20, batch_size=16, engine="numpy",
                  validation=0.2, trajectory=True, path=tmp_path / "run")  # fmt: skip
    session, told = session_of(opened_run(made))
    assert (told["data"]["rows"], told["data"]["held_out"]) == (48, 12)
    assert told["training"]["optimizer"]["words"] == "Adam(0.05)"
    for epoch in (0, 7, 20):
        run(session, "seek", {"step": 3 * epoch, "branch": 0})
        assert session.time()["nearly"] == ""
        for path, array in session.now.carry.params.items():
            np.testing.assert_array_equal(array, made.trajectory[epoch][path])
    # From disk, its rows given: its seed gives the first weights, its plane those on the way.
    with pytest.raises(InputError, match=r"--data"):
        open_run(tmp_path / "run")
    np.savez(tmp_path / "rows.npz", X=X, y=y)
    session, told = session_of(open_run(tmp_path / "run", tmp_path / "rows.npz"))
    assert (told["title"], told["data"]["rows"], told["data"]["held_out"]) == ("run", 48, 12)
    session.reset()
    session.advance(made.best.step)
    np.testing.assert_allclose(session.now.carry.params["0.weight"], made.network.parameters()["0.weight"], rtol=1e-4)
    assert len(session.history.curves(1)["loss"]["step"]) == 20


@pytest.mark.parametrize(
    "how",
    [{"group": "g"}, {"time_column": "t", "lag": 3}, {"weight": "w"}, {"test": "own.csv"}],
    ids=lambda how: next(iter(how)),
)
def test_the_parts_are_those_of_the_run_however_it_divided_its_rows(how, tmp_path):
    random = np.random.default_rng(0)
    for name, count in (("rows.csv", 200), ("own.csv", 50)):
        t, weight = np.arange(count), random.integers(0, 3, count)
        y = np.sin(t / 9) + random.normal(size=count) / 10
        lines = [f"{a},g{a % 12},{b},{c}" for a, b, c in zip(t, weight, ["", *y[1:]], strict=True)]
        (tmp_path / name).write_text("\n".join(["t,g,w,y", *lines]) + "\n")
    how = {name: str(tmp_path / value) if name == "test" else value for name, value in how.items()}
    made = ca.train(
        tmp_path / "rows.csv", "y", effort="quick", epochs=4, out=tmp_path / "run", compare=False, **how, **HOW
    )
    session, told = session_of(open_run(made.path))
    material, aside = session.case.material, set_aside(made)
    shown = material.table.column("y")[material.held_out]
    np.testing.assert_array_equal(np.sort(shown), np.sort(aside.table.column("y")))
    assert len(material.training) == made.data["trained"] - made.data["watched"]
    assert not set(material.training) & set(material.held_out)
    assert session.case.past.start is not None  # its seed gives the first weights that the run's way begins with
    again = any("every step of its training" in note for note in told["notes"])
    assert again != any("weighted them by 'w'" in note for note in told["notes"])


def test_other_rows_are_not_called_learned_from(quick, folder):
    table = bundled("iris")
    write_table(table.select(np.arange(0, 150, 2)), folder / "half.csv")
    session, told = session_of(open_run(quick.path, folder / "half.csv"))
    assert (told["data"]["rows"], told["data"]["held_out"]) == (75, 0)
    assert any("other rows than the run learned from" in note for note in told["notes"])
    assert session.case.past.start is None


def test_the_landscape_has_the_way_that_the_run_kept(quick):
    session, _ = session_of(open_run(quick.path))
    found = _landscape(session.shown(), "trajectory", 5, lambda *_: None)
    dotted = ~np.isnan(quick.way.judged.losses)
    np.testing.assert_allclose(found["path"], quick.way.places[dotted])
    np.testing.assert_allclose(found["off_plane"], quick.way.off_plane[dotted])
    np.testing.assert_allclose(found["path_losses"], quick.way.judged.losses[dotted])
    assert found["path_steps"].tolist() == quick.way.epochs[dotted].tolist()  # an epoch is a step here
    run(session, "seek", {"step": 5, "branch": 0})
    with pytest.raises(InputError, match="go to those delivered"):
        _landscape(session.shown(), "trajectory", 5, lambda *_: None)


def test_a_run_is_kept_as_a_file_with_the_moments_that_are_known(folder):
    made = ca.train({"x": np.linspace(0, 1, 60), "y": np.linspace(0, 1, 60) ** 2}, "y", effort="quick", epochs=6,
                    compare=False, **HOW)  # fmt: skip
    write = folder / "line.csv"
    write.write_text("x,y\n" + "".join(f"{x},{x**2}\n" for x in np.linspace(0, 1, 60)))
    made = ca.train(write, "y", effort="quick", epochs=6, out=folder / "line", compare=False, **HOW)
    session, told = session_of(open_run(made.path))
    assert told["data"]["task"] == "regression"
    page, _ = kept_page(session)
    assert len(page) < 2_000_000


def test_pictures_and_texts_have_their_parts_and_their_way(folder):
    image = pytest.importorskip("PIL.Image")
    random = np.random.default_rng(0)
    for name in ("dark", "light"):
        (folder / "pictures" / name).mkdir(parents=True)
        for number in range(30):
            pixels = random.integers(0, 120, (8, 8)) + (120 if name == "light" else 0)
            image.fromarray(pixels.astype(np.uint8)).save(folder / "pictures" / name / f"{number}.png")
    (folder / "book.txt").write_text("the cat sat on the mat. a dog & a log.\n" * 60)
    pictures = ca.train(folder / "pictures", epochs=2, effort="quick", out=folder / "seen", **HOW)
    text = ca.train(folder / "book.txt", epochs=1, effort="quick", context=32, out=folder / "read", **HOW)
    for made, parts in ((pictures, (pictures.data["learned"], pictures.data["tested"])), (text, None)):
        session, told = session_of(open_run(made.path))
        assert told["training"]["optimizer"]["words"] == made.settings["optimizer"]
        assert told["training"]["batch_size"] <= made.settings["batch_size"]
        assert told["training"]["loss"]["words"].startswith("CrossEntropy")
        assert told["data"]["held_out"] > 0
        if parts is not None:
            assert (told["data"]["rows"], told["data"]["held_out"]) == parts
            assert session.evaluation(session.case, session.now, session.way).metrics["accuracy"] == pytest.approx(
                made.scores.value
            )
        steps = run(session, "curves", {})["loss"]["step"]
        assert steps.tolist() == [record.step for record in made.history]
        # At each moment it is the network that it was then, and the page's figures are those of that network.
        assert not any("kept none" in note for note in told["notes"])
        assert [epoch for epoch, _ in made.moments] == list(range(len(made.history) + 1))
        material, rows = session.case.material, session.case.material.training
        network = copy.deepcopy(made.network)
        for epoch, arrays in made.moments:
            step = made.history[epoch - 1].step if epoch else 0
            time = run(session, "seek", {"step": step, "branch": 0})
            assert (time["step"], time["nearly"]) == (step, "")
            network.load(dict(arrays))
            loss = CrossEntropy(label_smoothing=session.way.loss.label_smoothing)
            value = loss.value(network(material.x[rows]), material.y[rows])
            assert time["loss"] == pytest.approx(float(value), rel=1e-5)


def test_pictures_are_learned_from_again_to_the_same_weights(folder):
    pytest.importorskip("PIL")
    random = np.random.default_rng(0)
    labels = np.arange(380) % 2
    pixels = (random.integers(0, 120, (380, 8, 8, 1)) + 100 * labels[:, None, None, None]).astype(np.uint8)
    np.savez(folder / "shades.npz", x=pixels, y=labels)
    made = ca.train(folder / "shades.npz", epochs=2, effort="quick", out=folder / "shades", **HOW)
    session, told = session_of(open_run(made.path))
    assert any("every step of its training" in note for note in told["notes"])
    session.reset()
    for epoch, record in enumerate(made.history, 1):
        session.advance(record.step - session.now.step)
        for path, array in session.now.arrays.items():
            np.testing.assert_allclose(array, made.moments[epoch][1][path], rtol=1e-4, atol=1e-5, err_msg=path)


def test_what_cannot_be_learned_from_again_is_not_claimed_to_be(folder):
    for name in ("seen", "read"):  # pictures that fill a batch in part, and a text of which some passages are shown
        if not (folder / name).exists():
            pytest.skip("Pillow is not installed, and made no pictures")
        session, told = session_of(open_run(folder / name))
        assert not any("every step of its training" in note for note in told["notes"])
        session.reset()
        first = ca.load(folder / name).moments[0][1]
        assert all(np.array_equal(array, first[path]) for path, array in session.now.arrays.items())


def test_a_network_too_large_for_moments_says_so(folder, monkeypatch):
    monkeypatch.setattr("cutaway.runs.train_text.HELD_OF_LARGE", 1000)
    (folder / "large.txt").write_text("the cat sat on the mat. a dog & a log.\n" * 60)
    made = ca.train(folder / "large.txt", epochs=0.2, effort="quick", context=32, out=folder / "large", **HOW)
    assert (made.way, list(made.moments)) == (None, [])
    assert not {"moments.safetensors", "trajectory.safetensors"} & {each.name for each in made.path.iterdir()}
    session, told = session_of(open_run(made.path))
    weights = sum(array.size for array in made.network.parameters().values())
    note = next(note for note in told["notes"] if "on the way are not kept" in note)
    assert f"{weights:,}" in note and note.endswith("those delivered are shown")
    delivered = session.now.arrays
    run(session, "seek", {"step": 0, "branch": 0})
    assert all(np.array_equal(array, delivered[path]) for path, array in session.now.arrays.items())


def test_what_was_told_stays_however_much_is_learned_on(quick, monkeypatch):
    monkeypatch.setattr("cutaway.studio.past.History.__init__.__defaults__", (1, 4_000))  # room for no keyframe
    session, _ = session_of(open_run(quick.path))
    known = {step: moment.arrays["1.bias"].copy() for step, moment in session.history.branches[0].keys.items()}
    assert len(known) > 6 and session.history.nbytes == 1
    run(session, "seek", {"step": 5, "branch": 0})
    session.advance(40)
    assert len(session.history.branches[session.now.branch].keys) == 2  # of its own the first and the newest
    assert session.history.branches[0].keys.keys() == known.keys()
    for step, bias in known.items():
        np.testing.assert_array_equal(session.history.at(0, step).arrays["1.bias"], bias)


def test_of_what_a_folder_holds_only_what_there_is_room_for_is_read(folder, monkeypatch):
    write = folder / "square.csv"
    write.write_text("x,y\n" + "".join(f"{x},{x**2}\n" for x in np.linspace(0, 1, 60)))
    ca.train(write, "y", effort="quick", epochs=6, out=folder / "square", compare=False, **HOW)
    made = ca.load(folder / "square")
    session, told = session_of(open_run(made.path))
    assert len(made.moments) > 3 and any(
        f"after {len(made.moments) - 1} of its epochs" in each for each in told["notes"]
    )
    one = sum(array.nbytes for array in made.moments[0][1].values())
    asked = []
    read = Moments.__getitem__
    monkeypatch.setattr(Moments, "__getitem__", lambda self, place: asked.append(place) or read(self, place))
    monkeypatch.setattr("cutaway.studio.run_past.MOST_KEPT_BYTES", 3 * one + 1)
    past, notes = past_of(made, session.case, session.way)
    last = len(made.moments) - 1
    assert asked == [0, round(last / 2), last]
    assert any("at the start and after 2 of its epochs are the very ones" in each for each in notes)
    assert sum(not each for each in (past.nearly.get(moment.step, "") for moment in past.moments)) == 3
