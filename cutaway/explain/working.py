"""One number of an operation's result, worked out in figures from the numbers that went in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from cutaway import ops
from cutaway.autodiff import Node, value_of
from cutaway.explain.figures import Shown, factor, shortened, shown
from cutaway.ops.recurrence import nothing, sigmoid

Place = tuple[int, ...]

# Elementwise: {0}, {1} the operands' figures at the place.
ELEMENT: dict[str, str] = {
    "abs": "|{0}|", "absolute_error": "|{0} − {1}|", "add": "{0} + {1}", "cos": "cos({0})",
    "cos_of_turns": "cos(2π·{0})", "divide": "{0} / {1}", "elu": "elu({0})", "erf": "erf({0})", "exp": "exp({0})",
    "gelu": "gelu({0})",
    "gelu_tanh": "gelu({0})", "huber": "huber({0} − {1})", "identity": "{0}", "leaky_relu": "leaky_relu({0})",
    "log": "ln({0})", "maximum": "max({0}, {1})", "minimum": "min({0}, {1})", "mish": "mish({0})",
    "multiply": "{0}·{1}", "negative": "−{0}", "power": "{0}^{1}", "relu": "relu({0})", "selu": "selu({0})",
    "sigmoid": "σ({0})", "silu": "{0}·σ({0})", "sin": "sin({0})", "softplus": "softplus({0})", "sqrt": "√{0}",
    "squared_error": "({0} − {1})²", "step": "[{0} > 0]", "subtract": "{0} − {1}", "tanh": "tanh({0})",
    "clip": "clip({0})", "where": "{1} or {2}",
    "binary_cross_entropy": "−{1}·ln σ({0}) − (1 − {1})·ln(1 − σ({0}))",
}  # fmt: skip
BRACKETED = {"absolute_error", "add", "subtract", "multiply", "divide", "squared_error", "huber", "power", "negative",
             "silu", "sqrt", "binary_cross_entropy"}  # fmt: skip
# The result is numbers of the operands in another arrangement.
MOVED = {
    "broadcast_to", "concatenate", "embedding", "expand_dims", "index", "join_heads", "reshape", "split_heads",
    "squeeze", "stack", "take_along_axis", "transpose",
}  # fmt: skip
# Sums of products: which operand they are linear in, and which are added to them.
LINEAR = {
    "attention": (2, None), "average_pool": (0, None), "convolution": (0, 2), "matmul": (0, None), "mean": (0, None),
    "sum": (0, None), "transposed_convolution": (0, 2),
}  # fmt: skip


def sum_at(node: Node, place: Place) -> Shown | None:
    """Return the number at `place` of a sum of products as a sum that is shown; None for other operations.

    What a number of an operand is multiplied by is what the operation's own backward rule says.

    >>> import cutaway as ca
    >>> x = ca.Tensor(np.array([[-0.5, 0.8]]))
    >>> str(sum_at(x @ np.array([[0.7], [0.2]]), (0, 0)))
    '0.7·(−0.5) + 0.2·0.8 = −0.19'
    """
    if node.operation not in LINEAR:
        return None
    which, bias = LINEAR[node.operation]
    values = [np.asarray(value_of(operand)) for operand in node.operands]
    if node.operation == "matmul":
        a, b = (np.broadcast_to(value, (*node.value.shape[:-2], *value.shape[-2:])) for value in values)
        column = b[place[:-2]][:, place[-1]]
        return shortened(np.stack([column, a[place[:-1]]], axis=1).tolist())
    weights = _slopes(node, place, which)
    used = np.flatnonzero(weights)
    numbers = values[which].reshape(-1)[used]
    plain = node.operation == "sum"
    terms: list[Sequence[float]] = [
        (number,) if plain else (weight, number)
        for weight, number in zip(weights[used].tolist(), numbers.tolist(), strict=True)
    ]
    last = 0
    if bias is not None and len(values) > bias:
        terms.append((float(values[bias][place[-1]]),))
        last = 1
    return shortened(terms, last=last)


def _slopes(node: Node, place: Place, which: int) -> np.ndarray:
    """Return how much the number at `place` changes with each number of one operand, in a line."""
    g = np.zeros(np.shape(node.value))
    g[place] = 1.0
    assert node.backward is not None
    thunk = node.backward(g)[which]
    assert thunk is not None
    return np.asarray(thunk()).reshape(-1)


def source_of(node: Node, place: Place) -> tuple[int, Place] | None:
    """Return which operand the number at `place` was taken from, and where from; None where it is computed.

    >>> import cutaway as ca
    >>> source_of(ca.ops.transpose(ca.Tensor(np.zeros((2, 3)))), (2, 1))
    (0, (1, 2))
    """
    if node.operation not in MOVED:
        return None
    sizes = [np.size(value_of(operand)) for operand in node.operands]
    begins = np.cumsum([0, *sizes])
    operation = getattr(ops, node.operation)
    lines = [
        np.arange(begin, begin + size, dtype=np.float64).reshape(np.shape(value_of(operand)))
        for begin, size, operand in zip(begins, sizes, node.operands, strict=False)
    ]
    if node.operation in ("embedding", "take_along_axis"):
        lines[1] = np.asarray(value_of(node.operands[1]))
    found = int(np.asarray(operation(*lines, **node.settings))[place])
    which = int(np.searchsorted(begins, found, side="right")) - 1
    while not sizes[which]:
        which += 1
    where = np.unravel_index(found - int(begins[which]), np.shape(value_of(node.operands[which])))
    return which, tuple(int(part) for part in where)


def working(node: Node, place: Place, names: Sequence[str] = ()) -> str:
    """Return how the number at `place` came about, in figures; `names` are those of the operands.

    >>> import cutaway as ca
    >>> working(ca.ops.relu(ca.Tensor(np.array([-0.49]))), (0,))
    'relu(−0.49) = 0'
    """
    result = shown(float(np.asarray(node.value)[place]))
    total = sum_at(node, place)
    if total is not None:
        return str(total)
    source = source_of(node, place)
    if source is not None:
        which, where = source
        name = names[which] if names else "it"
        return f"{name}{_brackets(where)} = {result}"
    pattern = ELEMENT.get(node.operation)
    if pattern is not None:
        figures = [_at(operand, node, place) for operand in node.operands]
        words = [factor(v) if node.operation in BRACKETED and i >= 0 else shown(v) for i, v in enumerate(figures)]
        if node.operation in ("add", "subtract"):
            words[0] = shown(figures[0])
        for number, word in enumerate(words):
            pattern = pattern.replace(f"{{{number}}}", word)
        return f"{pattern} = {result}"
    special = SPECIAL.get(node.operation)
    return special(node, place) if special is not None else result


def _brackets(where: Place) -> str:
    return f"[{', '.join(map(str, where))}]" if where else ""


def _at(operand: Any, node: Node, place: Place) -> float:
    """Return the number of an operand that goes into the number at `place`."""
    return float(np.broadcast_to(np.asarray(value_of(operand)), np.shape(node.value))[place])


def _line(node: Node, place: Place, axis: Any, which: int = 0) -> np.ndarray:
    """Return the numbers of an operand that a reduction over `axis` makes one of."""
    x = np.asarray(value_of(node.operands[which]))
    axes = range(x.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    reduced = {a % x.ndim for a in axes}
    rest = list(place if len(place) < x.ndim else [p for a, p in enumerate(place) if a not in reduced])
    key = tuple(slice(None) if a in reduced else rest.pop(0) for a in range(x.ndim))
    line: np.ndarray = np.asarray(x[key]).reshape(-1)
    return line


def _listed(name: str, line: np.ndarray, result: float) -> str:
    """Return `max(…)` of some numbers; of many, the largest and the smallest."""
    numbers = line.tolist()
    words = (
        ", ".join(map(shown, numbers))
        if len(numbers) <= 6
        else f"{len(numbers):,} numbers from " + " to ".join(map(shown, (min(numbers), max(numbers))))
    )
    return f"{name}({words}) = {shown(result)}"


def _extreme(node: Node, place: Place) -> str:
    line = _line(node, place, node.settings.get("axis"))
    return _listed(node.operation, line, float(np.asarray(node.value)[place]))


def _max_pool(node: Node, place: Place) -> str:
    winner = np.flatnonzero(_slopes(node, place, 0))
    where = np.unravel_index(int(winner[0]), np.shape(value_of(node.operands[0])))
    return f"largest of its window, at {_brackets(tuple(map(int, where)))} = {shown(float(node.value[place]))}"


def _softmax(node: Node, place: Place) -> str:
    axis = node.settings.get("axis", -1)
    x = np.asarray(value_of(node.operands[0]))
    line = np.moveaxis(x, axis, -1)[tuple(p for a, p in enumerate(place) if a != axis % x.ndim)]
    raised = shortened([(value,) for value in np.exp(line - line.max()).tolist()])
    own, most, result = float(x[place]), float(line.max()), float(np.asarray(node.value)[place])
    above = f"exp({shown(own)} − {factor(most)})"
    if node.operation == "log_softmax":
        return f"ln({above} / ({raised.figures})) = {shown(result)}"
    return f"{above} / ({raised.figures}) = {shown(np.exp(own - most))} / {shown(raised.exact)} = {shown(result)}"


def _logsumexp(node: Node, place: Place) -> str:
    line = _line(node, place, node.settings.get("axis"))
    most = float(line.max())
    raised = shortened([(value,) for value in np.exp(line - most).tolist()])
    return f"{shown(most)} + ln({raised.figures}) = {shown(float(np.asarray(node.value)[place]))}"


def _variance(node: Node, place: Place) -> str:
    line = _line(node, place, node.settings.get("axis"))
    result = shown(float(np.asarray(node.value)[place]))
    return f"mean of {len(line):,} squares around {shown(float(line.mean()))} = {result}"


def _normalised(node: Node, place: Place) -> str:
    """Return layer norm, RMS norm and batch norm: centre, spread, weight and bias."""
    x = np.asarray(value_of(node.operands[0]))
    own, epsilon = float(x[place]), node.settings.get("epsilon", 1e-5)
    result = shown(float(np.asarray(node.value)[place]))
    weight = factor(float(np.asarray(value_of(node.operands[1]))[place[-1]]))
    if node.operation == "rms_norm":
        spread = float(np.mean(x[place[:-1]] ** 2))
        return f"{shown(own)} / √({shown(spread)} + {shown(epsilon)})·{weight} = {result}"
    bias = float(np.asarray(value_of(node.operands[2]))[place[-1]])
    if node.operation == "layer_norm":
        mean, spread = float(x[place[:-1]].mean()), float(x[place[:-1]].var())
    else:
        means, spreads = ops.batch_statistics(x, node.settings.get("row_mask"))
        mean, spread = float(means[place[-1]]), float(spreads[place[-1]])
    sign, size = ("−", -bias) if bias < 0 else ("+", bias)
    top = f"({shown(own)} − {factor(mean)}) / √({shown(spread)} + {shown(epsilon)})"
    return f"{top}·{weight} {sign} {shown(size)} = {result}"


def _cross_entropy(node: Node, place: Place) -> str:
    scores = np.asarray(ops.log_softmax(np.asarray(value_of(node.operands[0]))))[place]
    target = np.broadcast_to(np.asarray(value_of(node.operands[1])), np.shape(value_of(node.operands[0])))[place]
    used = np.flatnonzero(target)
    if len(used) == 1 and target[used[0]] == 1:
        p = float(np.exp(scores[used[0]]))
        return f"−ln p{_brackets((int(used[0]),))} = −ln({shown(p)}) = {shown(float(np.asarray(node.value)[place]))}"
    return str(shortened([(float(target[c]), float(-scores[c])) for c in used]))


def _dropout(node: Node, place: Place) -> str:
    kept = np.asarray(value_of(node.operands[1]))[place]
    own, rate = _at(node.operands[0], node, place), float(node.settings["rate"])
    if not kept:
        return f"{shown(own)} silenced = 0"
    return f"{shown(own)} / (1 − {shown(rate)}) = {shown(float(np.asarray(node.value)[place]))}"


def _rotary(node: Node, place: Place) -> str:
    x = np.asarray(value_of(node.operands[0]))
    half = x.shape[-1] // 2
    mate = (*place[:-1], (place[-1] + half) % x.shape[-1])
    slopes = _slopes(node, place, 0).reshape(x.shape)
    pair = sorted((place, mate))
    return str(shortened([(float(slopes[each]), float(x[each])) for each in pair]))


def _recurrent(node: Node, place: Place) -> str:
    """Return one place of a recurrent layer: its sum and its gates, from the state before."""
    row, time, unit = place
    x, weight, recurrent, bias = (np.asarray(value_of(operand)) for operand in node.operands[:4])
    units = recurrent.shape[0]
    start, hidden = node.settings.get("start"), np.asarray(node.value)
    first: Any = nothing(x, units) if start is None else start
    old_state = first[0] if node.operation == "lstm" and start is not None else first
    before = np.asarray(hidden[row, time - 1] if time else old_state[row])
    mask, result = node.settings.get("mask"), shown(float(hidden[place]))
    if mask is not None and not np.asarray(mask)[row, time]:
        return f"as before (this place does not count) = {result}"

    def total(part: int, of_state: bool = True) -> Shown:
        column = part * units + unit
        pairs: list[Sequence[float]] = [*zip(weight[:, column].tolist(), x[row, time].tolist(), strict=True)]
        if of_state:
            pairs += zip(recurrent[:, column].tolist(), before.tolist(), strict=True)
        return shortened([*pairs, (float(bias[column]),)], last=1)

    if node.operation == "simple_rnn":
        return f"tanh({total(0)}) = {result}"
    if node.operation == "lstm":
        old = _cell(node, row, time, unit)
        i, f, o = (float(sigmoid(np.asarray(total(part).exact))) for part in (0, 1, 3))
        g = float(np.tanh(total(2).exact))
        cell = f * old + i * g
        sums = ", ".join(
            f"{name} = {bend}({plain_total(total(part))}) = {shown(value)}"
            for part, (name, bend, value) in enumerate((("i", "σ", i), ("f", "σ", f), ("g", "tanh", g), ("o", "σ", o)))
        )
        kept = f"c = f·c₋₁ + i·g = {shown(f)}·{factor(old)} + {shown(i)}·{factor(g)} = {shown(cell)}"
        return f"{sums}; {kept}; o·tanh(c) = {shown(o)}·tanh({shown(cell)}) = {result}"
    recurrent_bias = np.asarray(value_of(node.operands[4]))
    r, z = (float(sigmoid(np.asarray(total(part).exact))) for part in range(2))
    q = float(before @ recurrent[:, 2 * units + unit] + recurrent_bias[unit])
    n = float(np.tanh(total(2, of_state=False).exact + r * q))
    return (
        f"r = {shown(r)}, z = {shown(z)}, n = tanh({plain_total(total(2, False))} + r·{factor(q)}) = {shown(n)}; "
        f"(1 − z)·n + z·h₋₁ = {shown(1 - z)}·{factor(n)} + {shown(z)}·{factor(float(before[unit]))} = {result}"
    )


def _cell(node: Node, row: int, until: int, unit: int) -> float:
    """Return what a cell of an LSTM holds before the place `until`."""
    x, weight, recurrent, bias = (np.asarray(value_of(operand)) for operand in node.operands[:4])
    units, hidden = recurrent.shape[0], np.asarray(node.value)[row]
    start, mask = node.settings.get("start"), node.settings.get("mask")
    before, cell = (np.zeros(units), 0.0) if start is None else (np.asarray(start[0])[row], float(start[1][row, unit]))
    for time in range(until):
        if mask is None or np.asarray(mask)[row, time]:
            sums = (x[row, time] @ weight + before @ recurrent + bias)[unit::units]
            cell = float(sigmoid(sums[1]) * cell + sigmoid(sums[0]) * np.tanh(sums[2]))
        before = hidden[time]
    return cell


def plain_total(total: Shown) -> str:
    """Return what a sum comes to."""
    return shown(total.exact)


SPECIAL: dict[str, Callable[[Node, Place], str]] = {
    "batch_norm": _normalised, "cross_entropy": _cross_entropy, "dropout": _dropout, "gru": _recurrent,
    "layer_norm": _normalised, "log_softmax": _softmax, "logsumexp": _logsumexp, "lstm": _recurrent,
    "max": _extreme, "max_pool": _max_pool, "min": _extreme, "rms_norm": _normalised, "rotary": _rotary,
    "simple_rnn": _recurrent, "softmax": _softmax, "variance": _variance,
}  # fmt: skip
