"""Every word of the field that a page shows has its sentence, and there is one table of them."""

from __future__ import annotations

import inspect
import re

import pytest

import cutaway.layers
import cutaway.losses
from cutaway import metrics, optimizers, schedules
from cutaway.layers import Layer
from cutaway.studio import words
from cutaway.studio.commands import run
from cutaway.studio.opening import open_rung
from cutaway.studio.scene import scene
from cutaway.studio.session import Session
from cutaway.studio.shaping import ACTIVATIONS, LAYERS

# Containers that a training makes of several networks, and bases of which no network is made: no page names them.
UNSEEN = {"Blend", "Ensemble"}


def subclasses(module, base):
    return {
        name for name, each in vars(module).items() if inspect.isclass(each) and issubclass(each, base)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("layers", subclasses(cutaway.layers, Layer) - UNSEEN),
        ("activations", set(ACTIVATIONS)),
        ("layers to choose", set(LAYERS)),
        ("losses", set(cutaway.losses.BY_NAME)),
        ("optimizers", set(optimizers.BY_NAME)),
        ("metrics", {each.shown for each in metrics.BY_NAME.values()}),
        ("schedules", subclasses(schedules, schedules.Schedule) - {"Schedule"}),
    ],
)  # fmt: skip
def test_every_name_that_can_be_met_has_its_sentence(kind, names):
    assert names
    assert names - set(words.WORDS) == set(), kind


def test_sentences_are_short_plain_and_of_one_piece():
    for word, sentence in words.WORDS.items():
        assert re.fullmatch(r"[A-Z0-9].{10,140}[.?]", sentence), (word, sentence)
        assert not re.search(r"numpy|array|function|tensor|parameter|vector|\bnorm\b|standard deviation", sentence), (
            word
        )


@pytest.mark.parametrize("rung", ["line", "neuron", "layer", "network", "attention"])
def test_a_scene_brings_the_sentence_of_every_word_that_it_shows(rung):
    session = Session(*open_rung(rung))
    run(session, "step", {"size": "epoch"}, None)
    told, curves = scene(session), run(session, "curves", {}, None)
    shown = {layer["kind"] for layer in told["network"]["layers"]}
    if told["network"]["editable"]:
        chosen = told["choices"]
        shown |= {*chosen["activations"], *chosen["optimizers"], *(each["kind"] for each in chosen["layers"])}
    shown |= {*told["choices"]["losses"], told["training"]["optimizer"]["name"]}
    shown |= {name.removesuffix(", training") for name in curves["metrics"]}
    shown |= {name.replace("_", " ") for layer in curves["vitals"] for name in layer["values"]}
    shown |= {"∂L/∂w", "batch", "epoch", "blame", "finite differences", "0.weight[0, 0]", "h₁, z₁", "a1, a2, …"}
    assert shown - set(told["words"]) == set()
    assert all(told["words"][word] == words.WORDS[word] for word in told["words"])
