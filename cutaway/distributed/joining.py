"""How a process finds the others that it trains with, and what it says when it loses them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from cutaway.backends import processes as known
from cutaway.backends.processes import Processes
from cutaway.distributed.leaving import follow_launcher, leave_at_faults
from cutaway.errors import InputError

# Where a process is told of the others. JAX reads the first two itself; SLURM, Open MPI and Kubernetes say the rest by
# variables of their own.
ADDRESS, BIND = "JAX_COORDINATOR_ADDRESS", "JAX_COORDINATOR_BIND_ADDRESS"
COUNT, INDEX = "JAX_NUM_PROCESSES", "JAX_PROCESS_ID"
COUNTS = (COUNT, "OMPI_COMM_WORLD_SIZE", "SLURM_NTASKS")
INDICES = (INDEX, "OMPI_COMM_WORLD_RANK", "SLURM_PROCID", "JOB_COMPLETION_INDEX")
LOST_ANOTHER = "lost another one"  # as a process says whose others are gone
# What a fault says that another process caused by being gone: JAX raises it as one of several kinds.
LOST = ("Gloo", "NCCL", "coordination service", "DEADLINE_EXCEEDED", "UNAVAILABLE")


def join(distributed: bool = False) -> Processes:
    """Join the processes that this one was started with, and return them; once joined, it stays so.

    distributed   whether there must be others: then the variables of SLURM, Open MPI and Kubernetes count, too. Else
                  only those of `cutaway launch` do, `JAX_NUM_PROCESSES` and `JAX_PROCESS_ID`

    Everything that trains afterwards does so together: each process runs the same program on the same data, `fit` or
    `train`, takes its share of the rows or of the networks, and only the first one writes. A sum over all processes is
    tested at once. An exception that nobody catches then ends its process at once, as the others would wait for it.
    Call it before anything else uses JAX. Raises `InputError` where the others are not found.

    >>> join().count
    1
    """
    if known.processes().several:
        return known.processes()
    address, count, index = told(os.environ, distributed)
    if not distributed and (count is None or count == 1):
        return known.processes()
    follow_launcher()
    from cutaway.backends.jax_processes import connected

    known.join(connected(address, count, index, bind=os.environ.get(BIND)))
    if known.processes().several:
        leave_at_faults()
    return known.processes()


def told(environment: Mapping[str, str], distributed: bool) -> tuple[str | None, int | None, int | None]:
    """Return address, number of processes and which this is, None for each that JAX is to find out by itself.

    >>> told({"JAX_NUM_PROCESSES": "2", "JAX_PROCESS_ID": "1", "JAX_COORDINATOR_ADDRESS": "node1:1234"}, False)
    ('node1:1234', 2, 1)
    >>> told({"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "3", "JAX_COORDINATOR_ADDRESS": "node1:1234"}, True)
    ('node1:1234', 4, 3)
    >>> told({"SLURM_NTASKS": "2", "SLURM_PROCID": "0"}, True), told({"SLURM_NTASKS": "2"}, False)
    ((None, None, None), (None, None, None))
    """
    address = environment.get(ADDRESS)
    counts, indices = (COUNTS, INDICES) if distributed and address else ((COUNT,), (INDEX, "JOB_COMPLETION_INDEX"))
    count = next((_whole(environment, name) for name in counts if name in environment), None)
    index = next((_whole(environment, name) for name in indices if name in environment), None)
    if count is None:
        return address, None, None
    if count > 1 and (address is None or index is None):
        missing = ADDRESS if address is None else INDEX
        raise InputError(f"distributed: {COUNT}={count} says that there are others; {missing} is missing")
    if index is not None and not 0 <= index < max(1, count):
        raise InputError(f"distributed: this is process {index} of {count}; expected 0 to {count - 1}")
    return address, count, index


@contextmanager
def together() -> Iterator[None]:
    """Say, where a training ends because another process is gone, that it does, as an `InputError`."""
    try:
        yield
    except Exception as fault:
        group = known.processes()
        if not group.several or isinstance(fault, InputError) or not any(word in str(fault) for word in LOST):
            raise
        raise InputError(
            f"distributed: process {group.index} of {group.count} {LOST_ANOTHER}, and cannot go on without it "
            f"({' '.join(str(fault).split())[:200]}); start all again, with --resume where there is a checkpoint"
        ) from fault


def _whole(environment: Mapping[str, str], name: str) -> int:
    text = environment[name]
    if not text.isdecimal():
        raise InputError(f"distributed: {name} is {text!r}; expected a whole number")
    return int(text)
