"""What a loss is: a number a row, averaged by weight; and a check that targets and outputs fit."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from cutaway import ops
from cutaway.autodiff import value_of
from cutaway.backends import Array, namespace
from cutaway.errors import InputError


class Loss:
    """How wrong the outputs are, as one number that gradient descent lowers.

        L = Σᵢ wᵢ lᵢ / Σᵢ wᵢ        lᵢ the loss of row i, wᵢ its weight (1 where none is given)

    `loss(outputs, targets, weight)` checks targets and weights and computes; a step, whose targets were
    checked once by `prepare`, calls `value`.
    """

    def prepare(self, targets: Any, output_shape: tuple[int, ...]) -> np.ndarray:
        """Return targets as the loss wants them for outputs of `output_shape` (batch, ...).

        Raises `InputError` where the shapes do not fit, instead of letting them broadcast.
        """
        return as_columns(targets, output_shape, type(self).__name__)

    @property
    def summed(self) -> bool:
        """Whether L is a sum over rows instead of a mean, so that it grows with their number."""
        return type(self).quotient is not Loss.quotient

    def rows(self, outputs: Any, targets: Array) -> Any:
        """Return lᵢ, shape (batch)."""
        raise TypeError(f"{type(self).__name__} does not say what a row costs; define rows(self, outputs, targets)")

    def importance(self, targets: Array) -> Array | None:
        """Return a weight for each row that follows from its target (class weights), or None."""
        return None

    def parts(self, outputs: Any, targets: Array, weight: Array | None = None) -> tuple[Any, Any]:
        """Return Σ wᵢ lᵢ and Σ wᵢ, which add up over parts of the rows where L itself does not."""
        rows = self.rows(outputs, targets)
        importance = self.importance(targets)
        if weight is None and importance is None:
            return ops.sum(rows), rows.shape[0]
        xp = namespace(weight, importance)
        weights = [xp.astype(xp.asarray(w), rows.dtype) for w in (importance, weight) if w is not None]
        weight = prod(weights[1:], start=weights[0])
        return ops.sum(ops.multiply(rows, weight)), xp.sum(weight)

    def quotient(self, total: Any, weight: Any) -> Any:
        """Return L, given Σ wᵢ lᵢ and Σ wᵢ; 0 where nothing weighs anything."""
        if isinstance(weight, int):
            return ops.divide(total, weight)
        xp = namespace(weight)
        return ops.divide(total, xp.where(weight > 0, weight, xp.ones_like(weight)))

    def value(self, outputs: Any, targets: Array, weight: Array | None = None) -> Any:
        """Return L for targets that `prepare` has checked; 0 for a batch of padding alone."""
        return self.quotient(*self.parts(outputs, targets, weight))

    def judged(self, outputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what a metric compares: predictions as a person means them, and the truth."""
        return outputs, targets

    def __call__(self, outputs: Any, targets: Any, weight: Any = None) -> Any:
        """Return L, one number; a Tensor where `outputs` is one."""
        if not hasattr(outputs, "dtype"):
            outputs = np.asarray(outputs)
        dtype = value_of(outputs).dtype
        if np.dtype(dtype).kind in "iub":
            dtype = np.dtype(np.float64)  # of whole numbers: targets and weights in their type would lose fractions
        prepared = self.prepare(targets, tuple(outputs.shape))
        if prepared.dtype.kind == "f":
            prepared = prepared.astype(dtype)
        if weight is not None:
            weight = as_weight(weight, prepared.shape[:1]).astype(dtype)
        return self.value(outputs, prepared, weight)

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if value is not None)
        return f"{type(self).__name__}({settings})"


def mean_over_outputs(errors: Any) -> Any:
    """Return the mean over every axis but the first: (batch, ...) -> (batch)."""
    return ops.mean(errors, axis=tuple(range(1, errors.ndim))) if errors.ndim > 1 else errors


def as_columns(targets: Any, output_shape: tuple[int, ...], name: str) -> np.ndarray:
    """Return numeric targets in the shape of the outputs; (n,) is one column (n, 1).

    >>> as_columns([1.0, 2.0], (2, 1), "SquaredError").shape
    (2, 1)
    >>> as_columns([1.5, 2.0], (2, 3), "SquaredError")
    Traceback (most recent call last):
    cutaway.errors.InputError: SquaredError: outputs have shape (2, 3), targets (2,): they would be \
stretched over each other silently or not fit at all; give targets of shape (2, 3)
    """
    array = as_numbers(targets, name)
    if array.dtype.kind != "f":
        array = array.astype(np.float32 if array.dtype.itemsize <= 2 else np.float64)
    if array.shape == output_shape:
        return array
    line = output_shape[:1]
    column = (*line, 1)
    if array.shape in (line, column) and output_shape in (line, column):
        return array.reshape(output_shape)
    classes = array.shape == line and len(output_shape) == 2 and set(np.unique(array)) <= set(range(output_shape[1]))
    raise InputError(
        f"{name}: outputs have shape {output_shape}, targets {array.shape}: they would be stretched "
        f"over each other silently or not fit at all; give targets of shape {output_shape}"
        + (", or if they are numbers of classes, take loss='cross_entropy'" if classes else "")
        + (" or a network with one output" if classes and output_shape[1] == 2 else "")
    )


def as_numbers(targets: Any, name: str) -> np.ndarray:
    """Return targets as an array of finite numbers."""
    array = np.asarray(value_of(targets))
    if array.dtype.kind not in "fiub":
        raise InputError(f"{name}: {_what_is_no_number(array)}")
    finite = np.isfinite(array)
    if not finite.all():
        raise InputError(
            f"{name}: target {array[~finite][0]} {row_of(~finite)}is not a finite number ({(~finite).sum()} in all): "
            "no loss with it is a number; fill such targets or leave the rows out"
        )
    return array


def _what_is_no_number(array: np.ndarray) -> str:
    """Return in words what targets are that are no numbers, and what to do.

    >>> print(_what_is_no_number(np.array(["cat", "dog", "cat"])))
    targets are text ('cat', 'dog'), expected numbers; number the classes from 0: names, y = np.unique(y, \
return_inverse=True), or take ca.NetworkClassifier(), which takes names
    >>> print(_what_is_no_number(np.array(["0.5", "2"])))
    targets are numbers written as text ('0.5', '2'), expected numbers: y = np.asarray(y, float)
    """
    some = array.ravel().tolist()[:1000]
    seen = list(dict.fromkeys(map(repr, some)))
    shown = ", ".join(seen[:3]) + (", …" if len(seen) > 3 else "")
    try:
        if array.dtype.kind in "OUS" and array.size and np.isfinite(array.astype(np.float64)).all():
            return f"targets are numbers written as text ({shown}), expected numbers: y = np.asarray(y, float)"
    except (TypeError, ValueError):
        pass
    if array.dtype.kind not in "US" and not all(isinstance(each, str) for each in some):
        return f"targets are {array.dtype} ({shown}), expected numbers, all of one kind"
    return (
        f"targets are text ({shown}), expected numbers; number the classes from 0: names, y = np.unique(y, "
        "return_inverse=True), or take ca.NetworkClassifier(), which takes names"
    )


def row_of(wrong: np.ndarray) -> str:
    """Return "in row 3 " for the first row (from 0) of a mask that has a true element; "" for a number."""
    return f"in row {np.argwhere(wrong)[0][0]} " if wrong.ndim else ""


def as_weight(weight: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return a weight for each row, checked."""
    array = np.asarray(weight, np.float64)
    if array.shape != shape:
        raise InputError(f"weight: got shape {array.shape}, expected one number a row, {shape}")
    if not (np.isfinite(array).all() and (array >= 0).all() and array.sum() > 0):
        raise InputError("weight: expected finite numbers of at least 0, and one above 0")
    return array
