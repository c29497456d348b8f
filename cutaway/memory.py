"""How much memory there is."""

from __future__ import annotations

import os
from pathlib import Path


def available_memory() -> float:
    """The memory that can be had without swapping, in bytes; infinity where the system does not say.

    A container's limit (Linux control groups, version 2) counts as the system's end.

    >>> available_memory() > 0
    True
    """
    found = float("inf")
    try:
        told = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        found = 1024.0 * int(told["MemAvailable"].split()[0])
    except (OSError, KeyError, ValueError):
        try:
            found = float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
        except (AttributeError, OSError, ValueError):
            return found
    try:
        group = Path("/sys/fs/cgroup")
        limit, used = (int((group / f"memory.{name}").read_text()) for name in ("max", "current"))
    except (OSError, ValueError):  # no such group, or one without a limit
        return found
    return min(found, float(max(limit - used, 0)))
