"""How many labels are wrong at random: whoever is sure of a row then errs as often as one who is not."""

from __future__ import annotations

import numpy as np

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.answers import chosen, score
from cutaway.diagnosis.kernel_ridge import KernelRidge
from cutaway.diagnosis.reached import Mislabelled
from cutaway.diagnosis.simple_methods import Basis, standardised
from cutaway.training.step import Batch
from cutaway.training.watching import spaced

# Sharpnesses and shares of labels drawn anew that are tried, and what a label's probability is at least.
SHARPNESSES, SHARES, LEAST = np.geomspace(0.5, 100, 24), np.linspace(0, 0.9, 46), 1e-4

# Rows that are asked, at most: it takes 0.1 s of 640, and goes by the cube.
ROWS = 640


def labels_of(rows: Batch, held_out: Batch | None) -> Mislabelled | None:
    """Return how many labels of classes look wrong at random, of rows learned from and of those held out together.

    None where inputs are not finite.
    """
    parts = [rows] if held_out is None else [rows, held_out]
    share = min(1.0, ROWS / sum(len(part.x) for part in parts))
    some = [spaced(part, max(1, int(share * len(part.x)))) for part in parts]
    x, y = (np.concatenate([np.asarray(getattr(part, name)) for part in some]) for name in ("x", "y"))
    y = y.reshape(len(y), -1)
    labels = y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0]
    return mislabelled(x, (labels[:, None] == np.unique(labels)).astype(np.float64)) if np.isfinite(x).all() else None


def mislabelled(x: np.ndarray, wanted: np.ndarray) -> Mislabelled:
    """Return how many labels look wrong at random, by what the better of two simple methods answers rows left out.

        p(c | row) = (1 − r) softmax(β z)_c + r / k,   share = r (k − 1) / k

    z        answers of least squares or of a kernel ridge to each row, learned from all the others, (rows, classes);
             ridges are chosen by squared error, which leaves no answer wild
    wanted   1 for the class of the row, else 0, (rows, classes)

    Where classes overlap, sure answers are right and close ones are not, however little there is to know: then r is 0.
    Of labels that are wrong by accident a share is wrong everywhere.

    Reference: Copas, "Binary regression models for contaminated data", Journal of the Royal Statistical Society B 50,
    1988, has it of two classes.

    >>> random = np.random.default_rng(0)
    >>> x = random.normal(0, 1, (600, 2))
    >>> right = np.digitize(x[:, 0], (-0.4, 0.4))
    >>> wrong = np.where(random.random(600) < 0.3, (right + random.integers(1, 3, 600)) % 3, right)
    >>> for labels in (right, wrong):
    ...     found = mislabelled(x, np.eye(3)[labels])
    ...     print(f"{found.share:.2f} {found.beyond:.0f}")
    0.00 0
    0.31 19
    """
    features = standardised(x, x)
    answers = [chosen(Basis.of_features(features), wanted, "numbers")[1]]
    bent = KernelRidge(features, wanted, "numbers", len(features))
    if bent.sees:
        answers.append(bent.left_out[0])
    best = max(answers, key=lambda each: score(each, wanted, "numbers"))
    rows, classes = wanted.shape
    labels = wanted.argmax(axis=1)
    likely = np.empty((len(SHARPNESSES), len(SHARES)))
    for place, sharpness in enumerate(SHARPNESSES):
        raised = np.exp(sharpness * (best - best.max(axis=1, keepdims=True)))
        told = raised[np.arange(rows), labels] / raised.sum(axis=1)
        chances = (1 - SHARES) * told[:, None] + SHARES / classes
        likely[place] = np.log(np.maximum(chances, LEAST)).sum(axis=0)
    of_shares, wrong = likely.max(axis=0), SHARES * (classes - 1) / classes
    most = int(of_shares.argmax())
    beyond = 2 * float(of_shares[most] - of_shares[wrong <= at.FEW_WRONG].max())
    return Mislabelled(float(wrong[most]), beyond)
