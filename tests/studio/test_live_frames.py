"""Frames of a training that goes as fast as it can: made between its steps, each of one moment, and complete."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from cutaway.diagnosis.harm import Harm
from cutaway.diagnosis.verdict import Verdict
from cutaway.studio import diagnosing
from cutaway.studio.arguments import Arguments
from cutaway.studio.client import Client
from cutaway.studio.opening import open_rung
from cutaway.studio.session import Session
from tests.studio.conversation import Listener

VIEWS = {"forward": {"blame": False}, "weights": True, "curves": True}


@pytest.fixture
def session():
    made = Session(*open_rung("network"))
    made.speed = None
    yield made
    for client in list(made.clients):
        client.close()
    made.close()


def is_frame(message):
    return message.get("push") == "frame"


class Watcher(Listener):
    """Notes which thread hands it its frames."""

    def __init__(self, session):
        self.threads = []
        super().__init__(session)

    def _sent(self, content, buffers):
        if is_frame(content):
            self.threads.append(threading.current_thread().name)
        super()._sent(content, buffers)


def test_a_training_makes_its_own_frames_and_a_client_those_of_a_slow_or_a_standing_one(session):
    page = Watcher(session)
    page.answer("watch", views=VIEWS)
    page.wait(is_frame)
    page.answer("train")
    page.wait(lambda message: is_frame(message) and message["frame"] > 5)
    fast, count = page.threads[1:], len(page.threads)
    assert fast.count("cutaway studio training") >= len(fast) - 1  # one may have come before the first step
    page.answer("train", speed=50)
    page.wait(lambda message: is_frame(message) and message["frame"] > count + 5)
    assert page.threads[-1] == "cutaway studio client"
    step = page.answer("pause")["result"]["step"]
    page.wait(lambda message: is_frame(message) and not message["time"]["training"] and message["time"]["step"] == step)


def test_each_frame_is_of_one_moment_and_its_loss_is_on_the_curve(session):
    page = Listener(session)
    page.answer("watch", views=VIEWS)
    page.answer("train")
    page.wait(lambda message: is_frame(message) and message["frame"] > 12)
    page.answer("pause")
    frames = page.frames()
    rows = session.case.rows(session.way.loss, "training")
    known = {}
    for frame in frames:
        known |= dict(zip(frame["curves"]["loss"]["step"].tolist(), frame["curves"]["loss"]["training"], strict=True))
    for frame in [each for each in frames if each["time"]["training"]][1::4]:
        arrays = {path: np.array(array) for path, array in frame["weights"].items()}
        layer = np.tanh(rows.x @ arrays["0.weight"] + arrays["0.bias"])
        layer = np.tanh(layer @ arrays["2.weight"] + arrays["2.bias"])
        score = (layer @ arrays["4.weight"] + arrays["4.bias"])[:, 0]
        own = float(np.mean(np.logaddexp(0, score) - score * np.reshape(rows.y, -1)))
        assert frame["time"]["loss"] == pytest.approx(own, rel=1e-9)
        assert known[frame["time"]["step"]] == frame["time"]["loss"]
    steps = [frame["time"]["step"] for frame in frames]
    assert steps == sorted(steps)


def test_a_page_that_does_not_acknowledge_holds_up_neither_the_training_nor_another(session):
    deaf, page = Listener(session, acknowledges=False), Listener(session)
    for each in (deaf, page):
        each.answer("watch", views=VIEWS)
    page.answer("train")
    page.wait(lambda message: is_frame(message) and message["frame"] > 8)
    assert len(deaf.frames()) == 1
    began = session.now.step
    time.sleep(0.3)
    assert session.now.step > began
    page.answer("pause")


def test_a_frame_that_cannot_be_made_does_not_end_the_training(session, monkeypatch, caplog):
    from cutaway.studio.frames import VIEWS as MADE

    def broken(*_):
        raise ValueError("a gear is missing")

    page = Listener(session)
    page.answer("watch", views={"weights": True})
    page.answer("train")
    page.wait(lambda message: is_frame(message) and message["time"]["step"] > 0)
    with monkeypatch.context() as meanwhile:
        meanwhile.setitem(MADE, "weights", broken)
        told = page.wait(lambda message: message.get("push") == "fault")
    assert "a gear is missing" in told["message"]
    reached, end = session.now.step, time.perf_counter() + 20
    while session.now.step == reached and time.perf_counter() < end:
        time.sleep(0.01)
    assert session.now.step > reached and not session.broken
    assert page.answer("pause")["result"]["broken"] == ""
    assert "a gear is missing" in str(caplog.records[0].exc_info[1])


def test_a_page_that_cannot_be_told_anything_is_left_and_the_training_goes_on(session, caplog):
    cut = threading.Event()

    def send(content, buffers):
        if cut.is_set() and content.get("push") in ("frame", "fault"):
            raise RuntimeError("the line is cut")
        if is_frame(content):
            lost.receive({"do": "ack", "frame": content["frame"]})

    page = Listener(session)
    lost = Client(session, send)
    lost.receive({"id": 1, "revision": 0, "do": "watch", "views": {"weights": True}})
    page.wait(lambda message: message.get("clients") == 2)
    page.answer("watch", views={"weights": True})
    page.answer("train")
    page.wait(lambda message: is_frame(message) and message["frame"] > 5)
    cut.set()
    end = time.perf_counter() + 20
    while lost in session.clients and time.perf_counter() < end:
        time.sleep(0.01)
    assert session.clients == [page.client] and "is left" in caplog.text
    step = session.now.step
    time.sleep(0.2)
    assert session.training.running and session.now.step > step


def test_pages_that_can_be_told_nothing_at_all_are_left_and_the_training_goes_on(session, caplog):
    cut, lost = threading.Event(), []

    def sent(place):
        def send(content, buffers):
            if cut.is_set():
                raise RuntimeError(f"the line {place} is cut")
            if is_frame(content):
                lost[place].receive({"do": "ack", "frame": content["frame"]})

        return send

    for place in range(2):
        lost.append(Client(session, sent(place)))
        lost[place].receive({"id": 1, "revision": 0, "do": "watch", "views": {"weights": True}})
    page = Listener(session)
    page.answer("watch", views={"weights": True})
    page.answer("train")
    page.wait(lambda message: is_frame(message) and message["frame"] > 5)
    cut.set()
    page.wait(lambda message: message.get("clients") == 1)
    assert session.clients == [page.client] and "the line 0 is cut" in str([each.exc_info for each in caplog.records])
    step = session.now.step
    time.sleep(0.2)
    assert session.training.running and session.now.step > step and not session.broken


def test_a_page_that_cannot_be_told_anything_while_the_network_stands_is_left(session, caplog):
    def send(content, buffers):
        raise RuntimeError("the line is cut")

    page = Listener(session)
    Client(session, send).receive({"id": 1, "revision": 0, "do": "open"})
    page.wait(lambda message: message.get("clients") == 1)
    assert session.clients == [page.client] and "is left" in caplog.text


def test_a_client_that_two_threads_close_at_once_is_closed_once(session):
    class Slow(list):
        def __contains__(self, each):
            found = super().__contains__(each)
            time.sleep(0.05)
            return found

    page, other = Listener(session), Listener(session)
    session.clients = Slow(session.clients)
    with ThreadPoolExecutor(2) as both:
        for done in [both.submit(other.client.close) for _ in range(2)]:
            done.result()
    assert session.clients == [page.client]
    assert [each["clients"] for _, each in page.messages if each.get("push") == "company"] == [2, 1]


def test_a_frame_that_is_due_in_two_threads_is_made_once(session):
    page = Listener(session, acknowledges=False)
    page.answer("watch", views={"weights": True})
    page.wait(is_frame)
    with session.turn():
        page.client.receive({"do": "ack", "frame": 1})
        session.changed()
        end = time.perf_counter() + 20
        while session.turns.waiting < 2 and time.perf_counter() < end:
            time.sleep(0.01)
        assert session.turns.waiting == 2  # its own thread has found the frame due, and waits for its turn
        page.client.show_if_due()
    page.answer("curves")  # by its own thread, after what it had begun
    assert [frame["frame"] for frame in page.frames()] == [1, 2]


def test_a_frame_of_before_the_curves_were_watched_leaves_them_whole(session):
    page = Listener(session, acknowledges=False)
    for _ in range(3):
        page.answer("step", size="batch")
    page.answer("watch", views={"weights": True})
    page.wait(is_frame)
    with session.turn():
        page.client._watch(Arguments("watch", {"views": {"curves": True}}))
        page.client.receive({"do": "ack", "frame": 1})  # it was on its way
    seen = page.wait(lambda message: is_frame(message) and message["frame"] == 2)
    assert seen["curves"]["since"] == -1 and seen["curves"]["batch"]["step"].tolist() == [1, 2, 3]


def test_what_findings_say_of_the_losses_is_computed_in_a_turn(session, monkeypatch):
    taken = []

    def stood(self, now=None, wait=True):
        taken.append(self.turns.lock._is_owned())
        return found

    page, found = Listener(session), session.time()
    for _ in range(3):
        page.answer("step", size="batch")
    nothing = Verdict((), (), Harm("", ""))
    monkeypatch.setattr(diagnosing, "diagnosed", lambda now: (diagnosing.setup_of(now), None, nothing))
    monkeypatch.setattr(Session, "time", stood)
    assert "result" in page.answer("findings")
    assert taken and all(taken)


def test_who_waits_for_a_turn_gets_it_after_the_step_and_the_training_goes_on_afterwards(session):
    with session.turn():
        session.training.start()
    taken = []
    for _ in range(20):
        with session.turn():
            step = session.now.step
            time.sleep(0.002)
            taken.append(session.now.step - step)  # nobody steps meanwhile
    assert taken == [0] * 20
    step = session.now.step
    time.sleep(0.2)
    assert session.now.step > step and session.turns.waiting == 0


def test_a_client_of_a_slow_training_looks_when_something_happens_and_not_all_the_time(session, monkeypatch):
    page = Listener(session)
    page.answer("watch", views={"weights": True})
    page.answer("train", speed=2)
    page.wait(lambda message: is_frame(message) and message["time"]["step"] == 1)
    looked, patience = [], Client._patience
    monkeypatch.setattr(Client, "_patience", lambda self: looked.append(1) or patience(self))
    page.wait(lambda message: is_frame(message) and message["time"]["step"] == 3)
    assert len(looked) < 50  # for a frame each half second a handful
    page.answer("pause")
