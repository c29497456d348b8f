"""The recipe for texts: a network and a training of the size that the text has."""

from math import sqrt

import numpy as np
import pytest

from cutaway.errors import InputError
from cutaway.layers import Dropout, Unembedding
from cutaway.recipes.text import CONTEXTS, SIZES, gpt, text_recipe


def weights(recipe):
    network = recipe.network.build(np.zeros((1, recipe.context), np.int32))
    return sum(array.size for array in network.parameters().values())


@pytest.mark.parametrize("effort", ["quick", "standard", "best"])
def test_more_text_has_more_weights_and_less_dropout(effort):
    recipes = [text_recipe(tokens, 65, effort=effort) for tokens in (10_000, 100_000, 1_000_000)]
    sizes = [weights(recipe) for recipe in recipes]
    assert sizes == sorted(sizes) and sizes[0] * 2 < sizes[-1]
    dropouts = [recipe.size.dropout for recipe in recipes]
    assert dropouts == sorted(dropouts, reverse=True)


def test_quick_is_the_small_network_that_others_publish_figures_for():
    recipe = text_recipe(1_003_854, 65, effort="quick")
    size = recipe.size
    assert (size.layers, size.heads, size.width, recipe.context, recipe.batch_size) == (4, 4, 128, 64, 12)
    assert recipe.epochs * recipe.steps == 2000
    # Blocks of 12 w² weights and two norms, the words in and out, and the last norm.
    assert weights(recipe) == 4 * (12 * 128**2 + 2 * 128) + 2 * 65 * 128 + 128


def test_first_weights_go_by_the_width_and_the_depth():
    network = gpt(65, layers=4, heads=4, width=128).build(np.zeros((1, 8), np.int32))
    for path, array in network.parameters().items():
        adds = path.endswith(("attention.output_weight", "feed_forward.weight"))
        if array.ndim == 2:
            expected = 0.5 if path == "0.weight" else 0.7 / sqrt(128) / (sqrt(8) if adds else 1)
            assert abs(array.std() / expected - 1) < 0.05, path


def test_only_matrices_decay():
    recipe = text_recipe(1_000_000, 65, effort="quick")
    network = recipe.network.build(np.zeros((1, 8), np.int32))
    zeros = {path: np.zeros_like(array) for path, array in network.parameters().items()}
    moments = recipe.optimizer.init(network.parameters())
    moments["step"] = np.int32(50)  # past the first of the warm-up, whose rate is 0
    after, _ = recipe.optimizer.update(network.parameters(), zeros, moments, 1000)
    for path, array in network.parameters().items():
        assert (np.linalg.norm(after[path]) < np.linalg.norm(array)) == (array.ndim == 2), path


def test_the_rate_rises_and_falls():
    rate = text_recipe(1_000_000, 65).optimizer.learning_rate
    assert float(rate(0.0)) == 0 and abs(float(rate(0.05)) - rate.rate) < 1e-12 and float(rate(1.0)) < 1e-12


def test_many_words_share_their_vectors_with_the_scores():
    assert any(isinstance(layer, Unembedding) for layer in gpt(5000, layers=1, heads=2, width=16))
    assert not any(isinstance(layer, Unembedding) for layer in gpt(65, layers=1, heads=2, width=16))
    assert isinstance(gpt(65, layers=1, heads=2, width=16, dropout=0.1)[1], Dropout)


def test_passes_and_context_are_as_asked():
    recipe = text_recipe(100_000, 65, effort="quick", context=32, passes=2)
    seen = recipe.epochs * recipe.steps * recipe.batch_size * recipe.context
    assert recipe.context == 32 and 190_000 < seen < 210_000
    assert text_recipe(1_000_000, 65, effort="quick", passes=0.001).steps >= 1
    assert text_recipe(200, 65).context <= 20


@pytest.mark.parametrize("context", [0, CONTEXTS[0] - 1, CONTEXTS[1] + 1, 3.5, True, 600])
def test_a_context_that_cannot_be_is_refused(context):
    with pytest.raises(InputError, match="context"):
        text_recipe(1000, 65, context=context)


def test_efforts():
    with pytest.raises(InputError, match="effort"):
        text_recipe(1000, 65, effort="fast")
    assert set(SIZES) == {"quick", "standard", "best"}
    assert all(sizes[-1].tokens == float("inf") for sizes in SIZES.values())
