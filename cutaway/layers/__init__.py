"""Layers: what holds parameters, and which operations it applies to them."""

from cutaway.layers.activations import (
    ELU,
    GELU,
    SELU,
    Activation,
    GELUTanh,
    Identity,
    LeakyReLU,
    Mish,
    ReLU,
    Sigmoid,
    SiLU,
    Softplus,
    Step,
    Tanh,
)
from cutaway.layers.batch_norm import BatchNorm
from cutaway.layers.blend import Blend
from cutaway.layers.column_embedding import ColumnEmbedding
from cutaway.layers.context import Context
from cutaway.layers.dense import Dense
from cutaway.layers.dropout import Dropout
from cutaway.layers.embedding import Embedding
from cutaway.layers.ensemble import Ensemble
from cutaway.layers.fitted_initializers import RandomSimplex, UnitVariance
from cutaway.layers.flatten import Flatten
from cutaway.layers.initializers import (
    Constant,
    Glorot,
    He,
    Initializer,
    LeCun,
    Normal,
    Orthogonal,
    RandomSign,
    Uniform,
)
from cutaway.layers.layer import Layer
from cutaway.layers.layer_norm import LayerNorm
from cutaway.layers.members import MemberDense, MemberScale
from cutaway.layers.parameter import Parameter, State
from cutaway.layers.parametric import Parametric
from cutaway.layers.periodic_embedding import PeriodicEmbedding
from cutaway.layers.residual import Residual
from cutaway.layers.scale import Scale
from cutaway.layers.sequential import Sequential
from cutaway.layers.softmax import Softmax

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "BatchNorm",
    "Blend",
    "ColumnEmbedding",
    "Constant",
    "Context",
    "Dense",
    "Dropout",
    "Embedding",
    "Ensemble",
    "Flatten",
    "GELUTanh",
    "Glorot",
    "He",
    "Identity",
    "Initializer",
    "Layer",
    "LayerNorm",
    "LeCun",
    "LeakyReLU",
    "MemberDense",
    "MemberScale",
    "Mish",
    "Normal",
    "Orthogonal",
    "Parameter",
    "Parametric",
    "PeriodicEmbedding",
    "RandomSign",
    "RandomSimplex",
    "ReLU",
    "Residual",
    "Scale",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "State",
    "Step",
    "Tanh",
    "Uniform",
    "UnitVariance",
]  # fmt: skip
