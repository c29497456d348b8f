"""What the first layer of a network for pictures looks for: edges, though nobody says so.

A convolution moves a small window of weights over a picture: a filter. Here 8 filters of 5 × 5 weights begin as noise.
The pictures show an edge, light on one side and dark on the other, at any place and with noise; the class is the way
the edge runs. What the filters become is compared with the nearest ramp, light to dark along one direction: of noise a
ramp explains 2 of 24 parts, of a filter that looks for edges about half.

Run it:  python examples/17_pictures.py
"""

import numpy as np

import cutaway as ca
from cutaway.layers import Conv2D, GlobalMaxPool, RandomShift
from cutaway.schedules import OneCycle

random = np.random.default_rng(0)
SIDE, NAMES = 12, ("│", "╲", "─", "╱")
SHADES = " ░▒▓█"


def edges(count):
    """Return pictures (count, side, side, 1) of an edge, and which way it runs, 0 to 3 by 45 degrees."""
    ways = random.integers(0, 4, count)
    angle = ways * np.pi / 4 + np.pi * random.integers(0, 2, count)  # light on the one side or on the other
    across = np.arange(SIDE) - (SIDE - 1) / 2
    along = np.cos(angle)[:, None, None] * across + np.sin(angle)[:, None, None] * across[:, None]
    light = along > random.uniform(-3, 3, (count, 1, 1))
    return (light + random.normal(0, 0.5, light.shape))[..., None].astype(np.float32), ways


def ramps(weight):
    """Return how much of each filter (height, width, 1, filters) the nearest ramp explains, 0 to 1, and its angle."""
    height, width, _, filters = weight.shape
    rows, columns = np.meshgrid(np.arange(height) - height // 2, np.arange(width) - width // 2, indexing="ij")
    flat = weight.reshape(-1, filters) - weight.mean(axis=(0, 1, 2))
    basis = np.stack([columns.ravel() / np.linalg.norm(columns), rows.ravel() / np.linalg.norm(rows)])
    slopes = basis @ flat
    return (slopes**2).sum(axis=0) / (flat**2).sum(axis=0), np.degrees(np.arctan2(slopes[1], slopes[0]))


def drawn(weight):
    """Return filters side by side in shades, the lightest for the largest weight."""
    low, high = weight.min(axis=(0, 1, 2)), weight.max(axis=(0, 1, 2))
    levels = np.rint((weight[:, :, 0] - low) / (high - low) * (len(SHADES) - 1)).astype(int)
    return ["  ".join("".join(2 * SHADES[level] for level in row) for row in line.T) for line in levels]


x, y = edges(6000)
test_x, test_y = edges(600)
net = ca.Sequential(RandomShift(1), Conv2D(8, 5, padding="valid"), ca.ReLU(), GlobalMaxPool(), ca.Dense(4))
net.build(x.shape[1:], seed=0)
before, _ = ramps(net[1].weight)
print("filters at first, drawn from noise:", *drawn(net[1].weight), sep="\n  ")

ca.fit(net, x, y, loss="cross_entropy", optimizer=ca.AdamW(OneCycle(0.03), weight_decay=0.3), epochs=20, seed=0,
       batch_size=64, engine="numpy", observe=False, progress=False)  # fmt: skip
after, angles = ramps(net[1].weight)
accuracy = float(np.mean(net(test_x).argmax(axis=1) == test_y))
print("\nthe same filters after training:", *drawn(net[1].weight), sep="\n  ")
print(f"\naccuracy on new pictures: {accuracy:.1%} (a guess: 25 %)")
print(f"what a ramp explains of a filter: {before.mean():.0%} at first, {after.mean():.0%} after")
print("edges that the filters look for:", *(NAMES[round(angle / 45) % 4] for angle in angles))

assert accuracy > 0.85
assert before.mean() < 0.25 and after.mean() > 0.3
