"""Whether a loop in PyTorch sets its gradients back to 0 between steps."""

from __future__ import annotations

from typing import Any


class Kept:
    """Watches the gradient of the smallest parameter that has one.

    steps   how many steps were taken of the gradient of the step before, with nothing done to it since but that
            backward passes added theirs

    A tensor counts how often it was written into. `zero_grad` writes, or takes the tensor away; clipping writes, too,
    and then nothing is said.
    """

    def __init__(self) -> None:
        self.steps, self.passes = 0, 0
        self.parameter: Any = None
        self.before: tuple[Any, int] | None = None
        self.handle: Any = None

    def stepping(self) -> None:
        """See the gradient that a step is about to be taken of."""
        if self.before is not None:
            gradient, written = self.before
            same = self.parameter.grad is gradient
            self.steps += bool(same and self.passes and gradient._version - written == self.passes)

    def stepped(self, optimizer: Any) -> None:
        """See the gradient that a step was taken of."""
        if self.parameter is None:
            every = [each for group in optimizer.param_groups for each in group["params"] if each.grad is not None]
            self.parameter = min(every, key=lambda each: each.numel(), default=None)
            if hasattr(self.parameter, "register_post_accumulate_grad_hook"):  # from PyTorch 2.1 on
                self.handle = self.parameter.register_post_accumulate_grad_hook(self._passed)
        self.passes, self.before = 0, None
        if self.handle is not None and self.parameter.grad is not None:
            self.before = self.parameter.grad, self.parameter.grad._version

    def end(self) -> None:
        """Leave the parameter as it was."""
        if self.handle is not None:
            self.handle.remove()
        self.handle = self.before = None

    def _passed(self, parameter: Any) -> None:
        self.passes += 1
