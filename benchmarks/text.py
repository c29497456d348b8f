"""One training step of a small GPT and of an LSTM that predict characters, in milliseconds, beside peers, in one run.

Every contender trains on the same windows of numbers from 0 to 64, whole epochs, shuffled anew each epoch, with AdamW
and the gradient's length clipped to 1; starting, compiling and the first epoch are left out. Runs are alternated, and
the median of the repeats counts.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import cutaway as ca
from benchmarks.report import table, write
from benchmarks.text_by_hand import DECAY, EPSILON, FIRST, GPT_EPOCH, LSTM_EPOCH, RATE, SECOND

WORDS, WIDTH, HEADS, BLOCKS, LENGTH = 65, 128, 4, 4, 64


@dataclass(frozen=True)
class Workload:
    """A network, how many windows a step has, and how many steps an epoch."""

    name: str
    batch: int
    steps: int = 50


WORKLOADS = (Workload("GPT", batch=12), Workload("LSTM", batch=32))


def windows(load: Workload) -> tuple[np.ndarray, np.ndarray]:
    """Return windows and what follows each place in them, (rows, LENGTH): multiples of 7, so that there is a rule."""
    starts = np.random.default_rng(0).integers(0, WORDS, (load.batch * load.steps, 1))
    numbers = ((starts + 7 * np.arange(LENGTH + 1)) % WORDS).astype(np.int32)
    return numbers[:, :-1], numbers[:, 1:]


def orders(load: Workload, epochs: int) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    rows = load.batch * load.steps
    return [random.permutation(rows).astype(np.int32).reshape(load.steps, load.batch) for _ in range(epochs)]


# Each contender: (workload, epochs) -> seconds a step, the first epoch left out.
Contender = Callable[[Workload, int], float]


def ours(engine: str) -> Contender:
    def run(load: Workload, epochs: int) -> float:
        words = ca.Embedding(WORDS, WIDTH, initializer=ca.Normal(0.02))
        if load.name == "GPT":
            blocks = [ca.TransformerBlock(HEADS) for _ in range(BLOCKS)]
            net = ca.Sequential(words, ca.LearnedPositions(LENGTH), *blocks, ca.LayerNorm(), ca.Unembedding(words))
        else:
            net = ca.Sequential(words, ca.LSTM(WIDTH, sequence=True), ca.Dense(WORDS))
        x, y = windows(load)
        done = ca.fit(
            net, x, y, loss="cross_entropy",
            optimizer=ca.AdamW(RATE, (FIRST, SECOND), EPSILON, weight_decay=DECAY, clip_norm=1.0),
            epochs=epochs, batch_size=load.batch, engine=engine, progress=False,
        )  # fmt: skip
        first, last = done.history[0], done.history[-1]
        return (last.seconds - first.seconds) / (last.step - first.step)

    return run


def pytorch(half: bool = False, compiled: bool = False) -> Contender:
    def run(load: Workload, epochs: int) -> float:
        import torch

        from benchmarks.text_in_torch import GPT, LSTM

        net = (GPT if load.name == "GPT" else LSTM)(WORDS, WIDTH, HEADS, BLOCKS, LENGTH)
        forward = torch.compile(net) if compiled else net
        optimizer = torch.optim.AdamW(net.parameters(), RATE, (FIRST, SECOND), EPSILON, DECAY, fused=True)
        x, y = (torch.from_numpy(part).long() for part in windows(load))
        began = 0.0
        for epoch, order in enumerate(orders(load, epochs)):
            if epoch == 1:
                began = time.perf_counter()
            total = 0.0
            for places in torch.from_numpy(order):
                optimizer.zero_grad()
                with torch.autocast("cpu", torch.bfloat16, enabled=half):
                    scores = forward(x[places])
                loss = torch.nn.functional.cross_entropy(scores.float().view(-1, WORDS), y[places].view(-1))
                loss.backward()
                torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                optimizer.step()
                total = total + loss.detach()
            float(total)
        return (time.perf_counter() - began) / ((epochs - 1) * load.steps)

    return run


def hand_jax(load: Workload, epochs: int) -> float:
    import jax
    import jax.numpy as jnp

    x, y = (jnp.asarray(part) for part in windows(load))
    epoch_of, carry = (GPT_EPOCH if load.name == "GPT" else LSTM_EPOCH)(x, y)
    began = 0.0
    for epoch, order in enumerate(orders(load, epochs)):
        if epoch == 1:
            began = time.perf_counter()
        carry, loss = epoch_of(carry, order)
        float(loss)
    jax.block_until_ready(carry)
    return (time.perf_counter() - began) / ((epochs - 1) * load.steps)


CONTENDERS: dict[str, Contender] = {
    "cutaway xla": ours("xla"),
    "cutaway numpy": ours("numpy"),
    "JAX by hand": hand_jax,
    "PyTorch eager": pytorch(),
    "PyTorch bf16": pytorch(half=True),
    "PyTorch compiled": pytorch(compiled=True),
}

# About how many seconds a run of each takes, its first epoch left out.
SECONDS = 4.0


def main(repeats: int, quick: bool) -> None:
    figures: dict[str, dict[str, float]] = {}
    for load in WORKLOADS:
        if quick:
            load = Workload(load.name, load.batch, steps=5)
        times: dict[str, list[float]] = {name: [] for name in CONTENDERS}
        epochs = dict.fromkeys(CONTENDERS, 2)
        for name, contender in CONTENDERS.items():
            try:
                first = contender(load, 2)
            except Exception as fault:  # a peer that is not installed, or a compiler that is not there
                if name.startswith("cutaway"):
                    raise
                print(f"{load.name}: {name} is left out: {type(fault).__name__}: {str(fault).splitlines()[0][:100]}")
                del times[name]
                continue
            epochs[name] = 2 if quick else max(2, min(50, round(SECONDS / (first * load.steps)) + 1))
        for turn in range(1 if quick else repeats):
            names = list(times)
            # Each turn begins with another contender: what ran just before leaves threads and caches behind.
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                times[name].append(CONTENDERS[name](load, epochs[name]))
        figures[load.name] = {name: statistics.median(values) * 1e3 for name, values in times.items()}
        print(load.name, {name: round(value, 2) for name, value in figures[load.name].items()}, flush=True)

    rows = [["ms a step (÷ cutaway xla)", *figures]]
    for name in CONTENDERS:
        cells = [
            f"{found[name]:.1f} ({found[name] / found['cutaway xla']:.2f})" if name in found else ""
            for found in figures.values()
        ]
        rows.append([name, *cells])
    print("\n" + table(rows))
    if not quick:
        print(write("text", {"milliseconds a step": figures}))
