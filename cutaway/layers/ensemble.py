"""Several networks of one shape, trained side by side, that answer together."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from cutaway.layers.layer import Layer


class Ensemble:
    """The members of a run: one architecture, and arrays with a leading member axis.

        ensemble(x) = (1/M) Σₘ networkₘ(x)

    >>> import cutaway as ca
    >>> net = ca.Sequential(ca.Dense(1)).build(2)
    >>> twins = Ensemble(net, {key: np.stack([a, 3 * a]) for key, a in net.parameters().items()}, {})
    >>> x = np.array([[1.0, 2.0]])
    >>> len(twins), bool(np.allclose(twins(x), 2 * net(x)))
    (2, True)
    """

    def __init__(self, network: Layer, params: Mapping[str, np.ndarray], state: Mapping[str, np.ndarray]) -> None:
        self.network = copy.deepcopy(network)
        self.params = dict(params)
        self.state = dict(state)

    @classmethod
    def of(cls, network: Any) -> Ensemble:
        """Return an ensemble as it is, and one network (a `Layer`) as an ensemble of one."""
        if isinstance(network, Ensemble):
            return network
        params, state = network.parameters(), network.state()
        return cls(network, *({path: array[None] for path, array in part.items()} for part in (params, state)))

    def __len__(self) -> int:
        return len(next(iter(self.params.values())))

    def __getitem__(self, place: int) -> Layer:
        """Return member `place` as a network of its own."""
        if not -len(self) <= place < len(self):
            raise IndexError(f"member {place} of {len(self)}")
        arrays = {**self.params, **self.state}
        return copy.deepcopy(self.network).load({key: array[place] for key, array in arrays.items()})

    def __iter__(self) -> Iterator[Layer]:
        return (self[place] for place in range(len(self)))

    def members(self, x: Any) -> np.ndarray:
        """Return every member's output, (members, batch, ...)."""
        return np.stack([member(x) for member in self])

    def __call__(self, x: Any) -> np.ndarray:
        """Return the mean of the members' outputs."""
        mean: np.ndarray = self.members(x).mean(axis=0)
        return mean

    def __repr__(self) -> str:
        return f"Ensemble({len(self)} × {self.network!r})"
