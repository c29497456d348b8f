"""Members of a training as fits of their own, each where there is room for it, put together to one run."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cutaway.layers import Ensemble, Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.records import StepRecord
from cutaway.runs.learn import Learned, learn
from cutaway.runs.trajectory import Followed
from cutaway.training.callbacks.progress import counting
from cutaway.training.engines import Watched
from cutaway.training.fits import Fits
from cutaway.training.members import Members, finite_mean
from cutaway.training.plan import Plan
from cutaway.training.step import Batch


@dataclass(frozen=True, kw_only=True)
class OneOf(Plan):
    """The plan of one member of another plan: it takes the rows that it would take among the others.

    whole    the plan of all of them; member, which of them this is
    """

    whole: Plan
    member: int

    @classmethod
    def of(cls, whole: Plan, member: int) -> OneOf:
        """Return the plan of one member."""
        own = {name: getattr(whole, name) for name in Plan.__dataclass_fields__}
        some = slice(member, member + 1)
        own |= {
            "members": 1,
            "seed": whole.seeds[member],
            "folds": None if whole.folds is None else whole.folds[some],
            "rates": None if whole.rates is None else whole.rates[some],
            "start": None if whole.start is None else {path: array[some] for path, array in whole.start.items()},
            "watch": whole.watch and member == 0,  # vitals are of the first member
        }
        return cls(**own, whole=whole, member=member)

    def order(self, rows: int, epoch: int) -> np.ndarray:
        """Return which rows each step takes: the member's own of those of all."""
        return self.whole.order(rows, epoch)[self.member : self.member + 1]

    def steps_of_epoch(self, rows: int) -> int:
        """Return how many steps an epoch has: as many as that of all."""
        return self.whole.steps_of_epoch(rows)

    def watched(self, rows: Batch, validation: Batch | None, dtype: Any) -> Batch | Watched | None:
        """Return the rows to validate on, with as many rows of padding as among the others."""
        found = self.whole.watched(rows, validation, dtype)
        if found is None or found is validation:
            return found
        some = slice(self.member, self.member + 1)
        if isinstance(found, Watched):
            return found._replace(places=found.places[some])
        return Batch(*(None if part is None else part[some] for part in found))


@dataclass(frozen=True)
class Given:
    """What the fits of all members need."""

    network: Layer
    loss: Loss
    optimizer: Optimizer
    rows: Batch
    held_out: Batch | None
    plan: Plan
    engine: str


def learn_apart(
    fits: Fits,
    network: Layer,
    loss: Loss,
    optimizer: Optimizer,
    rows: Batch,
    held_out: Batch | None,
    plan: Plan,
    *,
    engine: str = "auto",
    progress: bool | None = None,
    followed: Followed | None = None,
) -> Learned:
    """Train each member of a plan as a fit of its own, and return the run that they are together; see `learn`.

    followed   is given the weights that the first member passes through

    On NumPy the weights are those of a training of all, bit by bit; XLA rounds the products of one network otherwise
    than those of many at once, so that there they are equal within rounding. A plan of one network, and one whose
    members keep the weights of the same epoch, by the mean of what they watch, is one fit.
    """
    began = time.perf_counter()
    size = min(plan.batch_size, *(part if isinstance(part, int) else len(part) for part in plan.parts(len(rows.x))))
    plan = replace(plan, batch_size=size, followed=None, shown=None)
    apart = plan.members is not None and not plan.together
    items: list[tuple[int | None, Followed | None]] = [(None, followed)]
    if apart and plan.members is not None:
        items = [(member, None if member else followed) for member in range(plan.members)]
    given = Given(network, loss, optimizer, rows, held_out, plan, engine)
    found: dict[int, Learned] = {}
    with counting("networks", progress) as told:
        for place, (learned, way) in fits.each(trained, given, items):
            if learned.interrupted:
                raise KeyboardInterrupt  # of what is trained in parts nothing is kept
            found[place] = learned
            if followed is not None and way is not None:
                followed.become(way)
            told(len(found), len(items))
    if not apart:
        alone = found[0].network
        if isinstance(alone, Layer):
            network.load({**alone.parameters(), **alone.state()})
        return found[0]
    return _together([found[place] for place in range(len(items))], plan, time.perf_counter() - began)


def trained(given: Given, item: tuple[int | None, Followed | None]) -> tuple[Learned, Followed | None]:
    """Train one member of the plan, or all where it is None, and return it and the way that it took."""
    member, followed = item
    network, plan = copy.deepcopy(given.network), given.plan
    if member is not None:
        plan = OneOf.of(plan, member)
    if followed is not None:
        plan = followed.on(plan, network, given.optimizer, given.rows)
    learned = learn(
        network, given.loss, given.optimizer, given.rows, given.held_out, plan, engine=given.engine, progress=False
    )
    return learned, followed


def _together(each: Sequence[Learned], plan: Plan, seconds: float) -> Learned:
    """Return members that were trained apart as the one run that they would have been."""
    ensembles: list[Any] = [learned.network for learned in each]
    params, state = (
        {path: np.concatenate([part[path] for part in parts]) for path in parts[0]}
        for parts in ([one.params for one in ensembles], [one.state for one in ensembles])
    )
    events = list(each[0].events)
    for member, learned in enumerate(each[1:], 1):
        told = [event for event in learned.events if event.what != "engine"]
        events += [replace(event, message=f"member {member}: {event.message}") for event in told]
    outputs = None
    if all(learned.outputs is not None for learned in each):
        own: list[Any] = [learned.outputs for learned in each]
        outputs = np.concatenate(own)
    return replace(
        each[0],
        network=Ensemble(ensembles[0].network, params, state),
        history=_history([learned.history for learned in each], plan),
        events=events,
        outputs=outputs,
        seconds=seconds,
        epochs=max(learned.epochs for learned in each),
    )


def _history(each: Sequence[Sequence[StepRecord]], plan: Plan) -> list[StepRecord]:
    """Return records of all members: means of what those under way say, and the figure of each."""
    members, found = Members(len(each), plan.patience), []
    for records in zip(*(_lengthened(own, max(map(len, each))) for own in each), strict=True):
        values = np.array([np.nan if record.validation is None else record.validation for record in records])
        watched = records[0].validation is not None
        found.append(
            replace(
                max(records, key=lambda record: record.epoch),
                loss=finite_mean(np.array([record.loss for record in records])),
                validation=finite_mean(values) if watched else None,
                learning_rate=float(np.mean([record.learning_rate for record in records])),
                seconds=max(record.seconds for record in records),
                best=watched and members.better_together(values) and not plan.last,
                members=tuple(map(float, values)) if watched else (),
            )
        )
    return found


def _lengthened(records: Sequence[StepRecord], length: int) -> list[StepRecord]:
    """Return records with the last repeated, for a member that ended earlier than others."""
    return [*records, *[records[-1]] * (length - len(records))]
