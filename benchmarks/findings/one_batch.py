"""The example of cannot_overfit_one_batch, which is found by an experiment: a layer that mixes the rows up."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import cutaway as ca
from benchmarks.findings.rows import clouds


class Misread(ca.Layer):
    """The numbers of a batch column by column, cut into rows again: each row is one of several rows' numbers."""

    def forward(self, x: Any, ctx: Any) -> Any:
        return ca.ops.reshape(ca.ops.transpose(x, axes=(1, 0)), shape=x.shape)


def run_of(misread: bool) -> ca.Run:
    """Train on three clouds of points, with such a layer or without."""
    first: list[ca.Layer] = [Misread()] if misread else []
    net = ca.Sequential(*first, ca.Dense(32), ca.ReLU(), ca.Dense(3))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return ca.fit(
            net, *clouds(), loss="cross_entropy", optimizer=ca.Adam(0.01), epochs=40, validation=0.25, engine="numpy",
            progress=False,
        )  # fmt: skip
