"""What an engine must offer beyond the array API standard.

The array API (2024.12) covers element-wise functions, reductions, matrix products, indexing and sorting,
and NumPy and JAX both implement it: operations use it through `namespace(x)`. `Backend` names the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np

# A NumPy or JAX array. Python's type system cannot say "the same kind in, the same kind out" for
# two libraries that do not know each other, so the shapes in each docstring are the contract.
Array: TypeAlias = Any


class Division(Protocol):
    """How the work of one training is divided among devices: its members, or the rows of every batch.

    count      how many devices there are, of all processes
    by_member  whether each has members of its own, and never waits for another
    by_row     whether each has a share of every batch, and all the weights
    """

    count: int
    by_member: bool
    by_row: bool

    def whole(self, tree: Any) -> Any:
        """Return `tree` (dicts and tuples of arrays) on each device."""

    def members(self, tree: Any) -> Any:
        """Return `tree`, whose arrays have a leading axis of members, divided along it where members are divided."""

    def batches(self, tree: Any, places: Any) -> Any:
        """Return rows of `tree` at `places` (steps, rows), divided along the second axis, padded to a multiple."""

    def share(self, tree: Any) -> Any:
        """Inside a program: have each device compute its share of the rows, the leading axis."""

    def same(self, tree: Any) -> Any:
        """Inside a program: have each device hold all of `tree`."""

    def compile(self, function: Callable[..., Any], donate: Sequence[int] = ()) -> Callable[..., Any]:
        """Return `function` compiled for these devices; the memory of the arguments at `donate` may be reused."""


class Backend(Protocol):
    """The names that the array API lacks, written once for NumPy and once for JAX."""

    name: str
    xp: Any

    def asarray(self, values: Any, dtype: Any = None) -> Array:
        """Return `values` as an array of this backend."""

    def adopt(self, array: np.ndarray) -> Array:
        """Return as an array of this backend one that nobody changes any more, without a copy where it can be."""

    def to_numpy(self, array: Array) -> np.ndarray:
        """Return a NumPy array that can be written to."""

    def matmul(self, a: Array, b: Array) -> Array:
        """Return the matrix product over the last two axes, in the precision of `rounded`."""

    def attention(self, query: Array, key: Array, value: Array, mask: Array | None, causal: bool) -> Any:
        """Return the device's own attention, (..., time, features), and its backward rule; None where it has none."""

    def rounded(self, function: Callable[..., Any], precision: str) -> Callable[..., Any]:
        """Return `function` such that matrix products in it are of numbers rounded to a precision.

        "float32" leaves them as they are; "bf16" rounds to bfloat16 what is multiplied, and adds in float32. All else,
        weights, sums and means among it, stays as it is.
        """

    def erf(self, x: Array) -> Array:
        """Gauss's error function, 2/√π ∫₀ˣ exp(−t²) dt."""

    def scatter_add(self, target: Array, key: Any, updates: Array) -> Array:
        """Return `target` with `updates` added at `target[key]`; repeated places add up."""

    def convolution(
        self, x: Array, weight: Array, windows: Sequence[Any], groups: int, otherwise: Callable[[Array, Array], Any]
    ) -> tuple[Array, Callable[[Array], tuple[Callable[[], Array], ...]]] | None:
        """Return the device's own convolution of x (batch, height, width, in) and its backward rule.

        None where `otherwise`, the rule by windows cut out and multiplied by a matrix, is sooner done. `windows` says,
        for each axis, length, size, stride, low, high, dilation and count.
        """

    def pad(self, x: Array, edges: Sequence[tuple[int, int, int]], value: float = 0.0) -> Array:
        """Return `x` with `value` put before, after and between its elements, as `edges` says for each axis.

        What is to be put before or after may be negative: so many places are then cut away.
        """

    def barrier(self, arrays: Sequence[Array]) -> Sequence[Array]:
        """Return `arrays` such that the compiler cannot merge work across this line."""

    def compile(self, function: Callable[..., Any], donate: Sequence[int] = ()) -> Callable[..., Any]:
        """Return `function` compiled; the memory of the arguments at `donate` may be reused."""

    def loop(self, count: Array, body: Callable[[Array, Any], Any], carry: Any) -> Any:
        """Return `carry` after `carry = body(i, carry)` for i = 0 … count − 1."""

    def scan(
        self, body: Callable[[Any, Any], tuple[Any, Any]], carry: Any, each: Any, reverse: bool = False
    ) -> tuple[Any, Any]:
        """Return the last carry and the results, stacked, of `carry, result = body(carry, item)`.

        each     a tree (dicts and tuples of arrays); its items are taken along the leading axis
        reverse  from the last item to the first; a result stays at the place of its item
        """

    def vmap(self, function: Callable[..., Any], axes: Any) -> Callable[..., Any]:
        """Return `function` applied along the leading axis of the arguments whose entry in `axes` is 0."""

    def copy(self, tree: Any) -> Any:
        """Return `tree` (dicts and tuples of arrays) such that the original may be given away."""

    def division(self, devices: int | None, members: int | None, alone: bool = False) -> Division:
        """Return the division of a training, or of what is computed for each of so many members, among devices.

        devices  of this process (None: as many as serve it)
        alone    whether those of other processes that this one has joined take no part
        """
