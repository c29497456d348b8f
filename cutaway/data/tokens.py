"""Tokens: the pieces a text is cut into, each with a number, which is all that a network reads and writes."""

from __future__ import annotations

import codecs
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cutaway.data.strict_json import fields, texts
from cutaway.errors import InputError, whole

Kind = Literal["characters", "byte pairs"]
KINDS: tuple[Kind, ...] = ("characters", "byte pairs")

MOST_CHARACTERS = 4096
"""Different characters that are told apart, unless said otherwise; the rarest beyond are one unknown token."""
BYTES = 256  # tokens that byte pairs begin with
LARGEST = 100_000  # tokens of a vocabulary
UNKNOWN = "\ufffd"
"""What an unknown character is shown as: Unicode's own sign for it."""


class Tokens:
    r"""A vocabulary: how a text becomes whole numbers, and back.

    kind         "characters": each is a token. "byte pairs": the bytes of UTF-8, and what grew together from them
                 since it stands side by side so often, most often whole words
    vocabulary   the tokens by number: characters, or bytes written as characters, see `letters_of_bytes`
    merges       of byte pairs, which two tokens became one, in order
    unknown      whether the last token stands for every character that has none

    Raises `InputError` for a vocabulary that holds a token twice or is not in order.

    Reference: Sennrich, Haddow, Birch, "Neural machine translation of rare words with subword units", ACL 2016,
    arXiv 1508.07909; on bytes, Radford et al., "Language models are unsupervised multitask learners", 2019.

    >>> tokens = Tokens.of_characters("hello")
    >>> tokens.vocabulary, tokens.encode("hole").tolist(), tokens.decode([1, 0, 2, 2])
    (('e', 'h', 'l', 'o'), [1, 3, 2, 0], 'hell')
    """

    def __init__(
        self,
        kind: Kind,
        vocabulary: Iterable[str],
        merges: Iterable[tuple[str, str]] = (),
        unknown: bool = False,
    ) -> None:
        self.kind, self.unknown = kind, unknown
        self.vocabulary = texts(list(vocabulary), "tokens: vocabulary")
        self.merges = tuple(merges)
        self._check()

    @classmethod
    def of_characters(cls, text: str, most: int | None = None, unknown: bool = False) -> Tokens:
        """Return the characters of a text as tokens, in the order of Unicode.

        most      of more different ones the rarest become one unknown token (None: 4,096)
        unknown   whether there is an unknown token in any case, for characters of other texts
        """
        most = _checked_size(most, MOST_CHARACTERS, 2)
        counted = Counter(text)
        if len(counted.keys() | ({UNKNOWN} if unknown else set())) <= most:
            known = sorted(letter for letter in counted if letter != UNKNOWN or not unknown)
            return cls("characters", [*known, UNKNOWN] if unknown else known, unknown=unknown)
        kept = sorted(counted, key=lambda letter: (-counted[letter], letter))[: most - 1]
        return cls("characters", [*sorted(letter for letter in kept if letter != UNKNOWN), UNKNOWN], unknown=True)

    @classmethod
    def of_byte_pairs(cls, text: str, size: int | None = None) -> Tokens:
        """Return at most `size` tokens (None: by the length of the text) that stand in it most often.

        Raises `InputError` where the package `tokenizers` is not installed.
        """
        size = _checked_size(size, min(8192, max(512, len(text) // 1000)), BYTES + 1)
        library = _library()
        trainer = library.trainers.BpeTrainer(
            vocab_size=size, initial_alphabet=sorted(letters_of_bytes()), show_progress=False, special_tokens=[]
        )
        fresh = _pieces(library, library.models.BPE())
        fresh.train_from_iterator(_parts(text), trainer)
        learned = json.loads(fresh.to_str())["model"]
        vocabulary = sorted(learned["vocab"], key=learned["vocab"].__getitem__)
        merges = [tuple(pair.split(" ")) if isinstance(pair, str) else tuple(pair) for pair in learned["merges"]]
        return cls("byte pairs", vocabulary, merges)  # type: ignore[arg-type]

    # ---- to numbers and back ----------------------------------------------------------------------------------

    @property
    def outputs(self) -> int:
        """How many tokens there are: a network has a score for each."""
        return len(self.vocabulary)

    def example(self) -> np.ndarray:
        """Return one row of inputs, one token, with the largest number: (1, 1)."""
        return np.full((1, 1), len(self.vocabulary) - 1, np.int32)

    def encode(self, text: str) -> NDArray[np.int32]:
        """Return the numbers of a text's tokens; characters that have none are unknown, or else left out.

        `strangers` counts those. Raises `InputError` for byte pairs where `tokenizers` is not installed.
        """
        if self.kind == "byte pairs":
            found = [self._tokenizer.encode(part, add_special_tokens=False).ids for part in _parts(text)]
            return np.asarray([number for part in found for number in part], np.int32)
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        numbers = self._numbers[np.minimum(codes, len(self._numbers) - 1)]
        return numbers if self.unknown else numbers[numbers >= 0]

    def strangers(self, text: str) -> dict[str, int]:
        """Return how often each character stands in a text that no token stands for.

        >>> Tokens.of_characters("hello").strangers("hey you")
        {'y': 2, ' ': 1, 'u': 1}
        """
        if self.kind == "byte pairs":
            return {}
        known = set(self.vocabulary[: len(self.vocabulary) - self.unknown])
        return {letter: count for letter, count in Counter(text).items() if letter not in known}

    def decode(self, numbers: Iterable[int]) -> str:
        """Return the text of tokens; bytes that are no UTF-8 are shown as unknown."""
        return "".join(self.stream(numbers))

    def stream(self, numbers: Iterable[int]) -> Iterator[str]:
        """Yield the text of each token as it comes; the bytes of a character wait until they are all there."""
        if self.kind == "characters":
            for number in numbers:
                yield self.vocabulary[number]
            return
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        for number in numbers:
            yield decoder.decode(self._bytes[number])
        yield decoder.decode(b"", final=True)

    # ---- plain data -------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """Return the vocabulary as JSON data."""
        return {
            "kind": self.kind,
            "vocabulary": list(self.vocabulary),
            "merges": [list(pair) for pair in self.merges],
            "unknown": self.unknown,
        }

    @classmethod
    def from_json(cls, data: object) -> Tokens:
        """Return the vocabulary that `to_json` described; raises `InputError` for anything else."""
        told = fields(data, "tokens", kind=str, vocabulary=list, merges=list, unknown=bool)
        for pair in told["merges"]:
            if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(part, str) for part in pair):
                raise InputError(f"tokens: a merge is {pair!r}; expected two texts")
        return cls(told["kind"], told["vocabulary"], [tuple(pair) for pair in told["merges"]], told["unknown"])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tokens) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Tokens({self.kind!r}, {len(self.vocabulary):,} of them)"

    # ---- inside -----------------------------------------------------------------------------------------------

    def _check(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"tokens: the kind is {self.kind!r}; expected one of {', '.join(map(repr, KINDS))}")
        if not 1 <= len(self.vocabulary) <= LARGEST:
            raise InputError(f"tokens: there are {len(self.vocabulary)}; expected 1 to {LARGEST:,}")
        if self.kind == "characters":
            if any(len(letter) != 1 for letter in self.vocabulary):
                raise InputError("tokens: one of the characters is none; expected texts of one character each")
            if self.merges or (self.unknown and self.vocabulary[-1] != UNKNOWN):
                raise InputError("tokens: characters have no merges, and the unknown one, if any, comes last")
            return
        letters = letters_of_bytes()
        if sorted(self.vocabulary[:BYTES]) != sorted(letters):
            raise InputError(f"tokens: the first {BYTES} of byte pairs are the bytes, each once")
        if self.unknown or any(letter not in letters for token in self.vocabulary for letter in token):
            raise InputError("tokens: byte pairs are made of bytes, and none is unknown")
        known = set(self.vocabulary[:BYTES])
        for first, second in self.merges:
            if first not in known or second not in known:
                raise InputError(f"tokens: the merge of {first!r} and {second!r} comes before one of them is there")
            known.add(first + second)
        if known != set(self.vocabulary):
            raise InputError("tokens: the vocabulary of byte pairs is not what its merges make")

    @cached_property
    def _numbers(self) -> NDArray[np.int32]:
        """The number of each character by its code; the last entry is that of all beyond."""
        known = self.vocabulary[: len(self.vocabulary) - self.unknown]
        codes = [ord(letter) for letter in known]
        table = np.full(max(codes, default=0) + 2, len(known) if self.unknown else -1, np.int32)
        table[codes] = np.arange(len(known), dtype=np.int32)
        return table

    @cached_property
    def _bytes(self) -> list[bytes]:
        letters = letters_of_bytes()
        return [bytes(letters[letter] for letter in token) for token in self.vocabulary]

    @cached_property
    def _tokenizer(self) -> Any:
        library = _library()
        numbers = {token: number for number, token in enumerate(self.vocabulary)}
        return _pieces(library, library.models.BPE(vocab=numbers, merges=list(self.merges)))


def letters_of_bytes() -> dict[str, int]:
    """Return a printable character for each of the 256 bytes, as GPT-2's vocabulary is written.

    A byte that is a printable character of Latin-1 is that; the others are the characters from 256 on.

    >>> letters = letters_of_bytes()
    >>> len(letters), letters["a"], letters["Ġ"]
    (256, 97, 32)
    """
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = [byte for byte in range(BYTES) if byte not in printable]
    return {chr(byte): byte for byte in sorted(printable)} | {
        chr(BYTES + place): byte for place, byte in enumerate(others)
    }


def _library() -> Any:
    try:
        import tokenizers
    except ImportError as fault:
        raise InputError(
            "byte pairs need the package tokenizers, which is not installed: pip install 'cutaway[bpe]', or take "
            "characters as tokens"
        ) from fault
    return tokenizers


def _pieces(library: Any, model: Any) -> Any:
    """Return a tokenizer on the bytes of words: no pair goes across the border of two words."""
    made = library.Tokenizer(model)
    made.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
    return made


def _parts(text: str) -> Iterator[str]:
    """Yield a text line by line, with the line ends: the library takes no text of hundreds of megabytes at once."""
    yield from text.splitlines(keepends=True)


def _checked_size(size: Any, usual: int, least: int) -> int:
    return usual if size is None else whole("the vocabulary, in tokens,", size, least, LARGEST)
