"""From a table that is described and divided to networks that are trained and judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from cutaway.data.encoders import TableEncoder
from cutaway.data.series import Series
from cutaway.data.several_targets import LabelsTarget, NumbersTarget, encoded_target
from cutaway.data.targets import ClassTarget, NumberTarget
from cutaway.errors import InputError
from cutaway.recipes.table import continued, table_recipe
from cutaway.records import Event
from cutaway.runs.bag import learn_bag
from cutaway.runs.diagnosing import say
from cutaway.runs.going_on import weights_of
from cutaway.runs.judging import Judged, judge
from cutaway.runs.keeping import Keeping
from cutaway.runs.parts import Parts
from cutaway.runs.rival_on_sample import rival_on_sample, too_many_for_trees
from cutaway.runs.search import search
from cutaway.runs.settings import AT_LEAST, time_for_training
from cutaway.runs.streamed import Streamed, learn_streamed
from cutaway.runs.table_run import TableRun
from cutaway.runs.trajectory import Followed
from cutaway.training.fits import Fits

# Metrics that judge probabilities rather than decisions.
OF_PROBABILITIES = ("log_loss", "brier", "roc_auc", "average_precision")
# Looks at the weights of a network with one or two inputs, for its report.
MOMENTS = 12


def learn_table(
    begun: TableRun,
    parts: Parts,
    *,
    effort: str,
    start: TableRun | None = None,
    series: Series | None = None,
    epochs: int | None = None,
    engine: str = "auto",
    compare: bool = True,
    limit: float | None = None,
    listeners: Sequence[Callable[[Any], None]] = (),
    progress: bool | None = None,
    told: Callable[[TableRun], None] | None = None,
    keeping: Keeping | None = None,
    streamed: Streamed | None = None,
    fits: Fits | None = None,
    devices: int | None = None,
) -> TableRun:
    """Train and judge on rows that are described and divided; `begun` is the run as far as it is known.

    Its target is fitted, and its settings say seed and metric; see `train_table` for the other arguments. With
    `streamed` the parts are those of its sample, and the rows to learn from come from the stream. With `fits` the
    networks are trained there, each apart from the others.
    """
    goal, columns, settings = begun.target, begun.columns, begun.settings
    seed, metric = settings["seed"], settings["metric"]
    if start is None:
        # Where members take turns, each row is held out by one of them: what is kept may not follow from its target.
        several = isinstance(goal, (NumbersTarget, LabelsTarget))
        telling = None if several or parts.turns else encoded_target(parts.rows, goal)[parts.learned]
        preprocessing = TableEncoder.fit(parts.rows, columns, target=telling, rows=parts.learned, series=series)
    else:
        preprocessing = start.preprocessing
    if parts.own and parts.tested is not None:
        met = preprocessing.transform_counted(parts.tested)[1].sentences()
        begun = replace(begun, notes=[*begun.notes, *(f"{parts.tested.source}: {sentence}" for sentence in met)])
    rows, encoded = parts.rows.rows, None
    if streamed is not None and isinstance(goal, (ClassTarget, NumberTarget)):
        began = time.perf_counter()
        encoded = streamed.encoded(preprocessing, goal, parts, progress)
        limit = None if limit is None else limit - (time.perf_counter() - began)
        goal, rows = encoded.target, len(encoded.rows.x)
        data = {**begun.data, "trained": rows + int(parts.watched.sum()), "without_target": encoded.absent}
        begun = replace(begun, target=goal, data=data, notes=[*begun.notes, *streamed.notes(encoded, parts)])
    recipe = table_recipe(
        rows, preprocessing.numbers, preprocessing.code_sizes, goal,
        effort=effort, probabilities=metric in OF_PROBABILITIES, epochs=epochs,
    )  # fmt: skip
    before: dict[str, Any] | None = None
    if start is not None:
        network, before = weights_of(start)
        recipe = continued(recipe, goal, network, epochs)
    recipe = replace(recipe, precision=settings.get("precision", "float32"))
    members = len(parts.folds)
    words = recipe.words if members == 1 else f"{members} networks, averaged, each of {recipe.words}"
    begun = replace(
        begun,
        network=recipe.network,
        preprocessing=preprocessing,
        settings={
            **settings,
            "recipe": words,
            "epochs": recipe.epochs,
            "batch_size": recipe.batch_size,
            "optimizer": repr(recipe.optimizer),
        },
    )
    if told is not None:
        told(begun)
    how: dict[str, Any] = {"seed": seed, "engine": engine, "listeners": listeners, "progress": progress}
    # Of a run that is kept the way is, too, but for one gone on with, whose first part nobody followed.
    followed = Followed() if keeping is not None and not keeping.resume else None
    how |= {"keeping": keeping, "start": before, "followed": followed, "fits": fits, "devices": devices}
    how["limit"] = time_for_training(limit)
    training = time.perf_counter()
    if effort == "best" and start is None:
        if isinstance(goal, (NumbersTarget, LabelsTarget)):
            raise InputError(
                f"effort 'best' mixes networks by the score of one target, and there are {goal.outputs}; "
                "use 'standard', or train on each alone"
            )
        del how["start"], how["followed"]
        how["probabilities"] = metric in OF_PROBABILITIES
        bag = search(recipe, parts, preprocessing, goal, **how)
        say(bag.learned.findings)
    elif encoded is not None:
        del how["fits"]
        bag = learn_streamed(recipe, encoded, parts, preprocessing, **how)
    else:
        bag = learn_bag(recipe, parts, preprocessing, goal, **how)
    run = bag.learned
    if isinstance(goal, (NumbersTarget, LabelsTarget)):
        found = Judged(goal, None, None, None)
    else:
        many = encoded is not None or too_many_for_trees(parts.rows, columns)
        left = float("inf") if limit is None else limit - (time.perf_counter() - training)
        if compare and left < AT_LEAST:
            run.events.append(Event(0, "trees", "no time was left to grow boosted trees to compare with"))
            compare = False
        elif compare and limit is not None and parts.tested is not None:
            run.events.append(Event(0, "trees", "grown once, for the rows set aside, to keep within the time"))
        found = judge(
            run.network, goal, bag.held_out, parts, preprocessing, columns, metric,
            compared=compare and not many, seed=seed, hurried=limit is not None,
        )  # fmt: skip
        if compare and many:
            rival = rival_on_sample(
                run.network, goal, bag.held_out, parts, preprocessing, columns, metric, seed, rows
            )  # fmt: skip
            found = replace(found, rival=rival)
    way, moments = None, []
    if followed is not None:
        from cutaway.explain.answers import loss_of  # explaining takes a while to import

        places = parts.places if encoded is None and series is None else None  # else the rows are in another order
        way = followed.way(run.network, run.history, loss_of(goal, recipe.network), places)
        if len(preprocessing.encoders) <= 2:
            moments = followed.chosen(run.network, MOMENTS)
    return replace(
        begun,
        network=run.network,
        target=found.target,
        history=run.history,
        vitals=run.vitals,
        network_vitals=run.network_vitals,
        events=run.events,
        evidence=run.evidence,
        verdict=run.verdict,
        setup=run.setup if run.findings and encoded is None else None,  # it holds rows
        engine=run.engine,
        reason=run.reason,
        seconds=run.seconds,
        way=way,
        moments=moments,
        settings={**begun.settings, "epochs": run.epochs},
        estimate=found.estimate,
        scores=found.scores,
        rival=found.rival,
    )
