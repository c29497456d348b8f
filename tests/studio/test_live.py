"""A training that the page looks on: what it shows is what the training passed through, and nothing is disturbed."""

import threading
import time
import urllib.request
import warnings
from dataclasses import replace

import numpy as np
import pytest

import cutaway as ca
from cutaway.diagnosis.setup import Setup
from cutaway.errors import FindingWarning, InputError
from cutaway.records import Finding, StepRecord
from cutaway.runs.followers import Follower, followed_by
from cutaway.studio.live import Live
from cutaway.training.loop import StopTraining
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer
from tests.studio.conversation import Listener


def setup_of(epochs=12, units=6, **plan):
    random = np.random.default_rng(0)
    X = random.normal(size=(96, 3)).astype(np.float32)
    y = np.sin(X[:, :1]) + X[:, 1:2]
    net = ca.Sequential(ca.Dense(units), ca.Tanh(), ca.Dense(1)).build(3, 0)
    rows, held_out = Batch(X[:72], y[:72], None), Batch(X[72:], y[72:], None)
    return Setup(net, ca.SquaredError(), ca.Adam(0.01), rows, held_out, Plan(epochs=epochs, batch_size=8, **plan))


def train(setup, *listeners):
    plan = followed_by(listeners, setup)
    trainer = Trainer(setup.network, setup.loss, setup.optimizer, plan, engine=setup.engine, listeners=listeners)
    return trainer.train(setup.rows, setup.held_out)


class Every(Live):
    """A listener that takes the weights of every epoch, however short."""

    def weights(self, epoch, last, fetch):
        self._due = 0.0
        super().weights(epoch, last, fetch)


@pytest.fixture
def live():
    said = []
    made = Every(said.append, browser=False)
    made.said = said
    yield made
    if made.window is not None:
        made.window.close()


def passed(setup):
    """Return the weights after each epoch, as the trainer itself shows them."""
    seen = {}
    plan = replace(
        setup.plan, shown=lambda epoch, carry: seen.update({epoch: {k: np.array(a) for k, a in carry.params.items()}})
    )
    return seen, replace(setup, plan=plan)


def test_it_is_a_follower_and_the_training_is_the_same_bit_by_bit(live):
    assert isinstance(live, Follower)
    alone, watched = train(setup_of()), train(setup_of(), live)
    for path, array in alone.params.items():
        np.testing.assert_array_equal(watched.params[path], array)
    assert [record.loss for record in alone.history] == [record.loss for record in watched.history]


def test_the_page_is_there_from_the_start(live):
    def look(record):
        if isinstance(record, StepRecord):
            with urllib.request.urlopen(live.window.address, timeout=20) as page:
                assert page.status == 200

    train(setup_of(epochs=1), live, look)
    assert live.said == [f"arrays, in training: {live.window.address}"]


def test_what_is_shown_is_what_the_training_passed_through(live):
    way, setup = passed(setup_of())
    first = {path: array.copy() for path, array in setup.network.parameters().items()}
    told = []

    def look(record):
        if isinstance(record, StepRecord):
            session = live.session
            told.append((session.time(), session.now.step))

    trained = train(setup, live, look)
    history = live.session.history
    for epoch, params in {0: first, **way}.items():
        moment = history.at(0, 9 * epoch)
        assert moment.step == 9 * epoch
        for path, array in params.items():
            np.testing.assert_array_equal(moment.carry.params[path], array)
    assert [time["epoch"] for time, _ in told] == list(range(1, 13))
    assert [time["loss"] for time, _ in told] == [record.loss for record in trained.history]
    assert all((time["training"], time["of"]) == (True, "epoch") for time, _ in told)
    curves = history.curves(0)
    np.testing.assert_array_equal(curves["loss"]["step"], [record.step for record in trained.history])
    np.testing.assert_array_equal(curves["loss"]["held_out"], [record.validation for record in trained.history])
    looked = [each["step"].tolist() for each in curves["vitals"]]
    assert looked[0] == sorted({vitals.step for vitals in trained.vitals})


def test_views_are_those_of_the_newest_weights_on_the_trainings_own_rows(live):
    setup = setup_of()
    found = []

    def look(record):
        if isinstance(record, StepRecord) and record.epoch == 12:
            found.append(page.answer("forward")["result"])

    def first(record):
        nonlocal page
        if page is None:
            page = Listener(live.session)

    page = None
    train(setup, live, first, look)
    weights = live.session.history.at(0, found[0]["step"]).carry.params
    net = ca.Sequential(ca.Dense(6), ca.Tanh(), ca.Dense(1)).build(3, 9)
    net.load(dict(weights))
    np.testing.assert_array_equal(found[0]["output"], net(setup.rows.x[:1])[0])
    page.client.close()


def test_meanwhile_it_can_be_looked_at_and_not_changed(live):
    answers = {}
    asked = {
        "train": {}, "pause": {}, "undo": {}, "reset": {}, "new_start": {}, "seek": {"step": 0},
        "step": {"size": "batch"}, "edit": {"path": "0.weight", "index": [0, 0], "value": 1.0},
        "load": {"source": {"rung": "line"}}, "shape": {"change": {"rate": 0.5}}, "capacity": {},
        "open": {}, "rows": {}, "curves": {}, "select": {"example": 3}, "weights": {},
    }  # fmt: skip

    def look(record):
        if isinstance(record, StepRecord) and record.epoch == 6:
            page = Listener(live.session)
            answers.update({do: page.answer(do, **given) for do, given in asked.items()})
            page.client.close()

    alone, watched = train(setup_of()), train(setup_of(), live, look)
    looks = ("open", "rows", "curves", "select", "weights")
    assert all("result" in answers[do] for do in looks)
    refused = {do: answer["error"] for do, answer in answers.items() if do not in looks}
    assert {error["kind"] for error in refused.values()} == {"input"}
    assert all("looks on" in error["message"] for do, error in refused.items() if do != "undo")
    np.testing.assert_array_equal(alone.params["0.weight"], watched.params["0.weight"])


def test_frames_come_while_it_trains_and_hold_the_steps_they_say(live):
    pages = []

    def join(record):
        if not pages:
            pages.append(Listener(live.session))
            pages[0].answer("watch", views={"weights": True, "curves": True})
        if isinstance(record, StepRecord):
            time.sleep(0.005)  # so that it lasts

    train(setup_of(epochs=60), live, join)
    frames = pages[0].frames()
    assert len(frames) > 3
    for frame in frames:
        kept = live.session.history.at(0, frame["time"]["step"])
        np.testing.assert_array_equal(frame["weights"]["0.weight"], kept.carry.params["0.weight"])


def test_once_it_is_done_it_can_be_gone_back_and_changed(live):
    way, setup = passed(setup_of())
    trained = train(setup, live)
    live.ends()
    session = live.session
    time_ = session.time()
    assert (time_["training"], time_["branch"], time_["step"], time_["epoch"]) == (False, 1, 108, 12)
    assert time_["of"] == "rows"
    session.seek(45, 0)
    np.testing.assert_array_equal(session.now.arrays["0.weight"], way[5]["0.weight"])
    session.seek(47, 0)  # between two epochs: the last that is known of
    assert session.now.step == 45
    moments, _, _ = session.step("batch")
    assert [moment.step for moment in moments] == [45, 46]
    assert session.now.branch == 2  # a branch of its own: what was told stays as it was
    gradients = session.case.step_blame(moments[0], session.way, session.case.stepper(session.way).places(45))[1]
    # Adam's first step, its memory empty, is the rate times the sign of the gradient, nearly.
    moved = moments[1].arrays["0.weight"] - moments[0].arrays["0.weight"]
    np.testing.assert_allclose(moved, -0.01 * np.sign(gradients["0.weight"]), atol=1e-4)
    session.seek(108, 0)
    edited, made = session.edit(("0.bias", (0,)), 0.5)
    assert (edited.after, made, session.now.branch) == (0.5, False, 3)
    np.testing.assert_array_equal(session.history.at(0, 45).arrays["0.weight"], way[5]["0.weight"])
    assert trained.history[-1].step == 108


def test_in_the_end_it_shows_the_run_as_it_was_delivered(live):
    random = np.random.default_rng(1)
    X = random.uniform(-1, 1, (80, 2))
    net = ca.Sequential(ca.Dense(6), ca.Tanh(), ca.Dense(1))
    run = ca.fit(net, X, X[:, 0] * X[:, 1], loss="squared_error", optimizer=ca.Adam(0.05), epochs=30, validation=0.25)
    live.begins(run.setup)
    for record in run.history:
        live(record)
    live.ends(run)
    np.testing.assert_array_equal(live.session.now.arrays["0.weight"], net[0].weight)
    assert live.session.history.branches[1].why == "what the training delivered"
    assert len(live.session.history.curves(1)["loss"]["step"]) == 30
    np.testing.assert_allclose(live.session.time()["held_out"], run.best.validation, rtol=1e-4)
    live.session.advance(5)
    assert live.session.now.step == run.history[-1].step + 5


def test_of_members_the_first_is_followed(live):
    setup = setup_of(members=3)
    trained = train(setup, live)
    assert live.session.now.arrays["0.weight"].shape == (3, 6)
    last = live.session.history.at(0, 108)
    alone = setup_of(members=1, last=True)
    np.testing.assert_allclose(last.carry.params["0.weight"], train(alone).params["0.weight"][0], rtol=1e-6)
    assert trained.params["0.weight"].shape == (3, 3, 6)
    assert any("the first" in note for note in live.session.case.material.notes)


def test_a_second_training_takes_the_place_of_the_first(live):
    train(setup_of(epochs=3), live)
    train(setup_of(epochs=2, units=9), live)
    assert live.session.now.arrays["0.weight"].shape == (3, 9)
    assert live.session.history.curves(0)["loss"]["step"].tolist() == [9, 18]
    assert len(live.said) == 1


def test_findings_are_pinned_as_they_are_said(live):
    setup = setup_of(epochs=1)
    live.begins(setup)
    page = Listener(live.session)
    said = []
    warning = FindingWarning("dead_relu: all units are dead")
    warning.finding = Finding("dead_relu", "all units are dead", "share of dead units", 1.0, (None, 0.3), "1")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *more, **named: said.append(str(message))
        with live.hearing():
            warnings.warn(warning, stacklevel=1)
            warnings.warn("another", UserWarning, stacklevel=1)
    found = page.answer("curves")["result"]["findings"]
    assert [(each["check"], each["layer"], each["fix"]) for each in found] == [("dead_relu", "1", None)]
    assert said == ["dead_relu: all units are dead", "another"]
    page.client.close()


def test_what_goes_wrong_on_the_page_is_said_once_and_the_training_goes_on(live, monkeypatch):
    def broken(self, record):
        raise RuntimeError("no room")

    monkeypatch.setattr("cutaway.studio.followed.Following.stepped", broken)
    trained = train(setup_of(), live)
    assert len(trained.history) == 12
    assert sum("no room" in words for words in live.said) == 1


def test_a_listener_beside_it_can_still_end_the_training(live):
    def enough(record):
        if isinstance(record, StepRecord) and record.epoch == 4:
            raise StopTraining("enough")

    assert len(train(setup_of(), live, enough).history) == 4


def test_a_plan_that_nobody_follows_is_the_same_plan():
    setup = setup_of()
    assert followed_by([print], setup) is setup.plan


def test_who_followed_before_still_does(live):
    setup = setup_of(epochs=3)
    heard = []
    plan = replace(setup.plan, followed=lambda epoch, last, fetch: heard.append((epoch, last, sorted(fetch()))))
    train(replace(setup, plan=plan), live)
    assert [(epoch, last) for epoch, last, _ in heard] == [(1, False), (2, False), (3, True)]
    assert heard[0][2] == ["0.bias", "0.weight", "2.bias", "2.weight"]


def test_what_cannot_be_changed_yet_is_told_with_what_to_do(live):
    live.begins(setup_of())
    with pytest.raises(InputError, match="Ctrl-C there ends it and keeps what was learned"):
        live.session.edit(("0.bias", (0,)), 1.0)


def seconds_of(setup, *listeners):
    """Return the seconds of this process's own time, in which others do not count, that a training takes."""
    began = time.process_time()
    train(setup, *listeners)
    return time.process_time() - began


def test_the_page_leaves_the_training_its_speed():
    live = Live(lambda words: None, browser=False)
    alone, watched = [], []
    train(setup_of(epochs=1, units=100), live)
    page = Listener(live.session)
    page.answer("watch", views={"forward": True, "weights": True, "curves": True})
    for _ in range(5):
        alone.append(seconds_of(setup_of(epochs=150, units=100)))
        watched.append(seconds_of(setup_of(epochs=150, units=100), live))
    frames = len(page.frames())
    page.client.close()
    live.window.close()
    assert frames > 10  # it is watched
    # On a quiet machine, the page in a process of its own, 91 to 94 % of the speed stay; here the one who listens
    # takes its time from the same process, and so does the thread of the server.
    assert min(alone) > 0.7 * min(watched)


def test_threads_end_with_the_page():
    live = Live(lambda words: None, browser=False)
    train(setup_of(epochs=1), live)
    live.window.close()
    assert not [each for each in threading.enumerate() if each.name == "cutaway studio server"]


def test_a_share_of_wrong_answers_is_shown_as_one_and_not_as_a_loss(live):
    random = np.random.default_rng(0)
    X = random.normal(size=(96, 3)).astype(np.float32)
    y = (X[:, 0] + 0.3 * X[:, 1] > 0).astype(np.int32)
    net = ca.Sequential(ca.Dense(6), ca.Tanh(), ca.Dense(2)).build(3, 0)
    rows, held_out = Batch(X[:72], y[:72], None), Batch(X[72:], y[72:], None)
    plan = Plan(epochs=5, batch_size=8, judge=ca.ClassificationError())
    trained = train(Setup(net, ca.CrossEntropy(), ca.Adam(0.01), rows, held_out, plan), live)
    assert live.session.time()["held_out"] is None and live.session.time()["of"] == "epoch"
    curves = live.session.history.curves(0)
    np.testing.assert_array_equal(curves["metrics"]["share wrong"], [each.validation for each in trained.history])
    assert np.isnan(curves["loss"]["held_out"]).all()
