"""Fused attention: its values and gradients are those of our rule; and where it is taken."""

from types import SimpleNamespace

import numpy as np
import pytest

from cutaway import ops
from cutaway.backends import backend_named

jax = pytest.importorskip("jax")

from cutaway.backends import jax_attention, jax_rounding  # noqa: E402

AMPERE = SimpleNamespace(platform="gpu", compute_capability="8.0")


def arrays(shape=(2, 3, 8, 16), seed=0):
    random = np.random.default_rng(seed)
    return [jax.numpy.asarray(random.normal(size=shape).astype(np.float32)) for _ in range(4)]


@pytest.mark.parametrize("causal", [False, True])
def test_the_fused_path_gives_what_our_rule_gives(causal):
    *parts, g = arrays()
    y, backward = ops.attention.rule(*parts, causal=causal)
    fused, pullback = jax_attention.attention(*parts, causal, "xla")
    np.testing.assert_allclose(fused, y, rtol=0, atol=2e-6)
    for ours, theirs in zip(backward(g), pullback(g), strict=True):
        np.testing.assert_allclose(theirs(), ours(), rtol=0, atol=5e-6)


@pytest.mark.parametrize("causal", [False, True])
def test_the_operation_takes_the_fused_path_where_there_is_one(causal, monkeypatch):
    *parts, g = arrays(seed=1)
    expected, backward = ops.attention.rule(*parts, causal=causal)
    asked = []

    def fused(query, key, value, is_causal, implementation):
        asked.append(implementation)
        return real(query, key, value, is_causal, "xla")

    real = jax_attention.attention
    monkeypatch.setattr(jax_attention, "attention", fused)
    monkeypatch.setattr(jax_attention.jax, "local_devices", lambda: [AMPERE])

    def both(query, key, value, g):
        y, blames = ops.attention.rule(query, key, value, causal=causal)
        return y, [blame() for blame in blames(g)]

    y, found = jax.jit(backend_named("xla").rounded(both, "bf16"))(*parts, g)
    assert asked == ["cudnn"]
    np.testing.assert_allclose(y, expected, rtol=0, atol=2e-6)
    for ours, theirs in zip(backward(g), found, strict=True):
        np.testing.assert_allclose(theirs, ours(), rtol=0, atol=5e-6)


def test_it_is_taken_on_a_gpu_in_few_digits_only_and_where_the_kernel_fits(monkeypatch):
    *parts, _ = arrays()
    backend = backend_named("xla")
    assert backend.attention(*parts, None, True) is None
    assert not jax_attention.suits(*parts, None, True)  # no GPU
    monkeypatch.setattr(jax_attention.jax, "local_devices", lambda: [AMPERE])
    assert jax_attention.suits(*parts, None, True)
    for other in ("7.5", "gfx942"):  # a GPU without the kernel, and one that is not NVIDIA's
        device = SimpleNamespace(platform="gpu", compute_capability=other)
        with monkeypatch.context() as patch:
            patch.setattr(jax_attention.jax, "local_devices", lambda device=device: [device])
            assert not jax_attention.suits(*parts, None, True)
    assert backend.attention(*parts, None, True) is None  # float32 is asked for: the kernel has none
    assert not jax_attention.suits(*parts, np.ones((2, 1, 1, 8), bool), False)
    query, key, value = parts
    assert not jax_attention.suits(query[:, :, :4], key, value, None, True)  # the last query stands at the last key
    assert jax_attention.suits(query[:, :, :4], key, value, None, False)
    assert not jax_attention.suits(*(part[..., :12] for part in parts), None, True)
    assert not jax_attention.suits(*(part[0] for part in parts), None, True)


def test_a_half_is_asked_for_inside_of_rounded_alone():
    assert not jax_rounding.half()
    assert jax_rounding.rounded(jax_rounding.half, "bf16")() and not jax_rounding.half()
