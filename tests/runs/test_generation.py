"""Writing on: what is drawn, the cache, and a full context."""

import numpy as np
import pytest

from cutaway.errors import InputError
from cutaway.layers import Layer
from cutaway.recipes.text import gpt
from cutaway.runs.generation import chosen, generated

VOCABULARY, CONTEXT = 11, 12


@pytest.fixture(scope="module")
def network():
    """A GPT as it is before training: what it expects differs from place to place."""
    return gpt(VOCABULARY, layers=2, heads=2, width=16).build(np.zeros((1, CONTEXT), np.int32), seed=3)


def uncached(network, start, length, temperature=1.0, seed=0):
    """Write on, computing everything anew for each token."""
    from cutaway.backends.random import generator

    random = generator(seed, "generate")
    tokens, window = list(start), list(start[-CONTEXT:])
    for _ in range(length):
        if len(window) > CONTEXT:
            window = tokens[-(CONTEXT // 2) :]
        scores = network(np.array([window], np.int32))[0, -1].astype(np.float64)
        token = chosen(scores, temperature, None, float(random.random()))
        tokens.append(token)
        window.append(token)
    return tokens[len(start) :]


@pytest.mark.parametrize("start", [[4], list(range(11)), [*range(11), *range(11)]], ids=["short", "almost", "long"])
@pytest.mark.parametrize("temperature", [0.7, 1.5])
def test_the_cache_changes_nothing(network, start, temperature):
    """Through several fillings of the context."""
    found = list(generated(network, start, length=40, context=CONTEXT, temperature=temperature, seed=5))
    assert found == uncached(network, start, 40, temperature, seed=5)
    assert len(set(found)) > 3


def test_cached_scores_are_those_of_the_whole(network):
    from cutaway.layers import Cache

    tokens = np.random.default_rng(0).integers(0, VOCABULARY, (1, CONTEXT))
    cache = Cache(CONTEXT)
    found = np.concatenate([cache.feed(network, tokens[:, place : place + 1]) for place in range(CONTEXT)], axis=1)
    assert np.allclose(found, network(tokens), rtol=1e-4, atol=1e-4)


def test_seed_decides(network):
    def text(seed):
        return list(generated(network, [1], length=30, context=CONTEXT, seed=seed))

    assert text(0) == text(0) != text(1)


def test_likeliest_needs_no_seed(network):
    first, second = (list(generated(network, [1], length=20, context=CONTEXT, temperature=0, seed=s)) for s in (0, 1))
    assert first == second
    only = list(generated(network, [1], length=20, context=CONTEXT, temperature=5.0, top_k=1, seed=9))
    assert only == first


def test_what_is_drawn_is_as_likely_as_the_network_says():
    scores = np.log([0.5, 0.3, 0.15, 0.05])
    draws = np.random.default_rng(0).random(20_000)

    def shares(temperature, top_k):
        found = [chosen(scores, temperature, top_k, share) for share in draws]
        return np.bincount(found, minlength=4) / len(draws)

    assert np.allclose(shares(1.0, None), [0.5, 0.3, 0.15, 0.05], atol=0.01)
    assert np.allclose(shares(1.0, 2), [0.625, 0.375, 0, 0], atol=0.01)
    raised = np.array([0.5, 0.3, 0.15, 0.05]) ** 2
    assert np.allclose(shares(0.5, None), raised / raised.sum(), atol=0.01)
    assert chosen(scores, 1.0, None, np.nextafter(1, 0)) == 3


def test_one_token_may_be_barred(network):
    usual = list(generated(network, [1], length=60, context=CONTEXT, seed=0))
    barred = max(set(usual), key=usual.count)
    assert barred not in list(generated(network, [1], length=60, context=CONTEXT, seed=0, never=barred))


def test_next_to_zero_a_temperature_takes_the_likeliest():
    assert chosen(np.array([0.0, 5.0, 4.0]), 1e-310, None, 0.99) == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_scores_that_are_not_finite_are_refused(value, temperature):
    network = gpt(VOCABULARY, layers=1, heads=2, width=8).build(np.zeros((1, CONTEXT), np.int32))

    class Broken(Layer):
        def forward(self, x, ctx):
            return np.where(np.arange(VOCABULARY) == 3, value, network(x, ctx=ctx))

    with pytest.raises(InputError, match="not finite"):
        list(generated(Broken(), [1], length=3, context=CONTEXT, temperature=temperature))


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"length": 0}, "length"),
        ({"length": 2.5}, "length"),
        ({"temperature": -1}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"top_k": 0}, "top_k"),
        ({"seed": -1}, "seed"),
        ({"start": []}, "no token"),
    ],
)
def test_settings_are_checked_at_once(network, setting, words):
    given = {"start": [1], "length": 5, "context": CONTEXT, **setting}
    with pytest.raises(InputError, match=words):
        generated(network, given.pop("start"), **given)
