"""Mathematics: every operation with its formula, its result and its backward rule side by side.

Operations take NumPy arrays, JAX arrays or Tensors alike; with a Tensor among the operands the result is one.
"""

from cutaway.autodiff import checkpoint, repeat
from cutaway.ops.activations import (
    elu,
    gelu,
    gelu_tanh,
    identity,
    leaky_relu,
    mish,
    relu,
    selu,
    sigmoid,
    silu,
    softplus,
    step,
    tanh,
)
from cutaway.ops.arithmetic import add, divide, multiply, negative, power, subtract
from cutaway.ops.attention import attention, attention_weights, join_heads, split_heads
from cutaway.ops.batch_norm import batch_norm, batch_statistics
from cutaway.ops.convolution import convolution
from cutaway.ops.cross_entropy import binary_cross_entropy, cross_entropy
from cutaway.ops.dropout import dropout
from cutaway.ops.elementwise import abs, clip, cos, exp, log, maximum, minimum, sin, sqrt, where
from cutaway.ops.embedding import embedding
from cutaway.ops.erf import erf
from cutaway.ops.gru import gru
from cutaway.ops.indexing import index, take_along_axis
from cutaway.ops.layer_norm import layer_norm
from cutaway.ops.lstm import lstm
from cutaway.ops.matmul import matmul
from cutaway.ops.pooling import average_pool, max_pool
from cutaway.ops.reductions import logsumexp, max, mean, min, sum, variance
from cutaway.ops.regression import absolute_error, huber, squared_error
from cutaway.ops.rms_norm import rms_norm
from cutaway.ops.rotary import rotary
from cutaway.ops.shape import broadcast_to, concatenate, expand_dims, reshape, squeeze, stack, transpose
from cutaway.ops.simple_rnn import simple_rnn
from cutaway.ops.softmax import log_softmax, softmax
from cutaway.ops.transposed_convolution import transposed_convolution
from cutaway.ops.turns import cos_of_turns

__all__ = [
    "abs", "absolute_error", "add", "attention", "attention_weights", "average_pool", "batch_norm", "batch_statistics",
    "binary_cross_entropy", "broadcast_to", "checkpoint", "clip", "concatenate", "convolution", "cos", "cos_of_turns",
    "cross_entropy", "divide", "dropout", "elu", "embedding", "erf", "exp", "expand_dims", "gelu", "gelu_tanh", "gru",
    "huber", "identity", "index", "join_heads", "layer_norm", "leaky_relu", "log", "log_softmax", "logsumexp", "lstm",
    "matmul",
    "max", "max_pool", "maximum", "mean", "min", "minimum", "mish", "multiply", "negative", "power", "relu",
    "repeat", "reshape", "rms_norm", "rotary", "selu", "sigmoid", "silu", "simple_rnn", "sin",
    "softmax", "softplus", "split_heads", "sqrt", "squared_error", "squeeze", "stack",
    "step", "subtract", "sum", "take_along_axis", "tanh", "transpose", "transposed_convolution", "variance", "where",
]  # fmt: skip
