"""A dead ReLU layer: every sum is negative for every row, so every slope is 0 and nothing below it learns.

    relu(z) = z where z > 0 else 0                  slope 1 or 0
    leaky_relu(z) = z where z > 0 else 0.01 z       slope 1 or 0.01: small, but a way back

Biases of −3 push all neurons below zero, as one step at too large a rate can do.

Reference: Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013.
Run it:  python examples/11_dead_relu.py
"""

import numpy as np

import cutaway as ca

x = np.linspace(-1, 1, 64)[:, None]
y = x**2 + x
loss = ca.SquaredError()


def network(activation):
    """Return a network whose hidden neurons are all below zero on every row."""
    net = ca.Sequential(ca.Dense(8), activation, ca.Dense(1)).build(1)
    net[0].bias = np.full(8, -3.0)
    return net


def blame(net):
    """Return the length of the gradient of each array of the network."""
    weights = ca.as_tensors(net.parameters())
    grads = ca.gradients(loss(net.bind(weights)(x, ctx=ca.Context()), y), weights)
    return {path: float(np.linalg.norm(grad)) for path, grad in grads.items()}


results = {}
for name, activation in (("ReLU", ca.ReLU()), ("leaky ReLU", ca.LeakyReLU())):
    net = network(activation)
    before, lengths = net.parameters(), blame(net)
    run = ca.fit(net, x, y, loss=loss, optimizer=ca.Adam(0.05), epochs=500, batch_size=None, engine="numpy")
    moved = {path: float(np.abs(net.parameters()[path] - before[path]).max()) for path in before}
    silent = int((net[0](x) <= 0).all(axis=0).sum())
    results[name] = lengths, moved, silent, run.history[-1].loss

print(f"Learning y = x² + x; a constant gets a loss of {np.var(y):.4f} at best.\n")
rows = {
    "gradient of the hidden weights": [lengths["0.weight"] for lengths, *_ in results.values()],
    "gradient of the hidden biases": [lengths["0.bias"] for lengths, *_ in results.values()],
    "gradient of the output bias": [lengths["2.bias"] for lengths, *_ in results.values()],
    "after 500 epochs, hidden weights moved by": [moved["0.weight"] for _, moved, _, _ in results.values()],
    "neurons below zero on every row, of 8": [silent for _, _, silent, _ in results.values()],
    "loss": [value for *_, value in results.values()],
}
print(f"  {'':41}" + "".join(f"{name:>12}" for name in results))
for meaning, values in rows.items():
    print(f"  {meaning:41}" + "".join(f"{value:12.4g}" for value in values))

lengths, moved, silent, value = results["ReLU"]
assert lengths["0.weight"] == lengths["0.bias"] == 0
assert moved["0.weight"] == moved["0.bias"] == 0
assert silent == 8
assert value > 0.95 * np.var(y), "only the output bias could learn: a constant"
lengths, moved, silent, value = results["leaky ReLU"]
assert lengths["0.weight"] > 0
assert silent < 8
assert value < 0.1 * np.var(y)
