"""What `cutaway train` says of a text, before and after training, for a person to read."""

from __future__ import annotations

import shlex
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cutaway.cli.layout import facts, show, show_saved
from cutaway.cli.printable import engine_name, printable
from cutaway.records import Event
from cutaway.runs.text_run import TextRun
from cutaway.runs.text_scores import MOST

SHOWN = 240  # characters of a sample while training
BY_HEART = 0.15  # more surprise, as a share, on text not learned from, beyond which it is said
ENOUGH = 200_000  # characters of a text, from which on a larger network does better
LATE = 0.8  # share of the steps, before which the best weights were


def show_before(run: TextRun, console: Console, data: Path) -> None:
    """Print what was read, how it was cut, and what is to be trained."""
    show(console, "", facts(before(run, data)), "")


def show_sample(console: Console, step: int, loss: float, sample: str) -> None:
    """Print what the network writes after so many steps, where a terminal shows it."""
    if not console.is_terminal:  # they would bury the summary
        return
    heading = Text(f"after {step:,} steps, {loss:.3f} nats a token on what is watched, it writes", style="dim")
    show(console, heading, Text(readable(sample[:SHOWN].strip("\n"))), "")


def show_after(run: TextRun, console: Console, folder: Path, data: Path, replaced: bool) -> None:
    """Print what was trained, how good it is, what it writes, and what to type next."""
    show(console, facts(training(run)), "")
    words, style = verdict(run)
    if words:
        show(console, Text(heading(run), style="bold"), "", score_table(run), "", facts(explained(run)))
        show(console, "", Text(words, style))
    if run.sample:
        show(console, "", Text("What it writes (sample.txt)", style="bold"), "", Text(readable(run.sample.strip("\n"))))
    place = run.path or folder
    begin = str(run.data.get("begin", ""))
    prompt = f" --prompt {shlex.quote(begin)}" if begin else ""
    ask = f"cutaway generate {shlex.quote(str(place))}{prompt} --length 1000 --temperature 0.8"
    show_saved(console, place, folder, replaced, ask)


def before(run: TextRun, data: Path) -> list[tuple[str, str]]:
    """Return what was read, what it is cut into, and what learns it."""
    about, settings = run.data, run.settings
    parts = [f"the first {about['learned']['characters']:,} characters are learned from"]
    judged = settings.get("judged", about["watched"]["tokens"]) * run.context
    few = f" (of these the first {judged:,} tokens, since time is short)"
    some = few if judged <= about["watched"]["tokens"] - run.context else ""
    parts.append(f"the next {about['watched']['characters']:,} choose the best weights{some}")
    if about["tested"]["characters"]:
        parts.append(f"the last {about['tested']['characters']:,} are set aside for the score")
    unknown = run.tokens.unknown
    kinds = f"{run.tokens.outputs - unknown:,} different {run.tokens.kind}{' and an unknown one' if unknown else ''}"
    if run.tokens.kind != "characters":
        tokens, characters = (sum(about[part][what] for part in PARTS) for what in ("tokens", "characters"))
        kinds += f", {tokens:,} in all, of {characters / max(tokens, 1):.1f} characters on average"
    seen = settings["steps"] * settings["batch_size"] * run.context / about["learned"]["tokens"]
    return [
        ("data", f"{data.name}: {about['characters']:,} characters in {about['lines']:,} lines"),
        ("predict", f"the next of {kinds}, from up to {run.context} before"),
        ("parts", "; ".join(parts)),
        *(("notes" if not place else "", note) for place, note in enumerate(run.notes)),
        ("network", f"{settings['recipe']}: {run.summary()['weights']:,} weights"),
        (
            "steps",
            f"{settings['steps']:,} of {settings['batch_size']} windows; all is seen {seen:.1f} times on average",
        ),
    ]


PARTS = ("learned", "watched", "tested")


def training(run: TextRun) -> list[tuple[str, str]]:
    """Return what was trained, and how long it took."""
    told = run.summary()
    steps, best = told["steps"], told["best_step"]
    kept = f"; the weights after step {best:,} were the best and are kept" if best < steps else ""
    return [
        ("trained", f"{told['weights']:,} weights in {taken(run)}{kept}"),
        ("engine", f"{engine_name(run.engine)} in {run.seconds:.1f} s: {run.reason}"),
        *((event.what, happened(event)) for event in run.events if event.what != "engine"),
    ]


def taken(run: TextRun) -> str:
    """Return how many steps were taken, of how many, and what to do where time ended them."""
    steps, planned = run.summary()["steps"], run.settings.get("planned", 0)
    if steps >= planned:
        return f"{steps:,} steps"
    words = f"{steps:,} of {planned:,} steps"
    if not out_of_time(run):
        return words
    return f"{words}, all that the time allowed: more --time would help"


def out_of_time(run: TextRun) -> bool:
    """Return whether there were fewer steps than planned since the time was up."""
    limited = run.settings.get("limit") is not None and not run.interrupted
    return limited and run.summary()["steps"] < run.settings.get("planned", 0)


def happened(event: Event) -> str:
    """Return what an event says, with an interruption counted in steps, as all else is of a text."""
    if event.what == "interrupted":
        return f"Ctrl-C after step {event.step:,}; what was learned is kept"
    return event.message


def heading(run: TextRun) -> str:
    """Return what is measured, on what, and which way is better."""
    scores = run.scores or run.estimate
    where = "set aside" if run.scores is not None else "watched"
    size = "" if scores is None else f", on {scores.characters:,} characters {where}"
    return f"How good it is{size}: surprise, lower is better"


def score_table(run: TextRun) -> Table:
    """Return the network beside counting, on the part that was set aside, else on that which was watched."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True)
    parts = [scores for scores in (run.scores, run.estimate) if scores is not None]
    first, *others = parts
    unit = "character" if run.tokens.kind == "characters" else "token"
    for name in ("bits a character", "nats a token", *("watched" for _ in others)):
        table.add_column(name, no_wrap=True)
    back = f"{first.order - 1} {unit}{'' if first.order == 2 else 's'}"
    for place, name in enumerate(("the network", f"counting, {back} back", "how often each comes")):
        nats, *more = ((scores.loss, scores.ngram, scores.frequency)[place] for scores in parts)
        shown = f"{first.bits(nats):.3f}"
        if not place and first.decides:
            low, high = (first.bits(end) for end in first.interval)
            shown += f"  ({low:.3f} to {high:.3f})"
        cells = [f"{scores.bits(value):.3f}" for scores, value in zip(others, more, strict=True)]
        table.add_row(Text(name), shown, f"{nats:.3f}", *cells, style="" if place else "bold")
    return table


def explained(run: TextRun) -> list[tuple[str, str]]:
    """Return what the figures mean, and whether the network learned by heart."""
    pairs = [
        ("surprise", "at each character to come, given at least half a context before it, as when it writes"),
    ]
    scores = run.scores or run.estimate
    if scores is not None and scores.decides:
        pairs.append(("in brackets", "where the figure would be on ever more such text, with 95 % confidence"))
    if run.scores is not None:
        pairs.append(("set aside", "text that no step of the training saw"))
    pairs.extend([("scored", words)] if (words := scored_part(run)) else [])
    pairs.append(("watched", "text that was not learned from, though the best weights were chosen by it"))
    if run.estimate is not None:
        simple = f"{run.estimate.order - 1} before"
        pairs.append(
            ("counting", f"how often each followed the {simple}, in what was learned from; and how often at all")
        )
    pairs.extend([("learned", words)] if (words := by_heart(run)) else [])
    return pairs


def scored_part(run: TextRun) -> str:
    """Return which part of what is set aside (or watched) the score is of, "" where it is of all."""
    scores, part = run.scores or run.estimate, "watched" if run.scores is None else "tested"
    whole = run.data.get(part, {}).get("tokens", 0)
    if scores is None or scores.tokens >= whole:
        return ""
    why = "all that the time allowed" if scores.tokens < MOST and run.settings.get("limit") else "which is plenty"
    return f"the first {scores.characters:,} characters of {run.data[part]['characters']:,}, {why}"


def by_heart(run: TextRun) -> str:
    """Return whether the network knows the text that it learned from better than other text."""
    if run.learned is None or run.estimate is None:
        return ""
    loss, learned = run.estimate.loss, run.learned
    words = f"{learned:.3f} nats a token on text that was learned from, {loss:.3f} on what was watched"
    if loss > (1 + BY_HEART) * learned:
        words += ": part of it is known by heart; more text would help most"
    told = run.summary()
    if told["best_step"] < LATE * told["steps"]:
        words += f". After step {told['best_step']:,} it only learned by heart, and those steps were thrown away"
    return words


def verdict(run: TextRun) -> tuple[str, str]:
    """Return in a sentence whether the network is worth more than counting, and a style; "" where not scored."""
    scores = run.scores or run.estimate
    if scores is None:
        return "", ""
    simple = min(scores.ngram, scores.frequency)
    ours, theirs = scores.bits(scores.loss), scores.bits(simple)
    if not scores.decides:
        return (
            f"Too little text to judge by: {scores.tokens:,} tokens, on which it has {ours:.3f} bits and counting "
            f"{theirs:.3f}; set more aside.",
            "yellow",
        )
    if scores.better:
        return f"The network expects the text better than counting does: {ours:.3f} against {theirs:.3f} bits.", "green"
    if scores.interval[0] <= simple:
        return f"No better than counting, as far as this text can tell: {ours:.3f} and {theirs:.3f} bits.", "yellow"
    large = run.data.get("characters", 0) >= ENOUGH
    hint = (
        "more --time"
        if out_of_time(run)
        else "--effort standard"
        if large and run.settings.get("effort") == "quick"
        else "more text"
    )
    return (
        f"Counting expects the text better than the network does: {theirs:.3f} against {ours:.3f} bits; try {hint}.",
        "yellow",
    )


def readable(text: str) -> str:
    r"""Return a text fit for a terminal, its lines and tabs as they are.

    >>> readable("one\n\x1b[2Jtwo")
    'one\n\\x1b[2Jtwo'
    """
    return "".join(letter if letter in "\n\t" else printable(letter) for letter in text)
