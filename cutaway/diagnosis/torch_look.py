"""One pass through a PyTorch model, looked at: which module made what of which, as records and facts of layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway.diagnosis.evidence import LayerFacts, ParameterFacts
from cutaway.diagnosis.layer_facts import RECTIFIERS, alike
from cutaway.layers.initializers import fans
from cutaway.losses import Loss
from cutaway.records import LayerVitals, NetworkVitals
from cutaway.training.observe import SATURATED, norm
from cutaway.training.score import score_of

# PyTorch's modules by the names of layers here.
KINDS = {
    "Linear": "Dense", "Conv1d": "Convolution", "Conv2d": "Convolution", "BatchNorm1d": "BatchNorm",
    "BatchNorm2d": "BatchNorm", "Dropout1d": "Dropout", "Dropout2d": "Dropout", "GroupNorm": "LayerNorm",
    "LogSoftmax": "LogSoftmax",
}  # fmt: skip
# Functions that `forward` may call itself, by the nodes that they leave in the graph.
FUNCTIONS = {
    "SoftmaxBackward0": "Softmax", "LogSoftmaxBackward0": "LogSoftmax", "SigmoidBackward0": "Sigmoid",
    "TanhBackward0": "Tanh", "ReluBackward0": "ReLU", "LeakyReluBackward0": "LeakyReLU", "EluBackward0": "ELU",
    "GeluBackward0": "GELU", "SiluBackward0": "SiLU", "MishBackward0": "Mish", "SoftplusBackward0": "Softplus",
}  # fmt: skip
# Nodes that hand on what they are given.
HANDING_ON = ("ViewBackward0", "ReshapeAliasBackward0", "UnsafeViewBackward0", "SqueezeBackward0", "SqueezeBackward1",
              "UnsqueezeBackward0", "AliasBackward0", "CloneBackward0", "ToCopyBackward0")  # fmt: skip


@dataclass
class Seen:
    """What one layer did in a pass.

    path      of the module; of a function, its name around the path of what it is given ("relu(fc1)"), its name alone
              where that is none or a mixture
    follows   path of the layer whose output it is given, None where that is none, or a mixture
    output    the tensor, kept so that no other has its id
    numbers   in it, as they were when it was made: what comes after may write over them
    blame     the loss's gradient with respect to it
    """

    path: str
    kind: str
    follows: str | None
    output: Any
    numbers: np.ndarray
    settings: dict[str, float | str] = field(default_factory=dict)
    blame: np.ndarray | None = None


class Pass:
    """The layers of one pass in the order of computation, modules and functions between them alike.

    blamed   whether the gradient of each output is to be kept as well
    """

    def __init__(self, blamed: bool) -> None:
        self.blamed = blamed
        self.seen: dict[str, Seen] = {}
        self._tensors: dict[int, str] = {}
        self._nodes: dict[Any, str] = {}

    def computed(self, path: str, module: Any, given: Any, output: Any) -> None:
        """Keep what a module made of what it was given; the first time, where it is called several times."""
        if path in self.seen or not hasattr(output, "detach"):
            return
        node = output.grad_fn
        written_over = given is output and node is not None  # what was given stands before the node of what came of it
        follows = self._made_by(node.next_functions[0][0], None) if written_over else self.source(given)
        kind = KINDS.get(type(module).__name__, type(module).__name__)
        numbers = np.array(array_of(output))
        settings: dict[str, float | str] = {}
        if kind == "Dropout":
            settings["rate"] = float(module.p)
        if kind in ("Softmax", "LogSoftmax"):
            settings["axis"] = _axis(-1 if module.dim is None else int(module.dim), numbers.ndim)
        self._keep(Seen(path, kind, follows, output, numbers, settings), node)

    def source(self, tensor: Any) -> str | None:
        """Return the path of the layer that made a tensor; a function that did becomes one."""
        if not hasattr(tensor, "grad_fn"):
            return None
        node = tensor.grad_fn
        return self._tensors.get(id(tensor)) if node is None else self._made_by(node, tensor)

    def _made_by(self, node: Any, tensor: Any) -> str | None:
        """Return the path of the layer that a node of the graph belongs to; `tensor` is what it gave, if that is known.

        A function whose result is neither at hand nor kept by the graph is passed over.
        """
        while node is not None and node not in self._nodes and node.name() in HANDING_ON:
            node = node.next_functions[0][0]
        if node is None or node in self._nodes:
            return self._nodes.get(node)
        kind = FUNCTIONS.get(node.name())
        if kind is None:
            return None
        follows = self._made_by(node.next_functions[0][0], None)
        given = tensor if tensor is not None else getattr(node, "_saved_result", None)
        if given is None:
            return follows
        path = f"{kind.lower()}({follows})" if follows is not None else kind.lower()
        if path in self.seen:
            path += f" {1 + sum(each.startswith(path) for each in self.seen)}"
        numbers = np.array(array_of(given))
        settings: dict[str, float | str] = {}
        if kind in ("Softmax", "LogSoftmax"):
            dim = int(node._saved_dim)
            settings["axis"] = _axis(dim - 2**64 if dim >= 2**63 else dim, numbers.ndim)
        self._keep(Seen(path, kind, follows, given, numbers, settings), node)
        return path

    def _keep(self, seen: Seen, node: Any) -> None:
        self.seen[seen.path] = seen
        self._tensors[id(seen.output)] = seen.path
        if node is None:
            return
        self._nodes[node] = seen.path
        if self.blamed and seen.output.requires_grad:
            seen.output.register_hook(lambda blame: setattr(seen, "blame", array_of(blame)))


def _axis(dim: int, axes: int) -> float:
    """Return the axis of a softmax counted from the last where that is the units' own; channels of pictures are."""
    return -1.0 if dim in (-1, axes - 1) or (axes == 4 and dim in (1, -3)) else float(dim)


def vitals_of(
    seen: Seen, step: int, before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray], grads: Mapping[str, Any]
) -> LayerVitals:
    """Return a layer's vitals, of its parameters before a step and after it, by their paths."""
    own = own_of(seen.path, before)
    weight = norm([before[key] for key in own])
    change = norm([after[key] - before[key] for key in own])
    return LayerVitals(
        epoch=0,
        step=step,
        path=seen.path,
        kind=seen.kind,
        output_mean=float(seen.numbers.mean()),
        output_std=float(seen.numbers.std()),
        silent=float(np.mean(np.abs(units_of(seen.numbers)).max(axis=0) == 0)),
        saturated=_saturated(seen.kind, seen.numbers),
        weight_norm=weight if own else None,
        gradient_norm=norm([grads[key] for key in own]) if own else None,
        update_ratio=change / weight if own and weight > 0 else None,
    )


def whole_of(
    loss: Loss,
    outputs: np.ndarray,
    targets: np.ndarray,
    value: float,
    step: int,
    validation: float | None,
    gradient: float,
    decayed: float,
) -> NetworkVitals:
    """Return the vitals of the whole, of outputs and targets as a loss of this package wants them.

    gradient, decayed   length of the gradient, and of what weight decay adds to it
    """
    score, commonest = score_of(loss, outputs, targets)
    return NetworkVitals(
        epoch=0,
        step=step,
        loss=value,
        settled=value,
        score=score,
        validation_score=validation,
        output_std=float(np.std(outputs, axis=0).mean()),
        commonest=commonest,
        gradient_norm=gradient,
        agreement=None,
        penalty=decayed / (gradient + decayed) if decayed else 0.0,
    )


def facts_of(
    seen: Mapping[str, Seen],
    before: Mapping[str, np.ndarray],
    grads: Mapping[str, np.ndarray],
    moved: Mapping[str, bool],
    reached: Mapping[str, bool],
) -> dict[str, LayerFacts]:
    """Return the facts of the layers as they were before the first step.

    moved     of each parameter, whether the optimizer holds it and it asks for a gradient
    reached   whether it got one
    """
    after = {each.follows: each.kind for each in reversed(list(seen.values())) if each.follows is not None}
    found = {}
    for path, each in seen.items():
        numbers = np.moveaxis(each.numbers, 1, -1) if each.numbers.ndim == 4 else each.numbers
        numbers, blame = numbers.astype(np.float64), each.blame
        parameters = [
            _parameter(key, before[key], grads[key], after.get(path) in RECTIFIERS, moved[key], reached[key])
            for key in own_of(path, before)
        ]
        found[path] = LayerFacts(
            path=path, kind=each.kind, follows=each.follows, units=units_of(each.numbers).shape[-1],
            shape=tuple(numbers.shape[1:]), output_mean=float(numbers.mean()), output_std=float(numbers.std()),
            output_low=float(numbers.min()), output_high=float(numbers.max()),
            blame_rms=0.0 if blame is None else float(np.sqrt(np.mean(np.square(blame)))),
            settings=each.settings, parameters=tuple(parameters),
        )  # fmt: skip
    return found


def _parameter(
    key: str, array: np.ndarray, gradient: np.ndarray, relu: bool, moved: bool, reached: bool
) -> ParameterFacts:
    # PyTorch keeps (out, in, window); here it is (window, in, out).
    array, gradient = (np.moveaxis(part, (0, 1), (-1, -2)) if part.ndim > 1 else part for part in (array, gradient))
    fan_in, fan_out = fans(array.shape)
    wanted = 0.0
    if array.ndim > 1:
        wanted = float(np.sqrt(2 / fan_in)) if relu else float(np.sqrt(2 / (fan_in + fan_out)))
    return ParameterFacts(
        path=key, shape=tuple(array.shape), fan_in=fan_in, fan_out=fan_out, mean=float(array.mean()),
        std=float(array.std()), wanted=wanted, alike=alike(array, gradient),
        gradient=float(np.sqrt(np.mean(np.square(gradient, dtype=np.float64)))), moved=moved, reached=reached,
    )  # fmt: skip


def own_of(path: str, parameters: Mapping[str, Any]) -> list[str]:
    """Return the paths of a module's own parameters.

    >>> own_of("0", {"0.weight": 1, "0.bias": 2, "0.norm.weight": 3, "1.weight": 4})
    ['0.weight', '0.bias']
    """
    return [key for key in parameters if key.rpartition(".")[0] == path]


def array_of(value: Any) -> np.ndarray:
    """Return a tensor's numbers; those of a tensor on the processor are its own, not a copy."""
    array: np.ndarray = value.detach().float().cpu().numpy() if value.is_floating_point() else value.cpu().numpy()
    return array


def units_of(numbers: np.ndarray) -> np.ndarray:
    """Return rows of units: the second axis of PyTorch's pictures, the last of all else.

    >>> units_of(np.zeros((5, 3, 8, 8))).shape, units_of(np.zeros((5, 7, 2))).shape
    ((320, 3), (35, 2))
    """
    if numbers.ndim == 4:
        numbers = np.moveaxis(numbers, 1, -1)
    return numbers.reshape(-1, numbers.shape[-1] if numbers.ndim > 1 else 1)


def _saturated(kind: str, numbers: np.ndarray) -> float | None:
    if kind == "Tanh":
        return float(np.mean(np.abs(numbers) > 1 - 2 * SATURATED))
    if kind in ("Sigmoid", "Softmax"):
        return float(np.mean((numbers < SATURATED) | (numbers > 1 - SATURATED)))
    return None
