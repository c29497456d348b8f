"""How much work a step is, counted on the tape, and which engine does it sooner."""

from __future__ import annotations

from importlib.util import find_spec
from math import prod
from typing import NamedTuple

import numpy as np

from cutaway.autodiff import Node, history, value_of
from cutaway.backends.random import Random
from cutaway.layers import Context, Layer
from cutaway.losses import Loss
from cutaway.tensor import as_tensors
from cutaway.training.step import Batch


class Cost(NamedTuple):
    """What one training step does: operations on the tape, multiply-adds × 2, parameters, numbers computed.

    loops   operations that XLA compiles to loops of their own: convolutions, pools, recurrence
    """

    operations: int
    flops: float
    parameters: int
    elements: float = 0.0
    loops: int = 0


class Choice(NamedTuple):
    """An engine, and why."""

    engine: str
    reason: str


# Seconds an operation, a floating-point operation, a parameter and an element take, on two cores of a server of 2024.
# They choose an engine and promise nothing: a choice that is wrong by a factor of two costs a second or two.
PRICES = {"numpy": (1.2e-5, 1 / 130e9, 2e-9, 4e-9), "xla": (2.5e-7, 1 / 120e9, 1e-9, 4e-10)}
NAMES = {"numpy": "NumPy", "xla": "XLA"}
# What an epoch takes beside its steps, and XLA before the first one.
EPOCH = {"numpy": 1e-4, "xla": 2e-4}
XLA_START, XLA_IMPORT, XLA_COMPILE, XLA_LOOP = 0.5, 0.6, 0.02, 0.6
# Operations that are loops.
LOOPS = ("convolution", "transposed_convolution", "max_pool", "average_pool", "simple_rnn", "gru", "lstm", "repeat")


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
    flops = patches = 0.0
    for node in nodes:
        if node.operation in ("matmul", "attention"):
            flops += 2.0 * prod(node.value.shape) * value_of(node.operands[0]).shape[-1]
        elif node.operation in ("convolution", "transposed_convolution"):
            # The picture with as many places as there are windows: the result, or what the transposed one starts from.
            windows = node if node.operation == "convolution" else node.operands[0]
            window = value_of(node.operands[1]).shape[:-1]
            flops += 2.0 * prod(value_of(windows).shape) * prod(window)
            patches += prod(value_of(windows).shape[:-1]) * prod(window)
        elif node.operation in ("simple_rnn", "gru", "lstm"):
            x, weight, recurrent = (value_of(operand).shape for operand in node.operands[:3])
            flops += 2.0 * prod(x[:2]) * (prod(weight) + prod(recurrent))
    scale = rows / max(1, len(batch.x[some]))
    parameters = sum(array.size for array in network.parameters().values())
    elements = patches + sum(prod(node.value.shape) for node in nodes)
    loops = sum(node.operation in LOOPS for node in nodes)
    return Cost(len(nodes), 3 * flops * scale, parameters, elements * scale, loops)


def seconds_of_step(engine: str, cost: Cost, members: int = 1) -> float:
    """Estimate the time of one step of all members; each operation runs forward and backward.

    On XLA members share the calls, on NumPy they share nothing.
    """
    operation, flop, parameter, element = PRICES[engine]
    calls = 2 * cost.operations * operation * (members if engine == "numpy" else 1)
    return calls + members * (cost.flops * flop + cost.parameters * parameter + cost.elements * element)


def seconds_of_start(cost: Cost) -> float:
    """Estimate the time that XLA takes before the first step, once it is imported."""
    return XLA_START + cost.operations * XLA_COMPILE + cost.loops * XLA_LOOP


def choose_engine(cost: Cost, epochs: int, steps: int, members: int = 1, limit: float | None = None) -> Choice:
    """Return the engine that should be done sooner with `epochs` of `steps` steps each, and the reason in words.

    With a `limit`, in seconds, that neither is expected to keep, it is the one that should get further until then.
    """
    each = {
        "numpy": members * EPOCH["numpy"] + steps * seconds_of_step("numpy", cost, members),
        "xla": EPOCH["xla"] + steps * seconds_of_step("xla", cost, members),
    }
    # As in a process without JAX, wherever this one is: the choice may not depend on where a fit runs, or after which.
    start = XLA_IMPORT + seconds_of_start(cost)
    eager, compiled = epochs * each["numpy"], start + epochs * each["xla"]
    if find_spec("jax") is not None and limit is not None and min(eager, compiled) > limit:
        done = {"numpy": limit / each["numpy"], "xla": max(0.0, limit - start) / each["xla"]}
        further, other = sorted(done, key=lambda name: -done[name])
        share = done[other] / done[further] if done[further] else 0.0
        return Choice(further, f"{NAMES[other]} would get {100 * share:.0f} % as far in the time there is")
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
