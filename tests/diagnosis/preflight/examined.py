"""Networks as they are examined before the first step: healthy ones of many kinds, and whatever a test breaks."""

from functools import cache

import numpy as np

import cutaway as ca
from cutaway.data.targets import ClassTarget, NumberTarget
from cutaway.diagnosis.examination import examine
from cutaway.layers import Standardize
from cutaway.losses import as_loss
from cutaway.optimizers import as_optimizer
from cutaway.recipes.image import image_recipe
from cutaway.recipes.realmlp import realmlp
from cutaway.recipes.tabm import tabm
from cutaway.recipes.text import gpt
from cutaway.training.plan import Plan
from cutaway.training.step import Batch

RANDOM = np.random.default_rng(7)
X = RANDOM.standard_normal((400, 6)).astype(np.float32)
NUMBERS = (np.sin(2 * X[:, :1]) + X[:, 1:2] * X[:, 2:3]).astype(np.float32)
NUMBERS = (NUMBERS - NUMBERS.mean()) / NUMBERS.std()
CLASSES = (X[:, 0] + X[:, 1] ** 2 > 0.5).astype(int) + (X[:, 3] > 0.7)
YES_NO = (X[:, 0] * X[:, 1] > 0).astype(np.float32)
SEVERAL = np.stack([YES_NO, X[:, 2] > 0.3, X[:, 3] > -0.5], axis=1).astype(np.float32)
PICTURES = RANDOM.standard_normal((90, 8, 8, 1)).astype(np.float32)
SERIES = RANDOM.standard_normal((90, 7, 3)).astype(np.float32)
TOKENS = RANDOM.integers(0, 12, (60, 9))

NUMBER, ABC = NumberTarget("y", 0.0, 1.0, -3.0, 3.0), ClassTarget("y", ("a", "b", "c"))


def evidence_of(network, x, y, loss, optimizer="adam", epochs=50, batch_size=32):
    """Return the evidence on a network before its first step, as `fit` makes it."""
    criterion = as_loss(loss)
    network.build(x, 0)
    targets = criterion.prepare(y, (len(x), *network(x[:1]).shape[1:]))
    if targets.dtype.kind == "f":
        targets = targets.astype(np.float32)
    plan = Plan(epochs=epochs, batch_size=batch_size)
    return examine(network, criterion, as_optimizer(optimizer), Batch(x, targets, None), None, plan)


def net(*layers):
    return ca.Sequential(*layers)


def mlp(*tail, activation=ca.ReLU, **given):
    """Return two hidden layers and a tail."""
    return net(ca.Dense(24, **given), activation(), ca.Dense(24, **given), activation(), *tail)


class PyTorchs(ca.Initializer):
    """w ~ U(−1/√fan in, 1/√fan in), what PyTorch starts a linear layer from."""

    def __call__(self, random, shape):
        limit = 1 / np.sqrt(np.prod(shape[:-1]))
        return random.uniform(-limit, limit, shape)


class Wave(ca.Layer):
    """y = x + sin² (a x), a layer that is not of the package, with a gradient that follows."""

    def __init__(self):
        self.factor = ca.Parameter(("features",), ca.Constant(1.0))

    def forward(self, x, ctx):
        return x + ca.ops.sin(x * self.factor) ** 2.0


class Pinball(ca.losses.Loss):
    """The loss of the quantile 0.7, not of the package."""

    def rows(self, outputs, targets):
        left = targets - outputs
        return ca.ops.mean(ca.ops.maximum(0.7 * left, -0.3 * left), axis=1)


# Each makes (network, X, y, loss) that is well, and where a check must find nothing.
HEALTHY = {
    "relu": lambda: (mlp(ca.Dense(1)), X, NUMBERS, "squared_error"),
    "tanh": lambda: (mlp(ca.Dense(3), activation=ca.Tanh, initializer=ca.Glorot()), X, CLASSES, "cross_entropy"),
    "gelu": lambda: (mlp(ca.Dense(1), activation=ca.GELU), X, YES_NO, "binary_cross_entropy"),
    "sigmoid hidden": lambda: (mlp(ca.Dense(1), activation=ca.Sigmoid, initializer=ca.Glorot()), X, NUMBERS, "huber"),
    "sigmoid head": lambda: (mlp(ca.Dense(1), ca.Sigmoid()), X, YES_NO, ca.BinaryCrossEntropy(from_logits=False)),
    "softmax head": lambda: (mlp(ca.Dense(3), ca.Softmax()), X, CLASSES, ca.CrossEntropy(from_logits=False)),
    "softmax, then dropout of nothing": lambda: (
        mlp(ca.Dense(3), ca.Softmax(axis=1), ca.Identity()), X, CLASSES, ca.CrossEntropy(from_logits=False)
    ),
    "several labels": lambda: (mlp(ca.Dense(3), ca.Sigmoid()), X, SEVERAL, ca.BinaryCrossEntropy(from_logits=False)),
    "shares": lambda: (mlp(ca.Dense(1), ca.Sigmoid()), X, 0.2 + 0.6 * YES_NO, "squared_error"),
    "tanh head": lambda: (mlp(ca.Dense(1), ca.Tanh()), X, np.tanh(NUMBERS), "squared_error"),
    "relu head of counts": lambda: (mlp(ca.Dense(1), ca.ReLU()), X, np.abs(NUMBERS), "squared_error"),
    "hinge": lambda: (mlp(ca.Dense(1)), X, YES_NO, "hinge"),
    "line": lambda: (net(ca.Dense(1)), X, NUMBERS, "squared_error"),
    "logistic": lambda: (net(ca.Dense(3), ca.Softmax()), X, CLASSES, ca.CrossEntropy(from_logits=False)),
    "autoencoder": lambda: (net(ca.Dense(2), ca.Dense(6)), X, X, "squared_error"),
    "low rank": lambda: (net(ca.Dense(24), ca.ReLU(), ca.Dense(4), ca.Dense(24), ca.ReLU(), ca.Dense(1)), X, NUMBERS,
                         "squared_error"),
    "last layer at zero": lambda: (mlp(ca.Dense(3, initializer=ca.Constant(0.0))), X, CLASSES, "cross_entropy"),
    "orthogonal": lambda: (mlp(ca.Dense(1), initializer=ca.Orthogonal()), X, NUMBERS, "squared_error"),
    "LeCun": lambda: (mlp(ca.Dense(1), activation=ca.SELU, initializer=ca.LeCun()), X, NUMBERS, "squared_error"),
    "PyTorch's weights, eight layers": lambda: (
        net(*[layer for _ in range(8) for layer in (ca.Dense(32, initializer=PyTorchs()), ca.ReLU())],
            ca.Dense(1, initializer=PyTorchs())), X, NUMBERS, "squared_error",
    ),
    "ntk": lambda: (mlp(ca.Dense(1, ntk=True, initializer=ca.Normal()), ntk=True, initializer=ca.Normal()), X, NUMBERS,
                    "squared_error"),
    "batch norm, tiny weights": lambda: (
        net(*[each for _ in "four" for each in (ca.Dense(9, initializer=ca.Normal(0.01)), ca.BatchNorm(), ca.ReLU())],
            ca.Dense(3)), X, CLASSES, "cross_entropy",
    ),
    "residual, branches at zero": lambda: (
        net(ca.Dense(16), *[
            ca.Residual(net(ca.LayerNorm(), ca.Dense(32), ca.ReLU(), ca.Dense(16, initializer=ca.Constant(0.0))))
            for _ in range(3)
        ], ca.Dense(1)), X, NUMBERS, "squared_error",
    ),
    "dropout": lambda: (net(ca.Dense(32), ca.ReLU(), ca.Dropout(0.5), ca.Dense(3)), X, CLASSES, "cross_entropy"),
    "convolution": lambda: (
        net(ca.Conv2D(4, 3), ca.ReLU(), ca.MaxPool2D(2), ca.Conv2D(8, 3), ca.BatchNorm(), ca.ReLU(), ca.Flatten(),
            ca.Dense(3)), PICTURES, np.arange(90) % 3, "cross_entropy",
    ),
    "recurrent": lambda: (net(ca.LSTM(8), ca.GRU(8), ca.Dense(1)), SERIES,
                          SERIES.cumsum(axis=1)[:, :, :1] / 3, "squared_error"),
    "transformer": lambda: (gpt(12, layers=2, heads=2, width=8), TOKENS[:, :-1], TOKENS[:, 1:], "cross_entropy"),
    "tied": lambda: (_tied(), TOKENS[:, :-1], TOKENS[:, 1:], "cross_entropy"),
    "members": lambda: (
        net(ca.MemberScale(4), ca.Dense(16), ca.ReLU(), ca.MemberDense(1, 4, initializer=ca.LeCun())), X, NUMBERS,
        ca.losses.MeanOverMembers(ca.losses.SquaredError()),
    ),
    "RealMLP": lambda: _of_recipe(realmlp(6, (), NUMBER), X, NUMBERS),
    "RealMLP of classes": lambda: _of_recipe(realmlp(6, (), ABC), X, CLASSES),
    "TabM": lambda: _of_recipe(tabm(6, (), NUMBER, epochs=20, batch_size=32, members=4), X, NUMBERS),
    "pictures": lambda: _of_recipe(
        image_recipe(90, Standardize([0.0], [1.0]), (8, 8), 3, effort="quick"), PICTURES, np.arange(90) % 3
    ),
    "a layer and a loss of one's own": lambda: (net(ca.Dense(16), Wave(), ca.Dense(1)), X, NUMBERS, Pinball()),
}  # fmt: skip


def _of_recipe(recipe, x, y):
    return recipe.network, x, y, recipe.loss


def _tied():
    words = ca.Embedding(12, 8, initializer=ca.Normal(0.02))
    return net(words, ca.TransformerBlock(2), ca.RMSNorm(), ca.Unembedding(words))


@cache
def healthy(name):
    """Return the evidence on a healthy network."""
    return evidence_of(*HEALTHY[name]())
