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
from cutaway.layers.column_embedding import ColumnEmbedding
from cutaway.layers.context import Context
from cutaway.layers.dense import Dense
from cutaway.layers.dropout import Dropout
from cutaway.layers.embedding import Embedding
from cutaway.layers.ensemble import Ensemble
from cutaway.layers.flatten import Flatten
from cutaway.layers.initializers import (
    Constant,
    Glorot,
    He,
    Initializer,
    LeCun,
    Normal,
    Orthogonal,
    Uniform,
)
from cutaway.layers.layer import Layer, Parameter, State
from cutaway.layers.layer_norm import LayerNorm
from cutaway.layers.residual import Residual
from cutaway.layers.sequential import Sequential
from cutaway.layers.softmax import Softmax

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "BatchNorm",
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
    "Mish",
    "Normal",
    "Orthogonal",
    "Parameter",
    "ReLU",
    "Residual",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "State",
    "Step",
    "Tanh",
    "Uniform",
]  # fmt: skip
