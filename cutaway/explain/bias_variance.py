"""Bias and variance, measured: many networks on many resamples, and what their error is made of."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.explain.decomposition import Parts, Redrawn, squared_parts, zero_one_parts
from cutaway.explain.figures import shown
from cutaway.explain.plots import Chart, Line
from cutaway.explain.resampling import Draw
from cutaway.explain.study import Study, as_study, measured
from cutaway.explain.verdict import Verdict, noun, states, verdict
from cutaway.layers import Layer
from cutaway.losses import Loss
from cutaway.optimizers import Optimizer


@dataclass(frozen=True)
class BiasVariance:
    """What the error of networks is made of, for each value of what was varied.

    vary, values  what was varied, and its values
    kind      "squared error" or "0–1 loss"
    parts     for each value the error and its parts, on rows that no network learned from
    learned   for each value the mean error on the rows learned from
    states    for each value "best", "as good", "too small" or "too large"
    curve     (rows, Parts, error on rows learned from) of the best value with fewer rows, from few to all; empty where
              it was not asked for
    verdict   what would help
    noise     how the noise is known, in words
    resamples, seeds, rows, tested   of how many resamples and seeds, rows learned from in each, rows tested on
    seconds, engine, programs, networks   what it took
    """

    vary: str
    values: tuple[float, ...]
    kind: str
    parts: tuple[Parts, ...]
    learned: tuple[float, ...]
    states: tuple[str, ...]
    curve: tuple[tuple[int, Parts, float], ...]
    verdict: Verdict
    noise: str
    resamples: int
    seeds: int
    rows: int
    tested: int
    seconds: float
    engine: str
    programs: int
    networks: int
    notes: tuple[str, ...] = field(default=())

    @property
    def best(self) -> float:
        """The value with the least error."""
        return self.values[min(range(len(self.parts)), key=lambda place: self.parts[place].error.value)]

    @property
    def names(self) -> tuple[str, str]:
        """What the bias and the variance are called here."""
        squared = self.kind == "squared error"
        bias = "bias²" if squared else "bias"
        noiseless = self.parts[0].noise is None and squared
        return (f"{bias} + noise" if noiseless else bias), ("variance" if squared else "net variance")

    def chart(self) -> Chart:
        """Return the curves of error, bias and variance over what was varied, with their intervals."""
        bias, variance = self.names

        def line(name: str, what: str, colour: int) -> Line:
            figures = [getattr(part, what) for part in self.parts]
            low, high = [f.low for f in figures], [f.high for f in figures]
            return Line(name, self.values, [f.value for f in figures], low, high, colour=colour)

        lines = [line("error", "error", 0), line(bias, "bias", 1), line(variance, "variance", 2)]
        lines.append(Line("on rows learned from", self.values, self.learned, dashed=True, dots=False, colour=3))
        if self.parts[0].noise is not None:
            lines.append(line("noise", "noise", 4))
        spread = self.values[0] > 0 and self.values[-1] / self.values[0] >= 8
        title = f"{self.kind} of {self.resamples} × {self.seeds} networks each, {self.rows:,} rows".capitalize()
        return Chart(title, self.vary.replace("_", " "), self.kind, lines, log_across=spread)

    def learning_curve(self) -> Chart:
        """Return the error over the number of rows; raises `InputError` where it was not measured."""
        if not self.curve:
            raise InputError("bias_variance: the learning curve was not asked for; give learning_curve=True")
        rows = [rows for rows, _, _ in self.curve]
        figures = [part.error for _, part, _ in self.curve]
        test = Line(
            "rows not learned from", rows, [f.value for f in figures], [f.low for f in figures],
            [f.high for f in figures], colour=0,
        )  # fmt: skip
        learned = Line("rows learned from", rows, [value for _, _, value in self.curve], dashed=True, colour=3)
        at = "" if self.vary == "rows" else f" at {self.vary.replace('_', ' ')} {shown(self.best)}"
        return Chart(f"Learning curve{at}", "rows", self.kind, [test, learned], log_across=True)

    def figure(self) -> Any:
        """Return a matplotlib figure: the parts of the error beside the learning curve; needs `cutaway[plot]`."""
        from cutaway.explain.plots import draw, empty_figure

        charts = [self.chart(), *([self.learning_curve()] if self.curve and self.vary != "rows" else [])]
        made = empty_figure(6.6 * len(charts), 4.4)
        for axes, chart in zip(made.subplots(1, len(charts), squeeze=False)[0], charts, strict=True):
            draw(axes, chart)
        return made

    def svg(self) -> str:
        """Return the parts of the error as an <svg> that needs nothing else."""
        return self.chart().svg()

    def _repr_html_(self) -> str:
        return self.svg() + (self.learning_curve().svg() if self.curve and self.vary != "rows" else "")

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        rows = zip(self.values, self.parts, self.learned, self.states, strict=True)
        return {
            "vary": self.vary,
            "kind": self.kind,
            "values": [
                {self.vary: value, **parts.to_json(), "learned": learned, "state": state}
                for value, parts, learned, state in rows
            ],
            "best": self.best,
            "learning_curve": [
                {"rows": rows, **parts.to_json(), "learned": learned} for rows, parts, learned in self.curve
            ],
            "verdict": self.verdict.to_json(),
            "noise": self.noise,
            "notes": list(self.notes),
            **{
                name: getattr(self, name)
                for name in ("resamples", "seeds", "rows", "tested", "seconds", "engine", "programs", "networks")
            },
        }

    def table(self) -> list[list[str]]:
        """Return the figures as rows of text, the first row the head."""
        bias, variance = self.names
        several = self.parts[0].from_seeds is not None
        head = [self.vary.replace("_", " "), "error", bias, variance]
        head += [
            *(["of data", "of seeds"] if several else []),
            *(["noise"] if self.parts[0].noise else []),
            "learned",
            "",
        ]
        found = [head]
        for value, each, learned, state in zip(self.values, self.parts, self.learned, self.states, strict=True):
            figures = [each.error, each.bias, each.variance, each.from_data, each.from_seeds, each.noise]
            cells = [f"{shown(f.value, 3)} ± {shown((f.high - f.low) / 2, 1)}" for f in figures if f is not None]
            found.append([shown(value), *cells, shown(learned, 3), state])
        return found

    def __str__(self) -> str:
        rows = self.table()
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join(
            [
                f"{self.kind} on {self.tested:,} rows; {self.resamples} resamples of {self.rows:,} rows × "
                f"{self.seeds} seeds for each {noun(self.vary)}; ± is half a 95 % interval",
                *lines, self.noise, *self.notes, f"Verdict: {self.verdict.sentence}.",
            ]
        )  # fmt: skip


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
    noise: float | str | None = None,
    resample: str = "bootstrap",
    draw: Draw | None = None,
    learning_curve: bool = True,
    epochs: int = 100,
    batch_size: int = 32,
    optimizer: str | Optimizer = "adam",
    seed: int = 0,
    engine: str = "auto",
    told: Callable[[int, int], None] | None = None,
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
    noise       the variance of the noise, where that is known; "neighbours" or "repeats" to estimate it from the rows.
                None: bias² and noise cannot be told apart, and are told together
    resample    "bootstrap", as many rows with replacement: what is measured is then how the networks would differ on
                tables like this one, and the bias contains what this table happens to be. "parts": independent, but
                smaller, training sets
    draw        instead of X, y: draw(generator) → X, y makes each training set afresh; `test` is then (X, y)
    learning_curve  whether the best network is also trained on fewer rows
    epochs, batch_size, optimizer, seed, engine   as in `fit`; with fewer rows there are as many steps in all
    told        hears how many of how many networks are done

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
    width = 1 if study.squared else study.classes
    redrawn = Redrawn(resamples, len(study.test.x), seed, width)
    found = measured(study, study.values, told)
    parts = [_parts(study, outputs, redrawn) for outputs in found.outputs]
    curve: list[tuple[int, Parts, float]] = []
    networks = len(study.values) * resamples * seeds
    fewer = None
    if vary == "rows":
        curve = list(zip(map(int, study.values), parts, found.learned, strict=True))
    elif learning_curve:
        best = min(range(len(parts)), key=lambda place: parts[place].error.value)
        whole = len(study.learned[0])
        sizes = [size for size in (whole // 8, whole // 4, whole // 2) if size >= max(4, study.classes)]
        less = measured(study, sizes, None, rows_at=study.values[best])
        curve = [
            (size, _parts(study, outputs, redrawn), learned)
            for size, outputs, learned in zip(sizes, less.outputs, less.learned, strict=True)
        ]
        curve.append((whole, parts[best], found.learned[best]))
        networks += len(sizes) * resamples * seeds
        if sizes:
            fewer = (whole, sizes[-1], curve[-2][1])
    return BiasVariance(
        vary=vary, values=tuple(map(float, study.values)),
        kind="squared error" if study.squared else "0–1 loss",
        parts=tuple(parts), learned=tuple(found.learned), states=tuple(states(parts, redrawn)), curve=tuple(curve),
        verdict=verdict(vary, study.values, parts, redrawn, fewer),
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
