"""The transformer block: what it is made of, what it lets through, and that it can be saved."""

import numpy as np
import pytest

from cutaway import ops
from cutaway.autodiff import check_gradients
from cutaway.errors import InputError
from cutaway.layers import (
    Cache,
    Context,
    Embedding,
    FeedForward,
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
from cutaway.storage.architecture import describe, rebuild
from cutaway.tensor import Tensor

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(2, 4, 8))
SETTINGS = [
    {},
    {"norm": "rms", "activation": "silu", "bias": False, "rotary": True},
    {"causal": False, "width": 2, "activation": "gelu"},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_block_is_the_formula(settings):
    block = TransformerBlock(2, initializer=Normal(0.5), **settings).build(X[:1], dtype=np.float64)
    h = X + block.attention(block.attention_norm(X))
    normal = block.feed_forward_norm(h)
    part = block.feed_forward
    bend = getattr(ops, part.activation)
    hidden = normal @ part.hidden_weight + (part.hidden_bias if part.has_bias else 0)
    y = h + bend(hidden) @ part.weight + (part.bias if part.has_bias else 0)
    np.testing.assert_allclose(block(X), y, rtol=1e-12)
    assert block.attention.causal is settings.get("causal", True)
    assert isinstance(block.attention_norm, RMSNorm if settings.get("norm") == "rms" else LayerNorm)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_blame_is_the_measured_slope(settings):
    block = TransformerBlock(2, initializer=Normal(0.5), **settings).build(X[:1], dtype=np.float64)
    paths = list(block.parameters())

    def computed(x, *arrays):
        return block.bind(dict(zip(paths, arrays, strict=True)))(x, ctx=Context(mode="train"))

    assert check_gradients(computed, [X, *block.parameters().values()], node=Tensor) < 1e-7


def test_padding_is_as_if_it_were_not_there():
    block = TransformerBlock(2, causal=False, initializer=Normal(0.5)).build(X[:1], dtype=np.float64)
    mask = np.array([[True, True, True, False]] * 2)
    np.testing.assert_allclose(block(X, mask)[:, :3], block(X[:, :3]), rtol=1e-11)


def test_the_products_that_add_to_the_stream_may_start_smaller():
    block = TransformerBlock(2, output_initializer=Normal(0.001)).build((1, 64))
    assert block.attention.weight.std() > 0.015 < block.feed_forward.hidden_weight.std()
    assert block.attention.output_weight.std() < 0.0015 > block.feed_forward.weight.std()


def test_a_whole_gpt_is_rebuilt_from_its_description():
    words = Embedding(5, 8)
    network = Sequential(
        words,
        LearnedPositions(4),
        TransformerBlock(2, dropout=0.1, norm="rms", activation="relu", output_initializer=Normal(0.01)),
        Repeat(TransformerBlock(4, rotary=True, bias=False), 2),
        MultiHeadAttention(2, causal=True, bias=False),
        FeedForward(3),
        RMSNorm(1e-3),
        Unembedding(words),
    )
    tokens = RANDOM.integers(0, 5, (3, 4))
    network.build(tokens)
    twin = rebuild(describe(network))
    assert repr(twin) == repr(network)
    twin.build(tokens, seed=1)
    assert not np.allclose(twin(tokens), network(tokens))
    twin.load(network.parameters())
    np.testing.assert_array_equal(twin(tokens), network(tokens))
    assert twin[7].embedding is twin[0]
    np.testing.assert_allclose(Cache(4).feed(twin, tokens), network(tokens), atol=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: TransformerBlock(2, norm="batch"), "norm is 'batch', expected one of layer, rms"),
        (lambda: TransformerBlock(2, activation="sign"), "activation is 'sign', expected one of gelu, gelu_tanh"),
        (lambda: TransformerBlock(2, width=0), "width must be a whole number of at least 1, got 0"),
        (lambda: TransformerBlock(0), "heads must be a whole number of at least 1, got 0"),
        (lambda: FeedForward(1.5), "width must be a whole number of at least 1, got 1.5"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
