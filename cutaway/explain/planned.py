"""What a measurement of bias and variance is asked for, checked: settings, rows, resamples, what is known of noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cutaway.data.splits import split_rows
from cutaway.errors import InputError
from cutaway.explain.figures import shown
from cutaway.explain.noise import Noise, noise_from_neighbours, noise_from_repeats
from cutaway.explain.resampling import Draw, drawn_sets, resampled
from cutaway.explain.study import VARIED, Study
from cutaway.explain.surface import as_batch
from cutaway.layers import ColumnEmbedding, Embedding, Layer
from cutaway.losses import BinaryCrossEntropy, CrossEntropy, Loss, SquaredError, as_loss
from cutaway.optimizers import Optimizer, as_optimizer
from cutaway.training.step import Batch

CODED = (ColumnEmbedding, Embedding)  # layers to which numbers are names


def as_study(
    make_network: Callable[..., Layer],
    X: Any,
    y: Any,
    *,
    loss: str | Loss,
    vary: str,
    values: Sequence[float] | None,
    resamples: int,
    seeds: int,
    test: Any,
    truth: Any,
    noise: Any,
    resample: str,
    draw: Draw | None,
    epochs: int,
    batch_size: int,
    optimizer: str | Optimizer,
    seed: int,
    engine: str,
) -> Study:
    """Return what `bias_variance` is asked for, checked; raises `InputError` for what cannot be used."""
    criterion, method = as_loss(loss), as_optimizer(optimizer)
    if not isinstance(criterion, (SquaredError, CrossEntropy, BinaryCrossEntropy)):
        raise InputError(f"bias_variance: the loss is {criterion!r}; expected squared error or cross-entropy")
    if vary not in VARIED:
        raise InputError(f"bias_variance: vary is {vary!r}; expected one of {', '.join(VARIED)}")
    for name, value, least in (
        ("resamples", resamples, 3), ("seeds", seeds, 1), ("epochs", epochs, 1), ("batch_size", batch_size, 1),
        ("seed", seed, 0),
    ):  # fmt: skip
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < least:
            raise InputError(f"bias_variance: {name} must be a whole number of at least {least}, got {value!r}")
    if engine not in ("auto", "numpy", "xla"):
        raise InputError(f"bias_variance: engine is {engine!r}, expected 'auto', 'numpy' or 'xla'")
    study = Study(
        make_network, criterion, method, vary, _values(vary, values), Batch(None, None, None), [],
        Batch(None, None, None), None, None, "", int(seeds), int(epochs), int(batch_size), int(seed), engine,
    )  # fmt: skip
    if vary == "epochs" and values is None:
        study.values = [value for value in study.values if value < epochs] + [float(epochs)]
    inputs, targets, learned, aside = _divided(X, y, test, draw, int(resamples), resample, int(seed), study)
    example = study.network(study.values[0])
    example.build(np.asarray(inputs[:1]), seed)
    study.rows = as_batch(example, criterion, inputs, targets, "bias_variance")
    study.test = as_batch(example, criterion, *aside, "bias_variance: test")
    study.learned = learned
    whole = min(len(part) for part in learned)
    if vary == "rows":
        shares = values is None
        study.values = [float(round(value * whole) if shares else value) for value in study.values]
        study.values = sorted({value for value in study.values if value >= 2})
        if not study.values or study.values[-1] > whole:
            raise InputError(f"bias_variance: rows are {study.values}; each training set has {whole}, take no more")
    if not study.squared and study.test.y.ndim > 1 and study.test.y.shape[1] > 1:
        raise InputError("bias_variance: 0–1 loss is of one answer a row; give classes by number, one a row")
    _known(study, truth, noise, apart=isinstance(test, (tuple, list)))
    if not study.squared:
        count = resamples * seeds
        study.notes.append(
            f"bias is where most of {count} networks are wrong, corrected for there being only {count}; "
            "where answers are near even it may still be too high, and the net variance too low"
        )
    return study


def _values(vary: str, values: Sequence[float] | None) -> list[float]:
    """Return the values to try, from small to large; raises `InputError` for what makes no sense."""
    given = list(VARIED[vary] if values is None else values)
    whole = vary != "weight_decay" and not (vary == "rows" and values is None)
    fits = [
        isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and np.isfinite(value)
        and (value >= 1 and float(value).is_integer() if whole else value >= 0)
        for value in given
    ]  # fmt: skip
    if not given or not all(fits) or len(set(given)) < len(given):
        kind = "whole numbers of at least 1" if whole else "numbers of at least 0"
        raise InputError(f"bias_variance: values are {given}; expected different {kind}, such as {VARIED[vary]}")
    return sorted(float(value) for value in given)


def _divided(
    X: Any, y: Any, test: Any, draw: Draw | None, resamples: int, resample: str, seed: int, study: Study
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray], tuple[Any, Any]]:
    """Return all rows to learn from, which of them each resample holds, and the rows to test on."""
    own = isinstance(test, (tuple, list)) and len(test) == 2
    if draw is not None:
        if X is not None or y is not None or not own:
            raise InputError("bias_variance: with draw, leave X and y out and give test=(X, y)")
        return *drawn_sets(draw, resamples, seed), (test[0], test[1])
    if X is None or y is None or len(np.shape(X)) < 2 or not len(np.shape(y)) or len(X) != len(y):
        raise InputError(
            f"bias_variance: X has shape {np.shape(X)}, y {np.shape(y)}; expected as many targets as rows, one row an "
            "example, or draw="
        )
    inputs, targets = np.asarray(X), np.asarray(y)
    if own:
        rows, aside = np.arange(len(inputs)), (test[0], test[1])
    else:
        if isinstance(test, bool) or not isinstance(test, (int, float)) or not 0 < test < 1:
            raise InputError(f"bias_variance: test is {test!r}; expected a share between 0 and 1, or (X, y)")
        labels = targets if not study.squared and targets.ndim == 1 and targets.dtype.kind in "iu" else None
        rows, part = split_rows(len(inputs), float(test), seed, labels)
        if len(part) < 2 or len(rows) < 2:
            raise InputError(f"bias_variance: of {len(inputs)} rows {len(part)} are set aside; give more rows")
        aside = (inputs[part], targets[part])
    return inputs, targets, resampled(rows, resamples, resample, seed), aside


def _known(study: Study, truth: Any, noise: Any, apart: bool) -> None:
    """Put what is known of the noise into the study; `apart` says whether rows to test on are beside those of X."""
    if truth is not None:
        if noise is not None:
            raise InputError("bias_variance: truth tells the noise; leave noise out")
        study.truth = np.asarray(truth)
        if len(study.truth) != len(study.test.x) or study.truth.size != len(study.test.x) * (
            study.test.y.reshape(len(study.test.y), -1).shape[1] if study.squared else 1
        ):
            raise InputError(
                f"bias_variance: truth has shape {study.truth.shape}; expected one for each of the {len(study.test.x)} "
                "test rows; it needs test=(X, y), so that you know which these are"
            )
        study.truth = study.truth.reshape(len(study.test.x), -1) if study.squared else study.truth.ravel().astype(int)
        study.noise_words = "The noise is known: the true answer of each test row was given."
    elif noise is None:
        told = "bias² and noise are told together" if study.squared else "labels are taken for the truth"
        study.noise_words = f"The noise is not known: {told}."
    elif not study.squared:
        raise InputError("bias_variance: of 0–1 loss the noise is known where truth is given; leave noise out")
    elif isinstance(noise, Noise):
        study.noise = noise
    elif isinstance(noise, str):
        study.noise = _estimated(study, noise, apart)
    elif isinstance(noise, (int, float)) and not isinstance(noise, bool) and np.isfinite(noise) and noise >= 0:
        study.noise = Noise(float(noise))
    else:
        raise InputError(f"bias_variance: noise is {noise!r}; expected a variance of at least 0")
    if study.noise is not None:
        figure, ends = study.noise.figure, ""
        if study.noise.deviation > 0:
            ends = f" [{shown(figure.low, 3)}, {shown(figure.high, 3)}]; the interval of bias² contains its"
        study.noise_words = f"The noise is {study.noise.how}: a variance of {shown(figure.value, 3)}{ends}."


def _estimated(study: Study, how: str, apart: bool) -> Noise:
    """Return the noise estimated from the rows; raises `InputError` where "neighbours" would be near by their codes."""
    if how not in ("neighbours", "repeats"):
        raise InputError(f"bias_variance: noise is {how!r}; expected a variance, 'neighbours' or 'repeats'")
    x, y = study.rows[:2]
    if apart:  # else they are among them, and each would repeat itself
        x, y = (np.concatenate([a, b]) for a, b in zip((x, y), study.test[:2], strict=True))
    x = x.reshape(len(x), -1)
    if how == "repeats":
        return noise_from_repeats(x, y)
    looked_up = [layer for _, layer in study.network(study.values[0]).named_layers() if isinstance(layer, CODED)]
    if looked_up or x.dtype.kind in "iu":
        why = f"{type(looked_up[0]).__name__} takes codes of X" if looked_up else f"X holds whole numbers ({x.dtype})"
        ways = "give noise=noise_from_neighbours(x, y) of columns that are numbers, each category a column of 0 and 1"
        if not looked_up:
            ways = f"if they are amounts, give X.astype(float); if they are codes, {ways}"
        raise InputError(f"bias_variance: noise='neighbours' takes distances between rows, but {why}; {ways}")
    return noise_from_neighbours(x, y)
