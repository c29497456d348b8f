"""Windows of a text: the rows that a network learns from, and those that it is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway.data.strict_json import fields
from cutaway.data.tokens import Tokens
from cutaway.errors import InputError

LONGEST = 1 << 16  # tokens that a network may see at once

Tokens1D = NDArray[np.int32]


@dataclass(frozen=True)
class TextWindows:
    r"""How a text becomes the inputs of a network: its tokens, so many at once.

    tokens    the vocabulary
    context   how many tokens the network sees

    Raises `InputError` for a context that is out of range.

    >>> windows = TextWindows(Tokens.of_characters("to be or not"), 4)
    >>> x, y = windows.sliding(windows.tokens.encode("to be"))
    >>> [windows.tokens.decode(row) for row in x], [windows.tokens.decode(row) for row in y]
    (['to b'], ['o be'])
    """

    tokens: Tokens
    context: int

    def __post_init__(self) -> None:
        if not 1 <= self.context <= LONGEST:
            raise InputError(f"text: the context is {self.context!r}; expected from 1 to {LONGEST:,} tokens")

    @property
    def outputs(self) -> int:
        """How many scores the network gives for each token that may come next."""
        return self.tokens.outputs

    @property
    def start(self) -> int:
        r"""The token after which a text begins: the end of a line, else a blank, else the first of all."""
        known = self.tokens.vocabulary
        letters = ("Ċ", "Ġ") if self.tokens.kind == "byte pairs" else ("\n", " ")
        return next((known.index(letter) for letter in letters if letter in known), 0)

    def example(self) -> np.ndarray:
        """Return one row of inputs, (1, context), of the largest number."""
        return np.repeat(self.tokens.example(), self.context, axis=1)

    def sliding(self, tokens: Tokens1D) -> tuple[np.ndarray, np.ndarray]:
        """Return the windows at every place, and for each the tokens that come next: views, nothing is copied."""
        windows = np.lib.stride_tricks.sliding_window_view(tokens, self.context)
        return windows[:-1], windows[1:]

    def side_by_side(self, tokens: Tokens1D, before: int) -> tuple[np.ndarray, np.ndarray]:
        """Return windows side by side whose next tokens are `tokens`, each once, but for a rest at the end.

        before   the token that comes before them
        """
        count = len(tokens) // self.context
        x = np.concatenate([np.array([before], np.int32), tokens])[: count * self.context]
        shape = (count, self.context)
        return x.reshape(shape), tokens[: count * self.context].reshape(shape)

    @property
    def _step(self) -> int:
        return max(1, self.context // 2)

    def half_over_each_other_count(self, tokens: int) -> int:
        """Return how many windows `half_over_each_other` makes of so many tokens."""
        return max(0, -(-(tokens - self.context) // self._step)) + 1

    def half_over_each_other(
        self, tokens: Tokens1D, before: int, begin: int = 0, end: int | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return windows in steps of half a context whose next tokens are `tokens`, which count, and their places.

        before       the token that comes before them
        begin, end   the windows begin … end − 1 of them (None: all), so that of a long text not all are in memory

        x, y and counts are (windows, context); places, (windows, context) too, say where in `tokens` each of y stands.
        Every token counts once, in the window in which more of the text comes before it: at least half a context,
        where there is so much. The last window is filled up with tokens that do not count.
        """
        end = self.half_over_each_other_count(len(tokens)) if end is None else end
        starts = np.arange(begin, end)[:, None] * self._step
        places = starts + np.arange(self.context)
        counts = (places < len(tokens)) & ((np.arange(self.context) >= self.context - self._step) | (starts == 0))
        places = np.minimum(places, len(tokens) - 1)
        x = np.where(places > 0, tokens[np.maximum(places - 1, 0)], np.int32(before))
        return x, tokens[places], counts, places

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {"tokens": self.tokens.to_json(), "context": self.context}

    @classmethod
    def from_json(cls, data: object) -> TextWindows:
        """Return what `to_json` described; raises `InputError` for anything else."""
        told = fields(data, "text", tokens=dict, context=int)
        return cls(Tokens.from_json(told["tokens"]), told["context"])
