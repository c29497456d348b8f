"""The main job on a text: from its file to a network that has learned to write on."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cutaway.data.suggestions import did_you_mean
from cutaway.data.text import Text, as_text, check_length
from cutaway.data.text_windows import TextWindows, Tokens1D
from cutaway.data.tokens import KINDS, Tokens
from cutaway.errors import InputError
from cutaway.recipes.text import TextRecipe, text_recipe
from cutaway.records import StepRecord
from cutaway.runs.diagnosing import Diagnosing, first_member
from cutaway.runs.judge_text import judge_text, seconds_to_judge
from cutaway.runs.keeping import Keeping, keeping_of, put_away
from cutaway.runs.learn import learn
from cutaway.runs.settings import check_settings, time_for_training
from cutaway.runs.text_parts import TextParts
from cutaway.runs.text_run import TextRun, written
from cutaway.runs.trajectory import HELD_OF_LARGE, Followed
from cutaway.storage.run_folder import check_place
from cutaway.training.plan import Plan
from cutaway.training.step import Batch, Carry
from cutaway.training.watching import spaced

PORTIONS = 4  # that an epoch is divided into where there is a time limit
# The share of a portion's work that judging it may be; a step on a token is about three times the work of judging one.
JUDGING, FEWEST_JUDGED = 0.2, 20  # … and the windows that are judged at least
BEGIN, LONGEST_WORD = 200, 30  # characters of the text among which words to begin with are looked for, and of those
DIAGNOSED = 1000  # windows that the diagnosis looks at
SAMPLED, SAMPLE, TEMPERATURE = 200, 500, 0.8  # tokens written after an epoch, and at the end; how


def train_text(
    data: str | os.PathLike[str] | Text,
    *,
    test: float = 0.1,
    tokens: str = "characters",
    vocabulary: int | None = None,
    context: int | None = None,
    effort: str = "standard",
    limit: float | None = None,
    epochs: float | None = None,
    seed: int = 0,
    engine: str = "auto",
    precision: str = "float32",
    devices: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    progress: bool | None = None,
    callbacks: Sequence[Callable[[Any], None]] = (),
    told: Callable[[TextRun], None] | None = None,
    shown: Callable[[int, float, str], None] | None = None,
) -> TextRun:
    """Train a small GPT to go on with a text, and test it on the end of that text.

    data        a file of text (UTF-8, UTF-16 with its mark, Latin-1; packed with gzip or not), or a `Text`
    test        the share at the end of the text that is set aside for the score, 0 for none
    tokens      "characters", or "byte pairs": pieces of words, for which `cutaway[bpe]` must be installed
    vocabulary  how many different tokens there are at most (None: all characters up to 4,096; of byte pairs 512 to
                8,192, by the length of the text). Characters have one more, unknown: all that are rarer, and those
                that only what is watched or set aside has, or a later text
    context     how many tokens the network sees at once (None: what the recipe says for so long a text)
    effort      "quick": a network of 4 layers, about a minute; "standard": larger, some minutes; "best": hours
    limit       seconds that the whole command may take: fewer steps then have to do, the best weights are chosen
                on fewer windows, and the score may be of fewer tokens, those that come first
    epochs      how often the text is seen, on average (None: the recipe plans steps)
    seed        of first weights, order, dropout and samples; the same seed gives the same run
    engine      "numpy", "xla" or "auto"
    precision   "float32", or "bf16": matrix products of bfloat16 numbers, added in float32, on XLA: for a GPU
    devices     how many devices of this process share the work of engine "xla" (None: one)
    out         a folder for the run (None: it is not written; `run.save(folder)` does it later); while training goes
                on, its `checkpoint` is written there now and then
    resume      go on with the training that was begun there, with the same text and settings, from its last checkpoint
    progress    whether to show a bar (None: where the output is a terminal)
    callbacks   functions that hear every record of the training; a `Follower` sees its weights, too
    told        hears of the run before training begins: its data, tokens and settings are decided then
    shown       hears (step, loss on what is watched, sample) now and then while training

    The text is cut in three, in its own order: to learn from, then a tenth (at most 250,000 characters) by whose loss
    the best weights are chosen, then what is set aside. Tokens are made from what is learned from alone. The weights
    are chosen in windows side by side, which leave out less than one window at the end of what is watched; the score
    leaves out nothing.
    Ctrl-C ends the training and keeps what was learned; where a finished run is at `out`, that stays, and the
    interrupted one goes beside it, to `run.path`. Raises `InputError` for data or settings that cannot be used.

    >>> text = Text("the cat sat on the mat. " * 40)
    >>> run = train_text(text, effort="quick", epochs=1, engine="numpy")
    >>> run.tokens.outputs, run.scores.characters
    (12, 96)
    """
    began = time.perf_counter()
    check_settings(test, effort, limit, None, seed, engine, precision, devices)
    _check_own(test, tokens, epochs)
    if out is not None:
        check_place(Path(out))
    text = as_text(data)
    check_length(text)
    digest = hashlib.sha256(text.content.encode("utf-8", "surrogatepass")).hexdigest()
    parts = TextParts.of(text, float(test))
    made = (
        Tokens.of_characters(parts.learned, vocabulary, unknown=True)
        if tokens == "characters"
        else Tokens.of_byte_pairs(parts.learned, vocabulary)
    )
    learned, watched, tested = (made.encode(part) for part in (parts.learned, parts.watched, parts.tested))
    recipe = text_recipe(len(learned), made.outputs, effort=effort, context=context, passes=epochs)
    recipe = replace(recipe, precision=precision)
    if limit is not None:  # in smaller portions, of which so many are taken as there is time for
        portions = min(PORTIONS, recipe.steps)
        recipe = replace(recipe, epochs=portions * recipe.epochs, steps=recipe.steps // portions)
    windows = TextWindows(made, recipe.context)
    if len(watched) < windows.context:
        raise InputError(
            f"{text.source}: the context is {windows.context} tokens, and only {len(watched)} are watched; give a "
            "shorter context"
        )
    judged = len(watched) // windows.context
    if limit is not None:
        judged = min(judged, max(FEWEST_JUDGED, int(3 * JUDGING * recipe.steps * recipe.batch_size)))
    network = recipe.network.build(learned[None, : windows.context], int(seed))
    begun = TextRun(
        network=network,
        preprocessing=windows,
        notes=list(text.notes) + _notes(made, parts),
        data={
            "source": text.source,
            "path": str(Path(data).absolute()) if isinstance(data, (str, os.PathLike)) else None,
            "fingerprint": f"sha256:{digest}",
            "characters": len(text.content),
            "lines": text.content.count("\n") + (not text.content.endswith("\n")),
            "learned": {"characters": len(parts.learned), "tokens": len(learned)},
            "watched": {"characters": len(parts.watched), "tokens": len(watched)},
            "tested": {"characters": len(parts.tested), "tokens": len(tested)},
            "begin": _begin(parts.learned, made),
        },
        settings={
            "test": float(test),
            "effort": effort,
            "tokens": tokens,
            "vocabulary": vocabulary,
            "limit": limit,
            "epochs_asked": epochs,
            "seed": int(seed),
            "engine": engine,
            "precision": precision,
            "context": windows.context,
            "recipe": recipe.words,
            "batch_size": recipe.batch_size,
            "steps": recipe.epochs * recipe.steps,
            "judged": judged,
            "optimizer": str(recipe.optimizer),
        },
    )
    if told is not None:
        told(begun)
    left = None
    if limit is not None:
        ends = began + limit
        left = max(ends - time.perf_counter(), 0.1)
        left -= seconds_to_judge(begun, learned, len(watched), len(tested), left)
    with keeping_of(out, begun, resume) as keeping:
        run = _learned(
            begun, recipe, learned, watched, engine, time_for_training(left), progress, shown, keeping, callbacks,
            devices,
        )  # fmt: skip
        judge_text(run, parts, learned, watched, tested, None if limit is None else ends)
        pieces = written(run._layer, windows, "", length=SAMPLE, temperature=TEMPERATURE, top_k=None, seed=int(seed))
        for piece in pieces:
            run.sample += piece
            if limit is not None and time.perf_counter() > ends:
                break
        return put_away(run, keeping)


def _check_own(test: Any, tokens: Any, epochs: Any) -> None:
    if not isinstance(test, (int, float)):
        raise InputError(f"train: of a text, test is the share at its end to set aside, such as 0.1; got {test!r}")
    if tokens not in KINDS:
        raise InputError(f"train: tokens is {tokens!r}; {did_you_mean(str(tokens), KINDS)}")
    whole = isinstance(epochs, (int, float)) and not isinstance(epochs, bool)
    if epochs is not None and not (whole and 0 < epochs < 2**31):
        raise InputError(f"train: epochs is how often the text is seen, a number above 0, got {epochs!r}")


def _notes(tokens: Tokens, parts: TextParts) -> list[str]:
    """Return what there is to say of characters that no token stands for: rare ones, and ones that come later."""
    rare, known = tokens.strangers(parts.learned), set(parts.learned)
    later = tokens.strangers(parts.watched + parts.tested)
    new = {letter: count for letter, count in later.items() if letter not in known}
    notes = []
    if rare:
        notes.append(
            f"{len(rare):,} rare characters, {sum(rare.values()):,} places of what is learned from, are one unknown "
            "token; --vocabulary tells more apart"
        )
    if new:
        notes.append(
            f"{len(new):,} characters, {sum(new.values()):,} places, are only in what is watched or set aside: they "
            "are one unknown token, and count in the scores"
        )
    return notes


def _learned(
    begun: TextRun,
    recipe: TextRecipe,
    learned: Tokens1D,
    watched: Tokens1D,
    engine: str,
    limit: float | None,
    progress: bool | None,
    shown: Callable[[int, float, str], None] | None,
    keeping: Keeping | None,
    callbacks: Sequence[Callable[[Any], None]] = (),
    devices: int | None = None,
) -> TextRun:
    """Return the run with its network trained.

    The windows at every place of a text are many times as long as the text: the plan is lean, so that they stay views.
    """
    network, windows, seed = begun._layer, begun.preprocessing, begun.settings["seed"]
    rows = Batch(*windows.sliding(learned), None)
    judged = watched[: begun.settings["judged"] * windows.context]
    held_out = Batch(*windows.side_by_side(judged, int(learned[-1])), None)
    heard: list[StepRecord] = []

    def after(epoch: int, carry: Carry) -> None:
        # After epochs 1, 2, 4, 8 …: early on, much changes.
        if shown is None or epoch & (epoch - 1) or not heard:
            return
        bound = network.bind(carry.params, carry.state)
        sample = written(bound, windows, "", length=SAMPLED, temperature=TEMPERATURE, top_k=None, seed=seed)
        shown(heard[-1].step, float(heard[-1].validation or 0.0), "".join(sample))

    def keep(record: Any) -> None:
        if isinstance(record, StepRecord):
            heard.append(record)

    plan = Plan(
        epochs=recipe.epochs, batch_size=recipe.batch_size, seed=seed, steps=recipe.steps, judge=recipe.judge,
        lean=True, drop_last=True, limit=limit, shown=None if shown is None else after,
        precision=recipe.precision,
    )  # fmt: skip
    # Windows that begin side by side hold the whole text; the rest say nothing more of it.
    some = spaced(rows, DIAGNOSED), spaced(held_out, DIAGNOSED)
    setup, _ = first_member(network, recipe.loss, recipe.optimizer, *some, plan, engine)
    diagnosing = Diagnosing(setup, count=len(rows.x))
    # Of a run that is kept the way is, too, but for one gone on with, whose first part nobody followed.
    followed = Followed(HELD_OF_LARGE) if keeping is not None and not keeping.resume else None
    plan = plan if followed is None else followed.on(plan, network, recipe.optimizer, rows)
    run = learn(
        network, recipe.loss, recipe.optimizer, rows, held_out, plan,
        engine=engine, listeners=[keep, *diagnosing.listeners(callbacks)], progress=progress, keeping=keeping,
        devices=devices,
    )  # fmt: skip
    diagnosing.end(run)
    kept = {} if followed is None else followed.kept(network, run.history, recipe.loss, run.events)
    return replace(
        begun, history=run.history, vitals=run.vitals, network_vitals=run.network_vitals, events=run.events,
        engine=run.engine, reason=run.reason, evidence=run.evidence, verdict=run.verdict,
        seconds=run.seconds,
        settings={**begun.settings, "planned": begun.settings["steps"], "steps": run.epochs * recipe.steps}, **kept,
    )  # fmt: skip


def _begin(text: str, tokens: Tokens) -> str:
    """Return the first words of a text, fit to be typed and known to the network; "" where there are none.

    >>> _begin(" It was the best of times", Tokens.of_characters("It was the best"))
    'It was'
    """
    words = " ".join(text[:BEGIN].split()[:2])
    fit = len(words) <= LONGEST_WORD and words.isprintable() and words[:1].isalpha()
    return words if fit and not tokens.strangers(words) else ""
