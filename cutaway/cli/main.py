"""The command `cutaway`: finds the command asked for, runs it, and turns what happens into an exit code."""

from __future__ import annotations

import logging
import os
import shlex
import sys
import traceback
import warnings
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from cyclopts import App, CycloptsError, MissingArgumentError, UnknownOptionError, UnusedCliTokensError

from cutaway.backends.processes import processes
from cutaway.cli.capacity import capacity
from cutaway.cli.compare import compare
from cutaway.cli.data import data
from cutaway.cli.diagnose import diagnose
from cutaway.cli.exit_codes import DONE, ENDED, INTERRUPTED, OURS, WRONG_INPUT
from cutaway.cli.explain import explain
from cutaway.cli.export import export
from cutaway.cli.generate import generate
from cutaway.cli.landscape import landscape
from cutaway.cli.launch import last_checkpoint, launch
from cutaway.cli.predict import predict
from cutaway.cli.printable import as_options, printable
from cutaway.cli.report import report
from cutaway.cli.studio import studio
from cutaway.cli.train import train
from cutaway.distributed.leaving import leave
from cutaway.errors import InputError
from cutaway.training.interrupt import Terminated
from cutaway.version import __version__

REPEATED = ("--drop", "--category", "--number", "--text", "--date")  # options of one column each
TRACEBACK = "CUTAWAY_TRACEBACK"  # environment variable: set, faults of ours and wrong input show where they arose

app = App(
    name="cutaway",
    version=__version__,
    help=(
        "Train a neural network on your own data in one command, and see every number inside.\n\n"
        "A first try: `cutaway data iris`, then `cutaway train iris.csv --target species`"
    ),
    help_format="markdown",
)
for command in (
    train, launch, predict, report, explain, diagnose, generate, compare, landscape, capacity, export, studio, data,
):  # fmt: skip
    app.command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    0 done, 2 wrong input (one message on standard error), 130 interrupted, 143 ended by the system, 1 a fault of ours.
    """
    _quiet_libraries()
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    try:
        called, bound, _ = app.parse_args(tokens, print_error=False, exit_on_error=False)
        return int(called(*bound.args, **bound.kwargs) or DONE)
    except CycloptsError as fault:
        known = [word for word in tokens[:1] if word in app]
        sys.stderr.write(f"cutaway: {_misused(fault, tokens)} See: {' '.join(['cutaway', *known, '--help'])}\n")
        return WRONG_INPUT
    except InputError as fault:
        if os.environ.get(TRACEBACK):
            traceback.print_exc()
        sys.stderr.write(f"cutaway: {as_options(_one_line(fault))}\n")
        return leave(WRONG_INPUT)
    except Terminated:
        sys.stderr.write(f"cutaway: ended, as the system asked; to go on where it stopped: {_resumed(tokens)}\n")
        return leave(ENDED)
    except KeyboardInterrupt:
        sys.stderr.write(f"cutaway: interrupted; {_left(tokens)}\n")
        return leave(INTERRUPTED, now=arguments is None)
    except BrokenPipeError:
        # Whoever read the output has enough; Python would complain once more while flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return leave(DONE)
    except Exception as fault:
        if os.environ.get(TRACEBACK):
            traceback.print_exc()
        sys.stderr.write(
            f"cutaway: this is a fault of ours, not of your data ({type(fault).__name__}: {_one_line(fault)}). "
            f"To see where, run it again with {TRACEBACK}=1 before the command, and please report it.\n"
        )
        return leave(OURS)


def _resumed(tokens: list[str]) -> str:
    """Return what to type to go on with a training."""
    if processes().several:
        return "start all processes again, with --resume"
    return printable(" ".join(["cutaway", *map(shlex.quote, tokens), *["--resume"] * ("--resume" not in tokens)]))


def _left(tokens: list[str]) -> str:
    """Return what an interrupted command has written."""
    if tokens[:1] != ["train"] or (found := last_checkpoint(tokens)) is None:
        return "nothing was written"
    return f"the last checkpoint is {printable(str(found))}; to go on from it: {_resumed(tokens)}"


def _misused(fault: CycloptsError, tokens: list[str]) -> str:
    """Return what is wrong with the words of a command."""
    if isinstance(fault, UnknownOptionError):
        names = [name for argument in fault.argument_collection if argument.parse for name in argument.names]
        return _no_option((fault.token.keyword or fault.token.value).split("=")[0], names)
    if isinstance(fault, MissingArgumentError) and fault.argument is not None:
        names = [name for name in fault.argument.names if name.startswith("-")]
        words = [token.split("=")[0] for token in tokens]
        if not names:
            return f"{fault.argument.name} is missing."
        if given := [word for word in words if word in names]:
            return f"{given[-1]} needs a value after it."
        near = [word for word in words if word.startswith("--") and _near(word, names)]
        return printable(_no_option(near[0], names)) if near else f"{names[0]} is missing."
    if isinstance(fault, UnusedCliTokensError) and fault.unused_tokens:
        word = fault.unused_tokens[0]
        if pattern := _pattern(word, tokens):
            return printable(f"'{word}' is one word too many; put the pattern in quotes: '{pattern}'.")
        options = [token for token in tokens[: tokens.index(word)] if token.startswith("-")]
        if options and options[-1] in REPEATED:
            return printable(f"{options[-1]} takes one column, and may be repeated: … {options[-1]} {word}")
        return printable(f"'{word}' is one word too many; a name with blanks in it stands in quotes.")
    return _one_line(fault)


def _pattern(word: str, tokens: list[str]) -> str | None:
    """Return the pattern that a shell has made a file and its like among the words of, None where it has none."""
    from cutaway.data.shards import SHARDS

    ending, folder = SHARDS.search(word), Path(word).parent
    if ending is None:
        return None
    alike = {Path(each) for each in tokens if each.endswith(ending[0])}
    alike = {each for each in alike if each.parent == folder and each.is_file()}
    if Path(word) not in alike or len(alike) < 2:
        return None
    names = [each.name for each in alike]
    begin = "" if alike == set(folder.glob(f"*{ending[0]}")) else os.path.commonprefix(names)  # noqa: RUF071 - letters
    return str(folder / f"{begin.removesuffix(ending[0])}*{ending[0]}")


def _no_option(word: str, names: list[str]) -> str:
    near = _near(word, names)
    return printable(f"there is no option {word}." + (f" Did you mean {near}?" if near else ""))


def _near(word: str, names: list[str]) -> str | None:
    """Return the option that was surely meant by a word, if there is one.

    >>> _near("--taget", ["--target"]), _near("--output", ["--out", "-o"]), _near("--speed", ["--seed"])
    ('--target', '--out', None)
    """
    longer = [name for name in names if name.startswith("--") and word.startswith(name)]
    bare = get_close_matches(word.lstrip("-"), [name.lstrip("-") for name in names], n=1, cutoff=0.9)
    return next(iter([*longer, *(f"--{name}" for name in bare)]), None)


def _one_line(fault: Exception) -> str:
    return printable(" ".join(str(fault).split()))


def _quiet_libraries() -> None:
    """Keep the libraries' own notices from the person's terminal; faults still arrive as exceptions."""
    warnings.simplefilter("ignore")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for name in ("jax", "jax._src.xla_bridge"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


if __name__ == "__main__":
    sys.exit(main())
