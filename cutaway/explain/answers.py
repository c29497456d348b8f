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
from cutaway.explain.figures import shown
from cutaway.layers import Blend, ColumnEmbedding, Context, Ensemble, Layer, MemberDense
from cutaway.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanOverMembers, SquaredError


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
        numbers:  mean output · deviation + mean, in the target's own units, before it is clipped (`clipped_notes`)

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


def loss_of(target: AnyTarget, network: Layer | None = None) -> Loss:
    """Return the loss that a row's target is compared by; of a network with members inside, their mean."""
    loss: Loss = SquaredError()
    if isinstance(target, ClassTarget):
        loss = CrossEntropy()
    elif isinstance(target, LabelsTarget):
        loss = BinaryCrossEntropy()
    layers = () if network is None else network.named_layers()
    return MeanOverMembers(loss) if any(isinstance(layer, MemberDense) for _, layer in layers) else loss


def clipped_notes(target: AnyTarget, which: int, output: float, baseline: float) -> list[str]:
    """Return what is to be said where a number is explained that its prediction is not.

    output, baseline   what the networks say for the row and for the row that it is compared with, in the target's units

    Predictions of numbers are clipped to the range that the training rows had. Contributions are of the numbers before:
    past the end of the range no column would move the prediction, and none would be told.

    >>> target = NumberTarget("price", mean=5.0, std=1.0, low=0.0, high=10.0)
    >>> clipped_notes(target, 0, 11.5, 4.0)
    ['the prediction is clipped to the range in training, 0 … 10; the networks say 11.5, and that is explained']
    >>> clipped_notes(target, 0, 9.5, 4.0)
    []
    """
    number = target.numbers[which] if isinstance(target, NumbersTarget) else target
    if not isinstance(number, NumberTarget):
        return []
    held = f"the range in training, {shown(number.low, 6)} … {shown(number.high, 6)}"
    notes = []
    if not number.low <= output <= number.high:
        said = shown(output, 6)
        notes.append(f"the prediction is clipped to {held}; the networks say {said}, and that is explained")
    if not number.low <= baseline <= number.high:
        notes.append(f"what it is compared with counts as {shown(baseline, 6)}, which is beyond {held}")
    return notes


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
