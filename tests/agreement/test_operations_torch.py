"""Operations against PyTorch's autograd in float64: an answer from people who never saw our formulas."""

from __future__ import annotations

import numpy as np
import pytest

from cutaway import Tensor, gradients, ops

torch = pytest.importorskip("torch")
F = torch.nn.functional

random = np.random.default_rng(0)
X, Y = random.standard_normal((2, 5, 3)) * 2
W, B = random.standard_normal((2, 3))
TARGET = random.dirichlet(np.ones(3), 5)
Q, K, V = random.standard_normal((3, 2, 4, 3))
MASK = np.array([[True, False, True, True], [True, True, True, False], [False, True, False, False], [True] * 4])
WORDS = np.array([[0, 4, 0], [2, 2, 1]])
PICTURES = random.standard_normal((2, 4, 3, 3))


def torch_batch_norm(x, weight, bias):
    """PyTorch keeps the features in the second axis, we in the last."""
    return F.batch_norm(x.movedim(-1, 1), None, None, weight, bias, training=True).movedim(1, -1)


PAIRS = {
    "tanh": (ops.tanh, torch.tanh, (X,)),
    "sigmoid": (ops.sigmoid, torch.sigmoid, (X,)),
    "relu": (ops.relu, F.relu, (X,)),
    "leaky_relu": (ops.leaky_relu, F.leaky_relu, (X,)),
    "elu": (ops.elu, F.elu, (X,)),
    "selu": (ops.selu, F.selu, (X,)),
    "gelu": (ops.gelu, F.gelu, (X,)),
    "gelu_tanh": (ops.gelu_tanh, lambda x: F.gelu(x, approximate="tanh"), (X,)),
    "silu": (ops.silu, F.silu, (X,)),
    "softplus": (ops.softplus, F.softplus, (X,)),
    "mish": (ops.mish, F.mish, (X,)),
    "softmax": (ops.softmax, lambda x: F.softmax(x, -1), (X,)),
    "log_softmax": (ops.log_softmax, lambda x: F.log_softmax(x, -1), (X,)),
    "logsumexp": (lambda x: ops.logsumexp(x, axis=0), lambda x: torch.logsumexp(x, 0), (X,)),
    "variance": (lambda x: ops.variance(x, axis=0), lambda x: torch.var(x, 0, correction=0), (X,)),
    "max": (lambda x: ops.max(x, axis=1), lambda x: torch.amax(x, 1), (np.round(X),)),
    "cross_entropy": (ops.cross_entropy, lambda x, t: F.cross_entropy(x, t, reduction="none"), (X, TARGET)),
    "cross_entropy, large": (
        ops.cross_entropy, lambda x, t: F.cross_entropy(x, t, reduction="none"), (500 * X, TARGET),
    ),
    "binary_cross_entropy": (
        ops.binary_cross_entropy,
        lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction="none"),
        (500 * X, TARGET),
    ),
    "squared_error": (ops.squared_error, lambda p, t: F.mse_loss(p, t, reduction="none"), (X, Y)),
    "absolute_error": (ops.absolute_error, lambda p, t: F.l1_loss(p, t, reduction="none"), (X, Y)),
    "huber": (
        lambda p, t: ops.huber(p, t, delta=0.7),
        lambda p, t: F.huber_loss(p, t, reduction="none", delta=0.7),
        (X, Y),
    ),
    "layer_norm": (ops.layer_norm, lambda x, w, b: F.layer_norm(x, (3,), w, b), (X, W, B)),
    "batch_norm": (ops.batch_norm, torch_batch_norm, (X, W, B)),
    "batch_norm of pictures": (ops.batch_norm, torch_batch_norm, (PICTURES, W, B)),
    "embedding": (
        lambda table: ops.embedding(table, WORDS),
        lambda table: F.embedding(torch.from_numpy(WORDS), table),
        (X,),
    ),
    "take_along_axis": (
        lambda x: ops.take_along_axis(x, np.array([[0, 0], [2, 1], [1, 1], [2, 2], [0, 2]]), axis=1),
        lambda x: torch.gather(x, 1, torch.tensor([[0, 0], [2, 1], [1, 1], [2, 2], [0, 2]])),
        (X,),
    ),
    "attention": (ops.attention, F.scaled_dot_product_attention, (Q, K, V)),
    "attention, causal": (
        lambda *qkv: ops.attention(*qkv, causal=True),
        lambda *qkv: F.scaled_dot_product_attention(*qkv, is_causal=True),
        (Q, K, V),
    ),
    "attention, masked": (
        lambda *qkv: ops.attention(*qkv, mask=MASK),
        lambda *qkv: F.scaled_dot_product_attention(*qkv, attn_mask=torch.from_numpy(MASK)),
        (Q, K, V),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_agrees_with_torch(name):
    ours, theirs, operands = PAIRS[name]
    leaves = [Tensor(operand) for operand in operands]
    output = ours(*leaves)
    g = np.random.default_rng(1).standard_normal(output.shape)
    found = gradients(ops.sum(output * g), leaves)

    torch_leaves = [torch.tensor(operand, requires_grad=True) for operand in operands]
    expected = theirs(*torch_leaves)
    expected.backward(torch.from_numpy(g))

    np.testing.assert_allclose(output.value, expected.detach().numpy(), rtol=1e-12, atol=1e-12)
    for mine, leaf in zip(found, torch_leaves, strict=True):
        np.testing.assert_allclose(mine, leaf.grad.numpy(), rtol=1e-11, atol=1e-11)
