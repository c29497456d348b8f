"""Which places each head looks at, on a typed text or on the selected example, and what would come next."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.errors import InputError
from cutaway.explain.attention_maps import attention_maps
from cutaway.explain.trace import trace
from cutaway.studio.arguments import Arguments
from cutaway.studio.session import Session
from cutaway.studio.shown import Shown

MOST_NEXT = 10  # tokens that may come next, that are told


def attention(session: Session, asked: Arguments, client: Any) -> Any:
    """Return the maps of a text, by layer and head."""
    return maps(session.shown(), asked)


def maps(now: Shown, asked: Arguments) -> dict[str, Any]:
    """Return the maps of a text at a moment."""
    typed = asked.text("text", None, 10_000)
    asked.done()
    material = now.case.material
    if not material.letters:
        raise InputError(
            "attention: the network does not read texts; choose the rung attention, or open a run on a text"
        )
    codes = now.case.example(now.selected)[0] if typed is None else _codes(typed, now)
    tokens = [material.letters[int(code)] for code in codes[0]]
    found = trace(now.case.at(now.moment), codes)
    chances = material.answers(found.output[0])[-1]
    ranked = np.argsort(-chances, kind="stable")[:MOST_NEXT]
    return {
        "step": now.moment.step,
        "text": "".join(tokens),
        "tokens": tokens,
        "maps": [
            {"layer": each.layer, "head": each.head, "weights": each.weights} for each in attention_maps(found, tokens)
        ],
        "next": [{"token": material.letters[int(code)], "probability": float(chances[code])} for code in ranked],
    }


def _codes(text: str, now: Shown) -> np.ndarray:
    """Return the codes of a typed text, (1, places); the longest pieces that are tokens, from left to right."""
    material = now.case.material
    known = {letter: code for code, letter in reversed(list(enumerate(material.letters)))}
    longest = max(map(len, known), default=1)
    codes, place = [], 0
    while place < len(text):
        piece = next((text[place : place + n] for n in range(longest, 0, -1) if text[place : place + n] in known), None)
        if piece is None:
            raise InputError(
                f"attention: the text holds {text[place]!r}, which the network does not know; it knows "
                f"{' '.join(list(known)[:40])}"
            )
        codes.append(known[piece])
        place += len(piece)
    most = material.x.shape[1]
    if not codes:
        raise InputError("attention: the text is empty; expected a letter at least")
    return np.array([codes[-most:]], material.x.dtype)
