"""One training step of LeNet-5 and of a small residual network with Adam, in milliseconds, beside peers, in one run.

28 × 28 pictures of one channel, batch 128, whole epochs, shuffled anew each; starting, compiling and the first epoch
are left out. Runs are alternated, and the median of the repeats counts.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import cutaway as ca
from benchmarks.report import table, write

RATE, FIRST, SECOND, EPSILON = 1e-3, 0.9, 0.999, 1e-8
BATCH, ROWS = 128, 1280
NETWORKS = ("LeNet-5", "small ResNet")
# Channels and stride of each residual block.
BLOCKS = ((16, 1), (32, 2), (64, 2))

# Each contender: (network, epochs) -> seconds a step, the first epoch left out.
Contender = Callable[[str, int], float]


def data() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    x = random.standard_normal((ROWS, 28, 28, 1)).astype(np.float32)
    return x, random.integers(0, 10, ROWS).astype(np.int32)


class Block(ca.Layer):
    """relu(shortcut(x) + two convolutions with batch norm)."""

    def __init__(self, filters: int, stride: int) -> None:
        self.first, self.norm = ca.Conv2D(filters, stride=stride, padding=1, bias=False), ca.BatchNorm()
        self.second, self.last = ca.Conv2D(filters, padding=1, bias=False), ca.BatchNorm()
        self.shortcut = ca.Identity() if stride == 1 else ca.Conv2D(filters, 1, stride=stride, padding=0, bias=False)

    def forward(self, x: Any, ctx: ca.Context) -> Any:
        y = ca.ops.relu(self.norm(self.first(x, ctx=ctx), ctx=ctx))
        y = self.last(self.second(y, ctx=ctx), ctx=ctx)
        return ca.ops.relu(ca.ops.add(y, self.shortcut(x, ctx=ctx)))


def network(name: str) -> ca.Sequential:
    if name == "LeNet-5":
        return ca.Sequential(
            ca.Conv2D(6, 5), ca.ReLU(), ca.MaxPool2D(), ca.Conv2D(16, 5, padding="valid"), ca.ReLU(), ca.MaxPool2D(),
            ca.Flatten(), ca.Dense(120), ca.ReLU(), ca.Dense(84), ca.ReLU(), ca.Dense(10),
        )  # fmt: skip
    blocks = [Block(filters, stride) for filters, stride in BLOCKS]
    return ca.Sequential(
        ca.Conv2D(16, padding=1, bias=False), ca.BatchNorm(), ca.ReLU(), *blocks, ca.GlobalAveragePool(), ca.Dense(10)
    )


def ours(engine: str) -> Contender:
    def run(name: str, epochs: int) -> float:
        x, y = data()
        done = ca.fit(
            network(name), x, y, loss="cross_entropy", optimizer=ca.Adam(RATE), epochs=epochs, batch_size=BATCH,
            engine=engine, progress=False,
        )  # fmt: skip
        first, last = done.history[0], done.history[-1]
        return (last.seconds - first.seconds) / (last.step - first.step)

    return run


def torch_network(name: str) -> Any:
    import torch

    nn = torch.nn
    if name == "LeNet-5":
        return nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
        )  # fmt: skip

    class TorchBlock(nn.Module):
        def __init__(self, inputs: int, filters: int, stride: int) -> None:
            super().__init__()
            self.first, self.norm = nn.Conv2d(inputs, filters, 3, stride, 1, bias=False), nn.BatchNorm2d(filters)
            self.second, self.last = nn.Conv2d(filters, filters, 3, 1, 1, bias=False), nn.BatchNorm2d(filters)
            self.shortcut = nn.Identity() if stride == 1 else nn.Conv2d(inputs, filters, 1, stride, bias=False)

        def forward(self, x: Any) -> Any:
            y = self.last(self.second(torch.relu(self.norm(self.first(x)))))
            return torch.relu(y + self.shortcut(x))

    inputs = (16, *[filters for filters, _ in BLOCKS])
    blocks = [TorchBlock(before, filters, stride) for before, (filters, stride) in zip(inputs, BLOCKS, strict=False)]
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *blocks,
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip


def pytorch(*, last: bool = False, half: bool = False, compiled: bool = False) -> Contender:
    def run(name: str, epochs: int) -> float:
        import torch

        images, labels = data()
        layout = torch.channels_last if last else torch.contiguous_format
        x = torch.from_numpy(images.transpose(0, 3, 1, 2).copy()).contiguous(memory_format=layout)
        y = torch.from_numpy(labels).long()
        net = torch_network(name).to(memory_format=layout)
        forward = torch.compile(net) if compiled else net
        optimizer = torch.optim.Adam(net.parameters(), lr=RATE, fused=True)
        began = 0.0
        for epoch in range(epochs):
            if epoch == 1:
                began = time.perf_counter()
            total = 0.0
            for places in torch.randperm(ROWS).split(BATCH):
                optimizer.zero_grad()
                with torch.autocast("cpu", torch.bfloat16, enabled=half):
                    loss = torch.nn.functional.cross_entropy(forward(x[places]), y[places])
                loss.backward()
                optimizer.step()
                total = total + loss.detach()
            float(total)
        return (time.perf_counter() - began) / (max(1, epochs - 1) * (ROWS // BATCH))

    return run


def hand_jax(patches: bool) -> Contender:
    """What an expert writes: jax.grad, Adam by hand, an epoch in one lax.scan; convolution as XLA's or as patches."""

    def run(name: str, epochs: int) -> float:
        import jax
        import jax.numpy as jnp

        def conv(x: Any, w: Any, stride: int = 1, edge: int = 0) -> Any:
            if not patches:
                edges = [(edge, edge)] * 2
                return jax.lax.conv_general_dilated(
                    x, w, (stride, stride), edges, dimension_numbers=("NHWC", "HWIO", "NHWC")
                )
            size, out = w.shape[0], w.shape[-1]
            x = jnp.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
            n = (x.shape[1] - size) // stride + 1
            reach = (n - 1) * stride + 1
            seen = [x[:, i : i + reach : stride, j : j + reach : stride] for i in range(size) for j in range(size)]
            flat = jnp.concatenate(seen, axis=-1).reshape(-1, w.size // out)
            return (flat @ w.reshape(-1, out)).reshape(len(x), n, n, out)

        def pool(x: Any) -> Any:
            b, h, w, c = x.shape
            return x.reshape(b, h // 2, 2, w // 2, 2, c).max((2, 4))

        def norm(x: Any, scale: Any, shift: Any) -> Any:
            mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
            return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * scale + shift

        def outputs(p: Any, x: Any) -> Any:
            if name == "LeNet-5":
                x = pool(jax.nn.relu(conv(x, p[0], 1, 2) + p[1]))
                x = pool(jax.nn.relu(conv(x, p[2]) + p[3])).reshape(len(x), -1)
                return jax.nn.relu(jax.nn.relu(x @ p[4] + p[5]) @ p[6] + p[7]) @ p[8] + p[9]
            p = iter(p)
            x = jax.nn.relu(norm(conv(x, next(p), 1, 1), next(p), next(p)))
            for _, stride in BLOCKS:
                y = jax.nn.relu(norm(conv(x, next(p), stride, 1), next(p), next(p)))
                y = norm(conv(y, next(p), 1, 1), next(p), next(p))
                x = jax.nn.relu(y + (x if stride == 1 else conv(x, next(p), stride)))
            return x.mean((1, 2)) @ next(p) + next(p)

        def loss_of(p: Any, x: Any, y: Any) -> Any:
            return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(outputs(p, x)), y[:, None], 1))

        def step(carry: Any, places: Any) -> Any:
            p, mean, square, count = carry
            loss, grads = jax.value_and_grad(loss_of)(p, x[places], y[places])
            count = count + 1
            mean = jax.tree.map(lambda m, g: FIRST * m + (1 - FIRST) * g, mean, grads)
            square = jax.tree.map(lambda v, g: SECOND * v + (1 - SECOND) * g * g, square, grads)
            root = jnp.sqrt(1 - SECOND**count)
            rate = RATE * root / (1 - FIRST**count)
            p = jax.tree.map(lambda a, m, v: a - rate * m / (jnp.sqrt(v) + EPSILON * root), p, mean, square)
            return (p, mean, square, count), loss

        @jax.jit
        def epoch_of(carry: Any, order: Any) -> Any:
            carry, losses = jax.lax.scan(step, carry, order)
            return carry, losses.mean()

        x, y = (jnp.asarray(part) for part in data())
        params = [jnp.asarray(array) for array in network(name).build((28, 28, 1)).parameters().values()]
        zeros = [jnp.zeros_like(p) for p in params]
        carry = (params, zeros, zeros, jnp.float32(0))
        random, began = np.random.default_rng(0), 0.0
        for epoch in range(epochs):
            if epoch == 1:
                began = time.perf_counter()
            order = random.permutation(ROWS).astype(np.int32).reshape(-1, BATCH)
            carry, loss = epoch_of(carry, order)
            float(loss)
        return (time.perf_counter() - began) / (max(1, epochs - 1) * (ROWS // BATCH))

    return run


CONTENDERS: dict[str, Contender] = {
    "cutaway xla": ours("xla"),
    "cutaway numpy": ours("numpy"),
    "PyTorch eager": pytorch(),
    "PyTorch eager, channels last": pytorch(last=True),
    "PyTorch bf16": pytorch(last=True, half=True),
    "PyTorch compiled": pytorch(last=True, compiled=True),
    "JAX by hand, lax.conv": hand_jax(patches=False),
    "JAX by hand, patches": hand_jax(patches=True),
}


def main(repeats: int, quick: bool) -> None:
    global ROWS
    if quick:
        ROWS = BATCH
    figures: dict[str, dict[str, float]] = {}
    for name in NETWORKS:
        times: dict[str, list[float]] = {who: [] for who in CONTENDERS}
        for who, contender in CONTENDERS.items():
            try:
                warm = contender(name, 2)
                if quick:
                    times[who].append(warm)
            except Exception as error:  # a compiler that is not there has many ways to say so
                print(f"{who}: left out, {type(error).__name__}: {str(error).splitlines()[0][:100]}", flush=True)
                del times[who]
        for turn in range(0 if quick else repeats):
            names = list(times)
            # Each turn begins with another contender: what ran just before leaves threads and caches behind.
            for who in names[turn % len(names) :] + names[: turn % len(names)]:
                times[who].append(CONTENDERS[who](name, 6))
        figures[name] = {who: statistics.median(values) * 1e3 for who, values in times.items()}
        print(name, {who: round(value, 2) for who, value in figures[name].items()}, flush=True)

    rows = [["ms a step", *NETWORKS, *[f"{name} ÷ cutaway xla" for name in NETWORKS]]]
    for who in CONTENDERS:
        values = [figures[name].get(who) for name in NETWORKS]
        cells = ["" if value is None else f"{value:.2f}" for value in values]
        ratios = [
            "" if value is None else f"{value / figures[name]['cutaway xla']:.2f}"
            for name, value in zip(NETWORKS, values, strict=True)
        ]
        rows.append([who, *cells, *ratios])
    print("\n" + table(rows))
    if not quick:
        print(write("pictures", {"milliseconds a step": figures}))
