"""XLA through JAX: the same Python runs once while tracing, and one fused program remains.

Importing this module, as the first use of engine "xla" does, makes each core that the process may run on a device of
its own, so that members can be divided among them; a single network still uses all. `jax.devices()` then has so many
CPU devices, for all of the process. It changes nothing where the number was said before, by `JAX_NUM_CPU_DEVICES=1` in
the environment, by `jax.config.update("jax_num_cpu_devices", 1)`, or by `--xla_force_host_platform_device_count=1` in
`XLA_FLAGS`, nor where JAX has computed something already.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np

from cutaway.backends.protocol import Array, Division
from cutaway.errors import InputError

try:
    import jax
except ImportError as error:
    raise InputError("engine 'xla' needs JAX, which is not installed; run: pip install 'cutaway[jax]'") from error


FORCED = "xla_force_host_platform_device_count" in os.environ.get("XLA_FLAGS", "")
if getattr(jax.config, "jax_num_cpu_devices", 0) < 0 and not FORCED:
    # Where JAX has begun to compute before, what it began with stays.
    with suppress(RuntimeError):
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        jax.config.update("jax_num_cpu_devices", cores)  # type: ignore[no-untyped-call]


from cutaway.backends import jax_rounding  # noqa: E402 - after the number of devices is said


class JaxBackend:
    """The `Backend` names on JAX."""

    name = "xla"
    xp: Any = jax.numpy

    def asarray(self, values: Any, dtype: Any = None) -> Array:
        """Return `values` as a JAX array on the default device."""
        return jax.numpy.asarray(values, dtype=dtype)

    def adopt(self, array: np.ndarray) -> Array:
        """Return `array` on the default device; in its own memory where that is the machine's, and begins evenly."""
        return jax.device_put(array)

    def to_numpy(self, array: Array) -> np.ndarray:
        """Wait for `array` and copy it to the host; where each process has a part of it, all must ask at once."""
        if isinstance(array, jax.Array) and not (array.is_fully_addressable or array.is_fully_replicated):
            mesh = array.sharding.mesh  # type: ignore[attr-defined]
            whole = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())  # type: ignore[no-untyped-call]
            array = jax.jit(_same, out_shardings=whole)(array)
        return np.array(array)

    def matmul(self, a: Array, b: Array) -> Array:
        """Multiply; of bfloat16 numbers, added in float32, where a training is traced so."""
        return jax_rounding.matmul(a, b)

    def attention(self, query: Array, key: Array, value: Array, mask: Array | None, causal: bool) -> Any:
        """cuDNN's on a GPU, in bfloat16; nothing elsewhere, where the products by hand are as fast."""
        from cutaway.backends import jax_attention

        if not jax_rounding.half() or not jax_attention.suits(query, key, value, mask, causal):
            return None
        return jax_attention.attention(query, key, value, causal, "cudnn")

    def rounded(self, function: Callable[..., Any], precision: str) -> Callable[..., Any]:
        """Have `function` be traced so that `matmul`, `convolution` and `attention` round."""
        return jax_rounding.rounded(function, precision)

    def erf(self, x: Array) -> Array:
        """The error function."""
        return jax.scipy.special.erf(x)

    def scatter_add(self, target: Array, key: Any, updates: Array) -> Array:
        """Add `updates` at `target[key]`, repeated places too."""
        parts = key if isinstance(key, tuple) else (key,)
        if all(type(part) is int or (isinstance(part, slice) and part.step in (None, 1)) for part in parts):
            # A block of neighbours is added where it stands; a scatter takes many times as long on a CPU.
            bounds = [slice(p, p + 1 or None) if type(p) is int else p for p in parts]
            sizes = target.shape
            starts = [b.indices(sizes[axis])[0] for axis, b in enumerate(bounds)] + [0] * (target.ndim - len(bounds))
            block = target[tuple(bounds)]
            return jax.lax.dynamic_update_slice(target, block + updates.reshape(block.shape), starts)
        return target.at[key].add(updates)

    def convolution(
        self, x: Array, weight: Array, windows: Sequence[Any], groups: int, otherwise: Callable[[Array, Array], Any]
    ) -> tuple[Array, Callable[[Array], tuple[Callable[[], Array], ...]]] | None:
        """XLA's; on a CPU only where it has a fast routine, as anything else there takes ten times as long."""
        if jax.default_backend() != "cpu":
            from cutaway.backends.jax_device_convolution import convolution

            return convolution(x, weight, windows, groups)
        from cutaway.backends import jax_convolution, jax_division

        rule = otherwise
        if jax_convolution.suits(x, weight, windows, groups):
            rule = partial(jax_convolution.convolution, windows=windows, otherwise=otherwise)
        sharing = jax_division.sharing(len(x))
        if sharing is not None:
            return sharing.of_own_rows(rule, x, weight)
        return None if rule is otherwise else rule(x, weight)

    def pad(self, x: Array, edges: Sequence[tuple[int, int, int]], value: float = 0.0) -> Array:
        """Pad, or cut, with `lax.pad`."""
        return jax.lax.pad(x, jax.numpy.asarray(value, x.dtype), edges)

    def barrier(self, arrays: Sequence[Array]) -> Sequence[Array]:
        """Keep XLA from merging what is computed before with what is computed after."""
        result: Sequence[Array] = jax.lax.optimization_barrier(tuple(arrays))  # type: ignore[no-untyped-call]
        return result

    def compile(self, function: Callable[..., Any], donate: Sequence[int] = ()) -> Callable[..., Any]:
        """Compile with `jax.jit`."""
        compiled: Callable[..., Any] = jax.jit(function, donate_argnums=tuple(donate))
        return compiled

    def loop(self, count: Array, body: Callable[[Array, Any], Any], carry: Any) -> Any:
        """One compiled loop whose length is known only when it runs."""
        return jax.lax.fori_loop(0, count, body, carry)

    def scan(
        self, body: Callable[[Any, Any], tuple[Any, Any]], carry: Any, each: Any, reverse: bool = False
    ) -> tuple[Any, Any]:
        """One compiled loop, whose length is that of the items."""
        carry, results = jax.lax.scan(body, carry, each, reverse=reverse)
        return carry, results

    def vmap(self, function: Callable[..., Any], axes: Any) -> Callable[..., Any]:
        """Map over a leading axis with `jax.vmap`."""
        mapped: Callable[..., Any] = jax.vmap(function, in_axes=axes)
        return mapped

    def copy(self, tree: Any) -> Any:
        """Copy every array in one compiled call, so that the original may be donated."""
        return _copy(tree)

    def division(self, devices: int | None, members: int | None, alone: bool = False) -> Division:
        """Return how work is divided among devices, those of other processes that this one has joined too."""
        from cutaway.backends.jax_division import division

        return division(devices, members, alone)


_copy = jax.jit(lambda tree: jax.tree.map(jax.numpy.copy, tree))


def _same(array: Array) -> Array:
    return array
