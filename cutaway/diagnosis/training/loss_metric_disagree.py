"""A loss that falls while the answers become worse."""

from __future__ import annotations

import math

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(explains=("late_plateau", "underfit", "overfit", "class_forgotten", "collapsed_output"))
def loss_metric_disagree(evidence: Evidence) -> Finding | None:
    """Find a training whose loss on the probe rows fell by a fifth and more while its score on them fell too.

    Only of a network that had learned something: a score near chance goes up and down by luck, and so it does while the
    loss is not yet below that of knowing nothing.
    """
    vitals = [each for each in evidence.network_vitals if math.isfinite(each.settled)]
    if len(vitals) < 2:
        return None
    losses, scores = [each.settled for each in vitals], [each.score for each in vitals]
    best = max(range(len(scores)), key=scores.__getitem__)
    fallen = losses[best] - losses[-1]
    drop = scores[best] - scores[-1]
    if fallen < at.DISAGREE * abs(losses[best]) or drop < max(3 * evidence.references.error, at.DROP):
        return None
    known, nothing = evidence.references, evidence.output.expected
    if scores[best] < known.chance + 3 * known.error or losses[-1] > at.NO_BETTER_LOSS * nothing > 0:
        return None
    measure = "R²" if evidence.targets.task == "numbers" else "accuracy"
    suits = evidence.loss.takes == ("numbers" if evidence.targets.task == "numbers" else "logits")
    return Finding(
        check="loss_metric_disagree",
        sentence=f"the loss fell from {losses[best]:.3g} to {losses[-1]:.3g} and {measure} with it, from "
        f"{scores[best]:.3f} to {scores[-1]:.3f}: the loss asks for something else",
        quantity=f"fall of {measure} while the loss fell",
        measured=drop,
        normal=(None, max(3 * evidence.references.error, at.DROP)),
        step=vitals[best].step,
        fix=Fix(
            "" if suits else "paired_head",
            "train with a loss that suits the task, and on rows weighed as they are judged",
        ),
        confidence=0.7,
    )
