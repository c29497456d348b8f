"""What a client may ask for, against what the network, finite differences and other code say."""

import time

import numpy as np
import pytest

import cutaway as ca
from cutaway.errors import InputError
from cutaway.explain.figures import shown
from cutaway.studio.commands import COMMANDS, run
from cutaway.studio.opening import open_arrays, open_rung
from cutaway.studio.protocol import packed
from cutaway.studio.session import Session
from cutaway.studio.shaping import ACTIVATIONS, described


@pytest.fixture
def session():
    made = Session(*open_rung("network"))
    yield made
    made.close()


def ask(session, do, **arguments):
    found = run(session, do, arguments)
    packed(found)  # whatever is answered can be sent
    return found


def network_of(session):
    net = ca.Sequential(ca.Dense(8), ca.Tanh(), ca.Dense(8), ca.Tanh(), ca.Dense(1)).build(2, 0, np.float64)
    return net.load({path: np.array(array) for path, array in ask(session, "weights").items()})


def trained(session, until):
    ask(session, "train", until=until)
    while session.training.running:
        time.sleep(0.01)


def loss_of(session, net, part="training"):
    places = getattr(session.case.material, part)
    x, y = session.case.material.x[places], session.case.material.y[places]
    return float(ca.BinaryCrossEntropy()(net(x), y))


def test_what_is_shown_is_what_the_network_computes(session):
    trained(session, 37)
    net, found = network_of(session), ask(session, "forward")
    x = session.case.material.x[0:1]
    for layer in found["layers"]:
        if layer["path"]:
            x = net[int(layer["path"])](x, ctx=ca.Context())
            np.testing.assert_array_equal(layer["value"], x[0])
    np.testing.assert_array_equal(found["output"], x[0])
    assert found["answer"]["probabilities"][1] == pytest.approx(1 / (1 + np.exp(-x[0, 0])), rel=1e-12)
    told = ask(session, "open")["time"]
    assert told["step"] == 37
    assert told["loss"] == pytest.approx(loss_of(session, net), rel=1e-12)
    assert told["held_out"] == pytest.approx(loss_of(session, net, "held_out"), rel=1e-12)


def test_blame_is_what_finite_differences_say(session):
    trained(session, 20)
    ask(session, "select", part="held_out", example=5)
    found, net, tiny = ask(session, "forward"), network_of(session), 1e-6
    place = session.case.material.held_out[5]
    x, y = session.case.material.x[place : place + 1], session.case.material.y[place : place + 1]
    random = np.random.default_rng(0)
    assert found["loss"] == pytest.approx(float(ca.BinaryCrossEntropy()(net(x), y)), rel=1e-12)
    for path, gradient in found["gradients"].items():
        away = random.normal(size=gradient.shape)
        losses = []
        for sign in (1, -1):
            moved = {**net.parameters(), path: net.parameters()[path] + sign * tiny * away}
            losses.append(float(ca.BinaryCrossEntropy()(net.bind(moved)(x), y)))
        assert np.vdot(gradient, away) == pytest.approx((losses[0] - losses[1]) / (2 * tiny), rel=1e-5, abs=1e-9)
    values = {layer["path"]: layer for layer in found["layers"]}
    for path in ("0", "1", "3"):  # the blame of an activation: nudge it, and let the rest of the network go on
        value, blame = values[path]["value"], values[path]["blame"]
        away, losses = random.normal(size=value.shape), []
        for sign in (1, -1):
            h = (value + sign * tiny * away)[None]
            for layer in net.layers[int(path) + 1 :]:
                h = layer(h, ctx=ca.Context())
            losses.append(float(ca.BinaryCrossEntropy()(h, y)))
        assert np.vdot(blame, away) == pytest.approx((losses[0] - losses[1]) / (2 * tiny), rel=1e-5, abs=1e-9)


def test_blame_is_what_pytorch_says(session):
    torch = pytest.importorskip("torch")
    found = ask(session, "forward")
    weights = {path: torch.tensor(np.array(w), requires_grad=True) for path, w in ask(session, "weights").items()}
    h = torch.tensor(found["x"])[None]
    for place in ("0", "2", "4"):
        h = h @ weights[f"{place}.weight"] + weights[f"{place}.bias"]
        h = torch.tanh(h) if place != "4" else h
    target = torch.tensor(session.case.material.y[:1, None].astype(float))
    loss = torch.nn.functional.binary_cross_entropy_with_logits(h, target)
    loss.backward()
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-12)
    for path, weight in weights.items():
        np.testing.assert_allclose(found["gradients"][path], weight.grad.numpy(), rtol=1e-9, atol=1e-14)


def test_an_edit_moves_output_and_loss_and_is_taken_back_bit_by_bit(session):
    trained(session, 10)
    before, losses = ask(session, "weights"), ask(session, "open")["time"]
    done = ask(session, "edit", path="2.weight", index=[3, 1], value=1.75)
    assert (done["before"], done["after"]) == (before["2.weight"][3, 1], 1.75)
    assert done["loss_before"] == losses["loss"]
    assert done["loss"] == pytest.approx(loss_of(session, network_of(session)), rel=1e-12)
    assert done["loss"] != done["loss_before"]
    assert not done["branch_made"]
    ask(session, "edit", path="2.weight", index=[3, 1], value=2.0, more=True)
    ask(session, "edit", path="2.weight", index=[3, 1], value=2.5, more=True)
    ask(session, "edit", path="4.bias", index=[0], value=-1)
    back = ask(session, "undo")
    assert (back["path"], back["before"], back["undo"], back["redo"]) == ("4.bias", -1, 1, 1)
    assert ask(session, "undo")["after"] == before["2.weight"][3, 1]
    after = ask(session, "weights")
    assert all(np.array_equal(after[path], before[path]) for path in before)
    assert ask(session, "redo")["after"] == 2.5
    with pytest.raises(InputError, match="no edit"):
        for _ in range(3):
            ask(session, "undo")


def test_several_edits_are_taken_back_and_all_of_them_made_again(session):
    edits = [("4.bias", [0], 1.0), ("2.bias", [3], 2.0), ("0.weight", [1, 4], 3.0)]
    before = {path: float(ask(session, "weights")[path][tuple(index)]) for path, index, _ in edits}
    for path, index, value in edits:
        ask(session, "edit", path=path, index=index, value=value)
    last = ask(session, "weights")
    assert [ask(session, "undo")["redo"] for _ in edits] == [1, 2, 3]
    assert {path: ask(session, "weights")[path][tuple(index)] for path, index, _ in edits} == before
    assert [(told["path"], told["after"], told["redo"]) for told in (ask(session, "redo") for _ in edits)] == [
        ("4.bias", 1.0, 2), ("2.bias", 2.0, 1), ("0.weight", 3.0, 0),
    ]  # fmt: skip
    assert all(np.array_equal(array, last[path]) for path, array in ask(session, "weights").items())
    ask(session, "undo")
    ask(session, "edit", path="4.bias", index=[0], value=7)  # another edit: what was taken back is gone
    with pytest.raises(InputError, match="make again"):
        ask(session, "redo")


def test_an_edit_is_taken_back_where_it_was_made_and_what_was_learned_since_stays(session):
    first = ask(session, "weights")
    ask(session, "edit", path="0.weight", index=[0, 0], value=2)
    edited = ask(session, "weights")
    trained(session, 30)
    learned = ask(session, "weights")
    told = ask(session, "undo")
    assert (told["time"]["step"], told["after"], told["branch_made"]) == (0, first["0.weight"][0, 0], True)
    assert all(np.array_equal(array, first[path]) for path, array in ask(session, "weights").items())
    ask(session, "seek", branch=0, step=30)
    assert all(np.array_equal(array, learned[path]) for path, array in ask(session, "weights").items())
    told = ask(session, "redo")
    assert (told["time"]["step"], told["after"]) == (0, 2)
    assert all(np.array_equal(array, edited[path]) for path, array in ask(session, "weights").items())
    ask(session, "seek", branch=0, step=30)
    assert all(np.array_equal(array, learned[path]) for path, array in ask(session, "weights").items())


def test_an_edit_is_not_taken_back_on_a_branch_that_never_had_it(session):
    trained(session, 10)
    ask(session, "edit", path="4.bias", index=[0], value=5)
    ask(session, "seek", step=4)
    ask(session, "step", size="example")
    while ask(session, "open")["time"]["step"] < 10:
        ask(session, "step", size="batch")
    other = ask(session, "weights")
    assert ask(session, "undo")["time"]["branch"] == 0
    ask(session, "seek", branch=1, step=10)
    assert all(np.array_equal(array, other[path]) for path, array in ask(session, "weights").items())


def test_the_number_of_a_branch_that_is_gone_is_not_given_again(session):
    trained(session, 10)
    for number in (1, 2):
        ask(session, "seek", step=5)
        assert ask(session, "edit", path="4.bias", index=[0], value=5)["time"]["branch"] == number
        ask(session, "undo")
        assert [each["number"] for each in ask(session, "open")["branches"]] == [0]


def test_every_network_that_is_opened_has_a_number_of_its_own_even_where_it_is_the_same(session):
    opened = ask(session, "open")["opened"]
    trained(session, 5)
    assert ask(session, "reset")["opened"] == opened  # the same network, on another branch
    scenes = [ask(session, "load", source={"rung": "network"}) for _ in range(2)]
    assert [scene["opened"] for scene in scenes] == [opened + 1, opened + 2]
    assert ask(session, "shape", change={"rate": 0.5})["opened"] == opened + 2
    layers = [{"kind": "Dense", "settings": {"units": 1}}]
    assert ask(session, "shape", change={"layers": layers})["opened"] == opened + 3


def test_a_computation_about_the_network_before_ends_with_it(session):
    told = []

    class Hears:
        def push(self, content):
            told.append(content)

        def wake(self):
            pass

    session.clients.append(Hears())
    ask(session, "capacity", widths=[1, 2], resamples=3, seeds=1, epochs=500)
    ask(session, "load", source={"rung": "network"})
    end = time.perf_counter() + 60
    while session.jobs._running and time.perf_counter() < end:
        time.sleep(0.02)
    assert not session.jobs._running and not session.jobs.results
    assert "done" not in [each.get("state") for each in told]


def test_an_edit_in_the_past_begins_a_branch_which_goes_when_it_is_taken_back(session):
    trained(session, 30)
    end = ask(session, "weights")
    ask(session, "seek", step=12)
    at = ask(session, "weights")
    made = ask(session, "edit", path="0.bias", index=[2], value=0.5)
    assert made["branch_made"]
    assert [(b["number"], b["parent"], b["from"]) for b in ask(session, "open")["branches"]] == [
        (0, None, 0),
        (1, 0, 12),
    ]
    trained(session, 20)
    assert ask(session, "open")["time"]["last"] == 20
    told = ask(session, "seek", branch=0, step=30)
    assert (told["branch"], told["last"]) == (0, 30)
    again = ask(session, "weights")
    assert all(np.array_equal(again[path], end[path]) for path in end)
    ask(session, "seek", step=12)
    ask(session, "edit", path="0.bias", index=[2], value=0.5)
    ask(session, "undo")
    assert [b["number"] for b in ask(session, "open")["branches"]] == [0, 1]
    again = ask(session, "weights")
    assert all(np.array_equal(again[path], at[path]) for path in at)


def test_a_branch_has_the_name_of_what_the_whole_drag_did(session):
    trained(session, 6)
    ask(session, "seek", step=3)
    before = shown(session.now.arrays["0.weight"][0, 1])
    for more, value in enumerate((0.1, 0.2, 0.3)):
        told = ask(session, "edit", path="0.weight", index=[0, 1], value=value, more=bool(more))
        assert told["branch_made"] == (not more)
        assert told["time"]["why"] == f"0.weight[0, 1]: {before} → {shown(value)}"
    ask(session, "step", size="batch")
    told = ask(session, "edit", path="0.weight", index=[0, 1], value=0.5, more=True)
    assert told["time"]["why"] == f"0.weight[0, 1]: {before} → 0.3"  # what was done after a step is not how it began
    assert ask(session, "open")["branches"][-1]["why"] == told["time"]["why"]


def test_training_on_from_the_past_makes_the_same_steps_again(session):
    trained(session, 40)
    end = ask(session, "weights")
    ask(session, "seek", step=11)
    trained(session, 40)
    assert len(ask(session, "open")["branches"]) == 1
    assert all(np.array_equal(array, end[path]) for path, array in ask(session, "weights").items())


def test_reset_returns_to_the_same_start_and_a_new_start_is_another(session):
    first = ask(session, "weights")
    ask(session, "edit", path="0.weight", index=[0, 0], value=9)
    trained(session, 5)
    told = ask(session, "reset")["time"]
    assert (told["step"], told["last"], told["branch"]) == (0, 0, 1)
    assert all(np.array_equal(array, first[path]) for path, array in ask(session, "weights").items())
    assert ask(session, "new_start", seed=5)["training"]["seed"] == 5
    other = ask(session, "weights")
    assert not np.array_equal(other["0.weight"], first["0.weight"])
    trained(session, 5)
    ask(session, "reset")
    assert all(np.array_equal(array, other[path]) for path, array in ask(session, "weights").items())


@pytest.mark.parametrize("size", ["example", "batch", "epoch"])
def test_a_step_shows_what_it_did(size):
    case, way = open_rung("network")
    from dataclasses import replace

    session = Session(case, replace(way, optimizer=ca.GradientDescent(0.3)))
    before = ask(session, "weights")
    if size == "example":
        ask(session, "select", part="training", example=7)
    found = ask(session, "step", size=size)
    after = ask(session, "weights")
    assert len(found["updates"]) == (10 if size == "epoch" else 1)
    assert found["rule"] == "Δw = −η g, η = 0.3"
    for path, change in found["changes"].items():
        np.testing.assert_allclose(before[path] + change, after[path], rtol=0, atol=1e-15)
        if size != "epoch":
            np.testing.assert_allclose(change, -0.3 * found["gradients"][path], rtol=1e-9, atol=1e-15)
    rows, material = found["rows"], session.case.material
    assert rows == [7] if size == "example" else len(rows) == 16
    net = network_of(session).load(before)
    x, y = material.x[material.training][rows], material.y[material.training][rows]
    loss = ca.BinaryCrossEntropy()
    assert found["updates"][0]["loss"] == pytest.approx(float(loss(net(x), y)), rel=1e-12)
    # Forward, loss and blame are those of before the step, of the rows that it learned from.
    probabilities = 1 / (1 + np.exp(-np.ravel(net(x))))
    assert [each["example"] for each in found["seen"]] == [each["number"] - 1 for each in found["seen"]] == rows[:4]
    for each, row in zip(found["seen"], range(4), strict=False):
        said, p = (("ring", 1 - probabilities[row]), ("heap", probabilities[row]))[int(probabilities[row] > 0.5)]
        assert each["answer"] == f"{said}, {shown(float(p), 3)}"
        assert each["target"] == ("ring", "heap")[int(y[row])]
        assert each["loss"] == pytest.approx(-np.log(probabilities[row] if y[row] else 1 - probabilities[row]))
    blamed, steepest = found["blame"], max(float(np.abs(array).max()) for array in found["gradients"].values())
    assert found["gradients"][blamed["path"]][tuple(blamed["index"])] == blamed["gradient"]
    assert (abs(blamed["gradient"]), blamed["weights"]) == (steepest, session.case.weights)
    if size != "epoch":
        net.load(after)
        assert found["updates"][0]["after"] == pytest.approx(float(loss(net(x), y)), rel=1e-12)
    assert found["loss_after"] == pytest.approx(loss_of(session, net.load(after)), rel=1e-12)
    assert found["largest"][0]["after"] == pytest.approx(found["largest"][0]["before"] + found["largest"][0]["change"])
    assert found["time"]["step"] == len(found["updates"])


def test_the_boundary_is_the_network_over_the_plane(session):
    trained(session, 50)
    found = ask(session, "boundary", axes=["up", "across"], points=5, rows=True)
    assert [axis["name"] for axis in found["axes"]] == ["up", "across"]
    assert found["outputs"].shape == (5, 5, 2)
    net = network_of(session)
    across, up = (np.linspace(axis["low"], axis["high"], 5) for axis in found["axes"])
    for i, j in ((0, 3), (4, 1), (2, 2)):
        z = net(np.array([[up[i], across[j]]]))[0, 0]  # the second axis, which goes up, is the column "across"
        assert found["outputs"][i, j, 1] == pytest.approx(1 / (1 + np.exp(-z)), rel=1e-9)
        assert found["classes"][i, j] == int(z > 0)
    rows, table = found["rows"], session.case.material.table.columns
    np.testing.assert_array_equal(rows["coordinates"][:, 0], table["up"][rows["places"]])
    np.testing.assert_array_equal(rows["target"], session.case.material.y[rows["places"]])


def test_responses_are_each_neurons_output_over_the_plane(session):
    found = ask(session, "responses", layers=["1", "4"], points=4)
    net = network_of(session)
    across, up = (np.linspace(axis["low"], axis["high"], 4) for axis in found["axes"])
    h = np.tanh(net[0](np.array([[across[3], up[1]]])))
    np.testing.assert_allclose(found["layers"][0]["values"][1, 3], h[0], rtol=1e-6)
    assert [layer["path"] for layer in found["layers"]] == ["1", "4"]


def test_columns_that_are_not_on_an_axis_are_held_and_it_is_said_where():
    random = np.random.default_rng(0)
    X = random.normal(size=(30, 3))
    session = Session(*open_arrays(ca.Sequential(ca.Dense(1)), X, X @ [1.0, 2, 3], names=["a", "b", "c"]))
    ask(session, "select", part="training", example=4)
    net = ca.Sequential(ca.Dense(1)).build(3, 0, np.float64).load(dict(ask(session, "weights")))
    for others, held, words in (
        ("example", X[4, 1], "row 5, one of the training rows"),
        ("mean", X[:, 1].mean(), "mean"),
    ):
        found = ask(session, "boundary", axes=["c", "a"], points=3, others=others)
        c, a = (np.linspace(axis["low"], axis["high"], 3) for axis in found["axes"])
        assert found["outputs"][2, 0, 0] == pytest.approx(net(np.array([[a[2], held, c[0]]]))[0, 0], rel=1e-9)
        assert words in found["words"]
    found = ask(session, "boundary", axes="pca", points=3, rows=True)
    assert "PCA" in found["words"]
    from sklearn.decomposition import PCA

    spots = PCA(2).fit_transform(X)
    for axis in (0, 1):
        np.testing.assert_allclose(np.abs(found["rows"]["coordinates"][:, axis]), np.abs(spots[:, axis]), atol=1e-9)


def test_rows_come_with_the_worst_first(session):
    found = ask(session, "rows", count=400)
    losses = [row["loss"] for row in found["rows"]]
    assert losses == sorted(losses, reverse=True)
    assert len(losses) == found["count"] == 160
    assert np.mean(losses) == pytest.approx(ask(session, "open")["time"]["loss"], rel=1e-12)
    row = found["rows"][0]
    ask(session, "select", part="training", example=row["example"])
    forward = ask(session, "forward")
    assert (forward["loss"], forward["target"]) == (pytest.approx(row["loss"], rel=1e-12), row["target"])
    assert [each["value"] for each in forward["row"]] == row["values"]


def test_a_row_can_be_typed(session):
    found = ask(session, "select", typed={"across": "0.25", "up": -0.5})
    assert found["part"] == "typed"
    np.testing.assert_array_equal(found["x"], [0.25, -0.5])
    np.testing.assert_array_equal(found["output"], network_of(session)(np.array([[0.25, -0.5]]))[0])
    assert found["loss"] is found["target"] is found["gradients"] is None
    with pytest.raises(InputError, match="no column 'left'"):
        ask(session, "select", typed={"left": 1})
    with pytest.raises(InputError, match="expected a number"):
        ask(session, "select", typed={"up": "high"})
    with pytest.raises(InputError, match="training rows"):
        ask(session, "step", size="example")


def test_shape_changes_the_network_and_keeps_the_weights_that_fit(session):
    before = ask(session, "weights")
    layers = [
        {"kind": "Dense", "settings": {"units": 8}},
        {"kind": "ReLU"},
        {"kind": "Dense", "settings": {"units": 1}},
    ]
    found = ask(session, "shape", change={"layers": layers})
    assert found["network"]["words"] == "2 → 8 → 1, 33 weights"
    assert [column["activation"] for column in found["network"]["columns"]] == [None, "ReLU", None]
    after = ask(session, "weights")
    assert np.array_equal(after["0.weight"], before["0.weight"])
    assert after["2.weight"].shape == (8, 1)
    with pytest.raises(InputError, match="need"):
        ask(session, "shape", change={"layers": [{"kind": "Dense", "settings": {"units": 7}}]})
    with pytest.raises(InputError, match="layer 0 is 'Eval'"):
        ask(session, "shape", change={"layers": [{"kind": "Eval"}]})
    with pytest.raises(InputError, match="squared_error"):
        ask(session, "shape", change={"loss": "squared_error"})


@pytest.mark.parametrize("kind", [kind for kind in ACTIVATIONS if kind != "Tanh"])
def test_with_every_activation_the_network_is_drawn(session, kind):
    before = ask(session, "open")["network"]["columns"]
    layers = [{"kind": kind} if each["kind"] == "Tanh" else each for each in described(session.case.network)]
    after = ask(session, "shape", change={"layers": layers})["network"]["columns"]
    assert [column["activation"] for column in after] == [None, kind, kind, None]
    assert after == [{**column, "activation": column["activation"] and kind} for column in before]


def test_another_rate_goes_on_from_here_on_a_branch_of_its_own(session):
    trained(session, 15)
    at = ask(session, "weights")
    found = ask(session, "shape", change={"optimizer": "gradient_descent", "rate": 0.5, "batch_size": 160})
    assert (found["training"]["optimizer"]["name"], found["training"]["optimizer"]["rate"]) == ("gradient_descent", 0.5)
    assert (found["training"]["steps_of_epoch"], found["time"]["step"], found["time"]["epoch"]) == (1, 15, 2)
    assert all(np.array_equal(array, at[path]) for path, array in ask(session, "weights").items())
    done = ask(session, "step", size="batch")
    for path, change in done["changes"].items():
        np.testing.assert_allclose(change, -0.5 * done["gradients"][path], rtol=1e-9, atol=1e-15)
    ask(session, "seek", step=14)
    assert ask(session, "open")["training"]["optimizer"]["name"] == "adam"


def test_a_training_that_breaks_says_where_and_time_goes_back():
    session = Session(*open_rung("line"))
    ask(session, "shape", change={"rate": 1e6})
    trained(session, 200)
    told = ask(session, "open")["time"]
    assert "not finite" in told["broken"]
    assert told["step"] < 200
    with pytest.raises(InputError, match="lower the learning rate"):
        ask(session, "train")
    assert ask(session, "forward")["answer"]["shown"]
    assert ask(session, "seek", step=0)["broken"] == ""
    ask(session, "shape", change={"rate": 0.1})
    assert ask(session, "step", size="batch")["loss_after"] < 10


def test_curves_are_what_was_recorded(session):
    trained(session, 60)
    found = ask(session, "curves")
    np.testing.assert_array_equal(found["batch"]["step"], np.arange(1, 61))
    assert found["loss"]["step"][-1] == 60
    assert found["loss"]["training"][-1] == ask(session, "open")["time"]["loss"]
    assert 0 <= found["metrics"]["accuracy"][-1] <= 1
    assert found["vitals"][0]["values"]["weight_norm"][-1] == pytest.approx(
        np.sqrt(sum(np.sum(ask(session, "weights")[f"0.{name}"] ** 2) for name in ("weight", "bias"))), rel=1e-6
    )


def test_findings_of_a_training_that_does_not_learn_come_with_a_fix_that_is_tried_and_put_in():
    session = Session(*open_rung("network"))
    ask(session, "shape", change={"optimizer": "gradient_descent", "rate": 1e-7})
    trained(session, 400)
    found = ask(session, "findings")
    assert found["findings"], found["sentence"]
    first = found["findings"][0]
    assert ask(session, "curves")["findings"] == found["findings"]
    if first["fix"] is None:
        pytest.skip("the diagnosis knows no fix for it")
    scene = ask(session, "apply_fix", finding=first["number"])
    assert scene["time"]["step"] == 0
    assert scene["training"]["optimizer"]["rate"] > 1e-7


def test_findings_of_one_branch_are_not_acted_on_on_another():
    session = Session(*open_rung("network"))
    ask(session, "shape", change={"optimizer": "gradient_descent", "rate": 1e-7})
    trained(session, 400)
    found = ask(session, "findings")
    assert (found["branch"], bool(found["findings"])) == (1, True)
    assert ask(session, "reset")["time"]["branch"] == 2
    assert ask(session, "curves")["findings"] == []
    for command in ("try_fix", "apply_fix"):
        with pytest.raises(InputError, match="of branch 1, and branch 2 is on show"):
            ask(session, command, branch=1, finding=0)
        with pytest.raises(InputError, match="ask for findings first"):
            ask(session, command, branch=2, finding=0)
    ask(session, "seek", branch=1, step=400)
    assert ask(session, "curves")["findings"] == found["findings"]
    with_fix = next(each["number"] for each in found["findings"] if each["fix"] is not None)
    assert ask(session, "apply_fix", branch=1, finding=with_fix)["time"]["step"] == 0


def finished(session, do, **arguments):
    told = []

    class Hears:
        def push(self, content):
            packed(content)
            told.append(content)

        def wake(self):
            pass

    session.clients.append(Hears())
    job = ask(session, do, **arguments)["job"]
    end = time.perf_counter() + 60
    while time.perf_counter() < end:
        last = [each for each in told if each.get("job") == job and each["state"] != "running"]
        if last:
            assert last[0]["state"] == "done", last[0]
            return last[0]["result"]
        time.sleep(0.02)
    raise AssertionError("the job did not end")


def test_the_landscape_has_the_true_loss_of_the_way_that_led_here(session):
    trained(session, 30)
    found = finished(session, "landscape", points=7)
    assert found["losses"].shape == (7, 7)
    for place in (0, 3, len(found["path_steps"]) - 1):
        ask(session, "seek", step=int(found["path_steps"][place]))
        assert found["path_losses"][place] == pytest.approx(loss_of(session, network_of(session)), rel=1e-6)
    assert 0 < found["explained"] <= 1
    assert found["path_steps"][-1] == 30


def test_capacity_is_measured_in_the_background_and_can_be_ended(session):
    found = finished(session, "capacity", widths=[1, 8], resamples=3, seeds=1, epochs=10)
    parts = found["parts"]
    assert [part["value"] for part in parts] == [1, 8]
    for part in parts:
        assert part["error"]["low"] <= part["error"]["value"] <= part["error"]["high"]
    told = []

    class Hears:
        def push(self, content):
            told.append(content)

        def wake(self):
            pass

    session.clients.append(Hears())
    job = ask(session, "capacity", widths=[1, 2], resamples=3, seeds=1, epochs=50)["job"]
    ask(session, "cancel", job=job)
    end = time.perf_counter() + 60
    while session.jobs._running and time.perf_counter() < end:
        time.sleep(0.02)
    assert not session.jobs._running
    assert [each["state"] for each in told if each["job"] == job][-1] == "cancelled"


def test_exports_compute_the_same(session, tmp_path):
    trained(session, 10)
    found = ask(session, "export", to="numpy", name="ring")
    for file in found["files"]:
        (tmp_path / file["name"]).write_bytes(file["bytes"].tobytes())
    import subprocess
    import sys

    code = "import ring, numpy as np; print(repr(np.asarray(ring.predict(np.array([[0.1, -0.3]]))).ravel()[0].item()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(network_of(session)(np.array([[0.1, -0.3]]))[0, 0], rel=1e-5)
    with pytest.raises(InputError, match="no name that Python can import"):
        ask(session, "export", to="numpy", name="../evil")


def test_unknown_commands_and_arguments_are_refused_with_the_nearest(session):
    with pytest.raises(InputError, match="'edit'"):
        ask(session, "edti")
    with pytest.raises(InputError, match="no argument 'valeu'"):
        ask(session, "edit", path="0.bias", index=[0], value=1, valeu=2)
    with pytest.raises(InputError, match="'index' is missing"):
        ask(session, "edit", path="0.bias", value=1)
    for wrong in (float("nan"), float("inf"), "1", None, True, [1]):
        with pytest.raises(InputError):
            ask(session, "edit", path="0.bias", index=[0], value=wrong)
    for index in ([8], [-1], [0, 0], [], ["0"], [0.5], None, 1):
        with pytest.raises(InputError):
            ask(session, "edit", path="0.bias", index=index, value=1)


@pytest.mark.parametrize("do", sorted(COMMANDS))
@pytest.mark.parametrize("nonsense", [{"nothing": 1}, {"nothing": {"deep": []}}])
def test_every_command_refuses_what_it_does_not_know(session, do, nonsense):
    with pytest.raises(InputError):
        ask(session, do, **nonsense)
