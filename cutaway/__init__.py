"""cutaway: neural networks with the gears showing."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from cutaway import losses, metrics, ops, optimizers, schedules
from cutaway.autodiff import check_gradients, gradients
from cutaway.backends.random import Random
from cutaway.errors import InputError, TrainingWarning
from cutaway.layers import *  # noqa: F403 - the layers, initializers and their base, as layers/__init__ lists them
from cutaway.layers import __all__ as _layers
from cutaway.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    ClassificationError,
    CrossEntropy,
    Hinge,
    Huber,
    Loss,
    MeanOverMembers,
    ResidualSumOfSquares,
    SquaredError,
)
from cutaway.optimizers import (
    Adam,
    AdamW,
    GradientDescent,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
)
from cutaway.runs.fit import fit
from cutaway.runs.run import Run
from cutaway.schedules import (
    ConstantRate,
    Cosine,
    CosLog4,
    Exponential,
    FlatCos,
    OneCycle,
    Schedule,
    StepDecay,
    WarmUp,
)
from cutaway.studio.called import studio
from cutaway.tensor import Tensor, as_tensors
from cutaway.training.loop import StopTraining
from cutaway.version import __version__

if _TYPE_CHECKING:
    from cutaway import recipes
    from cutaway.estimators import NetworkClassifier, NetworkRegressor
    from cutaway.explain import approximate, bias_variance, curvature
    from cutaway.explain.step import step
    from cutaway.explain.trace import trace
    from cutaway.export import from_onnx, from_pytorch
    from cutaway.runs.compare import compare
    from cutaway.runs.landscape import landscape
    from cutaway.runs.load import load
    from cutaway.runs.picture_run import PictureRun
    from cutaway.runs.table_run import TableRun
    from cutaway.runs.text_run import TextRun
    from cutaway.runs.train import train

# What reads tables and files is imported when it is first asked for: `import cutaway` stays quick.
_LATER = {
    "approximate": "cutaway.explain",
    "bias_variance": "cutaway.explain",
    "curvature": "cutaway.explain",
    "landscape": "cutaway.runs.landscape",
    "NetworkClassifier": "cutaway.estimators",
    "NetworkRegressor": "cutaway.estimators",
    "compare": "cutaway.runs.compare",
    "step": "cutaway.explain.step",
    "trace": "cutaway.explain.trace",
    "from_onnx": "cutaway.export",
    "from_pytorch": "cutaway.export",
    "load": "cutaway.runs.load",
    "train": "cutaway.runs.train",
    "PictureRun": "cutaway.runs.picture_run",
    "TableRun": "cutaway.runs.table_run",
    "TextRun": "cutaway.runs.text_run",
}

_FOLDERS = ("recipes",)

__all__ = [
    "AbsoluteError", "Adam", "AdamW", "BinaryCrossEntropy", "ClassificationError", "ConstantRate", "CosLog4", "Cosine",
    "CrossEntropy", "Exponential", "FlatCos", "GradientDescent", "Hinge", "Huber", "InputError", "Loss",
    "MeanOverMembers", "Momentum", "Nesterov", "NetworkClassifier", "NetworkRegressor", "OneCycle", "Optimizer",
    "PictureRun", "RMSProp", "Random", "ResidualSumOfSquares", "Run", "Schedule", "SquaredError", "StepDecay",
    "StopTraining", "TableRun", "Tensor", "TextRun", "TrainingWarning", "WarmUp", "__version__", "approximate",
    "as_tensors",
    "bias_variance", "check_gradients", "compare", "curvature", "fit", "from_onnx", "from_pytorch", "gradients",
    "landscape", "load", "losses", "metrics", "ops", "optimizers", "recipes", "schedules", "step", "studio", "trace",
    "train",
    *_layers,
]  # fmt: skip


def __getattr__(name: str) -> _Any:
    if name in _FOLDERS:
        return _import_module(f"cutaway.{name}")
    if name not in _LATER:
        raise AttributeError(f"module 'cutaway' has no attribute {name!r}")
    return getattr(_import_module(_LATER[name]), name)
