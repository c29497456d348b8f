"""What several clients look at: whose turn it is, and how all of them hear of a change."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any

from cutaway.studio.turns import Turns

Content = dict[str, Any]


class Shared(ABC):
    """Something that clients look at together.

    version   grows with every change that is no step
    tick      grows with whatever happens, steps too
    """

    def __init__(self) -> None:
        self.turns = Turns()
        self.version = self.tick = 0
        self.clients: list[Any] = []

    @abstractmethod
    def told_to_all(self) -> Content:
        """Return what clients are told where frames do not carry what has changed."""

    def turn(self) -> AbstractContextManager[None]:
        """Hold up the training, and everybody else."""
        return self.turns.turn()

    def changed(self, scene_too: bool = False, by: Any = None) -> None:
        """Tell clients that frames, and where so said the scene, are no longer what they were."""
        self.version += 1
        self.tick += 1
        if scene_too:
            self.push({"push": "scene", "version": self.version, "scene": self.told_to_all()}, but=by)
        self.wake()

    def wake(self) -> None:
        """Have clients look whether a frame is due."""
        for client in list(self.clients):
            client.wake()

    def push(self, content: Content, but: Any = None) -> None:
        """Send something to every client but one."""
        for client in list(self.clients):
            if client is not but:
                client.push(content)
