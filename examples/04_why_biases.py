"""Without biases, a network whose activations have f(0) = 0 passes through the origin, whatever it learns.

Every weighted sum of zeros is zero; the bias is the part of a neuron that may speak when nothing comes in.

Run it:  python examples/04_why_biases.py
"""

import numpy as np

import cutaway as ca

origin = np.zeros((1, 3))
print("Output at x = 0 of networks without biases, random weights:\n")
at_origin = {}
for activation in (ca.ReLU, ca.Tanh, ca.GELU, ca.SiLU, ca.ELU, ca.LeakyReLU, ca.Sigmoid, ca.Softplus):
    net = ca.Sequential(ca.Dense(16, bias=False), activation(), ca.Dense(1, bias=False)).build(3)
    at_origin[activation.__name__] = net(origin).item()
    at_zero = activation()(np.zeros((1, 1))).item()
    print(f"  {activation.__name__:10} f(0) = {at_zero:4.2f}   network(0) = {at_origin[activation.__name__]:6.3f}")

x = np.linspace(-2, 2, 81)[:, None]
y = np.cos(x)  # 1 at the origin
print("\nLearning y = cos x, which is 1 at the origin:\n")
print("  network          mean squared error   output at 0")
results = {}
for bias in (False, True):
    net = ca.Sequential(ca.Dense(16, bias=bias), ca.Tanh(), ca.Dense(1, bias=bias))
    run = ca.fit(net, x, y, loss="squared_error", optimizer=ca.Adam(0.01), epochs=300, engine="numpy")
    results[bias] = run.history[-1].loss, net(np.zeros((1, 1))).item()
    name = "with biases" if bias else "without biases"
    print(f"  {name:14}   {results[bias][0]:18.5f}   {results[bias][1]:11.4f}")
print("\nWithout biases, 300 epochs did not move the output at 0; with them it is where it should be.")

assert all(at_origin[name] == 0 for name in ("ReLU", "Tanh", "GELU", "SiLU", "ELU", "LeakyReLU"))
assert all(at_origin[name] != 0 for name in ("Sigmoid", "Softplus")), "these have f(0) above 0"
assert results[False][1] == 0
assert results[False][0] > 0.1
assert abs(results[True][1] - 1) < 0.1
assert results[True][0] < 0.01
