"""Attention and a whole GPT against PyTorch: the same weights in; the same outputs, gradients and ten steps out."""

import numpy as np
import pytest

from cutaway import ops
from cutaway.autodiff import gradients
from cutaway.layers import (
    Context,
    Embedding,
    LayerNorm,
    LearnedPositions,
    MultiHeadAttention,
    Normal,
    Repeat,
    RMSNorm,
    Sequential,
    TransformerBlock,
    Unembedding,
)
from cutaway.losses import CrossEntropy
from cutaway.optimizers import AdamW
from cutaway.tensor import as_tensors

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional

RANDOM = np.random.default_rng(0)
WORDS, WIDTH, HEADS, BLOCKS, LENGTH, ROWS, STEPS = 11, 12, 3, 2, 7, 4, 10
TOKENS = RANDOM.integers(0, WORDS, (STEPS, ROWS, LENGTH + 1))
# Where each weight of ours goes in a torch module; PyTorch keeps (out, in), so matrices are turned.
ATTENTION = {"weight": "in_proj_weight", "bias": "in_proj_bias", "output_weight": "out_proj.weight",
             "output_bias": "out_proj.bias"}  # fmt: skip
FEED_FORWARD = {"hidden_weight": "0.weight", "hidden_bias": "0.bias", "weight": "2.weight", "bias": "2.bias"}


class Block(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.attention_norm, self.feed_forward_norm = norm(WIDTH), norm(WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.feed_forward = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU("tanh"), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x):
        n = self.attention_norm(x)
        later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        x = x + self.attention(n, n, n, attn_mask=later, need_weights=False)[0]
        return x + self.feed_forward(self.feed_forward_norm(x))


class GPT(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.words, self.places = nn.Embedding(WORDS, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.blocks = nn.ModuleList(Block(norm) for _ in range(BLOCKS))
        self.norm = norm(WIDTH)

    def forward(self, tokens):
        x = self.words(tokens) + self.places.weight[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.words.weight.T


def torch_name(path):
    """Return where a weight of ours lies in the torch module."""
    place, _, name = path.partition(".")
    if place == "0":
        return "words.weight"
    if place == "1":
        return "places.weight"
    if int(place) == 2 + BLOCKS:
        return f"norm.{name}"
    part, name = name.split(".")
    table = {"attention": ATTENTION, "feed_forward": FEED_FORWARD}.get(part, {})
    return f"blocks.{int(place) - 2}.{part}.{table.get(name, name)}"


def turned(path, tensor):
    array = tensor.detach().numpy()
    matrix = array.ndim == 2 and not path.startswith(("0.", "1."))
    return array.T if matrix else array


def gpt(norm):
    words = Embedding(WORDS, WIDTH)
    blocks = [TransformerBlock(HEADS, norm=norm) for _ in range(BLOCKS)]
    last = LayerNorm() if norm == "layer" else RMSNorm()
    return Sequential(words, LearnedPositions(LENGTH), *blocks, last, Unembedding(words))


@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_a_gpt_gives_the_same_outputs_gradients_and_ten_steps(norm):
    torch.manual_seed(0)
    theirs = GPT(nn.LayerNorm if norm == "layer" else lambda width: nn.RMSNorm(width, 1e-5)).double()
    with torch.no_grad():
        for tensor in theirs.parameters():
            tensor += torch.tensor(RANDOM.uniform(-0.1, 0.1, tensor.shape))
    named = dict(theirs.named_parameters())
    network = gpt(norm).build(TOKENS[0, :, :-1], dtype=np.float64)
    assert {torch_name(path) for path in network.parameters()} == set(named)
    network.load({path: turned(path, named[torch_name(path)]) for path in network.parameters()})

    loss, optimizer = CrossEntropy(), AdamW(0.01, clip_norm=1.0)
    params, stepper = network.parameters(), torch.optim.AdamW(theirs.parameters(), 0.01)
    moments = optimizer.init(params)
    for tokens in TOKENS:
        x, y = tokens[:, :-1], tokens[:, 1:]
        tensors = as_tensors(params)
        output = network.bind(tensors)(x, ctx=Context(mode="train"))
        value = loss.value(output, loss.prepare(y, output.shape))
        grads = gradients(value, tensors)
        params, moments = optimizer.update(params, grads, moments, STEPS)

        stepper.zero_grad()
        expected = theirs(torch.tensor(x))
        error = F.cross_entropy(expected.reshape(-1, WORDS), torch.tensor(y).reshape(-1))
        error.backward()
        np.testing.assert_allclose(output.value, expected.detach(), rtol=1e-8, atol=1e-11)
        np.testing.assert_allclose(float(value), error.item(), rtol=1e-11)
        for path, share in grads.items():
            # Keys have one bias for all, which softmax does not see: its blame is zero up to rounding.
            np.testing.assert_allclose(
                share, turned(path, named[torch_name(path)].grad), rtol=1e-7, atol=1e-11, err_msg=path
            )
        # As clip_grad_norm_, but without the 1e-6 that it adds to the length.
        length = torch.sqrt(sum((tensor.grad**2).sum() for tensor in theirs.parameters()))
        assert float(length) > 1.0
        for tensor in theirs.parameters():
            tensor.grad /= length
        stepper.step()
        for path, array in params.items():
            near = turned(path, named[torch_name(path)])
            # Adam divides that blame of rounding errors by its own size: such a bias goes anywhere, and matters not.
            free = slice(WIDTH, 2 * WIDTH) if path.endswith("attention.bias") else slice(0, 0)
            np.testing.assert_allclose(np.delete(array, free, 0), np.delete(near, free, 0), rtol=1e-6, atol=1e-9)
            if path.endswith("attention.bias"):
                with torch.no_grad():
                    named[torch_name(path)][free] = torch.tensor(array[free])
    for path, array in params.items():
        assert np.max(np.abs(array - network.parameters()[path])) > 1e-3, path


def attentions(**settings):
    """Return an attention of each, float64, with the same weights."""
    torch.manual_seed(1)
    theirs = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True, **settings).double()
    ours = MultiHeadAttention(HEADS, **settings).build((LENGTH, WIDTH), dtype=np.float64)
    named = dict(theirs.named_parameters())
    with torch.no_grad():
        for tensor in named.values():
            tensor += torch.tensor(RANDOM.uniform(-0.5, 0.5, tensor.shape))
    ours.load({path: named[ATTENTION[path]].detach().numpy().T for path in ours.parameters()})
    return ours, theirs, named


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("cross", [False, True])
@pytest.mark.parametrize("padding", [False, True])
def test_multi_head_attention_gives_the_same(bias, cross, padding):
    ours, theirs, named = attentions(bias=bias)
    x = RANDOM.normal(size=(ROWS, LENGTH, WIDTH))
    memory = RANDOM.normal(size=(ROWS, 5, WIDTH)) if cross else x
    counts = np.arange(memory.shape[1]) < np.array([[1], [3], [4], [memory.shape[1]]])
    g = RANDOM.normal(size=x.shape)

    tensors = as_tensors({**ours.parameters(), "x": x, "memory": memory})
    bound = ours.bind({path: tensors[path] for path in ours.parameters()})
    first = tensors["x"]
    inputs = [first, tensors["memory"] if cross else first, *([counts] if padding else [])]
    output = bound(*inputs, ctx=Context())
    wanted = {path: tensor for path, tensor in tensors.items() if cross or path != "memory"}
    shares = gradients(ops.sum(ops.multiply(output, g)), wanted)

    query = torch.tensor(x, requires_grad=True)
    key = torch.tensor(memory, requires_grad=True) if cross else query
    expected, weights = theirs(
        query, key, key, key_padding_mask=torch.tensor(~counts) if padding else None, average_attn_weights=False
    )
    (expected * torch.tensor(g)).sum().backward()
    np.testing.assert_allclose(output.value, expected.detach(), rtol=1e-9, atol=1e-12)
    assert not padding or float(weights[0, ..., 1:].detach().abs().max()) == 0
    for path, tensor in [*((path, named[ATTENTION[path]]) for path in ours.parameters()), ("x", query)]:
        near = tensor.grad.numpy()
        np.testing.assert_allclose(
            shares[path], near.T if path.endswith("weight") else near, rtol=1e-8, atol=1e-11, err_msg=path
        )
    if cross:
        np.testing.assert_allclose(shares["memory"], key.grad, rtol=1e-8, atol=1e-11)


def test_a_repeated_block_gives_what_pytorchs_blocks_give():
    torch.manual_seed(2)
    theirs = nn.ModuleList(Block(nn.LayerNorm) for _ in range(3)).double()
    ours = Repeat(TransformerBlock(HEADS, initializer=Normal(0.1)), 3).build((LENGTH, WIDTH), dtype=np.float64)
    named = [dict(block.named_parameters()) for block in theirs]
    arrays = {}
    for path in ours.parameters():
        name = torch_name(f"2.{path.removeprefix('block.')}").removeprefix("blocks.0.")
        arrays[path] = np.stack([turned(path, each[name]) for each in named])
    ours.load(arrays)
    x = RANDOM.normal(size=(ROWS, LENGTH, WIDTH))
    expected = torch.tensor(x)
    for block in theirs:
        expected = block(expected)
    np.testing.assert_allclose(ours(x), expected.detach(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("epsilon", [1e-5, 0.1])
def test_rms_norm_gives_the_same(epsilon):
    x, weight, g = RANDOM.normal(size=(ROWS, 3, 6)), RANDOM.normal(size=6), RANDOM.normal(size=(ROWS, 3, 6))
    theirs = nn.RMSNorm(6, epsilon, dtype=torch.float64)
    with torch.no_grad():
        theirs.weight[:] = torch.tensor(weight)
    ours = RMSNorm(epsilon).build(6, dtype=np.float64)
    ours.weight = weight
    tensors = as_tensors({"weight": weight, "x": x})
    output = ours.bind({"weight": tensors["weight"]})(tensors["x"], ctx=Context())
    shares = gradients(ops.sum(ops.multiply(output, g)), tensors)
    leaf = torch.tensor(x, requires_grad=True)
    expected = theirs(leaf)
    (expected * torch.tensor(g)).sum().backward()
    np.testing.assert_allclose(output.value, expected.detach(), rtol=1e-12)
    np.testing.assert_allclose(shares["x"], leaf.grad, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(shares["weight"], theirs.weight.grad, rtol=1e-10)
