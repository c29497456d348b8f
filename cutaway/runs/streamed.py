"""A table larger than memory: decided about from a sample of its rows, learned from in parts, from disk."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.backends.processes import processes
from cutaway.backends.random import generator
from cutaway.data.encoders import TableEncoder
from cutaway.data.loading import LARGE
from cutaway.data.shards import shards_of
from cutaway.data.streaming import BATCH, StoredTable, TableStream, bytes_of, lean_table
from cutaway.data.table import Table, as_texts, missing_mask
from cutaway.data.targets import ClassTarget, NumberTarget, Target
from cutaway.errors import InputError
from cutaway.layers import Ensemble
from cutaway.memory import available_memory
from cutaway.recipes.recipe import Recipe
from cutaway.runs.bag import BUILT_ON, Bag
from cutaway.runs.calibration import as_scores
from cutaway.runs.decoding import mean_answers
from cutaway.runs.diagnosing import Diagnosing, first_member
from cutaway.runs.keeping import Keeping
from cutaway.runs.learn import learn
from cutaway.runs.parts import Parts
from cutaway.runs.trajectory import Followed
from cutaway.training.plan import Plan
from cutaway.training.step import Batch

# A table is streamed where its cells, at eight bytes each, would take more than this share of the memory at hand.
SHARE = 0.5
# Rows that kinds of column, classes and scales are told from, and of which some are set aside and watched.
SAMPLE = 200_000
# Of very many columns the sample has fewer rows, so that it takes no more than this share of the memory at hand; but
# no fewer than these.
SAMPLE_SHARE, SMALLEST_SAMPLE = 0.1, 10_000
# Bytes of cells that are encoded at once, at eight each.
ENCODED_AT_ONCE = 32 << 20
# Neighbouring rows that are read together.
BLOCK = 256


@dataclass(frozen=True)
class Encoded:
    """Rows as a network takes them, in files, and the target with the range that they have.

    absent, unknown  rows that were left out: without a target, and of a class that the sample lacks
    """

    rows: Batch
    target: Target
    absent: int
    unknown: int


@dataclass(frozen=True)
class Streamed:
    """A stream of rows, and the sample of them by which everything but the weights is decided.

    sample   rows drawn at random, in the file's order, each with a target if any has one
    numbers  the number of each in the file, from 0
    """

    stream: TableStream
    sample: Table
    numbers: NDArray[np.int64]

    @classmethod
    def of(cls, table: Table, target: str, seed: int, wanted: Sequence[str] = ()) -> Streamed | None:
        """Draw the sample of a file's table that is too large to be learned from as a whole; None where it is not.

        wanted  what a person asked for that needs whole columns

        Raises `InputError` where such a table meets such a wish.
        """
        stream = table.stream if isinstance(table, StoredTable) else None
        memory = processes().least(available_memory())  # whether, and from how many rows, all decide alike
        if stream is None or bytes_of(table) <= SHARE * memory:
            return None
        if wanted:
            raise InputError(
                f"{table.source}: {' and '.join(wanted)} cannot be used with a table whose cells take more than half "
                f"of the memory at hand, here {bytes_of(table) / 1e9:,.1f} GB, since it is learned from in parts; "
                "leave that out, give some of the rows only, or use a machine with more memory"
            )
        affordable = int(SAMPLE_SHARE * memory / (8 * len(stream.names)))
        drawn, numbers = stream.numbered(min(SAMPLE, max(affordable, SMALLEST_SAMPLE)), seed)
        # Parts of it are places, not copies.
        sample: Table = StoredTable(drawn.columns, drawn.rows, drawn.source, drawn.notes, drawn.european)
        present = ~missing_mask(sample.column(target))
        if present.any() and not present.all():
            sample, numbers = sample.select(present), numbers[present]
        return cls(stream, sample, numbers)

    def notes(self, encoded: Encoded, parts: Parts) -> list[str]:
        """Return what a person should know about how the rows were used."""
        tested = 0 if parts.tested is None else parts.tested.rows
        said = [
            "the table is larger than half of the memory at hand: it is learned from in parts. What columns are, "
            f"classes and scales were told from {self.sample.rows:,} of its {self.stream.rows:,} rows, drawn at "
            f"random; of these {tested:,} are set aside and {int(parts.watched.sum()):,} held out"
        ]
        if encoded.absent:
            said.append(f"{encoded.absent:,} row(s) without a value of the target left out")
        if encoded.unknown:
            said.append(f"{encoded.unknown:,} row(s) of classes too rare to be in the sample left out")
        return said

    def encoded(
        self, preprocessing: TableEncoder, target: Target, parts: Parts, progress: bool | None = None
    ) -> Encoded:
        """Encode all rows but those watched or set aside into files, which last as long as the stream is open.

        parts     the sample's; `target` was fitted on it, and gets the range of all rows here
        progress  as for `saying`

        The rows of one batch of the stream are shuffled as they are written. Raises `InputError` for a number to
        predict that is not finite.
        """
        folder = self.stream.scratch()
        count = absent = unknown = start = 0
        kept_out = self._kept_out(parts)
        y: NDArray[Any] = np.zeros(0)
        with (
            (folder / "x").open("wb") as inputs,
            (folder / "y").open("wb") as answers,
            saying("encoding", progress) as say,
        ):
            for table in self.stream.batches(min(BATCH, max(1, ENCODED_AT_ONCE // (8 * len(self.stream.names))))):
                values = table.column(target.column)
                kept = np.ones(table.rows, np.bool_)
                first, last = np.searchsorted(kept_out, [start, start + table.rows])
                kept[kept_out[first:last] - start] = False
                missing = missing_mask(values)
                absent += int((kept & missing).sum())
                kept &= ~missing
                if isinstance(target, ClassTarget):
                    known = _known(target, values)
                    unknown += int((kept & ~known).sum())
                    kept &= known
                rows = generator(start, "written").permutation(np.flatnonzero(kept))
                if isinstance(target, NumberTarget) and len(rows):
                    target = _widened(target, values[rows], rows + start + 1, self.stream.source)
                y = target.encode(values[rows])
                inputs.write(preprocessing.transform(table, rows).tobytes())
                answers.write(y.tobytes())
                count, start = count + len(rows), start + table.rows
                say(f"{start:,} of {self.stream.rows:,} rows")
        x = np.memmap(folder / "x", np.float32, "r", shape=(count, preprocessing.width))
        y = np.memmap(folder / "y", y.dtype, "r", shape=(count, *y.shape[1:]))
        return Encoded(Batch(x, y, None), target, absent, unknown)

    def _kept_out(self, parts: Parts) -> NDArray[np.int64]:
        """Return the numbers of the sample's rows that no member learns from, ascending."""
        learned = np.zeros(len(self.numbers), np.bool_)
        if parts.places is not None:
            inside = parts.learned
            learned[parts.places[inside[inside < len(parts.places)]]] = True
        return self.numbers[~learned]


def learn_streamed(
    recipe: Recipe,
    encoded: Encoded,
    parts: Parts,
    preprocessing: TableEncoder,
    *,
    seed: int = 0,
    engine: str = "auto",
    limit: float | None = None,
    listeners: Sequence[Callable[[Any], None]] = (),
    progress: bool | None = None,
    keeping: Keeping | None = None,
    start: dict[str, np.ndarray] | None = None,
    followed: Followed | None = None,
    devices: int | None = None,
) -> Bag:
    """Train as many members as there are folds on rows in files; see `Plan` and `learn` for the other arguments.

    All members see the rows in one order, which is read from disk once, and watch the same rows of the parts; they
    differ by their first weights and their dropout.
    """
    target = encoded.target
    recipe.network.build(np.array(encoded.rows.x[:BUILT_ON]), seed)
    places = np.flatnonzero(parts.watched)
    watched = preprocessing.transform(parts.rows, places)
    validation = Batch(watched, target.encode(parts.rows.column(target.column)[places]), None) if len(places) else None
    members = len(parts.folds)
    plan = Plan(
        epochs=recipe.epochs, batch_size=recipe.batch_size, seed=seed, members=members, start=start,
        judge=recipe.judge, drop_last=True, limit=limit, block=BLOCK, lean=True, precision=recipe.precision,
    )  # fmt: skip
    if followed is not None:
        plan = followed.on(plan, recipe.network, recipe.optimizer, encoded.rows)
    setup, count = first_member(recipe.network, recipe.loss, recipe.optimizer, encoded.rows, validation, plan, engine)
    diagnosing = Diagnosing(setup, preprocessing.names, count=count)
    learned = learn(
        recipe.network, recipe.loss, recipe.optimizer, encoded.rows, validation, plan,
        engine=engine, listeners=diagnosing.listeners(listeners), progress=progress, keeping=keeping, devices=devices,
    )  # fmt: skip
    diagnosing.end(learned)
    if isinstance(learned.network, Ensemble) and members == 1:
        learned.network = learned.network[0]
    held_out = np.full((parts.rows.rows, target.outputs), np.nan)
    if len(places):
        mean = mean_answers(learned.network, target, watched)
        held_out[places] = as_scores(mean) if _classes(target) else mean
    return Bag(learned, held_out)


def read(data: Any, progress: bool | None, european: Mapping[str, bool] | None = None) -> Table:
    """Return a table that can be learned from; while a large file is read, a terminal says so.

    european  as for `table_from`
    """
    files: Sequence[Path] = ()
    if isinstance(data, (str, os.PathLike)):
        files = shards_of(data) or ([Path(data)] if Path(data).is_file() else [])
    large = sum(file.stat().st_size for file in files) >= LARGE
    with saying(f"reading {data}", progress if large else False):
        return lean_table(data, european)


@contextmanager
def saying(what: str, progress: bool | None) -> Iterator[Callable[[str], None]]:
    """Show a line on standard error during a `with` block, which gets a function that adds words to it.

    progress  True always, False never, None where standard error is a terminal
    """
    if not (sys.stderr.isatty() if progress is None else progress):
        yield lambda words: None
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status(escape(what)) as status:
        yield lambda words: status.update(escape(f"{what} {words}"))


def _classes(target: Target) -> bool:
    return isinstance(target, ClassTarget)


def _known(target: ClassTarget, values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which values are a label of the target."""
    labels = set(as_texts(np.array(target.labels, dtype=object)))
    return np.fromiter((text in labels for text in as_texts(values)), np.bool_, len(values))


def _widened(target: NumberTarget, values: NDArray[Any], rows: NDArray[np.int64], source: str) -> NumberTarget:
    """Return the target with a range that holds the values, too; raises `InputError` for one that is not finite."""
    numbers = values.astype(np.float64)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        first = wrong[np.argmin(rows[wrong])]
        raise InputError(
            f"{source}: target '{target.column}', row {rows[first]}: {numbers[first]} is not a finite number; correct "
            "or delete such rows"
        )
    return replace(target, low=min(target.low, float(numbers.min())), high=max(target.high, float(numbers.max())))
