"""What a GPU makes of it: is it right, and how fast, beside PyTorch on the same GPU and beside what the GPU can do.

`python -m benchmarks gpu` needs a GPU that JAX knows (pip install 'jax[cuda13]'), and writes
`benchmarks/results/gpu.json`; PyTorch's figures are there where it is installed for the GPU. `--rehearse` runs the same
code at a small size on whatever there is, and writes nothing.

First every row of `tests/ops/cases.py` is computed on the GPU, value and gradients, and compared with NumPy. Then steps
are measured: GPT-2 of 124 million weights on texts of 1,024 tokens, LeNet-5, the dense suite, and 1,000 small networks
at once. Two ceilings stand beside them: the rate of large matrix products, and the rate at which memory is read and
written. Runs are alternated; the median of the repeats counts; starting, compiling and the first epoch are left out.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import cutaway as ca
from benchmarks import dense, pictures
from benchmarks.report import table, write
from cutaway.autodiff import Node, pull
from cutaway.losses import CrossEntropy, Loss, SquaredError
from cutaway.training.cost import cost_of_step
from cutaway.training.plan import Plan
from cutaway.training.step import Batch
from cutaway.training.trainer import Trainer

NO_GPU = 2  # exit status


@dataclass(frozen=True)
class Size:
    """How large everything is."""

    words: int = 50_304  # 50,257 filled up to a multiple of 128, as is usual
    width: int = 768
    heads: int = 12
    blocks: int = 12
    length: int = 1_024
    batches: tuple[int, ...] = (8, 32)
    steps: int = 10
    members: int = 1_000
    rows: int = 8_192
    matrix: int = 8_192
    megabytes: int = 2_048
    epochs: int = 4
    cases: int | None = None
    compiled: str = "inductor"


REHEARSAL = Size(64, 32, 2, 1, 16, (2,), 2, 5, 256, 64, 1, 2, cases=12, compiled="eager")


def the_device() -> str:
    """Return the kind of device that XLA computes on: "gpu", "cpu" …"""
    import jax

    return str(jax.default_backend())


def named() -> str:
    """Return the device's own name."""
    import jax

    return str(jax.devices()[0].device_kind)


# ---- is it right? ----------------------------------------------------------------------------------------------


def operations(most: int | None) -> dict[str, Any]:
    """Compute rows of the table of operations on the device and by NumPy; return how many agree, and which do not."""
    import jax

    from tests.ops.cases import CASES

    worst, wrong = 0.0, []
    chosen = CASES if most is None else CASES[:: max(1, len(CASES) // most)]
    for case in chosen:
        floats = case.floats(np.float32)
        g = np.random.default_rng(1).standard_normal(np.shape(case(*floats))).astype(np.float32)

        def run(floats: Any, g: Any, case: Any = case) -> Any:
            leaves = [Node(value) for value in floats]
            output = case(*leaves)
            return [output.value, *pull(output, leaves, g)]

        with np.errstate(all="ignore"):
            expected = run(floats, g)
        found = jax.jit(run)([jax.numpy.asarray(value) for value in floats], jax.numpy.asarray(g))
        for ours, theirs in zip(found, expected, strict=True):
            scale = max(1.0, float(np.max(np.abs(theirs), initial=0)))
            off = float(np.max(np.abs(np.asarray(ours) - theirs), initial=0)) / scale
            worst = max(worst, off)
            if not off <= TOLERANCE:
                wrong.append(f"{case}: off by {off:.1e}")
    return {"rows": len(chosen), "tolerance": TOLERANCE, "largest difference": worst, "wrong": wrong}


TOLERANCE = 2e-5  # of float32, as a share of the largest value


# ---- what the device can do -------------------------------------------------------------------------------------


def ceilings(size: Size) -> dict[str, float]:
    """Return the rate of matrix products, in 10¹² operations a second, and of memory, in 10⁹ bytes a second."""
    import jax
    import jax.numpy as jnp

    def best(function: Callable[[Any], Any], given: Any) -> float:
        jax.block_until_ready(function(given))
        times = []
        for _ in range(5):
            began = time.perf_counter()
            jax.block_until_ready(function(given))
            times.append(time.perf_counter() - began)
        return min(times)

    products = 10
    rates = {}
    for name, kind in (("bf16", jnp.bfloat16), ("float32", jnp.float32)):
        a = jnp.full((size.matrix, size.matrix), 1 / size.matrix, kind)
        exact = partial(jnp.matmul, precision=None if kind == jnp.bfloat16 else "highest")
        chain = jax.jit(lambda a, exact=exact: jax.lax.fori_loop(0, products, lambda _, b: exact(a, b), a))
        rates[f"{name} products, 10¹² operations a second"] = products * 2 * size.matrix**3 / best(chain, a) / 1e12
    line = jnp.zeros(size.megabytes << 18, jnp.float32)
    seconds = best(jax.jit(lambda line: line + 1), line)
    rates["memory, 10⁹ bytes a second"] = 2 * line.nbytes / seconds / 1e9
    return rates


# ---- how fast --------------------------------------------------------------------------------------------------


def ours(
    net: ca.Layer, loss: Loss, rows: Batch, batch: int, epochs: int,
    *, precision: str = "float32", members: int | None = None, clip: float | None = None,
) -> float:  # fmt: skip
    """Return the seconds a step of our training on XLA."""
    plan = Plan(
        epochs=epochs, batch_size=batch, precision=precision, members=members, drop_last=True, watch=False,
    )  # fmt: skip
    one = cost_of_step(net, loss, Batch(rows.x[:1], rows.y[:1], None))
    cost = one._replace(flops=batch * one.flops, elements=batch * one.elements)
    optimizer = ca.AdamW(1e-3, weight_decay=0.01, clip_norm=clip)
    done = Trainer(net, loss, optimizer, plan, engine="xla").train(rows, cost=cost)
    first, last = done.history[0], done.history[-1]
    assert np.isfinite(last.loss)
    return (last.seconds - first.seconds) / (last.step - first.step)


Contenders = dict[str, Callable[[], float]]


def alternated(what: str, contenders: Contenders, repeats: int) -> dict[str, float]:
    """Return the median seconds of each, in turns; one that cannot run is left out and said."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(repeats):
        names = list(times)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            try:
                times[name].append(contenders[name]())
            except Exception as fault:  # a peer that is not installed, or a compiler that is not there
                if name.startswith("cutaway"):
                    raise
                print(f"{what}: {name} is left out: {type(fault).__name__}: {str(fault).splitlines()[0][:100]}")
                del times[name]
    found = {name: statistics.median(values) for name, values in times.items()}
    print(what, {name: f"{1e3 * value:.3f} ms" for name, value in found.items()}, flush=True)
    return found


def gpt(size: Size) -> ca.Sequential:
    words = ca.Embedding(size.words, size.width, initializer=ca.Normal(0.02))
    blocks = [ca.TransformerBlock(size.heads) for _ in range(size.blocks)]
    return ca.Sequential(words, ca.LearnedPositions(size.length), *blocks, ca.LayerNorm(), ca.Unembedding(words))


def gpt_contenders(size: Size, batch: int, device: str) -> Contenders:
    starts = np.random.default_rng(0).integers(0, size.words, (batch * size.steps, 1))
    numbers = ((starts + 7 * np.arange(size.length + 1)) % size.words).astype(np.int32)
    rows = Batch(numbers[:, :-1], numbers[:, 1:], None)
    net = gpt(size).build(rows.x[:1], 0)

    def peer(how: str) -> float:
        from benchmarks.gpu_torch import seconds_of_step, words_loss
        from benchmarks.text_in_torch import GPT

        made = GPT(size.words, size.width, size.heads, size.blocks, size.length)
        return seconds_of_step(
            made, words_loss, rows.x, rows.y, batch, size.epochs, device, half=True, how=how, clip=True
        )  # fmt: skip

    found: Contenders = {
        f"cutaway {precision}": lambda precision=precision: ours(  # type: ignore[misc]
            net, CrossEntropy(), rows, batch, size.epochs, precision=precision, clip=1.0
        )
        for precision in ("bf16", "float32")
    }
    return found | {"PyTorch bf16, compiled": lambda: peer(size.compiled), "PyTorch bf16": lambda: peer("")}


def operations_of_gpt(size: Size, batch: int) -> float:
    """Return the multiplications and additions of a step: 6 for each weight and token, and those of attention."""
    weights = size.words * size.width + size.blocks * 12 * size.width**2
    looks = 12 * size.blocks * size.width * size.length
    return float(batch * size.length * (6 * weights + looks))


def picture_contenders(size: Size, device: str) -> Contenders:
    x, y = pictures.data()
    rows = Batch(x[: size.rows], y[: size.rows], None)
    net = pictures.network("LeNet-5").build(x.shape[1:], 0)

    def peer(how: str) -> float:
        from benchmarks.gpu_torch import seconds_of_step, words_loss

        turned = rows.x.transpose(0, 3, 1, 2).copy()
        made = pictures.torch_network("LeNet-5")
        return seconds_of_step(made, words_loss, turned, rows.y, pictures.BATCH, 3 * size.epochs, device, how=how)

    return {
        "cutaway xla": lambda: ours(net, CrossEntropy(), rows, pictures.BATCH, 3 * size.epochs),
        "PyTorch compiled": lambda: peer(size.compiled),
        "PyTorch": lambda: peer(""),
    }


def dense_contenders(load: dense.Workload, size: Size, device: str) -> Contenders:
    load = dense.Workload(load.name, load.sizes, load.activation, load.batch, load.classes, min(load.rows, size.rows))
    x, y = dense.data(load)
    bends = {"tanh": ca.Tanh, "relu": ca.ReLU}
    layers = [part for units in load.sizes[1:] for part in (ca.Dense(units), bends[load.activation]())]
    net = ca.Sequential(*layers[:-1]).build(load.sizes[0], 0)
    loss: Loss = CrossEntropy() if load.classes else SquaredError()

    def peer(how: str) -> float:
        import torch

        from benchmarks.gpu_torch import dense_network, seconds_of_step

        criterion = torch.nn.CrossEntropyLoss() if load.classes else torch.nn.MSELoss()
        made = dense_network(load.sizes, load.activation)
        return seconds_of_step(made, criterion, x, y, load.batch, size.epochs, device, how=how)

    def by_hand() -> float:
        import jax

        with jax.default_matmul_precision("float32"):  # as ours and PyTorch's are, rather than TF32
            return dense.hand_jax(load, 5 * size.epochs)

    return {
        "cutaway xla": lambda: ours(net, loss, Batch(x, y, None), load.batch, 5 * size.epochs),
        "JAX by hand": by_hand,
        "PyTorch compiled": lambda: peer(size.compiled),
        "PyTorch": lambda: peer(""),
    }


def member_contenders(size: Size, device: str) -> Contenders:
    load = dense.WORKLOADS[0]
    load = dense.Workload(load.name, load.sizes, load.activation, load.batch, False, min(load.rows, size.rows))
    x, y = dense.data(load)
    rows = Batch(x, y, None)
    layers = [part for units in load.sizes[1:] for part in (ca.Dense(units), ca.Tanh())]
    net = ca.Sequential(*layers[:-1]).build(load.sizes[0], 0)

    def peer(how: str) -> float:
        from benchmarks.gpu_torch import many_at_once

        return many_at_once(load.sizes, size.members, x, y, load.batch, 2, device, how)

    return {
        "cutaway, at once": lambda: ours(net, SquaredError(), rows, load.batch, size.epochs, members=size.members),
        "cutaway, one after another": lambda: (
            size.members * ours(net, SquaredError(), rows, load.batch, 5 * size.epochs)
        ),
        "PyTorch, torch.func.vmap compiled": lambda: peer(size.compiled),
        "PyTorch, torch.func.vmap": lambda: peer(""),
    }


def about_the_device() -> str:
    """Return what the driver says of the GPU, "" where there is none to ask."""
    try:
        asked = ["nvidia-smi", "--query-gpu=name,driver_version,clocks.max.sm,power.limit", "--format=csv,noheader"]
        return subprocess.run(asked, capture_output=True, text=True, check=False, timeout=20).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def main(repeats: int, quick: bool, rehearse: bool = False) -> None:
    kind, rehearse = the_device(), rehearse or quick
    if kind != "gpu" and not rehearse:
        print(
            f"benchmarks gpu: JAX knows no GPU here, only {named()}; on a machine that has one: pip install "
            "'jax[cuda13]' torch. With --rehearse the same code runs at a small size on what is here",
            file=sys.stderr,
        )
        sys.exit(NO_GPU)
    size, device = (REHEARSAL, "cpu") if rehearse else (Size(), "cuda")
    device = "cuda" if kind == "gpu" else device
    repeats = 1 if rehearse else repeats
    print(f"{named()}: {about_the_device()}")
    right = operations(size.cases)
    print(f"{right['rows']} rows of operations, largest difference from NumPy {right['largest difference']:.1e}")
    for each in right["wrong"]:
        print(f"  WRONG {each}")
    limits = ceilings(size)
    print({name: round(value, 1) for name, value in limits.items()})
    figures: dict[str, dict[str, float]] = {}
    for batch in size.batches:
        name = f"GPT-2 124M, {batch} × {size.length} tokens"
        figures[name] = alternated(name, gpt_contenders(size, batch, device), repeats)
    figures["LeNet-5, 128 pictures"] = alternated("LeNet-5", picture_contenders(size, device), repeats)
    for load in dense.WORKLOADS:
        figures[load.name] = alternated(load.name, dense_contenders(load, size, device), repeats)
    many = f"{size.members:,} networks 2-8-8-1"
    figures[many] = alternated(many, member_contenders(size, device), repeats)

    rows = [["ms a step", "ours", "peer", "peer ÷ ours", "best peer"]]
    summary: dict[str, float] = {}
    for name, found in figures.items():
        own = min((each for each in found if each.startswith("cutaway")), key=found.__getitem__)
        peers = [each for each in found if each.startswith("PyTorch")]
        best = min(peers, key=found.__getitem__) if peers else ""
        summary[name] = found[best] / found[own] if best else float("nan")
        shown = [f"{1e3 * found[best]:.3f}", f"{summary[name]:.2f}", best] if best else ["", "", "none"]
        rows.append([name, f"{1e3 * found[own]:.3f}", *shown])
    print("\n" + table(rows))
    shares = {
        f"GPT-2 124M, {batch} × {size.length} tokens": operations_of_gpt(size, batch)
        / figures[f"GPT-2 124M, {batch} × {size.length} tokens"]["cutaway bf16"]
        / (1e12 * limits["bf16 products, 10¹² operations a second"])
        for batch in size.batches
    }
    at_once = figures[many]["cutaway, one after another"] / figures[many]["cutaway, at once"]
    print(f"{many} at once: {at_once:.0f} times as fast as one after another")
    print({name: f"{share:.0%} of the rate of products" for name, share in shares.items()})
    if not rehearse:
        print(write("gpu", {
            "device": named(), "driver": about_the_device(), "operations": right, "ceilings": limits,
            "seconds a step": figures, "best PyTorch ÷ best of ours": summary,
            "share of the rate of products": shares, "at once over one after another": at_once,
        }))  # fmt: skip
    if right["wrong"]:
        sys.exit(1)
