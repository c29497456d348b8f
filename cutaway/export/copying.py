"""Definitions taken from a file of this package as text, with whatever else of that file they need."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ALIASES = ("Array", "Rows", "Network")  # of types, which a written file has words of its own for


@cache
def definitions(file: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Return each function, class and constant of a file beside this one: its text, and the names that it uses.

    >>> text, names = definitions("numpy_layers")["silu"]
    >>> text.splitlines()[0], "sigmoid" in names
    ('def silu(x: Array) -> Array:', True)
    """
    source = (Path(__file__).parent / f"{file}.py").read_text(encoding="utf-8")
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            continue
        text = re.sub(r"  # (type: ignore|fmt:|noqa).*", "", ast.get_source_segment(source, node) or "")
        used = _used(node)
        for name in names:  # what is changed once more further down belongs to its name
            before, needed = found.get(name, ("", frozenset()))
            found[name] = (f"{before}\n{text}".lstrip("\n"), used | needed)
    return found


def copied(file: str, names: Iterable[str]) -> str:
    """Return the text of the named definitions and of all that they use, in the order of the file."""
    known = definitions(file)
    wanted: set[str] = set()
    open_ = list(names)
    while open_:
        name = open_.pop()
        if name in known and name not in wanted:
            wanted.add(name)
            open_ += known[name][1]
    wanted -= set(ALIASES)
    texts = [(text, text.startswith(("def ", "class "))) for name, (text, _) in known.items() if name in wanted]
    written = ""
    after = True
    for text, block in texts:
        written += ("\n\n\n" if block or after else "\n") * bool(written) + text
        after = block
    return written


def _used(node: ast.AST) -> frozenset[str]:
    """Return the names that a definition takes from around it."""
    names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
    own = {part.id for part in names if not isinstance(part.ctx, ast.Load)}
    own |= {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
    return frozenset(part.id for part in names) - own
