"""Batch norm and layer norm each train a stack of 30 layers that does not train without.

    batch norm    each feature to mean 0, variance 1 over the rows of the batch
    layer norm    each row to mean 0, variance 1 over its own features

Initial weights of N(0, 0.05²) leave about a third of the signal at each layer of 32, so that after 30 layers
nothing is left of it, nor of the blame on its way back. Normalising restores it at every layer.

Reference: Ioffe, Szegedy, 2015, arXiv 1502.03167; Ba, Kiros, Hinton, 2016, arXiv 1607.06450.
Run it:  python examples/12_normalisation.py
"""

import numpy as np
from sklearn.datasets import load_digits

import cutaway as ca

DEPTH, WIDTH = 30, 32
x, digit = load_digits(return_X_y=True)
x = (x - x.mean()) / x.std()
train, test = np.arange(1400), np.arange(1400, len(x))


def stack(norm):
    """Return 30 layers of 32 neurons, with or without a normalisation in each, and 10 outputs."""
    layers = []
    for _ in range(DEPTH):
        layers += [ca.Dense(WIDTH, initializer=ca.Normal(0.05)), *([norm()] if norm else []), ca.Tanh()]
    return ca.Sequential(*layers, ca.Dense(10, initializer=ca.LeCun()))


results = {}
print(f"Ten digits through {DEPTH} layers, Adam, the same rate and initial weights for all:\n")
print("  normalisation   signal after 1, 10, 30 layers   loss before → after   right")
for name, norm in (("none", None), ("batch norm", ca.BatchNorm), ("layer norm", ca.LayerNorm)):
    net = stack(norm).build(64)
    ctx = ca.Context(mode="train", taps=[])
    scores = net(x[train].astype(np.float32), ctx=ctx)
    signal = [float(tap.output.std()) for tap in ctx.taps if isinstance(tap.layer, ca.Tanh)]
    before = float(ca.CrossEntropy()(scores, digit[train]))
    run = ca.fit(
        net, x[train], digit[train], loss="cross_entropy", optimizer=ca.Adam(ca.Cosine(0.0004)),
        epochs=16, batch_size=64, engine="numpy", observe=False,
    )  # fmt: skip
    right = ca.metrics.accuracy(net(x[test]), digit[test])
    results[name] = signal, run.history[-1].loss, right
    shown = "  ".join(f"{signal[place]:8.1e}" for place in (0, 9, 29))
    print(f"  {name:13}   {shown}    {before:6.3f} → {run.history[-1].loss:5.3f}      {right:6.1%}")

signal, loss, right = results["none"]
assert signal[-1] < 1e-3 * signal[0]
assert loss > 2.25, "it must still guess: ln 10 = 2.303"
assert right < 0.2
for name in ("batch norm", "layer norm"):
    signal, loss, right = results[name]
    assert signal[-1] > 0.3 * signal[0]
    assert loss < 1
    assert right > 0.7
