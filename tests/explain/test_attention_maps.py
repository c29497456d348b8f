import numpy as np
import pytest

import cutaway as ca
from cutaway.explain import attention_maps, trace

HEADS, WIDTH, TIME = 2, 8, 5


def softmax(scores):
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("causal", [False, True])
def test_rows_are_softmax_of_queries_times_keys_and_sum_to_one(causal):
    layer = ca.MultiHeadAttention(HEADS, causal=causal).build((TIME, WIDTH), seed=1)
    x = np.random.default_rng(0).standard_normal((1, TIME, WIDTH))
    maps = attention_maps(trace(ca.Sequential(layer), x), list("abcde"))
    assert [each.head for each in maps] == [0, 1]
    parts = x[0] @ layer.weight.astype(float) + layer.bias
    d = WIDTH // HEADS
    for each in maps:
        query, key = (parts[:, part * WIDTH + each.head * d :][:, :d] for part in range(2))
        scores = query @ key.T / np.sqrt(d)
        if causal:
            scores = np.where(np.tril(np.ones((TIME, TIME))) > 0, scores, -np.inf)
        np.testing.assert_allclose(each.weights, softmax(scores), rtol=1e-6)
        np.testing.assert_allclose(each.weights.sum(axis=-1), 1, rtol=1e-12)
        assert each.tokens == tuple("abcde")
        assert each.most(count=1)[0] == (int(scores[-1].argmax()), pytest.approx(each.weights[-1].max()))


def test_every_block_of_a_repeated_one_has_maps_of_its_own():
    net = ca.Sequential(ca.Repeat(ca.TransformerBlock(HEADS, rotary=True), 3)).build((TIME, WIDTH))
    maps = trace(net, np.random.default_rng(0).standard_normal((1, TIME, WIDTH))).attention()
    assert [each.layer for each in maps] == [f"0.block[{turn}].attention" for turn in (0, 0, 1, 1, 2, 2)]
    assert all(np.allclose(np.triu(each.weights, 1), 0) for each in maps)


def test_padding_is_not_looked_at():
    layer = ca.MultiHeadAttention(HEADS)
    x, mask = np.random.default_rng(0).standard_normal((1, TIME, WIDTH)), np.array([[1.0, 1.0, 1.0, 0.0, 0.0]])
    layer.build((TIME, WIDTH))
    maps = attention_maps(trace(layer, (x, x, mask)))
    assert all(np.all(each.weights[:, 3:] == 0) for each in maps)
    assert maps[0].weights.sum(axis=-1) == pytest.approx(np.ones(TIME))


def test_no_attention_no_maps_and_wrong_input():
    assert attention_maps(trace(ca.Sequential(ca.Dense(1)).build(2), np.ones((1, 2)))) == []
    found = trace(ca.Sequential(ca.MultiHeadAttention(2)), np.ones((1, 3, 4)))
    with pytest.raises(ca.InputError, match="one a place"):
        attention_maps(found, ["a"])
    with pytest.raises(ca.InputError, match="row is 3"):
        attention_maps(found, row=3)
