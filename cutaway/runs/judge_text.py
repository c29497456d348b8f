"""How good a network that writes on is: the scores of its run, beside those of counting, and the time they take."""

from __future__ import annotations

import time

from cutaway.data.text_windows import Tokens1D
from cutaway.runs.ngram import NGram
from cutaway.runs.text_parts import TextParts
from cutaway.runs.text_run import TextRun
from cutaway.runs.text_scores import MOST, score_text, token_losses

ORDERS = {"characters": 5, "byte pairs": 3}  # of the n-grams to compare with
COMPARED = 50_000  # tokens of the text learned from that the loss on it is measured on
COUNTED = 10_000_000  # tokens that n-grams are counted in
SCORING = 0.15  # the share of a time limit that scoring may take
COUNTING = 1e-6  # seconds that counting takes for each token learned from
# Where time is short: by which share of what is left after training each part is scored. The rest is for counting and
# the sample.
TESTED, OF_WATCHED, OF_LEARNED = 0.4, 0.6, 0.7


def judge_text(
    run: TextRun, parts: TextParts, learned: Tokens1D, watched: Tokens1D, tested: Tokens1D, ends: float | None
) -> None:
    """Score a run on what was set aside and on what was watched, and measure it on what was learned from.

    ends   when the whole command is to end, by `time.perf_counter()`; then only so much is scored as there is time for
    """
    network, windows, seed = run._layer, run.preprocessing, run.settings["seed"]
    counted = NGram(learned[-COUNTED:], windows.outputs, ORDERS[windows.tokens.kind])
    now = time.perf_counter()
    first, second, third = (
        None if ends is None else now + share * max(0.0, ends - now) for share in (TESTED, OF_WATCHED, OF_LEARNED)
    )
    if len(tested):
        before = learned if not len(watched) else watched
        run.scores = score_text(
            network, windows, tested, len(parts.tested), before, counted, engine=run.engine, seed=seed, until=first
        )
    run.estimate = score_text(
        network, windows, watched, len(parts.watched), learned, counted, engine=run.engine, seed=seed, until=second
    )
    some = learned[-min(COMPARED, len(watched), len(learned) - 1) :]
    run.learned = float(token_losses(network, windows, some, int(learned[-len(some) - 1]), run.engine, third).mean())


def seconds_to_judge(run: TextRun, learned: Tokens1D, watched: int, tested: int, left: float) -> float:
    """Return the seconds to keep for scoring and counting, as measured on a few windows; at most a share of `left`."""
    some = learned[: 8 * run.context]
    began = time.perf_counter()
    token_losses(run._layer, run.preprocessing, some[1:], int(some[0]))
    each = (time.perf_counter() - began) / len(some)
    scored = min(tested, MOST) + min(watched, MOST) + min(watched, COMPARED)
    return min(SCORING * left, each * scored + COUNTING * min(len(learned), COUNTED))
