"""The trainer: what is trained, by which loss and optimizer, as planned, and who is told."""

from __future__ import annotations

from collections.abc import Sequence

from cutaway.backends.processes import processes
from cutaway.layers import Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.records import Event
from cutaway.training.checkpoints import Checkpoints
from cutaway.training.cost import Cost
from cutaway.training.interrupt import Interrupt
from cutaway.training.loop import Listener, Loop
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trained import Trained


class Trainer:
    """Trains `network` on rows by `loss` and `optimizer` as planned, and tells listeners.

    engine      "numpy" or "xla"
    listeners   called with each record; one may raise `StopTraining`
    checkpoints where to write down how far it has come, and to go on from (None: nowhere)
    devices     of this process that share the work of engine "xla" (None: as many as serve it)
    """

    def __init__(
        self,
        network: Layer,
        loss: Loss,
        optimizer: Optimizer,
        plan: Plan,
        *,
        engine: str = "numpy",
        listeners: Sequence[Listener] = (),
        checkpoints: Checkpoints | None = None,
        devices: int | None = None,
    ) -> None:
        self.network, self.loss, self.optimizer, self.plan = network, loss, optimizer, plan
        self.engine, self.listeners, self.checkpoints, self.devices = engine, listeners, checkpoints, devices

    def train(
        self, rows: Batch, validation: Batch | None = None, cost: Cost | None = None, first: Event | None = None
    ) -> Trained:
        """Train on `rows`, watching `validation`, and return the best weights (the last ones without validation).

        `first` is told and kept before anything else.
        """
        several = processes().several
        with Interrupt(ending=self.checkpoints is not None or several, alone=not several) as interrupt:
            loop = Loop(self, rows, validation, cost, interrupt)
            if first is not None and not loop.trained.events:  # else it was told before
                loop.tell(first, loop.trained.events)
            return loop.run()
