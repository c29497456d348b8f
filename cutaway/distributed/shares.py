"""What each process of a launch has of its machine: some of the cores, and some of the graphics processors."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from cutaway.errors import InputError

VISIBLE = "CUDA_VISIBLE_DEVICES"
PLUGINS = ("jax_cuda12_plugin", "jax_cuda13_plugin")  # without one of these JAX computes on no graphics processor


def cores() -> list[int]:
    """Return the numbers of the cores that this process may run on."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def share(numbers: Sequence[int], count: int, index: int) -> list[int]:
    """Return the part of some cores that one of `count` processes has; one of them where there are fewer.

    >>> [share([0, 1, 2, 3], 3, index) for index in range(3)], share([4, 5], 4, 3)
    ([[0], [1], [2, 3]], [5])
    """
    own = numbers[index * len(numbers) // count : (index + 1) * len(numbers) // count]
    return list(own or [numbers[index % len(numbers)]])


def graphics(environment: Mapping[str, str], devices: Path = Path("/dev")) -> list[str]:
    """Return the graphics processors that JAX would take, by the names that CUDA knows them by; [] where it has none.

    devices  where the system shows them, as nvidia0, nvidia1, ...

    >>> graphics({"JAX_PLATFORMS": "cpu"})
    []
    """
    platforms = environment.get("JAX_PLATFORMS", "")
    if platforms and not {"cuda", "gpu"} & set(platforms.lower().split(",")):
        return []
    if not any(find_spec(name) for name in PLUGINS):
        return []
    if VISIBLE in environment:  # those behind a name that is none are not seen, says CUDA
        names = [name.strip() for name in environment[VISIBLE].split(",")]
        ends = [place for place, name in enumerate(names) if name in ("", "-1", "NoDevFiles")]
        return names[: ends[0]] if ends else names
    return [str(number) for number in range(len(list(devices.glob("nvidia[0-9]*"))))]


def divided(names: Sequence[str], count: int) -> list[dict[str, str]]:
    """Return for each of `count` processes the variables that give it its part of the graphics processors.

    Two processes that took the same one would each ask for most of its memory. Raises `InputError` where there are
    fewer than processes.

    >>> divided(["0", "1"], 2), divided([], 2)
    ([{'CUDA_VISIBLE_DEVICES': '0'}, {'CUDA_VISIBLE_DEVICES': '1'}], [{}, {}])
    """
    if not names:
        return [{} for _ in range(count)]
    if len(names) < count:
        raise InputError(
            f"--processes {count}: this machine has {len(names)} graphics processors to give to them, and each takes "
            f"at least one of its own; give --processes {len(names)} or fewer, or set JAX_PLATFORMS=cpu"
        )
    parts = [names[index * len(names) // count : (index + 1) * len(names) // count] for index in range(count)]
    return [{VISIBLE: ",".join(part)} for part in parts]
