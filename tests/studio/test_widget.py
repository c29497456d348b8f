"""The widget and `ca.studio`: views of one widget, what opens what, and a notebook that is really run."""

import sys
import threading
import time
import urllib.request

import numpy as np
import pytest

import cutaway as ca
from cutaway.errors import InputError
from cutaway.studio.opening import open_arrays
from cutaway.studio.protocol import unpacked
from cutaway.studio.session import Session
from cutaway.studio.widget import MOST_VIEWS, Visitors, in_notebook, thread_for


def network():
    return ca.Sequential(ca.Dense(5), ca.Tanh(), ca.Dense(1))


def rows(count=60):
    X = np.random.default_rng(0).uniform(-1, 1, (count, 2))
    return X, X[:, 0] * X[:, 1]


class Notebook:
    """What a notebook's side of a widget hears, and what it sends."""

    def __init__(self, session):
        self.heard, self.arrived = [], threading.Condition()
        self.visitors = Visitors(session, self.deliver)

    def deliver(self, content, buffers):
        with self.arrived:
            self.heard.append({"view": content["view"], **unpacked(content["message"], buffers)})
            self.arrived.notify_all()

    def ask(self, view, number, do, **arguments):
        self.visitors.receive({"view": view, "message": {"id": number, "revision": 0, "do": do, **arguments}}, [])
        return self.wait(lambda told: told["view"] == view and told.get("id") == number)

    def wait(self, fits):
        with self.arrived:
            end = time.perf_counter() + 20
            while not (found := [told for told in self.heard if fits(told)]):
                assert self.arrived.wait(end - time.perf_counter()), "no such message came"
            return found[-1]


@pytest.fixture
def notebook():
    made = Notebook(Session(*open_arrays(network(), *rows())))
    yield made
    made.visitors.close()


def test_each_view_of_a_widget_is_answered_alone_and_sees_what_another_changed(notebook):
    first = notebook.ask("a", 1, "open")["result"]
    second = notebook.ask("b", 1, "open")["result"]  # the same number, asked by another view
    assert first == second
    edited = notebook.ask("a", 2, "edit", path="2.bias", index=[0], value=0.25)["result"]
    assert edited["after"] == 0.25
    assert notebook.ask("b", 2, "weights")["result"]["2.bias"][0] == 0.25
    answers = [told["view"] for told in notebook.heard if "id" in told]
    assert answers == ["a", "b", "a", "b"]


def test_the_numbers_are_the_networks_own(notebook):
    X, _ = rows()
    net = network().build(2, 0, np.float64)
    found = notebook.ask("a", 1, "forward")["result"]
    np.testing.assert_array_equal(found["output"], net(X[:1])[0])


def test_each_view_has_frames_of_its_own_and_one_that_left_has_none(notebook):
    for view in "ab":
        notebook.ask(view, 1, "watch", views={"weights": True})
        notebook.wait(lambda told, view=view: told["view"] == view and told.get("push") == "frame")
    notebook.visitors.receive({"view": "b", "message": {"do": "ack", "frame": 1}})
    notebook.visitors.receive({"view": "b", "message": None})
    assert list(notebook.visitors.clients) == ["a"]
    assert len(notebook.visitors.session.clients) == 1
    notebook.visitors.receive({"view": "a", "message": {"do": "ack", "frame": 1}})
    notebook.ask("a", 2, "edit", path="2.bias", index=[0], value=0.5)
    seen = notebook.wait(lambda told: told.get("push") == "frame" and told["weights"]["2.bias"][0] == 0.5)
    assert seen["view"] == "a"


def test_views_that_nobody_closed_are_forgotten_for_new_ones(notebook):
    for number in range(MOST_VIEWS + 3):
        notebook.ask(f"view {number}", 1, "open")
    assert len(notebook.visitors.session.clients) == MOST_VIEWS
    assert "view 0" not in notebook.visitors.clients


@pytest.mark.parametrize("content", [None, 3, {}, {"view": 3}, {"view": ""}, {"view": "x" * 99, "message": {"id": 1}}])
def test_what_is_no_message_of_a_view_is_passed_over(notebook, content):
    notebook.visitors.receive(content, None)
    assert not notebook.visitors.clients


def test_a_message_that_is_no_request_is_refused_to_its_view(notebook):
    notebook.visitors.receive({"view": "a", "message": [1]})
    assert "expected a request" in notebook.wait(lambda told: "error" in told)["error"]["message"]
    assert "result" in notebook.ask("a", 2, "open")


def test_the_widget_speaks_by_custom_messages_with_binary_buffers():
    pytest.importorskip("anywidget", reason="the widget needs anywidget")
    shown = ca.studio(network(), *rows(), page=False)
    sent, came = [], threading.Event()

    def send(content, buffers=None):
        sent.append((content, buffers))
        came.set()

    shown.send = send
    shown._handle_custom_msg({"view": "v", "message": {"id": 5, "revision": 0, "do": "weights"}}, [])
    assert came.wait(20)
    content, buffers = sent[0]
    assert content["view"] == "v"
    weights = unpacked(content["message"], buffers)["result"]
    np.testing.assert_array_equal(weights["0.weight"], shown.session.now.arrays["0.weight"])
    assert "export" in shown._esm
    assert ".cutaway" in shown._css
    shown.close()
    assert not shown.session.clients


def test_a_script_is_no_notebook_and_its_threads_are_plain():
    assert not in_notebook()
    assert type(thread_for(lambda: None)) is threading.Thread


def test_without_anywidget_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setattr("cutaway.studio.widget.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'cutaway\[notebook\]'"):
        ca.studio(network(), *rows(), page=False)


def test_the_folder_and_the_function_are_one():
    import cutaway.studio.session as folder

    assert callable(ca.studio)
    assert sys.modules["cutaway.studio"] is ca.studio
    assert ca.studio.session is folder


def shown(*what, **how):
    """Return the session of what `ca.studio` opens, and close its page."""
    window = ca.studio(*what, page=True, wait=False, browser=False, **how)
    window.close()
    return window.session


def test_a_page_is_served_until_it_is_closed(capsys):
    window = ca.studio(network(), *rows(), page=True, wait=False, browser=False)
    assert f"your network: {window.address}" in capsys.readouterr().out
    with urllib.request.urlopen(window.address, timeout=20) as page:
        assert "cutaway" in page.read().decode()
    assert window.address in repr(window)
    window.close()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(window.address, timeout=5)


def test_a_network_is_shown_on_arrays_and_stays_as_it_is():
    X, y = rows()
    net = network().build(2, 3)
    before = net[0].weight.copy()
    session = shown(net, X, y, optimizer=ca.Momentum(0.1), validation=0.25, batch_size=7)
    session.edit(("0.weight", (0, 0)), 9.0)
    np.testing.assert_array_equal(net[0].weight, before)
    assert repr(session.way.optimizer) == repr(ca.Momentum(0.1))
    assert session.way.batch_size == 7
    assert len(session.case.material.held_out) == 15


def test_columns_and_target_of_data_frames_are_known():
    pandas = pytest.importorskip("pandas")
    X, y = rows()
    material = shown(
        network(), pandas.DataFrame(X, columns=["wide", "long"]), pandas.Series(y, name="area")
    ).case.material
    assert material.inputs == ("wide", "long")
    assert material.target == "area"


def test_a_run_is_shown_with_its_own_rows_loss_and_optimizer():
    X, y = rows()
    net = network()
    run = ca.fit(net, X, y, loss="absolute_error", optimizer=ca.Adam(0.02), epochs=3, validation=0.2, seed=4)
    session = shown(run)
    np.testing.assert_array_equal(session.now.arrays["0.weight"], net[0].weight)
    assert isinstance(session.way.loss, ca.AbsoluteError)
    assert repr(session.way.optimizer) == repr(ca.Adam(0.02))
    assert (len(session.case.material.training), len(session.case.material.held_out)) == (48, 12)
    np.testing.assert_allclose(session.time()["held_out"], run.best.validation, rtol=1e-5)
    run.setup = None
    with pytest.raises(InputError, match=r"ca\.studio\(run, X, y\)"):
        ca.studio(run)
    assert len(shown(run, X, y).case.material.training) == 60


def test_of_members_the_first_is_shown():
    X, y = rows()
    run = ca.fit(network(), X, y, loss="squared_error", epochs=2, members=2)
    np.testing.assert_array_equal(shown(run).now.arrays["0.weight"], run.network[0][0].weight)


def test_a_table_and_a_run_of_one_are_shown(tmp_path):
    X, y = rows()
    place = tmp_path / "areas.csv"
    np.savetxt(place, np.column_stack([X, y]), delimiter=",", header="wide,long,area", comments="")
    assert shown(place, target="area").case.material.target == "area"
    assert shown({"wide": X[:, 0], "area": y}, target="area").case.material.inputs == ("wide",)
    run = ca.train(place, target="area", effort="quick", epochs=2, compare=False, out=tmp_path / "run")
    loose = ca.train(place, target="area", effort="quick", epochs=2, compare=False)
    for what in (run, loose, str(run.path)):
        session = shown(what)
        table = {"wide": X[:1, 0], "long": X[:1, 1]}
        answer = session.case.material.answers(session.case.outputs(session.now, session.case.material.x[:1]))
        np.testing.assert_allclose(answer[0], run.predict(table), rtol=1e-5)


def test_rungs_of_the_ladder():
    assert shown().case.rung == "line"
    assert shown("neuron").case.rung == "neuron"


@pytest.mark.parametrize(
    ("what", "how", "says"),
    [
        (network(), {}, "is shown on rows"),
        (network(), {"X": np.zeros((3, 2))}, "y is missing"),
        ("line", {"X": np.zeros((3, 2)), "y": np.zeros(3)}, "is neither"),
        (3, {}, "expected a network with X and y"),
        ("nowhere", {}, "there is no such run"),
        ("line", {"loss": "squared_error"}, "loss is for a network"),
    ],
)
def test_what_cannot_be_shown_is_told(what, how, says):
    with pytest.raises(InputError, match=says):
        ca.studio(what, page=True, wait=False, browser=False, **how)


def test_a_notebook_with_the_widget_runs_and_trains_while_its_kernel_is_busy(tmp_path):
    pytest.importorskip("anywidget", reason="the widget needs anywidget")
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    cells = [
        "import numpy as np, cutaway as ca\n"
        "X = np.random.default_rng(0).uniform(-1, 1, (60, 2))\n"
        "net = ca.Sequential(ca.Dense(5), ca.Tanh(), ca.Dense(1))\n"
        "shown = ca.studio(net, X, X[:, 0] * X[:, 1])\n"
        "shown",
        # What the page would send; then the kernel is busy with this cell, and the network learns meanwhile.
        "import time\n"
        "shown._handle_custom_msg({'view': 'v', 'message': {'id': 1, 'revision': 0, 'do': 'train'}}, [])\n"
        "time.sleep(1)\n"
        "shown.session.now.step, net.built",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    view = notebook.cells[0].outputs[-1]["data"]["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] in client.widget_state
    assert "_esm" in client.widget_state[view["model_id"]]
    steps, built = eval(notebook.cells[1].outputs[-1]["data"]["text/plain"])
    assert steps > 10
    assert built is False  # the person's own network is left alone
