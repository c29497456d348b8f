"""How the work of one training is divided among devices: its members, or the rows of every batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import jax
import numpy as np

from cutaway.backends.processes import processes
from cutaway.errors import InputError


class JaxDivision:
    """The devices of one training, and what each of them has.

    Either the members are divided, and each device trains some of them and never waits for another; or the rows of
    each batch are, every device has all the weights, and XLA adds what the devices found of a gradient: an all-reduce.
    The program stays that of one device. What it says of all rows of a batch, a mean, a batch statistic, is computed
    of all rows; where the devices do not divide a batch evenly, XLA pads it and leaves the padding out.
    """

    def __init__(self, devices: Sequence[Any], members: int | None) -> None:
        self.count = len(devices)
        self.by_member = members is not None and members % self.count == 0
        self.by_row = self.count > 1 and not self.by_member
        self.mesh = jax.sharding.Mesh(np.array(devices), ("part",))
        self.everywhere, self.apart = self._sharding(), self._sharding("part")

    def whole(self, tree: Any) -> Any:
        """Return `tree` on each device."""
        return jax.tree.map(lambda array: self._put(array, self.everywhere), tree)

    def members(self, tree: Any) -> Any:
        """Return `tree`, whose arrays have a leading axis of members, with that axis divided; else on each device."""
        placed = self.apart if self.by_member else self.everywhere
        return jax.tree.map(lambda array: self._put(array, placed), tree)

    def batches(self, tree: Any, places: Any) -> Any:
        """Return the rows of `tree` at `places` (steps, rows), as arrays (steps, rows, ...) with the rows divided.

        Each device is handed its share, and each process reads no other. Rows that the devices do not divide evenly
        get company that nobody may look at.
        """
        missing = -places.shape[1] % self.count
        places = np.concatenate([places, np.repeat(places[:, :1], missing, axis=1)], axis=1)
        where = self._sharding(None, "part")

        def taken(array: Any) -> Any:
            kind = jax.dtypes.canonicalize_dtype(array.dtype)

            def own(index: Any) -> Any:
                return np.take(array, places[index[:2]], axis=0).astype(kind, copy=False)

            return jax.make_array_from_callback((*places.shape, *array.shape[1:]), where, own)

        return jax.tree.map(taken, tree)

    def share(self, tree: Any) -> Any:
        """Inside a program: have each device compute its share of the rows, the leading axis."""
        return _placed(tree, self.apart) if self.by_row else tree

    def same(self, tree: Any) -> Any:
        """Inside a program: have each device hold all of `tree`."""
        return _placed(tree, self.everywhere) if self.by_row else tree

    def compile(self, function: Callable[..., Any], donate: Sequence[int] = ()) -> Callable[..., Any]:
        """Compile for these devices; where rows are divided, each device gets all of the results."""
        if not self.by_row:
            compiled: Callable[..., Any] = jax.jit(function, donate_argnums=tuple(donate))
            return compiled

        def traced(*arguments: Any) -> Any:
            token = _tracing.set(self)
            try:
                return function(*arguments)
            finally:
                _tracing.reset(token)

        together: Callable[..., Any] = jax.jit(traced, donate_argnums=tuple(donate), out_shardings=self.everywhere)
        return together

    def of_own_rows(
        self,
        rule: Callable[[Any, Any], tuple[Any, Callable[[Any], tuple[Callable[[], Any], ...]]]],
        x: Any,
        weight: Any,
    ) -> tuple[Any, Callable[[Any], tuple[Callable[[], Any], ...]]]:
        """Return what a rule makes of x (rows, ...) and a weight, each device of its own rows alone, and its blames.

        For rules that lay out rows so that XLA does not see how to divide them, and would copy them to all devices.
        What the devices find of the weight's blame is added.
        """
        rows, every = jax.sharding.PartitionSpec("part"), jax.sharding.PartitionSpec()  # type: ignore[no-untyped-call]

        def apart(function: Callable[..., Any], arguments: tuple[Any, ...], results: Any) -> Any:
            return jax.shard_map(function, mesh=self.mesh, in_specs=arguments, out_specs=results, check_vma=False)

        y = apart(lambda x, weight: rule(x, weight)[0], (rows, every), rows)(x, weight)

        def backward(g: Any) -> tuple[Callable[[], Any], ...]:
            def of_x(x: Any, weight: Any, g: Any) -> Any:
                return rule(x, weight)[1](g)[0]()

            def of_weight(x: Any, weight: Any, g: Any) -> Any:
                return jax.lax.psum(rule(x, weight)[1](g)[1](), "part")  # type: ignore[no-untyped-call]

            given = (rows, every, rows)
            return (
                lambda: apart(of_x, given, rows)(x, weight, g),
                lambda: apart(of_weight, given, every)(x, weight, g),
            )

        return y, backward

    def _put(self, array: Any, placed: Any) -> Any:
        if not processes().several:
            return jax.numpy.asarray(array) if self.count == 1 else jax.device_put(array, placed)
        # Every process has the whole array and hands over what its own devices are to hold.
        whole = np.asarray(array)
        whole = whole.astype(jax.dtypes.canonicalize_dtype(whole.dtype))
        return jax.make_array_from_callback(whole.shape, placed, lambda index: whole[index])

    def _sharding(self, *axes: str | None) -> Any:
        return jax.sharding.NamedSharding(self.mesh, jax.sharding.PartitionSpec(*axes))  # type: ignore[no-untyped-call]


def _placed(tree: Any, where: Any) -> Any:
    return jax.lax.with_sharding_constraint(tree, where)  # type: ignore[no-untyped-call]


# The division of the program that is being traced, where its rows are divided.
_tracing: ContextVar[JaxDivision | None] = ContextVar("tracing", default=None)


def sharing(rows: int) -> JaxDivision | None:
    """Return the division of the program being traced, where its devices share so many rows evenly, else None."""
    found = _tracing.get()
    return found if found is not None and rows % found.count == 0 else None


def division(devices: int | None, members: int | None, alone: bool = False) -> JaxDivision:
    """Return the division of a training of one network (members None) or of so many among this machine's devices.

    devices  of each process, at most where there are members (None: for members as many as they can be divided by, for
             one network the first; of graphics processors in several processes as many as each has)

    alone    whether the devices of other processes take no part

    Raises `InputError` where there are not so many.
    """
    group, local = processes(), jax.local_devices()
    # What each process has, they all know: they decide alike, and are refused alike.
    owned = [local]
    if group.several and not alone:
        owned = [[each for each in jax.devices() if each.process_index == index] for index in range(group.count)]
    fewest = min(map(len, owned))
    if devices is not None and devices > fewest:
        kind = local[0].platform
        more = ", or set JAX_NUM_CPU_DEVICES before the first use of JAX" if kind == "cpu" else ""
        who = f"process {list(map(len, owned)).index(fewest)}" if group.several else "this process"
        raise InputError(
            f"devices: {devices} were asked for, and {who} has {fewest} of kind {kind}; ask for at most {fewest}{more}"
        )
    if alone or not group.several:
        if members in (None, 1):
            return JaxDivision(local[: devices or 1], members)
        most = devices or len(local)
        count = max(number for number in range(1, most + 1) if members % number == 0)
        return JaxDivision(local[:count], members)
    each = devices or (1 if local[0].platform == "cpu" and members is None else fewest)
    return JaxDivision([device for own in owned for device in own[:each]], members)
