"""Activations that other programs write as several operations, found again as one layer."""

from __future__ import annotations

from math import isclose, sqrt

from cutaway.export.imported import Draft
from cutaway.layers import GELU, Layer, Operation, Sigmoid, SiLU


def bend(draft: Draft, product: str) -> tuple[Layer, str] | None:
    """Return the layer that a product is, and the name of what it bends; None where it is none.

    x σ(x) is SiLU,        x · ½ (1 + erf(x / √2)) is GELU, in whatever order it is multiplied
    """
    factor, names = _factors(draft, product)
    if len(names) != 2:
        return None
    for x, other in (names, names[::-1]):
        layer, sources = draft.made.get(other, (None, ()))
        if isinstance(layer, Sigmoid) and sources == (x,) and factor == 1.0:
            return SiLU(), x
        if _is(layer, "add", 1.0) and isclose(factor, 0.5, rel_tol=1e-6):
            erf, inside = draft.made.get(sources[0], (None, ()))
            if isinstance(erf, Operation) and erf.name == "erf":
                scale, inner = _factors(draft, inside[0])
                if inner == [x] and isclose(scale, 1 / sqrt(2), rel_tol=1e-5):
                    return GELU(), x
    return None


def _is(layer: Layer | None, name: str, number: float) -> bool:
    """Whether a layer adds (or does otherwise to one operand) this number."""
    if not isinstance(layer, Operation) or layer.name != name:
        return False
    return [value for _, value in layer.settings] == [number]


def _factors(draft: Draft, name: str) -> tuple[float, list[str]]:
    """Return a product as a number and the names that are multiplied."""
    layer, sources = draft.made.get(name, (None, ()))
    if isinstance(layer, Operation) and layer.name in ("multiply", "divide"):
        held = dict(layer.settings)
        if layer.name == "divide":
            if "right" not in held:
                return 1.0, [name]
            factor, names = _factors(draft, sources[0])
            return factor / held["right"], names
        factor, found = held.get("left", 1.0) * held.get("right", 1.0), list[str]()
        for source in sources:
            more, names = _factors(draft, source)
            factor, found = factor * more, found + names
        return factor, found
    return 1.0, [name]
