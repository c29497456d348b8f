"""What a report shows of a run on a text: its loss by part, a sample, and how surprising each character was."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.runs.text_run import TextRun
from cutaway.runs.text_scores import token_losses
from cutaway.studio.report_words import cut

SHOWN = 1_200  # tokens of what was set aside that are shown
SAMPLE = 2_000  # letters of the sample


def text_told(run: TextRun, rows: bool = True) -> dict[str, Any]:
    """Return losses by part, the sample, and where rows are shown the first of what was set aside, token by token."""
    parts = [
        {"name": name, "nats": nats, "about": about, "characters": characters}
        for name, nats, about, characters in (
            ("learned from", run.learned, "the text that the weights were fitted to", None),
            ("watched", run.estimate and run.estimate.loss, "not learned from, but the best weights were chosen by it",
             run.estimate and run.estimate.characters),
            ("set aside", run.scores and run.scores.loss, "no step of the training saw it",
             run.scores and run.scores.characters),
        )
        if nats is not None
    ]  # fmt: skip
    found: dict[str, Any] = {"parts": parts, "sample": cut(run.sample, SAMPLE), "surprise": None, "absent": ""}
    if rows:
        try:
            found["surprise"] = surprise(run)
        except InputError as fault:
            found["absent"] = str(fault)
    return found


def surprise(run: TextRun) -> dict[str, Any]:
    """Return the first tokens of what was set aside, else of what was watched, and the loss of each in nats.

    Raises `InputError` where the text is gone or has changed.
    """
    from cutaway.data.text import as_text
    from cutaway.layers import Layer
    from cutaway.runs.text_parts import TextParts

    place, share = run.data.get("path"), run.settings.get("test")
    if not isinstance(place, str) or not Path(place).is_file() or not isinstance(share, (int, float)):
        raise InputError("the text is not where it was")
    text = as_text(place)
    digest = hashlib.sha256(text.content.encode("utf-8", "surrogatepass")).hexdigest()
    if f"sha256:{digest}" != run.data.get("fingerprint"):
        raise InputError("the text has changed since it was learned from")
    parts = TextParts.of(text, float(share))
    shown, before = (parts.tested, parts.watched) if parts.tested else (parts.watched, parts.learned)
    windows = run.preprocessing
    tokens = windows.tokens.encode(shown[: 8 * SHOWN])[:SHOWN]
    if not len(tokens):
        raise InputError("nothing of the text was set aside")
    last = windows.tokens.encode(before[-200:])
    assert isinstance(run.network, Layer)
    losses = token_losses(run.network, windows, tokens, int(last[-1]) if len(last) else windows.start)
    names = [windows.tokens.decode([number]) for number in tokens.tolist()]
    return {
        "of": "set aside" if parts.tested else "watched",
        "tokens": names,
        "nats": [float(f"{loss:.3g}") for loss in losses],
        "mean": float(np.mean(losses)),
    }
