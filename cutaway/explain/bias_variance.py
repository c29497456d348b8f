"""Bias and variance, measured: many networks on many resamples, and what their error is made of."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.explain.bias_variance_found import BiasVariance
from cutaway.explain.decomposition import Parts, squared_parts, zero_one_parts
from cutaway.explain.figures import shown
from cutaway.explain.intervals import Redrawn
from cutaway.explain.noise import Noise
from cutaway.explain.planned import as_study
from cutaway.explain.resampling import Draw
from cutaway.explain.study import Measured, Study, measured
from cutaway.explain.verdict import states, verdict
from cutaway.layers import Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer
from cutaway.schedules import Schedule
from cutaway.training.fits import fits_on

__all__ = ["BiasVariance", "bias_variance"]


def bias_variance(
    make_network: Callable[..., Layer],
    X: Any = None,
    y: Any = None,
    *,
    loss: str | Loss = "squared_error",
    vary: str = "width",
    values: Sequence[float] | None = None,
    resamples: int = 10,
    seeds: int = 3,
    test: float | tuple[Any, Any] = 0.25,
    truth: Any = None,
    noise: float | str | Noise | None = None,
    resample: str = "bootstrap",
    draw: Draw | None = None,
    learning_curve: bool = True,
    weight_decay: float = 0.3,
    left_out: int = 0,
    epochs: int = 100,
    batch_size: int = 32,
    optimizer: str | Optimizer = "adam",
    seed: int = 0,
    engine: str = "auto",
    told: Callable[[int, int], None] | None = None,
    on: str | None = None,
) -> BiasVariance:
    """Measure what the error of a network is made of, and say what would help.

        squared error = bias² + variance + noise        0–1 loss = bias + net variance (+ noise)

    make_network  returns an unbuilt network: given a value of `vary` for "width" and "depth", given nothing otherwise
    X, y        the rows, of which some are set aside to test on
    loss        what is trained by; of cross-entropy it is the 0–1 loss of the decisions that is divided
    vary        "width", "depth", "epochs", "weight_decay" or "rows"; values are those tried, from small to large
    resamples   training sets; seeds, first weights and orders for each: resamples × seeds networks for each value
    test        a share of the rows to set aside, or (X, y) of their own
    truth       f for the test rows, noise-free (the best class for 0–1 loss), where it is known
    noise       the variance of the noise, where that is known, or a `Noise`; "neighbours" or "repeats" to estimate it
                from the rows ("neighbours" takes columns for numbers: not for codes of categories). None: bias² and
                noise cannot be told apart, and are told together
    resample    "bootstrap", as many rows with replacement: what is measured is then how the networks would differ on
                tables like this one, and the bias contains what this table happens to be. "parts": independent, but
                smaller, training sets
    draw        instead of X, y: draw(generator) → X, y makes each training set afresh; `test` is then (X, y)
    learning_curve  whether the best network is also trained on fewer rows
    weight_decay    with how much more weight decay the best network is also trained, where that is not what is varied,
                and so whether regularisation would help; 0: that is not asked
    left_out    rows that are at hand besides, for the words about more data
    epochs, batch_size, optimizer, seed, engine   as in `fit`; with fewer rows there are as many steps in all
    told        hears how many of how many networks are done
    on          where they are trained: None, here; "ray", "host:port" or "ray://host:port", on a Ray cluster, with the
                same figures; see `fits_on`

    All networks of a value are members of one compiled program, and narrow networks share one with wider ones. Raises
    `InputError` for settings and rows that cannot be used.

    Reference: Geman, Bienenstock, Doursat, Neural Computation 4, 1992; Domingos, ICML 2000.

    >>> import cutaway as ca
    >>> X = np.random.default_rng(0).uniform(-1, 1, (80, 1))
    >>> found = bias_variance(lambda width: ca.Sequential(ca.Dense(width), ca.Tanh(), ca.Dense(1)), X, X**2,
    ...                       values=(1, 4), resamples=3, seeds=2, epochs=5, learning_curve=False)
    >>> part = found.parts[0]
    >>> bool(np.isclose(part.bias.value + part.variance.value, part.error.value)), found.noise[:16]
    (True, 'The noise is not')
    """
    began = time.perf_counter()
    study = as_study(
        make_network, X, y, loss=loss, vary=vary, values=values, resamples=resamples, seeds=seeds, test=test,
        truth=truth, noise=noise, resample=resample, draw=draw, epochs=epochs, batch_size=batch_size,
        optimizer=optimizer, seed=seed, engine=engine,
    )  # fmt: skip
    if isinstance(weight_decay, bool) or not isinstance(weight_decay, (int, float)) or not 0 <= weight_decay < np.inf:
        raise InputError(f"bias_variance: weight_decay is {weight_decay!r}; expected a number of at least 0")
    has = study.optimizer.weight_decay
    decay = None if isinstance(has, Schedule) or vary == "weight_decay" or not weight_decay else has + weight_decay
    each, whole = resamples * seeds, len(study.learned[0])
    sizes = [size for size in (whole // 8, whole // 4, whole // 2) if size >= max(4, study.classes)]
    if vary == "rows" or not learning_curve:
        sizes = []
    networks = (len(study.values) + len(sizes) + (decay is not None)) * each
    done = 0

    def train(values: Sequence[float], **how: Any) -> Measured:
        nonlocal done
        before, done = done, done + len(values) * each
        heard = None if told is None else lambda some, _: told(before + some, networks)
        return measured(study, values, heard, fits=fits, **how)  # fits: entered below

    redrawn = Redrawn(resamples, len(study.test.x), seed, 1 if study.squared else study.classes)
    decayed, less = None, None
    with fits_on(on) as fits:
        found = train(study.values)
        parts = [_parts(study, outputs, redrawn) for outputs in found.outputs]
        best = len(parts) - 1 if vary == "rows" else min(range(len(parts)), key=lambda place: parts[place].error.value)
        if vary != "rows" and learning_curve:
            less = train(sizes, rows_at=study.values[best])
        elif vary == "rows":
            whole = int(study.values[best])
        if decay is not None:
            with_it = train([whole], rows_at=study.values[best], decay=decay)
            decayed = (float(decay), _parts(study, with_it.outputs[0], redrawn))
    curve, fewer = [], None
    if vary == "rows":
        curve = list(zip(map(int, study.values), parts, found.learned, strict=True))
    elif less is not None:
        fewer_parts = [_parts(study, outputs, redrawn) for outputs in less.outputs]
        curve = list(zip(sizes, fewer_parts, less.learned, strict=True))
        curve.append((whole, parts[best], found.learned[best]))
        fewer = (whole, sizes[-1], fewer_parts[-1]) if sizes else None
    here = parts[best]
    if here.noise is not None and study.noise is not None and here.bias.value < 0:
        left = shown(here.noise.value + here.bias.value, 3)
        study.notes.append(
            f"the error of the best leaves {left} to noise and bias² together, less than the noise is said to be: "
            "by chance, or that is too high, as it is where rows lie far from each other"
        )
    return BiasVariance(
        vary=vary, values=tuple(map(float, study.values)),
        kind="squared error" if study.squared else "0–1 loss",
        parts=tuple(parts), learned=tuple(found.learned), states=tuple(states(parts, redrawn)), curve=tuple(curve),
        decayed=decayed,
        verdict=verdict(vary, study.values, parts, redrawn, fewer, decayed=decayed, left_out=left_out),
        noise=study.noise_words, resamples=resamples, seeds=seeds,
        rows=len(study.learned[0]), tested=len(study.test.x), seconds=round(time.perf_counter() - began, 3),
        engine=found.engine, programs=found.programs, networks=networks, notes=tuple(study.notes),
    )  # fmt: skip


def _parts(study: Study, outputs: np.ndarray, redrawn: Redrawn) -> Parts:
    """Return the parts of the error of networks, (resamples · seeds, rows, ...)."""
    outputs = outputs.reshape(study.resamples, study.seeds, *outputs.shape[1:])
    if study.squared:
        return squared_parts(outputs, study.test.y, redrawn, known=study.truth, noise=study.noise)
    return zero_one_parts(study.decided(outputs), study.labels, redrawn, study.classes, known=study.truth)
