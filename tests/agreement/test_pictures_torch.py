"""LeNet-5 and a small residual network against PyTorch: the same weights in; outputs, gradients and ten steps out."""

import numpy as np
import pytest

from cutaway import ops
from cutaway.autodiff import gradients
from cutaway.layers import (
    AveragePool2D,
    BatchNorm,
    Context,
    Conv1D,
    Conv2D,
    ConvTranspose2D,
    Dense,
    Flatten,
    GlobalAveragePool,
    Identity,
    Layer,
    MaxPool1D,
    MaxPool2D,
    ReLU,
    Sequential,
    Tanh,
)
from cutaway.losses import CrossEntropy
from cutaway.optimizers import Adam, Momentum
from cutaway.tensor import as_tensors

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional

STEPS, ROWS = 10, 4
RANDOM = np.random.default_rng(0)
DIGITS, COLOURED = RANDOM.normal(size=(STEPS, ROWS, 28, 28, 1)), RANDOM.normal(size=(STEPS, ROWS, 9, 9, 3))
SOUNDS, CLASSES = RANDOM.normal(size=(STEPS, ROWS, 21, 2)), RANDOM.integers(0, 4, (STEPS, ROWS))


class Block(Layer):
    """relu(shortcut(x) + two convolutions with batch norm)."""

    def __init__(self, filters, stride, projects):
        self.first, self.norm = Conv2D(filters, 3, stride=stride, padding=1, bias=False), BatchNorm()
        self.second, self.last = Conv2D(filters, 3, padding=1, bias=False), BatchNorm()
        self.shortcut = Conv2D(filters, 1, stride=stride, padding=0, bias=False) if projects else Identity()

    def forward(self, x, ctx):
        y = ops.relu(self.norm(self.first(x, ctx=ctx), ctx=ctx))
        y = self.last(self.second(y, ctx=ctx), ctx=ctx)
        return ops.relu(ops.add(y, self.shortcut(x, ctx=ctx)))


class TorchBlock(nn.Module):
    def __init__(self, inputs, filters, stride, projects):
        super().__init__()
        self.first, self.norm = nn.Conv2d(inputs, filters, 3, stride, 1, bias=False), nn.BatchNorm2d(filters)
        self.second, self.last = nn.Conv2d(filters, filters, 3, 1, 1, bias=False), nn.BatchNorm2d(filters)
        self.shortcut = nn.Conv2d(inputs, filters, 1, stride, bias=False) if projects else nn.Identity()

    def forward(self, x):
        y = torch.relu(self.norm(self.first(x)))
        return torch.relu(self.last(self.second(y)) + self.shortcut(x))


class ChannelsLast(nn.Module):
    """Turns (batch, channels, ...) into (batch, ..., channels), so that flattening gives our order."""

    def forward(self, x):
        return x.movedim(1, -1)


def lenet():
    ours = Sequential(
        Conv2D(6, 5), Tanh(), MaxPool2D(), Conv2D(16, 5, padding="valid"), ReLU(), MaxPool2D(),
        Flatten(), Dense(120), ReLU(), Dense(84), ReLU(), Dense(4),
    )  # fmt: skip
    theirs = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        ChannelsLast(), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 4),
    )  # fmt: skip
    return ours, theirs


def resnet():
    ours = Sequential(
        Conv2D(4, 3, padding=1, bias=False), BatchNorm(), ReLU(), MaxPool2D(3, 2, 1),
        Block(4, 1, False), Block(6, 2, True), GlobalAveragePool(), Dense(4),
    )  # fmt: skip
    theirs = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
        TorchBlock(4, 4, 1, False), TorchBlock(4, 6, 2, True), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4),
    )  # fmt: skip
    return ours, theirs


def unusual():
    """Groups, dilation, depthwise, average pooling with padding, transposed convolution."""
    ours = Sequential(
        Conv2D(6, (3, 2), padding=(2, 1), dilation=2, groups=3), Tanh(), AveragePool2D(3, 2, 1),
        Conv2D(6, 3, padding=1, groups=6), Tanh(), ConvTranspose2D(3, 3, stride=2, padding=1), Flatten(), Dense(4),
    )  # fmt: skip
    theirs = nn.Sequential(
        nn.Conv2d(3, 6, (3, 2), padding=(2, 1), dilation=2, groups=3), nn.Tanh(),
        nn.AvgPool2d(3, 2, 1, count_include_pad=False), nn.Conv2d(6, 6, 3, padding=1, groups=6), nn.Tanh(),
        nn.ConvTranspose2d(6, 3, 3, 2, 1), ChannelsLast(), nn.Flatten(), nn.LazyLinear(4),
    )  # fmt: skip
    theirs(torch.zeros(1, 3, 9, 9))
    return ours, theirs


def sounds():
    ours = Sequential(Conv1D(5, 4, stride=2, padding=1), ReLU(), MaxPool1D(3, 2), Flatten(), Dense(4))
    theirs = nn.Sequential(
        nn.Conv1d(2, 5, 4, 2, 1), nn.ReLU(), nn.MaxPool1d(3, 2), ChannelsLast(), nn.Flatten(), nn.LazyLinear(4)
    )
    theirs(torch.zeros(1, 2, 21))
    return ours, theirs


NETWORKS = {
    "LeNet-5": (lenet, DIGITS, Adam(0.01, epsilon=1e-4), lambda p: torch.optim.Adam(p, 0.01, eps=1e-4)),
    "residual": (resnet, COLOURED, Momentum(0.02), lambda p: torch.optim.SGD(p, 0.02, momentum=0.9)),
    "unusual": (unusual, COLOURED, Adam(0.01, epsilon=1e-4), lambda p: torch.optim.Adam(p, 0.01, eps=1e-4)),
    "sounds": (sounds, SOUNDS, Adam(0.01, epsilon=1e-4), lambda p: torch.optim.Adam(p, 0.01, eps=1e-4)),
}


def turned_to_ours(tensor, kind):
    """PyTorch keeps (out, in), (out, in, height, width), and transposed (in, out, height, width)."""
    array = tensor.detach().numpy()
    if tensor.ndim < 2:
        return array
    if issubclass(kind, nn.Linear):
        return array.T
    order = (*range(2, array.ndim), 1, 0)  # (height, width, in, out), and for the transposed (height, width, out, in)
    return array.transpose(order)


def pairs(network, reference):
    """Yield our path, PyTorch's tensor and the kind of its module, in our order of parameters."""
    theirs = [(p, type(m)) for m in reference.modules() for p in m.parameters(recurse=False)]
    for path, (tensor, kind) in zip(network.parameters(), theirs, strict=True):
        yield path, tensor, kind


@pytest.mark.parametrize(("make", "x", "optimizer", "torch_optimizer"), NETWORKS.values(), ids=NETWORKS)
def test_outputs_gradients_and_ten_steps(make, x, optimizer, torch_optimizer):
    torch.manual_seed(0)
    network, reference = make()
    reference = reference.double()
    network.build(x[0], dtype=np.float64)
    arrays = {}
    with torch.no_grad():
        for path, tensor, kind in pairs(network, reference):
            tensor += torch.tensor(RANDOM.uniform(-0.1, 0.1, tensor.shape))
            arrays[path] = turned_to_ours(tensor, kind)
    network.load({**arrays, **network.state()})
    params, state, moments = network.parameters(), network.state(), optimizer.init(network.parameters())
    stepper, loss = torch_optimizer(reference.parameters()), CrossEntropy()

    def theirs(rows):
        return reference(torch.tensor(np.moveaxis(rows, -1, 1)))

    for step in range(STEPS):
        ctx, tensors = Context(mode="train"), as_tensors(params)
        output = network.bind(tensors, state)(x[step], ctx=ctx)
        value = loss.value(output, loss.prepare(CLASSES[step], output.shape))
        grads = gradients(value, tensors)
        params, moments = optimizer.update(params, grads, moments, STEPS)
        state = {**state, **ctx.new_state}

        stepper.zero_grad()
        expected = theirs(x[step])
        error = F.cross_entropy(expected, torch.tensor(CLASSES[step]))
        error.backward()
        np.testing.assert_allclose(output.value, expected.detach(), rtol=1e-8, atol=1e-10)
        for path, tensor, kind in pairs(network, reference):
            np.testing.assert_allclose(
                grads[path], turned_to_ours(tensor.grad, kind), rtol=1e-7, atol=1e-10, err_msg=path
            )
        stepper.step()

    for path, tensor, kind in pairs(network, reference):
        np.testing.assert_allclose(params[path], turned_to_ours(tensor, kind), rtol=1e-7, atol=1e-10, err_msg=path)
    reference.eval()
    evaluated = network.load({**params, **state})(x[0])
    np.testing.assert_allclose(evaluated, theirs(x[0]).detach(), rtol=1e-7, atol=1e-10)
