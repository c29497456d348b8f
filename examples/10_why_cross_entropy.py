"""Why cross-entropy: it keeps pulling when the network is confidently wrong; squared error lets go.

With p = sigmoid(z) and truth 1:

    squared error (p − 1)²      dL/dz = 2 (p − 1) p (1 − p)      goes to 0 as p goes to 0
    cross-entropy  −ln p        dL/dz = p − 1                    goes to −1 as p goes to 0

Run it:  python examples/10_why_cross_entropy.py
"""

import numpy as np
from sklearn.datasets import load_digits

import cutaway as ca

truth = np.ones((1, 1))
print("The truth is 1. The score z, the network's answer p, and how hard each loss pulls on z:\n")
print("      z          p   squared error   cross-entropy")
pulls = {}
for z in (2.0, 0.0, -2.0, -5.0, -10.0):
    score = ca.Tensor(np.array([[z]]))
    probability = ca.ops.sigmoid(score)
    squared = ca.gradients(ca.SquaredError()(probability, truth), score).item()
    surprised = ca.gradients(ca.BinaryCrossEntropy()(score, truth), score).item()
    pulls[z] = squared, surprised
    print(f"  {z:5.0f}   {probability.value.item():8.6f}   {squared:13.6f}   {surprised:13.6f}")

# Ten digits, from weights so large that the network starts sure of itself and mostly wrong.
x, digit = load_digits(return_X_y=True)
x = x / 16
one_hot = np.eye(10)[digit]
train, test = np.arange(1200), np.arange(1200, len(x))
epochs = (1, 2, 5, 10, 20)


def learn(loss, targets):
    """Return the accuracy on the test rows before learning and after each of `epochs`."""
    hidden, scores = (ca.Dense(units, initializer=ca.Normal(1.0)) for units in (32, 10))
    net = ca.Sequential(hidden, ca.ReLU(), scores, ca.Softmax()).build(64)
    accuracies = [ca.metrics.accuracy(net(x[test]), digit[test])]
    run = ca.fit(
        net, x[train], targets[train], loss=loss, optimizer=ca.GradientDescent(0.1), epochs=20,
        validation=(x[test], targets[test]), engine="numpy",
        metrics={"accuracy": lambda outputs, truth: ca.metrics.accuracy(outputs, digit[test])},
    )  # fmt: skip
    return accuracies + [run.history[epoch - 1].metrics["accuracy"] for epoch in epochs]


squared = learn("squared_error", one_hot)
surprised = learn(ca.CrossEntropy(from_logits=False), one_hot)
print("\nTen digits from the same confidently wrong weights and the same rate, share right on unseen rows:\n")
print("  epochs           " + "".join(f"{epoch:7}" for epoch in (0, *epochs)))
print("  squared error    " + "".join(f"{value:7.1%}" for value in squared))
print("  cross-entropy    " + "".join(f"{value:7.1%}" for value in surprised))

assert abs(pulls[-10.0][0]) < 1e-4
assert abs(pulls[-10.0][1]) > 0.9999
assert surprised[-1] > 0.75
assert surprised[-1] > squared[-1] + 0.2
