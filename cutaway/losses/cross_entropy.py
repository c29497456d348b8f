"""Losses for classes: how surprised the network is by the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

import numpy as np

from cutaway import ops
from cutaway.autodiff import value_of
from cutaway.backends import Array, namespace
from cutaway.errors import InputError
from cutaway.losses.loss import Loss, as_columns, as_numbers, mean_over_outputs, row_of

# A probability counts as at least this when a logarithm is taken of it. So small, since what is clipped is not blamed:
# a network that is sure of the wrong answer would no longer learn. Its reciprocal is still far from float32's largest.
SMALLEST = 1e-30
# What a softmax of one score is, for whoever meets it.
ONE_UNIT = "softmax over a single unit is 1 for every input, and has no slope: nothing can be learned"


def _weights_of_classes(class_weight: Mapping[int, float] | Sequence[float] | None, name: str) -> list[float] | None:
    """Return class weights as a list by class number."""
    if class_weight is None:
        return None
    if isinstance(class_weight, Mapping):
        if any(not isinstance(c, (int, np.integer)) or c < 0 for c in class_weight):
            raise InputError(f"{name}: class weights go by class number from 0, got {sorted(class_weight, key=str)}")
        class_weight = [class_weight.get(c, 1.0) for c in range(max(class_weight, default=-1) + 1)]
    weights = [float(weight) for weight in class_weight]
    if any(not 0 <= weight < inf for weight in weights):
        raise InputError(f"{name}: class weights must be numbers of at least 0, got {weights}")
    return weights


def as_classes(targets: Any, output_shape: tuple[int, ...], name: str) -> np.ndarray:
    """Return class numbers as int32 (batch, ...), or rows of probabilities as floats, for scores of `output_shape`.

    Raises `InputError`, in which `name` says whose targets they are, for what is neither.

    >>> as_classes([[1], [0]], (2, 3), "CrossEntropy")
    array([1, 0], dtype=int32)
    """
    array = as_numbers(targets, name)
    classes = output_shape[-1]
    if array.shape == output_shape and not (classes == 1 and array.dtype.kind in "iub"):
        return _probabilities(array, name)
    if array.shape == (*output_shape[:-1], 1):
        array = array.reshape(output_shape[:-1])
    if array.shape != output_shape[:-1]:
        raise InputError(
            f"{name}: outputs have shape {output_shape}, targets {array.shape}; "
            f"expected class numbers {output_shape[:-1]} or probabilities {output_shape}"
        )
    # Before the cast to int32, which would turn 2³² into class 0.
    wrong = (array < 0) | (array >= classes) | (array != np.floor(array))
    if wrong.any():
        raise InputError(
            f"{name}: target {array[wrong][0]} {row_of(wrong)}is not a class; the network has "
            f"{classes} outputs, so classes are whole numbers from 0 to {classes - 1}; {wrong.sum()} of {wrong.size} "
            f"targets are none, they go from {array.min():g} to {array.max():g}; "
            + (
                "count classes from 0: y - 1"
                if array.min() == 1 and array.max() == classes
                else "number the classes from 0 and give the network an output for each"
            )
        )
    return array.astype(np.int32)


class CrossEntropy(Loss):
    """Cross-entropy over classes, in nats; a row has one class, or a probability for each.

        lᵢ = − Σ_c tᵢ_c ln pᵢ_c,        p = softmax(outputs)

    from_logits      outputs are scores (default); False for a network that ends in softmax
    label_smoothing  ε: the target becomes (1 − ε) t + ε / classes
    class_weight     a weight for each class, by number: rows of that class count so much more

    Targets are whole numbers (n,) or (n, 1), or rows of probabilities (n, classes).

    Reference: label smoothing, Szegedy et al., CVPR 2016, section 7, arXiv 1512.00567.

    >>> import numpy as np
    >>> float(CrossEntropy()(np.array([[0.0, 0.0]]), [1]).round(4))
    0.6931
    """

    def __init__(
        self,
        *,
        from_logits: bool = True,
        label_smoothing: float = 0.0,
        class_weight: Mapping[int, float] | Sequence[float] | None = None,
    ) -> None:
        if not 0 <= label_smoothing < 1:
            raise InputError(f"CrossEntropy: label_smoothing is a share, 0 ≤ ε < 1, got {label_smoothing!r}")
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.class_weight = _weights_of_classes(class_weight, "CrossEntropy")

    def prepare(self, targets: Any, output_shape: tuple[int, ...]) -> np.ndarray:
        """Return class numbers as int32 (batch, ...), or rows of probabilities as floats."""
        classes = output_shape[-1]
        if self.class_weight is not None and len(self.class_weight) > classes:
            raise InputError(f"CrossEntropy: {len(self.class_weight)} class weights for {classes} outputs")
        if classes == 1 and np.any(np.asarray(value_of(targets)) != 0):
            raise InputError(
                f"CrossEntropy: the network has one output. {ONE_UNIT[0].upper()}{ONE_UNIT[1:]}; for yes or no take "
                "BinaryCrossEntropy(), for more classes an output each, for numbers SquaredError()"
            )
        return as_classes(targets, output_shape, "CrossEntropy")

    def _distribution(self, targets: Array, outputs: Any) -> Array:
        """Return a probability for each class, in the type of the outputs."""
        xp = namespace(targets, value_of(outputs))
        classes, dtype = outputs.shape[-1], outputs.dtype
        if xp.isdtype(targets.dtype, "integral"):
            targets = xp.expand_dims(targets, axis=-1) == xp.arange(classes, dtype=targets.dtype)
        targets = xp.astype(targets, dtype)
        if self.label_smoothing:
            targets = targets * (1 - self.label_smoothing) + self.label_smoothing / classes
        return targets

    def rows(self, outputs: Any, targets: Array) -> Any:
        """Return the cross-entropy of each row (the mean over places where a row has many)."""
        distribution = self._distribution(targets, outputs)
        if self.from_logits:
            return mean_over_outputs(ops.cross_entropy(outputs, distribution))
        clipped = ops.clip(outputs, low=SMALLEST, high=1.0)
        return mean_over_outputs(-ops.sum(ops.log(clipped) * distribution, axis=-1))

    def importance(self, targets: Array) -> Array | None:
        """Return the class weight of each row."""
        if self.class_weight is None:
            return None
        xp = namespace(targets)
        if xp.isdtype(targets.dtype, "integral"):
            table = xp.asarray([*self.class_weight, 1.0])
            weights = table[xp.minimum(targets, xp.asarray(len(self.class_weight), dtype=targets.dtype))]
        else:
            padded = self.class_weight + [1.0] * (targets.shape[-1] - len(self.class_weight))
            weights = xp.sum(targets * xp.asarray(padded, dtype=targets.dtype), axis=-1)
        return mean_over_outputs(weights)

    def judged(self, outputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return probabilities, and the number of the true (or likeliest) class."""
        chances = ops.softmax(outputs) if self.from_logits else outputs
        return chances, targets if targets.dtype.kind in "iu" else targets.argmax(axis=-1)


def _probabilities(array: np.ndarray, name: str) -> np.ndarray:
    """Return rows of probabilities as floats, checked."""
    array = array if array.dtype.kind == "f" else array.astype(np.float32)
    wrong = (array < 0).any(axis=-1) | (abs(array.sum(axis=-1) - 1) > 1e-3)
    if wrong.any():
        raise InputError(
            f"{name}: target {array[wrong][0]} {row_of(wrong)}is not a probability for each class, "
            "together 1; for several classes at once use BinaryCrossEntropy"
        )
    return array


class BinaryCrossEntropy(Loss):
    """Cross-entropy of yes or no, for one output or for several independent ones (multi-label), in nats.

        lᵢ = − t ln p − (1 − t) ln(1 − p),        p = sigmoid(outputs); the mean over outputs

    from_logits      outputs are scores (default); False for a network that ends in sigmoid
    label_smoothing  ε: the target becomes (1 − ε) t + ε / 2
    class_weight     (weight of no, weight of yes); for one output only
    """

    def __init__(
        self,
        *,
        from_logits: bool = True,
        label_smoothing: float = 0.0,
        class_weight: Mapping[int, float] | Sequence[float] | None = None,
    ) -> None:
        if not 0 <= label_smoothing < 1:
            raise InputError(f"BinaryCrossEntropy: label_smoothing is a share, 0 ≤ ε < 1, got {label_smoothing!r}")
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.class_weight = _weights_of_classes(class_weight, "BinaryCrossEntropy")
        if self.class_weight is not None and len(self.class_weight) != 2:
            raise InputError(f"BinaryCrossEntropy: class_weight needs two weights, no and yes, got {class_weight!r}")

    def prepare(self, targets: Any, output_shape: tuple[int, ...]) -> np.ndarray:
        """Return targets between 0 and 1 in the shape of the outputs."""
        array = as_columns(targets, output_shape, "BinaryCrossEntropy")
        if array.size and not (array.min() >= 0 and array.max() <= 1):
            raise InputError(
                f"BinaryCrossEntropy: targets reach from {array.min():g} to {array.max():g}; expected 0 (no) to 1 (yes)"
            )
        if self.class_weight is not None and output_shape[1:] not in ((), (1,)):
            raise InputError(f"BinaryCrossEntropy: class_weight is for one output, the network has {output_shape[-1]}")
        return array

    def rows(self, outputs: Any, targets: Array) -> Any:
        """Return the cross-entropy of each row."""
        if self.label_smoothing:
            targets = targets * (1 - self.label_smoothing) + self.label_smoothing / 2
        if self.from_logits:
            return mean_over_outputs(ops.binary_cross_entropy(outputs, targets))
        yes, no = (ops.log(ops.clip(p, low=SMALLEST, high=1.0)) for p in (outputs, 1 - outputs))
        return mean_over_outputs(-(yes * targets + no * (1 - targets)))

    def importance(self, targets: Array) -> Array | None:
        """Return the class weight of each row."""
        if self.class_weight is None:
            return None
        no, yes = self.class_weight
        return mean_over_outputs(no + (yes - no) * targets)

    def judged(self, outputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return probabilities and truth; for one output, of no and of yes as two classes."""
        chances = ops.sigmoid(outputs) if self.from_logits else outputs
        if chances.shape[1:] not in ((), (1,)):
            return chances, targets
        yes = chances.reshape(-1, 1)
        return np.concatenate([1 - yes, yes], axis=1), (targets.ravel() > 0.5).astype(np.int32)
