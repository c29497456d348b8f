"""Findings on a terminal: each as soon as it is known, and once; what to do, as one types it there."""

from __future__ import annotations

import ast
import shlex
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.text import Text

from cutaway.cli.layout import show
from cutaway.cli.printable import printable
from cutaway.diagnosis.telling import told
from cutaway.errors import FindingWarning
from cutaway.records import Finding, Fix


def show_finding(console: Console, words: str, style: str = "bold yellow") -> None:
    """Print a finding as it is told, the cause in the first line; a line of code is not broken."""
    first, *rest = words.split("\n")
    console.print(Text(printable(first), style), soft_wrap=True)
    for line in rest:
        console.print(Text(printable(line)), soft_wrap=True)
    console.file.flush()


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
    if name == "drop":
        return replace(fix, code=" ".join(f"--drop {shlex.quote(column)}" for column in ast.literal_eval(value)))
    return replace(fix, code=f"--epochs {value}" if name == "epochs" and value.isdigit() else "")


@contextmanager
def findings_shown(console: Console | None) -> Iterator[None]:
    """Print what a training finds while entered, as it finds it; without a console nothing is printed."""

    def shown(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        if console is not None and issubclass(category, FindingWarning):
            finding = getattr(message, "finding", None)
            show_finding(console, str(message) if finding is None else told(as_typed([finding])[0]))
            show(console, "")

    with warnings.catch_warnings():
        if console is not None:
            warnings.simplefilter("always", FindingWarning)
            warnings.showwarning = shown
        else:
            warnings.simplefilter("ignore", FindingWarning)
        yield
