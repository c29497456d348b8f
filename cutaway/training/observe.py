"""Vitals: how each layer and the whole are doing, measured on a few fixed rows between steps; nothing of it is kept."""

from __future__ import annotations

import numpy as np

from cutaway.autodiff import pull, value_of
from cutaway.backends.random import Random
from cutaway.layers import Context, Layer, Sigmoid, Softmax, Tanh
from cutaway.layers.context import Tap
from cutaway.layers.layer import join
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.records import LayerVitals, NetworkVitals
from cutaway.schedules import Schedule
from cutaway.tensor import as_tensors
from cutaway.training.score import score_of
from cutaway.training.step import Batch, Carry

# Outputs this close to the end of their range, as a share of it, count as saturated.
SATURATED = 0.01
# How much longer the longer of two steps is that are tried.
FAR = 10.0


def norm(arrays: list[np.ndarray]) -> float:
    """Return the length of all arrays together."""
    return float(np.sqrt(sum(float(np.vdot(array, array)) for array in arrays)))


def observe(
    network: Layer,
    loss: Loss,
    optimizer: Optimizer,
    carry: Carry,
    probe: Batch,
    epoch: int,
    steps: int,
    held_out: Batch | None = None,
    batch_size: int | None = None,
) -> tuple[list[LayerVitals], NetworkVitals]:
    """Return the vitals of every layer that computes something itself, in the order of computation, and of the whole.

    Runs one step on NumPy arrays, in training mode with no row left out, and throws its result away. Every other row
    once more alone tells how much of the gradient is noise.

    batch_size   rows of a step (None: as many as the probe has); a loss that is a sum over rows is told for so many:

        L = b / n Σ lᵢ,   ∂L/∂w = b / n Σ ∂lᵢ/∂w        b rows a step, n probe rows
    """
    step = int(carry.moments["step"])
    share = min(1.0, (batch_size or len(probe.x)) / len(probe.x)) if loss.summed else 1.0
    progress = np.float64(step / steps)
    with np.errstate(all="ignore"):
        taps, value, grads = _blame(network, loss, carry, probe, step, progress)
        if share != 1:
            value, grads = share * value, {path: np.asarray(share * grad, grad.dtype) for path, grad in grads.items()}
        after, _ = optimizer.update(carry.params, grads, carry.moments, steps)
        layers = [_vitals(tap, carry, grads, after, epoch, step) for tap in taps if not list(tap.layer.children())]
        settled = network.bind(carry.params, carry.state)
        outputs = settled(probe.x, ctx=Context())
        score, commonest = score_of(loss, outputs, probe.y)
        validation = None
        if held_out is not None:
            validation, _ = score_of(loss, settled(held_out.x, ctx=Context()), held_out.y)
        length, decayed = norm(list(grads.values())), _decay(optimizer, progress) * norm(list(carry.params.values()))
        change = {path: after[path] - array for path, array in carry.params.items()}
        promised = -sum(float(np.vdot(grads[path], change[path])) for path in change)
        stepped = share * _loss_at(network, loss, after, carry, probe, step, progress)
        far = {path: array + FAR * change[path] for path, array in carry.params.items()}
        agreement = 1.0
        if len(probe.x) > 3:
            part = Batch(*(None if array is None else array[::2] for array in probe))
            _, _, half = _blame(network, loss, carry, part, step, progress)
            # The mean over all rows is the mean of the means over two halves; of a sum, the sum.
            whole = 1 / share if loss.summed else 2
            agreement = _cosine(half, {path: whole * grads[path] - half[path] for path in grads})
        overall = NetworkVitals(
            epoch=epoch,
            step=step,
            loss=value,
            settled=share * float(loss.value(outputs, probe.y, probe.weight)),
            score=score,
            validation_score=validation,
            output_std=float(np.std(outputs, axis=0).mean()),
            commonest=commonest,
            gradient_norm=length,
            agreement=agreement,
            penalty=decayed / (length + decayed) if decayed else 0.0,
            promised=promised,
            stepped=stepped,
            stepped_far=share * _loss_at(network, loss, far, carry, probe, step, progress),
            rows=len(probe.x),
            validation_rows=0 if held_out is None else len(held_out.x),
        )
    return layers, overall


def _blame(
    network: Layer, loss: Loss, carry: Carry, rows: Batch, step: int, progress: np.float64
) -> tuple[list[Tap], float, dict[str, np.ndarray]]:
    """Return what the layers told, the loss and its gradients."""
    taps: list[Tap] = []
    tensors = as_tensors(carry.params)
    ctx = _training(step, progress, taps)
    value = loss.value(network.bind(tensors, carry.state)(rows.x, ctx=ctx), rows.y, rows.weight)
    found = pull(value, list(tensors.values()), np.ones_like(value.value))
    return taps, float(value.value), dict(zip(tensors, found, strict=True))


def _loss_at(
    network: Layer,
    loss: Loss,
    params: dict[str, np.ndarray],
    carry: Carry,
    rows: Batch,
    step: int,
    progress: np.float64,
) -> float:
    """Return the loss with other parameters, everything else as in `_blame`."""
    outputs = network.bind(params, carry.state)(rows.x, ctx=_training(step, progress))
    return float(loss.value(outputs, rows.y, rows.weight))


def _training(step: int, progress: np.float64, taps: list[Tap] | None = None) -> Context:
    return Context(mode="train", random=Random(np.uint32(0), np.uint32(step)), progress=progress, taps=taps)


def _decay(optimizer: Optimizer, progress: np.float64) -> float:
    decay = optimizer.weight_decay
    return float(decay(progress)) if isinstance(decay, Schedule) else float(decay)


def _cosine(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> float:
    """Return the cosine of the angle between two gradients; 1 where both are 0."""
    product = sum(float(np.vdot(one[path], other[path])) for path in one)
    lengths = norm(list(one.values())) * norm(list(other.values()))
    return product / lengths if lengths > 0 else 1.0


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
