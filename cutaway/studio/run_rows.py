"""The rows of a run as the studio shows them: those of its table, its pictures, or its text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cutaway.data.tokens import Tokens, letters_of_bytes
from cutaway.errors import InputError
from cutaway.layers import Ensemble
from cutaway.studio.material import ColumnTold, Material
from cutaway.studio.run_parts import picture_parts, table_parts, text_parts
from cutaway.studio.sources import of_encoded

MOST_PICTURES, MOST_WINDOWS, FEWEST_WINDOWS = 2_000, 500, 32  # of a run, that are shown
# Multiplications that all windows together may take to be read once: about a third of a second, which each edit costs.
READ = 5e9


def rows_of_run(run: Any, data: Any = None, notes: Sequence[str] = ()) -> Material:
    """Return the rows of a job, its network trained or not yet.

    data   where they are, if not where they were

    Raises `InputError` where they are gone or have changed, and for a run of arrays, which keeps none.
    """
    from cutaway.runs.picture_run import PictureRun
    from cutaway.runs.table_run import TableRun
    from cutaway.runs.text_run import TextRun

    kinds = {TableRun: _table, PictureRun: _pictures, TextRun: _text}
    read = next((made for kind, made in kinds.items() if isinstance(run, kind)), None)
    if read is None:
        raise InputError(
            f"{run.path or 'studio'}: learned from arrays, which a run does not keep; in Python, "
            "ca.studio(network, X, y) takes them"
        )
    return read(run, data, list(notes))


def _table(run: Any, data: Any, notes: list[str]) -> Material:
    from cutaway.data.several_targets import LabelsTarget, NumbersTarget

    if isinstance(run.target, (LabelsTarget, NumbersTarget)):
        raise InputError("studio: the run predicts several columns at once, which is not shown yet; choose one target")
    found = table_parts(run, data)
    table = found.table
    y = run.target.encode(table.columns[run.target.column])
    told = {column.name: column for column in run.columns}
    columns = tuple(
        ColumnTold(
            each, told[each].kind.value if each in told else "dropped", told[each].reason if each in told else ""
        )
        for each in table.names
        if each != run.target.column
    )
    return of_encoded(
        table, run.target, columns, run.preprocessing, y, found.training, found.held_out, [*notes, *found.notes],
        np.float32, found.numbers,
    )  # fmt: skip


def _pictures(run: Any, data: Any, notes: list[str]) -> Material:
    from cutaway.runs.landscape import picture_rows

    labels = tuple(map(str, run.classes))
    if data is None:
        pictures, learned, tested, more = picture_parts(run, MOST_PICTURES)
        taken = np.concatenate([learned, tested])
        x, y, first, notes = (
            pictures.pixels[taken],
            run.target.encode(pictures.labels[taken]),
            len(learned),
            [*notes, *more],
        )
    else:
        x, y = picture_rows(run, data, MOST_PICTURES, 0)
        first, notes = len(x), [*notes, "these are other pictures than the run learned from: all are training rows"]
    every = np.arange(len(x))
    return Material(
        name="pictures", kind="pictures", x=x, y=y, training=every[:first], held_out=every[first:], inputs=(),
        outputs=labels, target="class", classes=labels, notes=tuple(notes),
    )  # fmt: skip


def _text(run: Any, data: Any, notes: list[str]) -> Material:
    from cutaway.runs.landscape import text_rows

    x, y = text_rows(run, data, windows(run), 0)
    first = len(x)
    if data is None:
        aside = text_parts(run, max(FEWEST_WINDOWS // 2, first // 4))
        x, y = np.concatenate([x, aside[0]]), np.concatenate([y, aside[1]])
    others = f" and {len(x) - first:,} of those set aside" if len(x) > first else ""
    notes = [*notes, f"{first:,} passages of {x.shape[1]} tokens are shown as rows{others}, and losses are over them"]
    letters = token_words(run.tokens)
    every = np.arange(len(x))
    return Material(
        name="text", kind="text", x=x, y=y, training=every[:first], held_out=every[first:], inputs=("token",),
        outputs=letters, target="the next token", classes=letters, letters=letters, tokens=run.tokens,
        notes=tuple(notes),
    )  # fmt: skip


def token_words(tokens: Tokens) -> tuple[str, ...]:
    r"""Return what each token is; bytes that are no whole character stand as bytes, so that they are told apart.

    >>> token_words(Tokens.of_characters("ab"))
    ('a', 'b')
    >>> letters = {byte: letter for letter, byte in letters_of_bytes().items()}
    >>> token_words(Tokens("byte pairs", letters.values()))[list(letters).index(0xC3)]
    '\\xc3'
    """
    if tokens.kind == "characters":
        return tokens.vocabulary
    bytes_of = letters_of_bytes()
    return tuple(
        bytes(bytes_of[letter] for letter in token).decode("utf-8", "backslashreplace") for token in tokens.vocabulary
    )


def windows(run: Any) -> int:
    """Return how many passages of a text are shown: fewer of a large network, so that the page need not wait."""
    network = run.network[0] if isinstance(run.network, Ensemble) else run.network
    weights = sum(array.size for array in network.parameters().values())
    return int(np.clip(READ / max(1, weights * run.context), FEWEST_WINDOWS, MOST_WINDOWS))
