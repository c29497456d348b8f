"""Tokens: characters and byte pairs to numbers and back, the vocabulary as plain data, and windows of them."""

import json
import sys

import numpy as np
import pytest

from cutaway.data.text_windows import TextWindows
from cutaway.data.tokens import UNKNOWN, Tokens, letters_of_bytes
from cutaway.errors import InputError

VERSE = "the cat sat on the mat, the cat ate the rat.\n" * 20 + "Übermäßig großes Ωmega ☃\n"


def test_characters_come_back():
    tokens = Tokens.of_characters(VERSE)
    assert list(tokens.vocabulary) == sorted(set(VERSE))
    numbers = tokens.encode(VERSE)
    assert numbers.dtype == np.int32 and tokens.decode(numbers) == VERSE
    assert numbers.tolist() == [sorted(set(VERSE)).index(letter) for letter in VERSE]


def test_what_is_not_known_is_left_out_and_counted():
    tokens = Tokens.of_characters("abc")
    assert tokens.decode(tokens.encode("a☃bxb")) == "abb"
    assert tokens.strangers("a☃bxbx") == {"☃": 1, "x": 2}
    assert len(tokens.encode("xyz\U0010ffff")) == 0


def test_rare_characters_are_one_unknown_token():
    tokens = Tokens.of_characters("aaaabbbccd", most=3)
    assert tokens.vocabulary == ("a", "b", UNKNOWN) and tokens.unknown
    assert tokens.encode("abcdz").tolist() == [0, 1, 2, 2, 2]
    assert tokens.strangers("abcdz") == {"c": 1, "d": 1, "z": 1}
    # Unicode's own sign for an unknown character is one of them.
    assert Tokens.of_characters(f"aab{UNKNOWN}{UNKNOWN}{UNKNOWN}", most=2).vocabulary == (UNKNOWN,)


def test_an_unknown_token_may_be_asked_for():
    tokens = Tokens.of_characters("banana", unknown=True)
    assert tokens.vocabulary == ("a", "b", "n", UNKNOWN) and tokens.unknown
    assert tokens.encode("nab it").tolist() == [2, 0, 1, 3, 3, 3]
    assert tokens.strangers("nab it") == {" ": 1, "i": 1, "t": 1}
    assert Tokens.of_characters(f"a{UNKNOWN}", unknown=True).vocabulary == ("a", UNKNOWN)
    # It is one of the tokens that there may be at most.
    assert Tokens.of_characters("aabbc", most=3, unknown=True).vocabulary == ("a", "b", UNKNOWN)


@pytest.mark.parametrize("most", [1, 1.5, True, 10**6])
def test_a_vocabulary_has_a_size(most):
    with pytest.raises(InputError, match="whole number"):
        Tokens.of_characters("abc", most=most)


def test_byte_pairs_come_back():
    pytest.importorskip("tokenizers")
    tokens = Tokens.of_byte_pairs(VERSE, 300)
    numbers = tokens.encode(VERSE)
    assert tokens.outputs <= 300 and len(numbers) < len(VERSE) / 2
    for text in (VERSE, "entirely new: 漢字 \u2028 \r\n\t", ""):
        assert tokens.decode(tokens.encode(text)) == text
    assert tokens.strangers("漢字") == {}


def test_byte_pairs_are_those_of_the_library():
    """Rebuilt from vocabulary and merges alone, they cut a text as the tokenizer that learned them does."""
    tokenizers = pytest.importorskip("tokenizers")
    tokens = Tokens.of_byte_pairs(VERSE, 300)
    again = Tokens.from_json(json.loads(json.dumps(tokens.to_json())))
    assert again == tokens and again.encode(VERSE).tolist() == tokens.encode(VERSE).tolist()
    fresh = tokenizers.Tokenizer(tokenizers.models.BPE())
    fresh.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet, show_progress=False)
    fresh.train_from_iterator(VERSE.splitlines(keepends=True), trainer)
    assert fresh.encode("the cat sat").tokens == [tokens.vocabulary[number] for number in tokens.encode("the cat sat")]
    assert sorted(alphabet) == sorted(letters_of_bytes())


def test_a_character_of_several_bytes_waits_for_them():
    pytest.importorskip("tokenizers")
    tokens = Tokens.of_byte_pairs(VERSE, 257)
    pieces = list(tokens.stream(tokens.encode("a☃b")))
    assert pieces == ["a", "", "", "☃", "b", ""]
    assert tokens.decode(tokens.encode("☃")[:2]) == UNKNOWN


def test_without_the_library_byte_pairs_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(InputError, match=r"cutaway\[bpe\]"):
        Tokens.of_byte_pairs(VERSE, 300)


BYTES = sorted(letters_of_bytes())


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"kind": "words"}, "kind"),
        ({"vocabulary": []}, "there are 0"),
        ({"vocabulary": ["a", "a"]}, "twice"),
        ({"vocabulary": ["a", "bc"]}, "one character each"),
        ({"vocabulary": ["a", 1]}, "list of texts"),
        ({"merges": [["a", "b"]]}, "no merges"),
        ({"unknown": True}, "comes last"),
        ({"merges": ["ab"]}, "two texts"),
        ({"more": 1}, "fields"),
        ({"kind": "byte pairs"}, "first 256"),
        ({"kind": "byte pairs", "vocabulary": [*BYTES, "ab"]}, "not what its merges make"),
        ({"kind": "byte pairs", "vocabulary": [*BYTES, "abc"], "merges": [["ab", "c"]]}, "before one of them"),
        ({"kind": "byte pairs", "vocabulary": [*BYTES, "漢"]}, "made of bytes"),
    ],
)
def test_other_data_is_refused(changed, words):
    described = {"kind": "characters", "vocabulary": ["a", "b"], "merges": [], "unknown": False}
    assert Tokens.from_json(described).outputs == 2
    with pytest.raises(InputError, match=words):
        Tokens.from_json({**described, **changed})


# ---- windows ------------------------------------------------------------------------------------------------------


def test_sliding_windows_are_views_of_all_places():
    windows = TextWindows(Tokens.of_characters("abcdef"), 3)
    numbers = windows.tokens.encode("abcdef")
    x, y = windows.sliding(numbers)
    assert x.tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4]] and y.tolist() == [[1, 2, 3], [2, 3, 4], [3, 4, 5]]
    assert np.shares_memory(x, numbers) and np.shares_memory(y, numbers)


def test_windows_side_by_side_hold_each_token_once():
    windows = TextWindows(Tokens.of_characters("abcdef"), 2)
    x, y = windows.side_by_side(np.array([1, 2, 3, 4, 5], np.int32), before=0)
    assert x.tolist() == [[0, 1], [2, 3]] and y.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("context", [1, 2, 5, 8])
@pytest.mark.parametrize("length", [1, 4, 5, 8, 9, 23])
def test_half_overlapping_windows_count_each_token_once_with_half_a_context_before_it(context, length):
    windows = TextWindows(Tokens.of_characters("ab"), context)
    text = np.arange(1, length + 1, dtype=np.int32)
    x, y, counts, places = windows.half_over_each_other(text, before=0)
    assert x.shape == y.shape == counts.shape and x.shape[1] == context
    assert y[counts].tolist() == text.tolist()
    assert (x[counts] == y[counts] - 1).all()
    assert places[counts].tolist() == list(range(length)) and (text[places] == y).all()
    # A few of them at a time they are the same.
    parts = [windows.half_over_each_other(text, 0, begin, begin + 1) for begin in range(len(x))]
    assert len(x) == windows.half_over_each_other_count(length)
    for whole, pieces in zip((x, y, counts, places), zip(*parts, strict=True), strict=True):
        np.testing.assert_array_equal(np.concatenate(pieces), whole)
    seen = np.nonzero(counts)[1]  # how many tokens the window has before the last that is read
    assert (seen >= np.minimum(np.arange(length), (context + 1) // 2 - (context == 1))).all()


def test_windows_as_plain_data():
    windows = TextWindows(Tokens.of_characters("ab\n"), 7)
    assert TextWindows.from_json(json.loads(json.dumps(windows.to_json()))) == windows
    assert windows.example().shape == (1, 7) and windows.example().max() == 2 == windows.outputs - 1
    assert windows.tokens.vocabulary[windows.start] == "\n"
    for wrong in ({**windows.to_json(), "context": 0}, {"tokens": {}, "context": 7}, []):
        with pytest.raises(InputError):
            TextWindows.from_json(wrong)
