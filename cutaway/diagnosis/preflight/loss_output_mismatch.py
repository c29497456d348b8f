"""A head and a loss that do not belong together: the loss asks for answers that the head cannot give."""

from __future__ import annotations

import math

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.diagnosis.head import NOTHING_LEARNED, RANGES, head_of, paired
from cutaway.records import Finding

Normal = tuple[float | None, float | None]


@check(certain=True, explains=("logits_as_probabilities", *NOTHING_LEARNED))
def loss_output_mismatch(evidence: Evidence) -> Finding | None:
    """Find pairs of head and loss that cannot come to the right answer.

    | loss | head | why |
    |---|---|---|
    | cross-entropy of scores | sigmoid, tanh, ReLU, softplus, step | held in a range, no answer can be sure |
    | cross-entropy of probabilities | sigmoids | each may be 1: no class pays for another |
    | binary cross-entropy of scores | tanh, ReLU, softplus, step | as above; without scores below 0 none can be no |
    | any with several labels a row | softmax | its outputs sum to 1, two labels at once cannot be said |
    | hinge | sigmoid, softmax, ReLU, softplus, step | there is no score below 0, which is what says no |
    | squared error of yes or no, or of classes | ReLU, step | an output at 0 has no slope to come back |

    Squared error with a linear, sigmoid or softmax head can learn classes; see `squared_error_of_classes`.
    """
    found = _violated(evidence)
    if found is None:
        return None
    sentence, quantity, measured, normal = found
    head = head_of(evidence)
    return Finding(
        check="loss_output_mismatch",
        sentence=sentence,
        quantity=quantity,
        measured=measured,
        normal=normal,
        layer=None if head is None else head.path,
        fix=paired(evidence),
        confidence=0.9,
    )


def _violated(evidence: Evidence) -> tuple[str, str, float, Normal] | None:
    """Return the sentence, the quantity, what was measured and its normal range of the row that is violated."""
    loss, out, task = evidence.loss, evidence.output, evidence.targets.task
    if out.head not in RANGES:
        return None
    low, high = RANGES[out.head]
    named = f"the network ends in {out.head}"
    if out.head == "softmax":
        if task == "several" and out.unreachable > at.UNREACHABLE and out.axis == -1:
            return (
                f"{named}, whose outputs sum to 1, and rows have several labels or none: they cannot be said",
                "share of the rows whose labels do not sum to 1", out.unreachable, (None, 0.0),
            )  # fmt: skip
        if loss.name != "Hinge":
            return None
    if loss.name == "CrossEntropy" and loss.takes == "logits":
        if math.isinf(high):
            return f"{named}, and cross-entropy needs scores below 0 too", "lowest score", low, (None, None)
        most = 1 / (1 + (out.units - 1) * math.exp(low - high))
        return (
            f"{named}, and cross-entropy takes that for scores: no answer can be surer than {most:.2f}",
            "largest probability that it can give", most, (1.0, 1.0),
        )  # fmt: skip
    if loss.name == "CrossEntropy" and out.head == "sigmoid" and out.units > 1:
        return (
            f"{named}, and cross-entropy over classes needs probabilities that sum to 1: each class has one of its own",
            "largest sum of a row's outputs", out.row_high, (1.0, 1.0),
        )  # fmt: skip
    if loss.name == "BinaryCrossEntropy" and loss.takes == "logits" and out.head != "sigmoid":
        least = 1 / (1 + math.exp(-low))
        return (
            f"{named}, and binary cross-entropy takes that for scores: no probability can be below {least:.2f}",
            "lowest probability that it can give", least, (0.0, 0.0),
        )  # fmt: skip
    if loss.name == "Hinge" and low == 0:
        return f"{named}, and hinge loss needs scores below 0 for no", "lowest score", low, (None, -1.0)
    if loss.takes == "numbers" and task in ("yes_no", "one_hot", "several") and out.head in ("relu", "step"):
        return (
            f"{named}, and the targets are classes: an output that is 0 has no slope, and stays there",
            "lowest output", out.low, (None, None),
        )  # fmt: skip
    return None
