"""Graph: layers in any order, each fed by the outputs of others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cutaway.errors import InputError
from cutaway.layers.context import Context
from cutaway.layers.layer import Layer


class Graph(Layer):
    """Layers that take what others give, by name: branches that part and meet, several inputs, imported networks.

        valueₙ = layerₙ applied to the values of its sources,        y = the value called output

    inputs   the names of what comes in
    layers   in the order in which they compute; one that stands there twice has one set of weights
    names    of what each layer gives
    sources  for each layer the names of what it takes
    output   the name of what goes out

    Raises `InputError` for a name that is given twice, and one that is not there yet where it is taken.

    >>> import numpy as np, cutaway as ca
    >>> net = ca.Graph(["a", "b"], [ca.Operation("add")], ["sum"], [["a", "b"]], "sum")
    >>> net(np.array([[1.0]]), np.array([[2.0]]))
    array([[3.]], dtype=float32)
    """

    def __init__(
        self,
        inputs: Sequence[str],
        layers: Sequence[Layer],
        names: Sequence[str],
        sources: Sequence[Sequence[str]],
        output: str,
    ) -> None:
        self.inputs, self.layers, self.names = tuple(inputs), tuple(layers), tuple(names)
        self.sources = tuple(tuple(each) for each in sources)
        self.output = output
        if not self.inputs or not len(self.layers) == len(self.names) == len(self.sources):
            raise InputError(
                f"Graph: {len(self.inputs)} inputs, {len(self.layers)} layers, {len(self.names)} names and "
                f"{len(self.sources)} sources; expected an input, and a name and sources for each layer"
            )
        odd = [name for name in self.names if not name or "." in name or "/" in name]
        if odd:
            raise InputError(
                f"Graph: {odd[0]!r} is no name for a layer's output; weights are called after it: no . or /"
            )
        known = set(self.inputs)
        for layer, name, taken in zip(self.layers, self.names, self.sources, strict=True):
            absent = [each for each in taken if each not in known]
            if absent or not taken:
                raise InputError(
                    f"Graph: {name!r} ({type(layer).__name__}) takes {absent[0] if absent else 'nothing'!r}; expected "
                    f"inputs of the graph, or what a layer before it gives: {', '.join(sorted(known))[:200]}"
                )
            if name in known:
                raise InputError(f"Graph: the name {name!r} is given twice")
            known.add(name)
        if output not in known:
            raise InputError(f"Graph: the output {output!r} is not among {', '.join(sorted(known))[:200]}")

    def children(self) -> Iterator[tuple[str, Layer]]:
        """Yield (name, layer): a layer is called after what it gives."""
        yield from zip(self.names, self.layers, strict=True)

    def forward(self, *inputs: Any, ctx: Context) -> Any:
        """Return the value of the output."""
        if len(inputs) != len(self.inputs):
            raise InputError(f"{self._place()}: got {len(inputs)} inputs, expected {', '.join(self.inputs)}")
        values = dict(zip(self.inputs, inputs, strict=True))
        for layer, name, taken in zip(self.layers, self.names, self.sources, strict=True):
            values[name] = layer(*(values[each] for each in taken), ctx=ctx)
        return values[self.output]
