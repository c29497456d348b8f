"""A run on a text: knows how surprising another text is, writes on, and remembers how it was made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutaway.data.strict_json import some_fields
from cutaway.data.text import Text, as_text
from cutaway.data.text_windows import TextWindows
from cutaway.data.tokens import Tokens
from cutaway.errors import InputError
from cutaway.layers import Layer
from cutaway.runs.generation import generated
from cutaway.runs.run import Run
from cutaway.runs.text_scores import TextScores, token_losses
from cutaway.storage.network_file import NetworkFile
from cutaway.storage.run_folder import SAMPLE


class Line(NamedTuple):
    """How surprising one line of a text was.

    number      of the line, from 1
    characters  how many it has that the run knows, its end included
    loss        nats a character; NaN where there are none
    """

    number: int
    characters: int
    loss: float


_NOTHING = "loss: the text holds no character that the run knows; expected some text"


@dataclass(kw_only=True, repr=False)
class TextRun(Run):
    """What `train` returns for a text, and `load` gives back.

    preprocessing  the vocabulary, and how many tokens the network sees at once
    estimate       on the text by which the best weights were chosen
    scores         on text that no step of the training saw; None where none was set aside
    learned        the loss in nats a token on text that was learned from, to compare with; None where not measured
    sample         some text that the run wrote when it was done
    notes          what was done to read the text
    data           where the text came from, how long it is, and its fingerprint
    settings       how it was trained
    """

    preprocessing: TextWindows
    estimate: TextScores | None = None
    scores: TextScores | None = None
    learned: float | None = None
    sample: str = ""
    notes: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def tokens(self) -> Tokens:
        """The vocabulary."""
        return self.preprocessing.tokens

    @property
    def context(self) -> int:
        """How many tokens the network sees at once."""
        return self.preprocessing.context

    # ---- judging ----------------------------------------------------------------------------------------------

    def loss(self, text: str) -> float:
        """Return how surprised the network is by a text, in nats a token; a text begins as after the end of a line.

        Each token is judged given at least half a context before it, where there is so much. A character that training
        did not have is the unknown token, which surprises; see `strangers`. Raises `InputError` for an empty text.
        """
        return float(self.losses(text).mean())

    def losses(self, text: str) -> NDArray[np.float64]:
        """Return the surprise of each token of a text, in nats; see `loss`."""
        tokens = self.tokens.encode(_checked(text))
        if not len(tokens):
            raise InputError(_NOTHING)
        return token_losses(self._layer, self.preprocessing, tokens, self.preprocessing.start)

    def lines(self, text: str) -> list[Line]:
        """Return how surprising each line of a text was, given those before it; see `loss`."""
        pieces = _checked(text).removesuffix("\n").split("\n")
        pieces = [f"{piece}\n" for piece in pieces[:-1]] + pieces[-1:]
        if text.endswith("\n"):
            pieces[-1] += "\n"
        encoded = [self.tokens.encode(piece) for piece in pieces]
        known = [
            len(piece) - (0 if self.tokens.unknown else sum(self.tokens.strangers(piece).values())) for piece in pieces
        ]
        whole = np.concatenate(encoded)
        if not len(whole):
            raise InputError(_NOTHING)
        losses = token_losses(self._layer, self.preprocessing, whole, self.preprocessing.start)
        ends = np.cumsum([len(tokens) for tokens in encoded])
        return [
            Line(number, count, float(part.sum()) / count if count else float("nan"))
            for number, (count, part) in enumerate(zip(known, np.split(losses, ends[:-1]), strict=True), 1)
        ]

    def predict(self, x: str | os.PathLike[str] | Text) -> np.ndarray:  # type: ignore[override]
        """Return how surprising each line of a text is, in nats a character: the losses that `lines` tells.

        x   the path of a file of text, or a `Text`; what is no path but the text itself goes to `lines` or `loss`

        Raises `InputError` for anything else.
        """
        if not isinstance(x, (str, os.PathLike, Text)):
            raise InputError(
                f"predict: of a run on a text, expected the path of another text, or a Text; got {type(x).__name__}; "
                "`loss` and `lines` take a str, and `generate` writes on"
            )
        return np.array([line.loss for line in self.lines(as_text(x).content)])

    def strangers(self, text: str) -> dict[str, int]:
        """Return the characters of a text that training did not have, and how often each is there."""
        return self.tokens.strangers(_checked(text))

    # ---- writing ----------------------------------------------------------------------------------------------

    def generate(
        self, prompt: str = "", length: int = 500, temperature: float = 0.8, top_k: int | None = None, seed: int = 0
    ) -> str:
        """Return the text with which the network goes on from a prompt, `length` tokens of it.

        temperature  0 takes the likeliest token each time, 1 draws as the network expects, less is more careful
        top_k        draw from so many of the likeliest alone (None: from all)
        seed         the same seed gives the same text

        Characters of the prompt that the run does not know are left out. Raises `InputError` for settings out of range.
        """
        return "".join(self.stream(prompt, length, temperature, top_k, seed))

    def stream(
        self, prompt: str = "", length: int = 500, temperature: float = 0.8, top_k: int | None = None, seed: int = 0
    ) -> Iterator[str]:
        """Yield what `generate` returns, piece by piece as it is written."""
        return written(
            self._layer, self.preprocessing, _checked(prompt),
            length=length, temperature=temperature, top_k=top_k, seed=seed,
        )  # fmt: skip

    @property
    def _layer(self) -> Layer:
        assert isinstance(self.network, Layer)
        return self.network

    # ---- telling ----------------------------------------------------------------------------------------------

    @classmethod
    def restored(cls, held: NetworkFile, facts: dict[str, Any] | None, **common: Any) -> TextRun:
        """Return the run that a network's file and `run.json` describe; a file alone says no facts."""
        told: dict[str, Any] = {}
        if facts is not None:
            told = some_fields(facts, "run", notes=list, settings=dict, data=dict, sample=str)
            if not all(isinstance(note, str) for note in told["notes"]):
                raise InputError("notes: expected a list of texts")
            told["estimate"] = TextScores.from_json(facts.get("estimate"), "estimate")
            told["scores"] = TextScores.from_json(facts.get("scores"), "scores")
            if facts.get("learned") is not None:
                told |= some_fields(facts, "run", learned=float)
        return cls(**common, preprocessing=held.preprocessing, **told)

    def summary(self) -> dict[str, Any]:
        """Return what was done and how well it went, as plain data; it becomes `run.json`."""
        best = self.best
        return {
            "kind": "text",
            "data": self.data,
            "tokens": self.tokens.kind,
            "vocabulary": self.tokens.outputs,
            "context": self.context,
            "notes": self.notes,
            "settings": self.settings,
            "network": str(self.network),
            "weights": sum(array.size for array in self._layer.parameters().values()),
            "engine": self.engine,
            "engine_reason": self.reason,
            "steps": self.history[-1].step if self.history else 0,
            "best_step": best.step if best else 0,
            "watched": None if best is None else best.validation,
            "seconds": round(self.seconds, 3),
            "interrupted": self.interrupted,
            "learned": self.learned,
            "estimate": None if self.estimate is None else self.estimate.to_json(),
            "scores": None if self.scores is None else self.scores.to_json(),
            "sample": self.sample,
        }

    def save(self, folder: str | Path) -> Path:
        """Write the run to a folder, which appears complete or not at all, and return it; see `Run.save`."""
        also = {SAMPLE: f"{self.sample}\n".encode()} if self.sample else {}
        return self._save(Path(folder), preprocessing=self.preprocessing, also=also)

    def __repr__(self) -> str:
        scores = self.scores or self.estimate
        if scores is None:
            return f"TextRun({self.tokens.outputs} {self.tokens.kind}, not scored)"
        return f"TextRun({self.tokens.outputs} {self.tokens.kind}, {scores.bits(scores.loss):.3f} bits a character)"


def written(
    network: Layer,
    windows: TextWindows,
    prompt: str,
    *,
    length: int,
    temperature: float,
    top_k: int | None,
    seed: int,
) -> Iterator[str]:
    """Yield the text with which a network goes on from a prompt; from nothing, it begins as after the end of a line."""
    tokens = windows.tokens
    never = tokens.outputs - 1 if tokens.unknown else None
    start = [number for number in tokens.encode(prompt).tolist() if number != never] or [windows.start]
    numbers = generated(
        network, start, length=length, context=windows.context, temperature=temperature, top_k=top_k, seed=seed,
        never=never,
    )  # fmt: skip
    return tokens.stream(numbers)


def _checked(text: Any) -> str:
    if not isinstance(text, str):
        raise InputError(f"a text was expected, got {type(text).__name__}; give a str, as read_text(path).content is")
    return text.replace("\r\n", "\n").replace("\r", "\n")
