"""PyTorch modules as our layers."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from cutaway import layers
from cutaway.errors import InputError
from cutaway.export.imported import filled, with_paths
from cutaway.layers import Layer, Sequential


def from_pytorch(module: Any, shape: tuple[int, ...] | None = None, state: str | Path | None = None) -> Sequential:
    """Return the network of a live `torch.nn.Sequential`, with its weights, as it evaluates.

    module  of Linear, Conv1d and Conv2d, batch, layer and RMS norms, pools, Embedding, Flatten, Dropout, activations,
            and other Sequentials
    shape   (channels, height, width) of the pictures that the module takes, or (channels, length): needed where it
            has a Flatten behind convolutions, to know what each of its numbers is
    state   a .safetensors file with the module's state dict, whose weights are taken instead of the module's own

    Pictures go into what is returned with the channels last, (batch, height, width, channels): `x.transpose(0, 2, 3,
    1)` of what the module takes. A Flatten then meets its numbers in another order, so that the weights of the linear
    module behind it are put into that order. No pickle is opened, and the module stays as it was.

    Raises one `InputError` that names every module that there is no layer for; and for a state that is in another kind
    of file or does not fit.

    >>> from_pytorch("model.pt")
    Traceback (most recent call last):
    cutaway.errors.InputError: from_pytorch: got a str, expected a live torch.nn.Sequential; build it, load its weights
    """
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(module, torch.nn.Module):
        raise InputError(
            f"from_pytorch: got a {type(module).__name__}, expected a live torch.nn.Sequential; build it, load its "
            "weights"
        )
    parts = list(_parts(module, "", torch))
    unknown = [f"{path or 'the module'} ({type(part).__name__})" for path, part in parts if not _known(part, torch)]
    if unknown:
        raise InputError(
            f"from_pytorch: there is no layer for {', '.join(unknown)}; expected a Sequential of {', '.join(READERS)}"
        )
    if state is not None:
        parts = list(_parts(_with_state(module, Path(state), torch), "", torch))
    reading = _Reading(torch, None if shape is None else tuple(shape))
    for path, part in parts:
        try:
            reading.read(part)
        except InputError as fault:
            raise InputError(f"from_pytorch: {path} ({type(part).__name__}): {fault}") from fault
    return _sequential(reading.made)


def _with_state(module: Any, place: Path, torch: Any) -> Any:
    """Return a copy of a module with the weights of a file."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if place.suffix != ".safetensors":
        raise InputError(
            f"{place}: is no .safetensors file; other files of weights may run code when they are opened, and are not: "
            "save them with safetensors.torch.save_file(module.state_dict(), …)"
        )
    twin = copy.deepcopy(module)
    try:
        twin.load_state_dict({key: torch.from_numpy(array) for key, array in load_file(place).items()})
    except (OSError, SafetensorError, RuntimeError, ValueError, TypeError) as fault:
        told = " ".join(str(fault).split())[:300]
        raise InputError(f"{place}: holds no weights that fit the module ({told})") from fault
    return twin


def _sequential(made: list[Layer]) -> Sequential:
    network = with_paths(Sequential(*made))
    assert isinstance(network, Sequential)
    return network


def _parts(module: Any, path: str, torch: Any) -> Any:
    """Yield the modules that compute, with their paths, in order."""
    if isinstance(module, torch.nn.Sequential):
        for name, child in module.named_children():
            yield from _parts(child, f"{path}.{name}" if path else name, torch)
    else:
        yield path, module


def _known(module: Any, torch: Any) -> bool:
    """Whether a module is one of PyTorch's own, or of a file that `export --to pytorch` wrote."""
    name = type(module).__name__
    own = type(module) is getattr(torch.nn, name, None)
    return name in READERS and (own or bool(getattr(module, "channels_last", False)))


class _Reading:
    """Layers so far, the shape of what comes next as the module sees it, and whether its numbers were turned."""

    def __init__(self, torch: Any, shape: tuple[int, ...] | None) -> None:
        self.torch, self.shape = torch, shape
        self.made: list[Layer] = []
        self.last = False  # whether the module takes channels last, as one that `export --to pytorch` wrote does
        self.flattened: tuple[int, ...] | None = None  # of a Flatten that the next linear module must undo

    def read(self, module: Any) -> None:
        self.last = self.last or bool(getattr(module, "channels_last", False))
        made = READERS[type(module).__name__](self, module)
        self.made += [] if made is None else [made]

    def numbers(self, tensor: Any) -> np.ndarray:
        array: np.ndarray = tensor.detach().cpu().numpy()
        return array

    def windowed(self, module: Any, axes: int) -> None:
        """Follow the shape through a convolution or a pool."""
        if self.shape is None or self.last:
            return
        if len(self.shape) != axes + 1:
            sizes = "height, width" if axes == 2 else "length"
            raise InputError(f"got {self.shape} as the shape of its input, expected (channels, {sizes})")
        dtype = next((parameter.dtype for parameter in module.parameters()), None)
        with self.torch.no_grad():
            self.shape = tuple(module(self.torch.zeros((1, *self.shape), dtype=dtype)).shape[1:])


def _linear(reading: _Reading, module: Any) -> Layer:
    weight = reading.numbers(module.weight).T
    if reading.flattened is not None:
        places = np.arange(prod(reading.flattened)).reshape(reading.flattened)
        weight, reading.flattened = weight[np.moveaxis(places, 0, -1).reshape(-1)], None
    arrays = {"weight": weight} | ({} if module.bias is None else {"bias": reading.numbers(module.bias)})
    if reading.shape is not None:
        reading.shape = (*reading.shape[:-1], module.out_features)
    return filled(layers.Dense(module.out_features, bias=module.bias is not None), **arrays)


def _sizes(value: Any, axes: int) -> Any:
    """Return sizes as our layers say them: one number where they are all the same."""
    sizes = tuple(value) if isinstance(value, tuple) else (value,) * axes
    return sizes if len(set(sizes)) > 1 else sizes[0]


def _convolution(axes: int) -> Callable[[_Reading, Any], Layer]:
    kind: Any = layers.Conv1D if axes == 1 else layers.Conv2D

    def read(reading: _Reading, module: Any) -> Layer:
        if module.padding_mode != "zeros":
            raise InputError(f"padding_mode is {module.padding_mode!r}, expected 'zeros'")
        padding = getattr(module, "edges", None) or module.padding
        weight = reading.numbers(module.weight)
        layer = kind(
            module.out_channels, _sizes(module.kernel_size, axes), stride=_sizes(module.stride, axes),
            padding=padding if isinstance(padding, str) else _sizes(padding, axes),
            dilation=_sizes(module.dilation, axes), groups=module.groups, bias=module.bias is not None,
        )  # fmt: skip
        reading.windowed(module, axes)
        bias = {} if module.bias is None else {"bias": reading.numbers(module.bias)}
        return filled(layer, weight=np.moveaxis(weight, (0, 1), (-1, -2)), **bias)

    return read


def _pool(kind: Any, axes: int) -> Callable[[_Reading, Any], Layer]:
    def read(reading: _Reading, module: Any) -> Layer:
        counted = isinstance(module, getattr(reading.torch.nn, f"AvgPool{axes}d")) and module.count_include_pad
        padding = _sizes(module.padding, axes)
        if module.ceil_mode or _sizes(getattr(module, "dilation", 1), axes) != 1 or (counted and padding != 0):
            raise InputError("ceil_mode, dilation, or padding that is counted; expected none of them")
        size, stride = _sizes(module.kernel_size, axes), _sizes(module.stride or module.kernel_size, axes)
        reading.windowed(module, axes)
        made: Layer = kind(size, stride, padding)
        return made

    return read


def _own_pool(one: Any, two: Any) -> Callable[[_Reading, Any], Layer]:
    """Return the reading of a pool of a file that `export --to pytorch` wrote."""

    def read(reading: _Reading, module: Any) -> Layer:
        axes = len(module.size)
        edges = module.edges if isinstance(module.edges, str) else _sizes(tuple(module.edges), axes)
        made: Layer = (one if axes == 1 else two)(_sizes(module.size, axes), _sizes(module.stride, axes), edges)
        return made

    return read


def _adaptive(kind: Any) -> Callable[[_Reading, Any], Layer]:
    def read(reading: _Reading, module: Any) -> Layer:
        if module.output_size not in (1, (1,), (1, 1)):
            raise InputError(f"output_size is {module.output_size}, expected 1: a pool over all places")
        reading.shape = None if reading.shape is None else (reading.shape[0],)
        made: Layer = kind()
        return made

    return read


def _batch_norm(reading: _Reading, module: Any) -> Layer:
    if module.running_mean is None or module.weight is None:
        raise InputError("without running statistics or without weights; expected both, as by default")
    arrays = {"weight": module.weight, "bias": module.bias}
    arrays |= {"running_mean": module.running_mean, "running_variance": module.running_var}
    layer = layers.BatchNorm(0.1 if module.momentum is None else module.momentum, module.eps)
    return filled(layer, **{name: reading.numbers(array) for name, array in arrays.items()})


def _layer_norm(reading: _Reading, module: Any) -> Layer:
    if len(module.normalized_shape) != 1 or module.weight is None:
        raise InputError(f"normalized_shape is {tuple(module.normalized_shape)}; expected one axis, and weights")
    if reading.shape is not None and len(reading.shape) > 1:
        raise InputError("over the last axis of pictures with the channels first; expected it over the features")
    weight = reading.numbers(module.weight)
    bias = np.zeros_like(weight) if module.bias is None else reading.numbers(module.bias)
    return filled(layers.LayerNorm(module.eps), weight=weight, bias=bias)


def _rms_norm(reading: _Reading, module: Any) -> Layer:
    if len(module.normalized_shape) != 1 or module.weight is None:
        raise InputError(f"normalized_shape is {tuple(module.normalized_shape)}; expected one axis, and weights")
    epsilon = float(reading.torch.finfo(module.weight.dtype).eps) if module.eps is None else module.eps
    return filled(layers.RMSNorm(epsilon), weight=reading.numbers(module.weight))


def _flatten(reading: _Reading, module: Any) -> Layer | None:
    if (module.start_dim, module.end_dim) != (1, -1):
        raise InputError(f"from axis {module.start_dim} to {module.end_dim}; expected all but the batch")
    pooled = reading.made and isinstance(reading.made[-1], layers.GlobalAveragePool | layers.GlobalMaxPool)
    if pooled:
        return None  # (batch, channels) already
    windowed = any(isinstance(layer, WINDOWED) for layer in reading.made)
    if windowed and not reading.last:
        if reading.shape is None:
            raise InputError("behind a convolution; give shape=(channels, height, width) of one picture")
        reading.flattened = reading.shape
        reading.shape = (prod(reading.shape),)
    return layers.Flatten()


def _embedding(reading: _Reading, module: Any) -> Layer:
    layer = layers.Embedding(module.num_embeddings, module.embedding_dim)
    return filled(layer, weight=reading.numbers(module.weight))


def _softmax(reading: _Reading, module: Any) -> Layer:
    if module.dim not in (-1, 1) or (module.dim == 1 and reading.shape is not None and len(reading.shape) > 1):
        raise InputError(f"dim is {module.dim}, expected -1: over the features")
    return layers.Softmax()


def _softplus(reading: _Reading, module: Any) -> Layer:
    if module.beta != 1:
        raise InputError(f"beta is {module.beta}, expected 1")
    return layers.Softplus()


WINDOWED = (
    layers.Conv1D, layers.Conv2D, layers.MaxPool1D, layers.MaxPool2D, layers.AveragePool1D, layers.AveragePool2D
)  # fmt: skip

READERS: dict[str, Callable[[_Reading, Any], Layer | None]] = {
    "Linear": _linear,
    "Conv1d": _convolution(1),
    "Conv2d": _convolution(2),
    "Conv1D": _convolution(1),
    "Conv2D": _convolution(2),
    "MaxPool1d": _pool(layers.MaxPool1D, 1),
    "MaxPool2d": _pool(layers.MaxPool2D, 2),
    "AvgPool1d": _pool(layers.AveragePool1D, 1),
    "AvgPool2d": _pool(layers.AveragePool2D, 2),
    "MaxPool": _own_pool(layers.MaxPool1D, layers.MaxPool2D),
    "AveragePool": _own_pool(layers.AveragePool1D, layers.AveragePool2D),
    "AdaptiveAvgPool1d": _adaptive(layers.GlobalAveragePool),
    "AdaptiveAvgPool2d": _adaptive(layers.GlobalAveragePool),
    "AdaptiveMaxPool1d": _adaptive(layers.GlobalMaxPool),
    "AdaptiveMaxPool2d": _adaptive(layers.GlobalMaxPool),
    "BatchNorm1d": _batch_norm,
    "BatchNorm2d": _batch_norm,
    "BatchNorm": _batch_norm,
    "LayerNorm": _layer_norm,
    "RMSNorm": _rms_norm,
    "Flatten": _flatten,
    "Embedding": _embedding,
    "Dropout": lambda reading, module: layers.Dropout(module.p) if module.p < 1 else layers.Identity(),
    "Identity": lambda reading, module: layers.Identity(),
    "ReLU": lambda reading, module: layers.ReLU(),
    "Sigmoid": lambda reading, module: layers.Sigmoid(),
    "Tanh": lambda reading, module: layers.Tanh(),
    "SELU": lambda reading, module: layers.SELU(),
    "GELU": lambda reading, module: layers.GELUTanh() if module.approximate == "tanh" else layers.GELU(),
    "SiLU": lambda reading, module: layers.SiLU(),
    "Mish": lambda reading, module: layers.Mish(),
    "Softplus": _softplus,
    "LeakyReLU": lambda reading, module: layers.LeakyReLU(module.negative_slope),
    "ELU": lambda reading, module: layers.ELU(module.alpha),
    "Softmax": _softmax,
}
"""How each module is read, by the name of its class."""
