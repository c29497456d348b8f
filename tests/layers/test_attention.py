"""Attention as a layer: what it looks at, what it must not see, and what it keeps for later tokens."""

from math import sqrt

import numpy as np
import pytest

from cutaway import ops
from cutaway.autodiff import gradients, history
from cutaway.backends.random import Random
from cutaway.errors import InputError
from cutaway.layers import (
    Cache,
    Context,
    Embedding,
    LayerNorm,
    LearnedPositions,
    MultiHeadAttention,
    Normal,
    RMSNorm,
    Sequential,
    TransformerBlock,
    Unembedding,
)
from cutaway.tensor import Tensor, as_tensors

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(2, 5, 8))
TOKENS = RANDOM.integers(0, 11, (3, 12))


def built(layer, x=X, dtype=np.float64):
    return layer.build(x[:1], dtype=dtype)


def gpt(**settings):
    words = Embedding(11, 8, initializer=Normal(0.5))
    positions = [] if settings.get("rotary") else [LearnedPositions(12, initializer=Normal(0.5))]
    blocks = [TransformerBlock(2, initializer=Normal(0.3), **settings) for _ in range(2)]
    last = RMSNorm() if settings.get("norm") == "rms" else LayerNorm()
    return built(Sequential(words, *positions, *blocks, last, Unembedding(words)), TOKENS)


def softmax_of_products(query, key):
    """softmax(QKᵀ/√d), written out."""
    scores = query @ np.swapaxes(key, -1, -2) / sqrt(query.shape[-1])
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def recorded(layer, *inputs):
    """Return the output and the node `attention` of a layer's record."""
    output = layer.bind(as_tensors(layer.parameters()))(*inputs, ctx=Context())
    (node,) = [node for node in history(output) if node.operation == "attention"]
    return output, node


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_record_shows_the_weights_to_the_last_digit(dtype):
    layer = built(MultiHeadAttention(2), dtype=dtype)
    output, node = recorded(layer, X.astype(dtype))
    query, key, value = (operand.value for operand in node.operands)
    weights = ops.attention_weights(query, key, **node.settings)
    assert weights.shape == (2, 2, 5, 5)
    assert weights.dtype == dtype
    assert np.array_equal(weights, softmax_of_products(query, key))
    # The operands are what the formula says, and the weights are those that made the output.
    features = X.astype(dtype) @ layer.weight + layer.bias
    np.testing.assert_array_equal(query[:, 1], features[..., 4:8])
    np.testing.assert_array_equal(key[:, 0], features[..., 8:12])
    np.testing.assert_array_equal(value[:, 1], features[..., 20:24])
    mixed = np.concatenate([weights[:, head] @ value[:, head] for head in range(2)], axis=-1)
    expected = mixed @ layer.output_weight + layer.output_bias
    np.testing.assert_allclose(output.value, expected, rtol=1e-5 if dtype == np.float32 else 1e-12)


def test_causal_weights_are_a_softmax_over_what_came_before():
    _, node = recorded(built(MultiHeadAttention(2, causal=True)), X)
    query, key, _ = (operand.value for operand in node.operands)
    weights = ops.attention_weights(query, key, **node.settings)
    for place in range(5):
        seen = softmax_of_products(query[..., place : place + 1, :], key[..., : place + 1, :])
        np.testing.assert_allclose(weights[..., place : place + 1, : place + 1], seen, rtol=1e-14)
        assert not weights[..., place, place + 1 :].any()


@pytest.mark.parametrize("rotary", [False, True])
def test_a_causal_layer_does_not_see_later_places(rotary):
    layer = built(MultiHeadAttention(2, causal=True, rotary=rotary))
    other = X.copy()
    other[:, 3:] += 1
    np.testing.assert_array_equal(layer(X)[:, :3], layer(other)[:, :3])
    assert not np.allclose(layer(X)[:, 3:], layer(other)[:, 3:])


def test_padding_is_as_if_it_were_not_there():
    layer, mask = built(MultiHeadAttention(4)), np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], bool)
    masked = layer(X, X, mask)
    np.testing.assert_allclose(masked[0, :3], layer(X[:1, :3])[0], rtol=1e-12)
    np.testing.assert_allclose(masked[1], layer(X)[1], rtol=1e-12)


def test_a_query_that_may_look_nowhere_finds_only_the_bias():
    layer = built(MultiHeadAttention(4))
    layer.output_bias = np.arange(8)
    found = layer(X, X, np.array([[False] * 5, [True] * 5]))
    np.testing.assert_array_equal(found[0], np.broadcast_to(np.arange(8), (5, 8)))


def test_cross_attention_to_itself_is_self_attention():
    layer = built(MultiHeadAttention(2, rotary=True))
    np.testing.assert_allclose(layer(X, X.copy()), layer(X), rtol=1e-12)
    memory = RANDOM.normal(size=(2, 3, 8))
    order = [2, 0, 1]
    plain = built(MultiHeadAttention(2))
    np.testing.assert_allclose(plain(X, memory[:, order]), plain(X, memory), rtol=1e-10)


def test_rotary_scores_depend_on_the_distance_alone():
    query, key = RANDOM.normal(size=(2, 1, 6))
    for distance in (0, 3):
        scores = [
            float((ops.rotary(query, start=place + distance) @ ops.rotary(key, start=place).T)[0, 0])
            for place in (0, 5, 40)
        ]
        np.testing.assert_allclose(scores, scores[0], rtol=1e-12)
    # One pair of features is a complex number, and the angle its argument.
    x = RANDOM.normal(size=(4, 2))
    turned = (x[:, 0] + 1j * x[:, 1]) * np.exp(1j * np.arange(2, 6))
    np.testing.assert_allclose(ops.rotary(x, start=2), np.stack([turned.real, turned.imag], axis=-1), rtol=1e-12)


def test_rotary_refuses_an_odd_number_of_features():
    with pytest.raises(ValueError, match=r"an even number\), got shape \(4, 3\)"):
        ops.rotary(np.ones((4, 3)))


def test_dropout_silences_weights_and_keeps_their_mean():
    layer = built(MultiHeadAttention(2, dropout=0.5))
    draws = [
        layer.bind(layer.parameters())(X, ctx=Context("train", random=Random(np.uint32(0), np.uint32(step))))
        for step in range(2000)
    ]
    assert not np.allclose(draws[0], draws[1])
    error = np.std(draws, axis=0) / np.sqrt(len(draws))
    assert np.all(np.abs(np.mean(draws, axis=0) - layer(X)) < 5 * error)


# ---- what earlier tokens leave for later ones ---------------------------------------------------------------


@pytest.mark.parametrize("settings", [{}, {"rotary": True}, {"norm": "rms", "bias": False}], ids=str)
@pytest.mark.parametrize("pieces", [[12], [1] * 12, [5, 1, 1, 3, 2]], ids=str)
def test_token_by_token_gives_the_same_scores(settings, pieces):
    network, cache = gpt(**settings), Cache(12)
    ends = np.cumsum(pieces)
    parts = [cache.feed(network, TOKENS[:, end - size : end]) for size, end in zip(pieces, ends, strict=True)]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), network(TOKENS), atol=1e-12)
    assert cache.position == 12


def test_the_cache_is_laid_out_once():
    network, cache = gpt(), Cache(12)
    cache.feed(network, TOKENS[:, :3])
    first = cache.extended("2.attention", *[np.zeros((3, 2, 1, 4))] * 2)
    cache.feed(network, TOKENS[:, 3:5])
    second = cache.extended("2.attention", *[np.zeros((3, 2, 1, 4))] * 2)
    for before, after in zip(first, second, strict=True):
        assert before.base is after.base
        np.testing.assert_array_equal(before[..., :3, :], after[..., :3, :])


def test_the_cache_says_what_it_cannot_do():
    network, cache = gpt(rotary=True), Cache(4)
    cache.feed(network, TOKENS[:, :4])
    with pytest.raises(InputError, match="got 5 tokens, but only 4 fit"):
        cache.feed(network, TOKENS[:, 4:5])
    with pytest.raises(InputError, match="make it causal"):
        Cache(4).feed(built(MultiHeadAttention(2)), X)
    with pytest.raises(InputError, match="for evaluating on NumPy"):
        built(MultiHeadAttention(2, causal=True))(Tensor(X), ctx=Context(cache=Cache(5)))
    with pytest.raises(InputError, match="length must be a whole number"):
        Cache(0)


# ---- wrong input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MultiHeadAttention(0), "heads must be a whole number of at least 1, got 0"),
        (lambda: MultiHeadAttention(2, dropout=1.0), "0 ≤ dropout < 1, got 1.0"),
        (lambda: MultiHeadAttention(3)(X), "got 8 input features for 3 heads; expected a multiple of 3"),
        (lambda: MultiHeadAttention(8, rotary=True)(X), "expected a multiple of 16, since rotary positions turn pairs"),
        (lambda: MultiHeadAttention(2)(X[0]), r"got an input of shape \(1, 8\), expected \(batch, time, features\)"),
        (lambda: MultiHeadAttention(2)(X, X[..., :4]), "got 4 input features, was built for 8"),
        (lambda: MultiHeadAttention(2)(X, X, np.ones((2, 4))), r"got a mask of shape \(2, 4\), expected .* \(2, 5\)"),
        (lambda: LearnedPositions(0), "length must be a whole number of at least 1, got 0"),
        (lambda: LearnedPositions(4)(X), "places 0 to 4, expected .* places up to 3; give the last 4 only"),
        (lambda: Unembedding(LayerNorm()), "expected the Embedding whose weight it shares"),
        (lambda: Unembedding(Embedding(3, 8))(X), "its embedding has no weight yet"),
        (lambda: RMSNorm(0.0), "epsilon must be above 0, got 0.0"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_training_with_dropout_needs_random_draws():
    with pytest.raises(InputError, match="training needs random draws"):
        built(MultiHeadAttention(2, dropout=0.1))(X, ctx=Context("train"))


def test_the_shared_weight_gets_blame_from_both_places():
    words = Embedding(4, 3)
    network = Sequential(words, Unembedding(words)).build(np.zeros((1, 2), int), dtype=np.float64)
    g = RANDOM.normal(size=(1, 2, 4))
    tensors = as_tensors(network.parameters())
    assert list(tensors) == ["0.weight"]
    y = network.bind(tensors)(np.array([[1, 3]]), ctx=Context())
    found = gradients(ops.sum(ops.multiply(y, g)), tensors)["0.weight"]
    weight = words.weight
    expected = np.einsum("tw,td->wd", g[0], weight[[1, 3]])
    expected[[1, 3]] += g[0] @ weight
    np.testing.assert_allclose(found, expected, rtol=1e-12)
