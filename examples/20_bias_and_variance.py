"""A network too narrow is wrong the same way every time; one too free is wrong another way each time.

A sine with noise, learned over and over from 30 fresh rows. Bias² is how far the mean of all those networks is from
the truth, variance how far each is from that mean, and noise what nobody could know. They sum to the error.

Reference: Geman, Bienenstock, Doursat, Neural Computation 4, 1992; Domingos, ICML 2000.
Run it:  python examples/20_bias_and_variance.py
"""

import numpy as np

import cutaway as ca
from cutaway.explain import bias_variance

NOISE = 0.3


def truth(x):
    return np.sin(3 * x)


def draw(random, rows=30):
    """Return a fresh training set."""
    x = random.uniform(-1, 1, (rows, 1))
    return x, truth(x) + NOISE * random.standard_normal((rows, 1))


def network(width):
    return ca.Sequential(ca.Dense(width), ca.Tanh(), ca.Dense(1))


x, y = draw(np.random.default_rng(1), 500)
found = bias_variance(
    network, draw=draw, test=(x, y), truth=truth(x), values=(1, 4, 16), resamples=8, seeds=2, epochs=600,
    batch_size=30, optimizer=ca.Adam(0.03), learning_curve=False,
)  # fmt: skip
print(found)

print("\nFrom where the variance comes: of the rows that happened to be drawn, or of first weights and order")
for width, part in zip(found.values, found.parts, strict=True):
    print(f"  width {width:2.0f}   rows {part.from_data.value:.4f}   first weights {part.from_seeds.value:.4f}")

first, last = found.parts[0], found.parts[-1]
print(f"\nFrom width 1 to width 16 bias² falls from {first.bias.value:.4f} to {last.bias.value:.4f},")
print(f"and variance goes from {first.variance.value:.4f} to {last.variance.value:.4f}.")

for part in found.parts:
    assert np.isclose(part.bias.value + part.variance.value + part.noise.value, part.error.value)
    assert part.noise.low < NOISE**2 < part.noise.high, "the noise is what was put in"
assert first.bias.value > 3 * abs(last.bias.value), "more neurons, less bias"
assert last.variance.value > first.variance.value, "and more variance"
assert found.learned[-1] < NOISE**2 < last.error.value, "it learned the noise of its rows by heart"
