"""A network is arithmetic that adds up: every number forward, every blame back, and one step of learning.

    h = relu(x W + b)        each neuron's sum in figures, and the slope of the loss at every number
    Δw = −η g                a weight moves against its slope, and the loss falls about as the slopes promised

Run it:  python examples/19_every_number.py
"""

import numpy as np

import cutaway as ca
from cutaway.explain import contributions, neurons, step, trace

net = ca.Sequential(ca.Dense(2), ca.ReLU(), ca.Dense(1)).build(2)
net[0].weight, net[0].bias = [[0.5, 0.7], [0.4, 0.2]], [0.1, -0.3]
net[2].weight, net[2].bias = [[1.0], [2.0]], [0.5]
x, y = np.array([[-0.5, 0.8]]), np.array([[2.0]])

found = trace(net, x, y, loss="squared_error")
print("Each neuron, for the row", x[0].tolist())
for layer in neurons(found):
    for neuron in layer.neurons:
        print("  ", neuron)
assert str(neurons(found)[0].neurons[1]) == "h₂ = relu(0.7·(−0.5) + 0.2·0.8 − 0.3) = relu(−0.49) = 0"

print(f"\nThe loss is {found.value:.4f}. Its slope at each number, from the end to the start:")
for one in reversed(found.steps[:5]):
    print(f"   {one.name}  {one.formula:16} = {one.value[0].round(3)}   slope {one.gradient[0].round(3)}")
assert found["a1"].gradient[0, 1] == 0, "the second neuron is silent: nothing behind it can be blamed"

print("\nThe weights to blame, nudged by 0.01 against their slope:")
for blame in found.blame(4):
    print("  ", blame)
    assert abs(blame.measured - blame.predicted) < 0.05 * abs(blame.predicted)

print("\nOne step of gradient descent:")
shown = step(net, x, y, loss="squared_error", optimizer=ca.GradientDescent(0.05))
for change in shown.updates[0].largest(4):
    print(f"   {change.name:15} slope {change.gradient:+.3f}   {change.before:.3f} → {change.after:.3f}")
    assert np.isclose(change.after, change.before - 0.05 * change.gradient)
print(f"   loss {shown.loss_before:.4f} → {shown.loss_after:.4f}")
assert shown.loss_after < shown.loss_before
assert net[2].bias[0] == 0.5, "the network itself was left alone"

print("\nWhat moved the output from that of (0, 0) to that of x, input by input:")
shares = contributions(net, x[0], [0.0, 0.0])
print(f"   {shares.values.round(4)} sum to {shares.values.sum():.4f}, the difference is {shares.difference:.4f}")
assert abs(shares.gap) < 1e-3 * abs(shares.difference)
