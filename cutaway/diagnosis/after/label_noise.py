"""Labels that are wrong here and there: rows amid one class that carry the name of another."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix

# Rows that are named.
NAMED = 5


@check(explains=("overfit", "class_forgotten", "batch_noise"))
def label_noise(evidence: Evidence) -> Finding | None:
    """Find labels that are wrong at random, by how sure simple methods are of rows that are labelled otherwise.

    Where so many are likelier than few of them, that is so whether or not anything is seen to be hurt: labels that are
    wrong keep simple methods from knowing better, too. Else classes are asked for that a clear vote of the neighbours
    contradicts about as often as a close one.

    Where classes overlap a little, clear votes are right and close ones are not; labels that are wrong by accident are
    so everywhere. Where classes overlap almost wholly the two look alike, so that this is the cause of harm only where
    the network has learned its rows by heart, which then are wrong.

    Reference: Copas, "Binary regression models for contaminated data", Journal of the Royal Statistical Society B 50,
    1988; Northcutt, Jiang, Chuang, "Confident learning", Journal of Artificial Intelligence Research 70, 2021.
    """
    known, outcome, labels = evidence.references, evidence.outcome, evidence.mislabelled
    rows = ", ".join(map(str, known.suspects[:NAMED]))
    fix = Fix("", "review these rows first; label_smoothing and early stopping limit what is learned by heart")
    if labels is not None and labels.beyond >= at.LIKELIER:
        return Finding(
            check="label_noise",
            sentence=f"about {labels.share:.0%} of the labels look wrong: rows that are clearly of one class are "
            f"labelled as another about as often as rows between the classes, such as training rows {rows}",
            quantity="likeliest share of labels that are wrong at random",
            measured=labels.share,
            normal=(0.0, at.FEW_WRONG),
            fix=fix,
            confidence=at.CERTAIN,
        )
    gain = known.best - known.chance
    if outcome is None or not known.suspects or gain < at.NOISE_GAIN * (1 - known.chance):
        return None
    # A class that fills most of a neighbourhood by its mere number makes clear votes that say nothing.
    if known.chance > 1 - 2 * at.NOISE or known.unrelated > at.UNRELATED:
        return None
    if known.clear < at.NOISE or known.clear < at.NOISE_RATIO * known.unclear:
        return None
    fitted = max([outcome.score, *(look.score for look in evidence.network_vitals)])
    by_heart = fitted - known.best > (1 - known.best) / 2
    return Finding(
        check="label_noise",
        sentence=f"about {known.clear:.0%} of the labels look wrong, or the inputs do not tell the classes apart: so "
        f"many of the rows that lie amid one class are labelled as another, such as training rows {rows}",
        quantity="share of rows that a clear vote of their neighbours contradicts",
        measured=known.clear,
        normal=(0.0, at.NOISE),
        fix=fix,
        confidence=0.75 if by_heart else 0.3,
    )
