"""What a run kept of its training, as the past of the network on show: curves, vitals, weights on the way, findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from cutaway.diagnosis.setup import Setup
from cutaway.explain.figures import shown
from cutaway.layers import Layer
from cutaway.records import LayerVitals, StepRecord
from cutaway.studio.case import Case
from cutaway.studio.diagnosing import finding_told
from cutaway.studio.measure import measure_of_run
from cutaway.studio.moment import Moment
from cutaway.studio.past import DELIVERED, Past
from cutaway.studio.recording import Recording, evaluation_of
from cutaway.studio.run_way import first_moment
from cutaway.studio.way import Way
from cutaway.training.plan import Plan
from cutaway.training.step import Carry

# Bytes that weights on the way may take: those that are reckoned or were held in memory, and those that a run kept in
# its file. A run of ours keeps no more; a folder that somebody sent may.
MOST_BYTES, MOST_KEPT_BYTES = 32 << 20, 64 << 20


def past_of(run: Any, case: Case, way: Way, start: Moment | None = None) -> tuple[Past | None, list[str]]:
    """Return the past of a run, None where it recorded nothing, and what is to be said of it.

    start   the very weights before its first step, where they are known
    """
    if not run.history:
        return None, []
    per_epoch = case.stepper(way).per_epoch
    steps = {0: 0} | {record.epoch: record.step for record in run.history}
    moments, nearly = moments_of_way(run.way, case.network, steps, per_epoch)
    kept = _exactly(run, case.network, steps, per_epoch)
    exact = ({} if start is None else {0: start}) | kept
    moments |= exact
    nearly = {step: words for step, words in nearly.items() if step not in exact}
    past = Past(
        way, run.history[-1].step, run.history[-1].epoch * per_epoch, list(moments.values()), recording_of(run), nearly,
        _diagnosis(run, case, way, start), _sentence(run), _delivered(run), run.way, steps,
    )  # fmt: skip
    notes = _notes(run, moments, nearly, kept)
    if start is not None and getattr(run, "settings", {}).get("weight") is None:
        notes.append(
            "its first weights are those that it began with: 'reset', then 'Train', makes every step of its training "
            "again, as nearly as rounding allows"
        )
    return past, notes


def recording_of(run: Any) -> Recording:
    """Return losses, metrics and vitals of a run as the studio records its own."""
    recording, measure = Recording(), measure_of_run(run)
    for record in run.history:
        recording.evaluated(evaluation_of(record, measure))
    layers: dict[int, list[LayerVitals]] = {}
    for each in run.vitals:
        layers.setdefault(each.step, []).append(each)
    for network in run.network_vitals:
        recording.observed(layers.get(network.step, []), network)
    return recording


def moments_of_way(
    kept: Any, network: Layer, steps: Mapping[int, int], per_epoch: int
) -> tuple[dict[int, Moment], dict[int, str]]:
    """Return the weights θ* + α d₁ + β d₂ at the places of a run's way, by step, and of each what it lacks.

    θ* the delivered weights; what is off the plane the run did not keep
    """
    params, state = network.parameters(), network.state()
    if kept is None or not kept.fits(params):
        return {}, {}
    moments, nearly = {}, {}
    for point in _places(len(kept.epochs), params.values(), MOST_BYTES):
        epoch, place, off = int(kept.epochs[point]), kept.places[point], float(kept.off_plane[point])
        if epoch not in steps:
            continue
        weights = {
            path: (array + np.tensordot(place, kept.directions[path], 1)).astype(array.dtype)
            for path, array in params.items()
        }
        step = steps[epoch]
        moments[step] = Moment(0, step, epoch * per_epoch, Carry(weights, dict(state), {}))
        away = float(np.sqrt(np.sum(np.square(place)) + off**2))
        if off > 1e-6 * (1 + float(np.sqrt(np.sum(np.square(place))))):
            nearly[step] = (
                f"nearly the weights after epoch {epoch}: they were {shown(away, 3)} away from those delivered, and "
                f"what is missing here, {shown(off, 3)}, is off the plane that the run kept"
            )
    return moments, nearly


def _exactly(run: Any, network: Layer, steps: Mapping[int, int], per_epoch: int) -> dict[int, Moment]:
    """Return the very weights of a run's way that there is room for: those it was asked to keep, or kept on disk."""
    params, state = network.parameters(), network.state()
    points, most = (list(enumerate(run.trajectory)), MOST_BYTES) if run.trajectory else (run.moments, MOST_KEPT_BYTES)
    found = {}
    for place in _places(len(points), [*params.values(), *state.values()], most):
        epoch, arrays = points[place]  # on disk each is read here
        if epoch not in steps or not {*params, *state} <= arrays.keys():
            continue
        several = any(np.ndim(arrays[path]) > array.ndim for path, array in params.items())
        own = {path: np.array(arrays[path][0] if several else arrays[path]) for path in (*params, *state)}
        carry = Carry({path: own[path] for path in params}, {path: own[path] for path in state}, {})
        found[steps[epoch]] = Moment(0, steps[epoch], epoch * per_epoch, carry)
    return found


def _places(count: int, arrays: Iterable[np.ndarray], most: int) -> list[int]:
    """Return evenly spaced places of `count`, the first and the last too, as many as have room in `most` bytes.

    arrays   what there is at each place

    >>> _places(9, [np.zeros(10, np.uint8)], 30), _places(2, [np.zeros(10, np.uint8)], 30)
    ([0, 4, 8], [0, 1])
    """
    room = max(2, most // max(1, sum(array.nbytes for array in arrays)))
    places: list[int] = np.unique(np.linspace(0, count - 1, min(room, count)).round().astype(int)).tolist()
    return places


def _diagnosis(run: Any, case: Case, way: Way, start: Moment | None) -> Any:
    """Return what the run's diagnosis found; its fixes can be tried where the training can begin again."""
    if run.verdict is None:
        return None
    every = [*run.verdict.findings, *run.verdict.notes]
    told = [finding_told(number, each) for number, each in enumerate(every)]
    if start is None or run.evidence is None:
        return [{**each, "fix": None} for each in told], None, None, []
    network = case.at(start)
    network.load({path: np.array(array) for path, array in start.arrays.items()})
    plan = Plan(
        epochs=way.epochs, batch_size=way.batch_size, seed=way.seed, shuffle=way.shuffle, drop_last=way.drop_last
    )
    held_out = case.rows(way.loss, "held_out")
    rows = case.rows(way.loss, "training")
    setup = Setup(network, way.loss, way.optimizer, rows, held_out if len(held_out.x) else None, plan)
    return told, setup, run.evidence, every


def _sentence(run: Any) -> str:
    if run.verdict is None:
        return ""
    return run.verdict.harm.sentence or ("" if run.verdict.findings else "nothing is wrong that could be found")


def _delivered(run: Any) -> str:
    """Return which weights were delivered, in words."""
    best: StepRecord | None = run.best
    at = [] if run.way is None else [
        int(epoch) for epoch, place, off in zip(run.way.epochs, run.way.places, run.way.off_plane, strict=True)
        if not np.any(np.abs(place) > 1e-9) and off < 1e-9
    ]  # fmt: skip
    epoch = at[-1] if at else best.epoch if best is not None and best.best and not best.members else None
    return DELIVERED if epoch is None else f"{DELIVERED}: the weights of epoch {epoch}"


def _notes(run: Any, moments: Mapping[int, Moment], nearly: Mapping[int, str], kept: Mapping[int, Moment]) -> list[str]:
    notes = [
        f"the {len(run.history):,} recorded epochs are the run's own: the training loss of each is the mean over its "
        "steps, and held out are there the rows by which it chose its weights"
    ]
    if any(record.members for record in run.history):
        notes[0] += "; both are means over all its networks"
    if not moments:
        why = next((event.message for event in run.events if event.what == "moments"), "")
        why = why or "of the weights on the way the run kept none"
        notes.append(f"{why}: at every recorded step those delivered are shown")
    if kept:
        begun = "at the start and " if 0 in kept else ""
        notes.append(f"the weights {begun}after {len(kept) - (0 in kept)} of its epochs are the very ones")
    if nearly:
        inside = f"{sum(run.way.explained):.0%}"
        notes.append(
            f"of its way the run kept a plane, which holds {inside} of the squared distance: weights on the way are "
            "nearly those that it had, and each says how nearly"
        )
    return notes


def with_past(case: Case, past: Past | None, notes: list[str]) -> Case:
    """Return a case that has a past, and the notes with it."""
    material = replace(case.material, notes=(*case.material.notes, *notes))
    return replace(case, material=material, past=past)


def start_of_setup(setup: Setup | None, network: Layer, way: Way) -> Moment | None:
    """Return the weights that a training of `fit` began with, which its setup holds."""
    if setup is None:
        return None
    shapes = {path: array.shape for path, array in network.parameters().items()}
    mine = {path: array.shape for path, array in setup.network.parameters().items()}
    return first_moment(setup.network, way) if mine == shapes else None
