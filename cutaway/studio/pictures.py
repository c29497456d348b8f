"""Pictures: which pixels an answer depends on, and the first filters."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.explain.saliency import filters as filters_of
from cutaway.explain.saliency import saliency as saliency_of
from cutaway.studio.arguments import Arguments
from cutaway.studio.session import Session
from cutaway.studio.shown import Shown


def saliency(session: Session, asked: Arguments, client: Any) -> Any:
    """Return the slope of one score with respect to every pixel of the selected picture."""
    output = asked.whole("output", None)
    asked.done()
    return saliency_told(session.shown(), output)


def saliency_told(now: Shown, output: int | None = None) -> dict[str, Any]:
    """Return the same at a moment; of the largest score where no output is named."""
    if now.case.material.kind != "pictures":
        raise InputError("saliency: the rows are no pictures; open a run on pictures")
    x, _, _ = now.case.example(now.selected)
    found = saliency_of(now.case.at(now.moment), x[0], output)
    return {"picture": np.asarray(found.picture), "gradient": found.gradient, "map": found.map, "output": found.output,
            "score": found.score}  # fmt: skip


def filters(session: Session, asked: Arguments, client: Any) -> Any:
    """Return the windows of the first convolution as pictures."""
    asked.done()
    return filters_told(session.shown())


def filters_told(now: Shown) -> dict[str, Any]:
    """Return the same at a moment."""
    return {"filters": filters_of(now.case.at(now.moment))}
