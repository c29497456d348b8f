"""A step activation has no slope, so gradient descent cannot tell in which direction to move; a sigmoid can.

    step(z) = 1 where z > 0 else 0         slope 0 everywhere
    sigmoid(z) = 1 / (1 + e⁻ᶻ)             slope sigmoid(z) (1 − sigmoid(z)), above 0 everywhere

One neuron learns "and" of two inputs, from weights that answer it wrongly.

Run it:  python examples/05_why_slopes.py
"""

import numpy as np

import cutaway as ca

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
y = np.array([0, 0, 0, 1], float)
loss = ca.SquaredError()


def neuron(activation):
    """Return a neuron that answers "and" wrongly."""
    net = ca.Sequential(ca.Dense(1), activation).build(2)
    net[0].weight, net[0].bias = [[-1.0], [-1.0]], [0.5]
    return net


def gradient(net):
    """Return dL/d(weight) of the neuron's two weights."""
    weights = ca.as_tensors(net.parameters())
    return ca.gradients(loss(net.bind(weights)(x, ctx=ca.Context()), y), weights)["0.weight"].ravel()


def shown(pair):
    """Return two numbers, aligned."""
    return f"({pair[0]:6.3f}, {pair[1]:6.3f})"


results = {}
print(f"  {'':9}  {'gradient at the start':21}  {'weights before':16}  {'after 500 epochs':16}  right")
for name, activation in (("step", ca.Step()), ("sigmoid", ca.Sigmoid())):
    net = neuron(activation)
    slope, before = gradient(net), net[0].weight.ravel()
    ca.fit(net, x, y, loss=loss, optimizer=ca.GradientDescent(2.0), epochs=500, batch_size=None, engine="numpy")
    after = net[0].weight.ravel()
    right = int(((net(x)[:, 0] > 0.5) == (y > 0.5)).sum())
    results[name] = slope, before, after, right

    print(f"  {name:9}  {shown(slope):21}  {shown(before)}  {shown(after)}  {right} of 4")
print("\nThe loss of the step neuron is flat: its gradient is exactly 0 and no weight ever moves.")

slope, before, after, right = results["step"]
assert not slope.any()
assert (before == after).all()
assert right < 4
slope, before, after, right = results["sigmoid"]
assert slope.all()
assert right == 4
