"""Findings on a terminal: each as soon as it is known, and once; what to do, as one types it there."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.text import Text

from cutaway.cli.layout import show
from cutaway.cli.printable import printable
from cutaway.diagnosis.telling import told
from cutaway.errors import FindingWarning
from cutaway.runs.typed_fixes import as_typed


def show_finding(console: Console, words: str, style: str = "bold yellow") -> None:
    """Print a finding as it is told, the cause in the first line; a line of code is not broken."""
    first, *rest = words.split("\n")
    console.print(Text(printable(first), style), soft_wrap=True)
    for line in rest:
        console.print(Text(printable(line)), soft_wrap=True)
    console.file.flush()


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
