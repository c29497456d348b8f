"""Recurrent layers against PyTorch's, with the same weights: outputs, gradients, and ten steps of a whole network."""

import numpy as np
import pytest

from cutaway.autodiff import gradients, pull
from cutaway.layers import GRU, LSTM, Bidirectional, Context, Dense, Embedding, Sequential, SimpleRNN
from cutaway.losses import CrossEntropy
from cutaway.optimizers import Adam
from cutaway.tensor import Tensor, as_tensors

torch = pytest.importorskip("torch")
nn = torch.nn

BATCH, TIME, FEATURES, UNITS, WORDS = 4, 7, 3, 5, 11
KINDS = {"SimpleRNN": (SimpleRNN, nn.RNN), "GRU": (GRU, nn.GRU), "LSTM": (LSTM, nn.LSTM)}
RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((BATCH, TIME, FEATURES))
G = RANDOM.standard_normal((BATCH, TIME, UNITS))
LENGTHS = np.array([7, 1, 4, 6])
each_kind = pytest.mark.parametrize("kind", KINDS)


def ours_of(kind, theirs, values=lambda tensor: tensor):
    """Return our arrays for PyTorch's four: transposed, its two biases added but for a GRU's last third of one."""
    weight, recurrent, bias, other = (values(p).detach().numpy() for p in theirs.parameters())
    arrays = {"weight": weight.T, "recurrent": recurrent.T, "bias": bias + other}
    if kind == "GRU":
        arrays["bias"][2 * UNITS :] = bias[2 * UNITS :]
        arrays["recurrent_bias"] = other[2 * UNITS :]
    return arrays


def pair(kind):
    torch.manual_seed(1)
    ours, theirs = KINDS[kind][0](UNITS), KINDS[kind][1](FEATURES, UNITS, batch_first=True).double()
    ours.build(X, dtype=np.float64).load(ours_of(kind, theirs))
    return ours, theirs


def blame(layer, *inputs):
    leaves = {"x": Tensor(inputs[0]), **as_tensors(layer.parameters())}
    output = layer.bind({name: leaf for name, leaf in leaves.items() if name != "x"})(
        leaves["x"], *inputs[1:], ctx=Context()
    )
    return output, dict(zip(leaves, pull(output, list(leaves.values()), G), strict=True))


def assert_gradients(kind, grads, theirs):
    """PyTorch gives both of its biases the blame of their sum."""
    weight, recurrent, bias, other = (p.grad.numpy() for p in theirs.parameters())
    expected = {"weight": weight.T, "recurrent": recurrent.T, "bias": bias, "recurrent_bias": other[2 * UNITS :]}
    for name, grad in grads.items():
        np.testing.assert_allclose(grad, expected[name], rtol=1e-10, atol=1e-12, err_msg=name)


@each_kind
def test_outputs_and_gradients(kind):
    ours, theirs = pair(kind)
    x = torch.tensor(X, requires_grad=True)
    expected = theirs(x)[0]
    expected.backward(torch.tensor(G))
    output, grads = blame(ours, X)
    np.testing.assert_allclose(output.value, expected.detach(), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(grads.pop("x"), x.grad, rtol=1e-10, atol=1e-12)
    assert_gradients(kind, grads, theirs)


@each_kind
def test_rows_of_different_lengths(kind):
    """PyTorch packs them; its last state is that of each row's last place that counts."""
    ours, theirs = pair(kind)
    x = torch.tensor(X, requires_grad=True)
    packed = nn.utils.rnn.pack_padded_sequence(x, torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False)
    found, last = theirs(packed)
    expected = nn.utils.rnn.pad_packed_sequence(found, batch_first=True, total_length=TIME)[0]
    last = (last[0] if kind == "LSTM" else last)[0]
    real = np.arange(TIME) < LENGTHS[:, None]
    g = np.where(real[:, :, None], G, 0)
    # At the padding our output is the last state again, and what is to blame there is to blame on that.
    ((expected * torch.tensor(g)).sum() + (last * torch.tensor((G - g).sum(axis=1))).sum()).backward()
    output, grads = blame(ours, X, real)
    np.testing.assert_allclose(output.value[real], expected.detach().numpy()[real], rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(output.value[:, -1], last.detach(), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(grads.pop("x"), x.grad, rtol=1e-10, atol=1e-12)
    assert_gradients(kind, grads, theirs)


@each_kind
@pytest.mark.parametrize("sequence", [True, False], ids=["sequence", "last"])
def test_from_both_ends(kind, sequence):
    layer, module = KINDS[kind]
    theirs = module(FEATURES, UNITS, batch_first=True, bidirectional=True).double()
    ours = Bidirectional(*(layer(UNITS, sequence=sequence) for _ in range(2))).build(X, dtype=np.float64)
    for one, suffix in ((ours.ahead, ""), (ours.back, "_reverse")):
        single = module(FEATURES, UNITS).double()
        single.load_state_dict({name: getattr(theirs, name + suffix) for name in single.state_dict()})
        one.load(ours_of(kind, single))
    real = np.arange(TIME) < LENGTHS[:, None]
    packed = nn.utils.rnn.pack_padded_sequence(
        torch.tensor(X), torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False
    )
    found, last = theirs(packed)
    expected = nn.utils.rnn.pad_packed_sequence(found, batch_first=True, total_length=TIME)[0].detach().numpy()
    if sequence:
        np.testing.assert_allclose(ours(X, real)[real], expected[real], rtol=1e-12, atol=1e-13)
    else:
        last = torch.cat(tuple(last[0] if kind == "LSTM" else last), dim=-1).detach()
        np.testing.assert_allclose(ours(X, real), last, rtol=1e-12, atol=1e-13)


class Reader(nn.Module):
    def __init__(self, recurrent):
        super().__init__()
        self.table, self.recurrent = nn.Embedding(WORDS, FEATURES), recurrent(FEATURES, UNITS, batch_first=True)
        self.head = nn.Linear(UNITS, WORDS)

    def forward(self, tokens):
        return self.head(self.recurrent(self.table(tokens))[0])


@each_kind
def test_ten_steps_of_a_network_on_tokens(kind):
    """Embedding, recurrence and a dense layer by Adam; of PyTorch's two biases one keeps still where we have one."""
    torch.manual_seed(2)
    layer, module = KINDS[kind]
    reference = Reader(module).double()
    network = Sequential(Embedding(WORDS, FEATURES), layer(UNITS), Dense(WORDS))
    tokens, targets = RANDOM.integers(0, WORDS, (2, 10, BATCH, TIME))
    network.build(tokens[0], dtype=np.float64)
    inside = "recurrent.bias_hh_l0"
    still = torch.ones(len(dict(reference.named_parameters())[inside]), dtype=torch.float64)
    still[: 2 * UNITS if kind == "GRU" else None] = 0
    dict(reference.named_parameters())[inside].register_hook(lambda grad: grad * still)

    def arrays(values=lambda tensor: tensor):
        own = {f"1.{name}": array for name, array in ours_of(kind, reference.recurrent, values).items()}
        head = {"2.weight": values(reference.head.weight).T, "2.bias": values(reference.head.bias)}
        outer = {"0.weight": values(reference.table.weight), **head}
        return {**own, **{name: value.detach().numpy().copy() for name, value in outer.items()}}

    network.load(arrays())
    optimizer, loss = Adam(0.01), CrossEntropy()
    params, moments = network.parameters(), optimizer.init(network.parameters())
    before = {path: array.copy() for path, array in params.items()}
    stepper = torch.optim.Adam(reference.parameters(), 0.01)
    for x, y in zip(tokens, targets, strict=True):
        tensors = as_tensors(params)
        value = loss.value(network.bind(tensors)(x, ctx=Context(mode="train")), y)
        params, moments = optimizer.update(params, gradients(value, tensors), moments, len(tokens))
        stepper.zero_grad()
        error = nn.functional.cross_entropy(reference(torch.tensor(x)).flatten(0, 1), torch.tensor(y).flatten())
        error.backward()
        np.testing.assert_allclose(float(value), error.item(), rtol=1e-11)
        stepper.step()
    expected = arrays()
    assert params.keys() == expected.keys()
    for path, array in params.items():
        np.testing.assert_allclose(array, expected[path], rtol=1e-8, atol=1e-11, err_msg=path)
        assert np.max(np.abs(array - before[path])) > 0.02, path
