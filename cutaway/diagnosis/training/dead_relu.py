"""Dead units: ReLU units that are 0 for every row, so that no gradient ever wakes them."""

from __future__ import annotations

from cutaway.diagnosis import thresholds as at
from cutaway.diagnosis.check import check
from cutaway.diagnosis.course import hidden, longest_run, looks, own_rows_learned
from cutaway.diagnosis.evidence import Evidence
from cutaway.records import Finding, Fix


@check(
    explains=(
        "learning_rate_too_low",
        "vanishing_gradient", "frozen_weights", "disconnected_layer", "collapsed_output", "plateau_from_start",
        "late_plateau", "underfit", "not_enough_epochs", "batch_noise", "oscillation", "class_forgotten",
        "loss_metric_disagree",
    )
)  # fmt: skip
def dead_relu(evidence: Evidence) -> Finding | None:
    """Find a ReLU layer of which all units, or more than so many, are 0 for every probe row, look after look.

    Units that are 0 for many rows, but not for all, are well: that is what ReLU is for.
    """
    seen = looks(evidence)
    needed = min(at.PERSISTENT, max(1, len(seen) - 1))
    worst: tuple[float, str, int] | None = None
    for layer in evidence.layers:
        if layer.kind != "ReLU":
            continue
        shares = [(look, vitals.silent) for look in seen for vitals in look.layers if vitals.path == layer.path]
        limit = at.DEAD if hidden(evidence, layer.path) and not own_rows_learned(evidence) else at.ALL_DEAD
        begin, length = longest_run([share > limit for _, share in shares])
        if length < needed or shares[-1][1] <= limit:
            continue
        share, step = shares[-1][1], shares[begin][0].whole.step
        whole = share >= at.ALL_DEAD
        if worst is None or (whole and worst[0] < at.ALL_DEAD):
            worst = (share, layer.path, step)
    if worst is None:
        return None
    share, path, step = worst
    return Finding(
        check="dead_relu",
        sentence=f"{share:.0%} of the units are 0 for every row: no gradient reaches them, nor what is before them",
        quantity="share of dead units",
        measured=share,
        normal=(None, at.DEAD),
        layer=path,
        step=step,
        fix=Fix(
            "leaky",
            "let negative sums through a little, and let the weights start anew; biases start at 0",
            "ca.LeakyReLU()",
        ),
        confidence=0.9 if share >= at.ALL_DEAD else 0.7,
    )
