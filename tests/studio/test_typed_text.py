"""A typed text is cut into the tokens that the network learned from, and what was done to it is said."""

import numpy as np
import pytest

import cutaway as ca
from cutaway.data.tokens import Tokens
from cutaway.errors import InputError
from cutaway.studio.case import Case
from cutaway.studio.commands import run
from cutaway.studio.material import Material
from cutaway.studio.opening import open_rung
from cutaway.studio.run_rows import token_words
from cutaway.studio.session import Session
from cutaway.studio.way import Way

LONG = 12


def session_of(tokens, text):
    """A network with attention that reads some tokens, on windows of a text."""
    codes = tokens.encode(text)
    x = np.stack([codes[begin : begin + LONG] for begin in range(len(codes) - LONG - 1)])
    y = np.stack([codes[begin + 1 : begin + LONG + 1] for begin in range(len(codes) - LONG - 1)])
    letters = token_words(tokens)
    material = Material(
        name="text", kind="text", x=x, y=y, training=np.arange(len(x)), held_out=np.arange(0), inputs=("token",),
        outputs=letters, target="the next token", classes=letters, letters=letters, tokens=tokens,
    )  # fmt: skip
    network = ca.Sequential(
        ca.Embedding(tokens.outputs, 8), ca.MultiHeadAttention(2, causal=True), ca.Dense(tokens.outputs)
    )
    network.build(x[:1], 0, np.float64)
    return Session(Case("a text", material, network), Way(ca.CrossEntropy(), ca.Adam(0.01), 8))


def test_byte_pairs_are_merged_as_the_network_learned_them():
    pytest.importorskip("tokenizers")
    text = "the other then there hen\n" * 30 + "élan é é "
    tokens = Tokens.of_byte_pairs(text, 262)
    session = session_of(tokens, text)
    typed = "then the hen"
    found = run(session, "attention", {"text": typed})
    expected = tokens.encode(typed)
    assert found["tokens"] == [token_words(tokens)[number] for number in expected][-LONG:]
    # A row that is shown, typed again, is the same row: by the text, not by what its tokens look like.
    shown = run(session, "attention", {})
    again = run(session, "attention", {"text": shown["text"]})
    assert again["tokens"] == shown["tokens"]
    np.testing.assert_array_equal(again["maps"][0]["weights"], shown["maps"][0]["weights"])
    # é is two bytes of UTF-8: where they are two tokens, each says which it is, and the text is whole.
    halves = run(session, "attention", {"text": "aé"})
    assert halves["text"] == "aé" and (halves["tokens"][-1] == "é" or halves["tokens"][-2:] == ["\\xc3", "\\xa9"])
    assert "\ufffd" not in "".join(token_words(tokens))


def test_half_a_character_is_shown_as_its_byte():
    pytest.importorskip("tokenizers")
    tokens = Tokens.of_byte_pairs("plain words only, plain words\n" * 9, 258)
    found = run(session_of(tokens, "plain words only\n" * 9), "attention", {"text": "é"})
    assert (found["tokens"], found["text"]) == (["\\xc3", "\\xa9"], "é")


def test_what_is_cut_off_is_said():
    tokens = Tokens.of_characters("abcdefgh")
    session = session_of(tokens, "abcdefgh" * 4)
    found = run(session, "attention", {"text": "abcdefghabcdefgh"})
    assert found["text"] == "efghabcdefgh"
    assert [note for note in found["notes"] if "16 tokens" in note and "12 at most" in note]
    assert run(session, "attention", {"text": "abc"})["notes"] == []


def test_a_letter_that_is_none_is_unknown_or_refused():
    known = session_of(Tokens.of_characters("abcd", unknown=True), "abcd" * 8)
    found = run(known, "attention", {"text": "abz"})
    assert found["tokens"] == ["a", "b", "\ufffd"] and "'z'" in found["notes"][0]
    for session in (session_of(Tokens.of_characters("abcd"), "abcd" * 8), Session(*open_rung("attention"))):
        with pytest.raises(InputError, match="'z', which the network does not know"):
            run(session, "attention", {"text": "abz"})
        with pytest.raises(InputError, match="empty"):
            run(session, "attention", {"text": ""})
