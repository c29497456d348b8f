"""A trained network as the networks it is made of: one, the members of an ensemble, or the parts of a blend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cutaway.errors import InputError
from cutaway.layers import Blend, Ensemble, Layer
from cutaway.layers.layer import join


@dataclass(frozen=True)
class Part:
    """Networks of one shape and the share that they have in the answer, by their mean.

    network  the layers, with the first member's arrays in them
    arrays   every parameter and state by path, each with a leading member axis
    """

    network: Layer
    arrays: dict[str, np.ndarray]
    share: float = 1.0

    @property
    def members(self) -> int:
        """How many networks there are."""
        return len(next(iter(self.arrays.values()))) if self.arrays else 1

    def of(self, member: int) -> dict[str, np.ndarray]:
        """Return one member's arrays."""
        return {path: array[member] for path, array in self.arrays.items()}


def parts_of(network: Layer | Ensemble | Blend) -> tuple[Part, ...]:
    """Return what a trained network is made of; `InputError` for one without weights.

    >>> import cutaway as ca
    >>> [part] = parts_of(ca.Sequential(ca.Dense(1)).build(2))
    >>> part.members, part.arrays["0.weight"].shape
    (1, (1, 2, 1))
    """
    if isinstance(network, Blend):
        return tuple(
            Part(part[0], {**part.params, **part.state}, share)
            for part, share in zip(network.parts, network.shares, strict=True)
        )
    if isinstance(network, Layer) and not network.built:
        raise InputError("export: the network has no weights yet; fit it or call net.build(features) first")
    ensemble = Ensemble.of(network)
    one = ensemble[0] if ensemble.params else ensemble.network
    return (Part(one, {**ensemble.params, **ensemble.state}),)


def check_known(parts: tuple[Part, ...], known: tuple[type, ...], form: str) -> None:
    """Raise one `InputError` that names every layer that a form of export cannot say."""
    unknown: dict[str, str] = {}
    for part in parts:
        for path, layer in part.network.named_layers():
            if type(layer) not in known:
                unknown.setdefault(type(layer).__name__, path)
    if unknown:
        named = ", ".join(f"{name} ({path!r})" for name, path in unknown.items())
        raise InputError(
            f"export --to {form}: there is no such form of {named}; expected layers of this package; the run can be "
            "used with cutaway predict"
        )


def paths_of(network: Layer) -> dict[int, str]:
    """Return each layer's path by its identity; a layer that is used twice has one."""
    return {id(layer): path for path, layer in network.named_layers()}


def named(path: str, name: str) -> str:
    """Return the path of an array of the layer at `path`."""
    return join(path, name)
