"""The quantities that a lesson may name: each one figure of the network on show, computed by the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.explain.figures import shown
from cutaway.explain.step import rule
from cutaway.losses import SquaredError
from cutaway.studio.arguments import Arguments
from cutaway.studio.figures import Figures, number_at, spot
from cutaway.studio.material import together
from cutaway.studio.moment import edited
from cutaway.studio.sentences import NUDGE, Teller, ledger, sentence

GRID = 121  # points at which a curve is asked how far it is from straight
ROUNDING = 64  # roundings of the outputs that a straight line may depart from itself
TINY = 1e-4  # by which a weight is moved to measure how its slope changes


def _single(values: np.ndarray, what: str) -> float:
    if values.size != 1:
        raise InputError(f"lesson: there are {values.size} {what}s; ask for one of them")
    return float(values.reshape(-1)[0])


def _error(of: Figures) -> float:
    _, y, _ = of.case.example(of.selected)
    if y is None or of.case.material.classes:
        raise InputError("lesson: the selected row has no number as its target, so there is no error")
    return _single(of.example.outputs, "output") - _single(y, "target")


def _target(of: Figures) -> float:
    _, y, _ = of.case.example(of.selected)
    if y is None:
        raise InputError("lesson: a row that was typed has no target")
    return _single(y, "target")


def _example_loss(of: Figures) -> float:
    if of.example.loss is None:
        raise InputError("lesson: a row that was typed has no target, so there is no loss")
    return of.example.loss


def _probability(of: Figures, written: str) -> float:
    answers = of.case.material.answers(of.example.outputs[0])
    return float(number_at({"classes": answers.reshape(-1, answers.shape[-1])[-1]}, "classes", (int(written),)))


def _true_probability(of: Figures) -> float:
    if not of.case.material.classes:
        raise InputError("lesson: the target is a number, not a class")
    return _probability(of, str(int(_target(of))))


def _least(of: Figures) -> float:
    """Return the least squared error that any weighted sum of the inputs and a bias can have: least squares."""
    if not isinstance(of.way.loss, SquaredError):
        raise InputError("lesson: the least loss is known for squared error alone")
    rows = of.case.rows(of.way.loss, "training")
    x = np.concatenate([rows.x.reshape(len(rows.x), -1), np.ones((len(rows.x), 1))], axis=1)
    best = np.linalg.lstsq(x, rows.y, rcond=None)[0]
    return float(np.mean((x @ best - rows.y) ** 2))


def _curvature(of: Figures, written: str) -> float:
    """Return how fast the slope of the training loss changes along a weight: ∂²L/∂w²."""
    where, value = spot(written), of.weights(written)
    found = []
    for away in (TINY, -TINY):
        moved = replace(of, moment=edited(of.moment, {where: value + away}), kept={})
        found.append(moved.slope(written, moved.every))
    return (found[0] - found[1]) / (2 * TINY)


def _bend(of: Figures) -> float:
    """Return how far the curve of the outputs is from the straight line through its ends, at most."""
    x = of.case.material.x[of.case.material.training][:, 0]
    y = of.answered(np.linspace(x.min(), x.max(), GRID))
    straight = np.linspace(y[0], y[-1], GRID)
    found = float(np.abs(y - straight).max())
    return found if found > ROUNDING * np.finfo(y.dtype).eps * np.abs(y).max() else 0.0


def _score(of: Figures, part: str) -> float:
    return float(of.evaluation.metrics[f"accuracy{part}" if of.case.material.classes else f"R²{part}"])


def _told(of: Figures, **what: Any) -> dict[str, Any]:
    return sentence(of.case, of.moment, of.way, of.selected, Arguments("lesson", what), NUDGE)


def _parameter_told(of: Figures, written: str) -> dict[str, Any]:
    path, index = spot(written)
    return _told(of, kind="parameter", path=path, index=list(index))


def _unit_told(of: Figures, written: str) -> str:
    path, index = spot(written)
    return str(_told(of, kind="unit", layer=path, place=list(index))["sentence"])


def _answer(of: Figures) -> str:
    answers = of.case.material.answers(of.example.outputs[0])
    return str(of.case.material.answer(answers.reshape(-1, answers.shape[-1])[-1])["shown"])


def _truth(of: Figures) -> str:
    _, _, place = of.case.example(of.selected)
    if place is None:
        return "not known"
    value = of.case.material.truth(place)
    return value if isinstance(value, str) else together(value) if isinstance(value, list) else shown(float(value))


def _letters(of: Figures) -> str:
    x, _, _ = of.case.example(of.selected)
    if not of.case.material.letters:
        raise InputError("lesson: the network reads no letters")
    return of.case.material.written(x[0])


@dataclass(frozen=True)
class Named:
    """A quantity: how many words say what it is of, what it means, and how it is computed."""

    takes: int
    means: str
    of: Callable[..., Any]


NUMBERS: dict[str, Named] = {
    "weight": Named(1, "a weight, a bias or a running statistic: path[place]", Figures.weights),
    "blame": Named(1, "∂L/∂w, of the selected example's loss", lambda of, w: of.slope(w, of.example)),
    "slope": Named(1, "∂L/∂w, of the loss of all training rows", lambda of, w: of.slope(w, of.every)),
    "move": Named(
        1, "−η ∂L/∂w: what gradient descent on all training rows does next",
        lambda of, w: -of.rate * of.slope(w, of.every),
    ),
    "curvature": Named(1, "∂²L/∂w², of the loss of all training rows", _curvature),
    "input": Named(
        1, "an input of the selected example, by its number", lambda of, n: of.inputs(int(n)),
    ),
    "output": Named(0, "the output for the selected example", lambda of: _single(of.example.outputs, "output")),
    "target": Named(0, "the target of the selected example", _target),
    "error": Named(0, "output − target, of the selected example", _error),
    "example_loss": Named(0, "the loss of the selected example", _example_loss),
    "loss": Named(0, "the loss of all training rows", lambda of: of.evaluation.training),
    "held_out_loss": Named(0, "the loss of the rows held out", lambda of: of.evaluation.held_out),
    "least_loss": Named(0, "the least squared error of any straight line", _least),
    "score": Named(0, "accuracy, or R² from −1 up, of the training rows", lambda of: _score(of, ", training")),
    "held_out_score": Named(0, "accuracy, or R² from −1 up, of the rows held out", lambda of: _score(of, "")),
    "probability": Named(1, "of a class, by its number, for the selected example", _probability),
    "true_probability": Named(0, "of the class that the selected example is of", _true_probability),
    "unit": Named(1, "a number that a layer hands on, for the selected example: layer[place]", Figures.unit),
    "unit_blame": Named(1, "its blame", lambda of, w: of.unit(w, blame=True)),
    "mean": Named(1, "of a unit over the training rows", lambda of, w: float(of.units(w).mean())),
    "deviation": Named(1, "of a unit over the training rows", lambda of, w: float(of.units(w).std())),
    "on": Named(1, "for how many training rows a unit is above zero", lambda of, w: float((of.units(w) > 0).sum())),
    "row_mean": Named(
        1, "of a layer's units, for the selected example", lambda of, path: float(of.tapped(path, of.example)[0].mean())
    ),
    "row_deviation": Named(
        1, "of a layer's units, for the selected example", lambda of, path: float(of.tapped(path, of.example)[0].std())
    ),
    "at": Named(
        1, "the output where the only input is so much", lambda of, x: float(of.answered(np.array([float(x)]))[0])
    ),
    "bend": Named(0, "how far the curve is from the straight line through its ends, at most", _bend),
    "attention": Named(1, "how much a place looks at another: head[from,to]", Figures.attention),
    "rate": Named(0, "the learning rate", lambda of: of.rate),
    "batch_size": Named(0, "rows a step", lambda of: float(of.way.batch_size)),
    "steps": Named(0, "taken from the start", lambda of: float(of.moment.step)),
    "rows": Named(0, "training rows", lambda of: float(len(of.case.material.training))),
    "held_out_rows": Named(0, "rows held out", lambda of: float(len(of.case.material.held_out))),
    "weights": Named(0, "how many the network has", lambda of: float(of.case.weights)),
}  # fmt: skip
WORDS: dict[str, Named] = {
    "answer": Named(0, "what the network says of the selected example", _answer),
    "truth": Named(0, "what is true of it", _truth),
    "letters": Named(0, "the letters of it", _letters),
    "rule": Named(0, "how a gradient becomes a step", lambda of: rule(of.way.optimizer)),
    "unit_told": Named(1, "a unit's sentence in figures: layer[place]", _unit_told),
    "blame_told": Named(1, "a weight's blame in words", lambda of, w: str(_parameter_told(of, w)["blame"])),
    "chain_told": Named(1, "where a weight's slope comes from", lambda of, w: str(_parameter_told(of, w)["chain"])),
    "loss_told": Named(
        0, "the selected example's loss in figures",
        lambda of: str(Teller(ledger(of.case, of.moment, of.way, of.selected)).loss()["sentence"]),
    ),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class NowAndBefore:
    """Where a lesson's figures are looked up."""

    now: Figures
    before: Figures

    def number(self, name: str, given: tuple[str, ...], before: bool) -> float:
        """Return a quantity, now or before the step's action."""
        return float(self._of(NUMBERS, name, given, before))

    def word(self, name: str, given: tuple[str, ...], before: bool) -> str:
        """Return a quantity that is words."""
        return str(self._of(WORDS, name, given, before))

    def _of(self, known: dict[str, Named], name: str, given: tuple[str, ...], before: bool) -> Any:
        of = self.before if before else self.now
        key = (name, given)
        if key not in of.kept:
            of.kept[key] = known[name].of(of, *given)
        return of.kept[key]
