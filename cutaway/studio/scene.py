"""The scene: everything that stands still while a network trains. Layers, data, choices, branches, the ladder."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from cutaway.data.bundled import BUNDLED
from cutaway.explain.step import rule
from cutaway.layers import ELU, Activation, Conv2D, Dense, Layer, LeakyReLU, MultiHeadAttention, Sequential
from cutaway.optimizers import BY_NAME as OPTIMIZERS
from cutaway.studio.ahead import asked, turned_out
from cutaway.studio.case import Case
from cutaway.studio.ladder import LADDER
from cutaway.studio.lessons import listed
from cutaway.studio.protocol import MOST_BYTES
from cutaway.studio.shaping import ACTIVATIONS, LAYERS, described, losses_for, name_of, optimizer_name, optimizer_short
from cutaway.studio.views import NORMS
from cutaway.studio.way import Way
from cutaway.studio.words import ALWAYS, SCHEDULES, TEXTS, VITALS, said

if TYPE_CHECKING:
    from cutaway.studio.session import Session

# Formulas of layers in letters; others show the first line of what they say of themselves.
FORMULAS = {
    "Dense": "y = x weight + bias", "ReLU": "y = max(0, x)", "Tanh": "y = tanh x", "Sigmoid": "y = 1 / (1 + e⁻ˣ)",
    "Identity": "y = x", "LeakyReLU": "y = x where x > 0, else 0.01 x", "Step": "y = 1 where x > 0, else 0",
    "GELU": "y = x Φ(x)", "SiLU": "y = x σ(x)", "ELU": "y = x where x > 0, else eˣ − 1", "Softplus": "y = ln(1 + eˣ)",
    "BatchNorm": "y = (x − mean) / √(variance + ε) · weight + bias, over the rows of a batch",
    "LayerNorm": "y = (x − mean) / √(variance + ε) · weight + bias, over the units of a row",
    "RMSNorm": "y = x / √(mean x² + ε) · weight", "Dropout": "y = x / (1 − rate) where kept, else 0",
    "MultiHeadAttention": "y = softmax(Q Kᵀ / √d) V, by head", "Embedding": "y = table[x]",
    "LearnedPositions": "y = x + table[place]", "Residual": "y = x + inner(x)", "Softmax": "y = eˣ / Σ eˣ",
}  # fmt: skip
LOSS_FORMULAS = {
    "SquaredError": "L = mean (y − t)²", "AbsoluteError": "L = mean |y − t|", "ResidualSumOfSquares": "L = Σ (y − t)²",
    "Huber": "L = ½ (y − t)² near the truth, |y − t| far from it", "CrossEntropy": "L = −Σ t ln softmax(y)",
    "BinaryCrossEntropy": "L = −t ln σ(y) − (1 − t) ln(1 − σ(y))", "Hinge": "L = max(0, 1 − t y)",
}  # fmt: skip
HEADER = 64 << 10  # bytes of a message that a dropped file leaves to its name and the rest
BENDS = (Activation, LeakyReLU, ELU)  # what bends the sums of a column, with settings of its own or without
MANY_UNITS = 512  # of a layer: beyond that there is no drawing of a chain


def scene(session: Session) -> dict[str, Any]:
    """Return the scene of a session as plain data."""
    case, way, selected = session.case, session.way, session.selected
    return {
        "version": session.version,
        "opened": session.opened,
        "title": case.title,
        "rung": case.rung,
        "left": None if session.left is None else {"title": session.left.case.title, "step": session.left.now.step},
        "data": data_told(case),
        "network": network_told(case),
        "training": training_told(case, way, session.speed),
        "time": session.time(wait=False),
        "branches": branches_told(session),
        "edits": {"undo": len(session.done), "redo": len(session.undone)},
        "selection": {
            "part": selected.part,
            "example": selected.example,
            "parameter": None
            if selected.parameter is None
            else {"path": selected.parameter[0], "index": list(selected.parameter[1])},
        },
        "ladder": [
            {"name": rung.name, "title": rung.title, "shows": rung.shows, "network": rung.words,
             "here": rung.name == case.rung, "asks": asked(rung.name),
             "found": turned_out(rung.name) if rung.name == case.rung else None}
            for rung in LADDER
        ],
        "lessons": listed(None if session.lesson is None else session.lesson.lesson.name),
        "sources": {
            "bundled": [{"name": name, "target": target} for name, target in BUNDLED.items()],
            "most_bytes": MOST_BYTES - HEADER,
        },
        "choices": choices(case),
        "can": can(case),
        "notes": [*case.material.notes, *session.history.notes()],
        "words": words_told(case, way),
    }  # fmt: skip


def data_told(case: Case) -> dict[str, Any]:
    """Return what the data are."""
    material = case.material
    shape = material.x.shape[1:]
    return {
        "name": material.name,
        "kind": material.kind,
        "rows": len(material.training),
        "held_out": len(material.held_out),
        "columns": [{**vars(column), "used": column.used} for column in material.columns],
        "inputs": list(material.inputs),
        "target": material.target,
        "task": material.task,
        "classes": list(material.classes),
        "outputs": list(material.outputs),
        "axes": [vars(axis) for axis in material.axes],
        "picture": list(shape) if material.kind == "pictures" and len(shape) == 3 else None,
        "letters": list(material.letters) or None,
        "examples": [material.text(int(place)) for place in material.training[:50]] if material.letters else [],
    }


def network_told(case: Case) -> dict[str, Any]:
    """Return what the network is: its layers and, of a chain of dense ones, how it is drawn."""
    network, material = case.network, case.material
    moment = case.first_moment
    _, taps = case.taps(moment, material.x[:1])
    shapes = {tap.path: tuple(np.asarray(tap.output).shape[1:]) for tap in taps}
    layers = []
    for path, layer in network.named_layers():
        if path == "" and list(layer.children()):
            continue
        layers.append(_layer_told(path, layer, shapes.get(path)))
    columns = drawn(case)
    sizes = [str(column["units"]) for column in columns]
    words = " → ".join(sizes) if sizes else type(network).__name__
    return {
        "words": f"{words}, {case.weights:,} weights",
        "weights": case.weights,
        "dtype": str(np.dtype(network.dtype)),
        "editable": case.editable and described(network) is not None,
        "chain": described(network),
        "layers": layers,
        "columns": columns,
    }


def _layer_told(path: str, layer: Layer, shape: tuple[int, ...] | None) -> dict[str, Any]:
    kind = type(layer).__name__
    said = (type(layer).__doc__ or kind).strip().splitlines()[0]
    declared = {name: getattr(layer, name) for name in layer._declared}
    return {
        "path": path,
        "kind": kind,
        "words": repr(layer),
        "formula": FORMULAS.get(kind, said),
        "units": shape[-1] if shape else None,
        "shape": list(shape or ()),
        "parameters": [
            {"path": f"{path}.{name}" if path else name, "name": name, "shape": list(np.shape(array)),
             "learned": type(layer._declared[name]).__name__ == "Parameter"}
            for name, array in declared.items()
        ],
    }  # fmt: skip


def drawn(case: Case) -> list[dict[str, Any]]:
    """Return the columns of neurons of a chain of dense layers; none where the network is something else."""
    network, material = case.network, case.material
    chain = list(network.layers) if isinstance(network, Sequential) else []
    if not chain or material.x.ndim != 2 or not any(isinstance(layer, Dense) for layer in chain):
        return []
    if not all(isinstance(layer, (Dense, *BENDS, *NORMS)) or type(layer).__name__ == "Dropout" for layer in chain):
        return []
    dense = [place for place, layer in enumerate(chain) if isinstance(layer, Dense)]
    if not isinstance(chain[0], Dense) or max(chain[place].units for place in dense) > MANY_UNITS:
        return []
    width = material.x.shape[1]
    columns: list[dict[str, Any]] = [
        {"label": "inputs", "units": width, "names": list(material.inputs) or [""] * width, "weight": None,
         "bias": None, "sum": None, "out": None, "activation": None}
    ]  # fmt: skip
    for number, place in enumerate(dense, 1):
        layer: Any = chain[place]
        end = dense[number] if number < len(dense) else len(chain)
        bent = [type(each).__name__ for each in chain[place + 1 : end] if isinstance(each, BENDS)]
        last = number == len(dense)
        columns.append({
            "label": "output" if last else f"layer {number}", "units": layer.units,
            "names": list(material.outputs) if last and len(material.outputs) == layer.units else [""] * layer.units,
            "weight": f"{place}.weight", "bias": f"{place}.bias" if layer.has_bias else None, "sum": str(place),
            "out": str(end - 1), "activation": bent[0] if bent else None,
        })  # fmt: skip
    return columns


def training_told(case: Case, way: Way, speed: float | None) -> dict[str, Any]:
    """Return how it is trained."""
    stepper = case.stepper(way)
    rate = float(way.optimizer.learning_rate.rate)  # of a schedule that which it scales: at its begin it may be 0
    kind = type(way.loss).__name__
    return {
        "loss": {"name": name_of(way.loss, case.material, case.output_shape[-1]), "words": repr(way.loss),
                 "formula": LOSS_FORMULAS.get(kind, kind)},
        "optimizer": {"name": optimizer_name(way.optimizer), "words": repr(way.optimizer),
                      "short": optimizer_short(way.optimizer), "rule": rule(way.optimizer), "rate": rate},
        "batch_size": way.batch_size,
        "seed": way.seed,
        "steps_of_epoch": stepper.per_epoch,
        "speed": speed,
        "engine": stepper.way.engine,
    }  # fmt: skip


def branches_told(session: Session) -> list[dict[str, Any]]:
    """Return the branches of the history."""
    return [
        {"number": branch.number, "parent": branch.parent, "from": branch.begin, "last": branch.last, "why": branch.why}
        for branch in list(session.history.branches.values())
    ]


def choices(case: Case) -> dict[str, Any]:
    """Return what can be chosen for this network and these rows."""
    return {
        "activations": list(ACTIVATIONS),
        "losses": list(losses_for(case.material, case.output_shape[-1])),
        "optimizers": list(OPTIMIZERS),
        "layers": [{"kind": kind, "settings": settings} for kind, settings in LAYERS.items()],
    }


def words_told(case: Case, way: Way) -> dict[str, str]:
    """Return the sentence of each of the field's words that is met on the page of this network."""
    kinds = [type(layer).__name__ for _, layer in case.network.named_layers()]
    losses, metric = losses_for(case.material, case.output_shape[-1]), "accuracy" if case.material.classes else "R²"
    made = list(LAYERS) if case.editable else []
    texts = list(TEXTS) if case.material.letters else []
    plans = [word for word in SCHEDULES if word in repr(way.optimizer)]
    optimizers = list(OPTIMIZERS) if case.editable else [optimizer_name(way.optimizer)]
    return said([*ALWAYS, *kinds, *made, *losses, *optimizers, metric, *VITALS, *texts, *plans])


def can(case: Case) -> dict[str, Any]:
    """Return which views this network and these rows allow."""
    material = case.material
    kinds = [layer for _, layer in case.network.named_layers()]
    axes = len(material.axes)
    forms = ["numpy", "pytorch"] + (["onnx"] if find_spec("onnx") is not None else [])
    return {
        "boundary": None if not axes else "curve" if axes == 1 else "plane",
        "projection": material.table is not None and material.x.ndim == 2 and material.x.shape[1] > 2,
        "attention": bool(material.letters) and any(isinstance(layer, MultiHeadAttention) for layer in kinds),
        "saliency": material.kind == "pictures",
        "filters": any(isinstance(layer, Conv2D) for layer in kinds),
        "norms": any(isinstance(layer, NORMS) for layer in kinds),
        "capacity": material.x.ndim == 2 and material.kind == "numbers",
        "diagnosis": True,
        "export": forms,
    }
