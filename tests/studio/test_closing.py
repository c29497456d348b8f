"""A session is closed while a frame is made: whoever closes goes on, and nothing is sent to a page that is gone."""

import threading
import time

import pytest

from cutaway.studio import training
from cutaway.studio.frames import VIEWS
from cutaway.studio.opening import open_rung
from cutaway.studio.session import Session
from tests.studio.conversation import Listener

SPEEDS = pytest.mark.parametrize(
    ("speed", "maker"), [(None, "cutaway studio training"), (40, "cutaway studio client")],
    ids=["by the training", "by the page's thread"],
)  # fmt: skip


class Slow:
    """A view that takes until it is released."""

    def __init__(self):
        self.began, self.released = threading.Event(), threading.Event()
        self.maker = None

    def __call__(self, *_):
        self.maker = threading.current_thread()
        self.began.set()
        assert self.released.wait(20)
        return {}


@pytest.fixture
def slow(monkeypatch):
    made = Slow()
    monkeypatch.setitem(VIEWS, "weights", made)
    yield made
    made.released.set()


@pytest.fixture
def watched(slow):
    """Have a session train, with a page that watches, and return them while a frame is being made."""
    sessions = []

    def begin(speed):
        session = Session(*open_rung("network"))
        sessions.append(session)
        page = Listener(session)
        page.answer("train", speed=speed)
        end = time.perf_counter() + 20
        while session.training.shows is not (speed is None):
            assert time.perf_counter() < end
            time.sleep(0.001)
        page.ask("watch", views={"weights": True})
        assert slow.began.wait(20)
        return session, page, session.training._thread

    yield begin
    slow.released.set()
    for session in sessions:
        for client in list(session.clients):
            client.close()
        session.close()


def closing(page, session):
    """Begin to close a page and its session, as a server or a widget does."""
    faults = []

    def close():
        try:
            page.client.close()
            session.close()
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=close, daemon=True)
    thread.start()
    return thread, faults


@SPEEDS
def test_closing_does_not_wait_for_ever_for_a_frame(watched, slow, monkeypatch, caplog, speed, maker):
    monkeypatch.setattr(training, "ENDING", 0.2)
    session, page, trains = watched(speed)
    assert slow.maker.name == maker
    closes, faults = closing(page, session)
    closes.join(5)
    assert not closes.is_alive() and not faults
    assert trains.is_alive() and not slow.released.is_set()  # the frame is not made yet
    slow.released.set()
    for thread in (trains, page.client._thread):
        thread.join(10)
        assert not thread.is_alive()
    assert page.frames() == [] and not session.training.running
    assert not [message for _, message in page.messages if message.get("push") == "fault"]
    assert not caplog.records


@SPEEDS
def test_closing_waits_for_the_frame_where_it_is_made_soon(watched, slow, speed, maker):
    session, page, trains = watched(speed)
    assert slow.maker.name == maker
    closes, faults = closing(page, session)
    closes.join(0.2)
    assert closes.is_alive()  # the training is yet to end
    slow.released.set()
    closes.join(5)
    assert not closes.is_alive() and not faults and not trains.is_alive()
    assert page.frames() == []


def test_a_page_that_is_gone_while_its_frame_is_sent_ends_neither_the_training_nor_the_others(caplog):
    session = Session(*open_rung("network"))
    gone, stays = Listener(session), Listener(session)

    def send(content, buffers):
        raise ConnectionError("gone")

    stays.answer("train")
    gone.client._send = send
    gone.ask("watch", views={"weights": True})
    stays.answer("watch", views={"weights": True})
    first = stays.wait(lambda message: message.get("push") == "frame")["time"]["step"]
    stays.wait(lambda message: message.get("push") == "frame" and message["time"]["step"] > first)
    gone.client._thread.join(10)
    assert session.clients == [stays.client] and session.training.running
    stays.client.close()
    session.close()
    assert [record.getMessage() for record in caplog.records] == ["a page that cannot be told anything is left"]
