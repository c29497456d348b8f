"""`python -m benchmarks dense|overhead|pictures|startup|text [--repeats N]`, `python -m benchmarks tables …`.

`python -m benchmarks fuzz [--minutes 30]` and `python -m benchmarks faults [--kills 200]` count what goes wrong.
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from benchmarks.tables import add_options

NAMES = {
    "capacity": "bias and variance of twenty widths, 600 networks, beside training them one by one",
    "dense": "four dense networks: one training step beside scikit-learn, PyTorch, hand-written JAX and NumPy",
    "diagnosis": "healthy and broken trainings: how often their diagnosis is right, and cries for nothing",
    "faults": "trainings killed at random moments and gone on with, failing disks, two processes on one folder",
    "finding_pictures": "the pictures, words and numbers of docs/findings, from trainings with a fault and without",
    "fuzz": "changed files of every kind that is read: each must load or be refused",
    "gpu": "on a GPU: every operation, GPT-2 124M, LeNet-5, dense and 1,000 networks, beside PyTorch and ceilings",
    "jobs": "`cutaway train` on pictures and on a text, in processes of its own: scores, seconds, memory",
    "overhead": "what observing, records, callbacks and checkpoints cost a training",
    "pictures": "LeNet-5 and a small residual network: one training step beside PyTorch and hand-written JAX",
    "proofs": "experiments with fixes that do nothing and with fixes that help: how often either is called helpful",
    "reports": "seconds from a saved run to its report, and the bytes of the page",
    "scaling": "one step in 1, 2 and 4 processes and on 1 and 2 devices, beside what a cost model says",
    "startup": "import time, and `cutaway train` on iris in a cold process",
    "studio": "the page in Chromium: a drag to the screen, frames a second, what watching costs a training",
    "streaming": "the dense suite from memory and from files, as a table larger than memory is learned from",
    "text": "a small GPT and an LSTM: one training step beside PyTorch and hand-written JAX",
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
        elif name == "diagnosis":
            importlib.import_module("benchmarks.diagnosis").add_options(command)
        elif name == "finding_pictures":
            command.add_argument("--only", default="", help="name of one finding (all)")
            command.add_argument(
                "--numbers", action="store_true", help="the values of thresholds in the pages, no more"
            )
        elif name == "fuzz":
            command.add_argument("--minutes", type=float, default=30, help="all kinds of file together (30)")
            command.add_argument("--seed", type=int, default=0, help="of the first change (0)")
        elif name == "faults":
            command.add_argument("--kills", type=int, default=200, help="at least so many (200)")
            command.add_argument("--seed", type=int, default=0, help="of the moments (0)")
        elif name == "jobs":
            command.add_argument("--data", type=Path, help="a folder that holds tinyshakespeare.txt")
            command.add_argument("--effort", action="append", help="may be repeated (quick and standard)")
            command.add_argument("--only", default="", help="words in the name of a job, such as MNIST (all)")
        else:
            if name == "scaling":
                command.add_argument("--only", default="", help="processes x devices x cores, such as 1x2x2 (all)")
            if name == "gpu":
                command.add_argument("--rehearse", action="store_true", help="small, on whatever device there is")
            command.add_argument("--repeats", type=int, default=5, help="alternated runs; the median counts (5)")
    chosen = vars(parser.parse_args())
    importlib.import_module(f"benchmarks.{chosen.pop('name')}").main(**chosen)


if __name__ == "__main__":
    main()
