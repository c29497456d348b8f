"""How well a network expects a text, beside what counting alone makes of it."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutaway import ops
from cutaway.backends import Array, backend_named, namespace
from cutaway.backends.random import generator
from cutaway.data.strict_json import fields
from cutaway.data.text_windows import TextWindows, Tokens1D
from cutaway.errors import InputError
from cutaway.layers import Context, Layer
from cutaway.runs.ngram import NGram

DRAWS = 1000  # of the bootstrap
FEWEST_BLOCKS = 20  # that are redrawn; the spread of fewer says nothing
SHORTEST = 16  # tokens of a block, below which neighbouring blocks are too alike to stand for chance
TIMED = 8  # times as many passes where time is short, so that the clock is looked at between them
NUMBERS = 1 << 24  # scores that one pass computes at most
MOST = 500_000  # tokens of a part that are scored; more would change no digit that is shown


@dataclass(frozen=True)
class TextScores:
    """How surprised the network was by each token of a part of the text, on average: the lower, the better.

    loss         nats a token
    interval     where the loss on ever more such text would be, with 95 % confidence; of fewer than 320 tokens
                 (20 blocks of 16) it decides nothing
    frequency    the loss of who knows only how often each token comes
    ngram        the loss of who has counted what comes after the few tokens before, see `NGram`
    order        n of that
    tokens, characters   of the part
    """

    loss: float
    interval: tuple[float, float]
    frequency: float
    ngram: float
    order: int
    tokens: int
    characters: int

    def bits(self, nats: float) -> float:
        """Return bits a character for nats a token of this part."""
        return nats * self.tokens / (self.characters * log(2))

    @property
    def decides(self) -> bool:
        """Whether there is enough text for an interval that means something."""
        return self.tokens >= FEWEST_BLOCKS * SHORTEST

    @property
    def better(self) -> bool:
        """Whether the network beats counting by more than chance."""
        return self.decides and self.interval[1] < min(self.frequency, self.ngram)

    def to_json(self) -> dict[str, Any]:
        """Return the scores as JSON data, with the bits a character."""
        return {**asdict(self), "interval": list(self.interval), "bits_per_character": self.bits(self.loss)}

    @classmethod
    def from_json(cls, described: object, what: str) -> TextScores | None:
        """Return scores from their description, None where they are null; `InputError` names `what` is wrong."""
        if described is None:
            return None
        told = fields(
            described, what, loss=float, interval=list, frequency=float, ngram=float, order=int, tokens=int,
            characters=int, bits_per_character=float,
        )  # fmt: skip
        del told["bits_per_character"]
        ends = told["interval"]
        if len(ends) != 2 or not all(isinstance(end, (int, float)) for end in ends):
            raise InputError(f"{what}: the interval is {ends!r}; expected two numbers")
        if told["tokens"] < 1 or told["characters"] < 1:
            raise InputError(f"{what}: is of no text")
        return cls(**{**told, "interval": (float(ends[0]), float(ends[1]))})


def score_text(
    network: Layer,
    windows: TextWindows,
    tokens: Tokens1D,
    characters: int,
    learned: Tokens1D,
    counted: NGram,
    *,
    engine: str = "numpy",
    seed: int = 0,
    until: float | None = None,
) -> TextScores:
    """Score a network on a part of a text, beside counting.

    tokens, characters   of the part, which comes after `learned`
    counted              of the text learned from
    seed                 of the bootstrap, which draws windows of neighbouring tokens

    until                see `token_losses`

    Of more than 500,000 tokens the first are scored.
    """
    losses = token_losses(network, windows, tokens[:MOST], int(learned[-1]), engine, until)
    characters, tokens = max(1, round(characters * len(losses) / len(tokens))), tokens[: len(losses)]
    return TextScores(
        loss=float(losses.mean()),
        interval=bootstrapped(losses, windows.context, seed),
        frequency=float(counted.losses(tokens, learned, order=1).mean()),
        ngram=float(counted.losses(tokens, learned).mean()),
        order=counted.order,
        tokens=len(tokens),
        characters=characters,
    )


def token_losses(
    network: Layer,
    windows: TextWindows,
    tokens: Tokens1D,
    before: int,
    engine: str = "numpy",
    until: float | None = None,
) -> NDArray[np.float64]:
    """Return the surprise of each token, −ln p, in nats, given at least half a context before it.

    before   the token that comes before the first
    until    when to stop, by `time.perf_counter()`: the losses of the first tokens alone, of one pass at least
    """
    backend = backend_named(engine)

    def surprises(params: dict[str, Array], x: Array, y: Array) -> Array:
        scores = ops.log_softmax(network.bind(params, network.state())(x, ctx=Context()))
        xp = namespace(scores)
        return -xp.take_along_axis(scores, xp.expand_dims(y, axis=-1), axis=-1)[..., 0]

    compiled = backend.compile(surprises, ())
    params = {path: backend.asarray(array) for path, array in network.parameters().items()}
    count = windows.half_over_each_other_count(len(tokens))
    numbers = NUMBERS if until is None else NUMBERS // TIMED
    size = max(1, min(count, numbers // (windows.context * max(windows.outputs, 1024))))
    result = np.empty(len(tokens))
    reached = 0
    for end in range(size, count + size, size):
        # The last tile ends with the last window, so that all are of one shape and there is one program.
        end = min(end, count)
        x, y, counts, places = windows.half_over_each_other(tokens, before, end - size, end)
        with np.errstate(all="ignore"):
            found = backend.to_numpy(compiled(params, backend.asarray(x), backend.asarray(y)))
        result[places[counts]] = found[counts]
        reached = int(places[counts].max()) + 1
        if until is not None and time.perf_counter() > until:
            break
    return result[:reached]


def bootstrapped(losses: NDArray[np.float64], length: int, seed: int) -> tuple[float, float]:
    """Return the 95 % interval of the mean, by redrawing blocks of `length` neighbours, which are alike.

    Blocks are shorter where there would be fewer than 20, down to one token each. Neighbours are then less alike within
    a block than in the text, and the interval is a little too narrow.

    Reference: Künsch, "The jackknife and the bootstrap for general stationary observations", Annals of Statistics
    17, 1989.
    """
    length = max(1, min(length, len(losses) // FEWEST_BLOCKS))
    blocks = [losses[begin : begin + length] for begin in range(0, len(losses), length)]
    sums, sizes = np.array([block.sum() for block in blocks]), np.array([len(block) for block in blocks])
    random = generator(seed, "bootstrap")
    means = np.empty(DRAWS)
    for draw in range(DRAWS):
        chosen = random.integers(0, len(blocks), len(blocks))
        means[draw] = sums[chosen].sum() / sizes[chosen].sum()
    low, high = np.quantile(means, [0.025, 0.975])
    middle = float(losses.mean())
    return min(float(low), middle), max(float(high), middle)
