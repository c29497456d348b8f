"""Examples of what is wrong with the rows."""

from __future__ import annotations

from typing import Any

import numpy as np

import cutaway as ca
from benchmarks.findings.example import Example, Make, course, fitted, pair, told, watched
from benchmarks.findings.rows import clouds, moons, sine
from cutaway.diagnosis.evidence import Evidence


def _classifier(x: Any, y: Any, **how: Any) -> Evidence:
    layers = [ca.Dense(32), ca.ReLU(), ca.Dense(int(y.max()) + 1)]
    return fitted(layers, x, y, "cross_entropy", ca.Adam(0.01), **how)


def _in_torch(missing: int = 0, stretched: bool = False) -> Make:
    """Return a maker of a regression in PyTorch, which trains on NaN and on targets of another shape."""

    def made() -> Evidence:
        import torch

        torch.manual_seed(0)
        x = torch.randn(320, 3)
        y = x[:, :1] - 0.5 * x[:, 1:2] + 0.1 * torch.randn(320, 1)
        x[100 : 100 + missing, 1] = float("nan")
        model = torch.nn.Sequential(torch.nn.Linear(3, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
        rows = (x, y[:, 0] if stretched else y)
        return watched(model, rows, torch.optim.SGD(model.parameters(), 0.05), torch.nn.MSELoss(), 20)

    return made


def _columns(constant: int) -> Make:
    def made() -> Evidence:
        x, y = moons()
        return _classifier(np.hstack([x, np.full((len(x), constant), 3.0, np.float32)]), y)

    return made


def _repeated(share: float) -> Make:
    def made() -> Evidence:
        x, y = clouds()
        known = int(share * 150)
        places = [*range(known), *range(450, 600 - known)]
        return _classifier(x[:450], y[:450], validation=(x[places], y[places]))

    return made


def _shifted(by: float) -> Make:
    def made() -> Evidence:
        x, y = clouds(2000)
        held_out = x[1400:] + np.float32([0, by, 0, by]), y[1400:]
        return _classifier(x[:1400], y[:1400], validation=held_out, epochs=15)

    return made


def _sorted(in_order: bool) -> Make:
    """Return a maker of a training without shuffling, whose rows come in the order of their targets or by chance."""

    def made() -> Evidence:
        x, y = sine()
        order = np.argsort(y[:, 0]) if in_order else np.arange(len(y))
        layers = [ca.Dense(32), ca.ReLU(), ca.Dense(1)]
        return fitted(layers, x[order], y[order], "squared_error", ca.Adam(0.01), batch_size=16, epochs=30,
                      shuffle=False, validation=None)  # fmt: skip

    return made


def _imbalanced(share: float) -> Make:
    """Return a maker of a training in which so many of the rows of two of three classes are left."""

    def made() -> Evidence:
        x, y = clouds(900)
        kept = (y == 0) | (np.random.default_rng(1).random(900) < share)
        layers = [ca.Dense(32), ca.ReLU(), ca.Dense(3)]
        return fitted(layers, x[kept], y[kept], "cross_entropy", ca.GradientDescent(0.01), epochs=30)

    return made


def _noisy(share: float) -> Make:
    """Return a maker of a large network that has time to learn wrong labels by heart."""

    def made() -> Evidence:
        x, y = clouds()
        random = np.random.default_rng(7)
        told = np.where(random.random(len(y)) < share, (y + random.integers(1, 3, len(y))) % 3, y)
        layers = [ca.Dense(128), ca.ReLU(), ca.Dense(128), ca.ReLU(), ca.Dense(3)]
        return fitted(layers, x, told, "cross_entropy", ca.Adam(0.003), epochs=100)

    return made


def _rarest(evidence: Evidence) -> float:
    counts = [count for count in evidence.targets.counts if count]
    return min(counts) / max(counts)


EXAMPLES = (
    Example("non_finite_data", _in_torch(missing=3), _in_torch(), lambda seen: float(seen.inputs.missing),
            "numbers that are NaN or infinite"),
    Example("label_problem", _in_torch(stretched=True), _in_torch(), told("label_problem", 1.0),
            "comparisons of each output", log=True),
    Example("inputs_unscaled", *pair("all columns unscaled", "moons"), lambda seen: seen.inputs.size,
            "root mean square of the largest feature", log=True),
    Example("constant_feature", _columns(6), _columns(0), told("constant_feature", 0.0),
            "share of the features that are constant", band=False),
    Example("targets_unscaled", *pair("targets unscaled", "sine"), lambda seen: seen.targets.std,
            "deviation of the targets", log=True),
    Example("rows_repeated", _repeated(0.6), _repeated(0.0), lambda seen: seen.inputs.repeats,
            "share of held-out rows learned from",
            held_out=True),
    Example("sorted_rows", _sorted(True), _sorted(False), lambda seen: seen.targets.runs,
            "z of the runs test on the order of the rows"),
    Example("labels_unrelated", *pair("labels shuffled", "moons"), lambda seen: max(seen.references.unrelated, 1e-4),
            "chance that permuted targets do as well", log=True,
            held_out=True),
    Example("leakage", *pair("leaking column", "blobs"), course(lambda look: look.whole.validation_score),
            "accuracy on rows held out", band=False),
    Example("split_shift", _shifted(2.5), _shifted(0.0), lambda seen: seen.inputs.shift,
            "largest distance between distributions", held_out=True),
    Example("class_imbalance", _imbalanced(0.06), _imbalanced(1.0), _rarest,
            "rows of the rarest class over others", log=True),
    Example("label_noise", _noisy(0.35), _noisy(0.0), lambda seen: seen.mislabelled.share if seen.mislabelled else 0.0,
            "share of labels that look wrong", held_out=True),
)  # fmt: skip
