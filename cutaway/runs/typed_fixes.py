"""What to do about a finding, as options of `cutaway train`: who trained with a recipe types no code."""

from __future__ import annotations

import ast
import shlex
from collections.abc import Iterable
from dataclasses import replace

from cutaway.records import Finding, Fix

STOPPED = ", where it was stopped,"  # as a finding says of a training that ended before its plan


def as_typed(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings of `cutaway train` with what to do as options of it, and without code where there is none.

    What a network is made of, and how it is trained, its recipe decides: of that a person can be told in words alone.

    >>> from cutaway.records import Fix
    >>> found = Finding("leakage", "", "", 1.0, (None, None), fix=Fix("", "leave it out", "drop=['a copy']"))
    >>> other = replace(found, fix=Fix("leaky", "let negative sums through", "ca.LeakyReLU()"))
    >>> [each.fix.code for each in as_typed([found, other])]
    ["--drop 'a copy'", '']
    """
    return tuple(
        finding if finding.fix is None else replace(finding, fix=_typed(finding, finding.fix)) for finding in findings
    )


def _typed(finding: Finding, fix: Fix) -> Fix:
    name, _, value = fix.code.partition("=")
    if finding.check == "too_few_updates" and fix.action == "batch_size":  # batches are the recipe's
        return replace(fix, sentence="train for several times as many epochs", code="--epochs")
    if finding.check == "not_enough_epochs" and STOPPED in finding.sentence:  # what was asked for was not all done
        return replace(fix, sentence="go on where it was stopped, by the same command with", code="--resume")
    if name == "drop":
        return replace(fix, code=" ".join(f"--drop {shlex.quote(column)}" for column in ast.literal_eval(value)))
    return replace(fix, code=f"--epochs {value}" if name == "epochs" and value.isdigit() else "")
