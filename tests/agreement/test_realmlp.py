"""The whole RealMLP-TD network and its training, built from the layers, against the paper's formulas in NumPy.

Holzmüller, Grinsztajn, Steinwart, "Better by default", NeurIPS 2024, arXiv 2407.04491, section 3 and table A.1.
"""

import numpy as np
import pytest

import cutaway as ca
from cutaway.backends.random import Random
from cutaway.training.step import Batch, Carry, make_step

NUMBERS, CODES, CLASSES, ROWS, STEPS, SEED = 3, 5, 4, 24, 10, 7
HIDDEN = (3, 6, 9)  # where the hidden dense layers stand; each is followed by its activation and dropout
LAST = 12
RANDOM = np.random.default_rng(0)
X = np.concatenate([RANDOM.normal(0, 1.5, (STEPS, ROWS, NUMBERS)), RANDOM.integers(0, CODES, (STEPS, ROWS, 1))], axis=2)
LABELS = RANDOM.integers(0, CLASSES, (STEPS, ROWS))
VALUES = RANDOM.standard_normal((STEPS, ROWS))


def realmlp(activation, outputs, dtype=np.float64):
    """RealMLP-TD, sixteen neurons wide."""

    def dense(units):
        return ca.Dense(units, ntk=True, initializer=ca.UnitVariance(), bias_initializer=ca.RandomSimplex())

    layers = [ca.PeriodicEmbedding(NUMBERS), ca.ColumnEmbedding([CODES], 8), ca.Scale()]
    for _ in HIDDEN:
        layers += [dense(16), ca.Parametric(activation()), ca.Dropout(ca.FlatCos(0.15))]
    net = ca.Sequential(*layers, dense(outputs))
    return net.build(X.reshape(-1, NUMBERS + 1), seed=1, dtype=dtype)


def selu(x, xp):
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return scale * xp.where(x > 0, x, alpha * (xp.exp(xp.minimum(x, 0)) - 1))


def mish(x, xp):
    return x * xp.tanh(xp.log(1 + xp.exp(x)))


KINDS = {"classification": (ca.SELU, selu, CLASSES), "regression": (ca.Mish, mish, 1)}
each_kind = pytest.mark.parametrize("kind", KINDS)


def formulas(p, x, bend, xp, keep=None, rate=0.0):
    """The network's outputs, from its parameters by path; `keep` are the masks of the dropouts by path."""
    parts = []
    for i in range(NUMBERS):
        waves = xp.cos(2 * np.pi * x[:, i : i + 1] * p["0.frequency"][i] + p["0.phase"][i])
        parts += [x[:, i : i + 1], waves @ p["0.mixture"][i].T + p["0.offset"][i]]
    h = xp.concatenate([*parts, p["1.table_0"][x[:, NUMBERS].astype(int)]], axis=1) * p["2.factor"]
    for place in HIDDEN:
        z = h @ p[f"{place}.weight"] / np.sqrt(h.shape[1]) + p[f"{place}.bias"]
        h = z + p[f"{place + 1}.amount"] * (bend(z, xp) - z)
        if keep is not None:
            h = h * keep[f"{place + 2}"] / (1 - rate)
    return h @ p[f"{LAST}.weight"] / np.sqrt(h.shape[1]) + p[f"{LAST}.bias"]


def moved(net):
    """The network with no parameter at a special value, such as the ones of scales and activations."""
    random = np.random.default_rng(2)
    params = net.parameters()
    return net.load({path: w + random.uniform(-0.2, 0.2, w.shape).astype(w.dtype) for path, w in params.items()})


@each_kind
def test_the_network_is_the_formulas(kind):
    activation, bend, outputs = KINDS[kind]
    net, x = moved(realmlp(activation, outputs)), X[0]
    expected = formulas(net.parameters(), x, bend, np)
    assert expected.shape == (ROWS, outputs) and expected.std() > 0.1
    np.testing.assert_allclose(net(x), expected, rtol=1e-12, atol=1e-12)
    narrow = realmlp(activation, outputs, np.float32).load(net.parameters())
    np.testing.assert_allclose(narrow(x), expected, rtol=1e-5, atol=1e-5)


@each_kind
def test_the_network_compiled_by_xla_is_the_formulas(kind):
    jax = pytest.importorskip("jax")
    activation, bend, outputs = KINDS[kind]
    net = moved(realmlp(activation, outputs, np.float32))
    compiled = jax.jit(lambda params, x: net.bind(params)(x, ctx=ca.Context()))
    there = compiled(net.parameters(), X[0].astype(np.float32))
    exact = {path: w.astype(np.float64) for path, w in net.parameters().items()}
    np.testing.assert_allclose(there, formulas(exact, X[0].astype(np.float32), bend, np), rtol=1e-5, atol=1e-5)


def test_every_sum_starts_with_variance_one():
    net, rows, ctx = realmlp(ca.SELU, CLASSES), X.reshape(-1, NUMBERS + 1), ca.Context(taps=[])
    net(rows, ctx=ctx)
    sums = [tap.output for tap in ctx.taps if isinstance(tap.layer, ca.Dense)]
    assert len(sums) == 4
    for z in sums:
        np.testing.assert_allclose(z.var(axis=0), 1, rtol=1e-10)


def coslog4(t):
    return (1 - np.cos(2 * np.pi * np.log2(1 + 15 * t))) / 2


def flat_cos(t):
    return (1 + np.cos(np.pi * (max(1, 2 * t) - 1))) / 2


def rate_factor(path):
    """The paper's: 6 for the scale, 0.1 for biases, activations and the numeric embedding."""
    name = path.rpartition(".")[2]
    return {"factor": 6, "bias": 0.1, "amount": 0.1, "frequency": 0.1, "phase": 0.1, "mixture": 0.1, "offset": 0.1}.get(
        name, 1
    )


def by_the_paper(start, kind, peak):
    """Ten steps of AdamW in plain NumPy on gradients that jax.grad finds in the formulas above."""
    import jax
    import jax.numpy as jnp

    from tests.layers.precision import x64

    _, bend, outputs = KINDS[kind]

    def loss(p, x, y, keep, rate):
        out = formulas(p, x, bend, jnp, keep, rate)
        if kind == "regression":
            return jnp.mean((out[:, 0] - y) ** 2)
        truth = 0.9 * jnp.eye(outputs)[y] + 0.1 / outputs
        return -jnp.mean(jnp.sum(truth * (out - jnp.log(jnp.sum(jnp.exp(out), axis=1, keepdims=True))), axis=1))

    p = dict(start)
    first, second = ({path: np.zeros_like(w) for path, w in p.items()} for _ in range(2))
    with x64():
        gradient = jax.jit(jax.grad(loss))
        for step in range(STEPS):
            t = step / STEPS
            drop = 0.15 * flat_cos(t)
            random = Random(np.uint32(SEED), np.int32(step))
            keep = {str(i + 2): np.asarray(random.keep(str(i + 2), (ROWS, 16), 1 - drop), float) for i in HIDDEN}
            y = VALUES[step] if kind == "regression" else LABELS[step]
            for path, g in gradient(p, X[step], y, keep, drop).items():
                first[path] = 0.9 * first[path] + 0.1 * np.asarray(g)
                second[path] = 0.95 * second[path] + 0.05 * np.asarray(g) ** 2
                mean, square = first[path] / (1 - 0.9 ** (step + 1)), second[path] / (1 - 0.95 ** (step + 1))
                decay = 0 if path.endswith(".bias") else 0.02 * flat_cos(t)
                rate = peak * coslog4(t) * rate_factor(path)
                p[path] = p[path] - rate * (mean / (np.sqrt(square) + 1e-8) + decay * p[path])
    return p


@each_kind
def test_ten_steps_of_its_training(kind):
    pytest.importorskip("jax")
    activation, _, outputs = KINDS[kind]
    net, peak = realmlp(activation, outputs), 0.04 if kind == "classification" else 0.2
    start = {path: w.copy() for path, w in net.parameters().items()}
    optimizer = ca.AdamW(
        ca.CosLog4(peak), (0.9, 0.95), 1e-8, ca.FlatCos(0.02),
        learning_rate_factors={"0.*": 0.1, "2.factor": 6.0, "*.bias": 0.1, "*.amount": 0.1},
        weight_decay_factors={"*.bias": 0.0},
    )  # fmt: skip
    loss = ca.SquaredError() if kind == "regression" else ca.CrossEntropy(label_smoothing=0.1)
    step = make_step(net, loss, optimizer)
    carry = Carry(net.parameters(), net.state(), optimizer.init(net.parameters()))
    for x, labels, values in zip(X, LABELS, VALUES, strict=True):
        targets = loss.prepare(values if kind == "regression" else labels, (ROWS, outputs))
        carry, _ = step(carry, Batch(x, targets, None), np.uint32(SEED), np.int32(STEPS))
    expected = by_the_paper(start, kind, peak)
    assert expected.keys() == carry.params.keys()
    for path, w in carry.params.items():
        np.testing.assert_allclose(w, expected[path], rtol=1e-10, atol=1e-10, err_msg=path)
        assert np.max(np.abs(w - start[path])) > 1e-3, path
