"""One hidden layer approximates any continuous function, the better the more neurons it has.

Each neuron adds one bend of its own; the output layer adds the bends up. Three targets on −π … π: a sine, |x|
with its corner, and a step with its jump. (Continuity matters: at a jump the error is only ever made narrower.)

Reference: Cybenko, 1989; Hornik, Stinchcombe, White, 1989.
Run it:  python examples/07_any_function.py
"""

import numpy as np

import cutaway as ca

x = np.linspace(-np.pi, np.pi, 128)[:, None]
targets = {"sin x": np.sin(x), "|x|": np.abs(x), "step": (x > 0.5).astype(float)}
widths = (1, 2, 4, 8, 16, 32)


def error(width, y):
    """Return the root mean squared error of a trained network with `width` hidden neurons.

    The neurons start with their bends evenly spread over the line, the steeper the more of them there are.
    """
    net = ca.Sequential(ca.Dense(width), ca.Tanh(), ca.Dense(1, initializer=ca.LeCun())).build(1)
    places = (np.arange(width) + 0.5) / width * 2 * np.pi - np.pi
    net[0].weight = np.full((1, width), width)
    net[0].bias = -width * places
    ca.fit(
        net, x, y, loss="squared_error", optimizer=ca.Adam(ca.Cosine(0.03)), epochs=500, batch_size=None,
        engine="numpy", observe=False,
    )  # fmt: skip
    return ca.metrics.rmse(net(x), y)


errors = {name: [error(width, y) for width in widths] for name, y in targets.items()}
print("Root mean squared error against the number of hidden neurons, 500 epochs each:\n")
print("  neurons" + "".join(f"{name:>9}" for name in targets))
for place, width in enumerate(widths):
    print(f"  {width:7}" + "".join(f"{errors[name][place]:9.4f}" for name in targets))
print("\nEach doubling of the neurons brings the network closer to all three.")

for name in targets:
    assert all(after < 1.1 * before for before, after in zip(errors[name], errors[name][1:], strict=False)), name
    assert errors[name][-1] < errors[name][0] / 3, name
