"""A lesson under way: its network opened, a prediction taken, the step's action done, and its figures filled in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cutaway.errors import InputError
from cutaway.studio.arguments import Arguments
from cutaway.studio.case import Case, Selected
from cutaway.studio.figures import Figures
from cutaway.studio.grounds import open_ground
from cutaway.studio.left import put_aside
from cutaway.studio.lessons import Action, Lesson, Reason, Step, lesson_named
from cutaway.studio.moment import Moment
from cutaway.studio.quantities import NowAndBefore
from cutaway.studio.scene import scene

if TYPE_CHECKING:
    from cutaway.studio.session import Session

LOOKS = 40  # evaluations of one training at most: the points of its curve
LIVE = 4.0  # seconds over which a training is spread that a person watches


@dataclass(frozen=True, eq=False)
class Taught:
    """Where a lesson stands.

    begin   the network as the step found it
    end     the moment after the step's action, None before it and where the training is still under way
    after   what was selected then
    done    whether the action was done, or begun
    chosen  the choice that was made, None where none was
    right   the choice whose claim held after the action; None before that, and where not exactly one did
    """

    lesson: Lesson
    place: int
    begin: Figures
    end: Moment | None = None
    after: Selected | None = None
    done: bool = False
    chosen: int | None = None
    right: int | None = None

    @property
    def step(self) -> Step:
        """The step on show."""
        return self.lesson.steps[self.place]


def lesson(session: Session, asked: Arguments, client: Any) -> Any:
    """Show a step of a lesson, on its network in the state that the step starts from; without a name close it."""
    name = asked.text("name", None)
    if name is None:
        asked.done()
        return _closed(session, client)
    wanted = lesson_named(name)
    place = asked.whole("step", 0, 0, len(wanted.steps) - 1)
    asked.done()
    with session.turn():
        session.training.pause()
        if _goes_on(session, wanted, place):
            for action in wanted.steps[place].begin:
                perform(session, action, client)
        else:
            _open(session, wanted, place, client)
        session.lesson = Taught(wanted, place, figures(session))
        session.changed(scene_too=True, by=client)
        return {"scene": scene(session), "lesson": told(session, session.lesson)}


def _closed(session: Session, client: Any) -> Any:
    """Leave the lesson; its network stays as it is."""
    with session.turn():
        session.lesson = None
        session.changed(scene_too=True, by=client)
        return {"scene": scene(session), "lesson": None}


def _goes_on(session: Session, wanted: Lesson, place: int) -> bool:
    """Whether the network stands where the step before left it, so that its history can stay."""
    old = session.lesson
    return (
        old is not None and old.lesson is wanted and old.place == place - 1 and old.end is session.now
        and old.after == session.selected
    )  # fmt: skip


def _open(session: Session, wanted: Lesson, place: int, client: Any) -> None:
    """Make the network of a step anew: the ground, the setup, what the steps before do, and what it begins with."""
    put_aside(session)
    session.open(*open_ground(wanted.ground).open())
    before = [action for step in wanted.steps[:place] for action in (*step.begin, *step.actions)]
    for action in (*wanted.setup, *before, *wanted.steps[place].begin):
        perform(session, action, client)


def predict(session: Session, asked: Arguments, client: Any) -> Any:
    """Take a prediction, do what shows whether it is right, and tell why.

    choice   its number; none where a person only wants to see
    live     whether a training that ends the action is watched: it is then only begun
    """
    with session.turn():
        old = _taught(session)
        choice = asked.whole("choice", None, 0, len(old.step.choices) - 1)
        live = asked.flag("live")
        asked.done()
        session.training.pause()
        if session.now is not old.begin.moment or session.selected != old.begin.selected:
            _open(session, old.lesson, old.place, client)  # the question is of the network that it was asked of
        begin, actions = figures(session), old.step.actions
        lasts = live and bool(actions) and actions[-1].do == "train"
        for action in actions[: len(actions) - lasts]:
            perform(session, action, client)
        if lasts:
            steps = int(actions[-1].arguments["steps"])
            session.speed = max(1.0, steps / LIVE)
            session.training.start(session.now.step + steps)
        session.lesson = replace(old, begin=begin, end=None, done=True, chosen=choice, right=None)
        if not lasts:
            session.lesson = _ended(session, session.lesson)
        session.changed(scene_too=True, by=client)
        return {"scene": scene(session), "lesson": told(session, session.lesson)}


def tell(session: Session, asked: Arguments, client: Any) -> Any:
    """Return the step on show with the figures of the network as it is now."""
    asked.done()
    with session.turn():
        found = _taught(session)
        if found.done and found.end is None and not session.training.running:
            found = session.lesson = _ended(session, found)  # the training that was watched is over
        return told(session, found)


def _ended(session: Session, taught: Taught) -> Taught:
    """Return a lesson whose action is over: now is seen which choice was right."""
    found = places(session, taught)
    holds = [choice.claim.holds(found) for choice in taught.step.choices]
    right = holds.index(True) if sum(holds) == 1 else None
    return replace(taught, end=session.now, after=session.selected, right=right)


def perform(session: Session, action: Action, client: Any) -> None:
    """Do one action, and wait until it is done. A training that breaks ends there."""
    from cutaway.studio.commands import run  # which knows this module

    if action.do != "train":
        run(session, action.do, dict(action.arguments), client)
        return
    left = int(action.arguments["steps"])
    chunk = max(1, left // LOOKS)
    while left > 0 and not session.broken:
        before = session.now.step
        session.advance(min(chunk, left))
        left -= session.now.step - before
        recording = session.history.branches[session.now.branch].recording
        recording.evaluated(session.evaluation(session.case, session.now, session.way))


def figures(session: Session) -> Figures:
    """Return the network on show, to compute figures from."""
    return Figures(session.case, session.now, session.way, session.selected)


def places(session: Session, taught: Taught) -> NowAndBefore:
    """Return where the figures of a lesson are looked up; what was selected before matters where the step selects."""
    now, before = figures(session), taught.begin
    if not taught.done:
        return NowAndBefore(now, now)
    if not any(action.do == "select" for action in taught.step.actions) and _fits(before.case, now):
        before = Figures(before.case, before.moment, before.way, now.selected)
    return NowAndBefore(now, before)


def _fits(case: Case, now: Figures) -> bool:
    return case.material is now.case.material


def told(session: Session, taught: Taught) -> dict[str, Any]:
    """Return a step as a page shows it; nothing is given away before the prediction, and before its action is over."""
    step, over = taught.step, taught.end is not None
    found = places(session, taught)
    # What was asked about stays as it was; until then it is the network on show.
    asked = NowAndBefore(taught.begin, taught.begin) if taught.done else found
    content: dict[str, Any] = {
        "name": taught.lesson.name, "title": taught.lesson.title, "step": taught.place,
        "steps": len(taught.lesson.steps), "heading": step.title, "views": list(step.views), "done": taught.done,
        "chosen": taught.chosen if over else None, "right": taught.right,
        "actions": [{"do": action.do, **action.arguments} for action in step.actions],
        "text": "", "question": "", "choices": [], "reply": "", "shown": "", "why": [], "brain": None,
        "fits": True, "words": "",
    }  # fmt: skip
    try:
        content["text"], content["question"] = step.text.of(asked), step.question.of(asked)
        content["choices"] = [choice.says.of(asked) for choice in step.choices]
        if taught.done:
            content["shown"] = step.shown.of(found)
        if over:
            untouched = taught.end is session.now
            content["why"] = [each.text.of(found) for each in step.why if _holds(each, found, untouched)]
            content["reply"] = "" if taught.chosen is None else step.choices[taught.chosen].shows.of(found)
        if over and step.brain is not None:
            content["brain"] = {"like": step.brain[0].of(found), "ends": step.brain[1].of(found)}
    except InputError as fault:
        words = f"the network on show is no longer that of the lesson ({fault}); begin the step again"
        content |= {"fits": False, "words": words}
    return content


def _holds(reason: Reason, found: NowAndBefore, untouched: bool) -> bool:
    if reason.when is not None:
        return reason.when.holds(found)
    return untouched or not reason.text.compares


def _taught(session: Session) -> Taught:
    if session.lesson is None:
        raise InputError("lesson: none is under way; begin one with the command lesson")
    found: Taught = session.lesson
    return found
