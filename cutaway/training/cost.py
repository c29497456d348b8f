"""How much work a step is, counted on the tape, and which engine does it sooner."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from math import prod
from typing import NamedTuple

from cutaway.autodiff import Node, history
from cutaway.backends.random import Random
from cutaway.layers import Context, Layer
from cutaway.losses import Loss
from cutaway.tensor import as_tensors
from cutaway.training.step import Batch

import numpy as np  # isort: skip


class Cost(NamedTuple):
    """What one training step does: operations on the tape, multiply-adds × 2, parameters."""

    operations: int
    flops: float
    parameters: int


class Choice(NamedTuple):
    """An engine, and why."""

    engine: str
    reason: str


# Seconds per unit on two cores of a server of 2024, from `python -m benchmarks engines`. They choose an
# engine; they promise nothing, and a choice that is wrong by a factor of two costs a second or two.
NUMPY_OPERATION, NUMPY_FLOP, NUMPY_PARAMETER = 7e-6, 1 / 100e9, 6e-9
XLA_OPERATION, XLA_FLOP, XLA_PARAMETER = 2.5e-7, 1 / 200e9, 1e-9
XLA_START, XLA_IMPORT, XLA_COMPILE_OPERATION = 0.35, 0.6, 0.012


def cost_of_step(network: Layer, loss: Loss, batch: Batch) -> Cost:
    """Count the work of one step by running its forward pass once on NumPy, on at most 32 rows, scaled up.

    A backward pass has about twice the products of the forward pass.
    """
    rows = len(batch.x)
    some = slice(0, min(rows, 32))
    tensors = as_tensors(network.parameters())
    ctx = Context(mode="train", random=Random(np.uint32(0), np.uint32(0)))
    with np.errstate(all="ignore"):
        value = loss.value(network.bind(tensors, network.state())(batch.x[some], ctx=ctx), batch.y[some])
    nodes = [node for node in history(value) if node.operation] if isinstance(value, Node) else []
    flops = 0.0
    for node in nodes:
        if node.operation in ("matmul", "attention"):
            inner = node.parents[0].value.shape[-1] if node.parents else 1
            flops += 2.0 * prod(node.value.shape) * inner
    scale = rows / max(1, len(batch.x[some]))
    return Cost(len(nodes), 3 * flops * scale, sum(array.size for array in network.parameters().values()))


def seconds_numpy(cost: Cost, steps: int) -> float:
    """Estimate the time of `steps` steps on NumPy."""
    return steps * (
        2 * cost.operations * NUMPY_OPERATION + cost.flops * NUMPY_FLOP + cost.parameters * NUMPY_PARAMETER
    )


def seconds_xla(cost: Cost, steps: int) -> float:
    """Estimate the time of `steps` steps on XLA, with starting and compiling."""
    start = XLA_START + (0 if "jax" in sys.modules else XLA_IMPORT) + cost.operations * XLA_COMPILE_OPERATION
    return start + steps * (
        2 * cost.operations * XLA_OPERATION + cost.flops * XLA_FLOP + cost.parameters * XLA_PARAMETER
    )


def choose_engine(cost: Cost, steps: int, members: int = 1) -> Choice:
    """Return the engine that should be done sooner, and the reason in words."""
    eager = seconds_numpy(cost, steps) * members
    compiled = seconds_xla(cost, steps) + (members - 1) * seconds_xla(cost, steps) * 0.3
    if find_spec("jax") is None:
        if eager > 2 * compiled and eager > 5:
            return Choice(
                "numpy",
                f"JAX is not installed; about {eager:.0f} s here, about {compiled:.0f} s with: "
                "pip install 'cutaway[jax]'",
            )
        return Choice("numpy", f"about {_told(eager)} of work; JAX is not installed and would gain little")
    if eager <= compiled:
        return Choice("numpy", f"about {_told(eager)} of work, too little to be worth compiling")
    return Choice("xla", f"about {_told(eager)} of work on NumPy, about {_told(compiled)} compiled")


def _told(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
