"""Which places each head looks at, on a typed text or on the selected example, and what would come next."""

from __future__ import annotations

from typing import Any

import numpy as np

from cutaway.data.tokens import UNKNOWN, Tokens
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
    codes, notes = (now.case.example(now.selected)[0], []) if typed is None else _codes(typed, now)
    tokens = [material.letters[int(code)] for code in codes[0]]
    found = trace(now.case.at(now.moment), codes)
    chances = material.answers(found.output[0])[-1]
    ranked = np.argsort(-chances, kind="stable")[:MOST_NEXT]
    return {
        "step": now.moment.step,
        "text": material.written(codes[0]),
        "tokens": tokens,
        "maps": [
            {"layer": each.layer, "head": each.head, "weights": each.weights} for each in attention_maps(found, tokens)
        ],
        "next": [{"token": material.letters[int(code)], "probability": float(chances[code])} for code in ranked],
        "notes": notes,
    }


def _codes(text: str, now: Shown) -> tuple[np.ndarray, list[str]]:
    """Return the codes of a typed text, (1, places), as the network learned to read, and what was done to the text."""
    material = now.case.material
    tokens = Tokens("characters", material.letters) if material.tokens is None else material.tokens
    strange, notes = tokens.strangers(text), []
    if strange and not tokens.unknown:
        raise InputError(
            f"attention: the text holds {next(iter(strange))!r}, which the network does not know; it knows "
            f"{' '.join(material.letters[:40])}"
        )
    if strange:
        names = ", ".join(map(repr, list(strange)[:5]))
        notes.append(f"The network has no token for {names}: it reads {UNKNOWN} there.")
    codes, most = tokens.encode(text), material.x.shape[1]
    if not len(codes):
        raise InputError("attention: the text is empty; expected a letter at least")
    if len(codes) > most:
        notes.append(f"The text has {len(codes):,} tokens; the network reads {most:,} at most: these are the last.")
    return codes[None, -most:].astype(material.x.dtype), notes
