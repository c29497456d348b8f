"""Why matrices: a layer is one product, y = x W + b, and a machine does one product faster than many sums.

Below, the same layer three times: neuron by neuron in a loop, as one product in NumPy, and as ca.Dense.

Run it:  python examples/08_why_matrices.py
"""

import time

import numpy as np

import cutaway as ca

ROWS, INPUTS, NEURONS = 64, 100, 200
random = np.random.default_rng(0)
x = random.normal(size=(ROWS, INPUTS))
layer = ca.Dense(NEURONS, bias_initializer=ca.Normal(0.1)).build(INPUTS, dtype=np.float64)
weight, bias = layer.weight, layer.bias


def neuron_by_neuron():
    """Return what each neuron says about each row: the sum of its weighted inputs, and its bias."""
    y = np.empty((ROWS, NEURONS))
    for row in range(ROWS):
        for neuron in range(NEURONS):
            y[row, neuron] = np.dot(x[row], weight[:, neuron]) + bias[neuron]
    return y


def one_product():
    """Return the same as one product of matrices."""
    return x @ weight + bias


def seconds(function, repeats):
    """Return the shortest of some measured times: the one least disturbed by other work."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return min(times)


slow, fast, dense = seconds(neuron_by_neuron, 5), seconds(one_product, 100), seconds(lambda: layer(x), 100)
gap = np.abs(neuron_by_neuron() - one_product()).max()
print(f"{ROWS} rows through {NEURONS} neurons of {INPUTS} inputs, {ROWS * NEURONS * INPUTS:,} multiplications:\n")
for name, time_taken in (("a loop over rows and neurons", slow), ("one product, x @ W + b", fast), ("ca.Dense", dense)):
    print(f"  {name:30} {time_taken * 1e6:9,.0f} µs")
print(f"\nThe results differ by at most {gap:.0e}, the rounding of float64.")
print(f"The product is {slow / fast:.0f} times as fast.")

assert gap < 1e-12
assert np.array_equal(layer(x), one_product())
assert slow > 3 * fast
