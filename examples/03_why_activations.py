"""Without activations, any depth is one linear map: the product of the weights.

    ((x W1) W2) W3 = x (W1 W2 W3)

so ten such layers can do nothing that one cannot. A bend between them ends that.

Run it:  python examples/03_why_activations.py
"""

import numpy as np

import cutaway as ca

random = np.random.default_rng(0)
x = random.normal(size=(5, 4))


def stack(depth, activation=None):
    """Return `depth` layers of six neurons and one of a single neuron, in float64."""
    layers = []
    for _ in range(depth):
        layers += [ca.Dense(6, bias_initializer=ca.Normal(0.5))] + ([activation()] if activation else [])
    return ca.Sequential(*layers, ca.Dense(1)).build(4, seed=1, dtype=np.float64)


def collapsed(net):
    """Return the one weight and the one bias that a stack of dense layers amounts to."""
    weight, bias = np.eye(4), np.zeros(4)
    for layer in net:
        if isinstance(layer, ca.Dense):
            weight, bias = weight @ layer.weight, bias @ layer.weight + layer.bias
    return weight, bias


def difference(net):
    """Return how far the network is from x W + b, with W and b the product of its weights."""
    weight, bias = collapsed(net)
    return float(np.abs(net(x) - (x @ weight + bias)).max())


print("Largest difference between the network and the one linear map its weights multiply to:\n")
print("  hidden layers   no activation   with ReLU")
gaps = {}
for depth in (1, 3, 10, 30):
    gaps[depth] = difference(stack(depth)), difference(stack(depth, ca.ReLU))
    print(f"  {depth:13}   {gaps[depth][0]:13.1e}   {gaps[depth][1]:9.1e}")

# What it means for learning: a parabola from 1 and from 10 layers without activation, and from 1 layer with one.
line = np.linspace(-1, 1, 64)[:, None]
parabola = line**2
best_line = float(np.var(parabola))  # the best any straight line can do here: its mean, flat
print("\nLearning y = x², mean squared error after training:\n")
results = {}
for name, depth, activation in (
    ("1 hidden layer, no activation", 1, None),
    ("10 hidden layers, no activation", 10, None),
    ("1 hidden layer, tanh", 1, ca.Tanh),
):
    hidden = [layer for _ in range(depth) for layer in (ca.Dense(6), activation() if activation else ca.Identity())]
    net = ca.Sequential(*hidden, ca.Dense(1))
    run = ca.fit(
        net, line, parabola, loss="squared_error", optimizer=ca.Adam(0.01), epochs=600, batch_size=None, engine="numpy"
    )
    results[name] = run.history[-1].loss
    print(f"  {name:33} {results[name]:.5f}")
print(f"  {'the best straight line':33} {best_line:.5f}")

assert all(without < 1e-8 for without, _ in gaps.values())
assert all(with_relu > 1e-3 for _, with_relu in gaps.values())
flat, deep, bent = results.values()
assert flat > 0.98 * best_line
assert deep > 0.98 * best_line
assert bent < 0.02 * best_line
