"""The head: what makes a network's outputs, what it can say, and which head and loss belong together for a task."""

from __future__ import annotations

import numpy as np

from cutaway.diagnosis.evidence import Evidence, LayerFacts
from cutaway.records import Fix

# Layers behind the head that hand on what they are given, or nearly so.
PASSING = ("Dropout", "Identity", "Flatten")
# What each head can say, from lowest to highest; a softmax moreover says numbers whose sum is 1.
RANGES: dict[str, tuple[float, float]] = {
    "sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (0.0, np.inf), "softplus": (0.0, np.inf),
    "step": (0.0, 1.0),
}  # fmt: skip
# A target beyond the range by less than this share of the range, or of the targets' deviation, can nearly be said.
NEARLY = 0.01
# What is seen of a network that cannot learn because its head, its loss or its first weights do not let it.
NOTHING_LEARNED = (
    "target_out_of_range", "loss_output_mismatch", "squared_error_of_classes", "initial_loss", "disconnected_layer",
    "frozen_weights", "learning_rate_too_low", "vanishing_gradient", "dead_relu", "saturated", "oscillation",
    "batch_noise", "loss_metric_disagree", "collapsed_output", "plateau_from_start", "late_plateau", "underfit",
    "not_enough_epochs", "class_forgotten", "cannot_overfit_one_batch",
)  # fmt: skip


def head_of(evidence: Evidence) -> LayerFacts | None:
    """Return the layer that makes the outputs, None where nothing is known of the layers."""
    return next((layer for layer in reversed(evidence.layers) if layer.kind not in PASSING), None)


def softmax_axis_of(layer: LayerFacts) -> int | None:
    """Return the axis of a layer's softmax, counted from the last (−1); None where it is none.

    >>> layer = LayerFacts("1", "Softmax", None, 3, 0.3, 0.1, 0.0, 1.0, 0.0, {"axis": 0.0}, shape=(3,))
    >>> softmax_axis_of(layer)
    -2
    """
    if layer.softmax is not None or layer.kind != "Softmax":
        return layer.softmax
    axis = int(float(layer.settings.get("axis", -1)))
    return axis if axis < 0 else axis - (len(layer.shape or (layer.units,)) + 1)


def over_rows(layer: LayerFacts) -> bool:
    """Whether a layer is a softmax over the rows of the batch."""
    return softmax_axis_of(layer) == -(len(layer.shape or (layer.units,)) + 1)


def softmax_size(layer: LayerFacts) -> int | None:
    """Return over how many units a layer's softmax goes, None where it is none or goes over the rows."""
    axis = softmax_axis_of(layer)
    shape = layer.shape or (layer.units,)
    return None if axis is None or -axis > len(shape) else shape[axis]


def unreachable(head: str, targets: np.ndarray) -> float:
    """Return the share of targets that a head cannot say; of a softmax the share of rows that are no probabilities.

    >>> unreachable("tanh", np.array([[-1.0], [1.0]])), unreachable("relu", np.array([[-1.0], [1.0]]))
    (0.0, 0.5)
    >>> unreachable("softmax", np.array([[0.2, 0.8], [1.0, 1.0]]))
    0.5
    """
    if head not in RANGES or targets.dtype.kind != "f":
        return 0.0
    low, high = RANGES[head]
    near = NEARLY * (high - low if np.isfinite(high) else float(targets.std(dtype=np.float64)))
    beyond = (targets < low - near) | (targets > high + near)
    if head == "softmax" and targets.ndim > 1:
        return float((beyond.any(axis=-1) | (np.abs(targets.sum(axis=-1) - 1) > NEARLY)).mean())
    return float(beyond.mean())


def paired(evidence: Evidence) -> Fix:
    """Return the fix that ends the network in the head that suits the task, with the loss that suits the head."""
    facts = evidence.targets
    units = evidence.output.units
    if facts.task in ("classes", "one_hot"):
        units = facts.outputs
        sentence = f"end it in {units} units, one a class, without activation, and train with cross-entropy of scores"
        code = f'ca.Dense({units}), loss="cross_entropy"'
    elif facts.task in ("yes_no", "several"):
        units = facts.outputs
        many = "one unit" if units == 1 else f"{units} units, one for each question,"
        sentence = f"end it in {many} without activation, and train with binary cross-entropy of scores"
        code = f'ca.Dense({units}), loss="binary_cross_entropy"'
    else:
        many = "one unit" if units == 1 else f"{units} units"
        sentence = f"end it in {many} without activation, and train with squared error"
        code = f'ca.Dense({units}), loss="squared_error"'
    return Fix("paired_head", sentence, code)
