"""A finding in words: the cause, the number beside its normal range, what to do, and what follows from it."""

from __future__ import annotations

import math

from cutaway.records import Finding, Proof


def told(finding: Finding) -> str:
    """Return a finding as lines of text, the cause in the first.

    >>> print(told(Finding("dead_relu", "half of the units are dead", "share of dead units", 0.5, (None, 0.3), "1")))
    dead_relu in layer '1': half of the units are dead
      share of dead units: 0.5 (normal: at most 0.3)
    """
    place = "" if finding.layer is None else f" in layer {finding.layer!r}"
    when = f" at step {finding.step}" if finding.step else ""
    lines = [
        f"{finding.check}{place}{when}: {finding.sentence}",
        f"  {finding.quantity}: {finding.measured:.3g} ({normal(finding)})",
    ]
    if finding.fix is not None:
        lines.append(f"  what to do: {finding.fix.sentence}" + (f": {finding.fix.code}" if finding.fix.code else ""))
    if finding.proof is not None:
        lines += tried(finding.proof)
    if finding.consequences and finding.check != "not_learning":  # its sentence names what it is undecided between
        lines.append("  follows from it: " + ", ".join(each.check for each in finding.consequences))
    return "\n".join(lines)


def tried(proof: Proof) -> list[str]:
    """Return what an experiment gave as lines of text.

    >>> one = Proof((0.5, 0.6), (0.8, 0.9), 100, 1.0, True, "accuracy", "accuracy", 0.3, 0.2, 0.4, 0.0125, 2)
    >>> print(*tried(one), sep="\\n")
      tried for 100 steps, 2 times: accuracy 0.55 without, 0.85 with it: it helps
      gain 0.3 of accuracy, interval 0.2 to 0.4 (chance of more error 1.25 % a side, as 2 fixes were tried)
    """
    without, better = (sum(scores) / len(scores) for scores in (proof.without, proof.with_fix))
    name = "" if proof.score == "score" else f"{proof.score} "
    beside = "" if proof.beside is None else " ({} {:.3g}, then {:.3g})".format(*proof.beside)
    where = "" if proof.held_out else ", on rows learned from"
    lines = [
        f"  tried for {proof.steps} steps, {len(proof.without)} times: {name}{without:.3g} without, {better:.3g} with "
        f"it{beside}{where}: {_came_of(proof)}"
    ]
    if proof.gain is not None and proof.low is not None and proof.high is not None and math.isfinite(proof.gain):
        many = "" if proof.tries == 1 else f", as {proof.tries} fixes were tried"
        what = "share of the loss" if proof.measure == "loss" else proof.measure
        lines.append(
            f"  gain {proof.gain:.3g} of {what}, interval {proof.low:.3g} to {proof.high:.3g} "
            f"(chance of more error {100 * proof.chance:.3g} % a side{many})"
        )
    return lines


def _came_of(proof: Proof) -> str:
    if not proof.helps:
        return "so short, it was not seen to help"
    by_loss = proof.measure == "loss" or (proof.gain is None and sum(proof.with_fix) <= sum(proof.without))
    return "it helps, the loss is lower" if by_loss else "it helps"


def normal(finding: Finding) -> str:
    """Return the normal range in words.

    >>> normal(Finding("", "", "", 2.0, (1.0, 1.0))), normal(Finding("", "", "", 2.0, (None, 0.0)))
    ('normal: 1', 'normal: 0')
    """
    low, high = finding.normal
    if low is None and high is None:
        return "no normal range"
    if low == high or (low is None and high == 0):
        return f"normal: {high:.3g}"
    if low is None:
        return f"normal: at most {high:.3g}"
    return f"normal: at least {low:.3g}" if high is None else f"normal: {low:.3g} to {high:.3g}"
