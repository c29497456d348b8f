"""Processes that compute together through JAX: connected once, tested at once, and what they exchange on the host."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import jax
import numpy as np

from cutaway.backends import jax_backend  # noqa: F401 - it says how many devices a processor is
from cutaway.backends.processes import Processes
from cutaway.errors import InputError

# Seconds until a process that says nothing counts as gone, and that those who are done wait for the first, which
# scores and writes.
SILENT, ENDING = 30, 7 * 86400
# How the variables begin by which SLURM, Open MPI and Kubernetes tell a process of the others.
CLUSTERS = ("SLURM_", "OMPI_", "KUBERNETES_", "JOB_COMPLETION_INDEX")
# Numbers that the test of the collectives sums.
TESTED = 1000


class JaxExchange:
    """Sums over processes of small arrays, one device of each taking part."""

    def __init__(self) -> None:
        one_each = {device.process_index: device for device in reversed(jax.devices())}
        self.mesh = jax.sharding.Mesh(np.array([one_each[index] for index in sorted(one_each)]), ("process",))
        self.count, self.index = len(one_each), jax.process_index()
        everywhere = jax.sharding.NamedSharding(self.mesh, jax.sharding.PartitionSpec())  # type: ignore[no-untyped-call]
        self._total = jax.jit(lambda rows: rows.sum(axis=0, dtype=rows.dtype), out_shardings=everywhere)
        self._most = jax.jit(lambda rows: rows.max(axis=0), out_shardings=everywhere)

    def total(self, values: np.ndarray) -> np.ndarray:
        """Return the sum over the processes."""
        return np.array(self._total(self._stacked(values)))

    def most(self, values: np.ndarray) -> np.ndarray:
        """Return the largest over the processes."""
        return np.array(self._most(self._stacked(values)))

    def _stacked(self, values: np.ndarray) -> Any:
        """Return an array (processes, ...) of which this process has its own row."""
        rows = jax.sharding.NamedSharding(self.mesh, jax.sharding.PartitionSpec("process"))  # type: ignore[no-untyped-call]
        return jax.make_array_from_callback((self.count, *values.shape), rows, lambda _: np.asarray(values)[None])


def connected(
    address: str | None, count: int | None, index: int | None, *, bind: str | None = None, timeout: int = 300
) -> Processes:
    """Connect this process with the others and return them, after a test of what they are to do together.

    address  host and port at which the first process waits for the others (None: as the cluster's own variables say)
    count    how many processes there are, and `index` which this is (None: likewise)
    bind     where the first process listens (None: on every interface of its machine)
    timeout  seconds to wait for all

    Raises `InputError` where they do not find each other, or where their sums are wrong.
    """
    if getattr(jax.config, "jax_cpu_collectives_implementation", None) in (None, "none"):
        with suppress(AttributeError):  # a version of JAX that has only one
            jax.config.update("jax_cpu_collectives_implementation", "gloo")  # type: ignore[no-untyped-call]
    where = "" if address is None else f" at {address}"
    with suppress(AttributeError):  # it would take SIGTERM for itself, and the training never hear of it
        jax.config.update("jax_enable_preemption_service", False)  # type: ignore[no-untyped-call]
    try:
        with interruptible():
            jax.distributed.initialize(
                address, count, index, coordinator_bind_address=bind, initialization_timeout=timeout,
                heartbeat_timeout_seconds=SILENT, shutdown_timeout_seconds=ENDING,
            )  # fmt: skip
    except (ValueError, RuntimeError) as fault:
        if address is None and not any(name.startswith(CLUSTERS) for name in os.environ):
            raise InputError(
                "distributed: no variables of SLURM, Open MPI or Kubernetes were found; start it with srun or mpirun, "
                "or use: cutaway launch"
            ) from fault
        raise InputError(
            f"distributed: this process did not find the others{where} ({str(fault).splitlines()[0]}); start all of "
            "them within five minutes, with the same address and number of processes, or use: cutaway launch"
        ) from fault
    with hushed():
        exchange = JaxExchange()
        _check(exchange)
    return Processes(exchange.count, exchange.index, exchange)


def _check(exchange: JaxExchange) -> None:
    """Raise `InputError` unless a sum over the processes, and one over all devices, are what arithmetic says."""
    places = np.arange(TESTED, dtype=np.int32)
    ranks = exchange.count * (exchange.count + 1) // 2
    found = exchange.total((exchange.index + 1) * (places + 1))
    expected = ranks * (places + 1)
    mesh = jax.sharding.Mesh(np.array(jax.devices()), ("device",))
    each = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("device"))  # type: ignore[no-untyped-call]
    whole = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())  # type: ignore[no-untyped-call]
    devices = len(mesh.devices)
    numbers = np.arange(devices * TESTED, dtype=np.float32).reshape(devices, TESTED) % 64
    placed = jax.make_array_from_callback(numbers.shape, each, lambda index: numbers[index])
    summed = np.array(jax.jit(lambda x: x.sum(axis=0), out_shardings=whole)(placed))
    gathered = np.array(jax.jit(lambda x: x + 1, out_shardings=whole)(placed))
    right = (
        np.array_equal(found, expected),
        np.array_equal(summed, numbers.sum(axis=0)),  # whole numbers: exact in float32
        np.array_equal(gathered, numbers + 1),
    )
    if not all(right):
        names = ("sum over processes", "sum over devices", "copy to all devices")
        wrong = ", ".join(name for name, fine in zip(names, right, strict=True) if not fine)
        raise InputError(
            f"distributed: process {exchange.index} of {exchange.count}: the {wrong} came out wrong in a test before "
            "the training, so its weights would be wrong too; use another version of jax, or one process"
        )


@contextmanager
def interruptible() -> Iterator[None]:
    """Have Ctrl-C end the process at once, while entered: Python hears of it only when a call of JAX is over."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler if before is None else before)


@contextmanager
def hushed() -> Iterator[None]:
    """Keep off the standard output, while entered, what the library of the collectives prints when it connects."""
    sys.stdout.flush()
    before = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(before, 1)
        os.close(before)
        os.close(nowhere)
