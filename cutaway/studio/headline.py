"""The headline over the findings of a training: what hurts first, and which step was best on rows held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cutaway.diagnosis.harm import Harm
from cutaway.explain.figures import shown
from cutaway.records import Finding
from cutaway.studio.shown import Shown

FEWEST = 20  # rows held out by which a training can be judged at all: a share of fewer is off by 0.11 and more
# That much of its lowest, and of what was gained until then, the loss of rows held out may rise, and nothing is said.
ROSE, LOST = 0.05, 0.1


def in_order(
    findings: Sequence[Finding], notes: Sequence[Finding], best: dict[str, Any] | None, rose: str
) -> tuple[list[Finding], list[Finding]]:
    """Return causes and what is worth knowing, first of it that rows are learned by heart, by its own step.

    best, rose   see `lowest` and `risen`: the studio looks at any step, where the diagnosis counts epochs
    """

    def placed(finding: Finding) -> Finding:
        if finding.check != "overfit" or best is None:
            return finding
        return replace(finding, sentence=f"the network learns its rows by heart: {rose}", step=best["step"])

    ordered = sorted(notes, key=lambda note: note.check != "overfit")
    return [placed(each) for each in findings], [placed(each) for each in ordered]


def headline(findings: Sequence[Finding], notes: Sequence[Finding], harm: Harm, held_out: int, rose: str) -> str:
    """Return the first sentence over what was found, which nothing below it contradicts.

    held_out   how many rows are held out
    rose       that their loss was lower before, in words; "" where it was not

    >>> headline([], [], Harm("", ""), 60, "")
    'nothing is wrong that could be found'
    >>> headline([], [], Harm("", "cannot be judged: accuracy 0.000"), 1, "")
    'cannot be judged: 1 row is held out, and fewer than 20 tell too little'
    """
    if findings or harm:
        return harm.sentence
    by_heart = next((note.sentence for note in notes if note.check == "overfit"), "")
    if by_heart:
        return by_heart
    if harm.sentence and 0 < held_out < FEWEST:
        rows = "1 row is" if held_out == 1 else f"{held_out} rows are"
        return f"cannot be judged: {rows} held out, and fewer than {FEWEST} tell too little"
    return rose or harm.sentence or "nothing is wrong that could be found"


def lowest(now: Shown, held_out: float) -> dict[str, Any] | None:
    """Return the step on the way here at which the loss of rows held out was lowest, and that loss.

    held_out   that loss now; None is returned where it is not clearly above its lowest: (now − lowest) / lowest at
               most `ROSE`, or (now − lowest) / (first − lowest) at most `LOST`
    """
    curve = now.history.curves(now.moment.branch, -1, now.moment.step)["loss"]
    steps, losses = curve["step"], curve["held_out"]
    known = np.flatnonzero(np.isfinite(losses))
    if not len(known):
        return None
    best = known[int(losses[known].argmin())]
    rise, gained = held_out - losses[best], losses[known[0]] - losses[best]
    if not rise > max(ROSE * losses[best], LOST * gained):
        return None
    return {"step": int(steps[best]), "loss": float(losses[best])}


def risen(best: dict[str, Any] | None, held_out: float) -> str:
    """Return in words that the loss of rows held out was lower before.

    >>> risen({"step": 12, "loss": 0.4}, 3.38)
    'the loss of the rows held out was lowest at step 12, 0.4, and is 3.38 now'
    """
    if best is None:
        return ""
    step, loss = best["step"], shown(best["loss"])
    return f"the loss of the rows held out was lowest at step {step:,}, {loss}, and is {shown(held_out)} now"
