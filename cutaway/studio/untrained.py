"""What the studio is given that is no run: pictures, a text, a table without a target; and what to do first."""

from __future__ import annotations

import shlex
from difflib import get_close_matches
from pathlib import Path

from cutaway.data.picture_folders import PICTURES, hold_pictures
from cutaway.data.sort import TABLES, TEXTS, Sort, sort_of
from cutaway.data.suggestions import did_you_mean
from cutaway.errors import InputError
from cutaway.storage.run_folder import RUN
from cutaway.studio.runs_here import runs_below

MOST_NAMES = 12  # columns that a message lists


def expect_run(place: Path, shell: bool = False) -> None:
    """Raise `InputError` for what is there and is no run, saying what it is and what to do with it first.

    place   what was given without a target
    shell   whether it was given in a shell, so that options are named as they are typed there

    What is not there, or is a folder of nothing known, is left to who opens it; of a word that nearly is a rung of the
    ladder that is said.

    >>> expect_run(Path("neuronn"))
    Traceback (most recent call last):
    cutaway.errors.InputError: neuronn: there is no such run; for a rung of the ladder, did you mean 'neuron'?
    """
    if place.suffix == ".safetensors" or (place / RUN).exists():
        return
    if not place.exists():
        from cutaway.studio.ladder import LADDER  # whose rows come from the sources, which ask about dropped files here

        rungs = [rung.name for rung in LADDER]
        if get_close_matches(str(place).casefold(), rungs):
            typed = " (--rung)" if shell else ""
            raise InputError(
                f"{place}: there is no such run; for a rung of the ladder{typed}, {did_you_mean(str(place), rungs)}"
            )
        return
    if place.is_dir():
        runs, _ = runs_below([str(place)])
        if runs:
            names = ", ".join(str(found) for _, found in runs[:MOST_NAMES])
            raise InputError(f"{place}: is not a run, but a folder with runs in it; name one of them: {names}")
        try:
            classes, loose = hold_pictures(place)
        except OSError:
            return
        if classes:
            raise InputError(f"{place}: holds pictures, {_first(str(place))}")
        if loose:
            sort_of(place)
        return
    option = "--target" if shell else "target"
    if TABLES.search(place.name) and not TEXTS.search(place.name.removesuffix(".gz")):
        raise InputError(f"{place}: {option} says which column is to be predicted; {_columns(place)}")
    if sort_of(place) is Sort.PICTURES:
        raise InputError(f"{place}: holds pictures, {_first(str(place))}")
    raise InputError(
        f"{place}: is a text, {_first(str(place))}. Of a table, {option} says which column is to be predicted"
    )


def expect_table(name: str, columns: int | None) -> None:
    """Raise `InputError` for a dropped file that is pictures or a text by its name and by what was found in it.

    columns   how many were found; None: it could not be read as a table

    >>> expect_table("book.txt", 1)
    Traceback (most recent call last):
    cutaway.errors.InputError: book.txt: is a text, of which a network learns before the studio shows it: first \
`cutaway train book.txt`, then `cutaway studio runs/book`
    >>> expect_table("houses.csv", 1), expect_table("tabs.txt", 3)
    (None, None)
    """
    if Path(name).suffix.lower() in PICTURES:
        raise InputError(
            f"{name}: is a picture; a network learns from a folder that has one folder of them for each class: first "
            "`cutaway train FOLDER`, then `cutaway studio runs/FOLDER`"
        )
    if TEXTS.search(name.removesuffix(".gz")) and (columns is None or columns == 1):
        raise InputError(f"{name}: is a text, {_first(name)}")


def _first(place: str) -> str:
    run = shlex.quote(f"runs/{Path(place).resolve().name.split('.')[0]}")
    return (
        f"of which a network learns before the studio shows it: first `cutaway train {shlex.quote(place)}`, then "
        f"`cutaway studio {run}`"
    )


def _columns(place: Path) -> str:
    from cutaway.data.reading import read_table

    names = read_table(place).names
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"it is missing. There are {', '.join(map(repr, names[:MOST_NAMES]))}{more}"
