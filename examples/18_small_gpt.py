"""A small GPT learns to write Python's documentation, character by character, from the layers up.

    tokens → embedding → blocks of attention and a feed-forward layer → a score for each character that may come next

All places of a window learn at once: each is asked for the character after it, and may look at none that is later.
Counting which character follows which is what a network must beat, since that needs none.

Reference: Radford et al., "Language models are unsupervised multitask learners", 2019.
Run it:  python examples/18_small_gpt.py
"""

from math import log
from pydoc_data.topics import topics

import numpy as np

import cutaway as ca

WIDTH, CONTEXT, LAYERS = 48, 32, 2
text = "\n".join(topics[name] for name in sorted(topics))[:60_000]
letters = sorted(set(text))
tokens = np.array([letters.index(letter) for letter in text])
cut = int(0.9 * len(tokens)) // CONTEXT * CONTEXT
learned, unseen = tokens[:cut], tokens[cut:]


def windows(part):
    """Return windows side by side, and for each the characters that come next."""
    count = (len(part) - 1) // CONTEXT * CONTEXT
    return part[:count].reshape(-1, CONTEXT), part[1 : count + 1].reshape(-1, CONTEXT)


words = ca.Embedding(len(letters), WIDTH, initializer=ca.Normal(0.5))
block = [
    ca.TransformerBlock(4, rotary=True, norm="rms", bias=False, initializer=ca.Normal(0.08)) for _ in range(LAYERS)
]
net = ca.Sequential(words, *block, ca.RMSNorm(), ca.Dense(len(letters), bias=False, initializer=ca.Normal(0.08)))


def write(start, length, seed=0):
    """Return what the network goes on with; earlier places are kept, not computed again."""
    random, cache, found = np.random.default_rng(seed), ca.Cache(CONTEXT), list(start)
    new = found[-CONTEXT // 2 :]
    for _ in range(length):
        if cache.position + len(new) > CONTEXT:
            cache, new = ca.Cache(CONTEXT), found[-CONTEXT // 2 :]
        scores = cache.feed(net, np.array([new]))[0, -1]
        new = [int(random.choice(len(letters), p=ca.ops.softmax(scores.astype(np.float64) / 0.7)))]
        found += new
    return "".join(letters[token] for token in found)


x, y = windows(learned)
x_unseen, y_unseen = windows(unseen)
pairs = np.ones((len(letters), len(letters)))
np.add.at(pairs, (learned[:-1], learned[1:]), 1)
chances = pairs / pairs.sum(axis=1, keepdims=True)
counted = float(-np.log(chances[x_unseen, y_unseen]).mean())

print(f"{len(text):,} characters, {len(letters)} different; a die would say {log(len(letters)):.2f} nats a character")
print(f"counting which follows which: {counted:.2f} nats on text that was not counted\n")
rate = ca.WarmUp.before(ca.Cosine(0.006), 0.1)
losses = []
for epochs in (1, 4):
    run = ca.fit(
        net, x, y, loss="cross_entropy", optimizer=ca.AdamW(rate, betas=(0.9, 0.98), clip_norm=1.0),
        epochs=epochs, batch_size=16, engine="numpy", observe=False,
    )  # fmt: skip
    losses.append(float(ca.CrossEntropy()(net(x_unseen), y_unseen)))
    print(f"after {run.history[-1].step} more steps, {losses[-1]:.2f} nats on text it did not learn from; it writes")
    print("   ", " ".join(write([letters.index(letter) for letter in "The "], 160).split()), "\n")

weights = run.network[1].attention.weight.shape
print(f"Queries, keys and values are one product, {weights[0]} × {weights[1]}; no place looks at later ones:")
changed = x_unseen[:1].copy()
changed[0, -1] = (changed[0, -1] + 1) % len(letters)
print("changing the last character changes only the last scores:", (net(changed) != net(x_unseen[:1])).any(-1)[0].sum())
assert losses[1] < losses[0] and losses[1] < counted - 0.1
assert np.allclose(net(changed)[0, :-1], net(x_unseen[:1])[0, :-1], atol=1e-5)
