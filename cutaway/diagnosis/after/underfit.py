"""A network that has learned what it can, and cannot enough: too small for the task."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.course import below_reference, hidden, score_on_known, trend
from cutaway.diagnosis.evidence import Evidence, LayerFacts
from cutaway.records import Finding, Fix


@check()
def underfit(evidence: Evidence) -> Finding | None:
    """Find a loss that stands still while even the rows learned from are answered worse than simple methods do.

    A loss that is jagged could go on, with shorter steps; unless the network is tiny, it does not count as still.
    """
    end = trend(evidence)
    score, known = score_on_known(evidence), evidence.references
    if score is None or len(evidence.history) < at.FEWEST_EPOCHS or not below_reference(evidence):
        return None
    if end.share > at.STILL_FALLING and end.sure > at.SURE:
        return None
    narrow = min((width for layer in evidence.layers if (width := _width(evidence, layer))), default=0)
    small = narrow <= at.NARROW
    if end.noise > at.JAGGED and not small:
        return None
    return Finding(
        check="underfit",
        sentence="the network has learned what it can, and that is not enough: "
        + (
            f"its narrowest hidden layer has {narrow} {'unit' if narrow == 1 else 'units'}"
            if narrow
            else "it has no hidden layer"
        ),
        quantity="score on rows that were learned from "
        f"(1 is perfect; {known.best_method} {known.best:.3f} on rows not seen)",
        measured=score,
        normal=(known.best, None),
        step=evidence.history[-1].step,
        fix=Fix("widen", "give it more units, or more layers", "ca.Dense(64), ca.ReLU()", {"factor": 4.0}),
        confidence=0.75 if small else 0.5,
    )


def _width(evidence: Evidence, layer: LayerFacts) -> int:
    """Return how many units a hidden layer with a weight matrix has, 0 of any other layer."""
    matrix = any(len(parameter.shape) > 1 for parameter in layer.parameters)
    return layer.units if matrix and hidden(evidence, layer.path) else 0
