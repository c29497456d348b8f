"""The peers of `benchmarks.gpu` in PyTorch: seconds a step on a device, the first epoch left out."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from itertools import pairwise
from typing import Any

import numpy as np
import torch

RATE, FIRST, SECOND, EPSILON, DECAY = 1e-3, 0.9, 0.999, 1e-8, 0.01


def synchronize(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def compiled(net: Any, how: str) -> Any:
    """Return a network compiled by a backend of `torch.compile`; as it is for ""."""
    return torch.compile(net, backend=how) if how else net


def seconds_of_step(
    net: Any, loss_of: Callable[[Any, Any], Any], x: np.ndarray, y: np.ndarray, batch: int, epochs: int,
    device: str, *, half: bool = False, how: str = "", clip: bool = False,
) -> float:  # fmt: skip
    """Train whole epochs, shuffled, with AdamW, on data that is on the device; return the seconds a step."""
    torch.set_float32_matmul_precision("highest")  # float32 is float32, as it is for ours, and not TF32
    torch.backends.cudnn.allow_tf32 = False
    net = net.to(device)
    forward = compiled(net, how)
    inputs, targets = (torch.from_numpy(part).to(device) for part in (x, y))
    targets = targets.long() if y.dtype.kind in "iu" else targets
    optimizer = torch.optim.AdamW(net.parameters(), RATE, (FIRST, SECOND), EPSILON, DECAY, fused=True)
    precision = torch.autocast(device, torch.bfloat16) if half else nullcontext()
    began, steps = 0.0, len(x) // batch
    for epoch in range(epochs):
        if epoch == 1:
            synchronize(device)
            began = time.perf_counter()
        total = 0.0
        for places in torch.randperm(len(x), device=device)[: steps * batch].split(batch):
            optimizer.zero_grad()
            with precision:
                outputs = forward(inputs[places])
            loss = loss_of(outputs.float(), targets[places])
            loss.backward()
            if clip:
                torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            total = total + loss.detach()
        float(total)
    synchronize(device)
    return (time.perf_counter() - began) / ((epochs - 1) * steps)


def words_loss(scores: Any, words: Any) -> Any:
    return torch.nn.functional.cross_entropy(scores.reshape(-1, scores.shape[-1]), words.reshape(-1))


def dense_network(sizes: tuple[int, ...], activation: str) -> Any:
    layers: list[Any] = []
    for before, after in pairwise(sizes):
        layers += [torch.nn.Linear(before, after), torch.nn.Tanh() if activation == "tanh" else torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def many_at_once(
    sizes: tuple[int, ...], members: int, x: np.ndarray, y: np.ndarray, batch: int, epochs: int, device: str, how: str
) -> float:
    """Train so many networks by `torch.func.vmap` of one step, each in an order of its own; return seconds a step."""
    torch.set_float32_matmul_precision("highest")
    net = dense_network(sizes, "tanh").to(device)
    stacked = {
        name: (torch.randn(members, *value.shape, device=device) * 0.3).detach()
        for name, value in net.named_parameters()
    }
    means = {name: torch.zeros_like(value) for name, value in stacked.items()}
    squares = {name: torch.zeros_like(value) for name, value in stacked.items()}

    def loss_of(params: Any, x: Any, y: Any) -> Any:
        return ((torch.func.functional_call(net, params, (x,)) - y) ** 2).mean()

    grads_of = torch.func.vmap(torch.func.grad_and_value(loss_of))

    def step(params: Any, means: Any, squares: Any, x: Any, y: Any, count: Any) -> Any:
        grads, loss = grads_of(params, x, y)
        rate = RATE * torch.sqrt(1 - SECOND**count) / (1 - FIRST**count)
        means = {name: FIRST * means[name] + (1 - FIRST) * grads[name] for name in params}
        squares = {name: SECOND * squares[name] + (1 - SECOND) * grads[name] ** 2 for name in params}
        params = {name: params[name] - rate * means[name] / (squares[name].sqrt() + EPSILON) for name in params}
        return params, means, squares, loss

    step = compiled(step, how)
    inputs, targets = (torch.from_numpy(part).to(device) for part in (x, y))
    began, steps, count = 0.0, len(x) // batch, torch.zeros((), device=device)
    for epoch in range(epochs):
        if epoch == 1:
            synchronize(device)
            began = time.perf_counter()
        orders = torch.argsort(torch.rand(members, len(x), device=device), dim=1)[:, : steps * batch]
        for places in orders.split(batch, dim=1):
            count = count + 1
            stacked, means, squares, loss = step(stacked, means, squares, inputs[places], targets[places], count)
        float(loss.mean())
    synchronize(device)
    return (time.perf_counter() - began) / ((epochs - 1) * steps)
