"""Clients: frames that are acknowledged, requests that are superseded, several tabs, and the training's own speed."""

import sys
import time

import numpy as np
import pytest

import cutaway as ca
from cutaway.errors import InputError
from cutaway.studio import training
from cutaway.studio.commands import COMMANDS
from cutaway.studio.frames import VIEWS
from cutaway.studio.opening import open_arrays, open_rung
from cutaway.studio.session import Session
from tests.studio.conversation import Listener


@pytest.fixture
def session():
    made = Session(*open_rung("network"))
    yield made
    for client in list(made.clients):
        client.close()
    made.close()


def is_frame(message):
    return message.get("push") == "frame"


def test_no_frame_is_sent_before_the_last_was_acknowledged(session):
    page = Listener(session, acknowledges=False)
    page.answer("watch", views={"forward": True, "weights": True, "curves": True})
    page.answer("train")
    page.wait(is_frame)
    time.sleep(0.3)
    assert [frame["frame"] for frame in page.frames()] == [1]
    reached = page.answer("pause")["result"]["step"]
    page.client.receive({"do": "ack", "frame": 1})
    last = page.wait(lambda message: is_frame(message) and message["frame"] == 2)
    assert last["time"]["step"] == reached  # what is true now, none of what was between
    time.sleep(0.2)
    assert len(page.frames()) == 2  # nothing changes: nothing is sent


def test_frames_come_at_most_thirty_times_a_second_and_hold_one_moment(session):
    page = Listener(session)
    page.answer("watch", views={"forward": True, "weights": True, "curves": True})
    page.answer("train", speed=400)
    time.sleep(1.5)
    page.answer("pause")
    frames = page.frames()
    assert 10 <= len(frames) <= 1.5 * 30 + 3
    steps = [frame["time"]["step"] for frame in frames]
    assert steps == sorted(steps)
    assert 200 <= steps[-1] <= 700
    net = ca.Sequential(ca.Dense(8), ca.Tanh(), ca.Dense(8), ca.Tanh(), ca.Dense(1)).build(2, 0, np.float64)
    for frame in frames[:: max(1, len(frames) // 5)]:
        net.load({path: np.array(array) for path, array in frame["weights"].items()})
        np.testing.assert_array_equal(net(frame["forward"]["x"][None])[0], frame["forward"]["output"])
    pieces = [step for frame in frames for step in frame["curves"]["batch"]["step"].tolist()]
    assert pieces == list(range(1, pieces[-1] + 1))  # each record once, none left out


def test_an_edit_by_one_is_seen_by_all_and_frames_say_which_revision_they_hold(session):
    one, other = Listener(session), Listener(session)
    for page in (one, other):
        page.answer("watch", views={"weights": True})
        page.wait(is_frame)
    one.revision = 7
    answer = one.answer("edit", path="4.bias", index=[0], value=0.5)
    assert (answer["revision"], answer["result"]["after"]) == (7, 0.5)
    for page, revision in ((one, 7), (other, 0)):
        seen = page.wait(lambda message: is_frame(message) and message["weights"]["4.bias"][0] == 0.5)
        assert (seen["revision"], seen["version"]) == (revision, answer["version"])
    one.answer("shape", change={"rate": 0.5})
    scene = other.wait(lambda message: message.get("push") == "scene")["scene"]
    assert scene["training"]["optimizer"]["rate"] == 0.5
    assert not [message for _, message in one.messages if message.get("push") == "scene"]


def test_requests_that_wait_are_superseded_by_newer_ones_of_the_same_kind(session):
    page = Listener(session)
    with session.turns.lock:  # so that the first one keeps the client busy
        first = page.ask("edit", path="4.bias", index=[0], value=0.0)
        time.sleep(0.1)
        numbers = [page.ask("edit", path="4.bias", index=[0], value=float(value)) for value in range(1, 40)]
        other = page.ask("edit", path="2.bias", index=[0], value=3.0)
    page.wait(lambda message: message.get("id") == other)
    answers = {message["id"]: message for _, message in page.messages if "id" in message}
    assert "result" in answers[first]
    assert all(answers[number].get("superseded") for number in numbers[:-1])
    assert answers[numbers[-1]]["result"]["after"] == 39.0
    assert session.now.carry.params["2.bias"][0] == 3.0


def test_what_is_wrong_is_answered_and_the_conversation_goes_on(session):
    page = Listener(session)
    assert page.answer("edti")["error"]["kind"] == "input"
    assert "no weight" in page.answer("edit", path="<b>", index=[0], value=1)["error"]["message"]
    assert page.answer("watch", views={"sky": True})["error"]["kind"] == "input"
    page.answer("watch", views={"norms": True, "weights": True})
    seen = page.wait(is_frame)
    assert "no batch, layer or RMS norm" in seen["errors"]["norms"]
    assert "weights" in seen
    with pytest.raises(InputError, match="expected a request"):
        page.client.receive([1])
    for nothing in ([], {}, [["edit"]], {"edit": 1}, None, 7, True, 0.5):
        assert "there is no command" in page.answer(nothing)["error"]["message"]
    assert "result" in page.answer("open")


def test_a_drag_is_answered_within_milliseconds_while_the_network_trains(session):
    page = Listener(session)
    page.answer("watch", views={"forward": True, "weights": True, "boundary": {"points": 30}})
    page.answer("train")
    seconds = []
    for number in range(60):
        began = time.perf_counter()
        page.answer("edit", path="0.weight", index=[0, 3], value=number / 30, more=number > 0)
        seconds.append(time.perf_counter() - began)
    page.answer("pause")
    assert np.median(seconds) < 0.05  # on a quiet machine a few milliseconds


def test_findings_are_answered_while_the_network_trains_on(session):
    page = Listener(session)
    page.answer("watch", views={"forward": True, "weights": True, "curves": True})
    assert page.answer("train")["result"]["training"]
    page.wait(lambda message: is_frame(message) and message["time"]["step"] > 0)
    for _ in range(3):
        before = session.now.step
        told = page.answer("findings")["result"]
        assert session.training.running and before <= told["step"] and told["sentence"]
        page.wait(lambda message, step=told["step"]: is_frame(message) and message["time"]["step"] > step)
    ended = page.answer("pause")["result"]
    assert not ended["training"] and not ended["broken"]
    assert not [message for _, message in page.messages if message.get("push") == "fault"]


def test_what_a_network_of_before_took_to_evaluate_does_not_delay_the_next(session, monkeypatch):
    monkeypatch.setattr(training, "EVALUATED", 1e9)  # as if to evaluate had taken minutes: once is all there is
    monkeypatch.setattr(training, "OBSERVED", 1e9)
    page = Listener(session)  # it watches nothing: no frame has the network evaluated
    for _ in range(2):
        page.answer("train")
        end = time.perf_counter() + 20
        recording = session.history.branches[0].recording
        while not (recording.evaluations and recording.vitals):
            assert session.training.running and time.perf_counter() < end, "it was not looked at while it trained"
            time.sleep(0.01)
        session.training.stop()  # which looks once more
        page.answer("load", source={"rung": "network"})


def test_the_interpreter_is_as_it_was_once_a_training_stands_still(session):
    before = sys.getswitchinterval()
    with session.turn():
        session.training.start()
    time.sleep(0.1)
    assert sys.getswitchinterval() < before
    session.training.stop()
    assert sys.getswitchinterval() == before


def test_a_fault_of_ours_is_told_in_the_page_and_logged_once(monkeypatch, caplog):
    def broken(*_):
        raise ValueError("a gear is missing")

    session = Session(*open_rung("line"))
    page = Listener(session)
    monkeypatch.setitem(COMMANDS, "curves", broken)
    monkeypatch.setitem(VIEWS, "weights", broken)
    for _ in range(2):
        told = page.answer("curves")["error"]
        assert (
            told["kind"] == "fault"
            and "a fault of ours, not of yours (ValueError: a gear is missing)" in told["message"]
        )
    page.answer("watch", views={"weights": True})
    page.answer("edit", path="0.weight", index=[0, 0], value=0.5)
    page.client.close()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert caplog.records[0].exc_info[1].args == ("a gear is missing",)


def test_a_frame_that_cannot_be_made_is_told_once(monkeypatch, caplog):
    def broken(*_):
        raise ValueError("a gear is missing")

    session = Session(*open_rung("line"))
    page = Listener(session)
    monkeypatch.setitem(VIEWS, "weights", broken)
    page.answer("watch", views={"weights": True})
    page.wait(lambda message: message.get("push") == "fault")
    page.answer("edit", path="0.weight", index=[0, 0], value=0.5)
    time.sleep(0.2)
    page.client.close()
    assert len([message for _, message in page.messages if message.get("push") == "fault"]) == 1
    assert len(caplog.records) == 1


def test_curves_of_another_network_come_whole_though_its_branches_are_numbered_alike(session):
    page = Listener(session)
    page.answer("watch", views={"curves": True})
    opened = page.answer("open")["result"]["opened"]
    for _ in range(2):
        for step in range(1, 4):
            page.answer("step", size="batch")
            page.wait(lambda each, at=(opened, step): is_frame(each) and (each["opened"], each["time"]["step"]) == at)
        opened += 1
        assert page.answer("load", source={"rung": "network"})["result"]["opened"] == opened
        first = page.wait(lambda each, opened=opened: is_frame(each) and each["opened"] == opened)
        assert (first["time"]["branch"], first["curves"]["branch"], first["curves"]["since"]) == (0, 0, -1)
        assert first["curves"]["batch"]["step"].tolist() == []


def wide(seed=0):
    random = np.random.default_rng(seed)
    X = random.normal(size=(512, 8))
    net = ca.Sequential(ca.Dense(100), ca.Tanh(), ca.Dense(1))
    return Session(*open_arrays(net, X, np.sin(X[:, :1] * 2) + X[:, 1:2] * X[:, 2:3], batch_size=32))


def steps_in(session, seconds):
    """Return the steps taken in a second of this process's own time, in which others do not count."""
    began, first = time.process_time(), session.now.step
    time.sleep(seconds)
    return (session.now.step - first) / (time.process_time() - began)


def test_a_client_that_watches_leaves_the_training_its_speed():
    session = wide()
    page = Listener(session)
    with session.turn():
        session.training.start()
    alone, watched = [], []
    steps_in(session, 0.2)
    for _ in range(5):
        page.answer("watch", views={})
        alone.append(steps_in(session, 0.4))
        page.answer("watch", views={"forward": True, "weights": True, "curves": True})
        watched.append(steps_in(session, 0.4))
    frames = len(page.frames())
    page.client.close()
    session.close()
    assert frames > 5 * 0.4 * 5  # it is watched
    # Of a second, making frames and sending them takes a few hundredths. On a quiet machine, with the page in a process
    # of its own, 95 to 99 % of the steps a second stay; here the one who listens takes its time from the same process.
    assert max(watched) > 0.8 * max(alone)


def test_an_error_in_the_training_is_told_and_the_page_goes_on(session, monkeypatch, caplog):
    page = Listener(session)
    page.answer("watch", views={"weights": True})

    def broken(self, moment, loss, example=None):
        raise FloatingPointError("no room")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Session, "_stepped", broken)
        page.answer("train")
        told = page.wait(lambda message: message.get("push") == "fault")
    assert "FloatingPointError: no room" in told["message"]
    assert "the studio's training ended" in caplog.text
    session.training._thread.join(10)
    assert not session.training.running
    page.wait(lambda message: message.get("push") == "frame" and "no room" in message["time"]["broken"])
    assert "no room" in page.answer("train")["error"]["message"]
    assert page.answer("seek", step=0)["result"]["broken"] == ""
    assert page.answer("train", until=3)["result"]["training"]
    page.wait(lambda message: message.get("push") == "frame" and message["time"]["step"] == 3)
    page.client.close()
