"""Activations: the bend between two weighted sums, without which any depth is one linear map."""

from __future__ import annotations

from math import pi, sqrt

from cutaway.autodiff import Rule, primitive
from cutaway.backends import Array, backend_of, namespace

# Klambauer, Unterthiner, Mayr, Hochreiter, "Self-normalizing neural networks", NeurIPS 2017, arXiv 1706.02515
SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772


@primitive
def identity(x: Array) -> Rule:
    """No activation, y = x.

    Backward: dL/dx = g.
    """
    return x, lambda g: (lambda: g,)


@primitive
def step(x: Array) -> Rule:
    """Step, y = 1 where x > 0 else 0: the first artificial neuron's activation.

    Backward: dL/dx = 0 everywhere, which is why a network of steps cannot learn by gradient descent.

    Reference: McCulloch, Pitts, "A logical calculus of the ideas immanent in nervous activity", 1943.
    """
    xp = namespace(x)
    return xp.where(x > 0, xp.ones_like(x), xp.zeros_like(x)), lambda g: (lambda: xp.zeros_like(g),)


def logistic(x: Array) -> Array:
    """Return 1 / (1 + e⁻ˣ) without overflow, for arrays."""
    xp = namespace(x)
    decay = xp.exp(-xp.abs(x))
    return xp.where(x >= 0, 1 / (1 + decay), decay / (1 + decay))


@primitive
def sigmoid(x: Array) -> Rule:
    """Sigmoid: any number to between 0 and 1.

        y = 1 / (1 + e⁻ˣ)

    Backward: dL/dx = g y (1 − y), at most g/4, so that blame shrinks with depth.

    >>> import numpy as np
    >>> sigmoid(np.array([0.0]))
    array([0.5])
    """
    y = logistic(x)
    return y, lambda g: (lambda: g * y * (1 - y),)


@primitive
def tanh(x: Array) -> Rule:
    """Hyperbolic tangent: any number to between −1 and 1.

        y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)

    Backward: dL/dx = g (1 − y²).
    """
    y = namespace(x).tanh(x)
    return y, lambda g: (lambda: g * (1 - y * y),)


@primitive
def relu(x: Array) -> Rule:
    """Rectified linear unit, y = x where x > 0 else 0.

    Backward: dL/dx = g where x > 0, else 0 (at 0 too).

    Reference: Nair, Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.
    """
    xp = namespace(x)
    return xp.maximum(x, 0), lambda g: (lambda: g * xp.astype(x > 0, g.dtype),)


@primitive
def leaky_relu(x: Array, *, slope: float = 0.01) -> Rule:
    """Leaky ReLU, y = x where x > 0 else slope · x: never dead.

    Backward: dL/dx = g where x > 0, else slope · g.

    Reference: Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML 2013.
    """
    xp = namespace(x)
    return xp.where(x > 0, x, slope * x), lambda g: (lambda: xp.where(x > 0, g, slope * g),)


@primitive
def elu(x: Array, *, alpha: float = 1.0) -> Rule:
    """Exponential linear unit, y = x where x > 0 else α (eˣ − 1).

    Backward: dL/dx = g where x > 0, else g (y + α).

    Reference: Clevert, Unterthiner, Hochreiter, ICLR 2016, arXiv 1511.07289.
    """
    xp = namespace(x)
    y = xp.where(x > 0, x, alpha * xp.expm1(xp.where(x > 0, xp.zeros_like(x), x)))
    return y, lambda g: (lambda: xp.where(x > 0, g, g * (y + alpha)),)


@primitive
def selu(x: Array) -> Rule:
    """Scaled exponential linear unit: keeps mean 0 and variance 1 from layer to layer.

        y = λ x where x > 0 else λ α (eˣ − 1),     λ = 1.0507…, α = 1.6733…

    Backward: dL/dx = λ g where x > 0, else g (y + λ α).

    Reference: Klambauer et al., NeurIPS 2017, arXiv 1706.02515.
    """
    xp = namespace(x)
    bend = SELU_SCALE * SELU_ALPHA
    y = xp.where(x > 0, SELU_SCALE * x, bend * xp.expm1(xp.where(x > 0, xp.zeros_like(x), x)))
    return y, lambda g: (lambda: xp.where(x > 0, SELU_SCALE * g, g * (y + bend)),)


@primitive
def gelu(x: Array) -> Rule:
    """Gaussian error linear unit, exact.

        y = x Φ(x) = x ½ (1 + erf(x / √2))

    Backward: dL/dx = g (Φ(x) + x φ(x)),  φ the density of the normal distribution.

    Reference: Hendrycks, Gimpel, 2016, arXiv 1606.08415.
    """
    xp = namespace(x)
    below = 0.5 * (1 + backend_of(x).erf(x / sqrt(2)))
    return x * below, lambda g: (lambda: g * (below + x * xp.exp(-0.5 * x * x) / sqrt(2 * pi)),)


@primitive
def gelu_tanh(x: Array) -> Rule:
    """Gaussian error linear unit by tanh, as in GPT-2.

        y = x p,    p = ½ (1 + t),    t = tanh(√(2/π) (x + 0.044715 x³))

    Backward: dL/dx = g p (1 + x (1 − t) √(2/π) (1 + 0.134145 x²)),  since 1 − t² = 2 p (1 − t).

    Reference: Hendrycks, Gimpel, 2016, arXiv 1606.08415, section 2.
    """
    scale, cubic = sqrt(2 / pi), 0.044715
    xp = namespace(x)
    # Beyond ±10 the bend is over, t is ±1 to the last bit; x³ would overflow and turn 0 · ∞ into NaN.
    near = xp.clip(x, -10, 10)
    t = xp.tanh(near * (scale + scale * cubic * (near * near)))
    below = 0.5 + 0.5 * t
    return x * below, lambda g: (
        lambda: g * (below * (1 + near * (1 - t) * (scale + 3 * scale * cubic * (near * near)))),
    )


@primitive
def silu(x: Array) -> Rule:
    """Sigmoid linear unit (swish), y = x σ(x).

    Backward: dL/dx = g σ(x) (1 + x (1 − σ(x))).

    Reference: Elfwing, Uchibe, Doya, 2017, arXiv 1702.03118.
    """
    s = logistic(x)
    return x * s, lambda g: (lambda: g * s * (1 + x * (1 - s)),)


def _softplus(x: Array) -> Array:
    """Return ln(1 + eˣ) without overflow."""
    xp = namespace(x)
    return xp.where(x > 0, x, xp.zeros_like(x)) + xp.log1p(xp.exp(-xp.abs(x)))


@primitive
def softplus(x: Array) -> Rule:
    """Smooth ReLU, y = ln(1 + eˣ).

    Backward: dL/dx = g σ(x).

    Reference: Dugas et al., "Incorporating second-order functional knowledge for better option pricing",
    NIPS 2000.
    """
    return _softplus(x), lambda g: (lambda: g * logistic(x),)


@primitive
def mish(x: Array) -> Rule:
    """Mish, y = x tanh(softplus(x)).

        t = tanh(ln(1 + eˣ)) = n/(n + r),    n = eˣ (eˣ + 2), r = 2

    Backward: dL/dx = g (t + x σ(x) (1 − t²)),  1 − t² = (1 + t) r/(n + r).

    One exponential then does for all; where x > 0, n and r are both divided by e²ˣ, so that nothing overflows.

    Reference: Misra, BMVC 2020, arXiv 1908.08681.
    """
    xp = namespace(x)
    decay = xp.exp(-xp.abs(x))
    n = xp.where(x > 0, 1 + 2 * decay, decay * (decay + 2))
    r = 2 * xp.where(x > 0, decay * decay, xp.ones_like(decay))
    t = n / (n + r)
    return x * t, lambda g: (lambda: g * (t + x * logistic(x) * (1 + t) * (r / (n + r))),)
