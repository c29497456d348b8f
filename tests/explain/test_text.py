import numpy as np
import pytest

import cutaway as ca
from cutaway.data.text_windows import TextWindows
from cutaway.data.tokens import Tokens
from cutaway.runs.explaining import explain_text
from cutaway.runs.text_run import TextRun

TEXT = "to be or not to be"


def run(repeat=True):
    tokens = Tokens.of_characters(TEXT)
    words = ca.Embedding(tokens.outputs, 8, initializer=ca.Normal(0.3))
    blocks = [ca.Repeat(ca.TransformerBlock(2), 2)] if repeat else [ca.TransformerBlock(2), ca.TransformerBlock(2)]
    net = ca.Sequential(words, ca.LearnedPositions(10), *blocks, ca.LayerNorm(), ca.Unembedding(words))
    net.build(np.zeros((1, 10), int))
    return TextRun(network=net, preprocessing=TextWindows(tokens, 10))


def test_probabilities_are_the_runs_own():
    made = run()
    found = explain_text(made, "to be or n")
    assert found.tokens == tuple("to be or n")
    outputs = made.network(made.tokens.encode("to be or n")[None]).astype(float)[0]
    chances = np.exp(outputs) / np.exp(outputs).sum(axis=-1, keepdims=True)
    numbers = made.tokens.encode("o be or n")
    np.testing.assert_allclose(found.expected[1:], chances[np.arange(9), numbers], rtol=1e-4)
    assert np.isnan(found.expected[0])
    token, most = found.likely[0]
    assert most == pytest.approx(chances[-1].max(), rel=1e-4)
    assert made.tokens.vocabulary[int(chances[-1].argmax())] == token
    blocks = [(f"2.block[{turn}].attention", head) for turn in range(2) for head in range(2)]
    assert [(each.layer, each.head) for each in found.maps] == blocks
    assert all(np.allclose(each.weights.sum(axis=-1), 1) for each in found.maps)
    assert "What may come next" in str(found)


def test_of_a_long_text_the_end_counts():
    assert explain_text(run(), TEXT).tokens == tuple(TEXT[-10:])


@pytest.mark.parametrize(("text", "words"), [("", "some letters"), ("to λ", "'λ'"), (None, "some letters")])
def test_wrong_text(text, words):
    with pytest.raises(ca.InputError, match=words):
        explain_text(run(), text)
