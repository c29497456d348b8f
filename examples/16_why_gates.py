"""A simple recurrent network forgets what a gated one remembers, and so never learns that it mattered.

    simple    hₜ = tanh(xₜ W + hₜ₋₁ U + b)                 the state is made anew at each place
    gated     hₜ = (1 − zₜ) nₜ + zₜ hₜ₋₁,   zₜ = σ(…)      a gate z near 1 keeps it

Each place back, blame is multiplied by U and by a slope below 1: after many places hardly any is left. Where z is
near 1, it comes through.

The task: 40 numbers, two of them marked, one in either half; say their sum. Who knows nothing says 1, the mean, with
a squared error of 1/6.

Reference: Hochreiter, Schmidhuber, "Long short-term memory", 1997, section 5.4; Cho et al., 2014, arXiv 1406.1078.
Run it:  python examples/16_why_gates.py
"""

import numpy as np

import cutaway as ca

TIME, GUESS = 40, 1 / 6


def task(count, seed):
    """Return (count, 40, 2): a number and whether it is marked; and the sum of the two that are."""
    random = np.random.default_rng(seed)
    values, marks, row = random.uniform(0, 1, (count, TIME)), np.zeros((count, TIME)), np.arange(count)
    first, second = random.integers(0, TIME // 2, count), random.integers(TIME // 2, TIME, count)
    marks[row, first] = marks[row, second] = 1
    return np.stack((values, marks), axis=-1), (values[row, first] + values[row, second])[:, None]


def blame_by_place(net, x):
    """Return how long, on average, the gradient of the last state's sum is at each place of x."""
    inputs = ca.Tensor(x)
    state = net[0](inputs, ctx=ca.Context())
    return np.linalg.norm(ca.gradients(ca.ops.sum(state), inputs), axis=-1).mean(axis=0)


x, y = task(2048, seed=0)
new_x, new_y = task(500, seed=1)
results = {}
for name, layer, rate in (
    ("simple", ca.SimpleRNN(24, sequence=False), 0.003),
    ("gated", ca.GRU(24, sequence=False), 0.02),
):
    net = ca.Sequential(layer, ca.Dense(1))
    run = ca.fit(
        net, x, y, loss="squared_error", optimizer=ca.Adam(ca.Cosine(rate), clip_norm=1.0), epochs=12, observe=False,
    )  # fmt: skip
    error = float(np.mean((net(new_x) - new_y) ** 2))
    results[name] = [record.loss for record in run.history], error, blame_by_place(net, new_x[:100])

print(f"The sum of two marked numbers of {TIME}; always saying 1 has an error of {GUESS:.4f}.\n")
print("  network   error after 1, 4, 12 epochs    on new rows")
for name, (losses, error, _) in results.items():
    print(f"  {name:9} " + "   ".join(f"{losses[place]:6.4f}" for place in (0, 3, 11)) + f"         {error:6.4f}")
print("\nHow much the last state owes to a place, beside what it owes to the last one:\n")
print("  network   " + "".join(f"{back:>3} back " for back in (1, 10, 20, 39)))
for name, (*_, blame) in results.items():
    print(f"  {name:9} " + "".join(f"{blame[-1 - back] / blame[-1]:8.1e}" for back in (1, 10, 20, 39)))

(_, simple, fading), (_, gated, kept) = results["simple"], results["gated"]
assert simple > 0.7 * GUESS, "it has learned little more than the mean"
assert gated < 0.1 * GUESS
assert kept[0] / kept[-1] > 10 * fading[0] / fading[-1]
