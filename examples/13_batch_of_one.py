"""Batch norm fails with one example a step, layer norm does not.

Batch norm compares each feature with the same feature in the other rows of the batch. With one row there is
nothing to compare with: the row minus its own mean is 0, whatever came in. Layer norm compares the features of
one row with each other, and does not notice how many rows there are.

Run it:  python examples/13_batch_of_one.py
"""

import numpy as np
from sklearn.datasets import load_iris

import cutaway as ca

x, kind = load_iris(return_X_y=True)
x = (x - x.mean(axis=0)) / x.std(axis=0)


def network(norm):
    """Return a small network with a normalisation in it."""
    return ca.Sequential(ca.Dense(16), norm(), ca.ReLU(), ca.Dense(3)).build(4)


def training(net, rows):
    """Return the outputs as a training step sees them."""
    return net(rows.astype(np.float32), ctx=ca.Context(mode="train"))


print("What a training step sees of two different flowers, one at a time:\n")
spread = {}
for norm in (ca.BatchNorm, ca.LayerNorm):
    net = network(norm)
    first, other = training(net, x[:1]), training(net, x[100:101])
    spread[norm] = float(np.abs(first - other).max())
    shown = (np.array2string(outputs[0], precision=3, suppress_small=True) for outputs in (first, other))
    print(f"  {norm.__name__:9}   " + "".join(f"{text:27}" for text in shown).rstrip())
print("\nTo batch norm they are the same flower.")
print("Three kinds of iris after training, mean training loss and share right:\n")
results = {}
print("  rows a step       BatchNorm            LayerNorm")
for size in (32, 1):
    cells = []
    for norm in (ca.BatchNorm, ca.LayerNorm):
        net = network(norm)
        run = ca.fit(
            net, x, kind, loss="cross_entropy", optimizer=ca.GradientDescent(0.1 if size > 1 else 0.01),
            epochs=60 if size > 1 else 10, batch_size=size, engine="numpy", observe=False,
        )  # fmt: skip
        results[norm, size] = run.history[-1].loss, ca.metrics.accuracy(net(x), kind)
        cells.append(f"{results[norm, size][0]:7.3f} {results[norm, size][1]:9.1%}")
    print(f"  {size:11}   " + "    ".join(cells))
print("\nA loss of ln 3 = 1.099 is that of a guess among three.")

assert spread[ca.BatchNorm] == 0
assert spread[ca.LayerNorm] > 0.1
assert results[ca.BatchNorm, 32][1] > 0.9
assert results[ca.LayerNorm, 32][1] > 0.9
assert results[ca.BatchNorm, 1][0] > 1.05, "with one row at a time it can only guess"
assert results[ca.LayerNorm, 1][0] < 0.3
assert results[ca.LayerNorm, 1][1] > 0.9
