"""Labels that the loss reads as something else: a class that the network has no output for, or shapes that stretch."""

from __future__ import annotations

from cutaway.diagnosis.check import check
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix

# Outputs that are named.
NAMED = 5
# Fewer rows may be of one class by chance, or a single one on purpose.
SEVERAL = 20


@check(
    certain=True,
    explains=(
        "loss_output_mismatch", "initial_loss", "plateau_from_start", "target_out_of_range", "underfit",
        "collapsed_output", "late_plateau", "not_enough_epochs", "labels_unrelated",
    ),
)  # fmt: skip
def label_problem(evidence: Evidence) -> Finding | None:
    """Find class numbers outside 0 … outputs − 1, targets that are all the same, and shapes (n,) beside (n, 1).

    The last subtract to (n, n). The losses of this package refuse them and class numbers that are none; elsewhere they
    are trained on. Outputs that no row asks for are a note: they cost little, but a class that is missing among the
    rows learned from is never answered.
    """
    targets = evidence.targets
    if targets.stretched:
        return Finding(
            check="label_problem",
            sentence=f"targets and outputs have different shapes, {targets.stretched}: each output is compared with "
            "every target, so that all outputs go to their mean",
            quantity="rows whose targets an output is compared with, were they one batch",
            measured=float(evidence.inputs.rows),
            normal=(None, 1.0),
            fix=Fix("", "give targets in the shape of the outputs", "y = y.reshape(-1, 1)"),
            confidence=0.98,
        )
    if not targets.wrong:
        if evidence.inputs.whole:  # words of a text: nobody knows which of them could have been
            return None
        if targets.low == targets.high and evidence.inputs.rows >= SEVERAL:
            return _one_value(evidence)
        return _unused(evidence) if targets.unused else None
    seen = ", ".join(f"{label}: {count}" for label, count in enumerate(targets.counts[:10]) if count)
    row = "" if targets.first_wrong is None else f", first in row {targets.first_wrong}"
    from_one = targets.low == 1 and targets.high == targets.outputs
    return Finding(
        check="label_problem",
        sentence=f"{targets.wrong:,} labels{row} are no class of a network with {targets.outputs} outputs, whose "
        f"classes are 0 to {targets.outputs - 1}; labels go from {targets.low:g} to {targets.high:g}"
        + (f", rows by class {seen}" if seen else ""),
        quantity="labels that are no class",
        measured=float(targets.wrong),
        normal=(None, 0.0),
        fix=Fix("", "count labels from 0", "y = y - 1")
        if from_one
        else Fix("", "number the classes from 0, and give the network one output for each", "np.unique(y)"),
        confidence=0.98,
    )


def _one_value(evidence: Evidence) -> Finding:
    """Return that all targets are the same."""
    targets = evidence.targets
    return Finding(
        check="label_problem",
        sentence=f"all {evidence.inputs.rows:,} targets are {targets.low:g}: there is nothing to learn from the inputs",
        quantity="different targets",
        measured=1.0,
        normal=(2.0, None),
        fix=Fix("", "look at where the targets come from: which column, and which rows were left out"),
        confidence=0.98,
    )


def _unused(evidence: Evidence) -> Finding:
    """Return the note on outputs that no row asks for."""
    targets = evidence.targets
    outputs = max(targets.outputs, evidence.output.units)
    named = ", ".join(map(str, targets.unused[:NAMED])) + (" …" if len(targets.unused) > NAMED else "")
    return Finding(
        check="label_problem",
        sentence=f"{len(targets.unused)} of the {outputs} outputs ({named}) are asked for by no row that is learned "
        "from: what they stand for is never answered",
        quantity="outputs that no row asks for",
        measured=float(len(targets.unused)),
        normal=(0.0, 0.0),
        fix=Fix("", "leave such outputs out, or add rows of these classes"),
        confidence=0.1,
        note=True,
    )
