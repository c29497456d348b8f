"""A finding in words: the cause, the number beside its normal range, what to do, and what follows from it."""

from __future__ import annotations

from cutaway.records import Finding


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
        proof = finding.proof
        without, better = (sum(scores) / len(scores) for scores in (proof.without, proof.with_fix))
        lines.append(
            f"  tried for {proof.steps} steps, {len(proof.without)} times: {without:.3g} without, {better:.3g} with it"
            f": {_came_of(proof.helps, better > without)}"
        )
    if finding.consequences and finding.check != "not_learning":  # its sentence names what it is undecided between
        lines.append("  follows from it: " + ", ".join(each.check for each in finding.consequences))
    return "\n".join(lines)


def _came_of(helps: bool, scores: bool) -> str:
    if not helps:
        return "so short, it was not seen to help"
    return "it helps" if scores else "it helps, the loss is lower"


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
