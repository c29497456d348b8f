"""The lessons: read from lessons/*.toml, every key, every action and every figure checked as they are read."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cutaway.data.suggestions import did_you_mean
from cutaway.errors import InputError
from cutaway.studio.expressions import Claim, Told, claim, told
from cutaway.studio.figures import spot
from cutaway.studio.grounds import open_ground

FOLDER = Path(__file__).parent / "lessons"
# Parts of the page that a step may point to.
VIEWS = ("network", "boundary", "number", "steps", "curves", "rows", "norms", "attention", "time", "landscape")
# What a step may do: commands of the protocol, and of each the arguments that a lesson may give.
ACTIONS: dict[str, tuple[str, ...]] = {
    "edit": ("weight", "value"), "step": ("size",), "train": ("steps",),
    "select": ("part", "example", "typed", "weight"),
    "shape": ("layers", "loss", "optimizer", "rate", "batch_size"), "new_start": ("seed",), "reset": (),
    "seek": ("step",),
}  # fmt: skip
STEPS = (3, 7)  # of a lesson, at least and at most


@dataclass(frozen=True)
class Action:
    """One thing that is done to the network: a command and its arguments, as docs/guides/studio_protocol.md has them.

    `train` alone has an argument of its own, `steps`: how many from here.
    """

    do: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Choice:
    """An answer that may be chosen. Whether it is right is computed: `claim`.

    shows   what choosing it shows of a misunderstanding; for the right one what it is right about
    """

    says: Told
    claim: Claim
    shows: Told


@dataclass(frozen=True)
class Reason:
    """A sentence of "why this is so", told only while `when` holds.

    Without `when`, one that compares with the network before the action is told until the network is changed again:
    then there are two reasons for what differs.
    """

    text: Told
    when: Claim | None


@dataclass(frozen=True)
class Step:
    """One step: something to read, a question, what is done to see, and why it came so.

    begin   what is done as it is entered, before anything is asked
    right   the number of the choice whose claim holds; the tests prove it with the engine
    brain   what in a brain it is like, and where that ends; None where it does not help
    """

    title: str
    text: Told
    question: Told
    choices: tuple[Choice, ...]
    right: int
    begin: tuple[Action, ...]
    actions: tuple[Action, ...]
    shown: Told
    why: tuple[Reason, ...]
    brain: tuple[Told, Told] | None
    views: tuple[str, ...]


@dataclass(frozen=True)
class Lesson:
    """A few steps on one network.

    ground   what it opens with: a rung of the ladder, or one of `cutaway.studio.grounds`
    covers   the field's words that it explains
    setup    what is done before the first step
    """

    name: str
    title: str
    about: str
    ground: str
    covers: tuple[str, ...]
    setup: tuple[Action, ...]
    steps: tuple[Step, ...]


@cache
def lessons() -> tuple[Lesson, ...]:
    """Return all lessons, in the order of their files.

    >>> lessons()[0].name
    'line'
    """
    return tuple(read(path.stem.partition("_")[2], path.read_bytes()) for path in sorted(FOLDER.glob("*.toml")))


def listed(here: str | None) -> list[dict[str, Any]]:
    """Return what the page offers: the lessons there are; `here` is the one on show."""
    return [
        {"name": each.name, "title": each.title, "about": each.about, "rung": open_ground(each.ground).rung,
         "covers": list(each.covers), "steps": len(each.steps), "here": each.name == here}
        for each in lessons()
    ]  # fmt: skip


def lesson_named(name: str) -> Lesson:
    """Return a lesson; `InputError` where there is none so called."""
    for each in lessons():
        if each.name == name:
            return each
    raise InputError(f"lesson: there is no {name!r}; {did_you_mean(name, [each.name for each in lessons()])}")


def read(name: str, written: bytes) -> Lesson:
    """Return the lesson in a TOML text; `InputError` that names the place of what is wrong in it."""
    where = f"lesson {name}"
    try:
        data = tomllib.loads(written.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise InputError(f"{where}: is no TOML: {fault}") from None
    _keys(data, where, ("title", "about", "ground", "covers", "steps"), ("setup",))
    steps = data["steps"]
    if not STEPS[0] <= len(steps) <= STEPS[1]:
        raise InputError(f"{where}: has {len(steps)} steps; expected {STEPS[0]} to {STEPS[1]}")
    return Lesson(
        name,
        _text(data, "title", where),
        _text(data, "about", where),
        _text(data, "ground", where),
        tuple(map(str, data["covers"])),
        _actions(data.get("setup", []), f"{where}, setup"),
        tuple(_step(each, f"{where}, step {place}") for place, each in enumerate(steps, 1)),
    )


def _step(data: Mapping[str, Any], where: str) -> Step:
    _keys(data, where, ("title", "text", "question", "choices", "shown", "why"), ("begin", "do", "brain", "views"))
    choices = [_choice(each, f"{where}, choice {place}") for place, each in enumerate(data["choices"], 1)]
    right = [place for place, each in enumerate(data["choices"]) if each.get("right") is True]
    if len(right) != 1 or not 2 <= len(choices) <= 4:
        raise InputError(f"{where}: {len(right)} of {len(choices)} choices are right; expected 1 of 2 to 4")
    views = tuple(data.get("views", ()))
    if strange := [view for view in views if view not in VIEWS]:
        raise InputError(f"{where}: there is no view {strange[0]!r}; {did_you_mean(str(strange[0]), VIEWS)}")
    brain = data.get("brain")
    if brain is not None:
        _keys(brain, f"{where}, brain", ("like", "ends"))
        brain = (_told(brain, "like", where), _told(brain, "ends", where))
    return Step(
        _text(data, "title", where),
        _told(data, "text", where),
        _told(data, "question", where),
        tuple(choices),
        right[0],
        _actions(data.get("begin", []), f"{where}, begin"),
        _actions(data.get("do", []), where),
        _told(data, "shown", where),
        tuple(_reason(each, where) for each in data["why"]),
        brain,
        views,
    )


def _choice(data: Mapping[str, Any], where: str) -> Choice:
    _keys(data, where, ("says", "claim", "shows"), ("right",))
    return Choice(_told(data, "says", where), claim(_text(data, "claim", where), where), _told(data, "shows", where))


def _reason(data: Any, where: str) -> Reason:
    if isinstance(data, str):
        return Reason(told(_flat(data), where), None)
    _keys(data, f"{where}, why", ("text", "when"))
    return Reason(_told(data, "text", where), claim(_text(data, "when", where), where))


def _actions(data: Sequence[Mapping[str, Any]], where: str) -> tuple[Action, ...]:
    return tuple(_action(each, where) for each in data)


def _action(data: Mapping[str, Any], where: str) -> Action:
    do = data.get("do")
    if not isinstance(do, str) or do not in ACTIONS:
        raise InputError(f"{where}: there is no action {do!r}; {did_you_mean(str(do), ACTIONS)}")
    given = {name: value for name, value in data.items() if name != "do"}
    if strange := [name for name in given if name not in ACTIONS[do]]:
        raise InputError(f"{where}: {do} takes {', '.join(ACTIONS[do]) or 'nothing'}; got {strange[0]!r}")
    if "weight" in given:
        path, index = spot(given.pop("weight"))
        place = {"path": path, "index": list(index)}
        given |= place if do == "edit" else {"parameter": place}
    if "layers" in given:
        given["layers"] = [_layer(each, where) for each in given["layers"]]
    return Action(do, {"change": given} if do == "shape" else given)


def _layer(written: str, where: str) -> dict[str, Any]:
    """Return a layer as `shape` takes it: "Dense 6", or "ReLU"."""
    kind, _, units = written.partition(" ")
    if units and not units.isdigit():
        raise InputError(f"{where}: {written!r} is no layer; expected one such as 'Dense 6' or 'ReLU'")
    return {"kind": kind, "settings": {"units": int(units)} if units else {}}


def _keys(data: Mapping[str, Any], where: str, needed: Sequence[str], more: Sequence[str] = ()) -> None:
    if not isinstance(data, Mapping):
        raise InputError(f"{where}: got {data!r}; expected {', '.join(needed)}")
    if missing := [name for name in needed if name not in data]:
        raise InputError(f"{where}: {missing[0]!r} is missing; expected {', '.join(needed)}")
    if strange := [name for name in data if name not in needed and name not in more]:
        raise InputError(f"{where}: there is no {strange[0]!r}; {did_you_mean(strange[0], [*needed, *more])}")


def _text(data: Mapping[str, Any], name: str, where: str) -> str:
    if not isinstance(data[name], str) or not data[name].strip():
        raise InputError(f"{where}: {name} is {data[name]!r}; expected a text")
    return _flat(data[name])


def _flat(written: str) -> str:
    """Return a text of several lines as one."""
    return " ".join(written.split())


def _told(data: Mapping[str, Any], name: str, where: str) -> Told:
    return told(_text(data, name, where), f"{where}, {name}")
