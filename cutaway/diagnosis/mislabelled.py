"""How many labels look wrong at random: whoever is sure of a row then errs as often as one who is not."""

from __future__ import annotations

import math

import numpy as np

from cutaway.backends.threads import on_one_thread
from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.answers import chosen, score
from cutaway.diagnosis.kernel_ridge import KernelRidge
from cutaway.diagnosis.reached import Mislabelled
from cutaway.diagnosis.simple_methods import Basis, standardised
from cutaway.training.step import Batch

# Sharpnesses and shares of labels drawn anew that are tried, and what a label's probability is at least.
SHARPNESSES, SHARES, LEAST = np.geomspace(0.5, 100, 24), np.linspace(0, 0.9, 46), 1e-4
# Rows that are asked, at most: 640 take 0.1 s, twice that where groups are looked for, and time goes by the cube.
ROWS = 640
# A feature with so many values or fewer parts the rows into groups.
GROUPS = 8


def labels_of(rows: Batch, held_out: Batch | None) -> Mislabelled | None:
    """Return how many labels of classes look wrong at random, of rows learned from and of those held out together.

    Rows whose weight is 0, or that are not finite, are left out; None where a row has more labels than one.
    """
    parts = [_counted(part) for part in (rows, held_out) if part is not None]
    x, y = (np.concatenate(each) for each in zip(*parts, strict=True))
    if y.ndim > 2 or len(x) < 2:
        return None
    some = np.unique(np.linspace(0, len(x) - 1, min(len(x), ROWS)).astype(int))
    x, y = x[some], y[some].reshape(len(some), -1)
    labels = y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0]
    return mislabelled(x, (labels[:, None] == np.unique(labels)).astype(np.float64))


def _counted(part: Batch) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and targets of rows that count, spread over all, at most as many as are asked."""
    some = np.unique(np.linspace(0, len(part.x) - 1, min(len(part.x), ROWS)).astype(int))
    x, y = np.asarray(part.x[some]), np.asarray(part.y[some])
    counts = np.isfinite(x.reshape(len(x), -1)).all(axis=1)
    if part.weight is not None:
        counts &= np.asarray(part.weight[some]).reshape(len(x), -1).any(axis=1)
    return x[counts], y[counts]


@on_one_thread
def mislabelled(x: np.ndarray, wanted: np.ndarray) -> Mislabelled:
    """Return how many labels look wrong at random, by what the better of two simple methods answers rows left out.

        p(c | row) = (1 − r) softmax(β z)_c + r / k,   share = r (k − 1) / k

    z        answers of least squares or of a kernel ridge to each row, learned from all the others, (rows, classes);
             ridges are chosen by squared error, which leaves no answer wild
    wanted   1 for the class of the row, else 0, (rows, classes)

    Where classes overlap as measured quantities do, sure answers are right and close ones are not, however little there
    is to know: then r is 0. Of labels that are wrong by accident a share is wrong everywhere. So are those of groups of
    which each has its own odds, such as an outcome by sex and region, and nothing in the rows tells the two apart:
    where features of few values tell as much as all of them, no label is called wrong. Rows that repeat others count as
    one.

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
    z, rows, classes = _answers(features, wanted), *wanted.shape
    labels = wanted.argmax(axis=1)
    likely = np.empty((len(SHARPNESSES), len(SHARES)))
    for place, sharpness in enumerate(SHARPNESSES):
        raised = np.exp(sharpness * (z - z.max(axis=1, keepdims=True)))
        told = raised[np.arange(rows), labels] / raised.sum(axis=1)
        chances = (1 - SHARES) * told[:, None] + SHARES / classes
        likely[place] = np.log(np.maximum(chances, LEAST)).sum(axis=0)
    of_shares, wrong = likely.max(axis=0), SHARES * (classes - 1) / classes
    most, few = int(of_shares.argmax()), wrong <= at.FEW_WRONG + 1e-9
    alone = len(np.unique(features, axis=0)) / rows
    beyond = 2 * alone * float(of_shares[most] - of_shares[few].max())
    # Groups are looked for last: it takes as long as all the rest.
    if beyond >= at.LIKELIER and _told_by_groups(features, wanted, score(z, wanted, "classes")):
        return Mislabelled(0.0, 0.0)
    return Mislabelled(float(wrong[most]), beyond)


def _answers(features: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return what the better of least squares and a kernel ridge answers each row, by squared error."""
    answers = [chosen(Basis.of_features(features), wanted, "numbers")[1]]
    bent = KernelRidge(features, wanted, "numbers", len(features))
    if bent.sees:
        answers.append(bent.left_out[0])
    return max(answers, key=lambda each: score(each, wanted, "numbers"))


def _told_by_groups(features: np.ndarray, wanted: np.ndarray, reached: float) -> bool:
    """Return whether features of few values alone tell classes as well, up to a standard error."""
    ordered = np.sort(features, axis=0)
    few = (ordered[1:] > ordered[:-1]).sum(axis=0) < GROUPS
    if not few.any():
        return False
    error = math.sqrt(reached * (1 - reached) / len(features))
    return score(_answers(features[:, few], wanted), wanted, "classes") >= reached - error
