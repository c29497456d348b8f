"""Effort "best": many kinds of network tried briefly, the best of them trained in full, and a mixture chosen."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cutaway.data.encoders import TableEncoder
from cutaway.data.targets import ClassTarget, Target
from cutaway.layers import Blend, Ensemble
from cutaway.metrics import BY_NAME
from cutaway.recipes.recipe import Recipe
from cutaway.recipes.search import RATES, Make, candidates
from cutaway.records import Event
from cutaway.runs.bag import Bag, learn_bag
from cutaway.runs.calibration import as_scores
from cutaway.runs.decoding import answers
from cutaway.runs.keeping import Keeping
from cutaway.runs.parts import Parts
from cutaway.runs.selection import mean_of, select_models
from cutaway.training.callbacks.progress import counting
from cutaway.training.fits import Fit, Fits

KINDS = 6  # kinds of network that are tried
BRIEF = 0.25  # of the epochs, when trying
FINALISTS = 3  # of those tried, beside the usual recipe, that are trained in full
TRYING = 0.25  # of a time limit
LEAST = 0.1  # of a time limit: with less of it left no further finalist is begun


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
    keeping: Keeping | None = None,
    fits: Fits | None = None,
    devices: int | None = None,
) -> Bag:
    """Return the mixture that predicts rows best that its members did not learn from.

    recipe   says how many epochs and rows a step
    fits     where kinds of network are tried and trained, each as a fit (None: here, within the limit); `listeners`,
             `limit` and `keeping` are then not for it. The mixture is the same

    First `KINDS` kinds of network, each at the learning rates `RATES` side by side, learn for a quarter of the epochs
    from all rows but one fold (successive halving with one halving). Then the usual recipe and the best `FINALISTS`
    are trained in full, one member a fold, and averaged with shares chosen by `select_models` out of fold. The loss
    that decides is the log loss, or the squared error: smoother than accuracy, which chance rules on few rows.

    Reference: Jamieson, Talwalkar, AISTATS 2016, arXiv 1502.07943 (successive halving).
    """
    how: dict[str, Any] = {"seed": seed, "engine": engine, "listeners": listeners, "progress": progress}
    how |= {"keeping": keeping, "devices": devices, "aloud": False}  # which network is delivered is known in the end
    metric = BY_NAME["log_loss" if isinstance(target, ClassTarget) else "rmse"]
    makes = candidates(
        preprocessing.numbers, preprocessing.code_sizes, target, probabilities=probabilities, count=KINDS, seed=seed
    )
    makes = [_as_precise(make, recipe) for make in makes]
    if not parts.watched.any():
        bag = learn_bag(recipe, parts, preprocessing, target, limit=limit, **how)
        words = "too few rows to hold any out, by which kinds of network could be compared: the usual one it is"
        bag.learned.events.insert(0, Event(0, "search", words))
        return bag
    if fits is not None:
        given = Given(parts, preprocessing, target, seed, engine)
        return _search_on(fits, given, makes, recipe, metric, progress)
    began = time.perf_counter()
    events: list[Event] = []
    tried: list[Tried] = []
    bags: list[Bag] = []
    ended = False
    brief = max(1, round(BRIEF * recipe.epochs))
    each = None if limit is None else TRYING * limit / len(makes)
    for kind, make in enumerate(makes):
        if limit is not None and kind and time.perf_counter() - began > TRYING * limit:
            break
        found, told = _try(kind, make(brief, recipe.batch_size), parts, preprocessing, target, how | {"limit": each})
        tried += found
        events += told
        if ended := bool(told):
            break
    finalists = _finalists(tried)
    names = [_named(makes, one) for one in finalists]
    events.append(_told(tried, finalists))
    # After Ctrl-C something is to be delivered all the same: the usual recipe, for as long as a try.
    epochs = brief if ended else recipe.epochs
    if ended:
        how["keeping"] = None  # who goes on with the search later goes on where it was ended
    for place, one in enumerate(finalists[:1] if ended else finalists):
        left = None if limit is None else limit - (time.perf_counter() - began)
        if limit is not None and left is not None and place and left < LEAST * limit:
            break
        each = None if left is None else left / (len(finalists) - place)
        rates = [one.rate] * len(parts.folds)
        made = makes[one.kind](epochs, recipe.batch_size)
        bags.append(learn_bag(made, parts, preprocessing, target, rates=rates, limit=each, **how))
        if _ended(bags[-1]):
            break
    return _mixed(bags, names, parts, target, metric, events)


def _as_precise(make: Make, recipe: Recipe) -> Make:
    """Return what makes recipes, each in the precision of another."""
    return lambda epochs, batch_size: replace(make(epochs, batch_size), precision=recipe.precision)


@dataclass(frozen=True)
class Given:
    """What all fits of a search need."""

    parts: Parts
    preprocessing: TableEncoder
    target: Target
    seed: int
    engine: str

    @property
    def how(self) -> dict[str, Any]:
        """The arguments of `learn_bag` that all share."""
        return {"seed": self.seed, "engine": self.engine, "progress": False, "aloud": False}


def _search_on(
    fits: Fits, given: Given, makes: Sequence[Make], recipe: Recipe, metric: Any, progress: bool | None
) -> Bag:
    """Search as `search` does, with a fit for each kind that is tried, then one for each that is trained in full."""
    brief = max(1, round(BRIEF * recipe.epochs))
    kinds = [(kind, make(brief, recipe.batch_size)) for kind, make in enumerate(makes)]
    tried = [one for found in _all(fits, tried_briefly, given, kinds, "kinds tried", progress) for one in found]
    finalists = _finalists(tried)
    full = [(makes[one.kind](recipe.epochs, recipe.batch_size), one.rate) for one in finalists]
    bags = _all(fits, trained_in_full, given, full, "kinds trained", progress)
    names = [_named(makes, one) for one in finalists]
    return _mixed(bags, names, given.parts, given.target, metric, [_told(tried, finalists)])


def _all(fits: Fits, fit: Fit, given: Given, items: Sequence[Any], what: str, progress: bool | None) -> list[Any]:
    """Return the results of all fits in the order of the items, counted as they are done."""
    found: dict[int, Any] = {}
    with counting(what, progress) as told:
        for place, result in fits.each(fit, given, items):
            found[place] = result
            told(len(found), len(items))
    return [found[place] for place in range(len(items))]


def tried_briefly(given: Given, item: tuple[int, Recipe]) -> list[Tried]:
    """Return how good one kind of network is at each rate."""
    kind, recipe = item
    found, ended = _try(kind, recipe, given.parts, given.preprocessing, given.target, given.how)
    if ended:
        raise KeyboardInterrupt
    return found


def trained_in_full(given: Given, item: tuple[Recipe, float]) -> Bag:
    """Return one kind of network at one rate, trained on all folds; without its rows, unless a finding needs them."""
    recipe, rate = item
    rates = [rate] * len(given.parts.folds)
    bag = learn_bag(recipe, given.parts, given.preprocessing, given.target, rates=rates, **given.how)
    if _ended(bag):
        raise KeyboardInterrupt
    return bag if bag.learned.findings else replace(bag, learned=replace(bag.learned, setup=None))


def _named(makes: Sequence[Make], one: Tried) -> str:
    return f"{makes[one.kind](1, 1).words}, learning rate × {one.rate:g}"


def _told(tried: Sequence[Tried], finalists: Sequence[Tried]) -> Event:
    return Event(0, "search", f"{len(tried)} tried briefly, {len(finalists)} of them to be trained in full")


def _try(
    kind: int, recipe: Recipe, parts: Parts, preprocessing: TableEncoder, target: Target, how: dict[str, Any]
) -> tuple[list[Tried], list[Event]]:
    """Return how good one kind of network is at each rate, and the events where a person or a listener ended it."""
    first = replace(parts, folds=[parts.folds[0]] * len(RATES))
    bag = learn_bag(recipe, first, preprocessing, target, rates=RATES, observe=False, **how)
    watched = parts.folds[0][1]
    truth = target.encode(parts.rows.column(target.column))[watched]
    weight = None if parts.weight is None else parts.weight[watched]
    classes = isinstance(target, ClassTarget)
    metric = BY_NAME["log_loss" if classes else "rmse"]
    losses = []
    for outputs in bag.learned.outputs if bag.learned.outputs is not None else []:
        answer = answers(outputs[: len(watched)], target)
        losses.append(metric(answer if classes else answer[:, 0], truth if classes else truth[:, 0], weight))
    return [Tried(kind, rate, loss) for rate, loss in zip(RATES, losses, strict=True)], _ended(bag)


def _finalists(tried: list[Tried]) -> list[Tried]:
    """Return the usual recipe, then the best of each kind, the best kinds first."""
    usual = Tried(0, 1.0, np.nan)
    best: dict[int, Tried] = {}
    for one in sorted((one for one in tried if np.isfinite(one.loss)), key=lambda one: one.loss):
        if (one.kind, one.rate) != (0, 1.0):
            best.setdefault(one.kind, one)
    return [usual, *list(best.values())[:FINALISTS]]


def _ended(bag: Bag) -> list[Event]:
    """Return the events by which a person or a listener ended a training."""
    return [event for event in bag.learned.events if event.what in ("interrupted", "stopped")]


def _mixed(bags: list[Bag], names: list[str], parts: Parts, target: Target, metric: Any, events: list[Event]) -> Bag:
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
    ensembles = [Ensemble.of(bags[place].learned.network) for place in taken]
    ends = [event for bag in bags if bag.learned is not largest for event in _ended(bag)]
    told = "; ".join(f"{shares[place]:.0%} {names[place]}" for place in taken)
    mixture = replace(
        largest,
        network=Blend(ensembles, shares[taken].tolist()) if len(taken) > 1 else largest.network,
        events=[*events, *ends, *largest.events, Event(0, "mixture", f"of {len(bags)} trained in full: {told}")],
        seconds=sum(bag.learned.seconds for bag in bags),
    )
    mean = mean_of(each, shares)
    return Bag(mixture, as_scores(mean) if classes else mean)
