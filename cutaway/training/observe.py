"""Vitals: how each layer is doing, measured on a few fixed rows between steps; nothing it computes is kept."""

from __future__ import annotations

import numpy as np

from cutaway.autodiff import pull, value_of
from cutaway.backends.random import Random
from cutaway.layers import Context, Layer, Sigmoid, Softmax, Tanh
from cutaway.layers.context import Tap
from cutaway.layers.layer import join
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.records import LayerVitals
from cutaway.tensor import as_tensors
from cutaway.training.step import Batch, Carry

# How many training rows the vitals are measured on.
PROBE_ROWS = 256

# Outputs this close to the end of their range, as a share of it, count as saturated.
SATURATED = 0.01


def norm(arrays: list[np.ndarray]) -> float:
    """Return the length of all arrays together."""
    return float(np.sqrt(sum(float(np.vdot(array, array)) for array in arrays)))


def observe(
    network: Layer, loss: Loss, optimizer: Optimizer, carry: Carry, probe: Batch, epoch: int, steps: int
) -> list[LayerVitals]:
    """Return the vitals of every layer that computes something itself, in the order of computation.

    Runs one step on NumPy arrays, in training mode with no row left out, and throws its result away.
    """
    taps: list[Tap] = []
    tensors = as_tensors(carry.params)
    step = int(carry.moments["step"])
    ctx = Context(
        mode="train", random=Random(np.uint32(0), np.uint32(step)), progress=np.float64(step / steps), taps=taps
    )
    with np.errstate(all="ignore"):
        value = loss.value(network.bind(tensors, carry.state)(probe.x, ctx=ctx), probe.y, probe.weight)
        found = pull(value, list(tensors.values()), np.ones_like(value.value))
        grads = dict(zip(tensors, found, strict=True))
        after, _ = optimizer.update(carry.params, grads, carry.moments, steps)
        return [_vitals(tap, carry, grads, after, epoch, step) for tap in taps if not list(tap.layer.children())]


def _vitals(
    tap: Tap,
    carry: Carry,
    grads: dict[str, np.ndarray],
    after: dict[str, np.ndarray],
    epoch: int,
    step: int,
) -> LayerVitals:
    output = np.asarray(value_of(tap.output))
    units = np.abs(output).reshape(-1, output.shape[-1]).max(axis=0)
    own = [key for name in tap.layer._declared if (key := join(tap.path, name)) in carry.params]
    weight = norm([carry.params[key] for key in own])
    change = norm([after[key] - carry.params[key] for key in own])
    return LayerVitals(
        epoch=epoch,
        step=step,
        path=tap.path,
        kind=type(tap.layer).__name__,
        output_mean=float(output.mean()),
        output_std=float(output.std()),
        silent=float(np.mean(units == 0)),
        saturated=_saturated(tap.layer, output),
        weight_norm=weight if own else None,
        gradient_norm=norm([grads[key] for key in own]) if own else None,
        update_ratio=change / weight if own and weight > 0 else None,
    )


def _saturated(layer: Layer, output: np.ndarray) -> float | None:
    """Return the share of outputs near the end of their range, for layers whose output has one."""
    if isinstance(layer, Tanh):
        return float(np.mean(np.abs(output) > 1 - 2 * SATURATED))
    if isinstance(layer, (Sigmoid, Softmax)):
        return float(np.mean((output < SATURATED) | (output > 1 - SATURATED)))
    return None
