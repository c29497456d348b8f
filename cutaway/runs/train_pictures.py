"""The main job on pictures: from a folder to a trained and tested network."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.data.mirror import told_from_mirrored
from cutaway.data.picture_encoder import LARGEST_SIDE
from cutaway.data.pictures import Pictures, read_pictures
from cutaway.data.targets import ClassTarget
from cutaway.errors import InputError
from cutaway.layers import Ensemble, Standardize
from cutaway.recipes.image import LARGEST, NETWORKS, image_recipe
from cutaway.recipes.recipe import Recipe
from cutaway.records import Event
from cutaway.runs.diagnosing import Diagnosing, first_member
from cutaway.runs.judge_pictures import judge_pictures
from cutaway.runs.keeping import Keeping, keeping_of, put_away
from cutaway.runs.learn import Learned, learn
from cutaway.runs.picture_parts import divide
from cutaway.runs.picture_run import PictureRun
from cutaway.runs.settings import check_settings, time_for_training
from cutaway.runs.streamed import saying
from cutaway.runs.trajectory import HELD_OF_LARGE, Followed
from cutaway.storage.run_folder import check_place
from cutaway.training.plan import Plan
from cutaway.training.step import Batch

# A line tells so many of the pictures from their mirror images, at most, where those are as good examples.
ALIKE = 0.6
LONG = 2000  # files, whose reading is told of


def train_pictures(
    data: str | os.PathLike[str] | Pictures,
    *,
    test: float = 0.2,
    effort: str = "standard",
    limit: float | None = None,
    epochs: int | None = None,
    size: int | None = None,
    seed: int = 0,
    engine: str = "auto",
    precision: str = "float32",
    devices: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    progress: bool | None = None,
    callbacks: Sequence[Callable[[Any], None]] = (),
    told: Callable[[PictureRun], None] | None = None,
) -> PictureRun:
    """Train a network that tells the classes of pictures, and test it on pictures set aside.

    data      a folder that has one folder of pictures for each class (png, jpeg, bmp, webp, gif); or folders train and
              test (and val) that do; or a file of arrays, .npz or IDX
    test      the share of each class set aside before anything is learned, for the score, 0 for no test; where a part
              to test on comes with the data, that is taken, but for 0
    effort    "standard"; "quick", a narrow network and few epochs, for a first look; "best", three wider ones, averaged
    limit     seconds that the whole command may take: fewer epochs then have to do
    epochs    how often every picture is seen (None: what the recipe says for so many)
    size      the side in pixels that all are given (None: their own if they are all the same, else their median; not
              more than 32, 64 or 96, by effort)
    seed      of the split, the initial weights, the order and the augmentation; the same seed gives the same run
    engine    "numpy", "xla" or "auto"
    precision "float32", or "bf16": matrix products of bfloat16 numbers, added in float32, on XLA: for a GPU
    devices   how many devices of this process share the work of engine "xla" (None: one)
    out       a folder for the run (None: it is not written; `run.save(folder)` does it later); while training goes on,
              its `checkpoint` is written there now and then
    resume    go on with the training that was begun there, with the same data and settings, from its last checkpoint
    progress  whether to show a bar (None: where the output is a terminal)
    callbacks  functions that hear every record of the training; a `Follower` sees its weights, too
    told      hears of the run before training begins: its pictures, network and settings are decided then

    Whether pictures may be mirrored to learn from is told from them. A tenth of what is learned from is held out to set
    the temperature of the probabilities; it chooses nothing else, and the weights are those of the last epoch. Ctrl-C
    ends the training and keeps what was learned; where a finished run is at `out`, that stays, and the interrupted one
    goes beside it, to `run.path`. Raises `InputError` for data or settings that cannot be used.
    """
    began = time.perf_counter()
    check_settings(test, effort, limit, epochs, seed, engine, precision, devices)
    _check_own(test, size)
    if out is not None:
        check_place(Path(out))
    pictures = data if isinstance(data, Pictures) else _read(data, LARGEST[effort], size, progress)
    digest = pictures.fingerprint()
    target = ClassTarget("class", _classes(pictures))
    division, notes = divide(pictures, target, float(test), int(seed))
    codes = np.full(len(pictures.labels), -1, np.int32)
    known = np.concatenate([division.learned, division.watched, division.tested])
    codes[known] = target.encode(pictures.labels[known])
    learned = pictures.pixels[division.learned]
    share = told_from_mirrored(learned, codes[division.learned], int(seed))
    mirrored = share is not None and share <= ALIKE
    recipe = image_recipe(
        len(learned), Standardize.fit(learned), learned.shape[1:3], target.outputs,
        effort=effort, mirrored=mirrored, epochs=epochs,
    )  # fmt: skip
    recipe = replace(recipe, precision=precision)
    members = NETWORKS[effort]
    begun = PictureRun(
        network=recipe.network.build(learned.shape[1:], int(seed)),
        preprocessing=pictures.encoder,
        target=target,
        notes=[*pictures.notes, *notes],
        data={
            "source": pictures.source,
            "path": None if isinstance(data, Pictures) else str(Path(data).absolute()),
            "fingerprint": digest,
            "pictures": len(pictures.pixels),
            "classes": {str(label): count for label, count in pictures.classes.items()},
            "sizes": [[*pair, count] for pair, count in pictures.sizes[:20]],
            "sides": [[min(side), max(side)] for side in zip(*(pair for pair, _ in pictures.sizes), strict=True)],
            "skipped": [list(each) for each in pictures.skipped[:1000]],
            "learned": len(division.learned),
            "watched": len(division.watched),
            "tested": len(division.tested),
        },
        settings={
            "test": float(test),
            "effort": effort,
            "seed": int(seed),
            "engine": engine,
            "precision": precision,
            "size": size,
            "limit": limit,
            "mirrored": mirrored,
            "told_from_mirrored": None if share is None else round(share, 4),
            "members": members,
            "recipe": recipe.words if members == 1 else f"{members} networks, averaged, each of {recipe.words}",
            "epochs": recipe.epochs,
            "epochs_wanted": recipe.epochs,  # a limit may leave fewer
            "batch_size": recipe.batch_size,
            "optimizer": repr(recipe.optimizer),
        },
    )
    if told is not None:
        told(begun)
    left = None if limit is None else max(limit - (time.perf_counter() - began), 0.1)
    batch = Batch(learned, codes[division.learned], None)
    places = division.watched
    watched = Batch(pictures.pixels[places], codes[places], None) if len(places) else None
    with keeping_of(out, begun, resume) as keeping:
        # Of a run that is kept the way is, too, but for one gone on with, whose first part nobody followed.
        followed = Followed(HELD_OF_LARGE) if keeping is not None and not keeping.resume else None
        run = learn_members(
            recipe, batch, watched, members, int(seed), engine, time_for_training(left), progress, keeping, callbacks,
            devices, followed,
        )  # fmt: skip
        result = replace(
            begun, network=run.network, history=run.history, vitals=run.vitals,
            network_vitals=run.network_vitals, events=run.events, evidence=run.evidence, verdict=run.verdict,
            setup=run.setup if run.findings else None, engine=run.engine,
            reason=run.reason, seconds=run.seconds, settings={**begun.settings, "epochs": run.epochs},
            way=run.way, moments=run.moments,
        )  # fmt: skip
        judge_pictures(result, pictures, codes, division)
        return put_away(result, keeping)


def _check_own(test: Any, size: Any) -> None:
    if not isinstance(test, (int, float, np.number)):
        raise InputError(f"train: of pictures, test is the share to set aside, such as 0.2; got {test!r}")
    whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
    if size is not None and not (whole and 1 <= size <= LARGEST_SIDE):
        raise InputError(f"train: size is the side of a picture in pixels, 1 to {LARGEST_SIDE}, got {size!r}")


def _read(data: str | os.PathLike[str], largest: int, size: int | None, progress: bool | None) -> Pictures:
    with saying(f"reading {data}", progress) as say:

        def told(done: int, whole: int) -> None:
            if whole >= LONG:
                say(f"{100 * done // whole} %")

        return read_pictures(data, largest=largest, size=None if size is None else int(size), told=told)


def _classes(pictures: Pictures) -> tuple[Any, ...]:
    """Return the classes of the pictures to learn from, in ascending order."""
    labels = pictures.labels if pictures.parts is None else pictures.labels[pictures.parts == 0]
    return tuple(sorted(set(labels.tolist())))


def learn_members(
    recipe: Recipe,
    rows: Batch,
    watched: Batch | None,
    members: int,
    seed: int,
    engine: str,
    limit: float | None,
    progress: bool | None,
    keeping: Keeping | None = None,
    listeners: Sequence[Callable[[Any], None]] = (),
    devices: int | None = None,
    followed: Followed | None = None,
) -> Learned:
    """Train so many networks one after another, each from weights of its own, and return them as one run.

    The loss on what is watched is recorded after each epoch, and chooses nothing: the last weights are kept.

    One that Ctrl-C ends is left out where others are done: half-trained, it would spoil their mean. Side by side they
    would gain nothing: one network of convolutions keeps the processor busy.
    """
    runs: list[Learned] = []
    arrays: list[tuple[dict[str, Any], dict[str, Any]]] = []
    network = recipe.network
    began = time.perf_counter()
    for member in range(members):
        network.build(rows.x.shape[1:], seed + member)
        left = None if limit is None else max(limit - (time.perf_counter() - began), 0.1) / (members - member)
        plan = Plan(
            epochs=recipe.epochs, batch_size=recipe.batch_size, seed=seed + member, limit=left, lean=True, last=True,
            drop_last=len(rows.x) >= 8 * recipe.batch_size, watch=not runs,
            precision=recipe.precision,
        )  # fmt: skip
        diagnosing = None
        if not runs:  # the first speaks for all
            setup, count = first_member(network, recipe.loss, recipe.optimizer, rows, watched, plan, engine)
            diagnosing = Diagnosing(setup, count=count)
            if followed is not None:
                plan = followed.on(plan, network, recipe.optimizer, rows)
        run = learn(
            network,
            recipe.loss,
            recipe.optimizer,
            rows,
            watched,
            plan,
            engine=engine,
            listeners=listeners if diagnosing is None else diagnosing.listeners(listeners),
            progress=progress,
            keeping=keeping,
            devices=devices,
        )
        if diagnosing is not None:
            diagnosing.end(run)
        if run.interrupted and runs:
            done = f"of {members} networks {len(runs)} {'is' if len(runs) == 1 else 'are'} kept"
            message = f"Ctrl-C while the next one was trained, which is left out: {done}"
            ended = Event(run.events[-1].step, "interrupted", message)
            runs.append(replace(run, events=[ended]))
            break
        runs.append(run)
        arrays.append((network.parameters(), network.state()))
        if run.interrupted:
            break
    events = [event for run in runs for event in run.events if run is runs[0] or event.what != "engine"]
    seconds = sum(run.seconds for run in runs)
    network.load({**arrays[0][0], **arrays[0][1]})  # what a member left out has learned goes, and the first is followed
    kept = {} if followed is None else followed.kept(network, runs[0].history, recipe.loss, events)
    if len(arrays) == 1:
        return replace(runs[0], network=network, events=events, seconds=seconds, **kept)
    params, state = (
        {path: np.stack([each[part][path] for each in arrays]) for path in arrays[0][part]} for part in (0, 1)
    )
    return replace(
        runs[0],
        network=Ensemble(network, params, state),
        events=events,
        seconds=seconds,
        **kept,
    )
