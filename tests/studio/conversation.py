"""A client of a session that keeps what it was sent, for tests."""

from __future__ import annotations

import threading
import time
from typing import Any

from cutaway.studio.client import Client
from cutaway.studio.protocol import unpacked
from cutaway.studio.session import Session


class Listener:
    """Sends requests as a page does, and waits for answers; acknowledges frames if asked to."""

    def __init__(self, session: Session, acknowledges: bool = True) -> None:
        self.messages: list[Any] = []
        self.arrived = threading.Condition()
        self.acknowledges, self.number, self.revision = acknowledges, 0, 0
        self.client = Client(session, self._sent)

    def _sent(self, content: Any, buffers: list[bytes]) -> None:
        with self.arrived:
            self.messages.append((time.perf_counter(), unpacked(content, buffers)))
            self.arrived.notify_all()
        if content.get("push") == "frame" and self.acknowledges:
            self.client.receive({"do": "ack", "frame": content["frame"]})

    def ask(self, do: str, **arguments: Any) -> int:
        self.number += 1
        self.client.receive({"id": self.number, "revision": self.revision, "do": do, **arguments})
        return self.number

    def wait(self, fits: Any, seconds: float = 20.0) -> Any:
        with self.arrived:
            end = time.perf_counter() + seconds
            while True:
                found = [message for _, message in self.messages if fits(message)]
                if found:
                    return found[-1]
                assert self.arrived.wait(end - time.perf_counter()), "no such message came"

    def answer(self, do: str, **arguments: Any) -> Any:
        number = self.ask(do, **arguments)
        return self.wait(lambda message: message.get("id") == number)

    def frames(self) -> list[Any]:
        with self.arrived:
            return [message for _, message in self.messages if message.get("push") == "frame"]
