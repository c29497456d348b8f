"""What a run answers for a row, as one number on the tape: log-odds of a class, or a number in the target's units."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any

import numpy as np

from cutaway import ops
from cutaway.data.several_targets import AnyTarget, LabelsTarget, NumbersTarget
from cutaway.data.suggestions import did_you_mean
from cutaway.data.targets import ClassTarget, NumberTarget
from cutaway.errors import InputError
from cutaway.explain.contributions import doubled
from cutaway.layers import Blend, ColumnEmbedding, Context, Ensemble, Layer
from cutaway.losses import BinaryCrossEntropy, CrossEntropy, Loss, SquaredError


class PathEmbedding(ColumnEmbedding):
    """A `ColumnEmbedding` on the straight path between two rows: a code column holds a share, from 0 to 1.

        y = [x₁ … x_d, T₁[b₁] + share₁ (T₁[c₁] − T₁[b₁]), …]

    b and c, the codes of the two rows, are in `ends`.
    """

    ends: tuple[np.ndarray, np.ndarray]

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return the other columns and the vectors, side by side."""
        rest = x.shape[-1] - len(self.sizes)
        parts = [ops.index(x, key=(slice(None), slice(0, rest)))] if rest else []
        for place, (begin, end) in enumerate(zip(*self.ends, strict=True)):
            table = np.asarray(getattr(self, f"table_{place}"))
            share = ops.index(x, key=(slice(None), slice(rest + place, rest + place + 1)))
            parts.append(ops.add(table[int(begin)], ops.multiply(share, table[int(end)] - table[int(begin)])))
        return ops.concatenate(*parts, axis=-1)


def score_of(
    network: Layer | Ensemble | Blend, target: AnyTarget, which: int, ends: tuple[np.ndarray, np.ndarray] | None = None
) -> Callable[[Any], Any]:
    """Return what all networks of a run say together, as a function of encoded rows (n, width) to numbers (n).

        classes:  s = ln p̄ / T,  score = s_c − ln Σ_{k ≠ c} exp s_k        the log-odds of class c
        labels:   ln p̄ − ln(1 − p̄)        with p̄ the mean probability of all networks, by their shares
        numbers:  mean output · deviation + mean, in the target's own units

    which  the class, label or number, by place
    ends   the codes of two rows: code columns then hold shares of the way from one to the other
    """
    nets = [(log(share), net) for share, net in _weighted(network)]
    bound = [(weight, _bound(net, ends)) for weight, net in nets]

    def score(x: Any) -> Any:
        outputs = [
            (weight - log(found.shape[1] if len(found.shape) == 3 else 1), part)
            for weight, net in bound
            for found in [net(x, ctx=Context())]
            for part in (
                [ops.index(found, key=(slice(None), each)) for each in range(found.shape[1])]
                if len(found.shape) == 3
                else [found]
            )
        ]
        if isinstance(target, ClassTarget):
            logs = [ops.add(ops.log_softmax(part), weight) for weight, part in outputs]
            mean = ops.multiply(ops.logsumexp(ops.stack(*logs, axis=0), axis=0), 1 / target.temperature)
            others = [place for place in range(len(target.labels)) if place != which]
            rest = ops.logsumexp(ops.index(mean, key=(slice(None), others)), axis=-1)
            return ops.subtract(_column(mean, which), rest)
        columns = [(weight, _column(part, which)) for weight, part in outputs]
        if isinstance(target, LabelsTarget):
            yes, no = (
                ops.logsumexp(
                    ops.stack(*[ops.subtract(weight, ops.softplus(sign(z))) for weight, z in columns]), axis=0
                )
                for sign in (ops.negative, ops.identity)
            )
            return ops.subtract(yes, no)
        number = target.numbers[which] if isinstance(target, NumbersTarget) else target
        assert isinstance(number, NumberTarget)
        weights = np.exp([weight for weight, _ in columns])[:, None]
        mean = ops.sum(ops.multiply(ops.stack(*[z for _, z in columns]), weights), axis=0)
        return ops.add(ops.multiply(mean, number.std), number.mean)

    return score


def which_of(target: AnyTarget, asked: Any, answer: Any) -> tuple[int, str]:
    """Return which class, label or number is explained, by place, and what is said of it.

    asked    its name, or None for the class predicted, the likeliest label, the first number
    answer   the run's probabilities or numbers for the row, (classes,)

    Raises `InputError` for a name that the run does not know.
    """
    if isinstance(target, NumberTarget):
        if asked is not None:
            raise InputError(f"explain: '{target.column}' is a number and has no class {asked!r}; leave it out")
        return 0, target.column
    names = [str(name) for name in (target.labels if isinstance(target, ClassTarget) else target.columns)]
    names = [name.lower() if name in ("True", "False") else name for name in names]
    if asked is None:
        place = 0 if isinstance(target, NumbersTarget) else int(np.argmax(answer))
    elif str(asked) in names or str(asked).lower() in names:
        place = names.index(str(asked) if str(asked) in names else str(asked).lower())
    else:
        kind = "class" if isinstance(target, ClassTarget) else "column"
        raise InputError(
            f"explain: '{target.column}' knows no {kind} {str(asked)!r}; {did_you_mean(str(asked), names)}"
        )
    if isinstance(target, NumbersTarget):
        return place, names[place]
    if isinstance(target, LabelsTarget):
        return place, f"the log-odds of '{names[place]}'"
    return place, f"the log-odds of {target.column} '{names[place]}'"


def loss_of(target: AnyTarget) -> Loss:
    """Return the loss that a row's target is compared by."""
    if isinstance(target, ClassTarget):
        return CrossEntropy()
    return BinaryCrossEntropy() if isinstance(target, LabelsTarget) else SquaredError()


def _weighted(network: Layer | Ensemble | Blend) -> list[tuple[float, Layer]]:
    """Return every network with the share it has in the answer."""
    if isinstance(network, Blend):
        return [
            (share / len(part), net)
            for part, share in zip(network.parts, network.shares, strict=True)
            if share > 0
            for net in part
        ]
    if isinstance(network, Ensemble):
        return [(1 / len(network), net) for net in network]
    return [(1.0, network)]


def _bound(net: Layer, ends: tuple[np.ndarray, np.ndarray] | None) -> Layer:
    """Return a network in double precision, whose code columns follow the path between two rows."""
    bound = net.bind(doubled(net.parameters()), doubled(net.state()))
    for _, layer in bound.named_layers():
        if ends is not None and type(layer) is ColumnEmbedding:
            object.__setattr__(layer, "__class__", PathEmbedding)
            layer.__dict__["ends"] = ends
    return bound


def _column(x: Any, place: int) -> Any:
    return ops.index(x, key=(slice(None), place))
