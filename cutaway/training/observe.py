"""Vitals: how each layer and the whole are doing, measured on a few fixed rows between steps; nothing of it is kept."""

from __future__ import annotations

from math import sqrt

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
from cutaway.tensor import Tensor, as_tensors
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
    noise: bool = True,
) -> tuple[list[LayerVitals], NetworkVitals]:
    """Return the vitals of every layer that computes something itself, in the order of computation, and of the whole.

    Runs one step on NumPy arrays, in training mode with no row left out, and throws its result away.

    noise        whether every other row runs once more alone, which tells how much of the gradient is noise
    batch_size   rows of a step (None: as many as the probe has); a loss that is a sum over rows is told for so many:

        L = b / n Σ lᵢ,   ∂L/∂w = b / n Σ ∂lᵢ/∂w        b rows a step, n probe rows
    """
    step = int(carry.moments["step"])
    share = min(1.0, (batch_size or len(probe.x)) / len(probe.x)) if loss.summed else 1.0
    progress = np.float64(step / steps)
    with np.errstate(all="ignore"):
        tensors = as_tensors(carry.params)
        learning = network.bind(tensors, carry.state)
        taps: list[Tap] = []
        value, grads = _blame(learning, tensors, loss, probe, _training(step, progress, taps))
        if share != 1:
            value, grads = share * value, {path: np.asarray(share * grad, grad.dtype) for path, grad in grads.items()}
        after, _ = optimizer.update(carry.params, grads, carry.moments, steps)
        change = {path: after[path] - array for path, array in carry.params.items()}
        weights, slopes, moved = (_squares(arrays) for arrays in (carry.params, grads, change))
        layers = [_vitals(tap, weights, slopes, moved, epoch, step) for tap in taps if not list(tap.layer.children())]
        outputs, *others = _settled(network.bind(carry.params, carry.state), probe, held_out)
        score, commonest = score_of(loss, outputs, probe.y)
        validation = None if held_out is None else score_of(loss, others[0], held_out.y)[0]
        length, decayed = sqrt(sum(slopes.values())), _decay(optimizer, progress) * sqrt(sum(weights.values()))
        promised = -sum(float(np.vdot(grads[path], change[path])) for path in change)
        stepped = share * _loss_at(network, loss, after, carry, probe, step, progress)
        far = {path: array + FAR * change[path] for path, array in carry.params.items()}
        agreement = None
        if noise and len(probe.x) > 3:
            part = Batch(*(None if array is None else array[::2] for array in probe))
            _, half = _blame(learning, tensors, loss, part, _training(step, progress))
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
    network: Layer, tensors: dict[str, Tensor], loss: Loss, rows: Batch, ctx: Context
) -> tuple[float, dict[str, np.ndarray]]:
    """Return the loss of a network that is bound to tensors, and its gradients."""
    value = loss.value(network(rows.x, ctx=ctx), rows.y, rows.weight)
    found = pull(value, list(tensors.values()), np.ones_like(value.value))
    return float(value.value), dict(zip(tensors, found, strict=True))


def _settled(network: Layer, probe: Batch, held_out: Batch | None) -> list[np.ndarray]:
    """Return the outputs in evaluation mode, of the probe rows and of those held out: in one pass where they fit."""
    rows = [probe.x] if held_out is None else [probe.x, held_out.x]
    if len({(part.dtype, part.shape[1:]) for part in rows}) == len(rows):  # one alone, or two that differ
        return [network(part, ctx=Context()) for part in rows]
    outputs: np.ndarray = network(np.concatenate(rows), ctx=Context())
    return [outputs[: len(probe.x)], outputs[len(probe.x) :]]


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


def _squares(arrays: dict[str, np.ndarray]) -> dict[str, float]:
    """Return the square of each array's length."""
    return {path: float(np.vdot(array, array)) for path, array in arrays.items()}


def _decay(optimizer: Optimizer, progress: np.float64) -> float:
    decay = optimizer.weight_decay
    return float(decay(progress)) if isinstance(decay, Schedule) else float(decay)


def _cosine(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> float:
    """Return the cosine of the angle between two gradients; 1 where both are 0."""
    product = sum(float(np.vdot(one[path], other[path])) for path in one)
    lengths = norm(list(one.values())) * norm(list(other.values()))
    return product / lengths if lengths > 0 else 1.0


def _vitals(
    tap: Tap, weights: dict[str, float], slopes: dict[str, float], moved: dict[str, float], epoch: int, step: int
) -> LayerVitals:
    """Return a layer's vitals, given the squared length of each parameter, of its gradient and of its next change."""
    output = np.asarray(value_of(tap.output))
    mean = float(output.mean())
    apart = output - mean
    spoken = output.reshape(-1, output.shape[-1]).any(axis=0)
    own = [key for name in tap.layer._declared if (key := join(tap.path, name)) in weights]
    weight, gradient, change = (sqrt(sum([squares[key] for key in own])) for squares in (weights, slopes, moved))
    return LayerVitals(
        epoch=epoch,
        step=step,
        path=tap.path,
        kind=type(tap.layer).__name__,
        output_mean=mean,
        output_std=sqrt(float(np.vdot(apart, apart)) / apart.size),  # as `std`, in a third of its time
        silent=float(np.count_nonzero(~spoken) / spoken.size),
        saturated=_saturated(tap.layer, output),
        weight_norm=weight if own else None,
        gradient_norm=gradient if own else None,
        update_ratio=change / weight if own and weight > 0 else None,
    )


def _saturated(layer: Layer, output: np.ndarray) -> float | None:
    """Return the share of outputs near the end of their range, for layers whose output has one."""
    if isinstance(layer, Tanh):
        return float(np.mean(np.abs(output) > 1 - 2 * SATURATED))
    if isinstance(layer, (Sigmoid, Softmax)):
        return float(np.mean((output < SATURATED) | (output > 1 - SATURATED)))
    return None
