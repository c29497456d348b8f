"""Ten steps of each optimizer against its paper's equations in plain NumPy, float64."""

import numpy as np
import pytest

from cutaway.optimizers import Adam, AdamW, GradientDescent, Momentum, Nesterov, RMSProp
from cutaway.schedules import Cosine, FlatCos, StepDecay

STEPS = 10
RANDOM = np.random.default_rng(0)
START = {
    "0.weight": RANDOM.normal(size=(3, 2)),
    "0.bias": RANDOM.normal(size=2),
    "1.weight": RANDOM.normal(size=(2, 1)),
}
PULL = {path: RANDOM.normal(size=w.shape) for path, w in START.items()}
RATE, B1, B2, EPS = 0.05, 0.8, 0.95, 1e-6


def slope(path, w):
    """The gradient of ¼ Σ (w − pull)⁴: it depends on w, so an error in one step shows in the next."""
    return (w - PULL[path]) ** 3


def run(optimizer, dtype=np.float64):
    params = {path: w.astype(dtype) for path, w in START.items()}
    moments = optimizer.init(params)
    for _ in range(STEPS):
        grads = {path: slope(path, w).astype(dtype) for path, w in params.items()}
        params, moments = optimizer.update(params, grads, moments, STEPS)
    assert moments["step"] == STEPS
    return params


def expected(equation, rates=lambda path, t: RATE, clip=lambda grads: grads):
    """Follow `equation(w, g, memory, t, rate) -> w`, t = 1 at the first step."""
    params, memory = dict(START), {path: {} for path in START}
    for t in range(1, STEPS + 1):
        grads = clip({path: slope(path, w) for path, w in params.items()})
        params = {path: equation(w, grads[path], memory[path], t, rates(path, t)) for path, w in params.items()}
    return params


def assert_same(ours, theirs):
    assert ours.keys() == theirs.keys()
    for path, w in theirs.items():
        np.testing.assert_allclose(ours[path], w, rtol=1e-12, atol=1e-14)
        assert np.max(np.abs(w - START[path])) > 1e-3


def descent(w, g, memory, t, rate):
    return w - rate * g


def momentum(w, g, memory, t, rate):
    memory["v"] = 0.7 * memory.get("v", 0) + g
    return w - rate * memory["v"]


def nesterov(w, g, memory, t, rate):
    memory["v"] = 0.7 * memory.get("v", 0) + g
    return w - rate * (g + 0.7 * memory["v"])


def rmsprop(w, g, memory, t, rate):
    memory["s"] = 0.9 * memory.get("s", 0) + 0.1 * g**2
    return w - rate * g / (np.sqrt(memory["s"]) + EPS)


def adam(w, g, memory, t, rate, first=B1, decay=0.0):
    memory["m"] = first * memory.get("m", 0) + (1 - first) * g
    memory["v"] = B2 * memory.get("v", 0) + (1 - B2) * g**2
    mean, square = memory["m"] / (1 - first**t), memory["v"] / (1 - B2**t)
    return w - rate * (mean / (np.sqrt(square) + EPS) + decay * w)


EQUATIONS = {
    "descent": (GradientDescent(RATE), descent),
    "momentum": (Momentum(RATE, 0.7), momentum),
    "nesterov": (Nesterov(RATE, 0.7), nesterov),
    "rmsprop": (RMSProp(RATE, epsilon=EPS), rmsprop),
    "adam": (Adam(RATE, (B1, B2), EPS), adam),
    "adam without momentum": (
        Adam(RATE, (0.0, B2), EPS), lambda w, g, memory, t, rate: adam(w, g, memory, t, rate, first=0.0),
    ),
    "adamw": (
        AdamW(RATE, (B1, B2), EPS, 0.3), lambda w, g, memory, t, rate: adam(w, g, memory, t, rate, decay=0.3),
    ),
    "descent with decay": (
        GradientDescent(RATE, weight_decay=0.3), lambda w, g, memory, t, rate: w - rate * (g + 0.3 * w),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("optimizer", "equation"), EQUATIONS.values(), ids=EQUATIONS)
def test_ten_steps(optimizer, equation):
    assert_same(run(optimizer), expected(equation))


@pytest.mark.parametrize("g", [1e-3, 3.0])
def test_adam_is_exact_in_float32_too(g):
    """The first step is the rate, whatever the gradient; 1 − βᵗ in float32 would lose five of its digits."""
    weight, gradient = {"w": np.zeros((1, 1), np.float32)}, {"w": np.full((1, 1), g, np.float32)}
    params, _ = Adam(0.5, epsilon=0.0).update(weight, gradient, Adam().init(weight))
    np.testing.assert_allclose(params["w"], -0.5, rtol=5e-7)


def test_the_rate_follows_its_schedule():
    cosine = expected(descent, lambda path, t: 0.1 * (1 + np.cos(np.pi * (t - 1) / STEPS)) / 2)
    assert_same(run(GradientDescent(Cosine(0.1))), cosine)
    steps = expected(momentum, lambda path, t: RATE if t <= STEPS / 2 else RATE / 10)
    assert_same(run(Momentum(StepDecay(RATE, (0.5,)), 0.7)), steps)


def test_the_decay_follows_its_schedule_beside_the_rate():
    optimizer = AdamW(Cosine(0.1), (B1, B2), EPS, FlatCos(0.3), weight_decay_factors={"*.bias": 0.0, "1.*": 2.0})
    factors = {"0.weight": 1, "0.bias": 0, "1.weight": 2}
    params, memory = dict(START), {path: {} for path in START}
    for t in range(1, STEPS + 1):
        done = (t - 1) / STEPS
        rate = 0.1 * (1 + np.cos(np.pi * done)) / 2
        decay = 0.3 * (1 + np.cos(np.pi * (max(1, 2 * done) - 1))) / 2
        params = {
            path: adam(w, slope(path, w), memory[path], t, rate, decay=decay * factors[path])
            for path, w in params.items()
        }
    assert_same(run(optimizer), params)


def test_factors_by_path():
    """The last pattern that fits counts; decay follows the parameter's own rate."""
    optimizer = GradientDescent(
        RATE,
        weight_decay=0.3,
        learning_rate_factors={"*.bias": 0.1, "0.*": 2.0, "0.b*": 3.0},
        weight_decay_factors={"*.bias": 0.0},
    )
    rates = {"0.weight": 2 * RATE, "0.bias": 3 * RATE, "1.weight": RATE}
    decays = {"0.weight": 0.3, "0.bias": 0.0, "1.weight": 0.3}
    params = dict(START)
    for _ in range(STEPS):
        params = {path: w - rates[path] * (slope(path, w) + decays[path] * w) for path, w in params.items()}
    assert_same(run(optimizer), params)


def test_the_factor_in_the_moments_scales_the_rate():
    moments = GradientDescent(RATE).init(START)
    moments["learning_rate_factor"] = np.float32(0.5)
    params, moments = GradientDescent(RATE).update(START, PULL, moments)
    assert moments["learning_rate_factor"] == 0.5
    for path, w in START.items():
        np.testing.assert_allclose(params[path], w - 0.5 * RATE * PULL[path], rtol=1e-14)


def norm(grads):
    return np.sqrt(sum(np.sum(g**2) for g in grads.values()))


@pytest.mark.parametrize("limit", [0.5, 1e6])
def test_clip_norm_shortens_all_gradients_together(limit):
    def clip(grads):
        scale = min(1, limit / norm(grads))
        return {path: g * scale for path, g in grads.items()}

    assert norm({path: slope(path, w) for path, w in START.items()}) > 0.5
    assert_same(run(Momentum(RATE, 0.7, clip_norm=limit)), expected(momentum, clip=clip))


def test_clip_value_limits_each_element_first():
    def clip(grads):
        grads = {path: np.clip(g, -0.2, 0.2) for path, g in grads.items()}
        scale = min(1, 0.3 / norm(grads))
        return {path: g * scale for path, g in grads.items()}

    ours = run(GradientDescent(RATE, clip_value=0.2, clip_norm=0.3))
    assert_same(ours, expected(descent, clip=clip))


def test_clipping_no_gradient_at_all():
    nothing = {path: 0 * w for path, w in START.items()}
    optimizer = GradientDescent(RATE, clip_norm=1.0, clip_value=1.0)
    params, _ = optimizer.update(START, nothing, optimizer.init(START))
    for path, w in START.items():
        np.testing.assert_array_equal(params[path], w)
