"""The main job on a text: parts, scores beside counting, samples, saving and loading, and how well it learns."""

import json
import os
import re
import signal
import tracemalloc
from collections import Counter
from math import log
from pathlib import Path

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.text import Text
from cutaway.data.text_windows import TextWindows
from cutaway.data.tokens import Tokens
from cutaway.errors import InputError
from cutaway.layers import Layer
from cutaway.runs import keeping, text_scores
from cutaway.runs.load import load_as
from cutaway.runs.ngram import NGram
from cutaway.runs.picture_run import PictureRun
from cutaway.runs.text_parts import TextParts
from cutaway.runs.text_run import TextRun
from cutaway.runs.text_scores import TextScores, bootstrapped, token_losses
from cutaway.runs.train_text import train_text
from cutaway.training import loop

WORDS = ("sun", "moon", "star", "cloud", "rain")
SHAKESPEARE = Path(__file__).resolve().parents[3] / "shared" / "data" / "tinyshakespeare.txt"
BRIEF = {"effort": "quick", "engine": "numpy", "context": 16}


def verses(lines, seed=0):
    """Return lines of three words, each of which says which word comes next."""
    random = np.random.default_rng(seed)
    after = {word: WORDS[(place + 1) % 5] for place, word in enumerate(WORDS)}
    begun = [WORDS[place] for place in random.integers(0, 5, lines)]
    return "".join(f"{word} {after[word]} {after[after[word]]}\n" for word in begun)


@pytest.fixture(scope="module")
def heard():
    """What a training told while it went on."""
    return {"told": [], "shown": []}


@pytest.fixture(scope="module")
def run(tmp_path_factory, heard):
    """A run on verses, at the place it was saved to."""
    folder = tmp_path_factory.mktemp("text")
    (folder / "verses.txt").write_text(verses(700))
    return train_text(
        folder / "verses.txt", epochs=10, out=folder / "run", **BRIEF,
        told=lambda run: heard["told"].append((run.data, dict(run.settings), len(run.history))),
        shown=lambda *told: heard["shown"].append(told),
    )  # fmt: skip


def test_it_learns_what_follows(run):
    """What is left to know is the first word of a line, ln 5 nats; counting four characters knows as much."""
    each = log(5) * verses(1000).count("\n") / len(verses(1000))
    assert each < run.scores.loss < each + 0.12
    assert run.scores.frequency > 2 > run.scores.ngram
    assert run.scores.interval[0] <= run.scores.loss <= run.scores.interval[1]
    assert run.scores.bits(run.scores.loss) == pytest.approx(run.scores.loss / log(2))


def test_it_writes_what_it_read(run):
    pairs = {tuple(line.split()[place : place + 2]) for line in verses(200).splitlines() for place in (0, 1)}
    lines = [line.split() for line in run.generate("sun", 300, temperature=0.5).split("\n")[1:-1]]
    steps = [tuple(line[place : place + 2]) for line in lines for place in range(len(line) - 1)]
    assert sum(step in pairs for step in steps) > 0.9 * len(steps) > 10
    assert run.generate("sun ", 4, temperature=0) == "moon"
    assert len(run.sample) == 500 and "".join(run.stream("sun", 30, seed=4)) == run.generate("sun", 30, seed=4)


def test_what_is_told(run, heard):
    [(data, settings, epochs)] = heard["told"]
    assert epochs == 0 and settings["steps"] == run.history[-1].step
    assert data["characters"] == len(verses(700)) and data["lines"] == 700
    parts = [data[part]["characters"] for part in ("learned", "watched", "tested")]
    assert sum(parts) == data["characters"] and parts[1] == pytest.approx(data["characters"] / 10, abs=2)
    steps = [step for step, _, _ in heard["shown"]]
    assert steps == [record.step for record in run.history if record.epoch in (1, 2, 4, 8, 16)]
    assert all(loss > 0 and len(sample) == 200 for _, loss, sample in heard["shown"])


def test_the_watched_loss_is_that_of_all_windows_side_by_side(run):
    text = verses(700)
    parts = TextParts.of(Text(text), 0.1)
    tokens = run.tokens.encode(parts.watched)
    x, y = run.preprocessing.side_by_side(tokens, int(run.tokens.encode(parts.learned)[-1]))
    assert x.size > len(tokens) - run.context
    assert run.best.validation == pytest.approx(ca.CrossEntropy()(run.network(x), y), rel=1e-4)


def test_saved_and_loaded_it_is_the_same(run):
    again = ca.load(run.path)
    assert isinstance(again, TextRun) and again.summary() == run.summary()
    assert again.generate("rain", 100, seed=7) == run.generate("rain", 100, seed=7)
    assert again.losses("sun moon star\n").tolist() == run.losses("sun moon star\n").tolist()
    assert (run.path / "sample.txt").read_text() == f"{run.sample}\n"
    bare = ca.load(run.path / "network.safetensors")
    assert bare.context == 16 and bare.generate("rain", 50) == run.generate("rain", 50)


def test_a_changed_file_is_refused(run, tmp_path):
    run.save(tmp_path / "run")
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    for changed in ({"estimate": {"loss": 1.0}}, {"sample": 3}, {"notes": [1]}, {"scores": []}):
        (tmp_path / "run" / "run.json").write_text(json.dumps({**facts, **changed}))
        with pytest.raises(InputError, match=r"run\.json"):
            ca.load(tmp_path / "run")


def test_the_loss_of_lines(run):
    text = "sun moon star\n\nstar rain sun\nsun moon Käse"
    lines = run.lines(text)
    assert [line.number for line in lines] == [1, 2, 3, 4]
    assert [line.characters for line in lines] == [14, 1, 14, 13]
    known = [line.loss * line.characters for line in lines]
    assert sum(known) == pytest.approx(run.losses(text).sum())
    assert lines[2].loss > 2 * lines[0].loss
    assert run.strangers(text) == {"K": 1, "ä": 1, "e": 1}
    assert run.loss("sun moon star\n") == pytest.approx(run.losses("sun moon star\n").mean())
    # What training never saw surprises more than one of so many tokens that are all as likely.
    assert run.lines("sun\nXYZ")[1].loss > log(run.tokens.outputs)
    with pytest.raises(InputError, match="no character that the run knows"):
        run.loss("")
    with pytest.raises(InputError, match="got bytes"):
        run.loss(b"sun")


def test_predict_tells_the_loss_of_each_line(run, tmp_path):
    text = "sun moon star\nstar rain sun\n"
    (tmp_path / "other.txt").write_text(text)
    expected = [line.loss for line in run.lines(text)]
    assert run.predict(tmp_path / "other.txt").tolist() == run.predict(Text(text)).tolist() == expected
    assert run.predict(str(tmp_path / "other.txt")).shape == (2,)
    with pytest.raises(InputError, match=r"got ndarray; `loss` and `lines` take a str, and `generate` writes on"):
        run.predict(np.zeros((1, 16)))
    with pytest.raises(InputError, match="no such file"):
        run.predict("sun moon star")


def test_a_run_is_loaded_as_what_it_is(run, tmp_path):
    assert isinstance(load_as(TextRun, run.path), TextRun)
    with pytest.raises(InputError, match="learned from a text; expected one that learned from pictures"):
        load_as(PictureRun, run.path)
    ca.fit(ca.Sequential(ca.Dense(1)), np.ones((9, 2)), np.ones(9), loss="squared_error", epochs=1, path=tmp_path / "a")
    with pytest.raises(InputError, match="learned from arrays; expected one that learned from a text"):
        load_as(TextRun, tmp_path / "a")


def test_characters_that_training_did_not_have_count_in_the_scores():
    """Of two ends of a text, alike but for letters that are new in one, that one surprises more."""
    text = verses(200)
    begin = len(TextParts.of(Text(text), 0.1).learned + TextParts.of(Text(text), 0.1).watched)
    new = text[:begin] + text[begin:].replace("moon", "möön")
    runs = [train_text(Text(each), epochs=2, **BRIEF) for each in (text, new)]
    assert runs[0].tokens == runs[1].tokens and "ö" not in runs[1].tokens.vocabulary
    for path, array in runs[0].network.parameters().items():
        np.testing.assert_array_equal(array, runs[1].network.parameters()[path])  # nothing of the end was looked at
    places = new.count("ö")
    assert runs[1].scores.tokens == runs[0].scores.tokens == len(text) - begin
    assert runs[1].scores.loss > runs[0].scores.loss + places / runs[1].scores.tokens
    assert runs[1].scores.ngram > runs[0].scores.ngram
    assert runs[0].notes == []
    [note] = runs[1].notes
    assert note.startswith(f"1 characters, {places} places, are only in what is watched or set aside")
    # Nothing that was never there is written; of a prompt it is left out.
    assert "\ufffd" not in runs[1].generate("", 300, temperature=5.0)
    assert runs[1].generate("möön", 20) == runs[1].generate("mn", 20)


def test_rare_characters_are_told_beside_new_ones():
    run = train_text(Text(verses(200) + "ö" * 90), vocabulary=10, epochs=0.1, **BRIEF)
    rare, new = run.notes
    assert run.tokens.outputs == 10 and re.match(r"\d rare characters, \d+ places of what is learned from", rare)
    assert new.startswith("1 characters, 90 places")


def test_losses_are_those_of_one_long_window(run):
    """Where the text is no longer than the context, each token is given all that comes before."""
    text = "moon star cloud\n"
    tokens = run.tokens.encode(text)
    scores = ca.ops.log_softmax(run.network(np.array([[run.preprocessing.start, *tokens[:-1]]], np.int32)))[0]
    assert np.allclose(run.losses(text), -scores[np.arange(len(tokens)), tokens], atol=1e-5)


def test_engines_agree_on_losses(run):
    tokens = run.tokens.encode(verses(30, seed=5))
    found = [token_losses(run.network, run.preprocessing, tokens, 0, engine) for engine in ("numpy", "xla")]
    assert np.allclose(*found, atol=1e-4)


def test_no_test_part(tmp_path):
    text = Text(verses(60))
    run = ca.train(text, test=0, epochs=0.2, **BRIEF)
    assert run.scores is None and run.estimate.characters == len(text.content) - int(0.9 * len(text.content))
    assert run.data["tested"]["characters"] == 0


def test_the_same_seed_gives_the_same_run():
    text = Text(verses(60))
    first, second, other = (train_text(text, epochs=0.3, seed=seed, **BRIEF) for seed in (1, 1, 2))
    assert first.scores == second.scores != other.scores
    assert first.sample == second.sample


def test_byte_pairs_are_scored_by_the_character(tmp_path):
    pytest.importorskip("tokenizers")
    run = train_text(Text(verses(400)), tokens="byte pairs", vocabulary=280, epochs=0.5, **BRIEF)
    scores = run.scores
    assert scores.tokens < scores.characters / 2
    assert scores.bits(scores.loss) == pytest.approx(scores.loss * scores.tokens / scores.characters / log(2))
    again = ca.load(run.save(tmp_path / "run"))
    assert again.tokens == run.tokens and again.generate("sun", 50) == run.generate("sun", 50)


@pytest.mark.skipif(os.name != "posix", reason="signals are of Unix")
def test_ctrl_c_keeps_what_was_learned_and_the_finished_run(tmp_path):
    text, out = Text(verses(60)), tmp_path / "run"
    finished = train_text(text, epochs=0.2, out=out, **BRIEF)
    stopped = train_text(
        text, epochs=20, out=out, shown=lambda *told: os.kill(os.getpid(), signal.SIGINT), **BRIEF
    )  # fmt: skip
    assert stopped.interrupted and stopped.history[-1].epoch < stopped.settings["steps"] / 10
    assert stopped.path == tmp_path / "run-interrupted" and ca.load(stopped.path).interrupted
    assert ca.load(out).summary() == finished.summary()
    assert stopped.scores is not None and stopped.sample


@pytest.mark.parametrize("epochs", [0.001, 0.2, 3])
def test_a_time_limit_plans_no_more_steps_than_none(epochs):
    planned = []
    for limit in (None, 1000):
        with pytest.raises(KeyboardInterrupt):
            train_text(Text(verses(100)), epochs=epochs, limit=limit, told=planned.append, shown=stop, **BRIEF)
    free, bound = (run.settings["steps"] for run in planned)
    assert 0.5 * free < bound <= free
    # Where time is short, judging is a fraction of the work.
    assert planned[1].settings["judged"] <= planned[0].settings["judged"] == planned[0].data["watched"]["tokens"] // 16


def stop(*told):
    raise KeyboardInterrupt


def test_going_on_with_other_settings_names_what_a_person_said(tmp_path):
    text, out = Text(verses(60)), tmp_path / "run"

    def stopped(*told):
        raise RuntimeError

    begun = {"epochs": 30, "limit": 1000, "vocabulary": 30, "out": out}
    with pytest.MonkeyPatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(keeping, "EVERY", 0.0)
        patch.setattr(loop, "seconds_of_step", lambda *given: loop.CHUNK_SECONDS / 2)
        patch.setattr(loop, "FEWEST_STEPS", 1)
        train_text(text, shown=stopped, **begun, **BRIEF)
    for name, other, words in (
        ("limit", None, "limit was 1000, is None"),
        ("vocabulary", 20, "vocabulary was 30, is 20"),
        ("epochs", 20, "epochs_asked was 30, is 20"),
    ):
        with pytest.raises(InputError, match=f"of another training: {words}"):
            train_text(text, resume=True, **{**begun, name: other}, **BRIEF)
    assert train_text(text, resume=True, **begun, **BRIEF).scores is not None


def test_a_time_limit_takes_fewer_steps():
    run = train_text(Text(verses(60)), epochs=5000, limit=4, **BRIEF)
    assert 0 < run.settings["steps"] == run.history[-1].step < 1000 < run.settings["planned"]


def test_where_time_is_up_the_first_tokens_are_scored(run, monkeypatch):
    tokens = run.tokens.encode(verses(300, seed=5))
    whole = token_losses(run.network, run.preprocessing, tokens, 0)
    monkeypatch.setattr(text_scores, "NUMBERS", 1 << 20)
    some = token_losses(run.network, run.preprocessing, tokens, 0, until=0.0)
    assert 16 < len(some) < len(tokens) and np.allclose(some, whole[: len(some)], atol=1e-5)
    assert len(token_losses(run.network, run.preprocessing, tokens, 0, until=float("inf"))) == len(tokens)
    counted = NGram(tokens, run.tokens.outputs)
    scores = text_scores.score_text(
        run.network, run.preprocessing, tokens, len(tokens), tokens, counted, until=0.0
    )  # fmt: skip
    assert scores.tokens == scores.characters == len(some)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"test": 0.9}, "would be left to learn from"),
        ({"test": "other.txt"}, "share at its end"),
        ({"tokens": "words"}, "there are 'characters', 'byte pairs'"),
        ({"epochs": 0}, "epochs"),
        ({"context": 300}, "watched"),
        ({"effort": "fast"}, "effort"),
        ({"vocabulary": 1}, "whole number"),
        ({"limit": -1}, "time limit"),
    ],
)
def test_wrong_settings(options, words):
    with pytest.raises(InputError, match=words):
        train_text(Text(verses(60)), **options)


def test_too_short():
    with pytest.raises(InputError, match="too few"):
        train_text(Text("to be or not to be"))


# ---- counting -----------------------------------------------------------------------------------------------------


def by_definition(text, vocabulary, order, context, token):
    """Return Witten and Bell's chance, written as the formula is."""
    if order == 0:
        return 1 / vocabulary
    history = tuple(context[len(context) - order + 1 :]) if order > 1 else ()
    shorter = by_definition(text, vocabulary, order - 1, context, token)
    grams = [tuple(text[place : place + order]) for place in range(len(text) - order + 1)]
    after = Counter(gram[-1] for gram in grams if gram[:-1] == history)
    if not after:
        return shorter
    return (after[token] + len(after) * shorter) / (sum(after.values()) + len(after))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_counting_is_as_defined(order):
    random = np.random.default_rng(order)
    learned, asked = random.integers(0, 4, 80), random.integers(0, 5, 12)
    gram = NGram(learned, vocabulary=5, order=order)
    whole = [*learned, *asked]
    expected = [
        -log(by_definition(learned.tolist(), 5, order, whole[: 80 + place], asked[place])) for place in range(12)
    ]
    assert np.allclose(gram.losses(asked, learned), expected)
    # With nothing before, the first have shorter contexts.
    alone = [
        -log(by_definition(learned.tolist(), 5, min(order, place + 1), asked[:place].tolist(), asked[place]))
        for place in range(12)
    ]
    assert np.allclose(gram.losses(asked, learned[:0]), alone)


def test_large_vocabularies_count_shorter_contexts():
    assert NGram(np.arange(50), vocabulary=40_000, order=5).order == 4


# ---- scores -------------------------------------------------------------------------------------------------------


def test_the_interval_is_that_of_the_mean():
    losses = np.random.default_rng(0).normal(2, 1, 4000)
    low, high = bootstrapped(losses, 1, seed=0)
    assert low == pytest.approx(2 - 1.96 / 4000**0.5, abs=0.03) and high - low == pytest.approx(0.062, abs=0.01)
    # Neighbours that are alike count as fewer.
    repeated = np.repeat(losses[:400], 10)
    ends = [bootstrapped(repeated, length, seed=0) for length in (1, 10)]
    assert ends[1][1] - ends[1][0] > 2 * (ends[0][1] - ends[0][0])


def test_an_interval_is_of_twenty_blocks_or_decides_nothing():
    losses = np.random.default_rng(0).normal(2, 1, 100)
    # One block of all would be (mean, mean): better than anything that is a little worse.
    expected = bootstrapped(losses, 5, seed=0)
    assert bootstrapped(losses, 64, seed=0) == bootstrapped(losses, 1000, seed=0) == expected
    assert expected[1] - expected[0] > 0.2
    few = TextScores(1.0, (1.0, 1.0), 3.0, 1.7, 5, 319, 319)
    enough = TextScores(1.0, (1.0, 1.0), 3.0, 1.7, 5, 320, 320)
    assert not few.decides and not few.better and enough.decides and enough.better


def test_scores_as_plain_data():
    scores = TextScores(1.5, (1.4, 1.6), 3.0, 1.7, 5, 1000, 1500)
    assert TextScores.from_json(json.loads(json.dumps(scores.to_json())), "scores") == scores and scores.better
    assert TextScores.from_json(None, "scores") is None
    for changed in ({"interval": [1]}, {"tokens": 0}, {"loss": "1"}):
        with pytest.raises(InputError, match="scores"):
            TextScores.from_json({**scores.to_json(), **changed}, "scores")


def test_a_network_that_knows_nothing_is_as_surprised_as_a_die():
    class Nothing(Layer):
        def forward(self, x, ctx):
            return np.zeros((*x.shape, 3))

    windows = TextWindows(Tokens.of_characters("abc"), 4)
    long = np.zeros(400_000, np.int32)
    tracemalloc.start()
    assert np.allclose(token_losses(Nothing(), windows, long, 0), log(3))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * len(long)  # bytes: 8 for what is returned, and of the windows a few at a time
    assert np.allclose(token_losses(Nothing(), windows, np.array([0, 1, 2, 1, 0, 2, 2], np.int32), 0), log(3))


# ---- a real text --------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not SHAKESPEARE.is_file(), reason="needs the text of the small Shakespeare")
@pytest.mark.timeout(900)
def test_shakespeare():
    """The published figure of this size of network after 2,000 steps is 1.88 nats a character; here half of them do.

    Reference: Karpathy, nanoGPT, README, "I only have a macbook", 2022.
    """
    pytest.importorskip("jax")
    run = train_text(SHAKESPEARE, test=0, effort="quick", epochs=0.75, engine="xla")
    assert run.history[-1].step <= 1000
    assert run.best.validation <= 1.90
    words = re.findall(r"[A-Za-z']+", run.generate("ROMEO:", 2000, temperature=0.8))
    known = set(re.findall(r"[A-Za-z']+", SHAKESPEARE.read_text()[:1_003_854]))
    assert sum(word in known for word in words) >= 0.7 * len(words) > 200
