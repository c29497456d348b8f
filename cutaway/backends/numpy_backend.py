"""NumPy: every operation runs at once and every number can be looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from cutaway.backends.protocol import Array
from cutaway.errors import InputError


class NumPyBackend:
    """The `Backend` names on NumPy."""

    name = "numpy"
    xp: Any = np

    def asarray(self, values: Any, dtype: Any = None) -> Array:
        """Return `values` as a NumPy array."""
        return np.asarray(values, dtype=dtype)

    def adopt(self, array: np.ndarray) -> Array:
        """Return `array`."""
        return array

    def to_numpy(self, array: Array) -> np.ndarray:
        """Return a copy, so that writing to it changes nothing else."""
        return np.array(array)

    def matmul(self, a: Array, b: Array) -> Array:
        """Multiply in the arrays' own precision."""
        return a @ b

    def attention(self, query: Array, key: Array, value: Array, mask: Array | None, causal: bool) -> Any:
        """NumPy has none."""
        return None

    def rounded(self, function: Callable[..., Any], precision: str) -> Callable[..., Any]:
        """Return `function`, which rounds nothing."""
        if precision != "float32":
            raise InputError(f"precision {precision!r} is of engine 'xla'; NumPy computes in float32")
        return function

    def erf(self, x: Array) -> Array:
        """The error function, from SciPy: NumPy has none."""
        from scipy.special import erf  # type: ignore[import-untyped]

        return erf(x)

    def scatter_add(self, target: Array, key: Any, updates: Array) -> Array:
        """Add `updates` at `target[key]`, repeated places too."""
        result = np.array(target)
        parts = key if isinstance(key, tuple) else (key,)
        if all(part is None or part is ... or isinstance(part, int | slice) for part in parts):
            # Slices name no place twice, and adding to a view takes a twentieth of the time of `add.at`.
            result[key] += updates
        else:
            np.add.at(result, key, updates)
        return result

    def convolution(
        self, x: Array, weight: Array, windows: Sequence[Any], groups: int, otherwise: Callable[[Array, Array], Any]
    ) -> None:
        """Return None: NumPy has none of its own."""

    def pad(self, x: Array, edges: Sequence[tuple[int, int, int]], value: float = 0.0) -> Array:
        """Pad, or cut: what is seen of `x` is copied into an array of `value`."""
        lengths, target, source = [], [], []
        for size, (low, high, between) in zip(x.shape, edges, strict=True):
            step, reach = between + 1, max(0, size * (between + 1) - between)
            length = low + reach + high
            # Element k stands at low + k · step; those that stand before 0 or beyond the length are cut away.
            first = max(0, -(low // step))
            last = min(size, max(first, -((low - length) // step)))
            lengths.append(length)
            target.append(slice(low + first * step, low + (last - 1) * step + 1, step) if last > first else slice(0, 0))
            source.append(slice(first, last))
        result = np.full(lengths, value, dtype=x.dtype)
        result[tuple(target)] = x[tuple(source)]
        return result

    def barrier(self, arrays: Sequence[Array]) -> Sequence[Array]:
        """Return `arrays`: nothing is reordered here."""
        return arrays

    def compile(self, function: Callable[..., Any], donate: Sequence[int] = ()) -> Callable[..., Any]:
        """Return `function`: there is nothing to compile."""
        return function

    def loop(self, count: Array, body: Callable[[Array, Any], Any], carry: Any) -> Any:
        """Run the body `count` times."""
        for index in range(int(count)):
            carry = body(index, carry)
        return carry

    def scan(
        self, body: Callable[[Any, Any], tuple[Any, Any]], carry: Any, each: Any, reverse: bool = False
    ) -> tuple[Any, Any]:
        """Run the body on one item after another."""
        count = len(next(leaves(each)))
        results: list[Any] = [None] * count
        for place in reversed(range(count)) if reverse else range(count):
            carry, results[place] = body(carry, member(each, place))
        return carry, stacked(results)

    def vmap(self, function: Callable[..., Any], axes: Any) -> Callable[..., Any]:
        """Call the function for one member after another and stack what comes back."""

        def mapped(*arguments: Any) -> Any:
            count = next(len(leaf) for a, axis in zip(arguments, axes, strict=True) if axis == 0 for leaf in leaves(a))
            results = [
                function(*[member(a, m) if axis == 0 else a for a, axis in zip(arguments, axes, strict=True)])
                for m in range(count)
            ]
            return stacked(results)

        return mapped

    def copy(self, tree: Any) -> Any:
        """Return `tree`: nothing that a step returned is ever written to."""
        return tree

    def division(self, devices: int | None, members: int | None, alone: bool = False) -> Undivided:
        """Return the division of what has one device."""
        return Undivided()


class Undivided:
    """The `Division` of an engine with one device."""

    count, by_member, by_row = 1, False, False

    def whole(self, tree: Any) -> Any:
        """Return `tree`."""
        return tree

    members = share = same = whole

    def batches(self, tree: Any, places: Any) -> Any:
        """Return what is at `places` of each array, which is here."""
        return type(tree)(*(None if array is None else array[places] for array in tree))

    def compile(self, function: Callable[..., Any], donate: Sequence[int] = ()) -> Callable[..., Any]:
        """Return `function`."""
        return function


# A tree is what crosses a step's boundary: arrays in dicts and (named) tuples.


def leaves(tree: Any) -> Iterator[Array]:
    """Yield the arrays of a tree."""
    if isinstance(tree, dict):
        tree = tuple(tree.values())
    if isinstance(tree, tuple):
        for branch in tree:
            yield from leaves(branch)
    elif tree is not None:
        yield tree


def joined(function: Callable[[list[Array]], Array], trees: Sequence[Any]) -> Any:
    """Return the tree whose arrays are `function` of the arrays at the same place of each of `trees`."""
    first = trees[0]
    if isinstance(first, dict):
        return {key: joined(function, [tree[key] for tree in trees]) for key in first}
    if isinstance(first, tuple):
        branches = [joined(function, branch) for branch in zip(*trees, strict=True)]
        return type(first)(*branches) if hasattr(first, "_fields") else tuple(branches)
    return None if first is None else function(list(trees))


def member(tree: Any, place: int) -> Any:
    """Return the tree of the arrays at `place` along the leading axis."""
    return joined(lambda arrays: np.asarray(arrays[0][place]), [tree])


def stacked(trees: Sequence[Any]) -> Any:
    """Return the tree whose arrays are stacked along a new leading axis."""
    return joined(np.stack, trees)
