"""`cutaway launch`: one training in several processes of this machine."""

from __future__ import annotations

import shlex
import signal
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter

from cutaway.cli.exit_codes import DONE, ENDED, INTERRUPTED, WRONG_INPUT
from cutaway.cli.printable import printable
from cutaway.cli.values import whole
from cutaway.errors import InputError
from cutaway.errors import whole as whole_number

MOST = 1024  # processes


def launch(
    *command: Annotated[str, Parameter(allow_leading_hyphen=True)],
    processes: Annotated[int, Parameter(converter=whole)],
) -> int:
    """Train in several processes on this machine, which share the work of one training.

    The weights are those of one process, to rounding. When a process fails, the others are ended, and the training
    goes on from its last checkpoint with --resume, in as many processes as you like.

    Example: `cutaway launch --processes 2 -- train pictures/`

    Parameters
    ----------
    command
        After two hyphens: train, with what it takes.
    processes
        How many processes; each gets its share of the cores.
    """
    whole_number("--processes", processes, 1, MOST)
    words = list(command[1:] if command[:1] == ("--",) else command)
    if words[:1] != ["train"]:
        given = f"got {' '.join(words)}" if words else "got nothing"
        raise InputError(
            f"launch: {given}; expected a training after two hyphens, such as: cutaway launch --processes 2 -- train "
            "houses.csv --target price"
        )
    from cutaway.distributed.launching import launch as launched

    ended = launched([sys.executable, "-m", "cutaway.cli.main", *words], processes)
    if ended.failed is None:
        return DONE
    if ended.alike and not (ended.asked and ended.codes[0] == ENDED):  # each has said why
        return ended.codes[0]
    again = f"cutaway launch --processes {processes} -- {shlex.join(words)}"
    why = "ended, as was asked" if ended.asked else f"{ended.words}, and the others were ended"
    sys.stderr.write(printable(f"cutaway: {why}; {_kept(words, again)}") + "\n")
    return {0: WRONG_INPUT, signal.SIGINT: INTERRUPTED}.get(ended.asked, ENDED)


def _kept(words: list[str], again: str) -> str:
    """Return where the last checkpoint is, and how to go on."""
    if (found := last_checkpoint(words)) is None:
        return f"there is no checkpoint in {_folder(words)} yet; to begin anew: {again}"
    resumed = again if "--resume" in words else f"{again} --resume"
    return f"the last checkpoint is {found}; to go on from it: {resumed}"


def last_checkpoint(words: list[str]) -> Path | None:
    """Return the last checkpoint that a training has left, None where there is none.

    >>> last_checkpoint(["train", "no-such.csv", "--target", "price"])
    """
    from cutaway.storage.run_folder import CHECKPOINT

    found = (_folder(words) / CHECKPOINT).glob("*/*.safetensors")
    return max(found, key=lambda place: place.stat().st_mtime, default=None)


def _folder(words: list[str]) -> Path:
    """Return the folder that a training writes to.

    >>> _folder(["train", "--target", "price", "houses.csv"]).as_posix(), _folder(["train", "a", "-o", "there"]).name
    ('runs/houses', 'there')
    """
    from cutaway.cli.train import run_name, train

    reading = App()
    reading.default(train)
    try:
        given = reading.parse_args(words[1:], print_error=False, exit_on_error=False)[1].arguments
    except CycloptsError:  # nothing was trained, then
        return Path("runs")
    return given.get("out") or Path("runs") / run_name(given["data"])
