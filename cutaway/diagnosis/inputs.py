"""What the training inputs are like, feature by feature."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cutaway.diagnosis.evidence import Feature, InputFacts
from cutaway.training.step import Batch

# Of more numbers than these, rows evenly over all are taken.
MOST_NUMBERS = 1 << 25
# Features that are named.
NAMED = 5
# A deviation below this share of a feature's size is rounding: the feature is the same in every row.
ROUNDING = 1e-6


def input_facts(rows: Batch, held_out: Batch | None, names: Sequence[str] = (), whole: bool = False) -> InputFacts:
    """Return the facts of the inputs (rows, ..., features): the last axis is the features, the rest are pooled.

    names   of the features, else their numbers; `whole`: they are looked up, so that their size means nothing
    """
    x = np.asarray(rows.x)
    facts = {"rows": len(x), "shape": tuple(x.shape[1:]), "whole": whole, "repeats": repeats(rows, held_out)}
    if whole:
        return InputFacts(largest=0.0, spread=1.0, **facts)  # type: ignore[arg-type]
    some = x[:: max(1, -(-x.size // MOST_NUMBERS))]
    flat = some.reshape(-1, some.shape[-1])
    low, high = flat.min(axis=0).astype(np.float64), flat.max(axis=0).astype(np.float64)
    mean, std = flat.mean(axis=0, dtype=np.float64), flat.std(axis=0, dtype=np.float64)
    same = (high == low) | (std <= ROUNDING * np.abs(mean))
    varying = std[~same]
    with np.errstate(divide="ignore"):
        far = np.abs(mean) + np.where(same, 0.0, np.abs(np.log(np.where(std > 0, std, 1.0))))
    called = [str(names[place]) if place < len(names) else str(place) for place in range(len(mean))]
    worst = np.argsort(-far, kind="stable")[:NAMED]
    return InputFacts(
        largest=float(max(-low.min(), high.max())),
        spread=float(varying.max() / varying.min()) if len(varying) else 1.0,
        worst=tuple(
            Feature(called[place], float(mean[place]), float(std[place]), float(low[place]), float(high[place]))
            for place in worst
        ),
        constant=tuple(called[place] for place in np.flatnonzero(same)),
        **facts,  # type: ignore[arg-type]
    )


def repeats(rows: Batch, held_out: Batch | None) -> float:
    """Return the share of held-out rows that are training rows too, input and target bit by bit."""
    if held_out is None or rows.x.nbytes > 8 * MOST_NUMBERS:
        return 0.0
    learned = {_key(rows, place) for place in range(len(rows.x))}
    return sum(_key(held_out, place) in learned for place in range(len(held_out.x))) / len(held_out.x)


def _key(rows: Batch, place: int) -> int:
    return hash((np.asarray(rows.x[place]).tobytes(), np.asarray(rows.y[place]).tobytes()))
