"""One training step of four dense networks with Adam, in microseconds, beside peers, in one run.

Every contender trains whole epochs over the same rows, shuffled anew each epoch, and reports the epoch's mean loss;
starting, compiling and the first epoch are left out. Runs are alternated, and the median of the repeats counts.
"""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import cutaway as ca
from benchmarks.report import table, write

RATE, FIRST, SECOND, EPSILON = 1e-3, 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class Workload:
    """A network, its batch and how many rows an epoch has."""

    name: str
    sizes: tuple[int, ...]
    activation: str
    batch: int
    classes: bool
    rows: int


WORKLOADS = (
    Workload("2-8-8-1", (2, 8, 8, 1), "tanh", 32, False, 8192),
    Workload("32-64-64-1", (32, 64, 64, 1), "relu", 128, False, 16384),
    Workload("64-128-10", (64, 128, 10), "relu", 64, True, 8192),
    Workload("784-256-128-10", (784, 256, 128, 10), "relu", 128, True, 8192),
)


def data(load: Workload) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    x = random.standard_normal((load.rows, load.sizes[0])).astype(np.float32)
    if load.classes:
        return x, random.integers(0, load.sizes[-1], load.rows).astype(np.int32)
    return x, np.sin(x.sum(axis=1, keepdims=True)).astype(np.float32)


def weights(load: Workload) -> list[tuple[np.ndarray, np.ndarray]]:
    random = np.random.default_rng(1)
    return [
        ((random.standard_normal((a, b)) * np.sqrt(2 / a)).astype(np.float32), np.zeros(b, np.float32))
        for a, b in zip(load.sizes[:-1], load.sizes[1:], strict=True)
    ]


# Each contender: (workload, epochs) -> seconds a step, the first epoch left out.
Contender = Callable[[Workload, int], float]


def ours(engine: str) -> Contender:
    def run(load: Workload, epochs: int) -> float:
        x, y = data(load)
        layers: list[Any] = []
        for size in load.sizes[1:]:
            layers += [ca.Dense(size), ca.Tanh() if load.activation == "tanh" else ca.ReLU()]
        net = ca.Sequential(*layers[:-1])
        done = ca.fit(
            net, x, y, loss="cross_entropy" if load.classes else "squared_error", optimizer=ca.Adam(RATE),
            epochs=epochs, batch_size=load.batch, engine=engine, progress=False,
        )  # fmt: skip
        first, last = done.history[0], done.history[-1]
        return (last.seconds - first.seconds) / (last.step - first.step)

    return run


def scikit_learn(load: Workload, epochs: int) -> float:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    x, y = data(load)
    kind = MLPClassifier if load.classes else MLPRegressor
    net = kind(
        hidden_layer_sizes=load.sizes[1:-1],
        activation=load.activation,
        batch_size=load.batch,
        max_iter=1,
        alpha=0,
        warm_start=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.fit(x, y.ravel())
        net.max_iter = epochs - 1
        net.n_iter_no_change = epochs + 1
        began = time.perf_counter()
        net.fit(x, y.ravel())
    return (time.perf_counter() - began) / (max(1, epochs - 1) * -(-load.rows // load.batch))


def pytorch(compiled: bool) -> Contender:
    def run(load: Workload, epochs: int) -> float:
        import torch

        x, y = (torch.from_numpy(part) for part in data(load))
        y = y.long() if load.classes else y
        layers: list[Any] = []
        for a, b in zip(load.sizes[:-1], load.sizes[1:], strict=True):
            layers += [
                torch.nn.Linear(a, b),
                torch.nn.Tanh() if load.activation == "tanh" else torch.nn.ReLU(),
            ]
        net = torch.nn.Sequential(*layers[:-1])
        forward = torch.compile(net) if compiled else net
        loss_of = torch.nn.CrossEntropyLoss() if load.classes else torch.nn.MSELoss()
        optimizer = torch.optim.Adam(net.parameters(), lr=RATE, fused=True)
        began = 0.0
        for epoch in range(epochs):
            if epoch == 1:
                began = time.perf_counter()
            total = 0.0
            for places in torch.randperm(load.rows).split(load.batch):
                optimizer.zero_grad()
                loss = loss_of(forward(x[places]), y[places])
                loss.backward()
                optimizer.step()
                total = total + loss.detach()
            float(total)
        return (time.perf_counter() - began) / (max(1, epochs - 1) * (load.rows // load.batch))

    return run


def hand_jax(load: Workload, epochs: int) -> float:
    """What an expert writes for this one network: jax.grad, Adam by hand, an epoch in one lax.scan."""
    import jax
    import jax.numpy as jnp

    x, y = (jnp.asarray(part) for part in data(load))
    bend = jnp.tanh if load.activation == "tanh" else jax.nn.relu

    def loss_of(params: Any, x: Any, y: Any) -> Any:
        for w, b in params[:-1]:
            x = bend(x @ w + b)
        w, b = params[-1]
        out = x @ w + b
        if load.classes:
            return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(out), y[:, None], 1))
        return jnp.mean((out - y) ** 2)

    def step(carry: Any, places: Any) -> Any:
        params, mean, square, count = carry
        loss, grads = jax.value_and_grad(loss_of)(params, x[places], y[places])
        count = count + 1
        mean = jax.tree.map(lambda m, g: FIRST * m + (1 - FIRST) * g, mean, grads)
        square = jax.tree.map(lambda v, g: SECOND * v + (1 - SECOND) * g * g, square, grads)
        root = jnp.sqrt(1 - SECOND**count)
        rate = RATE * root / (1 - FIRST**count)
        params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + EPSILON * root), params, mean, square)
        return (params, mean, square, count), loss

    @jax.jit
    def epoch_of(carry: Any, order: Any) -> Any:
        carry, losses = jax.lax.scan(step, carry, order)
        return carry, losses.mean()

    params = jax.tree.map(jnp.asarray, weights(load))
    zeros = jax.tree.map(jnp.zeros_like, params)
    carry = (params, zeros, zeros, jnp.float32(0))
    random = np.random.default_rng(0)
    began = 0.0
    for epoch in range(epochs):
        if epoch == 1:
            began = time.perf_counter()
        order = random.permutation(load.rows).astype(np.int32).reshape(-1, load.batch)
        carry, loss = epoch_of(carry, order)
        float(loss)
    return (time.perf_counter() - began) / (max(1, epochs - 1) * (load.rows // load.batch))


def hand_numpy(load: Workload, epochs: int) -> float:
    """What an expert writes for this one network: every buffer made once, every operation in place."""
    x, y = data(load)
    params = [array for pair in weights(load) for array in pair]
    grads = [np.empty_like(p) for p in params]
    means = [np.zeros_like(p) for p in params]
    squares = [np.zeros_like(p) for p in params]
    scratch = [np.empty_like(p) for p in params]
    depth, batch = len(load.sizes) - 1, load.batch
    acts = [np.empty((batch, size), np.float32) for size in load.sizes]
    blames = [np.empty((batch, size), np.float32) for size in load.sizes]
    masks = [np.empty((batch, size), np.float32) for size in load.sizes]
    rows = np.arange(batch)
    random = np.random.default_rng(0)
    count, began = 0, 0.0
    for epoch in range(epochs):
        if epoch == 1:
            began = time.perf_counter()
        total = 0.0
        order = random.permutation(load.rows).reshape(-1, batch)
        for places in order:
            np.take(x, places, axis=0, out=acts[0])
            target = y[places]
            for i in range(depth):
                z = acts[i + 1]
                np.matmul(acts[i], params[2 * i], out=z)
                z += params[2 * i + 1]
                if i < depth - 1:
                    if load.activation == "tanh":
                        np.tanh(z, out=z)
                    else:
                        np.maximum(z, 0, out=z)
            out, g = acts[-1], blames[-1]
            if load.classes:
                out -= out.max(axis=1, keepdims=True)
                np.exp(out, out=g)
                norm = g.sum(axis=1, keepdims=True)
                total += float(np.mean(np.log(norm[:, 0]) - out[rows, target]))
                g /= norm
                g[rows, target] -= 1
                g /= batch
            else:
                np.subtract(out, target, out=g)
                total += float(np.vdot(g, g)) / batch
                g *= 2 / batch
            for i in reversed(range(depth)):
                g = blames[i + 1]
                if i < depth - 1:
                    if load.activation == "tanh":
                        np.multiply(acts[i + 1], acts[i + 1], out=masks[i + 1])
                        np.subtract(1, masks[i + 1], out=masks[i + 1])
                    else:
                        np.greater(acts[i + 1], 0, out=masks[i + 1])
                    g *= masks[i + 1]
                np.matmul(acts[i].T, g, out=grads[2 * i])
                np.sum(g, axis=0, out=grads[2 * i + 1])
                if i:
                    np.matmul(g, params[2 * i].T, out=blames[i])
            count += 1
            root = np.sqrt(1 - SECOND**count)
            rate = RATE * root / (1 - FIRST**count)
            for p, g, m, v, s in zip(params, grads, means, squares, scratch, strict=True):
                m *= FIRST
                np.multiply(g, 1 - FIRST, out=s)
                m += s
                v *= SECOND
                np.multiply(g, g, out=s)
                s *= 1 - SECOND
                v += s
                np.sqrt(v, out=s)
                s += EPSILON * root
                np.divide(m, s, out=s)
                s *= rate
                p -= s
    return (time.perf_counter() - began) / (max(1, epochs - 1) * (load.rows // batch))


CONTENDERS: dict[str, Contender] = {
    "cutaway xla": ours("xla"),
    "cutaway numpy": ours("numpy"),
    "JAX by hand": hand_jax,
    "NumPy by hand": hand_numpy,
    "PyTorch eager": pytorch(compiled=False),
    "PyTorch compiled": pytorch(compiled=True),
    "scikit-learn": scikit_learn,
}

# About how long a step of each takes, to choose how many epochs make a run of half a second.
SECONDS = 0.6


def main(repeats: int, quick: bool) -> None:
    figures: dict[str, dict[str, float]] = {}
    for load in WORKLOADS:
        steps = load.rows // load.batch
        times: dict[str, list[float]] = {name: [] for name in CONTENDERS}
        epochs = dict.fromkeys(CONTENDERS, 3)
        for name, contender in CONTENDERS.items():
            try:
                first = contender(load, 3)
            except ImportError:
                del times[name]
                continue
            epochs[name] = 3 if quick else max(3, min(2000, round(SECONDS / (first * steps)) + 1))
        for turn in range(1 if quick else repeats):
            names = list(times)
            # Each turn begins with another contender: what ran just before leaves threads and caches behind.
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                times[name].append(CONTENDERS[name](load, epochs[name]))
        figures[load.name] = {name: statistics.median(values) * 1e6 for name, values in times.items()}
        print(load.name, {name: round(value, 1) for name, value in figures[load.name].items()}, flush=True)

    names = [name for name in CONTENDERS if name in figures[WORKLOADS[0].name]]
    head = ["µs a step", *[load.name for load in WORKLOADS], "geometric mean of peer / cutaway xla"]
    rows = [head]
    means = {}
    for name in names:
        ratios = [figures[load.name][name] / figures[load.name]["cutaway xla"] for load in WORKLOADS]
        means[name] = float(np.exp(np.mean(np.log(ratios))))
        rows.append([name, *[f"{figures[load.name][name]:.1f}" for load in WORKLOADS], f"{means[name]:.2f}"])
    print("\n" + table(rows))
    if not quick:
        print(write("dense", {"microseconds a step": figures, "geometric mean over cutaway xla": means}))
