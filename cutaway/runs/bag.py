"""A bag: members that each watch a fold of their own, and what they say of rows they did not learn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.encoders import TableEncoder
from cutaway.data.several_targets import AnyTarget, encoded_target
from cutaway.data.targets import ClassTarget
from cutaway.recipes.recipe import Recipe
from cutaway.runs.apart import learn_apart
from cutaway.runs.calibration import as_scores
from cutaway.runs.decoding import answers
from cutaway.runs.diagnosing import Diagnosing, first_member
from cutaway.runs.keeping import Keeping
from cutaway.runs.learn import Learned, learn
from cutaway.runs.parts import Parts
from cutaway.runs.trajectory import Followed
from cutaway.training.fits import Fits
from cutaway.training.plan import Plan
from cutaway.training.step import Batch

# How many rows a network is built on, whose first weights follow from the data.
BUILT_ON = 64


@dataclass(frozen=True)
class Bag:
    """Trained members, and their mean answers on the rows that they watched.

    learned   the run of their training
    held_out  for each row the mean answer of the members that watched it: scores of classes as logarithms of
              probabilities, or standardised numbers (rows, outputs); NaN where none did
    """

    learned: Learned
    held_out: NDArray[np.float64]


def learn_bag(
    recipe: Recipe,
    parts: Parts,
    preprocessing: TableEncoder,
    target: AnyTarget,
    *,
    seed: int = 0,
    engine: str = "auto",
    limit: float | None = None,
    listeners: Sequence[Callable[[Any], None]] = (),
    progress: bool | None = None,
    keeping: Keeping | None = None,
    rates: Sequence[float] | None = None,
    start: dict[str, np.ndarray] | None = None,
    followed: Followed | None = None,
    observe: bool = True,
    aloud: bool = True,
    fits: Fits | None = None,
    devices: int | None = None,
) -> Bag:
    """Train one member for each fold of the parts; see `Plan` and `learn` for the other arguments.

    followed   is given the weights that the training passes through
    observe    whether it is diagnosed; `aloud`: whether that says at once what it finds
    fits       where each member is trained apart from the others (None: here, all side by side); `listeners` and
               `keeping` are then not for it
    """
    x = preprocessing.transform(parts.rows)
    y = encoded_target(parts.rows, target)
    weight = None if parts.weight is None else parts.weight.astype(np.float32)
    recipe.network.build(x[:BUILT_ON], seed)
    plan = Plan(
        epochs=recipe.epochs, batch_size=recipe.batch_size, seed=seed,
        members=len(parts.folds) if len(parts.folds) > 1 else None, folds=parts.folds, judge=recipe.judge,
        together=parts.together, precision=recipe.precision, drop_last=True,
        limit=limit, lean=True, rates=rates, start=start, watch=observe,
    )  # fmt: skip
    if followed is not None and fits is None:
        plan = followed.on(plan, recipe.network, recipe.optimizer, Batch(x, y, weight))
    diagnosing = None
    if observe:
        setup, count = first_member(
            recipe.network, recipe.loss, recipe.optimizer, Batch(x, y, weight), None, plan, engine
        )
        diagnosing = Diagnosing(setup, preprocessing.names, aloud=aloud, count=count)
    what = (recipe.network, recipe.loss, recipe.optimizer, Batch(x, y, weight), None, plan)
    if fits is None:
        heard = listeners if diagnosing is None else diagnosing.listeners(listeners)
        learned = learn(*what, engine=engine, listeners=heard, progress=progress, keeping=keeping, devices=devices)
    else:
        learned = learn_apart(fits, *what, engine=engine, progress=progress, followed=followed)
    if diagnosing is not None:
        diagnosing.end(learned, _judged(learned.outputs, parts, y))
    return Bag(learned, _held_out(learned.outputs, parts, target))


def _judged(outputs: NDArray[Any] | None, parts: Parts, y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """Return what members say of the rows that each held out, and the targets; None where there is one member."""
    if outputs is None or len(parts.folds) < 2:
        return None
    said = [each[: len(watched)] for each, (_, watched) in zip(outputs, parts.folds, strict=True)]
    return np.concatenate(said), np.concatenate([y[watched] for _, watched in parts.folds])


def _held_out(outputs: NDArray[Any] | None, parts: Parts, target: AnyTarget) -> NDArray[np.float64]:
    """Return the mean answer for each row of the members that watched it."""
    total, times = np.zeros((parts.rows.rows, target.outputs)), np.zeros(parts.rows.rows)
    if outputs is not None:
        own = outputs if len(parts.folds) > 1 else outputs[None]
        for each, (_, watched) in zip(own, parts.folds, strict=True):
            total[watched] += answers(each[: len(watched)], target)
            times[watched] += 1
    with np.errstate(invalid="ignore"):
        mean = total / times[:, None]
    return as_scores(mean) if isinstance(target, ClassTarget) else mean
