"""Sequential: layers one after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.layer import Layer


class Sequential(Layer):
    """Each layer's output is the next one's input.

    >>> net = Sequential()
    >>> len(net)
    0
    """

    def __init__(self, *layers: Layer) -> None:
        items: tuple[Any, ...] = layers
        for place, layer in enumerate(items):
            if not isinstance(layer, Layer):
                hint = f"; write the brackets: {layer.__name__}(…)" if isinstance(layer, type) else ""
                raise InputError(f"Sequential: item {place} is {layer!r}, expected a layer{hint}")
        self.layers = layers

    def forward(self, x: Any, ctx: Context) -> Any:
        """Return the last layer's output."""
        for layer in self.layers:
            x = layer(x, ctx=ctx)
        return x

    def __getitem__(self, place: int) -> Layer:
        return self.layers[place]

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)
