"""Ten steps of each optimizer against torch.optim, from the same weights, in float64."""

import numpy as np
import pytest

from cutaway.optimizers import Adam, AdamW, GradientDescent, Momentum, Nesterov, RMSProp
from cutaway.schedules import Cosine, StepDecay

torch = pytest.importorskip("torch")

STEPS, RATE = 10, 0.03
RANDOM = np.random.default_rng(0)
START = {"weight": RANDOM.normal(size=(4, 3)), "bias": RANDOM.normal(size=3)}
X, Y = RANDOM.normal(size=(8, 4)), RANDOM.normal(size=(8, 3))


def slopes(params):
    """Gradients of ½ Σ (tanh(x weight + bias) − y)²."""
    out = np.tanh(X @ params["weight"] + params["bias"])
    g = (out - Y) * (1 - out**2)
    return {"weight": X.T @ g, "bias": g.sum(axis=0)}


def ours(optimizer):
    params, moments = START, optimizer.init(START)
    for _ in range(STEPS):
        params, moments = optimizer.update(params, slopes(params), moments, STEPS)
    return params


def theirs(make, schedule=None, clip=None):
    params = {name: torch.tensor(w, requires_grad=True) for name, w in START.items()}
    optimizer = make(params)
    schedule = schedule(optimizer) if schedule else None
    for _ in range(STEPS):
        optimizer.zero_grad()
        out = torch.tanh(torch.tensor(X) @ params["weight"] + params["bias"])
        (0.5 * ((out - torch.tensor(Y)) ** 2).sum()).backward()
        if clip:
            clip(params.values())
        optimizer.step()
        if schedule:
            schedule.step()
    return {name: w.detach().numpy() for name, w in params.items()}


optim = torch.optim
PAIRS = {
    "descent": (GradientDescent(RATE), lambda p: optim.SGD(p.values(), RATE)),
    "momentum": (Momentum(RATE, 0.8), lambda p: optim.SGD(p.values(), RATE, momentum=0.8)),
    "nesterov": (Nesterov(RATE), lambda p: optim.SGD(p.values(), RATE, momentum=0.9, nesterov=True)),
    "rmsprop": (RMSProp(RATE, 0.95), lambda p: optim.RMSprop(p.values(), RATE, alpha=0.95)),
    "adam": (Adam(), lambda p: optim.Adam(p.values())),
    "adam, other settings": (
        Adam(RATE, (0.7, 0.9), 1e-3), lambda p: optim.Adam(p.values(), RATE, (0.7, 0.9), 1e-3),
    ),
    "adamw": (AdamW(), lambda p: optim.AdamW(p.values())),
    "adamw, no decay of biases": (
        AdamW(
            RATE, weight_decay=0.2, weight_decay_factors={"*bias": 0.0}, learning_rate_factors={"*bias": 0.5}
        ),
        lambda p: optim.AdamW(
            [{"params": [p["weight"]]}, {"params": [p["bias"]], "lr": RATE / 2, "weight_decay": 0}],
            RATE, weight_decay=0.2,
        ),
    ),
}  # fmt: skip


def assert_same(ours, theirs):
    for name, w in theirs.items():
        np.testing.assert_allclose(ours[name], w, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("optimizer", "make"), PAIRS.values(), ids=PAIRS)
def test_ten_steps(optimizer, make):
    assert_same(ours(optimizer), theirs(make))


def test_schedules():
    schedulers = optim.lr_scheduler
    assert_same(
        ours(Momentum(Cosine(RATE))),
        theirs(
            lambda p: optim.SGD(p.values(), RATE, momentum=0.9),
            lambda optimizer: schedulers.CosineAnnealingLR(optimizer, STEPS),
        ),
    )
    assert_same(
        ours(Adam(StepDecay(RATE, (0.3, 0.6), 0.5))),
        theirs(
            lambda p: optim.Adam(p.values(), RATE),
            lambda optimizer: schedulers.MultiStepLR(optimizer, [3, 6], 0.5),
        ),
    )


def test_clip_value():
    assert_same(
        ours(Adam(RATE, clip_value=0.2)),
        theirs(
            lambda p: optim.Adam(p.values(), RATE),
            clip=lambda p: torch.nn.utils.clip_grad_value_(list(p), 0.2),
        ),
    )


def test_clip_norm():
    """PyTorch adds 1e-6 to the length, so it agrees to that and no better."""
    expected = theirs(
        lambda p: optim.SGD(p.values(), RATE), clip=lambda p: torch.nn.utils.clip_grad_norm_(list(p), 0.5)
    )
    for name, w in ours(GradientDescent(RATE, clip_norm=0.5)).items():
        np.testing.assert_allclose(w - START[name], expected[name] - START[name], rtol=1e-5, atol=1e-9)
