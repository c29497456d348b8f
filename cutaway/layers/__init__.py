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
from cutaway.layers.attention import MultiHeadAttention
from cutaway.layers.augmentation import Cutout, RandomFlip, RandomShift
from cutaway.layers.batch_norm import BatchNorm
from cutaway.layers.bidirectional import Bidirectional
from cutaway.layers.blend import Blend
from cutaway.layers.cache import Cache
from cutaway.layers.checkpoint import Checkpoint
from cutaway.layers.column_embedding import ColumnEmbedding
from cutaway.layers.context import Context
from cutaway.layers.convolution import Conv1D, Conv2D
from cutaway.layers.dense import Dense
from cutaway.layers.dropout import Dropout
from cutaway.layers.embedding import Embedding
from cutaway.layers.ensemble import Ensemble
from cutaway.layers.feed_forward import FeedForward
from cutaway.layers.fitted_initializers import RandomSimplex, UnitVariance
from cutaway.layers.flatten import Flatten
from cutaway.layers.graph import Graph
from cutaway.layers.gru import GRU
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
from cutaway.layers.lstm import LSTM
from cutaway.layers.members import MemberDense, MemberScale
from cutaway.layers.operation import Operation, Values
from cutaway.layers.parameter import Parameter, State
from cutaway.layers.parametric import Parametric
from cutaway.layers.periodic_embedding import PeriodicEmbedding
from cutaway.layers.pooling import (
    AveragePool1D,
    AveragePool2D,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool1D,
    MaxPool2D,
)
from cutaway.layers.positions import LearnedPositions
from cutaway.layers.repeat import Repeat
from cutaway.layers.residual import Residual
from cutaway.layers.rms_norm import RMSNorm
from cutaway.layers.scale import Scale
from cutaway.layers.sequential import Sequential
from cutaway.layers.simple_rnn import SimpleRNN
from cutaway.layers.softmax import Softmax
from cutaway.layers.standardize import Standardize
from cutaway.layers.transformer_block import TransformerBlock
from cutaway.layers.transposed_convolution import ConvTranspose1D, ConvTranspose2D
from cutaway.layers.unembedding import Unembedding

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "SELU",
    "Activation",
    "AveragePool1D",
    "AveragePool2D",
    "BatchNorm",
    "Bidirectional",
    "Blend",
    "Cache",
    "Checkpoint",
    "ColumnEmbedding",
    "Constant",
    "Context",
    "Conv1D",
    "Conv2D",
    "ConvTranspose1D",
    "ConvTranspose2D",
    "Cutout",
    "Dense",
    "Dropout",
    "Embedding",
    "Ensemble",
    "FeedForward",
    "Flatten",
    "GELUTanh",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Glorot",
    "Graph",
    "He",
    "Identity",
    "Initializer",
    "Layer",
    "LayerNorm",
    "LeCun",
    "LeakyReLU",
    "LearnedPositions",
    "MaxPool1D",
    "MaxPool2D",
    "MemberDense",
    "MemberScale",
    "Mish",
    "MultiHeadAttention",
    "Normal",
    "Operation",
    "Orthogonal",
    "Parameter",
    "Parametric",
    "PeriodicEmbedding",
    "RMSNorm",
    "RandomFlip",
    "RandomShift",
    "RandomSign",
    "RandomSimplex",
    "ReLU",
    "Repeat",
    "Residual",
    "Scale",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SimpleRNN",
    "Softmax",
    "Softplus",
    "Standardize",
    "State",
    "Step",
    "Tanh",
    "TransformerBlock",
    "Unembedding",
    "Uniform",
    "UnitVariance",
    "Values",
]  # fmt: skip
