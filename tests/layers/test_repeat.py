"""A repeated block is so many blocks with the same weights, in value and gradient; and it compiles like one."""

import numpy as np
import pytest

from cutaway import ops
from cutaway.autodiff import gradients, value_of
from cutaway.backends.random import Random
from cutaway.errors import InputError
from cutaway.layers import (
    BatchNorm,
    Cache,
    Checkpoint,
    Context,
    Dense,
    Dropout,
    Embedding,
    Layer,
    LearnedPositions,
    Repeat,
    Residual,
    Sequential,
    Tanh,
    TransformerBlock,
    Unembedding,
)
from cutaway.tensor import as_tensors

jax = pytest.importorskip("jax")

TIMES = 3
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(2, 5, 8)).astype(np.float32)
G = RANDOM.normal(size=X.shape).astype(np.float32)


def block(dropout=0.0):
    return TransformerBlock(2, rotary=True, dropout=dropout)


def repeated_and_apart():
    """Return a repeated block and the same blocks one after another, with the same weights."""
    network = Repeat(block(), TIMES).build(X[:1])
    apart = Sequential(*[block() for _ in range(TIMES)]).build(X[:1])
    moved = {path: array + RANDOM.normal(0, 0.1, array.shape) for path, array in network.parameters().items()}
    network.load(moved)
    apart.load(
        {
            f"{turn}.{path.removeprefix('block.')}": array[turn]
            for turn in range(TIMES)
            for path, array in network.parameters().items()
        }
    )
    return network, apart


def value_and_blame(network, arrays, x, ctx=None):
    tensors = as_tensors({**arrays, "": x})
    inside = {path: tensor for path, tensor in tensors.items() if path}
    y = network.bind(inside)(tensors[""], ctx=ctx or Context())
    return y.value, gradients(ops.sum(ops.multiply(y, G)), tensors)


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_is_so_many_blocks_with_the_same_weights(engine):
    network, apart = repeated_and_apart()

    def run(network):
        arrays = network.parameters()
        if engine == "numpy":
            return value_and_blame(network, arrays, X)
        return jax.jit(lambda arrays, x: value_and_blame(network, arrays, x))(arrays, X)

    (value, blame), (expected, shares) = run(network), run(apart)
    np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(blame[""], shares[""], rtol=1e-4, atol=1e-5)
    for path, array in network.parameters().items():
        for turn in range(TIMES):
            own = shares[f"{turn}.{path.removeprefix('block.')}"]
            assert blame[path].shape == array.shape
            np.testing.assert_allclose(blame[path][turn], own, rtol=1e-4, atol=1e-5, err_msg=path)
    # The weights differ from turn to turn, so a mix-up would show.
    assert np.abs(network.block.attention.weight[0] - network.block.attention.weight[1]).max() > 0.1


def test_first_weights_are_drawn_for_each_turn():
    first = Repeat(block(), TIMES).build(X[:1], seed=1)
    again = Repeat(block(), TIMES).build(X[:1], seed=1)
    for path, array in first.parameters().items():
        np.testing.assert_array_equal(array, again.parameters()[path])
    weight = first.block.attention.weight
    assert weight.shape == (TIMES, 8, 24)
    assert len({part.tobytes() for part in weight}) == TIMES
    np.testing.assert_allclose(weight.std(), 0.02, rtol=0.1)
    other = Repeat(block(), TIMES).build(X[:1], seed=2).block.attention.weight
    assert not np.allclose(weight, other)


MASK = np.array([[1, 1, 0, 1, 0], [1, 1, 1, 1, 1]])


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_a_mask_of_padding_reaches_every_turn(engine):
    network, apart = repeated_and_apart()

    def in_turn(x):
        for layer in apart.layers:
            x = layer(x, MASK)
        return x

    np.testing.assert_allclose(network(X, MASK), in_turn(X), rtol=1e-5, atol=1e-5)
    assert np.abs(network(X, MASK) - network(X)).max() > 0.01

    def run(arrays, x, mask):
        tensors = as_tensors({**arrays, "": x})
        inside = {path: tensor for path, tensor in tensors.items() if path}
        y = network.bind(inside)(tensors[""], mask, ctx=Context())
        return y.value, gradients(ops.sum(ops.multiply(y, G)), tensors)

    value, blame = (jax.jit(run) if engine == "xla" else run)(network.parameters(), X, MASK)
    np.testing.assert_allclose(value, network(X, MASK), rtol=1e-5, atol=1e-5)
    # A masked key gets no blame for what others found; only its own way through the stream is left: finite differences.
    direction = RANDOM.normal(size=X.shape)
    double = network.bind({path: array.astype(np.float64) for path, array in network.parameters().items()})
    ends = [np.sum(double(X + step * direction, MASK, ctx=Context()) * G) for step in (1e-5, -1e-5)]
    np.testing.assert_allclose(np.sum(blame[""] * direction), (ends[0] - ends[1]) / 2e-5, rtol=1e-3, atol=1e-3)
    # It may come as a tensor too: there is nothing to learn of it.
    tensor = as_tensors({"mask": MASK})["mask"]
    np.testing.assert_allclose(value_of(network(X, tensor)), value, rtol=1e-5, atol=1e-5)


def test_a_mask_is_there_while_building_and_with_a_cache():
    network = Repeat(block(), 2)
    heard = []

    class Hearing(Layer):
        def forward(self, x, mask, *, ctx):
            heard.append(ctx.mode)
            return x * mask[..., None]

    built = Repeat(Hearing(), 2).bind({})
    built(X, MASK, ctx=Context("build"))
    assert heard == ["build", "build"]
    network.build(X[:1])
    cache = Cache(5)
    first = network(X[:, :3], MASK[:, :3], ctx=Context(cache=cache))
    cache.position = 3
    last = network(X[:, 3:], MASK, ctx=Context(cache=cache))
    np.testing.assert_allclose(np.concatenate([first, last], axis=1), network(X, MASK), atol=1e-5)


def test_numbers_to_be_learned_through_are_no_further_input():
    network = Repeat(block(), 2).build(X[:1])
    with pytest.raises(InputError, match=r"further input of numbers \(float32\)"):
        network(X, as_tensors({"": MASK.astype(np.float32)})[""])


def test_a_cache_is_of_the_rows_it_was_begun_with():
    network = Sequential(Embedding(9, 8), block()).build(np.zeros((1, 3), int))
    cache = Cache(6)
    cache.feed(network, np.zeros((2, 3), int))
    for rows in (1, 3):
        with pytest.raises(InputError, match=rf"shape \({rows}, 2, 1, 4\).*have shape \(2, 2, 3, 4\)"):
            cache.feed(network, np.zeros((rows, 1), int))
    assert cache.feed(network, np.zeros((2, 1), int)).shape == (2, 1, 8)


@pytest.mark.parametrize("engine", ["numpy", "xla"])
def test_dropout_differs_between_turns_and_is_the_same_on_both_engines(engine):
    network = Repeat(Sequential(Dropout(0.5), Dense(64)), 2).build(64)
    network.load({"block.1.weight": np.stack([np.eye(64)] * 2), "block.1.bias": np.zeros((2, 64))})
    ones = np.ones((50, 64), np.float32)
    x = jax.numpy.asarray(ones) if engine == "xla" else ones
    y = network.bind(network.parameters())(x, ctx=Context("train", random=Random(np.uint32(0), np.uint32(3))))
    # 1 / 0.5 twice where both turns keep it: a quarter of the places. Half would mean the same draws.
    np.testing.assert_allclose(np.mean(np.asarray(y) == 4.0), 0.25, atol=0.03)
    assert set(np.unique(y)) == {0.0, 4.0}
    other = network.bind(network.parameters())(ones, ctx=Context("train", random=Random(np.uint32(0), np.uint32(3))))
    np.testing.assert_array_equal(y, other)


def test_the_blame_sees_the_same_dropout_as_the_value():
    network = Repeat(Residual(Sequential(Dense(8), Tanh(), Dropout(0.4))), 3).build(8, dtype=np.float64)
    ctx = Context("train", random=Random(np.uint32(1), np.uint32(2)))
    arrays, x = network.parameters(), X.astype(np.float64)
    _, blame = value_and_blame(network, arrays, x, ctx)
    direction = {path: RANDOM.normal(size=array.shape) for path, array in arrays.items()}

    def total(distance):
        moved = {path: array + distance * direction[path] for path, array in arrays.items()}
        return float(np.sum(network.bind(moved)(x, ctx=ctx) * G))

    slope = (total(1e-5) - total(-1e-5)) / 2e-5
    np.testing.assert_allclose(sum(np.sum(blame[path] * direction[path]) for path in arrays), slope, rtol=1e-7)


def test_the_program_does_not_grow_with_depth():
    def size(times):
        network = Repeat(block(0.1), times).build(X[:1])
        arrays = {path: jax.numpy.asarray(array) for path, array in network.parameters().items()}

        def run(arrays, x, seed):
            return value_and_blame(network, arrays, x, Context("train", random=Random(seed, np.uint32(0))))

        return jax.jit(run).lower(arrays, X, np.uint32(0)).as_text().count("\n")

    assert size(4) == size(24)


def test_members_have_weights_of_their_own():
    network = Repeat(block(), 2).build(X[:1])
    arrays = {path: np.stack([array, 2 * array]) for path, array in network.parameters().items()}
    both = jax.jit(jax.vmap(lambda arrays: value_and_blame(network, arrays, jax.numpy.asarray(X))))(arrays)
    for member in range(2):
        value, blame = value_and_blame(network, {path: array[member] for path, array in arrays.items()}, X)
        np.testing.assert_allclose(both[0][member], value, atol=1e-5)
        for path in arrays:
            np.testing.assert_allclose(both[1][path][member], blame[path], atol=1e-4)


def test_a_repeated_block_inside_a_repeated_block():
    network = Repeat(Repeat(Sequential(Dense(8), Tanh()), 2), 3).build(8, dtype=np.float64)
    weight, bias = network.block.block[0].weight, network.block.block[0].bias
    assert weight.shape == (3, 2, 8, 8)
    y = X.astype(np.float64)
    for w, b in zip(weight.reshape(6, 8, 8), bias.reshape(6, 8), strict=True):
        y = np.tanh(y @ w + b)
    np.testing.assert_allclose(network(X.astype(np.float64)), y, rtol=1e-12)


@pytest.mark.parametrize("positions", [[LearnedPositions(7)], []], ids=["learned", "rotary"])
def test_token_by_token_gives_the_same_scores(positions):
    words, tokens = Embedding(9, 8), RANDOM.integers(0, 9, (2, 7))
    block = TransformerBlock(2, rotary=not positions)
    network = Sequential(words, *positions, Repeat(block, 3), Unembedding(words)).build(tokens, dtype=np.float64)
    cache = Cache(7)
    parts = [cache.feed(network, tokens[:, place : place + 1]) for place in range(7)]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), network(tokens), atol=1e-12)


@pytest.mark.parametrize("inner", [block(0.3), Sequential(Dense(8), BatchNorm(), Dropout(0.5))], ids=["block", "norm"])
def test_checkpoint_changes_nothing_but_memory(inner):
    network, plain = Checkpoint(inner).build(X[:1], dtype=np.float64), Sequential(Checkpoint(inner))
    ctx = [Context("train", random=Random(np.uint32(0), np.uint32(1))) for _ in range(3)]
    value, blame = value_and_blame(network, network.parameters(), X, ctx[0])
    # The draws go by path, so the same layers are computed without the checkpoint under the same paths.
    under = network.bind(as_tensors(network.parameters()))
    expected = under.inner(X, ctx=ctx[1])
    np.testing.assert_array_equal(value, expected.value)
    tensors = as_tensors({**network.parameters(), "": X})
    bound = network.bind({path: tensor for path, tensor in tensors.items() if path})
    y = bound.inner(tensors[""], ctx=ctx[2])
    shares = gradients(ops.sum(ops.multiply(y, G)), tensors)
    for path, share in shares.items():
        np.testing.assert_allclose(blame[path], share, rtol=1e-10, atol=1e-12, err_msg=path)
    assert ctx[0].new_state.keys() == ctx[2].new_state.keys() == network.state().keys()
    for path, array in ctx[0].new_state.items():
        np.testing.assert_array_equal(array, ctx[2].new_state[path])
    assert plain.layers[0].inner is inner


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Repeat(Dense, 2), "expected a layer"),
        (lambda: Repeat(Dense(8), 0), "times must be a whole number of at least 1, got 0"),
        (
            lambda: Repeat(Sequential(Dense(8), BatchNorm()), 2),
            r"layer 'block.1' \(BatchNorm\) keeps running statistics",
        ),
        (lambda: Repeat(Dense(4), 2)(X), r"turns shape \(1, 5, 8\) into \(1, 5, 4\)"),
        (lambda: Checkpoint(Dense), "expected a layer"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
