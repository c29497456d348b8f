"""`python -m benchmarks dense|overhead|startup [--repeats N]`, `python -m benchmarks tables [--report] …`."""

from __future__ import annotations

import argparse
import importlib

from benchmarks.tables import add_options

NAMES = {
    "dense": "four dense networks: one training step beside scikit-learn, PyTorch, hand-written JAX and NumPy",
    "overhead": "what observing, records and callbacks cost a training",
    "startup": "import time, and `cutaway train` on iris in a cold process",
    "tables": "scores and seconds on real tables beside scikit-learn, LightGBM and RealMLP; memory of a million rows",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    commands = parser.add_subparsers(dest="name", metavar="NAME", required=True)
    for name, text in NAMES.items():
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--quick", action="store_true", help="small, to see that it runs; writes no result")
        if name == "tables":
            add_options(command)
        else:
            command.add_argument("--repeats", type=int, default=5, help="alternated runs; the median counts (5)")
    chosen = vars(parser.parse_args())
    importlib.import_module(f"benchmarks.{chosen.pop('name')}").main(**chosen)


if __name__ == "__main__":
    main()
