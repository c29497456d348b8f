"""A line learned from points: the smallest thing that learns.

    y = m x + c,        loss L = the mean of (y − target)²

Gradient descent asks how the loss changes with m and with c, and moves each a little the other way:

    m ← m − rate · dL/dm,        c ← c − rate · dL/dc

Run it:  python examples/01_line.py
"""

import numpy as np

import cutaway as ca

TRUE_M, TRUE_C = 2.0, -1.0
random = np.random.default_rng(0)
x = np.linspace(-1, 3, 200)
target = TRUE_M * x + TRUE_C + random.normal(0, 0.05, x.shape)


def learn(rate, steps):
    """Return m, c and the loss before each step."""
    m, c, losses = np.array(0.0), np.array(0.0), []
    for _ in range(steps):
        tensors = ca.Tensor(m), ca.Tensor(c)
        error = tensors[0] * x + tensors[1] - target
        loss = ca.ops.mean(error * error)
        dm, dc = ca.gradients(loss, tensors)
        m, c = m - rate * dm, c - rate * dc
        losses.append(float(loss))
    return float(m), float(c), losses


print(f"The points lie about the line y = {TRUE_M:g} x − {-TRUE_C:g}. Learning it from m = 0, c = 0:\n")
print("  steps       m        c       loss")
for steps in (1, 2, 5, 10, 30, 100):
    m, c, losses = learn(0.2, steps)
    print(f"  {steps:5}  {m:7.4f}  {c:7.4f}  {losses[-1]:9.5f}")

# The curvature of the loss says which rates are too large: beyond 2 / (its largest value), each step overshoots.
curvature = 2 * np.array([[np.mean(x * x), np.mean(x)], [np.mean(x), 1]])
limit = 2 / np.linalg.eigvalsh(curvature).max()
print(f"\nThe rate decides. Here no rate above {limit:.3f} can settle; after 100 steps:\n")
print("     rate          m          c       loss")
results = {}
for rate in (0.0005, 0.2, 0.4):
    m, c, losses = results[rate] = learn(rate, 100)
    verdict = {0.0005: "too small: it crawls", 0.2: "right", 0.4: "too large: it diverges"}[rate]
    print(f"  {rate:7}  {m:9.3g}  {c:9.3g}  {losses[-1]:9.3g}  {verdict}")

# The same by the library: a line is a network of one neuron with one input.
net = ca.Sequential(ca.Dense(1)).build(1, dtype=np.float64)
net[0].weight, net[0].bias = [[0.0]], [0.0]
ca.fit(
    net, x[:, None], target, loss="squared_error", optimizer=ca.GradientDescent(0.2),
    epochs=100, batch_size=None, shuffle=False, engine="numpy",
)  # fmt: skip
weight, bias = net[0].weight.item(), net[0].bias.item()
print(f"\nca.fit takes the same 100 steps: weight {weight:.4f}, bias {bias:.4f}.")

m, c, losses = results[0.2]
assert abs(m - TRUE_M) < 0.01 * abs(TRUE_M)
assert abs(c - TRUE_C) < 0.01 * abs(TRUE_C)
assert results[0.4][2][-1] > 1000 * results[0.4][2][0], "a rate above the limit must diverge"
crawled = results[0.0005][2]
assert 0.5 * crawled[0] < crawled[-1] < crawled[0], "a tiny rate must go down, and still be far away"
assert abs(weight - m) < 1e-6
assert abs(bias - c) < 1e-6
