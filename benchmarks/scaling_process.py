"""What one of several processes measures: `python -m benchmarks.scaling_process FILE SECONDS DEVICES NAME …`.

The first writes the figures to FILE. All take the same steps the same number of times, as they wait for each other.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scaling_work import BY_NAME, Timed
from cutaway.backends.processes import processes
from cutaway.distributed import join

# Bytes of the sums over processes that are timed.
SIZES = tuple(4 << (2 * power) for power in range(1, 13, 2))


def steps(name: str, devices: int | None, seconds: float) -> dict[str, Any]:
    """Return the least and the median seconds of a step, taken again and again for so many seconds."""
    began = time.perf_counter()
    timed = Timed(BY_NAME[name], devices)
    start = time.perf_counter() - began
    first = timed.take() * BY_NAME[name].steps
    times = int(processes().first_says(np.array(max(3, min(200, seconds / first)), np.float64)))
    found = [timed.take() for _ in range(times)]
    return {
        "network": name,
        "least": min(found),
        "median": float(np.median(found)),
        "repeats": times,
        "start": start,
        "parameters": timed.cost.parameters,
        "flops": timed.cost.flops,
        "elements": timed.cost.elements,
        "arrays": len(timed.carry.params),
        "batch": BY_NAME[name].batch,
    }


def sums(seconds: float) -> list[dict[str, float]]:
    """Return the seconds of one all-reduce over the processes, by bytes: many in one program, as in a training."""
    import jax

    from cutaway.backends.jax_division import division

    whole = division(None, None)
    found = []
    for size in SIZES:
        rows = np.ones((whole.count, size // 4), np.float32)
        times = int(max(2, min(100, (32 << 20) / size)))

        def repeated(rows: Any, times: int = times) -> Any:
            def body(index: Any, total: Any) -> Any:
                # Each sum needs the one before, so that none can be left out or merged.
                return whole.same(jax.numpy.sum(whole.share(rows + total[None, :]), axis=0)) * 1e-3

            return jax.lax.fori_loop(0, times, body, jax.numpy.zeros(rows.shape[1], rows.dtype))

        compiled = jax.jit(repeated, out_shardings=whole.everywhere)
        placed = whole._put(rows, whole.apart)
        np.asarray(compiled(placed))
        least = float("inf")
        for _ in range(5):
            began = time.perf_counter()
            np.asarray(compiled(placed))
            least = min(least, (time.perf_counter() - began) / times)
        found.append({"bytes": size, "seconds": least})
    return found


def main() -> None:
    place, seconds, devices, *names = sys.argv[1:]
    group = join()
    figures: dict[str, Any] = {
        "processes": group.count,
        "devices": int(devices),
        "steps": [steps(name, int(devices), float(seconds)) for name in names if name != "sums"],
        "sums": sums(float(seconds)) if group.several and "sums" in names else [],
    }
    if group.first:
        Path(place).write_text(json.dumps(figures))


if __name__ == "__main__":
    main()
