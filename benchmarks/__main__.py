"""`python -m benchmarks dense|overhead|startup [--repeats N]`."""

from __future__ import annotations

import argparse
import importlib

NAMES = {
    "dense": "four dense networks: one training step beside scikit-learn, PyTorch, hand-written JAX and NumPy",
    "overhead": "what observing, records and callbacks cost a training",
    "startup": "import time, and `cutaway train` on iris in a cold process",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", epilog="\n".join(f"{name:10} {text}" for name, text in NAMES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--repeats", type=int, default=5, help="alternated runs; the median counts (default 5)")
    parser.add_argument("--quick", action="store_true", help="small, to see that it runs; writes no result")
    chosen = parser.parse_args()
    importlib.import_module(f"benchmarks.{chosen.name}").main(repeats=chosen.repeats, quick=chosen.quick)


if __name__ == "__main__":
    main()
