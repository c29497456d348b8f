"""What would help most: more data, more capacity, more regularisation, or neither; from measured figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cutaway.explain.decomposition import Parts, difference
from cutaway.explain.figures import shown
from cutaway.explain.intervals import Figure, Redrawn

# A share of the error below which a gain is not worth a word.
WORTH = 0.03


@dataclass(frozen=True)
class Verdict:
    """What would help, and why.

    what      "more data", "more capacity", "less capacity", "longer training", "shorter training",
              "more regularisation", "less regularisation", "averaging" or "neither": the one that gained most
    sentence  the same in words, with the figures it follows from, and what would help besides
    evidence  by name, what was compared: differences of errors with their intervals
    """

    what: str
    sentence: str
    evidence: dict[str, Figure]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        evidence = {name: figure.to_json() for name, figure in self.evidence.items()}
        return {"what": self.what, "sentence": self.sentence, "evidence": evidence}


# By what is varied: what going on, to larger values, and going back mean.
WAYS = {
    "width": ("more capacity", "less capacity"),
    "depth": ("more capacity", "less capacity"),
    "epochs": ("longer training", "shorter training"),
    "weight_decay": ("more regularisation", "less regularisation"),
}


def verdict(
    vary: str,
    values: Sequence[float],
    parts: Sequence[Parts],
    redrawn: Redrawn,
    fewer: tuple[int, int, Parts] | None = None,
    *,
    decayed: tuple[float, Parts] | None = None,
    left_out: int = 0,
) -> Verdict:
    """Return what would help the best of the networks that were measured.

    vary      "rows", or one of `WAYS`
    values    what was tried, in order; parts are theirs, on the same resamples and test rows
    fewer     how many rows there are, with how many fewer the best network was trained too, and its parts then
    decayed   a weight decay with which the best network was trained too, and its parts then
    left_out  rows that are at hand and that no network learned from

    Each of these counts where its 95 % interval does not hold 0 and it is at least 3 % of the error; the largest is
    the verdict, the others are told besides, and "neither" where there is none:

        what the last step to the largest value gained, where that is the best      go on
        what the second value loses on the smallest, where that is the best         go back
        the error without weight decay less the error with it                       more regularisation
        what the last rows gained: the error with fewer less the error with all     more data
        the variance of first weights and order, at least 3 % by its interval       averaging several networks

    A smaller network that does better is no sign that regularisation would help a larger one: that is said only
    where networks with weight decay were measured.
    """
    best = len(parts) - 1 if vary == "rows" else min(range(len(parts)), key=lambda place: parts[place].error.value)
    here, name, of = parts[best], f"{noun(vary)} {shown(values[best])}", noun(vary)
    evidence: dict[str, Figure] = {}
    helps: list[tuple[float, str, str]] = []
    worth = WORTH * here.error.value

    def weigh(label: str, found: Figure, what: str, sentence: str, least: float = 0.0) -> None:
        evidence[label] = found
        if found.low > least and found.value >= worth:
            interval = f"{shown(found.value, 3)} [{shown(found.low, 3)}, {shown(found.high, 3)}]"
            share = f"{100 * found.value / here.error.value:.0f} % of the error"
            helps.append((found.value, what, f"{what}: {sentence.format(interval)} ({share})"))

    onwards, back = WAYS.get(vary, ("", ""))
    if vary == "rows":
        if len(parts) > 1:
            fewer = (round(values[-1]), round(values[-2]), parts[-2])
    elif len(parts) > 1 and best == len(parts) - 1:
        apart = difference(parts[-2], here, redrawn)
        last = f"{of} {shown(values[-2])} against {shown(values[-1])}"
        weigh(
            last, apart, onwards, f"the largest {of} tried is the best, and the last step to it took off the error {{}}"
        )
    elif len(parts) > 1 and best == 0 and values[0] > (vary != "weight_decay"):  # below the least there is nothing
        apart = difference(parts[1], here, redrawn)
        last = f"{of} {shown(values[1])} against {shown(values[0])}"
        weigh(
            last, apart, back, f"the smallest {of} tried is the best, and the first step from it adds to the error {{}}"
        )
    if decayed is not None:
        decay, then = decayed
        sentence = f"with weight decay {shown(decay)} the error falls by {{}}"
        weigh(
            f"no weight decay against {shown(decay)}", difference(here, then, redrawn), "more regularisation", sentence
        )
    spare = f"; {left_out:,} more that are at hand were left out here" if left_out else ""
    if fewer is not None:
        rows, some, then = fewer
        sentence = f"from {some:,} rows to {rows:,} the error fell by {{}}"
        weigh(f"{some:,} rows against {rows:,}", difference(then, here, redrawn), "more data", sentence)
        helps = [(gain, what, told + spare if what == "more data" else told) for gain, what, told in helps]
    if here.from_seeds is not None:
        sentence = "the mean of several networks is rid of what first weights and order add to the error, {}"
        weigh("variance of first weights and order", here.from_seeds, "averaging", sentence, worth)
    if helps:
        helps.sort(key=lambda each: -each[0])
        first, *others = [sentence for _, _, sentence in helps]
        besides = f". Besides, {'; '.join(others)}" if others else ""
        return Verdict(helps[0][1], f"{first}{besides}", evidence)
    tried = [] if vary == "rows" or len(parts) == 1 else [f"another {of}"]
    tried += ["more rows"] if fewer is not None else []
    tried += [f"weight decay {shown(decayed[0])}"] if decayed is not None else []
    tried += ["averaging"] if here.from_seeds is not None else []
    listed = " or ".join([", ".join(tried[:-1]), tried[-1]] if len(tried) > 1 else tried)
    none = f"no sign that {listed} would help" if tried else "nothing else was tried"

    made_of = (
        f"{shown(here.bias.value, 3)} bias and noise, which other columns or another kind of network may lower, and "
        f"{shown(here.variance.value, 3)} variance"
    )
    if here.noise is not None:
        made_of = (
            f"{shown(here.noise.value, 3)} noise, which nothing lowers, {shown(here.bias.value, 3)} bias and "
            f"{shown(here.variance.value, 3)} variance"
        )
    sentence = f"neither: {none} beyond {name}; its error, {shown(here.error.value, 3)}, is {made_of}"
    return Verdict("neither", sentence, evidence)


def states(parts: Sequence[Parts], redrawn: Redrawn) -> list[str]:
    """Return for each value what it is beside the best: "best", "as good", "too small" or "too large"."""
    best = min(range(len(parts)), key=lambda place: parts[place].error.value)
    found = []
    for place, each in enumerate(parts):
        beyond = difference(each, parts[best], redrawn).low > 0
        side = "too small" if place < best else "too large"
        found.append("best" if place == best else side if beyond else "as good")
    return found


def noun(vary: str) -> str:
    """Return what is varied, in words.

    >>> noun("weight_decay"), noun("epochs")
    ('weight decay', 'number of epochs')
    """
    return f"number of {vary}" if vary in ("epochs", "rows") else vary.replace("_", " ")
