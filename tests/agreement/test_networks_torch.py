"""Whole networks against PyTorch: the same weights in; the same outputs, gradients and ten steps out."""

from itertools import pairwise

import numpy as np
import pytest

from cutaway.autodiff import gradients
from cutaway.layers import (
    ELU,
    GELU,
    SELU,
    BatchNorm,
    Context,
    Dense,
    Embedding,
    Flatten,
    GELUTanh,
    LayerNorm,
    LeakyReLU,
    Mish,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from cutaway.losses import BinaryCrossEntropy, CrossEntropy, SquaredError
from cutaway.optimizers import Adam, AdamW, Nesterov
from cutaway.tensor import as_tensors

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional

STEPS, ROWS, FEATURES = 10, 12, 5
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(STEPS, ROWS, FEATURES))
WORDS = RANDOM.integers(0, 7, (STEPS, ROWS, 3))
NUMBERS, YES = RANDOM.normal(size=(STEPS, ROWS, 2)), RANDOM.integers(0, 2, (STEPS, ROWS, 2)).astype(float)
CLASSES = RANDOM.integers(0, 3, (STEPS, ROWS))


class Add(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return x + self.inner(x)


def linear(*sizes):
    return [nn.Linear(before, after) for before, after in pairwise(sizes)]


def activations():
    ours = [Tanh, Sigmoid, GELU, GELUTanh, SiLU, Mish, Softplus, SELU, ELU, LeakyReLU, ReLU]
    theirs = [
        nn.Tanh(), nn.Sigmoid(), nn.GELU(), nn.GELU("tanh"), nn.SiLU(), nn.Mish(), nn.Softplus(), nn.SELU(),
        nn.ELU(), nn.LeakyReLU(), nn.ReLU(),
    ]  # fmt: skip
    mine = [layer for kind in ours for layer in (Dense(6), kind())]
    other = [layer for i, kind in enumerate(theirs) for layer in (nn.Linear(6 if i else FEATURES, 6), kind)]
    return Sequential(*mine, Dense(2)), nn.Sequential(*other, nn.Linear(6, 2))


def batch_norm():
    a, b, c = linear(FEATURES, 8, 6, 3)
    ours = Sequential(Dense(8), BatchNorm(), ReLU(), Dense(6), BatchNorm(0.3, 1e-3), Tanh(), Dense(3))
    return ours, nn.Sequential(a, nn.BatchNorm1d(8), nn.ReLU(), b, nn.BatchNorm1d(6, 1e-3, 0.3), nn.Tanh(), c)


def residual():
    a, b, c, d = linear(FEATURES, 6, 8, 6, 2)
    ours = Sequential(
        Dense(6), Residual(Sequential(LayerNorm(), Dense(8), GELU(), Dense(6))), LayerNorm(1e-3), Dense(2)
    )
    block = Add(nn.Sequential(nn.LayerNorm(6), b, nn.GELU(), c))
    return ours, nn.Sequential(a, block, nn.LayerNorm(6, 1e-3), d)


def embedding():
    ours = Sequential(Embedding(7, 4), Flatten(), Dense(5), Softmax(), Dense(3))
    return ours, nn.Sequential(nn.Embedding(7, 4), nn.Flatten(), *linear(12, 5), nn.Softmax(-1), *linear(5, 3))


NETWORKS = {
    "activations": (
        activations, X, NUMBERS, SquaredError(), F.mse_loss,
        AdamW(0.01), lambda p: torch.optim.AdamW(p, 0.01),
    ),
    "batch norm": (
        batch_norm, X, CLASSES, CrossEntropy(label_smoothing=0.1),
        lambda p, t: F.cross_entropy(p, t, label_smoothing=0.1),
        Nesterov(0.02), lambda p: torch.optim.SGD(p, 0.02, momentum=0.9, nesterov=True),
    ),
    "residual": (
        residual, X, YES, BinaryCrossEntropy(), F.binary_cross_entropy_with_logits,
        Adam(0.01), lambda p: torch.optim.Adam(p, 0.01),
    ),
    "embedding": (
        embedding, WORDS, CLASSES, CrossEntropy(), F.cross_entropy,
        Adam(0.01, epsilon=1e-4), lambda p: torch.optim.Adam(p, 0.01, eps=1e-4),
    ),
}  # fmt: skip


def pairs(network, reference):
    """Yield our path, PyTorch's tensor, and whether that is turned: PyTorch keeps (out, in)."""
    turned = {id(module.weight) for module in reference.modules() if isinstance(module, nn.Linear)}
    for path, tensor in zip(network.parameters(), reference.parameters(), strict=True):
        yield path, tensor, id(tensor) in turned


def handed_over(network, reference):
    """Load PyTorch's weights into our network, moved away from special values such as 0 and 1."""
    arrays = {}
    with torch.no_grad():
        for path, tensor, turned in pairs(network, reference):
            tensor += torch.tensor(RANDOM.uniform(-0.1, 0.1, tensor.shape))
            arrays[path] = (tensor.T if turned else tensor).numpy()
    network.load({**arrays, **network.state()})


def assert_same(network, reference, ours, theirs, rtol):
    for path, tensor, turned in pairs(network, reference):
        array = theirs(tensor).detach().numpy()
        np.testing.assert_allclose(ours[path], array.T if turned else array, rtol, atol=1e-12, err_msg=path)


@pytest.mark.parametrize("case", NETWORKS.values(), ids=NETWORKS)
def test_outputs_gradients_and_ten_steps(case):
    make, x, y, loss, torch_loss, optimizer, torch_optimizer = case
    torch.manual_seed(0)
    network, reference = make()
    reference = reference.double()
    network.build(x[0], dtype=np.float64)
    handed_over(network, reference)
    params, state, moments = network.parameters(), network.state(), optimizer.init(network.parameters())
    stepper = torch_optimizer(reference.parameters())

    for step in range(STEPS):
        ctx, tensors = Context(mode="train"), as_tensors(params)
        output = network.bind(tensors, state)(x[step], ctx=ctx)
        value = loss.value(output, loss.prepare(y[step], output.shape))
        grads = gradients(value, tensors)
        params, moments = optimizer.update(params, grads, moments, STEPS)
        state = {**state, **ctx.new_state}

        stepper.zero_grad()
        expected = reference(torch.tensor(x[step]))
        error = torch_loss(expected, torch.tensor(y[step]))
        error.backward()
        np.testing.assert_allclose(output.value, expected.detach(), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(float(value), error.item(), rtol=1e-11)
        assert_same(network, reference, grads, lambda tensor: tensor.grad, rtol=1e-8)
        stepper.step()

    assert_same(network, reference, params, lambda tensor: tensor, rtol=1e-9)
    for path, array in params.items():
        # A bias below batch norm does nothing, so it gets no blame and stays.
        assert path.endswith("bias") or np.max(np.abs(array - network.parameters()[path])) > 1e-4, path
    buffers = [b.numpy() for name, b in reference.named_buffers() if "running" in name]
    for array, buffer in zip(state.values(), buffers, strict=True):
        np.testing.assert_allclose(array, buffer, rtol=1e-10)
    reference.eval()
    evaluated = network.load({**params, **state})(x[0])
    np.testing.assert_allclose(evaluated, reference(torch.tensor(x[0])).detach(), rtol=1e-9, atol=1e-12)
