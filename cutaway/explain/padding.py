"""Networks of different widths as one shape: neurons without weights, which stay so, fill up the narrower ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from cutaway.layers import ColumnEmbedding, Dense, Layer, Sequential
from cutaway.layers.activations import Activation
from cutaway.training.cost import Cost, seconds_of_start, seconds_of_step


def can_be_padded(networks: Sequence[Layer]) -> bool:
    """Whether built networks can be filled up with zeros to the shape of the widest, and learn as they would alone.

    A neuron whose weights in, bias and weights out are all 0 gives f(0) = 0 to those above, and takes no blame from
    them; its own weights then have slope h·g = 0 and w·g = 0. So it stays at 0 under every optimizer, and all other
    numbers are what they are without it. That holds for dense layers one after another with activations of f(0) = 0,
    also after columns that are embedded, where all embed them alike.

    >>> import cutaway as ca
    >>> def made(units, between):
    ...     return ca.Sequential(ca.Dense(units), between, ca.Dense(1)).build(2)
    >>> can_be_padded([made(2, ca.ReLU()), made(5, ca.ReLU())])
    True
    >>> can_be_padded([made(2, ca.Sigmoid()), made(3, ca.Sigmoid())])
    False
    """
    shapes = [[(path, type(layer)) for path, layer in network.named_layers()] for network in networks]
    if any(shape != shapes[0] for shape in shapes) or any(network.state() for network in networks):
        return False
    if any(network.parameters().keys() != networks[0].parameters().keys() for network in networks):
        return False
    first = _embedded(networks[0])
    embedded = first if all(_embedded(network) == first for network in networks) else []
    for network in networks:
        for _, layer in network.named_layers():
            plain = type(layer) is Sequential or (type(layer) is Dense and not layer.ntk)
            plain = plain or (type(layer) is ColumnEmbedding and repr(layer) in embedded)
            if not plain and not (isinstance(layer, Activation) and float(type(layer).operation(np.zeros(1))[0]) == 0):
                return False
    return all(
        all(mine <= other for mine, other in zip(array.shape, wider.parameters()[path].shape, strict=True))
        for network, wider in pairwise(networks)
        for path, array in network.parameters().items()
    )


def padded(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return an array with zeros put behind it along each axis, to a shape.

    >>> padded(np.ones((1, 2)), (2, 3))
    array([[1., 1., 0.],
           [0., 0., 0.]])
    """
    return np.pad(array, [(0, size - mine) for mine, size in zip(array.shape, shape, strict=True)])


def grouped(networks: Sequence[Layer], costs: Sequence[Cost], members: int, steps: int, engine: str) -> list[list[int]]:
    """Return which networks, by place, are trained together as one program: those that cost less so than to compile.

    networks  from the narrowest to the widest, `members` of each for so many steps
    """
    if engine == "numpy" or not can_be_padded(networks):
        return [[place] for place in range(len(networks))]

    def seconds(place: int, count: int) -> float:
        return steps * seconds_of_step("xla", costs[place], members * count)

    groups = [[0]]
    for place in range(1, len(networks)):
        group = groups[-1]
        apart = seconds(group[-1], len(group)) + seconds(place, 1) + seconds_of_start(costs[place])
        if seconds(place, len(group) + 1) < apart:
            group.append(place)
        else:
            groups.append([place])
    return groups


def _embedded(network: Layer) -> list[str]:
    return [repr(layer) for _, layer in network.named_layers() if type(layer) is ColumnEmbedding]
