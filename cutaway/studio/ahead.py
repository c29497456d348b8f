"""What each rung of the ladder asks before it is opened, and what turns out: computed of the rung as it opens."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from cutaway.errors import InputError
from cutaway.studio.case import Selected
from cutaway.studio.expressions import claim, told
from cutaway.studio.figures import Figures
from cutaway.studio.opening import open_rung
from cutaway.studio.quantities import NowAndBefore

FILE = Path(__file__).parent / "ahead.toml"


@cache
def _written() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def asked(name: str) -> dict[str, Any]:
    """Return the question of a rung and what may be answered.

    >>> asked("neuron")["choices"][1]
    'Flat first, then rising'
    """
    found = _written()[name]
    return {"question": _flat(found["question"]), "choices": [choice["says"] for choice in found["choices"]]}


@cache
def turned_out(name: str) -> dict[str, Any]:
    """Return what turned out at the start of a rung: which choice is right, what each one shows, and the figures.

    >>> turned_out("line")["right"]
    2
    """
    case, way = open_rung(name)
    start = Figures(case, case.first(way), way, Selected())
    found, here, where = _written()[name], NowAndBefore(start, start), f"the rung {name}"
    right = [place for place, choice in enumerate(found["choices"]) if claim(choice["claim"], where).holds(here)]
    if len(right) != 1:
        raise InputError(f"{where}: {len(right)} of its choices are right; expected 1: mend {FILE.name}")
    return {
        "right": right[0],
        "replies": [choice["shows"] for choice in found["choices"]],
        "shown": told(_flat(found["shown"]), where).of(here),
    }


def _flat(written: str) -> str:
    """Return a text of several lines as one."""
    return " ".join(written.split())
