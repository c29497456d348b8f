"""Why squares, and when not: one outlier under squared and under absolute error.

    squared error d²     pulls with 2 d: the further off a point is, the harder it pulls
    absolute error |d|   pulls with ±1: an outlier pulls no harder than any other point

With well-behaved noise, squares use the size of every error and are the sharper tool; one wild value turns
that strength against them.

Run it:  python examples/09_why_squares.py
"""

import numpy as np

import cutaway as ca

x = np.linspace(0, 1, 21)[:, None]
clean = 2 * x + 1 + np.random.default_rng(0).normal(0, 0.05, x.shape)
wild = clean.copy()
wild[18] = 30.0  # a misplaced decimal point


def line(y, loss):
    """Return slope and height at 0 of the line that the loss prefers."""
    net = ca.Sequential(ca.Dense(1)).build(1, dtype=np.float64)
    net[0].weight = [[0.0]]
    ca.fit(net, x, y, loss=loss, optimizer=ca.Adam(ca.Cosine(0.3)), epochs=600, batch_size=None, engine="numpy")
    return net[0].weight.item(), net[0].bias.item()


losses = ("squared_error", "absolute_error", "huber")
results = {loss: (line(clean, loss), line(wild, loss)) for loss in losses}
print("The points lie about y = 2 x + 1; then one of the 21 is read as 30 instead of 2.9. The line found:\n")
print(f"  {'loss':16} {'clean points':18}  with one outlier")
for loss, pairs in results.items():
    print("  " + f"{loss:16} " + "  ".join(f"y = {slope:5.2f} x {height:+6.2f}" for slope, height in pairs))

# How hard each point pulls on the line y = 2 x + 1: the gradient of the loss with respect to its output.
outputs = ca.Tensor(2 * x + 1)
pulls = {loss: np.abs(ca.gradients(ca.losses.as_loss(loss)(outputs, wild), outputs))[:, 0] for loss in losses}
print("\nShare of the whole pull that comes from the one outlier:\n")
for loss, pull in pulls.items():
    print(f"  {loss:16} {pull[18] / pull.sum():6.1%}")

for loss in losses:
    slope, height = results[loss][0]
    assert abs(slope - 2) < 0.2, "without the outlier every loss finds the line"
    assert abs(height - 1) < 0.1
assert abs(results["squared_error"][1][0] - 2) > 2, "one outlier drags the squared error's line away"
assert abs(results["absolute_error"][1][0] - 2) < 0.2
assert abs(results["huber"][1][0] - 2) < 0.5
assert pulls["squared_error"][18] / pulls["squared_error"].sum() > 0.9
assert np.isclose(pulls["absolute_error"][18] / pulls["absolute_error"].sum(), 1 / 21)
