"""What a measurement of bias and variance is to do: rows, resamples, kinds of network; checked, and carried out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway.data.splits import split_rows
from cutaway.errors import InputError
from cutaway.explain.noise import noise_from_neighbours, noise_from_repeats
from cutaway.explain.resampling import Draw, drawn_sets, resampled
from cutaway.explain.surface import as_batch
from cutaway.explain.sweep import Told, train_kinds
from cutaway.layers import Layer
from cutaway.losses import BinaryCrossEntropy, CrossEntropy, Loss, SquaredError, as_loss
from cutaway.optimizers import Optimizer, as_optimizer
from cutaway.training.step import Batch

# What can be varied, and the values tried where none are given; of rows, shares of all.
VARIED: dict[str, tuple[float, ...]] = {
    "width": (1, 2, 4, 8, 16, 32, 64, 128),
    "depth": (1, 2, 3, 4),
    "epochs": (5, 10, 20, 50, 100, 200),
    "weight_decay": (0.0, 0.001, 0.01, 0.1, 1.0),
    "rows": (0.0625, 0.125, 0.25, 0.5, 1.0),
}
CONSTRUCTED = ("width", "depth")  # what the network is made with


@dataclass
class Study:
    """A measurement that is checked and ready to be carried out; see `bias_variance` for what each is.

    rows      all rows to learn from; learned, which of them each resample holds
    test      rows to test on; truth and noise are theirs, noise_words says how the noise is known
    """

    make_network: Callable[..., Layer]
    loss: Loss
    optimizer: Optimizer
    vary: str
    values: list[float]
    rows: Batch
    learned: list[np.ndarray]
    test: Batch
    truth: np.ndarray | None
    noise: float | None
    noise_words: str
    seeds: int
    epochs: int
    batch_size: int
    seed: int
    engine: str
    notes: list[str] = field(default_factory=list)

    @property
    def resamples(self) -> int:
        """How many training sets there are."""
        return len(self.learned)

    @property
    def squared(self) -> bool:
        """Whether it is squared error that is divided; else 0–1 loss."""
        return isinstance(self.loss, SquaredError)

    @property
    def labels(self) -> np.ndarray:
        """The class of each test row, by number."""
        return _labels(self.test.y)

    @property
    def classes(self) -> int:
        """How many classes there are; 1 for numbers."""
        if self.squared:
            return 1
        return max(2, 1 + int(max(_labels(part.y).max() for part in (self.rows, self.test))))

    def decided(self, outputs: np.ndarray) -> np.ndarray:
        """Return the class that each network says for each row, by number."""
        if outputs.shape[-1] == 1:
            limit = 0 if getattr(self.loss, "from_logits", True) else 0.5
            return np.asarray(outputs[..., 0] > limit, int)
        return np.asarray(outputs.argmax(axis=-1))

    def network(self, value: float | None) -> Layer:
        """Return a network for a value of what is varied."""
        given = () if self.vary not in CONSTRUCTED or value is None else (int(value),)
        made: Any = self.make_network(*given)
        if not isinstance(made, Layer):
            told = f"({given[0]})" if given else "()"
            raise InputError(f"bias_variance: make_network{told} returned {made!r}, expected a network")
        return made


@dataclass
class Measured:
    """Outputs on the test rows for each value, (networks, rows, ...), and the mean error on the rows learned from."""

    outputs: list[np.ndarray]
    learned: list[float]
    engine: str
    programs: int


def measured(study: Study, values: Sequence[float], told: Told | None, rows_at: float | None = None) -> Measured:
    """Train all networks of a study and ask them.

    rows_at   None: `values` are of what is varied. Else they are numbers of rows, and this is the value of what is
              varied that the networks have
    """
    by_rows = study.vary == "rows" or rows_at is not None
    each = [part for part in study.learned for _ in range(study.seeds)]
    asked = np.concatenate([study.test.x, study.rows.x])
    found = Measured([], [], "", 0)
    epochs = study.epochs
    if rows_at is not None and study.vary == "epochs":
        epochs = int(rows_at)
    decay = rows_at if rows_at is not None and study.vary == "weight_decay" else None

    def add(networks: Sequence[Layer], parts: Sequence[np.ndarray], **how: Any) -> None:
        heard = None
        if told is not None:
            before, whole = len(found.outputs) * len(each), len(values) * len(each)
            heard = lambda done, _: told(min(before + done, whole), whole)  # noqa: E731
        optimizer = how.pop("optimizer", study.optimizer)
        answers = train_kinds(
            networks, study.loss, optimizer, study.rows, parts, asked,
            **{"epochs": epochs, "batch_size": study.batch_size, "seed": study.seed, "engine": study.engine, **how},
            told=heard,
        )  # fmt: skip
        found.engine, found.programs = answers.engine, found.programs + answers.programs
        outputs = answers.outputs if "at" not in how else list(answers.outputs[0])
        for part in outputs:
            found.outputs.append(part[:, : len(study.test.x)])
            found.learned.append(_error(study, part[:, len(study.test.x) :], parts))

    if by_rows:
        for value in values:
            size = int(value)
            longer = max(1, round(epochs * len(study.learned[0]) / size))
            how = {} if decay is None else {"optimizer": _decayed(study.optimizer, decay)}
            add([study.network(rows_at)], [part[:size] for part in each], epochs=longer, **how)
    elif study.vary in CONSTRUCTED:
        networks = [study.network(value) for value in values]
        add(networks, each)
    elif study.vary == "epochs":
        add([study.network(None)], each, epochs=int(max(values)), at=[int(value) for value in values])
    else:
        for value in values:
            add([study.network(None)], each, optimizer=_decayed(study.optimizer, value))
    return found


def _error(study: Study, outputs: np.ndarray, parts: Sequence[np.ndarray]) -> float:
    """Return the mean error of networks, each on the rows it learned from."""
    errors = []
    for own, places in zip(outputs, parts, strict=True):
        if study.squared:
            errors.append(np.mean((own[places] - study.rows.y[places]) ** 2, dtype=np.float64))
        else:
            errors.append(np.mean(study.decided(own[places]) != _labels(study.rows.y[places])))
    return float(np.mean(errors))


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
        ("resamples", resamples, 2), ("seeds", seeds, 1), ("epochs", epochs, 1), ("batch_size", batch_size, 1),
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
    elif isinstance(noise, str):
        estimates = {"neighbours": noise_from_neighbours, "repeats": noise_from_repeats}
        if noise not in estimates:
            raise InputError(f"bias_variance: noise is {noise!r}; expected a variance, 'neighbours' or 'repeats'")
        x, y = study.rows[:2]
        if apart:  # else they are among them, and each would repeat itself
            x, y = (np.concatenate([a, b]) for a, b in zip((x, y), study.test[:2], strict=True))
        x = x.reshape(len(x), -1)
        unique = np.unique(np.concatenate([x, y.reshape(len(y), -1)], axis=1), axis=0)
        given = (x, y) if noise == "repeats" else (unique[:, : x.shape[1]], unique[:, x.shape[1] :])
        study.noise = float(estimates[noise](*given))
        study.noise_words = f"The noise is estimated from {noise}, {study.noise:.4g}; bias² is as sure as that is."
    elif isinstance(noise, (int, float)) and not isinstance(noise, bool) and np.isfinite(noise) and noise >= 0:
        study.noise = float(noise)
        study.noise_words = f"The noise is given: a variance of {study.noise:.4g}."
    else:
        raise InputError(f"bias_variance: noise is {noise!r}; expected a variance of at least 0")


def _labels(targets: np.ndarray) -> np.ndarray:
    """Return classes by number, of numbers or of one column of no (0) and yes (1)."""
    flat = targets.reshape(len(targets))
    return flat.astype(int) if flat.dtype.kind in "iu" else (flat > 0.5).astype(int)


def _decayed(optimizer: Optimizer, decay: float) -> Optimizer:
    """Return the optimizer with another weight decay."""
    from copy import copy

    twin = copy(optimizer)
    twin.weight_decay = float(decay)
    return twin
