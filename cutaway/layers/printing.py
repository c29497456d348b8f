"""How a layer is printed: as the call that makes such a layer, with the arguments that are not as usual."""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cutaway.layers.layer import Layer


def arguments_of(layer: Layer) -> dict[str, Any]:
    """Return the arguments of a layer's `__init__` by name, found in the attributes of those names.

    Raises `AttributeError` where one was not kept, or was declared a parameter: its value is then that of the weights.

    >>> import cutaway as ca
    >>> arguments_of(ca.Dropout(0.25))
    {'rate': 0.25}
    """
    kind: Any = type(layer)  # mypy takes a class for something that no cache can hold
    names = _names(kind)
    for name in names:
        if name in layer._declared or name not in layer.__dict__:
            raise AttributeError(
                f"{layer._place()} did not keep the argument {name!r} of __init__ under that name; "
                f"write self.{name} = {name} there, or define arguments()"
            )
    return {name: layer.__dict__[name] for name in names}


def printed(layer: Layer) -> str:
    """Return the call that makes such a layer; an argument that has its default is left out.

    >>> import cutaway as ca
    >>> printed(ca.Sequential(ca.Dense(3, bias=False), ca.Tanh()))
    'Sequential(Dense(3, bias=False), Tanh())'
    """
    try:
        arguments = layer.arguments()
    except AttributeError:
        return f"{type(layer).__name__}(…)"
    shown = []
    for name, value in arguments.items():
        parameter = inspect.signature(type(layer).__init__).parameters[name]
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            shown += [repr(item) for item in value]
        elif parameter.default is inspect.Parameter.empty:
            shown.append(repr(value))
        elif value != parameter.default:
            shown.append(f"{name}={value!r}")
    return f"{type(layer).__name__}({', '.join(shown)})"


@lru_cache(maxsize=256)  # a notebook defines its classes again and again, and none is to stay for ever
def _names(kind: type[Layer]) -> tuple[str, ...]:
    """Return the names of the arguments of a kind of layer; to ask its signature takes long."""
    return tuple(inspect.signature(kind.__init__).parameters)[1:]
