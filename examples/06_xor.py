"""XOR (one or the other, not both) is learned with one hidden layer, and cannot be learned without.

No straight line has (0, 1) and (1, 0) on one side and (0, 0) and (1, 1) on the other. Without a hidden layer the
best that cross-entropy allows is to answer 0.5 to everything, at a loss of ln 2 = 0.6931.

Reference: Minsky, Papert, "Perceptrons", 1969; Rumelhart, Hinton, Williams, Nature 323, 1986.
Run it:  python examples/06_xor.py
"""

import numpy as np

import cutaway as ca

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
y = np.array([0, 1, 1, 0])

networks = {
    "no hidden layer": ca.Sequential(ca.Dense(1)),
    "4 hidden neurons": ca.Sequential(ca.Dense(4), ca.Tanh(), ca.Dense(1)),
}
outputs, losses = {}, {}
for name, net in networks.items():
    run = ca.fit(
        net, x, y, loss="binary_cross_entropy", optimizer=ca.Adam(0.05), epochs=500, batch_size=None, engine="numpy"
    )
    outputs[name] = ca.ops.sigmoid(net(x))[:, 0]
    losses[name] = run.history[-1].loss

print("  inputs   xor   " + "   ".join(networks))
for row, answer, *given in zip(x, y, *outputs.values(), strict=True):
    cells = "   ".join(f"{value:{len(name)}.3f}" for name, value in zip(networks, given, strict=True))
    print(f"  {row[0]:.0f}  {row[1]:.0f}   {answer:4}   {cells}")
print("  loss           " + "   ".join(f"{losses[name]:{len(name)}.3f}" for name in networks))

net = networks["4 hidden neurons"]
print("\nWhat the hidden layer does: it moves the four points to where one line can part them.\n")
for row, hidden in zip(x, net[1](net[0](x)), strict=True):
    print(f"  ({row[0]:.0f}, {row[1]:.0f})  →  " + "  ".join(f"{value:6.2f}" for value in hidden))

assert abs(losses["no hidden layer"] - np.log(2)) < 1e-3
assert np.allclose(outputs["no hidden layer"], 0.5, atol=0.05)
assert losses["4 hidden neurons"] < 0.02
assert ((outputs["4 hidden neurons"] > 0.5) == (y == 1)).all()
