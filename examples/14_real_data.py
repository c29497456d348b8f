"""Five data sets, five-fold: each row is predicted by a network that was trained on the other four fifths.

Columns (and a target that is a number) are standardised with mean and standard deviation of the training rows
alone. One recipe for the four sets of classes; a smaller network with more decay for the one set of numbers.

Run it:  python examples/14_real_data.py
"""

import time

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.model_selection import KFold, StratifiedKFold

import cutaway as ca


def standardised(train, test):
    """Return both with columns of mean 0 and standard deviation 1, as the training rows have them."""
    mean, spread = train.mean(axis=0), train.std(axis=0)
    spread[spread == 0] = 1  # a constant column, such as a corner of the digits' pictures
    return (train - mean) / spread, (test - mean) / spread


def predictions(x, y, folds, make_network, loss, steps, **settings):
    """Return out-of-fold outputs for every row, from networks trained for about so many steps of 32 rows."""
    outputs = []
    for fold, (train, test) in enumerate(folds):
        x_train, x_test = standardised(x[train], x[test])
        mean, spread = (y[train].mean(), y[train].std()) if y.dtype.kind == "f" else (0, 1)
        y_train = (y[train] - mean) / spread if y.dtype.kind == "f" else y[train]
        net = make_network()
        epochs = steps * 32 // len(train)
        ca.fit(net, x_train, y_train, loss=loss, epochs=epochs, seed=fold, observe=False, engine="numpy", **settings)
        outputs.append((test, net(x_test) * spread + mean))
    rows, values = (np.concatenate(parts) for parts in zip(*outputs, strict=True))
    return values[np.argsort(rows)]


def classifier(classes):
    """Return a function that makes a new network with one hidden layer."""
    return lambda: ca.Sequential(ca.Dense(64), ca.ReLU(), ca.Dense(classes))


print("  data             rows  columns   five-fold        needed   seconds")
results = {}
for name, load, needed in (
    ("digits", load_digits, 0.97),
    ("iris", load_iris, 0.95),
    ("wine", load_wine, 0.96),
    ("breast cancer", load_breast_cancer, 0.96),
):
    x, y = load(return_X_y=True)
    began = time.perf_counter()
    outputs = predictions(
        x, y, StratifiedKFold(5, shuffle=True, random_state=0).split(x, y),
        classifier(y.max() + 1),
        "cross_entropy", steps=1000, optimizer=ca.AdamW(ca.Cosine(0.005), weight_decay=0.5),
    )  # fmt: skip
    results[name] = ca.metrics.accuracy(outputs, y), needed
    seconds = time.perf_counter() - began
    print(f"  {name:14}  {len(x):5}  {x.shape[1]:7}   {results[name][0]:6.1%} right    ≥ {needed:.0%}   {seconds:7.1f}")

x, y = load_diabetes(return_X_y=True)
began = time.perf_counter()
outputs = predictions(
    x, y, KFold(5, shuffle=True, random_state=0).split(x),
    lambda: ca.Sequential(ca.Dense(16), ca.Tanh(), ca.Dense(1)),
    "squared_error", steps=400, optimizer=ca.AdamW(ca.Cosine(0.005), weight_decay=1.0),
)  # fmt: skip
results["diabetes"] = ca.metrics.r2(outputs, y), 0.4
seconds = time.perf_counter() - began
print(f"  {'diabetes':14}  {len(x):5}  {x.shape[1]:7}   R² = {results['diabetes'][0]:5.3f}     ≥ 0.40   {seconds:7.1f}")

for name, (figure, needed) in results.items():
    assert figure >= needed, name
