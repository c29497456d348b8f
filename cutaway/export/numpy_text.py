"""How a text becomes tokens, and a network's scores what it says of the text: copied into files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Network = Callable[[Array], Array]


def characters(text: str, vocabulary: Sequence[str], unknown: bool) -> Array:
    """The number of each character; one that has none is the last token where that is for unknown ones, or left out."""
    known = {letter: number for number, letter in enumerate(vocabulary[: len(vocabulary) - unknown])}
    numbers = [known.get(letter, len(known) if unknown else -1) for letter in text]
    return np.array([number for number in numbers if number >= 0], np.int64)


def byte_pairs(text: str, vocabulary: Sequence[str], merges: Sequence[tuple[str, str]]) -> Array:
    """The numbers of the tokens that grow from the bytes of each word, the earliest merge of neighbours first."""
    letter = {byte: sign for sign, byte in letters_of_bytes().items()}
    numbers = {token: number for number, token in enumerate(vocabulary)}
    order = {(first, second): place for place, (first, second) in enumerate(merges)}
    found: list[int] = []
    for line in text.splitlines(keepends=True):
        for word in words(line):
            parts = [letter[byte] for byte in word.encode("utf-8", "surrogatepass")]
            while len(parts) > 1:
                ranks = [order.get((one, two), len(order)) for one, two in pairwise(parts)]
                best = min(ranks)
                if best == len(order):
                    break
                place = ranks.index(best)
                parts[place : place + 2] = [parts[place] + parts[place + 1]]
            found += [numbers[part] for part in parts]
    return np.array(found, np.int64)


def words(line: str) -> list[str]:
    """A line cut where no token may go across: contractions, letters, digits, signs and blanks apart, as in GPT-2."""
    sorts = {"L": "Z", "N": "0"}
    plain = "".join(
        sign if sign < "\x80" else "\t" if sign.isspace() else sorts.get(unicodedata.category(sign)[0], "!")
        for sign in line
    )
    pieces = r"'(?:s|t|re|ve|m|ll|d)| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+"
    return [line[match.start() : match.end()] for match in re.finditer(pieces, plain)]


def letters_of_bytes() -> dict[str, int]:
    """A printable character for each of the 256 bytes, as GPT-2's vocabulary is written."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + place): byte for place, byte in enumerate(others)}


def log_probabilities(scores: Array) -> Array:
    """ln p = z − ln Σ eᶻ over the tokens that may come next."""
    z = scores - scores.max(axis=-1, keepdims=True)
    logs: Array = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    return logs


def surprises(network: Network, tokens: Array, before: int, context: int) -> Array:
    """−ln p of each token, in nats, given at least half a context before it; `before` comes before the first."""
    if not len(tokens):
        raise ValueError("the text holds no token of the vocabulary; expected one at least")
    half = max(1, context // 2)
    joined, found = np.concatenate([[before], tokens]), np.empty(len(tokens))
    for start in range(0, max(1, len(tokens) - context + half), half):
        end = min(start + context, len(tokens))
        logs = log_probabilities(network(joined[None, start:end])[0])
        losses = -logs[np.arange(end - start), tokens[start:end]]
        first = 0 if start == 0 else context - half
        found[start + first : end] = losses[first:]
    return found
