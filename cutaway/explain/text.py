"""A text explained: how surprising each token was, where each head looked, and what may come next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cutaway.explain.attention_maps import AttentionMap, attention_maps
from cutaway.explain.figures import shown
from cutaway.explain.record import Trace
from cutaway.explain.trace import trace
from cutaway.layers import Layer
from cutaway.ops.softmax import probabilities

MOST_LIKELY = 8


@dataclass(frozen=True, eq=False)
class TextExplanation:
    """What a network that continues texts makes of one.

    tokens    the text, cut up
    expected  the probability that each token had, given those before it; the first has none and is NaN
    likely    what comes next, with probabilities, the likeliest first
    maps      what each head of each layer looked at
    trace     the ledger of the score of the likeliest next token
    """

    tokens: tuple[str, ...]
    expected: np.ndarray
    likely: tuple[tuple[str, float], ...]
    maps: tuple[AttentionMap, ...]
    trace: Trace = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "tokens": list(self.tokens),
            "expected": [None if np.isnan(p) else p for p in self.expected.tolist()],
            "likely": [[token, p] for token, p in self.likely],
            "attention": [each.to_json() for each in self.maps],
            "ledger": self.trace.to_json(),
        }

    def html(self) -> str:
        """Return the explanation as one page that needs nothing else."""
        from cutaway.explain.html import text_page

        return text_page(self)

    def _repr_html_(self) -> str:
        from cutaway.explain.html import notebook

        return notebook(self.html())

    def __str__(self) -> str:
        from cutaway.explain.ledger import table

        lines = ["What may come next: " + ", ".join(f"{quoted(t)} {100 * p:.1f} %" for t, p in self.likely), ""]
        rows = []
        for each in self.maps:
            most = ", ".join(f"{quoted(self.tokens[place])} ({place + 1}) {shown(w, 2)}" for place, w in each.most())
            rows.append([each.layer, str(each.head + 1), most])
        if rows:
            lines += ["Where each head looked most from the last token, and with which weight:", ""]
            lines += [*table(["layer", "head", "token (place) weight"], rows), ""]
        lines += ["How likely each token was, given those before it:", ""]
        told = [
            [str(place + 1), quoted(token), "" if np.isnan(p) else f"{100 * p:.1f} %"]
            for place, (token, p) in enumerate(zip(self.tokens, self.expected.tolist(), strict=True))
        ]
        lines += table(["place", "token", "probability"], told)
        return "\n".join(line.rstrip() for line in lines)


def quoted(token: str) -> str:
    r"""Return a token so that blanks and ends of lines are seen.

    >>> quoted("\n"), quoted(" the")
    ("'\\n'", "' the'")
    """
    return repr(token)


def text_explained(network: Layer, tokens: Sequence[int] | np.ndarray, vocabulary: Sequence[str]) -> TextExplanation:
    """Return what a network makes of tokens (time); `vocabulary` has the text of each number.

    >>> import cutaway as ca
    >>> words = ca.Embedding(3, 4)
    >>> net = ca.Sequential(words, ca.MultiHeadAttention(2, causal=True), ca.Unembedding(words))
    >>> found = text_explained(net, [0, 1, 1], "abc")
    >>> len(found.maps), found.tokens, bool(np.isclose(found.expected[1], found.expected[1]))
    (2, ('a', 'b', 'b'), True)
    """
    numbers = np.asarray(tokens, np.int32)[None]
    found = trace(network, numbers)
    chances = probabilities(found.output[0], -1)
    expected = np.concatenate([[np.nan], np.take_along_axis(chances[:-1], numbers[0, 1:, None], -1)[:, 0]])
    ranked = np.argsort(-chances[-1], kind="stable")[:MOST_LIKELY]
    words = tuple(vocabulary[number] for number in numbers[0].tolist())
    return TextExplanation(
        words,
        expected,
        tuple((vocabulary[place], float(chances[-1, place])) for place in ranked.tolist()),
        tuple(attention_maps(found, words)),
        found,
    )
