"""The GPT and the LSTM of `benchmarks.text` as an expert writes each in JAX: jax.grad, AdamW by hand, one lax.scan.

Leading axes are flattened before every product, which on a CPU halves the time of the GPT.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import sqrt
from typing import Any

import numpy as np

WORDS, WIDTH, HEADS, BLOCKS, LENGTH = 65, 128, 4, 4, 64
RATE, FIRST, SECOND, EPSILON, DECAY = 1e-3, 0.9, 0.999, 1e-8, 0.01


def normal(random: np.random.Generator, *shape: int) -> np.ndarray:
    return (0.02 * random.standard_normal(shape)).astype(np.float32)


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


def ones(*shape: int) -> np.ndarray:
    return np.ones(shape, np.float32)


def gpt_weights() -> dict[str, Any]:
    draw = partial(normal, np.random.default_rng(0))
    d = WIDTH
    blocks = [
        {
            "norm": (ones(d), zeros(d)), "qkv": (draw(d, 3 * d), zeros(3 * d)), "out": (draw(d, d), zeros(d)),
            "norm2": (ones(d), zeros(d)), "hidden": (draw(d, 4 * d), zeros(4 * d)), "back": (draw(4 * d, d), zeros(d)),
        }
        for _ in range(BLOCKS)
    ]  # fmt: skip
    return {"words": draw(WORDS, d), "places": draw(LENGTH, d), "blocks": blocks, "norm": (ones(d), zeros(d))}


def gpt_scores(params: Any, x: Any) -> Any:
    import jax
    import jax.numpy as jnp

    batch = x.shape[0]
    seen = jnp.tril(jnp.ones((LENGTH, LENGTH), bool))

    def norm(x: Any, pair: Any) -> Any:
        centred = x - x.mean(-1, keepdims=True)
        return centred * jax.lax.rsqrt((centred * centred).mean(-1, keepdims=True) + 1e-5) * pair[0] + pair[1]

    def dense(x: Any, pair: Any) -> Any:
        return x @ pair[0] + pair[1]

    h = (params["words"][x] + params["places"]).reshape(-1, WIDTH)
    for block in params["blocks"]:
        parts = jnp.split(dense(norm(h, block["norm"]), block["qkv"]), 3, -1)
        q, k, v = (part.reshape(batch, LENGTH, HEADS, WIDTH // HEADS).transpose(0, 2, 1, 3) for part in parts)
        scores = jnp.where(seen, q @ k.transpose(0, 1, 3, 2) / sqrt(WIDTH // HEADS), -1e30)
        found = (jax.nn.softmax(scores, -1) @ v).transpose(0, 2, 1, 3).reshape(-1, WIDTH)
        h = h + dense(found, block["out"])
        h = h + dense(jax.nn.gelu(dense(norm(h, block["norm2"]), block["hidden"]), approximate=True), block["back"])
    return norm(h, params["norm"]) @ params["words"].T


def lstm_weights() -> dict[str, Any]:
    draw = partial(normal, np.random.default_rng(0))
    d = WIDTH
    return {
        "words": draw(WORDS, d), "in": (draw(d, 4 * d), zeros(4 * d)), "again": draw(d, 4 * d),
        "out": (draw(d, WORDS), zeros(WORDS)),
    }  # fmt: skip


def lstm_scores(params: Any, x: Any) -> Any:
    import jax
    import jax.numpy as jnp

    # One product for all places; the loop then has the recurrent one alone. (places, batch, width)
    inputs = params["words"][x.T].reshape(-1, WIDTH) @ params["in"][0] + params["in"][1]
    start = jnp.zeros((x.shape[0], WIDTH))

    def place(carry: Any, item: Any) -> Any:
        h, c = carry
        i, f, g, o = jnp.split(item + h @ params["again"], 4, -1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    _, states = jax.lax.scan(place, (start, start), inputs.reshape(LENGTH, -1, 4 * WIDTH))
    return states.transpose(1, 0, 2).reshape(-1, WIDTH) @ params["out"][0] + params["out"][1]


def epochs_of(scores: Callable[..., Any], weights: Callable[[], Any], x: Any, y: Any) -> tuple[Callable[..., Any], Any]:
    """Return `epoch(carry, order) -> (carry, mean loss)`, compiled, and the first carry."""
    import jax
    import jax.numpy as jnp

    def loss_of(params: Any, x: Any, y: Any) -> Any:
        chances = jax.nn.log_softmax(scores(params, x))
        return -jnp.mean(jnp.take_along_axis(chances, y.reshape(-1, 1), 1))

    def step(carry: Any, places: Any) -> Any:
        params, mean, square, count = carry
        loss, grads = jax.value_and_grad(loss_of)(params, x[places], y[places])
        length = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree.leaves(grads)))
        grads = jax.tree.map(lambda g: g * jnp.minimum(1, 1 / length), grads)
        count = count + 1
        mean = jax.tree.map(lambda m, g: FIRST * m + (1 - FIRST) * g, mean, grads)
        square = jax.tree.map(lambda v, g: SECOND * v + (1 - SECOND) * g * g, square, grads)
        root = jnp.sqrt(1 - SECOND**count)
        rate = RATE * root / (1 - FIRST**count)
        params = jax.tree.map(
            lambda p, m, v: p - rate * m / (jnp.sqrt(v) + EPSILON * root) - RATE * DECAY * p, params, mean, square
        )
        return (params, mean, square, count), loss

    def epoch(carry: Any, order: Any) -> Any:
        carry, losses = jax.lax.scan(step, carry, order)
        return carry, losses.mean()

    params = jax.tree.map(jnp.asarray, weights())
    # Twice, since memory that is given away is given once.
    nothing = [jax.tree.map(jnp.zeros_like, params) for _ in range(2)]
    return jax.jit(epoch, donate_argnums=0), (params, *nothing, jnp.float32(0))


GPT_EPOCH = partial(epochs_of, gpt_scores, gpt_weights)
LSTM_EPOCH = partial(epochs_of, lstm_scores, lstm_weights)
