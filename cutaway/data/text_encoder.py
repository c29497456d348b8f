"""A column of free text as inputs of a network: how often its most telling words and word pairs occur."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from cutaway.data.strict_json import fields, texts
from cutaway.data.table import Values, as_texts
from cutaway.errors import InputError

MOST_TERMS = 2_000
FEWEST_TERMS = 64
HASHED = 64
ROWS_TO_SHARE = 6_400  # with fewer rows, columns that mean a hundred words each blur more than they tell
NUMBERS = 1 << 26  # rows × columns of one encoded text column: 256 MB
ROWS_READ = 50_000  # so many texts say which terms are telling; more would only take longer

# Signs of Chinese and Japanese are words of their own, since nothing stands between words there.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]{1,64}")


def terms_of(text: str) -> list[str]:
    """The words of a text in lower case, and its pairs of neighbouring words.

    >>> terms_of("Très bon, très cher")
    ['très', 'bon', 'très', 'cher', 'très bon', 'bon très', 'très cher']
    """
    words = _WORD.findall(text.lower())
    return words + [f"{one} {next_one}" for one, next_one in pairwise(words)]


@dataclass(frozen=True)
class TextEncoder:
    """Texts as weighted counts of words and word pairs ("terms"), in one column for each of the most telling.

        y_t = log(1 + n_t) · idf_t / scale        idf_t = log((1 + N) / (1 + N_t)) + 1

    where n_t is how often term t occurs in the text, N_t in how many of the N training texts; `scale` makes the root
    mean square of what is not zero 1. From 6,400 texts on, all other terms share 64 further columns: a term adds
    ±log(1 + n_t) / `other_scale` to one of them, both chosen by its checksum (CRC-32), so that no list of them is kept.

    Telling are the terms whose presence goes with the target: for classes those with the largest chi-square of
    presence and class, for numbers those with the largest N times squared correlation; in both cases only what
    chance exceeds in one of twenty. Without a target they are those whose presence varies most. Only terms in two or
    more texts are kept, at most 2,000, at most one a text, and fewer from 32,500 texts on: the encoded column is to
    hold 2²⁶ numbers (256 MB). A missing text is zeros.

    *References*: Salton, Buckley 1988, "Term-weighting approaches in automatic text retrieval", Information Processing
    & Management 24 (log counts, idf); Weinberger et al. 2009, arXiv 0902.2206 (signed hashing).

    >>> notes = np.array(["good wine", "bad wine", "good cheese", "bad cheese"], dtype=object)
    >>> encoder = TextEncoder.fit("note", notes, np.array([1, 0, 1, 0]))
    >>> encoder.terms, encoder.transform(notes).tolist()
    (('bad', 'good'), [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    """

    column: str
    terms: tuple[str, ...]
    idf: tuple[float, ...]
    scale: float
    shared: int
    other_scale: float

    kind = "text"

    @classmethod
    def fit(cls, column: str, values: Values, target: NDArray[Any] | None = None) -> TextEncoder:
        """Choose the terms by the training rows: whole numbers in `target` are classes, others numbers.

        Of more than 50,000 rows, so many evenly spaced ones are read.
        Raises `InputError` unless `target`, where there is one, has one value a row.
        """
        if target is not None and target.reshape(-1).shape != (len(values),):
            raise InputError(
                f"text encoder of '{column}': a target of shape {target.shape} for {len(values)} rows; "
                "expected one value a row"
            )
        rows = len(values)
        if rows > ROWS_READ:
            chosen = np.linspace(0, rows - 1, ROWS_READ).astype(np.int64)
            values, target = values[chosen], None if target is None else target.reshape(-1)[chosen]
        present, place, counted = _occurrences(values)
        names = list(place)
        frequency = np.bincount(present[:, 1], minlength=len(names))
        count = len(values)
        score = _telling(present, frequency, count, target)
        score[frequency < 2] = -1.0
        if target is not None:
            classes = target.dtype.kind in "iub"
            score[score < _chance(len(np.unique(target)) - 1 if classes else 1)] = -1.0
        shared = HASHED if rows >= ROWS_TO_SHARE else 0
        most = min(MOST_TERMS, max(NUMBERS // max(rows, 1) - shared, FEWEST_TERMS), count)
        likely = np.argsort(-score, kind="stable")[: 2 * most]
        likely = likely[score[likely] >= 0]
        # Equal to nine digits is equal: the order then is the alphabet's, the same on every machine.
        ordered = sorted(likely.tolist(), key=lambda term: (-float(f"{score[term]:.9g}"), names[term]))[:most]
        idf = np.log((1 + count) / (1 + frequency)) + 1
        kept = np.zeros(len(names), dtype=np.bool_)
        kept[ordered] = True
        inside = kept[present[:, 1]]
        logs = np.log1p(counted)
        scale = _root_mean_square(logs[inside] * idf[present[inside, 1]])
        other_scale = 1.0
        if shared and not inside.all():
            outside = present[~inside]
            column_of, sign = _hashed([names[term] for term in outside[:, 1].tolist()])
            cells = np.bincount(outside[:, 0] * HASHED + column_of, logs[~inside] * sign)
            other_scale = _root_mean_square(cells[cells != 0])
        chosen_terms = tuple(names[term] for term in ordered)
        return cls(column, chosen_terms, tuple(idf[ordered].tolist()), scale, shared, other_scale)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the encoded columns."""
        others = (f"{self.column}: other words {number}" for number in range(1, self.shared + 1))
        return (*(f"{self.column}: {term}" for term in self.terms), *others)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {term: place for place, term in enumerate(self.terms)}

    def transform(self, values: Values) -> NDArray[np.float32]:
        """Encode; x (n,) -> y (n, terms + shared). Nothing fails: terms not seen are other words."""
        width = len(self.terms) + self.shared
        encoded = np.zeros((len(values), width), dtype=np.float32)
        weights = np.array(self.idf) / self.scale
        for start in range(0, len(values), 4096):
            present, place, counted = _occurrences(values[start : start + 4096])
            names = list(place)
            columns = np.array([self._places.get(term, -1) for term in names], dtype=np.int64)[present[:, 1]]
            known = columns >= 0
            logs = np.log1p(counted)
            tile = encoded[start : start + 4096]
            tile[present[known, 0], columns[known]] = logs[known] * weights[columns[known]]
            if not self.shared:
                continue
            column_of, sign = _hashed([names[term] for term in present[~known, 1].tolist()])
            cells = present[~known, 0] * HASHED + column_of
            sums = np.bincount(cells, logs[~known] * sign / self.other_scale, minlength=len(tile) * HASHED)
            tile[:, len(self.terms) :] = sums.reshape(len(tile), HASHED)
        return encoded

    def unseen(self, values: Values) -> int:
        """How many texts hold words, where no text holds a telling one: they may be in another language; else 0.

        A few texts without a telling word are usual, in training too.
        """
        known, filled = self._places.keys(), 0
        for text in as_texts(values):
            terms = terms_of(text) if text is not None else []
            if not known.isdisjoint(terms):
                return 0
            filled += bool(terms)
        return filled

    def to_json(self) -> dict[str, Any]:
        """The encoder as JSON data; it holds words that stood in two or more texts, and no text."""
        return {
            "kind": self.kind,
            "column": self.column,
            "terms": list(self.terms),
            "idf": list(self.idf),
            "scale": self.scale,
            "shared": self.shared,
            "other_scale": self.other_scale,
        }

    @classmethod
    def from_json(cls, data: object) -> TextEncoder:
        """The encoder that `to_json` described; `InputError` when the data is not such a description."""
        kinds = {"kind": str, "column": str, "terms": list, "idf": list, "scale": float, "shared": int}
        found = fields(data, "text encoder", **kinds, other_scale=float)
        place = f"text encoder of '{found['column']}'"
        terms = texts(found["terms"], place)
        idf = found["idf"]
        if len(terms) > MOST_TERMS or len(idf) != len(terms):
            raise InputError(
                f"{place}: {len(terms)} terms and {len(idf)} weights; expected as many, at most {MOST_TERMS}"
            )
        if not all(isinstance(weight, (int, float)) and math.isfinite(weight) and weight > 0 for weight in idf):
            raise InputError(f"{place}: expected weights that are numbers above zero")
        if found["scale"] <= 0 or found["other_scale"] <= 0:
            raise InputError(f"{place}: the scales are {found['scale']}, {found['other_scale']}; expected above zero")
        if found["shared"] not in (0, HASHED):
            raise InputError(f"{place}: {found['shared']} shared columns; expected 0 or {HASHED}")
        return cls(
            found["column"],
            terms,
            tuple(float(weight) for weight in idf),
            found["scale"],
            found["shared"],
            found["other_scale"],
        )


def _occurrences(values: Values) -> tuple[NDArray[np.int64], dict[str, int], NDArray[np.float64]]:
    """Which term occurs in which text, as pairs of numbers; the terms' numbers; and how often it occurs there."""
    place: dict[str, int] = {}
    found: list[int] = []
    counts: list[int] = []
    ends: list[int] = []
    for text in as_texts(values):
        if text is not None:
            counter = Counter(terms_of(text))
            found.extend([place.setdefault(term, len(place)) for term in counter])
            counts.extend(counter.values())
        ends.append(len(found))
    rows = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    return np.column_stack([rows, np.array(found, dtype=np.int64)]), place, np.array(counts, dtype=np.float64)


def _telling(
    present: NDArray[np.int64], frequency: NDArray[np.int64], count: int, target: NDArray[Any] | None
) -> NDArray[np.float64]:
    """How much each term's presence says about the target: chi-square, or N r²; (terms,), zero or more."""
    share = frequency / max(count, 1)
    spread = share * (1 - share)
    scored = np.zeros(len(frequency))
    varies = spread > 0
    if target is None:
        return spread
    target = target.reshape(-1)
    if target.dtype.kind in "iub":
        labels, codes = np.unique(target, return_inverse=True)
        for code in range(len(labels)):
            members = codes == code
            expected = share * members.sum()
            observed = np.bincount(present[members[present[:, 0]], 1], minlength=len(frequency))
            # Presence and absence together: (O − E)²/E + (O − E)²/(E_absent), E_absent = E (1 − share) / share.
            scored[varies] += (observed - expected)[varies] ** 2 / (expected * (1 - share))[varies]
        return scored
    away = target.astype(np.float64) - target.mean(dtype=np.float64)
    total = float(away @ away) or 1.0
    sums = np.bincount(present[:, 1], away[present[:, 0]], minlength=len(frequency))
    scored[varies] = sums[varies] ** 2 / (spread[varies] * total)
    return scored


def _chance(freedom: int) -> float:
    """What a chi-square of so many degrees of freedom exceeds in one of twenty, nearly.

    *Reference*: Wilson, Hilferty 1931, "The distribution of chi-square", PNAS 17.
    """
    spread = 2 / (9 * max(freedom, 1))
    return float(max(freedom, 1) * (1 - spread + 1.6449 * math.sqrt(spread)) ** 3)


def _hashed(terms: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each term the shared column that it is in, and its sign there."""
    sums = {term: crc32(term.encode("utf-8", "surrogatepass")) for term in set(terms)}
    hashes = np.fromiter((sums[term] for term in terms), np.int64, len(terms))
    return hashes % HASHED, np.where(hashes // HASHED % 2, 1.0, -1.0)


def _root_mean_square(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(values**2))) if len(values) else 1.0
