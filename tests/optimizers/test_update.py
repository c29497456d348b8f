"""An update is a pure function of arrays, on both engines, and settings that cannot be are refused."""

import numpy as np
import pytest

from cutaway.errors import InputError
from cutaway.optimizers import (
    BY_NAME,
    Adam,
    AdamW,
    Cosine,
    CosLog4,
    FlatCos,
    GradientDescent,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
    WarmUp,
    as_optimizer,
)

OPTIMIZERS = [
    GradientDescent(clip_value=0.1),
    Momentum(weight_decay=0.1),
    Nesterov(clip_norm=0.1),
    RMSProp(Cosine(0.1)),
    Adam(WarmUp.before(Cosine(0.1))),
    AdamW(np.float32(0.5)),
    AdamW(CosLog4(0.1), weight_decay=FlatCos(0.3), weight_decay_factors={"bias": 0.5}),
]
each_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)


def arrays(seed, dtype=np.float32):
    random = np.random.default_rng(seed)
    made = {"weight": random.normal(size=(3, 2)).astype(dtype), "bias": random.normal(size=2).astype(dtype)}
    for array in made.values():
        array.flags.writeable = False
    return made


@each_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_is_written_and_types_stay(optimizer, dtype):
    params, grads = arrays(0, dtype), arrays(1, dtype)
    moments = optimizer.init(params)
    for array in moments.values():
        array.flags.writeable = False
    new, after = optimizer.update(params, grads, moments, np.int32(5))
    assert {path: (w.shape, w.dtype) for path, w in new.items()} == {
        path: (w.shape, w.dtype) for path, w in params.items()
    }
    assert {key: (m.shape, m.dtype) for key, m in after.items()} == {
        key: (m.shape, m.dtype) for key, m in moments.items()
    }
    again, _ = optimizer.update(params, grads, moments, np.int32(5))
    for path, w in new.items():
        np.testing.assert_array_equal(again[path], w)


@each_optimizer
def test_numpy_and_xla_agree(optimizer):
    jax = pytest.importorskip("jax")
    compiled = jax.jit(optimizer.update)
    here = there = (arrays(0), optimizer.init(arrays(0)))
    with jax.numpy_dtype_promotion("strict"):
        for step in range(4):
            here = optimizer.update(here[0], arrays(step), here[1], np.int32(4))
            there = compiled(there[0], arrays(step), there[1], np.int32(4))
    for ours, theirs in zip(here, there, strict=True):
        assert ours.keys() == theirs.keys()
        for key, array in ours.items():
            assert theirs[key].dtype == array.dtype
            np.testing.assert_allclose(theirs[key], array, rtol=1e-5, atol=1e-6, err_msg=key)


@pytest.mark.parametrize("kind", BY_NAME.values())
@pytest.mark.parametrize("rate", [float("nan"), -0.1, float("inf"), "fast", None])
def test_a_learning_rate_is_a_number_of_at_least_zero(kind, rate):
    with pytest.raises(InputError, match=rf"{kind.__name__}: learning_rate must be .* got {rate!r}"):
        kind(rate)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: Adam(clip_norm=0), "Adam: clip_norm must be above 0, got 0"),
        (lambda: Adam(clip_value=float("nan")), "clip_value must be above 0, got nan"),
        (lambda: AdamW(weight_decay=-1), "AdamW: weight_decay must be a number of at least 0, or a schedule, got -1"),
        (lambda: GradientDescent(weight_decay=float("nan")), "weight_decay must be a number of at least 0"),
        (lambda: Adam(betas=(0.9, 1.0)), "0 ≤ β < 1"),
        (lambda: Nesterov(momentum=1.0), "Nesterov: momentum must be 0 ≤ μ < 1, got 1.0"),
        (lambda: RMSProp(rho=-0.1), "rho must be 0 ≤ ρ < 1, got -0.1"),
        (lambda: as_optimizer("sgd"), "got 'sgd', expected one of gradient_descent, "),
    ],
)
def test_wrong_settings(wrong, words):
    with pytest.raises(InputError, match=words):
        wrong()


def test_names_and_printing():
    assert [repr(as_optimizer(name)) for name in BY_NAME] == [
        "GradientDescent(0.01)", "Momentum(0.01)", "Nesterov(0.01)", "RMSProp(0.001)", "Adam(0.001)",
        "AdamW(0.001)",
    ]  # fmt: skip
    mine = Adam(Cosine(0.1))
    assert as_optimizer(mine) is mine
    assert repr(mine) == "Adam(Cosine(rate=0.1, final=0.0))"
    with pytest.raises(TypeError, match="does not say how to step; define apply_single"):
        Optimizer(0.1).update(arrays(0), arrays(1), Optimizer(0.1).init(arrays(0)))


def test_a_printed_optimizer_shows_what_was_asked_for():
    assert repr(Adam(0.1)) == "Adam(0.1)"
    assert repr(AdamW(0.1, clip_norm=1.0, weight_decay_factors={"*.bias": 0.0})) == (
        "AdamW(0.1, clip_norm=1.0, weight_decay_factors={'*.bias': 0.0})"
    )
    assert repr(Adam(0.1, weight_decay=FlatCos(0.02))) == "Adam(0.1, weight_decay=FlatCos(rate=0.02))"
    assert repr(Momentum(0.1, momentum=0.5)) == "Momentum(0.1, momentum=0.5)"


@pytest.mark.parametrize("kind", [Adam, AdamW, RMSProp])
def test_epsilon_is_checked(kind):
    with pytest.raises(InputError, match=f"{kind.__name__}: epsilon must be at least 0, got -1"):
        kind(epsilon=-1)


def test_a_pattern_that_fits_no_parameter_is_refused():
    with pytest.raises(InputError, match=r"no parameter fits the pattern '\*.bais'; there are 0.bias"):
        Adam(learning_rate_factors={"*.bais": 0.1}).init({"0.bias": np.zeros(2)})
