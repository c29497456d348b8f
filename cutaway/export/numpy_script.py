"""How a written file behaves as a command: its usage, its faults in one line, its exit code. Copied into files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path


def as_script(answer: Callable[[str], None], use: str, several: bool = False) -> int:
    """Have `answer` print what it says of the file, or files, named behind this one: 0 when done, else 2.

    Where something is wrong, one line says what; the functions above raise it as an error.
    """
    usage = f"usage: python {Path(sys.argv[0]).name} {use}"
    places = sys.argv[1:]
    if places in (["-h"], ["--help"]):
        print(usage)
        return 0
    if not places or places[0].startswith("-") or (len(places) > 1 and not several):
        print(usage, file=sys.stderr)
        return 2
    for place in places:
        try:
            if not Path(place).exists():
                raise ValueError("there is no such file")
            answer(place)
            sys.stdout.flush()
        except BrokenPipeError:  # who reads has had enough, as `head` has
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except (EOFError, ImportError, OSError, ValueError) as fault:
            what = getattr(fault, "strerror", None) or next(iter(str(fault).splitlines()), type(fault).__name__)
            print(f"{place}: {what}", file=sys.stderr)
            return 2
    return 0
