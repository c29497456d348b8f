"""A network of two layers given by hand: every number forward, then a weight changed, then learning.

    h = relu(x W1 + b1),        p = sigmoid(h W2 + b2)

Run it:  python examples/02_network_by_hand.py
"""

import numpy as np

import cutaway as ca

x = np.array([[0.7, 0.2]])
W1, b1 = np.array([[0.4, -0.5, 0.1], [0.3, 0.8, -0.2]]), np.array([0.1, -0.3, 0.05])
W2, b2 = np.array([[0.6], [-0.9], [0.4]]), np.array([0.2])

# In plain NumPy.
a = x @ W1 + b1
h = np.where(a > 0, a, 0)
z = h @ W2 + b2
p = 1 / (1 + np.exp(-z))
print("Plain NumPy, step by step:\n")
for name, meaning, value in (
    ("x", "two inputs", x),
    ("x W1 + b1", "three weighted sums", a),
    ("relu", "negative ones become 0", h),
    ("h W2 + b2", "one weighted sum", z),
    ("sigmoid", "between 0 and 1", p),
):
    print(f"  {name:10} {meaning:24} {np.array2string(value[0], precision=4)}")

# The same network as layers, with the same weights put in by hand.
net = ca.Sequential(ca.Dense(3), ca.ReLU(), ca.Dense(1), ca.Sigmoid()).build(2, dtype=np.float64)
net[0].weight, net[0].bias = W1, b1
net[2].weight, net[2].bias = W2, b2
given = net(x).item()
print(f"\nAs a network:             {given!r}")
print(f"Plain NumPy:              {p.item()!r}, the same to the last bit")

# One weight turned by hand: the one that carries hidden neuron 1 to the output.
net[2].weight[0, 0] = 1.2
turned = net(x).item()
print(f"With W2[0, 0] 0.6 → 1.2:  {turned!r}, the output moved")
net[2].weight[0, 0] = 0.6

# Instead of turning knobs by hand: ask how the loss changes with each weight, and move all of them against it.
target = np.array([[1.0]])
loss = ca.SquaredError()


def blame():
    """Return the loss and its gradient with respect to every weight."""
    weights = ca.as_tensors(net.parameters())
    value = loss(net.bind(weights)(x, ctx=ca.Context()), target)
    return float(value), ca.gradients(value, weights)


before, gradient = blame()
print("\nThe answer should have been 1. How the loss changes with each weight of W2, and with W1:\n")
print("  dL/dW2  " + np.array2string(gradient["2.weight"].ravel(), precision=5, suppress_small=True))
for row in gradient["0.weight"]:
    print("  dL/dW1  " + np.array2string(row, precision=5, suppress_small=True))
print("\nThe second hidden neuron is silent (its sum was negative): no blame reaches its weights.\n")
net.load({path: weight - 0.5 * gradient[path] for path, weight in net.parameters().items()})
after, _ = blame()
print(f"  one step of gradient descent   loss {before:.5f} → {after:.5f},  output {net(x).item():.5f}")
ca.fit(net, x, target, loss=loss, optimizer=ca.GradientDescent(0.5), epochs=200, engine="numpy")
print(f"  two hundred more               loss {after:.5f} → {blame()[0]:.5f},  output {net(x).item():.5f}")

assert given == p.item()
assert round(given, 5) == 0.62152
assert turned > given
assert gradient["0.weight"][:, 1].tolist() == [0, 0]
assert after < before
assert net(x).item() > 0.95
