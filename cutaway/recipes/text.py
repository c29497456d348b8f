"""The recipe for texts: a GPT whose size, steps and dropout follow from how much text there is."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

from cutaway.errors import InputError, whole
from cutaway.layers import Dense, Dropout, Embedding, Layer, Normal, RMSNorm, Sequential, TransformerBlock, Unembedding
from cutaway.losses import CrossEntropy
from cutaway.optimizers import AdamW
from cutaway.recipes.recipe import Recipe
from cutaway.recipes.table import check_effort
from cutaway.schedules import Cosine, WarmUp

# The first weights have a standard deviation of GAIN / √width. GPT-2's, 0.02, is 0.55 / √768; taken as it is for a
# width of 128 it is too small to learn fast: 2,000 steps on Shakespeare ended at 1.73 nats a character, here at 1.68.
GAIN, WORDS_STD = 0.7, 0.5
BETAS, WEIGHT_DECAY, CLIP_NORM, WARM_UP = (0.9, 0.99), 0.3, 1.0, 0.05
CONTEXTS = (8, 4096)  # tokens: the fewest and the most
# Beyond so many tokens, the vectors that words come in as also score them: else half of all weights would be in those.
TIED = 1024


@dataclass(frozen=True)
class Size:
    """A size of network and of training: up to so many tokens to learn from, for an effort.

    tokens    of the text, up to which this size is for
    layers, heads, width   of the network
    context   tokens that it sees
    batch, steps   windows a step, and steps in all
    dropout   the share silenced while training
    rate      the highest learning rate
    """

    tokens: float
    layers: int
    heads: int
    width: int
    context: int
    batch: int
    steps: int
    dropout: float
    rate: float


# Measured on two cores: the quick ones take about a minute at most, the others as many minutes as they are large.
SIZES: dict[str, tuple[Size, ...]] = {
    "quick": (
        Size(30_000, 2, 2, 64, 64, 12, 1_000, 0.1, 4e-3),
        Size(200_000, 3, 4, 96, 64, 12, 1_500, 0.05, 4e-3),
        Size(float("inf"), 4, 4, 128, 64, 12, 2_000, 0.0, 4e-3),
    ),
    "standard": (
        Size(30_000, 2, 2, 64, 64, 12, 1_500, 0.15, 4e-3),
        Size(200_000, 4, 4, 96, 96, 16, 2_000, 0.15, 4e-3),
        Size(float("inf"), 4, 6, 192, 128, 16, 2_400, 0.1, 4e-3),
    ),
    "best": (
        Size(30_000, 3, 4, 96, 128, 16, 4_000, 0.3, 3e-3),
        Size(200_000, 4, 4, 128, 128, 32, 5_000, 0.3, 3e-3),
        Size(float("inf"), 6, 6, 384, 256, 32, 5_000, 0.2, 1e-3),
    ),
}


@dataclass(frozen=True)
class TextRecipe(Recipe):
    """A recipe, with the size it is for; an epoch has `steps` steps, after which the text that is watched is read."""

    size: Size
    steps: int
    context: int


def text_recipe(
    tokens: int, vocabulary: int, *, effort: str = "standard", context: int | None = None, passes: float | None = None
) -> TextRecipe:
    """Return the recipe for so many tokens to learn from.

    tokens      how many the text to learn from has
    vocabulary  how many different ones there are
    effort      "quick": 4 layers of width 128 and a context of 64 at most, 2,000 steps; "standard": larger and longer;
                "best": larger still, for hours of one processor or minutes of an accelerator
    context     tokens that the network sees at once (None: by the effort and the length of the text)
    passes      how often as many tokens as there are are seen (None: as many as the steps of that size come to)

    The network is a GPT: pre-norm blocks with rotary positions, RMS norm, ReLU and no biases; first weights with a
    standard deviation of 0.7 / √width, divided by √(2 layers) in the products which add to the stream. AdamW with
    weight decay 0.3 on matrices, the gradient clipped to length 1, the rate rising over the first 5 % of steps and
    then falling as a cosine. The less text there is for the weights, the more dropout.

    Raises `InputError` for an unknown effort, and a context that is out of range or longer than the text allows.

    Reference: Radford et al., "Language models are unsupervised multitask learners", 2019; Su et al., "RoFormer",
    2021, arXiv 2104.09864; Zhang, Sennrich, NeurIPS 2019, arXiv 1910.07467.

    >>> recipe = text_recipe(1_000_000, 65, effort="quick")
    >>> recipe.words
    '4 layers of 4 heads, width 128, context 64'
    """
    check_effort(effort)
    size = next(size for size in SIZES[effort] if tokens <= size.tokens)
    length = _context(context, size.context, tokens)
    steps = size.steps if passes is None else max(1, ceil(passes * tokens / (size.batch * length)))
    # The watched text is read ten times at most, which then costs little beside the steps.
    # An epoch has no more steps than there are windows for, at every place of the text.
    epochs = max(1, min(10, steps // 50), ceil(steps / max(1, (tokens - length) // size.batch)))
    network = gpt(vocabulary, layers=size.layers, heads=size.heads, width=size.width, dropout=size.dropout)
    optimizer = AdamW(
        WarmUp.before(Cosine(size.rate), WARM_UP),
        betas=BETAS,
        weight_decay=WEIGHT_DECAY,
        clip_norm=CLIP_NORM,
        weight_decay_factors={"*norm.weight": 0.0, f"{len(network.layers) - 2}.weight": 0.0},
    )
    words = f"{size.layers} layers of {size.heads} heads, width {size.width}, context {length}"
    if size.dropout:
        words += f", dropout {size.dropout:g}"
    return TextRecipe(
        network=network, loss=CrossEntropy(), judge=CrossEntropy(), optimizer=optimizer, epochs=epochs,
        batch_size=size.batch, words=words, size=size,
        steps=steps // epochs, context=length,
    )  # fmt: skip


def gpt(vocabulary: int, *, layers: int, heads: int, width: int, dropout: float = 0.0) -> Sequential:
    """Return a GPT on tokens: (batch, time) whole numbers to (batch, time, vocabulary) scores of the next token.

    >>> import numpy as np
    >>> network = gpt(65, layers=4, heads=4, width=128).build(np.zeros((1, 8), np.int32))
    >>> sum(array.size for array in network.parameters().values())
    804224
    """
    first = Normal(GAIN / sqrt(width))
    words = Embedding(vocabulary, width, initializer=Normal(WORDS_STD))
    blocks = [
        TransformerBlock(
            heads, causal=True, rotary=True, norm="rms", activation="relu", bias=False, dropout=dropout,
            initializer=first, output_initializer=Normal(first.std / sqrt(2 * layers)),
        )
        for _ in range(layers)
    ]  # fmt: skip
    begin: list[Layer] = [words, Dropout(dropout)] if dropout else [words]
    score = Unembedding(words) if vocabulary > TIED else Dense(vocabulary, bias=False, initializer=first)
    return Sequential(*begin, *blocks, RMSNorm(), score)


def _context(asked: int | None, usual: int, tokens: int) -> int:
    """Return how many tokens the network sees: as asked, or the usual, at most a tenth of the text."""
    least, most = CONTEXTS
    if asked is None:
        return max(least, min(usual, tokens // 10))
    length = whole("the context, in tokens,", asked, least, most)
    if length > tokens // 2:
        raise InputError(f"the context is {length} tokens, and there are {tokens:,} to learn from; expected fewer")
    return length
