"""`step`: one step of training shown: forward, loss, blame, Δw = −η g, before → after."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway.autodiff import pull
from cutaway.backends.random import Random
from cutaway.errors import InputError
from cutaway.explain.figures import shown
from cutaway.explain.ledger import table
from cutaway.explain.opened import opened
from cutaway.explain.record import Trace
from cutaway.explain.trace import trace
from cutaway.layers import Context, Layer
from cutaway.losses import Loss, as_loss
from cutaway.optimizers import GradientDescent, Optimizer, as_optimizer
from cutaway.tensor import as_tensors

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Change:
    """One weight before and after a step.

    change   what the optimizer added: −η g for plain gradient descent
    """

    path: str
    index: tuple[int, ...]
    before: float
    gradient: float
    change: float
    after: float

    @property
    def name(self) -> str:
        """The weight as one types it after the network: `0.weight[2, 1]`."""
        return f"{self.path}[{', '.join(map(str, self.index))}]" if self.index else self.path


@dataclass(frozen=True, eq=False)
class Update:
    """One step of the optimizer.

    rows        which rows it learned from
    loss        of these rows before the step, as training computes it (dropout drops)
    after       of the same rows with the same draws after it
    predicted   Σ gradient · change, what a loss that is a plane would do
    gradients, before, changed   by path
    """

    rows: np.ndarray
    loss: float
    after: float
    predicted: float
    gradients: Arrays
    before: Arrays
    changed: Arrays

    def largest(self, count: int = 10) -> list[Change]:
        """Return the weights that moved most."""
        every = [
            (-abs(float(moved.flat[place])), path, int(place))
            for path, old in self.before.items()
            for moved in [self.changed[path] - old]
            for place in np.argsort(-np.abs(moved), axis=None, kind="stable")[:count]
        ]
        found = []
        for _, path, place in sorted(every)[:count]:
            old, new = float(self.before[path].flat[place]), float(self.changed[path].flat[place])
            index = tuple(int(part) for part in np.unravel_index(place, self.before[path].shape))
            found.append(Change(path, index, old, float(self.gradients[path].flat[place]), new - old, new))
        return found


@dataclass(frozen=True, eq=False)
class StepShown:
    """What `step` returns.

    updates    every step of the optimizer
    optimizer, rule   its name with its settings, and what it adds to a weight
    loss_before, loss_after   of all rows, evaluated
    trace      the ledger of the first step
    applied    whether the network was changed
    """

    updates: list[Update]
    optimizer: str
    rule: str
    loss_before: float
    loss_after: float
    trace: Trace = field(repr=False)
    applied: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return what is shown as plain data."""
        return {
            "optimizer": self.optimizer,
            "rule": self.rule,
            "loss_before": self.loss_before,
            "loss_after": self.loss_after,
            "updates": [
                {
                    "rows": len(update.rows),
                    "loss": update.loss,
                    "predicted": update.predicted,
                    "after": update.after,
                    "largest": [{**vars(change), "index": list(change.index)} for change in update.largest()],
                }
                for update in self.updates
            ],
        }

    def html(self) -> str:
        """Return what is shown as one page that needs nothing else."""
        from cutaway.explain.html import step_page

        return step_page(self)

    def _repr_html_(self) -> str:
        from cutaway.explain.html import notebook

        return notebook(self.html())

    def __str__(self) -> str:
        first = self.updates[0]
        lines = [f"{self.optimizer}:  {self.rule}", ""]
        lines += [
            f"Loss of {len(first.rows):,} row{'s' * (len(first.rows) > 1)}: {shown(first.loss)} → {shown(first.after)}"
            f"  (change {shown(first.after - first.loss)}, predicted by slope · Δw {shown(first.predicted)})",
            "",
        ]
        rows = [[c.name, *map(shown, (c.gradient, c.change)), f"{shown(c.before)} → {shown(c.after)}"]
                for c in first.largest()]  # fmt: skip
        lines += table(["weight", "slope g", "Δw", "before → after"], rows)
        if len(self.updates) > 1:
            lines += ["", f"All {len(self.updates):,} steps of the epoch:", ""]
            told = [
                [str(number), str(len(update.rows)), *map(shown, (update.loss, update.after)),
                 *map(shown, (update.after - update.loss, update.predicted))]
                for number, update in enumerate(self.updates, 1)
            ]  # fmt: skip
            lines += table(["step", "rows", "loss", "after", "change", "predicted"], told)
        lines += ["", f"Loss of all rows, evaluated: {shown(self.loss_before)} → {shown(self.loss_after)}"]
        lines.append("The network was changed." if self.applied else "The network is as it was.")
        return "\n".join(line.rstrip() for line in lines)


def step(
    network: Layer,
    x: Any,
    y: Any,
    loss: str | Loss,
    optimizer: str | Optimizer = "gradient_descent",
    *,
    batch_size: int | None = None,
    apply: bool = False,
    seed: int = 0,
) -> StepShown:
    """Return one step of training with all its numbers, or the steps of one epoch.

    x, y        the rows: one is a step on one example, several are a step on a batch
    optimizer   from its first step on
    batch_size  rows a step, in their order, through all rows once: an epoch; None is one step on all
    apply       whether the network has the new weights afterwards; without, it is left as it was
    seed        of what dropout draws

    Computed in double precision on NumPy, in training mode. Raises `InputError` for rows that do not fit.

    >>> import cutaway as ca
    >>> net = ca.Sequential(ca.Dense(1)).build(1)
    >>> net[0].weight = [[2.0]]
    >>> one = step(net, [[3.0]], [[5.0]], "squared_error", ca.GradientDescent(0.01)).updates[0]
    >>> change = one.largest(1)[0]
    >>> change.name, change.gradient, round(change.change, 4), round(change.after, 4)
    ('0.weight[0, 0]', 6.0, -0.06, 1.94)
    """
    if not isinstance(network, Layer):
        raise InputError(f"step: the network is {network!r}, expected a layer such as Sequential(Dense(8), …)")
    criterion, method = as_loss(loss), as_optimizer(optimizer)
    rows = np.asarray(x)
    if not rows.ndim or not len(rows) or len(np.asarray(y)) != len(rows):
        raise InputError(f"step: x has shape {rows.shape}, y {np.shape(y)}; give one target for each of the rows")
    if batch_size is not None and (not isinstance(batch_size, (int, np.integer)) or batch_size < 1):
        raise InputError(f"step: batch_size must be a whole number of at least 1, or None, got {batch_size!r}")
    size = len(rows) if batch_size is None else int(batch_size)
    first = trace(network, rows[:size], np.asarray(y)[:size], criterion, mode="train", seed=seed)
    rows = first.inputs["x"] if size >= len(rows) else rows.astype(first.inputs["x"].dtype)
    targets = criterion.prepare(y, (len(rows), *first.output.shape[1:]))
    targets = targets.astype(np.float64) if targets.dtype.kind == "f" else targets
    params = {path: array.astype(np.float64) for path, array in network.parameters().items()}
    state = {path: array.astype(np.float64) for path, array in network.state().items()}

    def whole(params: Arrays, state: Arrays) -> float:
        return float(criterion.value(network.bind(params, state)(rows, ctx=Context()), targets))

    before, moments = whole(params, state), method.init(params)
    steps, updates = -(-len(rows) // size), []
    for number in range(steps):
        places = np.arange(number * size, min(len(rows), (number + 1) * size))

        def value(
            tensors: dict[str, Any], places: np.ndarray = places, number: int = number, state: Arrays = state
        ) -> tuple[Any, Arrays]:
            ctx = Context(
                mode="train", random=Random(np.uint32(seed), np.uint32(number)), progress=np.float64(number / steps)
            )
            outputs = opened(network.bind(tensors, state))(rows[places], ctx=ctx)
            return criterion.value(outputs, targets[places]), ctx.new_state

        tensors = as_tensors(params)
        result, new_state = value(tensors)
        found = pull(result, list(tensors.values()), np.ones_like(result.value))
        gradients = dict(zip(tensors, found, strict=True))
        after, moments = method.update(params, gradients, moments, steps)
        after = {path: np.asarray(array) for path, array in after.items()}
        predicted = sum(float(np.sum(gradients[path] * (after[path] - params[path]))) for path in params)
        loss_after = float(value(dict(after))[0])
        updates.append(Update(places, float(result.value), loss_after, predicted, gradients, params, after))
        params, state = after, {**state, **{path: np.asarray(array) for path, array in new_state.items()}}
    if apply:
        network.load({**params, **state})
    return StepShown(updates, repr(method), rule(method), before, whole(params, state), first, apply)


def rule(optimizer: Optimizer) -> str:
    """Return what an optimizer adds to each weight, in letters.

    >>> import cutaway as ca
    >>> rule(ca.GradientDescent(0.1))
    'Δw = −η g, η = 0.1'
    """
    from cutaway.optimizers import Adam, Momentum, Nesterov, RMSProp

    rate = f"η = {shown(float(np.asarray(optimizer.learning_rate(np.float64(0)))))}"
    if optimizer.learning_rate_factors:
        rate += ", times its factor for each weight"
    if optimizer.clip_norm is not None or optimizer.clip_value is not None:
        rate += ", g clipped"
    decay = " − η λ w" if optimizer.weight_decay else ""
    if type(optimizer) is GradientDescent:
        return f"Δw = −η g{decay}, {rate}"
    if isinstance(optimizer, Adam):
        return f"Δw = −η m̂ / (√v̂ + ε){decay}, m̂ and v̂ running means of g and g², {rate}"
    if isinstance(optimizer, RMSProp):
        return f"Δw = −η g / (√v + ε){decay}, v a running mean of g², {rate}"
    if isinstance(optimizer, Nesterov):
        return f"Δw = −η (g + μ v){decay}, v a running sum of g, {rate}"
    if isinstance(optimizer, Momentum):
        return f"Δw = −η v{decay}, v a running sum of g, {rate}"
    return f"Δw as {type(optimizer).__name__} says, {rate}"
