"""From a network's outputs to what a person asked for: probabilities and labels, or numbers in the target's units."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.several_targets import AnyTarget, LabelsTarget
from cutaway.data.table import Values
from cutaway.data.targets import ClassTarget
from cutaway.layers import Blend, Ensemble, Layer
from cutaway.runs.calibration import as_scores, tempered


def answers(outputs: NDArray[Any], target: AnyTarget) -> NDArray[np.float64]:
    """Return probabilities, or standardised numbers, for a network's outputs (rows, outputs).

    classes:  p = softmax(z), before any temperature
    labels:   p = 1 / (1 + e⁻ᶻ), each by itself

    Outputs with a member axis, (rows, k, outputs), are averaged over it, as probabilities.
    """
    outputs = np.asarray(outputs, np.float64)
    if isinstance(target, ClassTarget):
        outputs = tempered(outputs, 1.0)
    elif isinstance(target, LabelsTarget):
        outputs = sigmoid(outputs)
    return outputs.mean(axis=1) if outputs.ndim == 3 else outputs


def sigmoid(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / (1 + e⁻ᶻ) for each score, without an overflow where z is far below zero."""
    powers = np.exp(-np.abs(scores))
    probabilities: NDArray[np.float64] = np.where(scores >= 0, 1.0, powers) / (1 + powers)
    return probabilities


def mean_answers(
    network: Layer | Ensemble | Blend, target: AnyTarget, x: NDArray[np.float32], rows: int = 4096
) -> NDArray[np.float64]:
    """Return the mean answer of a network's members for encoded rows x (rows, width), so many at a time.

    classes:  softmax(ln p̄ / T), with the mean p̄ of the members' probabilities and the target's temperature T

    Computed in double precision: sums in single precision depend in their last digits on which rows are computed
    together, and a prediction should not.
    """
    mean = _untempered(network, target, x, rows)
    if isinstance(target, ClassTarget) and target.temperature != 1.0:
        return tempered(as_scores(mean), target.temperature)
    return mean


def _untempered(
    network: Layer | Ensemble | Blend, target: AnyTarget, x: NDArray[np.float32], rows: int
) -> NDArray[np.float64]:
    """Return the mean answer before the temperature."""
    if isinstance(network, Blend):
        weighted = [
            share * _untempered(part, target, x, rows)
            for part, share in zip(network.parts, network.shares, strict=True)
        ]
        whole: NDArray[np.float64] = np.sum(weighted, axis=0)
        return whole
    members: Iterable[Layer] = list(network) if isinstance(network, Ensemble) else [network]
    doubled = [member.bind(_doubled(member.parameters()), _doubled(member.state())) for member in members]
    parts: list[NDArray[np.float64]] = []
    for begin in range(0, max(1, len(x)), rows):
        tile = x[begin : begin + rows].astype(np.float64)
        parts.append(np.mean([answers(member(tile), target) for member in doubled], axis=0))
    return np.concatenate(parts)


def decoded(answer: NDArray[np.float64], target: AnyTarget) -> tuple[Values, NDArray[np.float64] | None]:
    """Return predictions in the target's terms, and probabilities for classes and labels."""
    if isinstance(target, (ClassTarget, LabelsTarget)):
        return target.choose(answer), answer
    return target.decode(answer), None


def _doubled(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {path: array.astype(np.float64) for path, array in arrays.items()}
