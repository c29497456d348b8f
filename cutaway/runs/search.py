"""Effort "best": many kinds of network tried briefly, the best of them trained in full, and a mixture chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.encoders import TableEncoder
from cutaway.data.targets import ClassTarget, Target
from cutaway.layers import Blend, Ensemble
from cutaway.metrics import BY_NAME
from cutaway.recipes.realmlp import Recipe
from cutaway.recipes.search import RATES, candidates
from cutaway.records import Event
from cutaway.runs.bag import Bag, learn_bag
from cutaway.runs.decoding import answers
from cutaway.runs.parts import Parts
from cutaway.runs.selection import mean_of, select_models

KINDS = 6  # kinds of network that are tried
BRIEF = 0.25  # of the epochs, when trying
FINALISTS = 3  # of those tried, beside the usual recipe, that are trained in full
TRYING = 0.25  # of a time limit


@dataclass(frozen=True)
class Tried:
    """One kind of network at one learning rate, and how good it was when tried briefly."""

    kind: int
    rate: float
    loss: float


def search(
    recipe: Recipe,
    parts: Parts,
    preprocessing: TableEncoder,
    target: Target,
    *,
    probabilities: bool,
    seed: int = 0,
    engine: str = "auto",
    limit: float | None = None,
    listeners: Sequence[Callable[[Any], None]] = (),
    progress: bool | None = None,
) -> Bag:
    """Return the mixture that predicts rows best that its members did not learn from.

    recipe   says how many epochs and rows a step

    First `KINDS` kinds of network, each at the learning rates `RATES` side by side, learn for a quarter of the epochs
    from all rows but one fold (successive halving with one halving). Then the usual recipe and the best `FINALISTS`
    are trained in full, one member a fold, and averaged with shares chosen by `select_models` out of fold. The loss
    that decides is the log loss, or the squared error: smoother than accuracy, which chance rules on few rows.

    Reference: Jamieson, Talwalkar, AISTATS 2016, arXiv 1502.07943 (successive halving).
    """
    how: dict[str, Any] = {"seed": seed, "engine": engine, "listeners": listeners, "progress": progress}
    metric = BY_NAME["log_loss" if isinstance(target, ClassTarget) else "rmse"]
    makes = candidates(
        preprocessing.numbers, preprocessing.code_sizes, target, probabilities=probabilities, count=KINDS, seed=seed
    )
    events: list[Event] = []
    tried: list[Tried] = []
    brief = max(1, round(BRIEF * recipe.epochs))
    each = None if limit is None else TRYING * limit / len(makes)
    for kind, make in enumerate(makes):
        found, ended = _try(kind, make(brief, recipe.batch_size), parts, preprocessing, target, how | {"limit": each})
        tried += found
        if ended:
            break
    finalists = _finalists(tried)
    names = ", ".join(f"{makes[one.kind](1, 1).words}, rate × {one.rate:g}" for one in finalists[1:])
    events.append(Event(0, "search", f"{len(tried)} tried briefly; trained in full beside the usual: {names}"))
    bags: list[Bag] = []
    each = None if limit is None else (1 - TRYING) * limit / len(finalists)
    for one in finalists:
        make = makes[one.kind]
        rates = [one.rate] * len(parts.folds)
        bags.append(
            learn_bag(
                make(recipe.epochs, recipe.batch_size), parts, preprocessing, target, rates=rates, limit=each, **how
            )
        )
        if _interrupted(bags[-1]):
            break
    return _mixed(bags, parts, target, metric, events)


def _try(
    kind: int, recipe: Recipe, parts: Parts, preprocessing: TableEncoder, target: Target, how: dict[str, Any]
) -> tuple[list[Tried], bool]:
    """Return how good one kind of network is at each rate, and whether a person ended it."""
    first = replace(parts, folds=[parts.folds[0]] * len(RATES))
    bag = learn_bag(recipe, first, preprocessing, target, rates=RATES, **how)
    losses = np.full(len(RATES), np.inf)
    for record in bag.learned.history:
        losses = np.fmin(losses, record.members or np.inf)
    if bag.learned.outputs is not None:
        watched = parts.folds[0][1]
        truth = target.encode(parts.rows.column(target.column))[watched]
        losses = np.array([_loss(answers(each, target, tempered=False), truth) for each in bag.learned.outputs])
    return [Tried(kind, rate, float(loss)) for rate, loss in zip(RATES, losses, strict=True)], _interrupted(bag)


def _loss(answer: NDArray[np.float64], truth: NDArray[Any]) -> float:
    """Return the log loss of probabilities, or the mean squared error."""
    if truth.dtype.kind in "iu" and truth.ndim == 1:
        return float(-np.mean(np.log(np.maximum(answer[np.arange(len(truth)), truth], 1e-15))))
    return float(np.mean((answer - truth) ** 2))


def _finalists(tried: list[Tried]) -> list[Tried]:
    """Return the usual recipe, then the best of each kind, the best kinds first."""
    usual = Tried(0, 1.0, np.nan)
    best: dict[int, Tried] = {}
    for one in sorted((one for one in tried if np.isfinite(one.loss)), key=lambda one: one.loss):
        if (one.kind, one.rate) != (0, 1.0):
            best.setdefault(one.kind, one)
    return [usual, *list(best.values())[:FINALISTS]]


def _interrupted(bag: Bag) -> bool:
    return any(event.what == "interrupted" for event in bag.learned.events)


def _mixed(bags: list[Bag], parts: Parts, target: Target, metric: Any, events: list[Event]) -> Bag:
    """Return the bags as one, each with the share that makes their out-of-fold mean best."""
    seen = parts.watched
    classes = isinstance(target, ClassTarget)
    each = np.stack([np.exp(bag.held_out) if classes else bag.held_out for bag in bags])
    shares = np.full(len(bags), 1 / len(bags))
    if seen.any():
        truth = target.encode(parts.rows.column(target.column))[seen]
        shares = select_models(
            each[:, seen] if classes else each[:, seen, 0], truth if classes else truth[:, 0], metric,
            weight=None if parts.weight is None else parts.weight[seen],
        )  # fmt: skip
    taken = np.flatnonzero(shares)
    largest = bags[int(shares.argmax())].learned
    networks = [bags[place].learned.network for place in taken]
    ensembles = [network for network in networks if isinstance(network, Ensemble)]
    told = ", ".join(f"{shares[place]:.0%} of network {place + 1}" for place in taken)
    mixture = replace(
        largest,
        network=Blend(ensembles, shares[taken].tolist())
        if len(taken) > 1 and len(ensembles) == len(taken)
        else networks[0],
        events=[*events, *largest.events, Event(0, "mixture", f"of {len(bags)} kinds trained in full: {told}")],
        seconds=sum(bag.learned.seconds for bag in bags),
    )
    mean = mean_of(each, shares)
    return Bag(mixture, np.log(np.maximum(mean, np.finfo(np.float64).tiny)) if classes else mean)
