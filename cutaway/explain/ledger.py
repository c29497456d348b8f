"""The ledger of a trace as text for a terminal, and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.explain.figures import plain, shown
from cutaway.explain.neurons import Neuron, NeuronLayer, neurons

if TYPE_CHECKING:
    from cutaway.explain.record import Step, Trace

MOST_NEURONS = 8  # of a layer that are written out: those that matter most
FEW = 4  # neurons of a layer, and terms of a sum, in a terminal
WIDEST = 84  # letters of a line of figures


def as_text(trace: Trace, width: int = 118) -> str:
    """Return the whole ledger, in lines of about `width` letters."""
    lines = [
        f"{trace.of[0].upper()}{trace.of[1:]} = {shown(trace.value)}" + (f" ({trace.words})" if trace.words else "")
    ]
    layers = neurons(trace, FEW)
    for layer in layers:
        lines += ["", heading(layer)]
        lines += [line for neuron in telling(layer, FEW) for line in in_lines(neuron)]
        left = len(layer.neurons) - FEW
        if left > 0:
            lines.append(f"  … and {left:,} more neurons, on which less depends")
    lines += ["", "Every operation in order; figures of the number on which most depends:", ""]
    rows = [[s.name, told(s), s.formula, by(s.shape), shown(_at_place(s)), cut(s.figures())] for s in trace.steps]
    lines += table(["", "layer", "formula", "shape", "slope", "in figures"], rows)
    found = trace.blame() if trace.parameters else []
    if found:
        lines += ["", f"Weights on which {trace.of} depends most, each nudged against its slope:", ""]
        rows = [[b.name, *map(shown, (b.value, b.gradient, b.slope, b.nudge, b.predicted, b.measured))] for b in found]
        lines += table(["weight", "now", "slope", "measured", "nudge", "predicted", "measured"], rows)
    return "\n".join(line.rstrip() for line in lines)


def heading(layer: NeuronLayer) -> str:
    """Return the words above the neurons of a layer."""
    words = f"Layer {layer.layer} ({layer.kind}; {', '.join(layer.steps)})".replace("Layer  (", "The layer (")
    return words + (f", every weight times {shown(layer.scale)}" if layer.scale != 1 else "")


def telling(layer: NeuronLayer, most: int = MOST_NEURONS) -> list[Neuron]:
    """Return the neurons of a layer on which most depends, in their order."""
    ranked = sorted(layer.neurons, key=lambda neuron: -abs(neuron.value * neuron.gradient))
    return sorted(ranked[:most], key=lambda neuron: neuron.place)


def in_lines(neuron: Neuron) -> list[str]:
    """Return the formula of a neuron; where one line is too short for it, a line for each sum."""
    if len(str(neuron)) <= WIDEST:
        return [f"  {neuron}"]
    *sums, value = neuron.stages
    lines = [f"  {neuron.name if not place else ' ' * len(neuron.name)} = {each}" for place, each in enumerate(sums)]
    return [*lines[:-1], f"{lines[-1]} = {value}"]


def told(step: Step) -> str:
    """Return the path and kind of the layer of a step."""
    return f"{step.layer} {step.kind}".strip()


def by(shape: tuple[int, ...]) -> str:
    """Return a shape in words.

    >>> by((1, 8)), by(())
    ('1 × 8', 'one number')
    """
    return " × ".join(map(str, shape)) or "one number"


def cut(text: str, most: int = WIDEST) -> str:
    """Return a text, its middle left out where it is too long."""
    return text if len(text) <= most else f"{text[: most - 30]} … {text[-26:]}"


def table(heads: list[str], rows: list[list[str]]) -> list[str]:
    """Return lines of a table whose columns are as wide as they need to be."""
    widths = [max(len(row[place]) for row in [heads, *rows]) for place in range(len(heads))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [heads, *rows]
    ]


def _at_place(step: Step) -> float:
    return float(step.gradient[step.place])


def as_data(trace: Trace, most: int = 64) -> dict[str, Any]:
    """Return the ledger as plain data, for JSON."""
    data = {
        "of": trace.of,
        "networks": trace.words,
        "value": trace.value,
        "output": numbers(trace.output, most),
        "steps": [
            {
                "name": step.name,
                "layer": step.layer,
                "kind": step.kind,
                "operation": step.operation,
                "operands": list(step.operands),
                "formula": step.formula,
                "place": list(step.place),
                "figures": step.figures(),
                "value": numbers(step.value, most),
                "gradient": numbers(step.gradient, most),
            }
            for step in trace.steps
        ],
        "neurons": [
            {
                "layer": layer.layer,
                "kind": layer.kind,
                "steps": list(layer.steps),
                "scale": layer.scale,
                "neurons": [
                    {
                        "place": neuron.place,
                        "formula": str(neuron),
                        "terms": [[*parts] for parts in neuron.total.factors],
                        "more": neuron.total.more,
                        "rest": plain(neuron.total.rest),
                        "total": plain(neuron.total.total),
                        "value": neuron.value,
                        "gradient": neuron.gradient,
                    }
                    for neuron in telling(layer)
                ],
            }
            for layer in neurons(trace)
        ],
        "blame": [each.to_json() for each in trace.blame()] if trace.parameters else [],
    }
    return {name: _finite(value) for name, value in data.items()}


def numbers(values: np.ndarray, most: int) -> dict[str, Any]:
    """Return an array as plain data: its numbers where there are few, else what sums them up."""
    told: dict[str, Any] = {"shape": list(values.shape)}
    if values.size <= most:
        return told | {"numbers": values.tolist()}
    floats = values.astype(np.float64)
    with np.errstate(all="ignore"):
        summary = {"least": floats.min(), "mean": floats.mean(), "most": floats.max(), "deviation": floats.std()}
    return told | {name: float(value) for name, value in summary.items()}


def _finite(value: Any) -> Any:
    """Return data with None in the place of numbers that JSON has no name for."""
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
