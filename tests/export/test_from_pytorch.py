"""PyTorch's modules and our layers of the same weights give the same outputs."""

import warnings

import numpy as np
import pytest

import cutaway as ca
from cutaway.export import from_pytorch

from .networks import network_of
from .test_layers import loaded

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(5)


def shaken(module):
    """A module in evaluation, its statistics changed from 0 and 1."""
    for name, buffer in module.named_buffers():
        if buffer.is_floating_point():
            buffer.add_(torch.rand_like(buffer) * (1 if "var" in name else 0.5))
    return module.eval()


def same(module, x, network, ours):
    with torch.no_grad():
        expected = module(torch.as_tensor(x)).numpy()
    np.testing.assert_allclose(network(ours), expected, rtol=1e-5, atol=1e-5)


def test_rows():
    module = shaken(
        nn.Sequential(
            nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Sequential(nn.Linear(8, 6, bias=False), nn.LayerNorm(6)),
            nn.GELU(), nn.Dropout(0.2), nn.Linear(6, 6), nn.RMSNorm(6, eps=1e-4), nn.ELU(0.7), nn.LeakyReLU(0.2),
            nn.SiLU(), nn.Mish(), nn.SELU(), nn.Softplus(), nn.Tanh(), nn.Sigmoid(), nn.GELU("tanh"), nn.Identity(),
            nn.Softmax(-1),
        )
    )  # fmt: skip
    x = np.random.default_rng(1).normal(size=(7, 5)).astype(np.float32)
    same(module, x, from_pytorch(module), x)


def test_pictures_whose_flatten_sees_the_channels_first():
    module = shaken(
        nn.Sequential(
            nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(4, 6, (3, 1), padding=(1, 0), groups=2, bias=False), nn.AvgPool2d(2, 1), nn.Flatten(),
            nn.Dropout(), nn.Linear(6 * 2 * 3, 5), nn.ReLU(), nn.Linear(5, 2),
        )
    )  # fmt: skip
    x = np.random.default_rng(1).normal(size=(2, 3, 13, 16)).astype(np.float32)
    same(module, x, from_pytorch(module, shape=(3, 13, 16)), x.transpose(0, 2, 3, 1))
    with pytest.raises(ca.InputError, match=r"6 \(Flatten\): behind a convolution; give shape"):
        from_pytorch(module)


def test_sequences_pools_over_all_places_and_words():
    module = shaken(
        nn.Sequential(
            nn.Conv1d(3, 4, 5, dilation=2, padding="same"), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(),
            nn.Linear(4, 2),
        )
    )  # fmt: skip
    x = np.random.default_rng(1).normal(size=(2, 3, 13)).astype(np.float32)
    same(module, x, from_pytorch(module), x.transpose(0, 2, 1))
    module = nn.Sequential(nn.Embedding(9, 4), nn.LayerNorm(4), nn.Linear(4, 9)).eval()
    tokens = np.random.default_rng(1).integers(0, 9, (2, 5))
    same(module, tokens, from_pytorch(module), tokens)


@pytest.mark.parametrize(
    "name",
    [
        "Dense",
        "BatchNorm",
        "LayerNorm",
        "RMSNorm",
        "Conv1D",
        "Conv2D",
        "MaxPool2D",
        "AveragePool1D",
        "Embedding",
        "Flatten",
    ],
)
def test_there_and_back(name, tmp_path):
    net, x = network_of(name)
    module = loaded(net, "pytorch", tmp_path, f"back_{name.lower()}").MODEL
    again = from_pytorch(module)
    np.testing.assert_allclose(again(x), net(x), rtol=1e-5, atol=1e-5)


def test_every_module_without_a_layer_is_named():
    module = nn.Sequential(nn.Linear(2, 2), nn.Hardswish(), nn.Sequential(nn.Bilinear(2, 2, 2)))
    with pytest.raises(ca.InputError, match=r"no layer for 1 \(Hardswish\), 2.0 \(Bilinear\)"):
        from_pytorch(module)

    class Linear(nn.Linear):
        def forward(self, x):
            return super().forward(x) + 1

    with pytest.raises(ca.InputError, match=r"no layer for 0 \(Linear\)"):  # of the same name, and something else
        from_pytorch(nn.Sequential(Linear(2, 2)))


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (nn.Conv2d(1, 1, 3, padding_mode="reflect"), "padding_mode is 'reflect'"),
        (nn.MaxPool2d(2, ceil_mode=True), "ceil_mode"),
        (nn.AvgPool2d(2, padding=1), "padding that is counted"),
        (nn.AdaptiveAvgPool2d(3), "output_size is 3"),
        (nn.BatchNorm1d(3, affine=False), "without weights"),
        (nn.LayerNorm((2, 3)), "normalized_shape is"),
        (nn.Flatten(0), "from axis 0"),
        (nn.Softmax(0), "dim is 0"),
        (nn.Softplus(2.0), "beta is 2"),
    ],
)
def test_ways_to_use_a_module_that_cannot_be_said(module, words):
    with pytest.raises(ca.InputError, match=words):
        from_pytorch(nn.Sequential(module))


def test_a_state_on_disk_is_read_from_safetensors_alone(tmp_path):
    from safetensors.torch import save_file

    make = lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).eval()  # noqa: E731
    trained, fresh = make(), make()
    save_file(trained.state_dict(), tmp_path / "state.safetensors")
    before = fresh[0].weight.detach().clone()
    x = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    same(trained, x, from_pytorch(fresh, state=tmp_path / "state.safetensors"), x)
    assert torch.equal(fresh[0].weight, before)
    with pytest.raises(ca.InputError, match="holds no weights that fit"):
        from_pytorch(nn.Sequential(nn.Linear(3, 5)), state=tmp_path / "state.safetensors")
    torch.save(trained.state_dict(), tmp_path / "state.pt")
    with pytest.raises(ca.InputError, match=r"state.pt: is no .safetensors file"):
        from_pytorch(fresh, state=tmp_path / "state.pt")


def test_what_is_no_module_is_refused():
    with pytest.raises(ca.InputError, match="got a dict, expected a live"):
        from_pytorch({})


class Attention(nn.Module):
    """Attention as people write it: sizes asked of the input, a mask, heads that are views."""

    def __init__(self):
        super().__init__()
        self.inward, self.outward = nn.Linear(8, 24), nn.Linear(8, 8)

    def forward(self, x):
        batch, time, width = x.shape
        q, k, v = (part.view(batch, time, 2, 4).transpose(1, 2) for part in self.inward(x).split(width, -1))
        later = torch.triu(torch.ones(time, time, dtype=torch.bool), 1)
        p = (q @ k.transpose(-1, -2) / 2.0).masked_fill(later, float("-inf")).softmax(-1)
        return self.outward((p @ v).transpose(1, 2).reshape(batch, time, width))


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, 2, 1)
        self.inner = nn.Sequential(nn.BatchNorm2d(8), nn.SiLU(), nn.Conv2d(8, 8, 3, 1, 1))
        self.last = nn.Linear(8, 2)

    def forward(self, x):
        x = self.first(x)
        return self.last(torch.relu(x + self.inner(x)).mean((2, 3)))


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru, self.lstm, self.last = (
            nn.GRU(4, 6, batch_first=True),
            nn.LSTM(6, 5, batch_first=True),
            nn.Linear(5, 2),
        )

    def forward(self, x):
        return self.last(self.lstm(self.gru(x)[0])[0][:, -1])


@pytest.mark.parametrize(
    ("make", "shape"),
    [(Attention, (2, 5, 8)), (Branches, (2, 3, 8, 7)), (Reader, (2, 5, 4))],
    ids=["attention", "branches", "reader"],
)
def test_any_module_by_way_of_onnx(make, shape, tmp_path):
    """What `torch.onnx.export` writes, which no code of ours had a hand in."""
    pytest.importorskip("onnx")
    from cutaway.export import from_onnx

    module, x = shaken(make()), torch.randn(*shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module, (x,), str(tmp_path / "made.onnx"), dynamo=False, opset_version=17, input_names=["x"],
            output_names=["y"], dynamic_axes={"x": {0: "rows"}},
        )  # fmt: skip
    network = from_onnx(tmp_path / "made.onnx")
    for rows in (x, torch.cat([x, x * 0.5])):
        same(module, rows.numpy(), network, rows.numpy())
